//! What providers tell about somebody at an address of their own: OpenID Connect Core §5.3, and what others have in its place.

use http::{Method, Request, StatusCode, header};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use url::Url;
use url::form_urlencoded::Serializer;

use super::refusal::Refusal;
use crate::app::App;
use crate::base::hmac::hmac_sha256;
use crate::config::Upstream;
use crate::config::words::UserinfoRequest;
use crate::outbound::Purpose;

/// How many pages of a list are read.
const PAGES: usize = 20;

/// What is told about somebody.
pub(super) async fn ask(
    app: &App,
    upstream: &Upstream,
    place: &str,
    token: &str,
) -> Result<Map<String, Value>, Refusal> {
    Ok(read(app, upstream, ("userinfo_endpoint", place), token).await?.0)
}

/// The address that somebody has chosen among theirs, if it is verified.
pub(super) async fn primary_email(
    app: &App,
    upstream: &Upstream,
    place: &str,
    token: &str,
) -> Result<Option<String>, Refusal> {
    #[derive(Deserialize)]
    struct Address {
        email: String,
        #[serde(default)]
        primary: bool,
        #[serde(default)]
        verified: bool,
    }
    match read::<Vec<Address>>(app, upstream, ("emails_endpoint", place), token).await {
        Ok((all, _)) => Ok(all.into_iter().find(|one| one.primary && one.verified).map(|one| one.email)),
        // They have not allowed it to be told.
        Err(Refusal::Wrong(_)) => Ok(None),
        Err(refusal) => Err(refusal),
    }
}

/// The organisations of somebody, of all pages of the list. An error is none without any: somebody may be let in by them, and roles may depend on
/// them.
pub(super) async fn organizations(
    app: &App,
    upstream: &Upstream,
    place: &str,
    token: &str,
) -> Result<Vec<String>, Refusal> {
    #[derive(Deserialize)]
    struct Organization {
        login: String,
    }
    let (mut all, mut next) = (Vec::new(), place.to_owned());
    for _ in 0..PAGES {
        let what = ("organizations_endpoint", &*next);
        let (page, link): (Vec<Organization>, _) = read(app, upstream, what, token).await?;
        all.extend(page.into_iter().map(|one| one.login));
        match link {
            // The token goes to no other server than the one that was configured.
            Some(link) if origin(&link) == origin(place) => next = link,
            _ => return Ok(all),
        }
    }
    Err(Refusal::wrong(format!("its organizations_endpoint has more than {PAGES} pages")))
}

fn origin(url: &str) -> Option<url::Origin> {
    Some(Url::parse(url).ok()?.origin())
}

/// What a place of a provider tells, and where it goes on: RFC 8288 §3.
async fn read<T: DeserializeOwned>(
    app: &App,
    upstream: &Upstream,
    (name, place): (&str, &str),
    token: &str,
) -> Result<(T, Option<String>), Refusal> {
    let answer = app.outbound.fetch(Purpose::UpstreamUserinfo, request(upstream, place, token)?).await;
    let answer = answer.map_err(Refusal::Unreachable)?;
    if answer.status() != StatusCode::OK {
        return Err(Refusal::wrong(format!("its {name} answers {}", answer.status())));
    }
    let told = serde_json::from_slice(answer.body())
        .map_err(|error| Refusal::wrong(format!("what its {name} answers cannot be read: {error}")))?;
    let links = answer.headers().get_all(header::LINK).iter().filter_map(|value| value.to_str().ok());
    Ok((told, links.flat_map(|value| value.split(',')).find_map(next)))
}

/// The address of a link to the next page.
fn next(link: &str) -> Option<String> {
    let (address, rest) = link.trim().strip_prefix('<')?.split_once('>')?;
    let is_next = rest.split(';').any(|one| matches!(one.trim(), "rel=\"next\"" | "rel=next"));
    is_next.then(|| address.to_owned())
}

fn request(upstream: &Upstream, place: &str, token: &str) -> Result<Request<Vec<u8>>, Refusal> {
    let mut url = Url::parse(place).map_err(Refusal::wrong)?;
    if let Some(secret) = upstream.client_secret.as_ref().filter(|_| upstream.userinfo_proof) {
        let proof = hmac_sha256(secret.expose().as_bytes(), token.as_bytes()).map_err(Refusal::wrong)?;
        url.query_pairs_mut().append_pair("appsecret_proof", &hex(&proof));
    }
    let request = Request::builder().uri(url.as_str()).header(header::ACCEPT, "application/json");
    let request = match upstream.userinfo_request {
        UserinfoRequest::Bearer => request.header(header::AUTHORIZATION, format!("Bearer {token}")).body(Vec::new()),
        UserinfoRequest::OAuth => request.header(header::AUTHORIZATION, format!("OAuth {token}")).body(Vec::new()),
        UserinfoRequest::Form => {
            let pairs = [("access_token", token), ("client_id", &upstream.client_id)];
            let form = Serializer::new(String::new()).extend_pairs(pairs).finish();
            let request = request.method(Method::POST);
            request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded").body(form.into_bytes())
        }
    };
    request.map_err(Refusal::wrong)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
