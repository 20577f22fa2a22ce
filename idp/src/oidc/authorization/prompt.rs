//! The `prompt` parameter: Core §3.1.2.1.

use serde::{Deserialize, Serialize};

use crate::oidc::difference::Difference;
use crate::oidc::error::Error;
use crate::oidc::params::Params;

/// What the client wants the person to be shown, as a set: Core §3.1.2.1, Initiating User Registration §3.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Prompt {
    /// Nothing at all.
    pub none: bool,
    /// The sign-in page, even if there is a session.
    pub login: bool,
    /// The consent page, even if a consent is remembered.
    pub consent: bool,
    /// The choice of account.
    pub select_account: bool,
    /// The sign-up page.
    pub create: bool,
}

impl Prompt {
    /// The values that are offered; `create` where people can sign up by themselves.
    pub fn offered(sign_up: bool) -> Vec<&'static str> {
        let all = ["none", "login", "consent", "select_account", "create"];
        all.into_iter().filter(|value| sign_up || *value != "create").collect()
    }

    /// Reads the parameter. A value that is not offered is an error, and so is `none` beside another value.
    pub fn parse(params: &Params, sign_up: bool) -> Result<Self, Error> {
        let mut prompt = Self::default();
        for value in params.once("prompt")?.unwrap_or_default().split(' ').filter(|value| !value.is_empty()) {
            match value {
                "none" => prompt.none = true,
                "login" => prompt.login = true,
                "consent" => prompt.consent = true,
                "select_account" => prompt.select_account = true,
                "create" if sign_up => prompt.create = true,
                _ => {
                    let mut difference = Difference::one_of("prompt", value, Self::offered(sign_up));
                    if value == "create" {
                        difference = difference.at("create is offered where people can make accounts (login.sign_up).");
                    }
                    return Err(Error::invalid_request("This value of prompt is not offered.").because(difference));
                }
            }
        }
        if prompt.none && (prompt.login || prompt.consent || prompt.select_account || prompt.create) {
            return Err(Error::invalid_request("prompt=none stands alone."));
        }
        Ok(prompt)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(value: &str, sign_up: bool) -> Result<Prompt, Error> {
        Prompt::parse(&Params::from_pairs([("prompt", value)]), sign_up)
    }

    #[test]
    fn what_a_prompt_may_say() {
        for value in ["", "none", "none none", "login  consent", "select_account login", "create", "login login"] {
            assert!(parse(value, true).is_ok(), "{value}");
        }
        for value in ["none login", "none create", "Login", "martian", "login,consent"] {
            assert!(parse(value, true).is_err(), "{value}");
        }
        assert_eq!(parse("login consent", true).unwrap(), Prompt { login: true, consent: true, ..Prompt::default() });
    }

    #[test]
    fn create_is_offered_where_people_can_sign_up() {
        assert!(parse("create", false).is_err());
        assert_eq!(Prompt::offered(false), ["none", "login", "consent", "select_account"]);
        assert_eq!(Prompt::offered(true).last(), Some(&"create"));
    }
}
