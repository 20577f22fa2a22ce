//! How clients prove who they are: RFC 6749 §2.3, Core §9.

use crate::base::encoding::from_base64;
use crate::base::secret::Secret;
use crate::oidc::client::metadata::{Client, TokenEndpointAuthMethod};
use crate::oidc::difference::Difference;
use crate::oidc::error::Error;
use crate::oidc::params::{Params, form_decode};

/// How long a client's name may be, in bytes.
pub const MAX_CLIENT_ID: usize = 255;

/// The credentials that a client sends; still to be verified.
#[derive(Clone, Debug)]
pub struct ClientCredentials {
    /// The name.
    pub client_id: String,
    /// The secret, unless the method is `none`.
    pub secret: Option<Secret>,
    /// How it came.
    pub method: TokenEndpointAuthMethod,
}

/// Reads the credentials of a request, which must use exactly one method: RFC 6749 §2.3.
pub fn parse(authorization: Option<&str>, params: &Params) -> Result<ClientCredentials, Error> {
    let (client_id, secret) = (params.once("client_id")?, params.once("client_secret")?);
    if params.get("client_assertion").is_some() || params.get("client_assertion_type").is_some() {
        return Err(match authorization.or(secret) {
            Some(_) => two_methods(client_id),
            None => Error::invalid_client("Client assertions are not offered."),
        });
    }
    let credentials = match (authorization, secret) {
        (Some(_), Some(_)) => return Err(two_methods(client_id)),
        (Some(header), None) => {
            let credentials = basic(header).ok_or_else(malformed)?;
            if client_id.is_some_and(|client_id| client_id != credentials.client_id) {
                return Err(Error::invalid_request("The header and the body name different clients."));
            }
            credentials
        }
        (None, secret) => ClientCredentials {
            client_id: client_id.ok_or_else(|| Error::invalid_client("The client did not say who it is."))?.to_owned(),
            secret: secret.map(Secret::from),
            method: secret.map_or(TokenEndpointAuthMethod::None, |_| TokenEndpointAuthMethod::ClientSecretPost),
        },
    };
    if credentials.client_id.is_empty() || credentials.client_id.len() > MAX_CLIENT_ID {
        return Err(malformed());
    }
    Ok(credentials)
}

/// Whether the client may authenticate with this method: the one it registered or, if it registered none, its secret
/// in the header or the body.
pub fn method_allowed(client: &Client, method: TokenEndpointAuthMethod) -> bool {
    match client.metadata.token_endpoint_auth_method {
        Some(registered) => method == registered,
        None => method != TokenEndpointAuthMethod::None,
    }
}

/// Name and secret of a Basic header, each form-encoded before they were joined: RFC 6749 §2.3.1. An empty secret
/// counts as none: some libraries send one for public clients.
fn basic(header: &str) -> Option<ClientCredentials> {
    let (scheme, encoded) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = from_base64(encoded.trim_matches(' '))?;
    let colon = decoded.iter().position(|&b| b == b':')?;
    let secret = form_decode(&decoded[colon + 1..])?;
    Some(ClientCredentials {
        client_id: form_decode(&decoded[..colon])?,
        method: if secret.is_empty() {
            TokenEndpointAuthMethod::None
        } else {
            TokenEndpointAuthMethod::ClientSecretBasic
        },
        secret: Some(secret).filter(|secret| !secret.is_empty()).map(Secret::from),
    })
}

fn two_methods(client_id: Option<&str>) -> Error {
    let came = format!(
        "two of a header, client_secret and client_assertion, from {}",
        client_id.unwrap_or("an unnamed client")
    );
    Error::invalid_request("The client authenticated in two ways at once.").because(Difference::new(
        "authorization",
        came,
        "one of them",
    ))
}

fn malformed() -> Error {
    let expected = "Basic, and the base64 of client_id:client_secret, each form-encoded before (RFC 6749 s. 2.3.1)";
    Error::invalid_client("The client's credentials are malformed.").because(Difference::new(
        "authorization",
        "something else, or a client_id that is empty or too long",
        expected,
    ))
}

#[cfg(test)]
mod tests {
    use super::TokenEndpointAuthMethod::{ClientSecretBasic, ClientSecretPost, None as Public};
    use super::*;
    use crate::oidc::client::metadata::ClientKind;
    use crate::oidc::error::ErrorCode;
    use crate::oidc::params::form_encode;
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    use proptest::prelude::*;

    fn header(joined: &[u8]) -> String {
        format!("Basic {}", STANDARD.encode(joined))
    }

    fn read(
        authorization: Option<&str>,
        body: &str,
    ) -> Result<(String, Option<String>, TokenEndpointAuthMethod), ErrorCode> {
        parse(authorization, &Params::parse(body.as_bytes()).unwrap())
            .map(|c| (c.client_id, c.secret.map(|secret| secret.expose().to_owned()), c.method))
            .map_err(|error| error.code)
    }

    #[test]
    fn each_method_is_read() {
        let secret = Some("s ü:%".to_owned());
        let encoded = header(b"a%3Ab:s+%C3%BC%3A%25");
        assert_eq!(read(Some(&encoded), ""), Ok(("a:b".to_owned(), secret.clone(), ClientSecretBasic)));
        assert_eq!(
            read(Some(&encoded.replace("Basic ", "bAsIc  ")), "client_id=a:b"),
            Ok(("a:b".to_owned(), secret.clone(), ClientSecretBasic))
        );
        assert_eq!(
            read(None, "client_id=a:b&client_secret=s+%C3%BC:%25"),
            Ok(("a:b".to_owned(), secret, ClientSecretPost))
        );
        assert_eq!(read(None, "client_id=a"), Ok(("a".to_owned(), None, Public)));
        assert_eq!(read(Some(&header(b"a:")), ""), Ok(("a".to_owned(), None, Public)));
    }

    #[test]
    fn b13_two_methods_are_one_too_many() {
        let basic = header(b"a:s");
        for body in [
            "client_secret=s",
            "client_id=a&client_secret=s",
            "client_assertion=x",
            "client_id=b",
            "client_id=a&client_id=a",
        ] {
            assert_eq!(read(Some(&basic), body), Err(ErrorCode::InvalidRequest), "{body}");
        }
        assert_eq!(read(None, "client_id=a&client_secret=s&client_assertion=x"), Err(ErrorCode::InvalidRequest));
        assert_eq!(read(None, "client_id=a&client_secret=s&client_secret=s"), Err(ErrorCode::InvalidRequest));
    }

    #[test]
    fn b13_malformed_credentials_are_no_credentials() {
        let long = header(format!("{}:s", "a".repeat(256)).as_bytes());
        for header in [
            "",
            "Basic",
            "Basic ",
            "Basic !!",
            "Basic YQ",
            "Bearer abc",
            "Digest x",
            "YTpz",
            &header(b"a"),
            &header(b":s"),
            &header(b""),
            &header(b"a:\xff"),
            &header(b"a%00:s"),
            &header(b"a:\0"),
            &long,
        ] {
            assert_eq!(read(Some(header), ""), Err(ErrorCode::InvalidClient), "{header}");
        }
        assert_eq!(read(None, ""), Err(ErrorCode::InvalidClient));
        assert_eq!(read(None, "client_secret=s"), Err(ErrorCode::InvalidClient));
        assert_eq!(read(None, "client_id=a&client_assertion=x&client_assertion_type=y"), Err(ErrorCode::InvalidClient));
    }

    #[test]
    fn a_method_is_allowed_as_registered() {
        let mut client = Client::sample(ClientKind::Web);
        for (registered, allowed) in [
            (None, vec![ClientSecretBasic, ClientSecretPost]),
            (Some(ClientSecretBasic), vec![ClientSecretBasic]),
            (Some(ClientSecretPost), vec![ClientSecretPost]),
            (Some(Public), vec![Public]),
        ] {
            client.metadata.token_endpoint_auth_method = registered;
            let found: Vec<_> =
                TokenEndpointAuthMethod::ALL.into_iter().filter(|m| method_allowed(&client, *m)).collect();
            assert_eq!(found, allowed, "{registered:?}");
        }
    }

    proptest! {
        #[test]
        fn strangers_headers_never_panic(header in "\\PC{0,80}", bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            let _ = read(Some(&header), "");
            let _ = read(Some(&self::header(&bytes)), "");
        }

        #[test]
        fn what_is_rendered_is_parsed_again(id in "[^\0]{1,60}", secret in "[^\0]{1,40}") {
            let encode = |text: &str| form_encode([("x", text)])[2..].to_owned();
            let header = header(format!("{}:{}", encode(&id), encode(&secret)).as_bytes());
            prop_assume!(id.len() <= MAX_CLIENT_ID);
            prop_assert_eq!(read(Some(&header), ""), Ok((id, Some(secret), ClientSecretBasic)));
        }
    }
}
