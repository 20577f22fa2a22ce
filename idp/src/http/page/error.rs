//! The error page: what happened, what to do, and the id that an operator can look for.

use std::time::Duration;

use askama::Template;
use axum::extract::{OriginalUri, Request, State};
use axum::http::uri::PathAndQuery;
use axum::http::{Method, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::{Layout, Wording, home_of, layout, show};
use crate::app::App;
use crate::base::clock::{minutes_up, seconds_up};
use crate::http::diagnosis::Diagnosis;
use crate::http::error::{self, Error};
use crate::http::layers::guard;
use crate::http::request::visitor::Visitor;
use crate::oidc::authorization::recipient::Refusal;
use crate::oidc::end_session;
use crate::site::page::Page;

/// Says what went wrong.
#[derive(Template)]
#[template(path = "pages/error.html")]
pub struct ErrorPage<'a> {
    /// The layout of the page.
    pub layout: Layout<'a>,
    /// What went wrong.
    pub problem: Problem,
    /// The HTTP status of the answer.
    pub status: u16,
    /// What the operator says about it.
    pub note: Option<String>,
    /// The id of the request in the log.
    pub request_id: String,
    /// The front page, at the issuer's host: the request may have named another host.
    pub home: String,
    /// The name and the home page of the client that the person came from: OIDC Registration §2, `client_uri`.
    pub back: Option<(String, String)>,
    /// The account, if the browser may be signed in and the account can be used.
    pub account: Option<String>,
    /// Where another account signs in, if it is this one that cannot be used.
    pub another: Option<String>,
    /// Where a new link to set a password is asked for, if that is what may help.
    pub reset: Option<String>,
    /// Where a recovery code sets a password, if no letter does.
    pub recovery_code: Option<String>,
}

impl ErrorPage<'_> {
    /// Where to try again what will work later.
    fn retry(&self) -> Option<&str> {
        let passes = matches!(self.problem, Problem::Maintenance { .. } | Problem::Busy);
        self.layout.address.as_deref().filter(|_| passes)
    }
}

/// The errors that a page shows because there is no client to send them to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    /// The request names no client.
    MissingClientId,
    /// The client is not registered here.
    UnknownClient,
    /// The client is disabled.
    DisabledClient,
    /// The request does not say where to go back to.
    MissingRedirectUri,
    /// The address to go back to is not registered for the client.
    UnregisteredRedirectUri,
    /// A parameter comes twice.
    RepeatedParameter(&'static str),
    /// The request cannot be read.
    BadRequest,
    /// The address to go back to after signing out is not registered for the client.
    UnregisteredPostLogoutRedirectUri,
    /// The `id_token_hint`, or another proof of the client, is not valid.
    InvalidHint,
    /// The interaction is too old, was finished, or belongs to another browser.
    InteractionExpired,
    /// A form came without its proof: an old page, another site.
    ForeignForm,
    /// The browser keeps no cookies.
    CookiesOff,
    /// A link that was used before, or is too old.
    SpentLink,
    /// A link that puts an address back that somebody else has by now.
    AddressTaken,
    /// Sign-up is off.
    SignUpOff,
    /// No letters are sent.
    MailOff,
    /// The account may not be used from here.
    OutsideNetworks,
    /// There is no such page.
    NotFound,
    /// The page does not take this method.
    MethodNotAllowed,
    /// The request is bigger than any page needs.
    TooLarge,
    /// The request took too long to arrive.
    TooSlow,
    /// The request was meant for another host.
    Misdirected,
    /// Too many requests from one address.
    TooManyRequests {
        /// How long to wait.
        seconds: u64,
    },
    /// A maintenance is under way.
    Maintenance {
        /// How many minutes it lasts, if that is known.
        minutes: Option<u64>,
    },
    /// The server is overloaded.
    Busy,
    /// An internal error.
    Internal,
}

impl Problem {
    /// The table: short code, what happened, what to do. The HTTP status is that of the error.
    fn row(self) -> (&'static str, Wording, Wording) {
        let row = |code, happened, advice| (code, Wording::new(happened), Wording::new(advice));
        match self {
            Self::MissingClientId => {
                row("missing_client_id", "error-bad-application", "error-missing-client-id-advice")
            }
            Self::UnknownClient => row("unknown_client", "error-unknown-client", "error-unknown-client-advice"),
            Self::DisabledClient => row("disabled_client", "error-disabled-client", "error-disabled-client-advice"),
            Self::MissingRedirectUri => {
                row("missing_redirect_uri", "error-bad-application", "error-missing-redirect-uri-advice")
            }
            Self::UnregisteredRedirectUri => row(
                "unregistered_redirect_uri",
                "error-unregistered-redirect-uri",
                "error-unregistered-redirect-uri-advice",
            ),
            Self::RepeatedParameter(_) => {
                row("repeated_parameter", "error-bad-application", "error-repeated-parameter-advice")
            }
            Self::BadRequest => row("bad_request", "error-bad-request", "error-bad-request-advice"),
            Self::UnregisteredPostLogoutRedirectUri => row(
                "unregistered_post_logout_redirect_uri",
                "error-unregistered-post-logout-redirect-uri",
                "error-unregistered-post-logout-redirect-uri-advice",
            ),
            Self::InvalidHint => row("invalid_hint", "error-bad-application", "error-invalid-hint-advice"),
            Self::InteractionExpired => {
                row("interaction_expired", "error-interaction-expired", "error-interaction-expired-advice")
            }
            Self::ForeignForm => row("foreign_form", "error-foreign-form", "error-foreign-form-advice"),
            Self::CookiesOff => row("cookies_off", "error-cookies-off", "error-cookies-off-advice"),
            Self::SpentLink => row("spent_link", "error-spent-link", "error-spent-link-advice"),
            Self::AddressTaken => row("address_taken", "error-address-taken", "error-address-taken-advice"),
            Self::MailOff => row("mail_off", "error-mail-off", "error-mail-off-advice"),
            Self::OutsideNetworks => row("outside_networks", "error-outside-networks", "error-outside-networks-advice"),
            Self::SignUpOff => row("sign_up_off", "error-sign-up-off", "error-sign-up-off-advice"),
            Self::NotFound => row("not_found", "error-not-found", "error-not-found-advice"),
            Self::MethodNotAllowed => row("method_not_allowed", "error-bad-request", "error-bad-request-advice"),
            Self::TooLarge => row("too_large", "error-too-large", "error-bad-request-advice"),
            Self::TooSlow => row("too_slow", "error-too-slow", "error-too-slow-advice"),
            Self::Misdirected => row("misdirected", "error-not-found", "error-misdirected-advice"),
            Self::TooManyRequests { seconds } => (
                "too_many_requests",
                Wording::new("error-too-many-requests"),
                Wording::counted("error-too-many-requests-advice", "seconds", seconds),
            ),
            Self::Maintenance { minutes } => (
                "maintenance",
                Wording::new("error-maintenance"),
                match minutes {
                    None => Wording::new("error-maintenance-advice"),
                    Some(minutes @ ..=120) => Wording::counted("error-maintenance-minutes", "minutes", minutes),
                    Some(minutes) => Wording::counted("error-maintenance-hours", "hours", minutes.div_ceil(60)),
                },
            ),
            Self::Busy => row("busy", "error-busy", "error-busy-advice"),
            Self::Internal => row("internal", "error-internal", "error-internal-advice"),
        }
    }

    /// The short code that a person can tell support.
    pub fn code(self) -> &'static str {
        self.row().0
    }

    /// What happened.
    pub fn happened(self) -> Wording {
        self.row().1
    }

    /// What to do.
    pub fn advice(self) -> Wording {
        self.row().2
    }

    /// The parameter that caused it, for developers. The text is ours and never from the request: otherwise a stranger
    /// could choose what the page says.
    pub fn parameter(self) -> Option<&'static str> {
        match self {
            Self::MissingClientId | Self::UnknownClient | Self::DisabledClient => Some("client_id"),
            Self::MissingRedirectUri | Self::UnregisteredRedirectUri => Some("redirect_uri"),
            Self::UnregisteredPostLogoutRedirectUri => Some("post_logout_redirect_uri"),
            Self::InvalidHint => Some("id_token_hint"),
            Self::RepeatedParameter(name) => Some(name),
            _ => None,
        }
    }
}

/// The path and query to which the switch of the language returns: those of the request, if opening them again repeats
/// it, else the front page.
fn address_of(method: &Method, uri: &Uri, app: &App) -> String {
    let address = if *method == Method::GET { uri.path_and_query().map(PathAndQuery::as_str) } else { None };
    address.map_or_else(|| format!("{}/", app.config.issuer.path()), str::to_owned)
}

/// The layer that renders errors as pages, for routes that people open.
pub async fn as_page(State(app): State<App>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let visitor = Visitor::of(&parts, &app);
    let uri = parts.extensions.get::<OriginalUri>().map_or(&parts.uri, |OriginalUri(uri)| uri);
    let (method, uri, is_here) = (parts.method.clone(), uri.clone(), guard::names_us(&app, &parts));
    let mut response = next.run(Request::from_parts(parts, body)).await;
    let Some(error) = error::take(&mut response) else { return response };
    let mut back = None;
    let mut layout = layout(&app, &visitor).explained_by(Diagnosis::reference_of(&response));
    // A page for another host would send the form there, too. And a POST without the browser's cookie may be another site's,
    // whose requests have no `Lax` cookies: a new one would take the place of the browser's own.
    let is_safe = method == Method::GET || !visitor.is_new;
    let has_switch = is_safe && is_here;
    if has_switch {
        layout = layout.at(address_of(&method, &uri, &app));
    }
    if let Problem::TooManyRequests { seconds } = Problem::of(&error) {
        layout = layout.waiting(Some(Duration::from_secs(seconds)), app.now());
    }
    if let Error::OnTheWay(_, client) = &*error {
        back = home_of(client);
        layout = layout.with_client(super::client(client));
    }
    // Every page of this account would be refused alike.
    let is_outside = matches!(*error, Error::OutsideNetworks);
    let page = ErrorPage {
        layout,
        problem: Problem::of(&error),
        status: error.status().as_u16(),
        note: match &*error {
            Error::Maintenance { message, .. } => message.clone(),
            _ => None,
        },
        request_id: visitor.request.as_str().to_owned(),
        home: app.url(Page::Home),
        back,
        account: (visitor.sid.is_some() && !is_outside).then(|| app.url(Page::AccountProfile)),
        another: is_outside.then(|| format!("{}?account=another", app.url(Page::SignIn))),
        reset: (matches!(*error, Error::SpentLink) && app.mailer.is_on()).then(|| app.url(Page::ForgotPassword)),
        recovery_code: matches!(*error, Error::SpentLink | Error::MailOff).then(|| app.url(Page::RecoveryCode)),
    };
    let mut answer = show(&page).unwrap_or_else(|_| error.status().into_response());
    *answer.status_mut() = error.status();
    if has_switch {
        visitor.remember(&app, &mut answer);
    }
    let mut answer = error::finish(answer, &response, &error);
    Diagnosis::name_code(page.problem.code(), &mut answer);
    answer
}

impl Problem {
    /// The page's message for an error.
    fn of(error: &Error) -> Self {
        match error {
            Error::Refused(refusal) => match refusal {
                Refusal::MissingClientId => Self::MissingClientId,
                Refusal::UnknownClient => Self::UnknownClient,
                Refusal::DisabledClient => Self::DisabledClient,
                Refusal::MissingRedirectUri => Self::MissingRedirectUri,
                Refusal::UnregisteredRedirectUri => Self::UnregisteredRedirectUri,
                Refusal::Repeated(name) => Self::RepeatedParameter(name),
            },
            Error::BadSignOut(refusal) => match refusal {
                end_session::Refusal::UnregisteredRedirectUri => Self::UnregisteredPostLogoutRedirectUri,
                end_session::Refusal::InvalidHint | end_session::Refusal::AnotherClient => Self::InvalidHint,
                end_session::Refusal::UnknownClient => Self::UnknownClient,
                end_session::Refusal::Repeated | end_session::Refusal::TooLong => Self::BadRequest,
            },
            Error::ForeignForm => Self::ForeignForm,
            Error::FormWithoutCookie | Error::InteractionWithoutCookie => Self::CookiesOff,
            Error::InteractionExpired => Self::InteractionExpired,
            Error::SpentLink => Self::SpentLink,
            Error::AddressTaken => Self::AddressTaken,
            Error::SignUpOff => Self::SignUpOff,
            Error::MailOff => Self::MailOff,
            Error::OutsideNetworks => Self::OutsideNetworks,
            Error::TooMany(wait) => Self::TooManyRequests { seconds: seconds_up(*wait) },
            Error::Maintenance { left, .. } => Self::Maintenance { minutes: left.map(minutes_up) },
            Error::Unavailable(_) => Self::Busy,
            Error::Internal(_) => Self::Internal,
            Error::Explained(error, _) | Error::OnTheWay(error, _) => Self::of(error),
            Error::Protocol(_) | Error::Challenge(..) | Error::BareChallenge(_) => Self::BadRequest,
            Error::Http(status, _) => match *status {
                StatusCode::NOT_FOUND => Self::NotFound,
                StatusCode::METHOD_NOT_ALLOWED => Self::MethodNotAllowed,
                StatusCode::PAYLOAD_TOO_LARGE | StatusCode::URI_TOO_LONG => Self::TooLarge,
                StatusCode::REQUEST_TIMEOUT => Self::TooSlow,
                StatusCode::MISDIRECTED_REQUEST => Self::Misdirected,
                _ => Self::BadRequest,
            },
        }
    }
}
