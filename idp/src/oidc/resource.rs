//! Resources: what access tokens are for. RFC 8707.

use std::time::Duration;

use url::Url;

use crate::jose::Algorithm;
use crate::oidc::client::metadata::{Client, ClientMetadata};
use crate::oidc::difference::Difference;
use crate::oidc::error::{Error, ErrorCode};
use crate::oidc::params::Params;
use crate::oidc::scope::{OPENID, ScopeSet};

/// How long the identifier of a resource may be, in bytes.
pub const MAX_RESOURCE: usize = 2048;

/// How many resources a request may name.
const MOST: usize = 16;

/// A resource that is registered here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resource {
    /// The URI that requests name it by, and tokens in `aud`.
    pub identifier: String,
    /// The name that people are shown.
    pub name: String,
    /// The scopes that are valid only at this resource.
    pub scopes: ScopeSet,
    /// How long access tokens for it live, if not the standard time.
    pub access_token: Option<Duration>,
    /// What access tokens for it are signed with, if not the standard algorithm.
    pub algorithm: Option<Algorithm>,
}

/// How short and how long the lifetime of access tokens for a resource may be.
pub const LIFETIMES: [Duration; 2] = [Duration::from_secs(60), Duration::from_secs(60 * 60)];

impl Resource {
    /// Every invalid member, given the other resources and the scopes that exist without resources: the member and what
    /// it should be.
    pub fn faults(
        &self,
        others: &[Resource],
        scopes: &ScopeSet,
        algorithms: &[Algorithm],
        issuer: &str,
    ) -> Vec<(&'static str, String)> {
        let mut faults = Vec::new();
        let mut refuse = |wrong: bool, member: &'static str, why: &str| {
            if wrong {
                faults.push((member, why.to_owned()));
            }
        };
        if let Err(why) = check_identifier(&self.identifier) {
            refuse(true, "identifier", &why);
        }
        let named = |other: &Resource| other.identifier == self.identifier;
        refuse(others.iter().any(named), "identifier", "there is another resource of this name");
        refuse(self.identifier == issuer, "identifier", "the issuer is a resource already, that of UserInfo");
        // Consent is stored by name: a person who allows the scope must not thereby allow the resource.
        let all = || others.iter().chain([self]);
        let scope = scopes.contains(&self.identifier) || all().any(|one| one.scopes.contains(&self.identifier));
        refuse(scope, "identifier", "there is a scope of this name");
        let standard = ScopeSet::standard();
        for scope in self.scopes.iter() {
            refuse(standard.contains(scope), "scopes", &format!("{scope} is a scope of people"));
            // A person allows a scope, and with it that resource and no other.
            let owned = others.iter().any(|other| !named(other) && other.scopes.contains(scope));
            refuse(owned, "scopes", &format!("{scope} is another resource's; name it so that it is not"));
            let resource = others.iter().any(|other| other.identifier == scope);
            refuse(resource, "scopes", &format!("there is a resource of the name {scope}"));
        }
        let [shortest, longest] = LIFETIMES;
        let fits = self.access_token.is_none_or(|lifetime| (shortest..=longest).contains(&lifetime));
        refuse(!fits, "access_token", "allowed: 1m to 60m");
        let there = self.algorithm.is_none_or(|it| algorithms.contains(&it));
        refuse(!there, "signing_algorithm", "allowed: one of tokens.signing_algorithms");
        faults
    }
}

/// What clients may ask for.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// The resources that are registered.
    pub resources: Vec<Resource>,
    /// All scopes, including those of the resources.
    pub scopes: ScopeSet,
}

impl Known {
    /// The scopes that exist without resources, and these resources with their scopes.
    pub fn new(scopes: ScopeSet, resources: Vec<Resource>) -> Self {
        let own = resources.iter().flat_map(|one| one.scopes.iter()).collect();
        Self { scopes: scopes.union(&own), resources }
    }
}

/// What an access token is made with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    /// Where it may be used.
    pub audience: Vec<String>,
    /// For what: scopes of resources that it is not for are left out.
    pub scope: ScopeSet,
    /// How long: the shortest time of its resources.
    pub lifetime: Duration,
    /// What it is signed with.
    pub algorithm: Algorithm,
}

/// The resources that a request names, each once: RFC 8707 §2.
pub fn parse(params: &Params) -> Result<Vec<String>, Error> {
    let mut named = Vec::new();
    for uri in params.all("resource") {
        let difference = || Difference::new("resource", uri, "an absolute URI without a fragment");
        check_identifier(uri).map_err(|why| Error::new(ErrorCode::InvalidTarget, why).because(difference()))?;
        if !named.iter().any(|other| other == uri) {
            named.push(uri.to_owned());
        }
        if named.len() > MOST {
            return Err(Error::new(ErrorCode::InvalidTarget, "Too many resources."));
        }
    }
    Ok(named)
}

/// Whether the client may have tokens for a resource: the issuer, its own default, or a registered resource that the
/// operator has allowed it by name.
pub fn allowed(client: &Client, registered: &[Resource], issuer: &str, uri: &str) -> bool {
    let (own, listed) = (&client.metadata.default_resources, &client.metadata.resources);
    let named = |all: &[String]| all.iter().any(|one| one == uri);
    uri == issuer || named(own) || named(listed) && registered.iter().any(|one| one.identifier == uri)
}

/// Checks that the client may have all the resources that a request for authorization, or for a token of its own, names.
pub fn requested(named: &[String], client: &Client, registered: &[Resource], issuer: &str) -> Result<(), Error> {
    let Some(refused) = named.iter().find(|uri| !allowed(client, registered, issuer, uri)) else { return Ok(()) };
    let (own, listed) = (&client.metadata.default_resources, &client.metadata.resources);
    let may: Vec<&str> = std::iter::once(issuer).chain(own.iter().chain(listed).map(String::as_str)).collect();
    let unregistered = listed.contains(refused);
    let difference = match unregistered {
        true => Difference::new("resource", refused, "one that is registered; see latchkey resource list"),
        false => Difference::one_of("resource", refused, may),
    };
    let error = Error::new(ErrorCode::InvalidTarget, "A resource is unknown, or the client may not ask for it.");
    Err(error.because(difference))
}

/// Whether a scope belongs to a resource that is not in the audience; such a scope means nothing there.
fn is_elsewhere(scope: &str, registered: &[Resource], audience: &[String]) -> bool {
    registered.iter().any(|one| one.scopes.contains(scope) && !audience.contains(&one.identifier))
}

/// The scopes that a request may have. Scopes of other resources are left out, since no token would contain them. The
/// request is refused if it names no resource although the client may ask for the one that a scope belongs to, or if
/// no scope is left.
pub fn scopes(
    asked: &ScopeSet,
    named: &[String],
    client: &Client,
    registered: &[Resource],
    issuer: &str,
) -> Result<ScopeSet, Error> {
    let audience = if named.is_empty() { &client.metadata.default_resources[..] } else { named };
    let (elsewhere, here): (Vec<&str>, Vec<&str>) =
        asked.iter().partition(|scope| is_elsewhere(scope, registered, audience));
    let owner = |scope: &str| registered.iter().find(|one| one.scopes.contains(scope)).map(|one| &one.identifier);
    let meant = elsewhere.iter().find_map(|scope| {
        let owner = owner(scope).filter(|uri| named.is_empty() && allowed(client, registered, issuer, uri))?;
        Some((*scope, owner.as_str()))
    });
    let (scope, expected) = match (meant, elsewhere.first()) {
        (Some((scope, owner)), _) => {
            (scope, format!("the parameter resource with {owner}, which this scope belongs to"))
        }
        (None, Some(scope)) if here.is_empty() => (*scope, "a scope of the resources that the token is for".to_owned()),
        _ => return Ok(here.into_iter().collect()),
    };
    let error = Error::new(ErrorCode::InvalidScope, "A scope belongs to a resource that the request does not name.");
    Err(error.because(Difference::new("scope", scope, expected)))
}

/// The granted resources that a token request asks for; all of them if it names none: RFC 8707 §2.2.
pub fn narrowed(granted: &[String], named: &[String]) -> Result<Vec<String>, Error> {
    if named.is_empty() {
        return Ok(granted.to_vec());
    }
    let Some(refused) = named.iter().find(|uri| !granted.contains(uri)) else { return Ok(named.to_vec()) };
    let difference = Difference::one_of("resource", refused, granted.iter().map(String::as_str));
    Err(Error::new(ErrorCode::InvalidTarget, "A resource was not granted.").because(difference))
}

/// What access tokens are made with where the resource does not decide.
#[derive(Clone, Copy, Debug)]
pub struct Standard {
    /// How long they live.
    pub lifetime: Duration,
    /// The algorithm of registered resources that name none.
    pub algorithm: Algorithm,
    /// The algorithm that the client has chosen for what is not registered as a resource, if it has.
    pub of_client: Option<Algorithm>,
}

impl Standard {
    /// What signs access tokens for a resource. Whoever registered a resource without an algorithm expects the
    /// provider's first one, whatever the client has chosen.
    fn algorithm(&self, uri: &str, registered: &[Resource]) -> Algorithm {
        match registered.iter().find(|one| one.identifier == uri) {
            Some(resource) => resource.algorithm.unwrap_or(self.algorithm),
            None => self.of_client.unwrap_or(self.algorithm),
        }
    }
}

/// Whether the default resources of a client require different signature algorithms, so that no single token can be for
/// all of them.
pub fn differ(client: &ClientMetadata, registered: &[Resource], offered: &[Algorithm]) -> bool {
    let Some(&algorithm) = offered.first() else { return false };
    let standard = Standard { lifetime: Duration::ZERO, algorithm, of_client: client.access_token_signed_response_alg };
    let mut wanted = client.default_resources.iter().map(|uri| standard.algorithm(uri, registered));
    wanted.next().is_some_and(|first| wanted.any(|other| other != first))
}

/// What an access token for these resources is made with.
///
/// With `openid` it is valid for the issuer, too, for UserInfo (RFC 9068 §3).
pub fn terms(
    registered: &[Resource],
    audience: &[String],
    scope: &ScopeSet,
    issuer: &str,
    standard: Standard,
) -> Result<Terms, Error> {
    let find = |uri: &String| registered.iter().find(|one| one.identifier == *uri);
    let mut audience = audience.to_vec();
    let targets = || audience.iter().filter(|uri| *uri != issuer);
    let lifetime = targets().map(|uri| find(uri).and_then(|one| one.access_token).unwrap_or(standard.lifetime)).min();
    let algorithms: Vec<_> = targets().map(|uri| standard.algorithm(uri, registered)).collect();
    let algorithm = algorithms.first().copied().unwrap_or_else(|| standard.of_client.unwrap_or(standard.algorithm));
    if algorithms.iter().any(|other| *other != algorithm) {
        let why = "These resources take tokens of different algorithms; ask for one token for each of them.";
        return Err(Error::new(ErrorCode::InvalidTarget, why));
    }
    // A scope belongs to exactly one resource and means nothing at others.
    let scope: ScopeSet = scope.iter().filter(|scope| !is_elsewhere(scope, registered, &audience)).collect();
    let lifetime = lifetime.unwrap_or(standard.lifetime);
    if scope.contains(OPENID) && !audience.iter().any(|uri| uri == issuer) {
        audience.push(issuer.to_owned());
    }
    Ok(Terms { audience, scope, lifetime, algorithm })
}

/// Whether this can be the identifier of a resource: an absolute URI without a fragment (RFC 8707 §2). The error says
/// why not.
pub fn check_identifier(uri: &str) -> Result<(), String> {
    let refuse = |why: &str| Err(format!("the resource '{}' {why}", uri.escape_debug()));
    if uri.len() > MAX_RESOURCE {
        return Err("a resource is longer than 2048 bytes".to_owned());
    }
    if !uri.bytes().all(|b| b.is_ascii_graphic() && !b"\\\"<>^`{|}".contains(&b)) {
        return refuse("has characters that a URI cannot have");
    }
    if uri.contains('#') {
        return refuse("has a fragment");
    }
    if Url::parse(uri).is_err() {
        return refuse("is not an absolute URI, such as https://api.example.com");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ISSUER: &str = "https://op.example";

    fn resource(name: &str, minutes: u64, algorithm: Option<Algorithm>) -> Resource {
        Resource {
            identifier: format!("https://{name}.example"),
            name: name.to_owned(),
            scopes: [format!("{name}:read"), format!("{name}:write")].into_iter().collect(),
            access_token: Some(Duration::from_secs(60 * minutes)),
            algorithm,
        }
    }

    fn scopes(text: &str) -> ScopeSet {
        ScopeSet::parse(text).unwrap()
    }

    fn uris(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| format!("https://{name}.example")).collect()
    }

    #[test]
    fn a_token_lives_as_long_as_its_strictest_resource_wants_and_says_nothing_of_others() {
        let all = [resource("a", 5, None), resource("b", 20, None), resource("c", 5, Some(Algorithm::ES256))];
        let standard = Standard { lifetime: Duration::from_secs(600), algorithm: Algorithm::RS256, of_client: None };
        let make = |audience: &[&str], scope: &str| terms(&all, &uris(audience), &scopes(scope), ISSUER, standard);
        let both = make(&["a", "b"], "openid a:read b:write c:read email").unwrap();
        assert_eq!(both.scope, scopes("openid a:read b:write email"));
        assert_eq!(both.audience, uris(&["a", "b", "op"]), "with openid here, too");
        assert_eq!((both.lifetime.as_secs(), both.algorithm), (300, Algorithm::RS256));
        let alone = make(&["b"], "b:write").unwrap();
        assert_eq!((alone.audience, alone.lifetime.as_secs()), (uris(&["b"]), 1_200));
        assert_eq!(make(&["c"], "c:read").unwrap().algorithm, Algorithm::ES256);
        assert_eq!(make(&["op"], "openid a:read").unwrap().scope, scopes("openid"));
        assert_eq!(make(&["unregistered"], "api").unwrap().lifetime, standard.lifetime);
        assert_eq!(make(&["a", "c"], "a:read").unwrap_err().code, ErrorCode::InvalidTarget);
    }

    #[test]
    fn the_algorithm_of_a_client_counts_where_no_registered_resource_decides() {
        use Algorithm::{ES256, PS256, RS256};
        let all = [resource("a", 5, None), resource("c", 5, Some(ES256))];
        let standard = Standard { lifetime: Duration::from_secs(600), algorithm: RS256, of_client: Some(PS256) };
        let of = |audience: &[&str]| {
            terms(&all, &uris(audience), &scopes("openid"), ISSUER, standard).map(|terms| terms.algorithm)
        };
        assert_eq!(of(&["a"]), Ok(RS256), "who registered it expects the first algorithm");
        assert_eq!(of(&["c"]), Ok(ES256));
        assert_eq!(of(&["unregistered"]), Ok(PS256));
        assert_eq!(of(&[]), Ok(PS256), "for UserInfo alone");
        assert_eq!(of(&["a", "unregistered"]).unwrap_err().code, ErrorCode::InvalidTarget);
        let mut client = Client::sample(crate::oidc::client::metadata::ClientKind::Web).metadata;
        client.default_resources = uris(&["a", "unregistered"]);
        assert!(!differ(&client, &all, &[RS256, PS256]));
        client.access_token_signed_response_alg = Some(PS256);
        assert!(differ(&client, &all, &[RS256, PS256]));
    }

    #[test]
    fn b12_a_client_gets_the_resources_it_was_allowed_and_never_more_than_was_granted() {
        let all = [resource("a", 5, None), resource("b", 5, None)];
        let mut client = Client::sample(crate::oidc::client::metadata::ClientKind::Web);
        client.metadata.default_resources = uris(&["own"]);
        client.metadata.resources = uris(&["a", "gone"]);
        for (named, good) in [("a", true), ("own", true), ("op", true), ("b", false), ("gone", false), ("x", false)] {
            assert_eq!(requested(&uris(&[named]), &client, &all, ISSUER).is_ok(), good, "{named}");
        }
        assert_eq!(narrowed(&uris(&["a", "b"]), &[]).unwrap(), uris(&["a", "b"]));
        assert_eq!(narrowed(&uris(&["a", "b"]), &uris(&["b"])).unwrap(), uris(&["b"]));
        assert_eq!(narrowed(&uris(&["a"]), &uris(&["a", "b"])).unwrap_err().code, ErrorCode::InvalidTarget);
        let params = |uri: &str| Params::from_pairs([("resource", uri)]);
        assert_eq!(parse(&params("https://a.example")).unwrap(), uris(&["a"]));
        for bad in ["hello world", "https://a.example/#x", &format!("https://a.example/{}", "a".repeat(MAX_RESOURCE))] {
            assert_eq!(parse(&params(bad)).unwrap_err().code, ErrorCode::InvalidTarget);
        }
        let many = Params::from_pairs((0..=MOST).map(|n| ("resource", format!("urn:x:{n}"))));
        assert_eq!(parse(&many).unwrap_err().code, ErrorCode::InvalidTarget);
    }

    #[test]
    fn no_scope_has_the_name_of_a_resource() {
        let (mut own, other) = (resource("own", 5, None), [resource("other", 5, None)]);
        let found = |own: &Resource, others: &[Resource], known: &ScopeSet| -> Vec<_> {
            own.faults(others, known, &[Algorithm::RS256], ISSUER).into_iter().map(|fault| fault.0).collect()
        };
        let standard = ScopeSet::standard();
        assert_eq!(found(&own, &other, &standard), [""; 0]);
        assert_eq!(found(&own, &other, &scopes("https://own.example")), ["identifier"]);
        own.scopes = scopes("https://own.example");
        assert_eq!(found(&own, &other, &standard), ["identifier"]);
        own.scopes = scopes("https://other.example");
        assert_eq!(found(&own, &other, &standard), ["scopes"]);
        assert_eq!(found(&other[0], &[own], &standard), ["identifier"]);
    }

    #[test]
    fn a_resource_is_an_absolute_uri_without_a_fragment() {
        for good in ["https://api.example.com", "https://api.example.com/v1?x=1", "urn:example:orders", "api://orders"]
        {
            assert_eq!(check_identifier(good), Ok(()), "{good}");
        }
        let long = format!("https://api.example.com/{}", "a".repeat(MAX_RESOURCE));
        for bad in
            ["", "orders", "/orders", "hello world", "https://api.example.com/#x", "https://a\u{e9}", "a\"b:c", &long]
        {
            assert!(check_identifier(bad).is_err(), "{bad}");
        }
    }
}
