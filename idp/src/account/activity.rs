//! What a person sees of the events of their account.

/// Whose device an event of a kind comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The person's: they have proven who they are.
    Own,
    /// Perhaps somebody else's, who mistyped their own name: the device is shown, the address is not.
    Anybody,
    /// No person's: a job's, or the server of an application.
    Nobody,
}

/// The kinds of events that a person sees, with their texts. What is not here is about others, or means nothing to them.
pub const TOLD: &[(&str, &str, Source)] = &[
    ("user_created", "activity-user-created", Source::Own),
    ("user_disabled", "activity-user-disabled", Source::Nobody),
    ("user_enabled", "activity-user-enabled", Source::Nobody),
    ("user_unlocked", "activity-user-unlocked", Source::Nobody),
    ("anonymous_account_begun", "activity-anonymous-account-begun", Source::Own),
    ("account_kept", "activity-account-kept", Source::Own),
    ("deletion_asked", "activity-deletion-asked", Source::Own),
    ("deletion_begun", "activity-deletion-begun", Source::Nobody),
    ("deletion_taken_back", "activity-deletion-taken-back", Source::Own),
    ("data_exported", "activity-data-exported", Source::Own),
    ("terms_accepted", "activity-terms-accepted", Source::Own),
    ("terms_refused", "activity-terms-refused", Source::Own),
    ("invitation_used", "activity-invitation-used", Source::Own),
    ("identifier_added", "activity-identifier-added", Source::Own),
    ("identifier_verified", "activity-identifier-verified", Source::Own),
    ("identifier_removed", "activity-identifier-removed", Source::Own),
    ("address_taken_back", "activity-address-taken-back", Source::Own),
    ("role_given", "activity-role-given", Source::Nobody),
    ("role_taken", "activity-role-taken", Source::Nobody),
    ("session_ended", "activity-session-ended", Source::Own),
    ("all_sessions_ended", "activity-all-sessions-ended", Source::Own),
    ("password_changed", "activity-password-changed", Source::Own),
    ("password_link_sent", "activity-password-link-sent", Source::Anybody),
    ("password_link_made", "activity-password-link-made", Source::Nobody),
    ("recovery_begun", "activity-recovery-begun", Source::Nobody),
    ("signed_in", "activity-signed-in", Source::Own),
    ("sign_in_failed", "activity-sign-in-failed", Source::Anybody),
    ("guessing_suspected", "activity-guessing-suspected", Source::Nobody),
    ("password_door_closed", "activity-password-door-closed", Source::Nobody),
    ("second_factor_failed", "activity-second-factor-failed", Source::Anybody),
    ("passkey_failed", "activity-passkey-failed", Source::Anybody),
    ("mail_code_failed", "activity-mail-code-failed", Source::Anybody),
    ("authenticator_added", "activity-authenticator-added", Source::Own),
    ("authenticator_replaced", "activity-authenticator-replaced", Source::Own),
    ("authenticator_removed", "activity-authenticator-removed", Source::Own),
    ("recovery_codes_made", "activity-recovery-codes-made", Source::Own),
    ("recovery_codes_put_back", "activity-recovery-codes-put-back", Source::Own),
    ("recovery_code_used", "activity-recovery-code-used", Source::Own),
    ("passkey_added", "activity-passkey-added", Source::Own),
    ("passkey_created_automatically", "activity-passkey-created-automatically", Source::Own),
    ("passkey_renamed", "activity-passkey-renamed", Source::Own),
    ("passkey_removed", "activity-passkey-removed", Source::Own),
    ("passkey_counter_fell", "activity-passkey-counter-fell", Source::Anybody),
    ("browser_trusted", "activity-browser-trusted", Source::Own),
    ("browser_forgotten", "activity-browser-forgotten", Source::Own),
    ("upstream_linked", "activity-upstream-linked", Source::Own),
    ("upstream_unlinked", "activity-upstream-unlinked", Source::Own),
    ("upstream_change_undone", "activity-upstream-change-undone", Source::Own),
    ("upstream_token_given", "activity-upstream-token-given", Source::Nobody),
    ("channel_bound", "activity-channel-bound", Source::Own),
    ("channel_unbound", "activity-channel-unbound", Source::Own),
    ("channel_sign_in_refused", "activity-channel-sign-in-refused", Source::Nobody),
    ("factors_reset", "activity-factors-reset", Source::Nobody),
    ("signed_out", "activity-signed-out", Source::Own),
    ("signed_out_elsewhere", "activity-signed-out-elsewhere", Source::Own),
    ("consent_given", "activity-consent-given", Source::Own),
    ("consent_refused", "activity-consent-refused", Source::Own),
    ("consent_withdrawn", "activity-consent-withdrawn", Source::Own),
    ("profile_changed", "activity-profile-changed", Source::Own),
    ("refresh_token_replayed", "activity-access-ended", Source::Nobody),
];

/// Whether the address of an event of this kind may be that of somebody else, who has a right of their own to it.
pub fn is_of_anybody(kind: &str) -> bool {
    TOLD.iter().any(|(known, _, source)| *known == kind && *source == Source::Anybody)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::commands::events::KINDS;

    #[test]
    fn each_kind_that_people_see_is_a_kind_of_event_and_is_there_once() {
        let told: BTreeSet<&str> = TOLD.iter().map(|(kind, ..)| *kind).collect();
        assert_eq!(told.len(), TOLD.len());
        for kind in &told {
            assert!(KINDS.iter().any(|(known, _)| known == kind), "{kind}");
        }
        // Nobody is left to see that an account was deleted.
        let of_people = KINDS.iter().filter(|(kind, words)| words.starts_with("{user}") && *kind != "user_deleted");
        for (kind, _) in of_people {
            assert!(told.contains(kind), "people do not see {kind}");
        }
    }
}
