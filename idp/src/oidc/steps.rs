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

    /// The last step of a request that was refused, with the sentence that says why.
    pub fn refused(why: impl Into<String>, difference: Option<&Difference>) -> Self {
        let mut says = why.into();
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oidc::reason::Reason;

    #[test]
    fn a_refusal_says_what_came_what_was_expected_and_where_they_differ() {
        let registered = ["https://rp.example/cb".to_owned()];
        let difference = Difference::of_uri("redirect_uri", "https://rp.example/cb/", &registered);
        let step = Step::refused(Reason::UnregisteredRedirectUri.sentence(), Some(&difference));
        assert_eq!((&*step.of, step.passed), ("redirect_uri", false));
        for part in ["has not registered", "What came: https://rp.example/cb/.", "at character 22"] {
            assert!(step.says.contains(part), "{}", step.says);
        }
        let step = Step::refused("The request was refused: invalid_grant: The code is not known", None);
        assert_eq!(step.says, "The request was refused: invalid_grant: The code is not known.");
    }
}
