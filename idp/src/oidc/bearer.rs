//! Access tokens on their way in: RFC 6750.

use crate::oidc::error::{Error, ErrorCode};
use crate::oidc::params::Params;

/// The realm of our challenges: RFC 9110 §11.5.
pub const REALM: &str = "realm=\"latchkey\"";

/// Why a request has no usable token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// None was sent: the challenge contains no error code (RFC 6750 §3).
    Missing,
    /// It was sent in a way that is not accepted.
    Malformed(Error),
}

/// Finds the access token of a request: in its header, or in the form that it posts (RFC 6750 §2.1, §2.2).
///
/// A token in two places at once is refused, and so is one in the query, where logs and histories would keep it.
pub fn parse(authorization: Option<&str>, query: &Params, form: Option<&Params>) -> Result<String, Refusal> {
    let malformed = |why: &'static str| Refusal::Malformed(Error::invalid_request(why));
    if query.get("access_token").is_some() {
        return Err(malformed("An access token in the query is not taken."));
    }
    let in_form = form.map_or(Ok(None), |form| form.once("access_token")).map_err(Refusal::Malformed)?;
    let in_header = match authorization.map(|header| header.split_once(' ').unwrap_or((header, ""))) {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => Some(token.trim_matches(' ')),
        _ => None,
    };
    match (in_header, in_form) {
        (None, None) => Err(Refusal::Missing),
        (Some(_), Some(_)) => Err(malformed("The access token was sent in two places.")),
        (Some(token), None) | (None, Some(token)) if well_formed(token) => Ok(token.to_owned()),
        _ => Err(Refusal::Malformed(Error::new(ErrorCode::InvalidToken, "This is not an access token."))),
    }
}

/// The value of `WWW-Authenticate`: RFC 6750 §3.
pub fn challenge(error: Option<&Error>) -> String {
    match error {
        // A scheme has at least one parameter.
        None => format!("Bearer {REALM}"),
        // Neither can contain quotes or backslashes.
        Some(error) => {
            format!("Bearer {REALM}, error=\"{}\", error_description=\"{}\"", error.code, error.description)
        }
    }
}

fn well_formed(token: &str) -> bool {
    let body = token.trim_end_matches('=');
    !body.is_empty() && body.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~+/".contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn params(encoded: &str) -> Params {
        Params::parse(encoded.as_bytes()).unwrap()
    }

    fn read(header: Option<&str>, query: &str, form: &str) -> Result<String, Refusal> {
        parse(header, &params(query), Some(&params(form)))
    }

    #[test]
    fn a_token_comes_in_the_header_or_in_the_form() {
        for header in ["Bearer a.b-c_d~e+f/g==", "bearer  a.b-c_d~e+f/g==", "BEARER a.b-c_d~e+f/g== "] {
            assert_eq!(read(Some(header), "", ""), Ok("a.b-c_d~e+f/g==".to_owned()), "{header}");
        }
        assert_eq!(read(None, "", "access_token=abc"), Ok("abc".to_owned()));
    }

    #[test]
    fn nothing_that_looks_like_a_token_gets_a_bare_challenge() {
        for header in [None, Some(""), Some("Basic YTpi"), Some("DPoP abc"), Some("abc")] {
            assert_eq!(read(header, "", ""), Err(Refusal::Missing), "{header:?}");
        }
        assert_eq!(challenge(None), r#"Bearer realm="latchkey""#);
    }

    #[test]
    fn the_query_two_places_and_broken_tokens_are_refused() {
        let code = |result| match result {
            Err(Refusal::Malformed(error)) => Some(error.code),
            _ => None,
        };
        assert_eq!(code(read(None, "access_token=abc", "")), Some(ErrorCode::InvalidRequest));
        assert_eq!(code(read(Some("Bearer abc"), "access_token=abc", "")), Some(ErrorCode::InvalidRequest));
        assert_eq!(code(read(Some("Bearer abc"), "", "access_token=abc")), Some(ErrorCode::InvalidRequest));
        assert_eq!(code(read(None, "", "access_token=a&access_token=b")), Some(ErrorCode::InvalidRequest));
        for header in ["Bearer", "Bearer ", "Bearer =", "Bearer a b", "Bearer a\"b", "Bearer é", "Bearer a=b"] {
            assert_eq!(code(read(Some(header), "", "")), Some(ErrorCode::InvalidToken), "{header}");
        }
    }

    #[test]
    fn a_challenge_says_what_is_wrong() {
        let error = Error::new(ErrorCode::InvalidToken, "It has \"expired\".");
        let said = r#"Bearer realm="latchkey", error="invalid_token", error_description="It has ?expired?.""#;
        assert_eq!(challenge(Some(&error)), said);
    }

    proptest! {
        #[test]
        fn strangers_headers_never_panic(header in "\\PC{0,60}", token in "[A-Za-z0-9._~+/-]{1,40}={0,2}") {
            let _ = read(Some(&header), "", "");
            prop_assert_eq!(read(Some(&format!("Bearer {token}")), "", ""), Ok(token));
        }
    }
}
