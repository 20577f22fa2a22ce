//! Requests to the token endpoint.

use std::fmt;

use crate::oidc::client::metadata::Client;
use crate::oidc::difference::Difference;
use crate::oidc::error::{Error, ErrorCode};
use crate::oidc::params::Params;
use crate::oidc::resource;
use crate::oidc::scope::ScopeSet;
use crate::oidc::token::grant_type::GrantType;

/// A request to the token endpoint: RFC 6749 §3.2.
#[derive(Clone, PartialEq, Eq)]
pub enum TokenRequest {
    /// RFC 6749 §4.1.3, RFC 7636 §4.5.
    AuthorizationCode(CodeExchange),
    /// RFC 6749 §6.
    RefreshToken(Refresh),
    /// RFC 6749 §4.4.2.
    ClientCredentials(OwnToken),
    /// RFC 6749 §4.5.
    TelegramInitData(MiniApp),
    /// RFC 8693 §2.1.
    TokenExchange(TokenExchange),
}

/// A code to be exchanged: RFC 6749 §4.1.3, RFC 7636 §4.5.
#[derive(Clone, PartialEq, Eq)]
pub struct CodeExchange {
    /// The code.
    pub code: String,
    /// Where the code was sent.
    pub redirect_uri: Option<String>,
    /// The code verifier, from which the challenge was made.
    pub code_verifier: Option<String>,
    /// The resources that the access token is to be for, if fewer than were granted: RFC 8707 §2.2.
    pub resources: Vec<String>,
}

/// A refresh token to be used: RFC 6749 §6.
#[derive(Clone, PartialEq, Eq)]
pub struct Refresh {
    /// The refresh token.
    pub refresh_token: String,
    /// The scope, if less is wanted than was granted.
    pub scope: Option<ScopeSet>,
    /// The resources that the access token is to be for, if fewer than were granted: RFC 8707 §2.2.
    pub resources: Vec<String>,
}

/// A token for the client itself: RFC 6749 §4.4.2.
#[derive(Clone, PartialEq, Eq)]
pub struct OwnToken {
    /// The scope; if none is named, all that the client may have.
    pub scope: Option<ScopeSet>,
    /// The resources that the access token is to be for; the client's default ones if none is named: RFC 8707 §2.
    pub resources: Vec<String>,
}

/// What a Mini App of Telegram asks for its person.
#[derive(Clone, PartialEq, Eq)]
pub struct MiniApp {
    /// What Telegram has given to it.
    pub init_data: String,
    /// The scope, as in an authorization request.
    pub scope: ScopeSet,
    /// The resources that the access token is to be for; the client's default ones if none is named: RFC 8707 §2.
    pub resources: Vec<String>,
}

/// What is to be exchanged for a token: RFC 8693 §2.1.
#[derive(Clone, PartialEq, Eq)]
pub struct TokenExchange {
    /// What stands for the person.
    pub subject_token: String,
    /// What that is.
    pub subject_token_type: String,
    /// What is wanted.
    pub requested_token_type: Option<String>,
    /// Whether somebody else is to act than the client.
    pub has_actor: bool,
    /// The service that the token is to be for, if it is named otherwise than by its URI.
    pub audience: Option<String>,
    /// The channel that the person has bound, where the client has several. No specification has this parameter.
    pub channel: Option<String>,
    /// The scope; if none is named, all that the client may have.
    pub scope: Option<ScopeSet>,
    /// The resources that the access token is to be for.
    pub resources: Vec<String>,
}

impl TokenRequest {
    /// Reads a request; unknown parameters are ignored, repeated ones are not: RFC 6749 §3.2.
    pub fn parse(params: &Params) -> Result<Self, Error> {
        params.refuse_repeated()?;
        let optional = |name: &str| params.get(name).map(str::to_owned);
        let scope = || params.get("scope").map(ScopeSet::parse).transpose();
        match GrantType::from_name(params.required("grant_type")?) {
            Some(GrantType::AuthorizationCode) => Ok(Self::AuthorizationCode(CodeExchange {
                code: params.required("code")?.to_owned(),
                redirect_uri: optional("redirect_uri"),
                code_verifier: optional("code_verifier"),
                resources: resource::parse(params)?,
            })),
            Some(GrantType::RefreshToken) => Ok(Self::RefreshToken(Refresh {
                refresh_token: params.required("refresh_token")?.to_owned(),
                scope: scope()?,
                resources: resource::parse(params)?,
            })),
            Some(GrantType::ClientCredentials) => {
                Ok(Self::ClientCredentials(OwnToken { scope: scope()?, resources: resource::parse(params)? }))
            }
            Some(GrantType::TelegramInitData) => Ok(Self::TelegramInitData(MiniApp {
                init_data: params.required("init_data")?.to_owned(),
                scope: scope()?.unwrap_or_default(),
                resources: resource::parse(params)?,
            })),
            Some(GrantType::TokenExchange) => Ok(Self::TokenExchange(TokenExchange {
                subject_token: params.required("subject_token")?.to_owned(),
                subject_token_type: params.required("subject_token_type")?.to_owned(),
                requested_token_type: optional("requested_token_type"),
                has_actor: params.get("actor_token").or(params.get("actor_token_type")).is_some(),
                audience: optional("audience"),
                channel: optional("channel"),
                scope: scope()?,
                resources: resource::parse(params)?,
            })),
            None => {
                let (came, offered) = (params.required("grant_type")?, GrantType::ALL.map(GrantType::as_str));
                let difference = Difference::one_of("grant_type", came, offered);
                Err(Error::from(ErrorCode::UnsupportedGrantType).because(difference))
            }
        }
    }

    /// Why a client may not use a grant that is offered: RFC 6749 §5.2.
    pub fn not_allowed(&self, client: &Client) -> Error {
        let allowed = client.metadata.grant_types.iter().map(|grant| grant.as_str());
        let difference = Difference::one_of("grant_type", self.grant_type().as_str(), allowed);
        Error::from(ErrorCode::UnauthorizedClient).because(difference)
    }

    /// The grant that the request wants to use.
    pub fn grant_type(&self) -> GrantType {
        match self {
            Self::AuthorizationCode(_) => GrantType::AuthorizationCode,
            Self::RefreshToken(_) => GrantType::RefreshToken,
            Self::ClientCredentials(_) => GrantType::ClientCredentials,
            Self::TelegramInitData(_) => GrantType::TelegramInitData,
            Self::TokenExchange(_) => GrantType::TokenExchange,
        }
    }
}

impl fmt::Debug for TokenRequest {
    /// Shows only the grant: the other fields are secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.grant_type().as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(encoded: &str) -> Result<TokenRequest, ErrorCode> {
        TokenRequest::parse(&Params::parse(encoded.as_bytes()).unwrap()).map_err(|error| error.code)
    }

    #[test]
    fn each_grant_is_read_with_its_own_parameters() {
        let (code, redirect_uri) = ("c".to_owned(), Some("https://rp.example/cb".to_owned()));
        assert_eq!(
            parse(
                "grant_type=authorization_code&code=c&redirect_uri=https%3A%2F%2Frp.example%2Fcb&code_verifier=v&x=y"
            ),
            Ok(TokenRequest::AuthorizationCode(CodeExchange {
                code,
                redirect_uri,
                code_verifier: Some("v".to_owned()),
                resources: vec![]
            }))
        );
        assert_eq!(
            parse("grant_type=refresh_token&refresh_token=r&scope=openid+email"),
            Ok(TokenRequest::RefreshToken(Refresh {
                refresh_token: "r".to_owned(),
                scope: Some(["openid", "email"].into_iter().collect()),
                resources: vec![],
            }))
        );
        assert_eq!(
            parse("grant_type=client_credentials&scope="),
            Ok(TokenRequest::ClientCredentials(OwnToken { scope: None, resources: vec![] }))
        );
        let mini_app = "urn%3Alatchkey%3Aparams%3Aoauth%3Agrant-type%3Atelegram-init-data";
        assert_eq!(
            parse(&format!("grant_type={mini_app}&init_data=auth_date%3D1%26hash%3D2&scope=openid")),
            Ok(TokenRequest::TelegramInitData(MiniApp {
                init_data: "auth_date=1&hash=2".to_owned(),
                scope: ["openid"].into_iter().collect(),
                resources: vec![],
            }))
        );
        assert_eq!(parse(&format!("grant_type={mini_app}&scope=openid")), Err(ErrorCode::InvalidRequest));
    }

    #[test]
    fn b15_what_is_missing_repeated_or_not_offered_is_told() {
        use ErrorCode::{InvalidRequest, InvalidScope, UnsupportedGrantType};
        for (encoded, code) in [
            ("", InvalidRequest),
            ("grant_type=", InvalidRequest),
            ("grant_type=password&username=a&password=b", UnsupportedGrantType),
            ("grant_type=Authorization_Code&code=c", UnsupportedGrantType),
            ("grant_type=authorization_code", InvalidRequest),
            ("grant_type=authorization_code&code=a&code=b", InvalidRequest),
            ("grant_type=refresh_token&grant_type=refresh_token&refresh_token=r", InvalidRequest),
            ("grant_type=refresh_token&code=c", InvalidRequest),
            ("grant_type=client_credentials&scope=%22", InvalidScope),
            ("grant_type=client_credentials&x=1&x=2", InvalidRequest),
        ] {
            assert_eq!(parse(encoded), Err(code), "{encoded}");
        }
        let long = format!("grant_type=client_credentials&scope={}", "a".repeat(1 << 20));
        assert_eq!(parse(&long), Err(InvalidScope));
    }
}
