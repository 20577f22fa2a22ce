//! The kinds of letters.

use crate::site::page::Page;

/// What is told about a change of an account. None of it opens anything, but [`Notice::AddressReplaced`], and
/// [`Notice::UpstreamLinkedLately`] and [`Notice::UpstreamUnlinkedLately`], which undo what they tell of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notice {
    /// Somebody has signed in with a browser that the user has never used.
    NewDevice,
    /// The password was set or changed.
    PasswordChanged,
    /// The password alone was changed: nothing was signed out.
    PasswordChangedAlone,
    /// A passkey was added.
    PasskeyAdded,
    /// The browser made a passkey by itself.
    PasskeyCreatedAutomatically,
    /// A passkey was removed.
    PasskeyRemoved,
    /// An app for codes (TOTP) was added.
    AuthenticatorAdded,
    /// Another app for codes took the place of the one before.
    AuthenticatorReplaced,
    /// An app for codes was removed.
    AuthenticatorRemoved,
    /// An account at another provider was linked, by which its person can sign in.
    UpstreamLinked,
    /// An account at another provider was unlinked.
    UpstreamUnlinked,
    /// An account at another provider was linked, which the letter can undo.
    UpstreamLinkedLately,
    /// An account at another provider was unlinked, which the letter can undo.
    UpstreamUnlinkedLately,
    /// A chat with a bot was bound, which can act for its person there.
    ChannelBound,
    /// A chat with a bot was unbound.
    ChannelUnbound,
    /// An operator has made a link that sets a new password and removes the second factors.
    RecoveryBegun,
    /// A recovery code was used.
    RecoveryCodeUsed,
    /// New recovery codes were made.
    RecoveryCodesRenewed,
    /// The email address was replaced: for the new one.
    AddressChanged,
    /// The email address was replaced: for the old one, which opens nothing any more.
    AddressGivenUp,
    /// The email address was replaced: for the old one, which can take the change back.
    AddressReplaced,
    /// The old email address was put back: for the one that had taken its place.
    AddressTakenBack,
    /// Somebody has asked for the deletion of the account.
    DeletionAsked,
    /// The account is not deleted, since somebody has signed in.
    DeletionTakenBack,
    /// Everything that is held about the user was downloaded.
    DataExported,
    /// The word by which the user knows our letters was changed.
    MailWordChanged,
}

/// What a letter is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Tells of a change.
    Notice(Notice),
    /// Has a link and a code that prove an address.
    Verify,
    /// Has a link that sets a password.
    Reset,
    /// Has a link and a code that sign in.
    SignIn,
    /// Has a code that proves the new address of an account.
    ChangeAddress,
    /// Has a code that makes an account.
    SignUp,
    /// Has a link by which an account can be made.
    Invitation,
    /// Tells somebody who wanted to make an account that there is one.
    Registered,
    /// Shows an operator that letters arrive.
    Test,
}

/// The texts of a kind: keys of the language files.
#[derive(Clone, Copy, Debug)]
pub(super) struct Texts {
    /// What is above the letter.
    pub(super) subject: &'static str,
    /// What it says.
    pub(super) text: &'static str,
    /// The link: its text, and its page.
    pub(super) link: Option<(&'static str, Page)>,
    /// What to do if it was not the reader.
    pub(super) advice: Option<&'static str>,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Self; 34] = [
        Self::Verify,
        Self::Reset,
        Self::SignIn,
        Self::ChangeAddress,
        Self::SignUp,
        Self::Invitation,
        Self::Registered,
        Self::Test,
        Self::Notice(Notice::NewDevice),
        Self::Notice(Notice::PasswordChanged),
        Self::Notice(Notice::PasswordChangedAlone),
        Self::Notice(Notice::PasskeyAdded),
        Self::Notice(Notice::PasskeyCreatedAutomatically),
        Self::Notice(Notice::PasskeyRemoved),
        Self::Notice(Notice::AuthenticatorAdded),
        Self::Notice(Notice::AuthenticatorReplaced),
        Self::Notice(Notice::AuthenticatorRemoved),
        Self::Notice(Notice::UpstreamLinked),
        Self::Notice(Notice::UpstreamUnlinked),
        Self::Notice(Notice::UpstreamLinkedLately),
        Self::Notice(Notice::UpstreamUnlinkedLately),
        Self::Notice(Notice::ChannelBound),
        Self::Notice(Notice::ChannelUnbound),
        Self::Notice(Notice::RecoveryBegun),
        Self::Notice(Notice::RecoveryCodeUsed),
        Self::Notice(Notice::RecoveryCodesRenewed),
        Self::Notice(Notice::AddressChanged),
        Self::Notice(Notice::AddressGivenUp),
        Self::Notice(Notice::AddressReplaced),
        Self::Notice(Notice::AddressTakenBack),
        Self::Notice(Notice::DeletionAsked),
        Self::Notice(Notice::DeletionTakenBack),
        Self::Notice(Notice::DataExported),
        Self::Notice(Notice::MailWordChanged),
    ];

    /// The name by which it is stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Verify => "verify",
            Self::Reset => "reset",
            Self::SignIn => "sign_in",
            Self::ChangeAddress => "change_address",
            Self::SignUp => "sign_up",
            Self::Invitation => "invitation",
            Self::Registered => "registered",
            Self::Test => "test",
            Self::Notice(Notice::NewDevice) => "new_device",
            Self::Notice(Notice::PasswordChanged) => "password_changed",
            Self::Notice(Notice::PasswordChangedAlone) => "password_changed_alone",
            Self::Notice(Notice::PasskeyAdded) => "passkey_added",
            Self::Notice(Notice::PasskeyCreatedAutomatically) => "passkey_created_automatically",
            Self::Notice(Notice::PasskeyRemoved) => "passkey_removed",
            Self::Notice(Notice::AuthenticatorAdded) => "authenticator_added",
            Self::Notice(Notice::AuthenticatorReplaced) => "authenticator_replaced",
            Self::Notice(Notice::AuthenticatorRemoved) => "authenticator_removed",
            Self::Notice(Notice::UpstreamLinked) => "upstream_linked",
            Self::Notice(Notice::UpstreamUnlinked) => "upstream_unlinked",
            Self::Notice(Notice::UpstreamLinkedLately) => "upstream_linked_lately",
            Self::Notice(Notice::UpstreamUnlinkedLately) => "upstream_unlinked_lately",
            Self::Notice(Notice::ChannelBound) => "channel_bound",
            Self::Notice(Notice::ChannelUnbound) => "channel_unbound",
            Self::Notice(Notice::RecoveryBegun) => "recovery_begun",
            Self::Notice(Notice::RecoveryCodeUsed) => "recovery_code_used",
            Self::Notice(Notice::RecoveryCodesRenewed) => "recovery_codes_renewed",
            Self::Notice(Notice::AddressChanged) => "address_changed",
            Self::Notice(Notice::AddressGivenUp) => "address_given_up",
            Self::Notice(Notice::AddressReplaced) => "address_replaced",
            Self::Notice(Notice::AddressTakenBack) => "address_taken_back",
            Self::Notice(Notice::DeletionAsked) => "deletion_asked",
            Self::Notice(Notice::DeletionTakenBack) => "deletion_taken_back",
            Self::Notice(Notice::DataExported) => "data_exported",
            Self::Notice(Notice::MailWordChanged) => "mail_word_changed",
        }
    }

    /// The kind of this name; `None` for one of a newer release.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }

    pub(super) fn texts(self) -> Texts {
        let code = |subject, text| Texts { subject, text, link: None, advice: Some("letter-verify-not-you") };
        match self {
            Self::Notice(notice) => notice.texts(),
            Self::Verify => Texts {
                subject: "letter-verify",
                text: "letter-verify-text",
                link: Some(("letter-verify-link", Page::AccountVerify)),
                advice: Some("letter-verify-not-you"),
            },
            Self::Reset => Texts {
                subject: "letter-reset",
                text: "letter-reset-text",
                link: Some(("letter-reset-link", Page::SetPassword)),
                advice: Some("letter-reset-not-you"),
            },
            Self::SignIn => Texts {
                subject: "letter-sign-in",
                text: "letter-sign-in-text",
                link: Some(("letter-sign-in-link", Page::SignInByMail)),
                advice: Some("letter-sign-in-not-you"),
            },
            Self::ChangeAddress => code("letter-change-address", "letter-change-address-text"),
            Self::SignUp => code("letter-sign-up", "letter-sign-up-text"),
            Self::Invitation => Texts {
                subject: "letter-invitation",
                text: "letter-invitation-text",
                link: Some(("letter-invitation-link", Page::SignUp)),
                advice: Some("letter-invitation-not-you"),
            },
            Self::Registered => Texts {
                subject: "letter-registered",
                text: "letter-registered-text",
                link: Some(("letter-registered-link", Page::SignIn)),
                advice: Some("letter-registered-not-you"),
            },
            Self::Test => Texts { subject: "letter-test", text: "letter-test-text", link: None, advice: None },
        }
    }
}

impl Notice {
    fn texts(self) -> Texts {
        let notice = |subject, text| Texts {
            subject,
            text,
            link: Some(("letter-account", Page::AccountProfile)),
            advice: Some("letter-not-you"),
        };
        // Without that factor, the account may be open to its owner by a link alone.
        let added = |subject, text| Texts { advice: Some("letter-added-not-you"), ..notice(subject, text) };
        let undone = |subject, text| Texts {
            link: Some(("letter-upstream-undo-link", Page::UndoConnection)),
            advice: Some("letter-upstream-undo-not-you"),
            ..notice(subject, text)
        };
        match self {
            Self::NewDevice => notice("letter-new-device", "letter-new-device-text"),
            Self::PasswordChanged => notice("letter-password-changed", "letter-password-changed-text"),
            Self::PasswordChangedAlone => notice("letter-password-changed", "letter-password-changed-alone-text"),
            Self::PasskeyAdded => added("letter-passkey-added", "letter-passkey-added-text"),
            Self::PasskeyCreatedAutomatically => added("letter-passkey-added", "letter-passkey-automatic-text"),
            Self::PasskeyRemoved => notice("letter-passkey-removed", "letter-passkey-removed-text"),
            Self::AuthenticatorAdded => added("letter-authenticator-added", "letter-authenticator-added-text"),
            Self::AuthenticatorReplaced => added("letter-authenticator-replaced", "letter-authenticator-replaced-text"),
            Self::AuthenticatorRemoved => notice("letter-authenticator-removed", "letter-authenticator-removed-text"),
            Self::UpstreamLinked => added("letter-upstream-linked", "letter-upstream-linked-text"),
            Self::UpstreamUnlinked => notice("letter-upstream-unlinked", "letter-upstream-unlinked-text"),
            Self::UpstreamLinkedLately => undone("letter-upstream-linked", "letter-upstream-linked-text"),
            Self::UpstreamUnlinkedLately => undone("letter-upstream-unlinked", "letter-upstream-unlinked-text"),
            Self::ChannelBound => added("letter-channel-bound", "letter-channel-bound-text"),
            Self::ChannelUnbound => notice("letter-channel-unbound", "letter-channel-unbound-text"),
            Self::RecoveryBegun => notice("letter-recovery-begun", "letter-recovery-begun-text"),
            Self::RecoveryCodeUsed => notice("letter-recovery-code-used", "letter-recovery-code-used-text"),
            Self::RecoveryCodesRenewed => notice("letter-recovery-codes-renewed", "letter-recovery-codes-renewed-text"),
            Self::AddressChanged => notice("letter-address-changed", "letter-address-changed-text"),
            Self::AddressGivenUp => Texts {
                advice: Some("letter-address-given-up-not-you"),
                ..notice("letter-address-changed", "letter-address-changed-text")
            },
            Self::AddressReplaced => Texts {
                link: Some(("letter-address-replaced-link", Page::SetPassword)),
                advice: Some("letter-address-replaced-not-you"),
                ..notice("letter-address-changed", "letter-address-changed-text")
            },
            Self::AddressTakenBack => Texts {
                link: None,
                advice: Some("letter-address-taken-back-not-you"),
                ..notice("letter-address-taken-back", "letter-address-taken-back-text")
            },
            Self::DeletionTakenBack => notice("letter-deletion-taken-back", "letter-deletion-taken-back-text"),
            Self::DeletionAsked => Texts {
                link: Some(("letter-deletion-asked-link", Page::SignIn)),
                ..notice("letter-deletion-asked", "letter-deletion-asked-text")
            },
            Self::DataExported => notice("letter-data-exported", "letter-data-exported-text"),
            Self::MailWordChanged => notice("letter-mail-word-changed", "letter-mail-word-changed-text"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_is_found_by_its_name() {
        for kind in Kind::ALL {
            assert_eq!(Kind::from_name(kind.as_str()), Some(kind));
        }
        assert_eq!(Kind::from_name("postcard"), None);
    }
}
