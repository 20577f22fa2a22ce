//! Why a request can be refused, apart from the errors of the protocol: for the log, and for the explanation of a refusal.

macro_rules! reasons {
    ($($name:ident = $text:literal, $sentence:literal;)+) => {
        /// Why a request was refused.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Reason {
            $(#[doc = $sentence] $name,)+
        }

        impl Reason {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The short code in the log, for which operators look. It stays, whatever pages say.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)+ }
            }

            /// The reason in words, for the operator.
            pub const fn sentence(self) -> &'static str {
                match self { $(Self::$name => $sentence,)+ }
            }
        }
    };
}

reasons! {
    MissingClientId = "missing_client_id", "The request does not say which client it is from.";
    UnknownClient = "unknown_client", "No client with this client_id is registered here.";
    DisabledClient = "disabled_client", "The client is disabled; latchkey client enable lets it in again.";
    MissingRedirectUri = "missing_redirect_uri", "The request does not say where the answer goes.";
    UnregisteredRedirectUri = "unregistered_redirect_uri",
        "The client has not registered this redirect_uri; the whole of it is compared.";
    UnregisteredPostLogoutRedirectUri = "unregistered_post_logout_redirect_uri",
        "The client has not registered this post_logout_redirect_uri; the whole of it is compared.";
    InvalidIdTokenHint = "invalid_id_token_hint",
        "The id_token_hint is no ID token of this provider, so that nobody knows which sign-in is meant.";
    AnotherClient = "another_client",
        "The id_token_hint was made for another client than the one that client_id names.";
    ParameterTooLong = "parameter_too_long", "A parameter is longer than any that a client needs.";
    RepeatedParameter = "repeated_parameter", "A parameter came more than once.";
    ForeignForm = "foreign_form",
        "A form came from a page that was not shown to this browser, or was shown too long ago.";
    CookiesOff = "cookies_off",
        "The browser did not send back the cookie that every page sets: it keeps no cookies.";
    InteractionExpired = "interaction_expired", "The sign-in on the way to the client cannot go on.";
    SpentLink = "spent_link", "The link was used before, is too old, or was replaced by a newer one.";
    AddressTaken = "address_taken", "The link puts an address back that another account has by now.";
    MailOff = "mail_off", "This is done by letter, and that is off.";
    SignUpOff = "sign_up_off", "People cannot make accounts here by themselves.";
    OutsideNetworks = "outside_networks", "The account may not be used from this network.";
    TooManyRequests = "too_many_requests", "There were too many requests.";
    Unavailable = "unavailable", "The service was busy, or something that it needs did not answer.";
    Maintenance = "maintenance", "A maintenance is under way.";
    Internal = "internal", "Something is broken here; the log has an error with the same request id.";
    NoAccessToken = "no_access_token", "There was no access token.";
    InactiveToken = "inactive_token", "The token is not active.";
    SignInRefused = "sign_in_refused", "The identifier and the password do not let anybody in.";
    SignInIdentifierMissing = "sign_in_identifier_missing", "No name was typed.";
    PasswordMissing = "password_missing", "No password was typed.";
    SignInTooManyTries = "sign_in_too_many_tries", "There were too many tries; the password was not looked at.";
    PasskeyTooLate = "passkey_too_late", "The passkey was used too late, or in another browser.";
    PasskeyUnknown = "passkey_unknown", "Nobody has this passkey here.";
    PasskeyRefused = "passkey_refused", "The passkey is not accepted.";
    PasskeyNotAdded = "passkey_not_added", "The passkey was not added.";
    SignInAnonymousRefused = "sign_in_anonymous_refused", "Nobody may begin an anonymous account for this request.";
    SignInUpstreamNotAllowed = "sign_in_upstream_not_allowed", "The account at the other provider is none of those that may come by it.";
    SignInUpstreamDenied = "sign_in_upstream_denied", "The other provider did not sign the person in.";
    SignInUpstreamOff = "sign_in_upstream_off", "The other provider is disabled.";
    SignInUpstreamUnreachable = "sign_in_upstream_unreachable", "The other provider could not be asked.";
    SignInUpstreamFailed = "sign_in_upstream_failed", "What the other provider answered is not accepted.";
    SignInUpstreamRefused = "sign_in_upstream_refused", "The account that is linked may not be used.";
    SignInChannelRefused = "sign_in_channel_refused", "The sign-in was not confirmed in a chat, or was used.";
    SecondFactorWrong = "second_factor_wrong", "The second factor was not proven.";
    SecondFactorRecoveryWrong = "second_factor_recovery_wrong", "The second factor was not proven.";
    SecondFactorSameSheet = "second_factor_same_sheet",
        "A recovery code has set the password, so that another one is no second factor.";
    SecondFactorMissing = "second_factor_missing", "No code was typed.";
    SecondFactorTooManyTries = "second_factor_too_many_tries", "There were too many wrong codes at this account.";
    SecondFactorTooOften = "second_factor_too_often",
        "There were too many forms in this sign-in; this one was not looked at.";
    SecondFactorOver = "second_factor_over", "There were too many wrong codes in this sign-in, which begins again.";
    RecoveryCodeMissing = "recovery_code_missing", "No recovery code was typed.";
    RecoveryCodeOver = "recovery_code_over", "The code was right too long ago, or in another browser.";
    RecoveryCodeTooOften = "recovery_code_too_often",
        "There were too many tries; the recovery code was not looked at.";
    RecoveryCodeRefused = "recovery_code_refused", "The name and the recovery code do not set a password.";
    CodeMissing = "code_missing", "No code was typed.";
    CodeWrong = "code_wrong", "The code from the letter is another one.";
    CodeOver = "code_over", "The code from the letter was used, is too old, or was tried too often.";
    NumberWrong = "number_wrong", "The number is not the one that the first browser shows.";
    AccountEmailTaken = "account_email_taken", "Somebody else has the address that the code proves.";
    LetterTooMany = "letter_too_many", "Too many letters were asked for.";
    SignUpEmailMissing = "sign_up_email_missing", "No address was typed.";
    SignUpEmailMalformed = "sign_up_email_malformed", "What was typed is no address.";
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn each_reason_has_a_code_of_its_own_and_a_whole_sentence() {
        let codes: BTreeSet<_> = Reason::ALL.iter().map(|reason| reason.as_str()).collect();
        assert_eq!(codes.len(), Reason::ALL.len());
        for reason in Reason::ALL {
            let (code, sentence) = (reason.as_str(), reason.sentence());
            assert!(code.bytes().all(|byte| byte == b'_' || byte.is_ascii_lowercase()), "{code}");
            assert!(sentence.starts_with(char::is_uppercase) && sentence.ends_with('.'), "{code}: {sentence}");
        }
    }
}
