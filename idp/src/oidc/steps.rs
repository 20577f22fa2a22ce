//! The steps by which a request was judged, for the explanation of a refusal (`latchkey explain`). They hold no secret: no
//! token, code, password, verifier or cookie, and what a request has sent only as `difference::shown` shows it.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::oidc::difference::Difference;

/// One step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// The parameter, header, setting or thing that was looked at.
    pub of: Cow<'static, str>,
    /// Whether it was as it should be.
    pub passed: bool,
    /// What was found, in plain English.
    pub says: Cow<'static, str>,
}

impl Step {
    /// Something that was as it should be.
    pub fn passed(of: &'static str, says: impl Into<Cow<'static, str>>) -> Self {
        Self { of: of.into(), passed: true, says: says.into() }
    }

    /// Something that was not.
    pub fn failed(of: &'static str, says: impl Into<Cow<'static, str>>) -> Self {
        Self { of: of.into(), passed: false, says: says.into() }
    }

    /// The last step of a request that was refused for this reason: a short code, or the code and sentence of the protocol.
    pub fn refused(reason: &str, difference: Option<&Difference>) -> Self {
        let mut says = sentence(reason).map_or_else(|| format!("The request was refused: {reason}"), str::to_owned);
        if !says.ends_with('.') {
            says.push('.');
        }
        let Some(Difference { of, came, expected, place }) = difference else {
            return Self::failed("request", says);
        };
        says.push_str(&format!(" What came: {came}. What was expected: {expected}."));
        if let Some(place) = place {
            says.push_str(&format!(" {place}"));
        }
        Self::failed(of, says)
    }
}

/// A short code in words; `None` if it has none, so that a code and sentence of the protocol stand for themselves.
pub fn sentence(reason: &str) -> Option<&'static str> {
    Some(match reason {
        "missing_client_id" => "The request does not say which client it is from.",
        "unknown_client" => "No client with this client_id is registered here.",
        "disabled_client" => "The client is disabled; latchkey client enable lets it in again.",
        "missing_redirect_uri" => "The request does not say where the answer goes.",
        "unregistered_redirect_uri" => "The client has not registered this redirect_uri; the whole of it is compared.",
        "unregistered_post_logout_redirect_uri" => {
            "The client has not registered this post_logout_redirect_uri; the whole of it is compared."
        }
        "invalid_id_token_hint" => {
            "The id_token_hint is no ID token of this provider, so that nobody knows which sign-in is meant."
        }
        "another_client" => "The id_token_hint was made for another client than the one that client_id names.",
        "parameter_too_long" => "A parameter is longer than any that a client needs.",
        "repeated_parameter" => "A parameter came more than once.",
        "foreign_form" => "A form came from a page that was not shown to this browser, or was shown too long ago.",
        "cookies_off" => "The browser did not send back the cookie that every page sets: it keeps no cookies.",
        "interaction_expired" => "The sign-in on the way to the client cannot go on.",
        "spent_link" => "The link was used before, is too old, or was replaced by a newer one.",
        "address_taken" => "The link puts an address back that another account has by now.",
        "mail_off" => "This is done by letter, and that is off.",
        "sign_up_off" => "People cannot make accounts here by themselves.",
        "outside_networks" => "The account may not be used from this network.",
        "sign_in_refused" => "The identifier and the password do not let anybody in.",
        "sign_in_identifier_missing" => "No name was typed.",
        "password_missing" => "No password was typed.",
        "sign_in_too_many_tries" => "There were too many tries; the password was not looked at.",
        "passkey_too_late" => "The passkey was used too late, or in another browser.",
        "passkey_unknown" => "Nobody has this passkey here.",
        "passkey_refused" => "The passkey is not accepted.",
        "sign_in_anonymous_refused" => "Nobody may begin an anonymous account for this request.",
        "second_factor_wrong" | "second_factor_recovery_wrong" => "The second factor was not proven.",
        "second_factor_same_sheet" => "A recovery code has set the password, so that another one is no second factor.",
        "second_factor_missing" => "No code was typed.",
        "recovery_code_missing" => "No recovery code was typed.",
        "recovery_code_over" => "The code was right too long ago, or in another browser.",
        "recovery_code_refused" => "The name and the recovery code do not set a password.",
        "second_factor_too_many_tries" => "There were too many wrong codes at this account.",
        "second_factor_over" => "There were too many wrong codes in this sign-in, which begins again.",
        "code_wrong" => "The code from the letter is another one.",
        "code_over" => "The code from the letter was used, is too old, or was tried too often.",
        "number_wrong" => "The number is not the one that the first browser shows.",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_says_what_came_what_was_expected_and_where_they_differ() {
        let registered = ["https://rp.example/cb".to_owned()];
        let difference = Difference::of_uri("redirect_uri", "https://rp.example/cb/", &registered);
        let step = Step::refused("unregistered_redirect_uri", Some(&difference));
        assert_eq!((&*step.of, step.passed), ("redirect_uri", false));
        for part in ["has not registered", "What came: https://rp.example/cb/.", "at character 22"] {
            assert!(step.says.contains(part), "{}", step.says);
        }
        let step = Step::refused("invalid_grant: The code is not known.", None);
        assert_eq!(step.says, "The request was refused: invalid_grant: The code is not known.");
    }
}
