//! The `response_type` parameter.

use crate::oidc::client::metadata::Client;
use crate::oidc::difference::Difference;
use crate::oidc::error::{Error, ErrorCode};
use crate::oidc::params::Params;
use crate::oidc::token::grant_type::GrantType;

/// What the authorization endpoint returns: RFC 6749 §3.1.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResponseType {
    /// A code.
    Code,
}

impl ResponseType {
    /// All that are offered.
    pub const ALL: [Self; 1] = [Self::Code];

    /// The parameter's value.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Code => "code",
        }
    }

    /// The response type that a request asks for and that its client may have.
    pub fn parse(params: &Params, client: &Client) -> Result<Self, Error> {
        let name = params.required("response_type")?;
        let offered = Self::ALL.into_iter().find(|response_type| response_type.as_str() == name);
        let response_type = offered.ok_or_else(|| {
            let difference = Difference::one_of("response_type", name, Self::ALL.map(Self::as_str));
            Error::from(ErrorCode::UnsupportedResponseType).because(difference)
        })?;
        let registered = client.metadata.response_types.iter().any(|registered| registered == name);
        if !registered || !client.allows_grant(GrantType::AuthorizationCode) {
            let registered = client.metadata.response_types.iter().map(String::as_str);
            let error = Error::new(ErrorCode::UnauthorizedClient, "The client may not use this response type.");
            return Err(error.because(Difference::one_of("response_type", name, registered)));
        }
        Ok(response_type)
    }
}

/// Whether a request asks for tokens from the authorization endpoint itself. Answers and refusals to such a request go
/// into the fragment unless it names a mode: Core §3.2.2.5, §3.2.2.6, §3.3.2.6.
pub(crate) fn has_tokens(params: &Params) -> bool {
    let mut asked = params.all("response_type").flat_map(|value| value.split(' '));
    asked.any(|word| matches!(word, "token" | "id_token"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oidc::client::metadata::ClientKind;

    #[test]
    fn a6_only_a_response_type_that_is_offered_and_registered_is_given() {
        let (web, service) = (Client::sample(ClientKind::Web), Client::sample(ClientKind::Service));
        for (client, value, error) in [
            (&web, "", Some(ErrorCode::InvalidRequest)),
            (&web, "code", None),
            (&web, "Code", Some(ErrorCode::UnsupportedResponseType)),
            (&web, "token", Some(ErrorCode::UnsupportedResponseType)),
            (&web, "code id_token", Some(ErrorCode::UnsupportedResponseType)),
            (&web, "none", Some(ErrorCode::UnsupportedResponseType)),
            (&service, "code", Some(ErrorCode::UnauthorizedClient)),
        ] {
            let parsed = ResponseType::parse(&Params::from_pairs([("response_type", value)]), client);
            assert_eq!(parsed.err().map(|error| error.code), error, "{value}");
        }
    }
}
