//! A token named in the body of a request, to be revoked or introspected: RFC 7009 §2.1, RFC 7662 §2.1.

use std::fmt;

use crate::oidc::error::Error;
use crate::oidc::params::Params;

/// What the sender believes the token to be; it decides only where to look first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenTypeHint {
    /// An access token.
    AccessToken,
    /// A refresh token.
    RefreshToken,
}

/// A token and its hint in a request.
#[derive(Clone, PartialEq, Eq)]
pub struct NamedToken {
    /// The token.
    pub token: String,
    /// What it is believed to be.
    pub hint: Option<TokenTypeHint>,
}

impl NamedToken {
    /// Reads the request; a hint of another kind is ignored.
    pub fn parse(params: &Params) -> Result<Self, Error> {
        params.refuse_repeated()?;
        let hint = match params.get("token_type_hint") {
            Some("access_token") => Some(TokenTypeHint::AccessToken),
            Some("refresh_token") => Some(TokenTypeHint::RefreshToken),
            _ => None,
        };
        Ok(Self { token: params.required("token")?.to_owned(), hint })
    }
}

impl fmt::Debug for NamedToken {
    /// Without the token.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NamedToken({:?})", self.hint)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_named_once_and_its_hint_only_hints() {
        let parse = |encoded: &str| NamedToken::parse(&Params::parse(encoded.as_bytes()).unwrap());
        for (encoded, hint) in [
            ("token=t", None),
            ("token=t&token_type_hint=refresh_token", Some(TokenTypeHint::RefreshToken)),
            ("token=t&token_type_hint=access_token", Some(TokenTypeHint::AccessToken)),
            ("token=t&token_type_hint=martian", None),
        ] {
            assert_eq!(parse(encoded).unwrap(), NamedToken { token: "t".to_owned(), hint }, "{encoded}");
        }
        for encoded in ["", "token=", "token=a&token=b", "token=a&token_type_hint=x&token_type_hint=x"] {
            assert!(parse(encoded).is_err(), "{encoded}");
        }
    }
}
