//! What a provider answers to requests that are like ours, before anybody sets out: for the operator.

use http::{Request, header};
use url::Url;

use super::code::Answer;
use super::metadata::known;
use super::redirect_uri;
use super::refusal::Refusal;
use super::round_trip::{Purpose, RoundTrip, Wish, address};
use super::{oauth2, oidc};
use crate::app::App;
use crate::base::token::CookieSecret;
use crate::config::Upstream;
use crate::config::words::Protocol;
use crate::oidc::difference::shown;
use crate::oidc::params::Params;
use crate::outbound;
use crate::outbound::failure::Failure;

/// A code that no provider has given.
const MADE_UP: &str = "latchkey-upstream-test";

/// What a provider has answered to one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// As it should be.
    Right(String),
    /// It cannot be told from outside; the words say what to look at.
    Unclear(String),
    /// It does not work.
    Wrong(String),
}

/// What a provider has answered.
#[derive(Clone, Debug)]
pub struct Probed {
    /// What it says about itself; `None` for one that says nothing.
    pub metadata: Option<Verdict>,
    /// Whether it takes our client and its secret.
    pub secret: Verdict,
    /// Whether it takes our redirect URI and scopes.
    pub request: Verdict,
    /// Whether it takes them as well where people are to prove again who they are; `None` if it was not asked.
    pub again: Option<Verdict>,
}

impl Probed {
    /// All that it has answered, each with what it is about.
    pub fn verdicts(&self) -> impl Iterator<Item = (&'static str, &Verdict)> {
        let metadata = self.metadata.as_ref().map(|verdict| ("metadata", verdict));
        let asked = [("secret", &self.secret), ("request", &self.request)];
        metadata.into_iter().chain(asked).chain(self.again.as_ref().map(|verdict| ("again", verdict)))
    }
}

/// Asks a provider all that can be asked without a person.
pub async fn probe(app: &App, upstream: &Upstream) -> Probed {
    let browser = CookieSecret::new(&app.random);
    let wish = Wish {
        purpose: Purpose::SignIn,
        interaction: None,
        return_to: None,
        keep: false,
        invitation: None,
        login_hint: None,
        again: false,
    };
    let trip = RoundTrip::begin(app, upstream, &browser, wish);
    let metadata = match upstream.protocol {
        Protocol::Oauth2 => None,
        Protocol::Oidc => Some(match known(app, upstream).await {
            Ok(known) => {
                let keys = known.metadata.jwks().keys().len();
                let (issuer, s) = (known.metadata.issuer().as_str(), if keys == 1 { "" } else { "s" });
                Verdict::Right(format!("it describes itself as {issuer}, with {keys} key{s}"))
            }
            Err(refusal) => Verdict::Wrong(refusal.to_string()),
        }),
    };
    if let Some(Verdict::Wrong(_)) = metadata {
        let not_asked = || Verdict::Unclear("not asked, since it is not known where".to_owned());
        return Probed { metadata, secret: not_asked(), request: not_asked(), again: None };
    }
    let secret = secret(app, upstream, &trip).await;
    let request = request(app, upstream, &trip).await;
    let again = again(app, upstream, &trip, &request).await;
    Probed { metadata, secret, request, again }
}

/// Asks for the page with the parameters that have people prove again who they are: a provider may refuse one that it does not know.
async fn again(app: &App, upstream: &Upstream, trip: &RoundTrip, without: &Verdict) -> Option<Verdict> {
    if upstream.again_parameters.is_empty() || matches!(without, Verdict::Wrong(_)) {
        return None;
    }
    let mut trip = trip.clone();
    trip.again = true;
    let with = upstream.again_parameters.join(" and ");
    Some(match request(app, upstream, &trip).await {
        Verdict::Wrong(what) => Verdict::Wrong(format!("with {with} (again_parameters), {what}")),
        Verdict::Right(_) => Verdict::Right(format!("it takes {with} (again_parameters)")),
        // Whether that is as it should be was left open before.
        Verdict::Unclear(_) => Verdict::Right(format!("it answers to {with} (again_parameters) as it does without")),
    })
}

/// Tries to exchange a code that was made up: a provider that refuses nothing but the code has taken the client and its secret.
async fn secret(app: &App, upstream: &Upstream, trip: &RoundTrip) -> Verdict {
    let none = Params::default();
    let answered = match upstream.protocol {
        Protocol::Oidc => match known(app, upstream).await {
            Ok(known) => oidc::arrive(app, upstream, &known, trip, (MADE_UP, Answer(&none))).await,
            Err(refusal) => Err(refusal),
        },
        Protocol::Oauth2 => oauth2::arrive(app, upstream, trip, (MADE_UP, Answer(&none))).await,
    };
    match answered {
        Ok(_) => Verdict::Wrong("its token endpoint has given tokens for a code that was made up".to_owned()),
        Err(Refusal::Wrong(said)) => told(said, !upstream.is_public()),
        Err(refusal) => Verdict::Wrong(refusal.to_string()),
    }
}

/// What the answer to a made-up code says about the secret: RFC 6749 §5.2, and the words of those that have others.
fn told(said: String, has_secret: bool) -> Verdict {
    let has = |words: &[&str]| words.iter().any(|word| said.contains(word));
    if has(&["invalid_client", "unauthorized_client", "incorrect_client_credentials", "Error validating client secret"])
    {
        return Verdict::Wrong(match has_secret {
            true => format!("it does not take client_id and client_secret: {said}"),
            false => format!("it does not take client_id without a secret, and no client_secret is set: {said}"),
        });
    }
    if has(&["redirect_uri"]) {
        return Verdict::Wrong(format!("it does not take the redirect URI: {said}"));
    }
    if has(&["invalid_grant", "bad_verification_code", "Invalid verification code"]) {
        let takes = if has_secret { "client_id and client_secret" } else { "client_id without a client_secret" };
        return Verdict::Right(format!("it takes {takes}, and refuses a code that was made up"));
    }
    Verdict::Unclear(format!(
        "{said}. It refuses a code that was made up, as it should; see whether this is about the code"
    ))
}

/// Asks for the page that people are sent to.
async fn request(app: &App, upstream: &Upstream, trip: &RoundTrip) -> Verdict {
    let url = match address(app, upstream, trip, &app.random.name::<32>(), None).await {
        Ok(url) => url,
        Err(refusal) => return Verdict::Wrong(refusal.to_string()),
    };
    let see = format!("open {url} in a browser to see what people see");
    let request = match Request::get(url.as_str()).header(header::ACCEPT, "text/html").body(Vec::new()) {
        Ok(request) => request,
        Err(error) => return Verdict::Wrong(error.to_string()),
    };
    let answer = match app.outbound.fetch_unfollowed(outbound::Purpose::UpstreamTest, request).await {
        Ok(answer) => answer,
        Err(Failure::TooLarge(_)) => return Verdict::Unclear(format!("it answers with a page; {see}")),
        Err(failure) => return Verdict::Wrong(failure.to_string()),
    };
    let status = answer.status();
    if status.is_redirection() {
        let location = answer.headers().get(header::LOCATION).and_then(|value| value.to_str().ok());
        let Some(location) = location.and_then(|location| url.join(location).ok()) else {
            return Verdict::Unclear(format!("it redirects to nowhere; {see}"));
        };
        return redirected(&location, &redirect_uri(app, upstream), &url);
    }
    match status.is_client_error() || status.is_server_error() {
        true => Verdict::Wrong(format!("its authorization_endpoint answers {status}; {see}")),
        false => Verdict::Unclear(format!("it answers with a page; {see}")),
    }
}

/// What a redirect says: back to us with an error (RFC 6749 §4.1.2.1), or on to where people sign in.
fn redirected(location: &Url, ours: &str, asked: &Url) -> Verdict {
    let sent = |name: &str| location.query_pairs().find(|(key, _)| key == name).map(|(_, value)| shown(&value));
    let error = sent("error").or_else(|| sent("error_code"));
    let description = sent("error_description").map(|text| format!(": {text}")).unwrap_or_default();
    match error {
        Some(error) if error == "login_required" || error == "interaction_required" => {
            Verdict::Right("it takes the redirect URI and the scopes".to_owned())
        }
        Some(error) => Verdict::Wrong(format!("it refuses the request: {error}{description}")),
        None if location.as_str().starts_with(ours) => {
            Verdict::Right("it takes the redirect URI and the scopes, and answers at once".to_owned())
        }
        None => {
            let place = location.host_str().unwrap_or_default();
            let told = format!("{}?{}", location.path(), location.query().unwrap_or_default()).to_lowercase();
            // Some look at the request only when somebody has signed in, and some have errors of their own.
            match told.contains("error") {
                true => {
                    Verdict::Wrong(format!("it sends people to a page about an error: {}", shown(location.as_str())))
                }
                false => {
                    Verdict::Unclear(format!("it sends people on to {place}; open {asked} in a browser to see it all"))
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_made_up_code_is_answered_with_tells_whether_the_secret_is_right() {
        for (said, right) in [
            ("the token endpoint answers invalid_grant: Malformed auth code.", Some(true)),
            ("the token endpoint answers bad_verification_code: The code passed is incorrect or expired.", Some(true)),
            ("the token endpoint answers Invalid verification code format.", Some(true)),
            ("the token endpoint answers invalid_client: Unauthorized", Some(false)),
            ("the token endpoint answers incorrect_client_credentials", Some(false)),
            ("the token endpoint answers invalid_grant: redirect_uri does not match", Some(false)),
            ("the token endpoint answers invalid_request", None),
        ] {
            let found = match told(said.to_owned(), true) {
                Verdict::Right(_) => Some(true),
                Verdict::Wrong(_) => Some(false),
                Verdict::Unclear(_) => None,
            };
            assert_eq!(found, right, "{said}");
        }
    }

    #[test]
    fn a_redirect_with_an_error_is_told_in_its_words() {
        let asked = Url::parse("https://accounts.example/authorize").unwrap();
        let ours = "https://id.example.com/upstream/x/callback";
        let of = |location: &str| redirected(&Url::parse(location).unwrap(), ours, &asked);
        let wrong =
            of("https://id.example.com/upstream/x/callback?error=invalid_scope&error_description=no+such+scope");
        assert_eq!(wrong, Verdict::Wrong("it refuses the request: invalid_scope: no such scope".to_owned()));
        assert!(matches!(of("https://accounts.example/signin?continue=1"), Verdict::Unclear(_)));
        assert!(matches!(of("https://accounts.example/signin/oauth/error?authError=abc"), Verdict::Wrong(_)));
    }
}
