//! Access tokens as JWTs: RFC 9068.

use serde_json::{Map, Value, json};

use crate::base::clock::Timestamp;
use crate::oidc::claims::id_token;
use crate::oidc::client::metadata::Client;
use crate::oidc::error::{Error, ErrorCode};
use crate::oidc::scope::{OPENID, ScopeSet};

/// The claims of an access token: RFC 9068 §2.2. It is not stored; the grant and the session that it names are looked
/// up when it is used here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessToken {
    /// The person whose access it is; the client's name if the client acts for itself.
    pub sub: String,
    /// Where it may be used.
    pub audience: Vec<String>,
    /// Who may use it.
    pub client_id: String,
    /// For what.
    pub scope: ScopeSet,
    /// The token's unique name.
    pub jti: String,
    /// The public name of its grant; `None` in a token that a client got for itself.
    pub grant: Option<String>,
    /// The public name of the chat that its person has bound, in a token that the client of a bot got for them.
    pub binding: Option<String>,
    /// Who acts for the person: RFC 8693 §4.1.
    pub actor: Option<String>,
    /// The session, as it is named outside.
    pub sid: Option<String>,
    /// When the person last proved who they are.
    pub auth_time: Option<Timestamp>,
    /// How strongly.
    pub acr: Option<String>,
    /// When it was made.
    pub issued_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
}

impl AccessToken {
    /// The claims that are signed.
    pub fn claims(&self, issuer: &str) -> Map<String, Value> {
        let mut claims = Map::new();
        let mut put = |name: &str, value: Option<Value>| {
            if let Some(value) = value {
                claims.insert(name.to_owned(), value);
            }
        };
        put("iss", Some(issuer.into()));
        put("sub", Some(self.sub.as_str().into()));
        put("aud", Some(if let [one] = &self.audience[..] { json!(one) } else { json!(self.audience) }));
        put("client_id", Some(self.client_id.as_str().into()));
        put("exp", Some(json!(self.expires_at.seconds())));
        put("iat", Some(json!(self.issued_at.seconds())));
        put("jti", Some(self.jti.as_str().into()));
        put("scope", (!self.scope.is_empty()).then(|| self.scope.to_string().into()));
        put("auth_time", self.auth_time.map(|at| json!(at.seconds())));
        put("acr", self.acr.as_deref().map(Value::from));
        put("sid", self.sid.as_deref().map(Value::from));
        put("gid", self.grant.as_deref().map(Value::from));
        put("bid", self.binding.as_deref().map(Value::from));
        put("act", self.actor.as_deref().map(|actor| json!({ "sub": actor })));
        claims
    }

    /// Reads the claims of a verified token. A token that is incomplete, of another issuer or expired is
    /// `invalid_token`.
    ///
    /// There is no tolerance after the expiry, since the same clock sets and checks it.
    pub fn from_claims(claims: &Map<String, Value>, issuer: &str, now: Timestamp) -> Result<Self, Error> {
        let token = Self::read(claims, issuer).ok_or_else(|| invalid("This is not an access token of this issuer."))?;
        if token.is_over(now) {
            return Err(invalid("The access token has expired."));
        }
        Ok(token)
    }

    fn read(claims: &Map<String, Value>, issuer: &str) -> Option<Self> {
        let text = |name: &str| claims.get(name)?.as_str().map(str::to_owned);
        let time = |name: &str| claims.get(name)?.as_i64().map(Timestamp::from_seconds);
        // These may be absent, but not of another type.
        let optional =
            |name: &str| claims.get(name).map_or(Some(None), |value| value.as_str().map(|v| Some(v.to_owned())));
        if text("iss")? != issuer {
            return None;
        }
        Some(Self {
            sub: text("sub")?,
            audience: id_token::audience(claims.get("aud")?)?,
            client_id: text("client_id")?,
            scope: ScopeSet::try_from(optional("scope")?.unwrap_or_default()).ok()?,
            jti: text("jti")?,
            grant: optional("gid")?,
            binding: optional("bid")?,
            actor: claims.get("act").map_or(Some(None), |act| Some(Some(act.get("sub")?.as_str()?.to_owned())))?,
            sid: optional("sid")?,
            auth_time: claims.get("auth_time").map_or(Some(None), |_| time("auth_time").map(Some))?,
            acr: optional("acr")?,
            issued_at: time("iat")?,
            expires_at: time("exp")?,
        })
    }

    /// Whether it has expired.
    pub fn is_over(&self, now: Timestamp) -> bool {
        now >= self.expires_at
    }

    /// Whether the token may be used at this resource.
    pub fn is_for(&self, resource: &str) -> bool {
        self.audience.iter().any(|audience| audience == resource)
    }
}

/// The audience of a client's access tokens: its default resources, else the issuer; with `openid` the issuer as well,
/// for UserInfo (RFC 9068 §3).
pub fn audience(client: &Client, scope: &ScopeSet, issuer: &str) -> Vec<String> {
    let mut audience = client.metadata.default_resources.clone();
    if (audience.is_empty() || scope.contains(OPENID)) && !audience.iter().any(|resource| resource == issuer) {
        audience.push(issuer.to_owned());
    }
    audience
}

fn invalid(description: &'static str) -> Error {
    Error::new(ErrorCode::InvalidToken, description)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oidc::client::metadata::ClientKind;
    use proptest::prelude::*;

    const ISSUER: &str = "https://op.example";
    const NOW: Timestamp = Timestamp::from_seconds(1_000);

    fn token() -> AccessToken {
        AccessToken {
            sub: "alice".to_owned(),
            audience: vec![ISSUER.to_owned()],
            client_id: "rp".to_owned(),
            scope: ScopeSet::parse("openid email").unwrap(),
            jti: "j".to_owned(),
            grant: Some("g".to_owned()),
            binding: None,
            actor: None,
            sid: Some("s".to_owned()),
            auth_time: Some(Timestamp::from_seconds(900)),
            acr: Some("1".to_owned()),
            issued_at: Timestamp::from_seconds(950),
            expires_at: Timestamp::from_seconds(1_001),
        }
    }

    fn read(claims: &Map<String, Value>) -> Result<AccessToken, ErrorCode> {
        AccessToken::from_claims(claims, ISSUER, NOW).map_err(|error| error.code)
    }

    #[test]
    fn a_token_comes_back_as_it_was_made() {
        assert_eq!(read(&token().claims(ISSUER)), Ok(token()));
        let service = AccessToken {
            scope: ScopeSet::default(),
            grant: None,
            sid: None,
            auth_time: None,
            acr: None,
            audience: vec!["https://a.example".to_owned(), "https://b.example".to_owned()],
            ..token()
        };
        assert_eq!(read(&service.claims(ISSUER)), Ok(service.clone()));
        let (binding, actor) = (Some("b".to_owned()), Some("bot".to_owned()));
        let of_bot = AccessToken { binding, actor, ..service };
        assert_eq!(of_bot.claims(ISSUER)["act"], json!({ "sub": "bot" }));
        assert_eq!(read(&of_bot.claims(ISSUER)), Ok(of_bot));
    }

    #[test]
    fn the_claims_are_those_of_rfc_9068() {
        assert_eq!(
            Value::Object(token().claims(ISSUER)),
            json!({
                "iss": ISSUER, "sub": "alice", "aud": ISSUER, "client_id": "rp", "exp": 1_001, "iat": 950, "jti": "j",
                "scope": "openid email", "auth_time": 900, "acr": "1", "sid": "s", "gid": "g",
            })
        );
    }

    #[test]
    fn a_token_ends_to_the_second() {
        let claims = token().claims(ISSUER);
        let at = |seconds| AccessToken::from_claims(&claims, ISSUER, Timestamp::from_seconds(seconds)).is_ok();
        assert!(at(1_000) && !at(1_001) && !at(1_002));
    }

    #[test]
    fn c4_absent_and_malformed_claims_are_refused() {
        for name in ["iss", "sub", "aud", "client_id", "exp", "iat", "jti"] {
            let mut claims = token().claims(ISSUER);
            claims.remove(name);
            assert_eq!(read(&claims), Err(ErrorCode::InvalidToken), "without {name}");
        }
        for name in [
            "iss",
            "sub",
            "aud",
            "client_id",
            "exp",
            "iat",
            "jti",
            "scope",
            "auth_time",
            "acr",
            "sid",
            "gid",
            "bid",
            "act",
        ] {
            for bad in [Value::Null, json!(true), json!([]), json!({}), json!([1]), json!(1.5), json!("\u{e9}\\")] {
                let mut claims = token().claims(ISSUER);
                claims.insert(name.to_owned(), bad.clone());
                let text = bad.is_string() && !["iss", "exp", "iat", "scope", "auth_time", "act"].contains(&name);
                assert_eq!(read(&claims).is_ok(), text, "{name} = {bad}");
            }
        }
        assert!(AccessToken::from_claims(&token().claims("https://other.example"), ISSUER, NOW).is_err());
    }

    #[test]
    fn the_audience_is_the_clients_resources_or_the_issuer() {
        let mut client = Client::sample(ClientKind::Web);
        let (openid, plain) = (ScopeSet::parse("openid").unwrap(), ScopeSet::parse("api").unwrap());
        assert_eq!(audience(&client, &plain, ISSUER), [ISSUER]);
        client.metadata.default_resources = vec!["https://api.example".to_owned()];
        assert_eq!(audience(&client, &plain, ISSUER), ["https://api.example"]);
        assert_eq!(audience(&client, &openid, ISSUER), ["https://api.example", ISSUER]);
        assert!(AccessToken { audience: audience(&client, &openid, ISSUER), ..token() }.is_for(ISSUER));
    }

    proptest! {
        #[test]
        fn any_numbers_are_read_without_panic(exp in any::<i64>(), iat in any::<i64>()) {
            let mut claims = token().claims(ISSUER);
            claims.insert("exp".to_owned(), json!(exp));
            claims.insert("iat".to_owned(), json!(iat));
            prop_assert_eq!(read(&claims).is_ok(), exp > 1_000);
        }
    }
}
