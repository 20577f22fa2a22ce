//! The pages of this provider, in one table: their paths, and how a sign-in or the language switch returns to them.

use crate::oidc::discovery::END_SESSION;

/// What the pages of the account are explained as.
const ACCOUNT: &str = "page of the account";

/// The row of a page in the table.
struct Row {
    path: &'static str,
    has_language_switch: bool,
    return_name: Option<&'static str>,
    is_of_account: bool,
    form_of: Option<Page>,
    section: Option<&'static str>,
    part_of: Option<Page>,
    needs_step_up: bool,
    is_for_anonymous: bool,
    explained_as: Option<&'static str>,
}

impl Row {
    /// A page at this path below the issuer.
    const fn at(path: &'static str) -> Self {
        Self {
            path,
            has_language_switch: false,
            return_name: None,
            is_of_account: false,
            form_of: None,
            section: None,
            part_of: None,
            needs_step_up: false,
            is_for_anonymous: false,
            explained_as: None,
        }
    }

    /// Refusals here are explained (`latchkey explain`), as those of this: an explanation names it.
    const fn explained_as(self, what: &'static str) -> Self {
        Self { explained_as: Some(what), ..self }
    }

    /// The page has a language switch, which returns to it by its path.
    const fn with_language_switch(self) -> Self {
        Self { has_language_switch: true, ..self }
    }

    /// Not a page, but the target of a form on this page of the account; a return leads to that page.
    const fn form_of(self, page: Page) -> Self {
        Self { is_of_account: true, form_of: Some(page), ..self.explained_as(ACCOUNT) }
    }

    /// The page is a section of the account: the sections link to each other by these titles, which are keys of the texts,
    /// and a sign-in returns to it by this name.
    const fn section(self, return_name: &'static str, title: &'static str) -> Self {
        Self {
            return_name: Some(return_name),
            section: Some(title),
            is_of_account: true,
            ..self.with_language_switch().explained_as(ACCOUNT)
        }
    }

    /// The page is a part of a section of the account; a sign-in returns to it by this name.
    const fn part_of(self, section: Page, return_name: &'static str) -> Self {
        Self {
            return_name: Some(return_name),
            part_of: Some(section),
            is_of_account: true,
            ..self.with_language_switch().explained_as(ACCOUNT)
        }
    }

    /// The page is for who has signed in lately, with the strongest factors that they have.
    const fn after_step_up(self) -> Self {
        Self { needs_step_up: true, ..self }
    }

    /// The page is for the holders of anonymous accounts, too, who have nothing to sign in with.
    const fn for_anonymous(self) -> Self {
        Self { is_for_anonymous: true, ..self }
    }
}

macro_rules! pages {
    ($($(#[doc = $doc:literal])+ $page:ident = $row:expr;)+) => {
        /// A page, or the target of a page's form.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Page {
            $($(#[doc = $doc])+ $page,)+
        }

        impl Page {
            /// All pages.
            pub const ALL: &'static [Self] = &[$(Self::$page),+];

            const fn row(self) -> Row {
                match self { $(Self::$page => $row,)+ }
            }
        }
    };
}

pages! {
    /// The front page: who is signed in here.
    Home = Row::at("/").with_language_switch();
    /// Signing in.
    SignIn = Row::at("/sign-in").with_language_switch().explained_as("sign-in");
    /// Signing in with a passkey: the target of forms on pages of the sign-in.
    SignInPasskey = Row::at("/sign-in/passkey").explained_as("sign-in");
    /// Going on with an anonymous account: the target of a form on the sign-in page.
    SignInAnonymous = Row::at("/sign-in/anonymous").explained_as("sign-in");
    /// Going to another provider: the target of forms with its button, and of requests that name one.
    SignInUpstream = Row::at("/sign-in/upstream").explained_as("sign-in");
    /// Where another provider sends people back to, each by its name.
    UpstreamCallback = Row::at("/upstream/{upstream}/callback").explained_as("sign-in");
    /// Signing in by a chat that is bound: the page with the number to be chosen there, and the target of forms with its button.
    SignInChannel = Row::at("/sign-in/channel").with_language_switch().explained_as("sign-in");
    /// Signing in by a link of a bot.
    SignInTicket = Row::at("/sign-in/ticket").with_language_switch().explained_as("sign-in");
    /// Where Telegram's login widget sends people back to, and where a button of a bot leads them.
    TelegramCallback = Row::at("/telegram/{channel}/callback").explained_as("sign-in");
    /// Somebody has come by another provider who has no account here that is linked to the one there.
    NewHere = Row::at("/sign-up/upstream").with_language_switch().explained_as("sign-up");
    /// The question whether the account elsewhere that somebody came by is to be linked to the one that they have signed in to.
    ConnectUpstream = Row::at("/sign-in/connect").with_language_switch().explained_as("sign-in");
    /// The second factor of a sign-in.
    SecondFactor = Row::at("/second-factor").with_language_switch().explained_as("sign-in");
    /// Setting up a second factor, for who needs one to sign in.
    SetUpSecondFactor = Row::at("/second-factor/set-up").with_language_switch().explained_as("sign-in");
    /// The offer of a passkey, to who has just signed in without one.
    PasskeyOffer = Row::at("/passkey-offer").with_language_switch().explained_as("authorization request");
    /// Signing in by a letter.
    SignInByMail = Row::at("/sign-in/mail").with_language_switch().explained_as("sign-in");
    /// Making an account.
    SignUp = Row::at("/sign-up").with_language_switch().explained_as("sign-up");
    /// The choice among the accounts of a browser.
    SelectAccount = Row::at("/select-account").with_language_switch().explained_as("authorization request");
    /// The terms of service, for who has not accepted them.
    Terms = Row::at("/terms").with_language_switch().explained_as("authorization request");
    /// The permissions that a client requests.
    Consent = Row::at("/consent").with_language_switch().explained_as("authorization request");
    /// The question whether to continue to a program on the person's device.
    ContinueAs = Row::at("/continue-as").with_language_switch().explained_as("authorization request");
    /// Setting a password by a link.
    SetPassword = Row::at("/set-password").with_language_switch().explained_as("link to set a password");
    /// Undoing, by a link, that an account elsewhere was linked or unlinked.
    UndoConnection =
        Row::at("/undo-connection").with_language_switch().explained_as("link to undo a connected account");
    /// Asking for a letter with a link to set a password.
    ForgotPassword = Row::at("/forgot-password").with_language_switch().explained_as("recovery of an account");
    /// Setting a forgotten password with a recovery code.
    RecoveryCode = Row::at("/forgot-password/recovery-code").with_language_switch().explained_as("recovery of an account");
    /// The question whether a person wants to sign out.
    EndSession = Row::at(END_SESSION).with_language_switch().explained_as("sign-out");
    /// The page after signing out.
    SignedOut = Row::at("/signed-out").with_language_switch();
    /// The target of the language switch.
    Language = Row::at("/language");
    /// The account: the profile that applications see.
    AccountProfile = Row::at("/account").section("account", "account-profile").for_anonymous();
    /// The profile again, for who has to prove who they are before they change the word or the language of their letters.
    AccountLetters = Row::at("/account/letters").part_of(Page::AccountProfile, "letters").after_step_up();
    /// All that is held about the person, and the end of the account.
    AccountData = Row::at("/account/data").part_of(Page::AccountProfile, "data").after_step_up().for_anonymous();
    /// What protects the account.
    AccountSecurity = Row::at("/account/security").section("security", "account-security");
    /// Verifying an address of the account by a letter.
    AccountVerify = Row::at("/account/verify").part_of(Page::AccountProfile, "verify");
    /// Changing the address of the account.
    AccountEmail = Row::at("/account/email").part_of(Page::AccountProfile, "email").after_step_up();
    /// The account's password.
    AccountPassword = Row::at("/account/password").part_of(Page::AccountSecurity, "password");
    /// The authenticator app of the account.
    AccountAuthenticator =
        Row::at("/account/authenticator").part_of(Page::AccountSecurity, "authenticator").after_step_up();
    /// Another authenticator app in place of the one that there is.
    AccountOtherAuthenticator = Row::at("/account/authenticator/another")
        .part_of(Page::AccountSecurity, "other-authenticator")
        .after_step_up();
    /// The passkeys of the account.
    AccountPasskeys = Row::at("/account/passkeys").part_of(Page::AccountSecurity, "passkeys").after_step_up();
    /// The accounts at other providers by which its person signs in.
    AccountConnections =
        Row::at("/account/connections").part_of(Page::AccountSecurity, "connections").after_step_up();
    /// The chats with bots that are bound to the account.
    AccountChannels = Row::at("/account/channels").part_of(Page::AccountSecurity, "channels").after_step_up();
    /// The recovery codes of the account.
    AccountRecoveryCodes =
        Row::at("/account/recovery-codes").part_of(Page::AccountSecurity, "recovery-codes").after_step_up();
    /// What has happened to the account.
    AccountActivity = Row::at("/account/activity").part_of(Page::AccountSecurity, "activity");
    /// Where the account is signed in.
    AccountSessions = Row::at("/account/sessions").section("sessions", "account-sessions").for_anonymous();
    /// The applications that use the account.
    AccountApplications = Row::at("/account/applications").section("applications", "account-applications").for_anonymous();
    /// The target of the form on the profile that switches to another account.
    AccountSwitch = Row::at("/account/switch").form_of(Page::AccountProfile);
}

impl Page {
    /// Its path below the issuer.
    pub const fn path(self) -> &'static str {
        self.row().path
    }

    /// The page at this path below the issuer.
    pub fn at(path: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|page| page.path() == path)
    }

    /// Whether it has a language switch, which returns to it.
    pub const fn has_language_switch(self) -> bool {
        self.row().has_language_switch
    }

    /// The name by which a sign-in returns to it. No address from a request is ever followed.
    pub const fn return_name(self) -> Option<&'static str> {
        self.row().return_name
    }

    /// The page to which a sign-in returns by this name.
    pub fn by_return_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|page| page.return_name() == Some(name))
    }

    /// Whether it is about the account of the person who is signed in.
    pub const fn is_of_account(self) -> bool {
        self.row().is_of_account
    }

    /// The key of its title, if it is a section of the account.
    pub const fn section(self) -> Option<&'static str> {
        self.row().section
    }

    /// The section of the account that it is, or that it is a part of.
    pub const fn section_of(self) -> Self {
        match self.row().part_of {
            Some(section) => section,
            None => self,
        }
    }

    /// Whether it is for who has signed in lately, with the strongest factors that they have.
    pub const fn needs_step_up(self) -> bool {
        self.row().needs_step_up
    }

    /// Whether the holders of anonymous accounts may use it.
    pub const fn is_for_anonymous(self) -> bool {
        self.row().is_for_anonymous || !self.row().is_of_account
    }

    /// What an explanation of a refusal here calls the request; `None` if refusals here are not explained.
    pub const fn explained_as(self) -> Option<&'static str> {
        self.row().explained_as
    }

    /// The page with the form that is sent here.
    pub const fn of_form(self) -> Self {
        match self.row().form_of {
            Some(page) => page,
            None => self,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_page_is_found_by_its_path_and_by_its_name() {
        for page in Page::ALL.iter().copied() {
            assert_eq!(Page::at(page.path()), Some(page));
            assert_eq!(page.return_name().and_then(Page::by_return_name), page.return_name().map(|_| page));
        }
        assert_eq!(Page::at("/account/"), None);
        assert_eq!(Page::by_return_name("/account"), None);
        assert_eq!(Page::by_return_name(""), None);
    }

    #[test]
    fn every_page_that_judges_a_request_explains_its_refusals() {
        let silent: Vec<_> = Page::ALL.iter().copied().filter(|page| page.explained_as().is_none()).collect();
        assert_eq!(
            silent,
            [Page::Home, Page::SignedOut, Page::Language],
            "these refuse nothing that anybody would ask about"
        );
    }
}
