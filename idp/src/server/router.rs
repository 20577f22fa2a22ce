//! All routes, in one table.

use axum::Router;
use axum::extract::{OriginalUri, State};
use axum::http::{StatusCode, header};
use axum::middleware::{from_fn, from_fn_with_state as with};
use axum::response::Response;
use axum::routing::{MethodRouter, any, get, post};

use crate::app::App;
use crate::channels::webhook;
use crate::endpoints::{
    authorization, bots, discovery, health, introspection, jwks, metrics, related_origins, revocation, seen, token,
    userinfo,
};
use crate::flow::account_holder;
use crate::http::error;
use crate::http::layers::{cors, explain, guard, headers, maintenance, origin, request_log, run_to_end};
use crate::http::page::{self, assets, brand};
use crate::http::redirect;
use crate::http::request::params;
use crate::oidc::difference::Difference;
use crate::oidc::discovery::{FOR_MACHINES, paths};
use crate::pages::account::{
    activity, applications, authenticator, channels as account_channels, connections, data, email, passkeys, password,
    profile, recovery_codes, security, sessions, switch, verify,
};
use crate::pages::sign_in::{
    anonymous, channel as channel_sign_in, connect_upstream, mail as mail_sign_in, passkey as passkey_sign_in,
    passkey_offer, password as password_sign_in, second_factor, select_account, set_up_second_factor, telegram, ticket,
    upstream,
};
use crate::pages::sign_out::{end_session, signed_out};
use crate::pages::sign_up::new_here;
use crate::pages::{
    consent, continue_as, forgot_password, home, language, recovery_code, set_password, sign_up, terms, undo_connection,
};
use crate::site::page::Page;

/// The place of documents about a server: RFC 8615.
const WELL_KNOWN: &str = "/.well-known";

/// Where password managers look for the page that changes a password: Change Password URL (W3C).
const CHANGE_PASSWORD: &str = "/.well-known/change-password";

/// Where browsers look for the origins that may use our passkeys: WebAuthn Level 3 §5.11.
const RELATED_ORIGINS: &str = "/.well-known/webauthn";

/// The whole service. Each group of routes is for one kind of caller: errors are JSON for machines (`for_machines`) and
/// pages for people (`for_people`).
pub fn router(app: &App) -> Router {
    let state = || app.clone();
    let guarded = |group: Router<App>| group.layer(with(state(), guard::layer));
    let for_machines = |group: Router<App>| guarded(group).layer(from_fn(error::as_json));
    let for_people = |group: Router<App>| guarded(group).layer(with(state(), page::error::as_page));
    // Load balancers check the health of a process by its address.
    let by_address =
        |group: Router<App>| group.layer(with(state(), guard::any_host)).layer(with(state(), page::error::as_page));
    let explained = |group: Router<App>| group.layer(with(state(), explain::layer)).layer(with(state(), origin::layer));
    let to_its_end = |group: Router<App>| explained(group).layer(with(state(), run_to_end::layer));

    // Public documents.
    let documents = Router::new()
        .route("/.well-known/openid-configuration", discovery::get())
        .route("/.well-known/oauth-authorization-server", discovery::get())
        .route("/jwks", get(jwks::get))
        .route(CHANGE_PASSWORD, get(change_password))
        .route(RELATED_ORIGINS, get(related_origins::get))
        .method_not_allowed_fallback(wrong_method)
        .layer(from_fn(cors::everybody))
        .nest(WELL_KNOWN, Router::new().fallback(nothing_here))
        .route(&format!("{WELL_KNOWN}/"), any(nothing_here));

    // Endpoints that scripts of registered clients may call, too.
    let clients = Router::new()
        .route("/token", post(token::post))
        .route("/revoke", post(revocation::post))
        .route("/userinfo", get(userinfo::get).post(userinfo::post))
        .method_not_allowed_fallback(wrong_method)
        .layer(with(state(), params::layer))
        .layer(with(state(), cors::registered_origins));

    let services = Router::new()
        .route("/introspect", post(introspection::post))
        .route("/channels/{channel}/codes", post(bots::codes))
        .route("/channels/{channel}/starts", post(bots::starts))
        .route("/channels/{channel}/answers", post(bots::answers))
        .route("/channels/{channel}/tickets", post(bots::tickets))
        .route("/channels/{channel}/people", post(bots::people))
        .method_not_allowed_fallback(wrong_method)
        .layer(with(state(), params::layer));

    // Telegram sends JSON.
    let hooks = Router::new().route(webhook::PATH, post(bots::updates)).method_not_allowed_fallback(wrong_method);

    let health = || Router::new().route("/health/live", get(health::live)).route("/health/ready", get(health::ready));
    // Whatever host a proxy makes of it, `latchkey doctor` is to find out.
    let seen = || Router::new().route("/health/seen", get(seen::get));

    let pages = |of_account: bool| {
        let pages = Page::ALL.iter().copied().filter(|page| page.is_of_account() == of_account);
        pages.fold(Router::new(), |router, page| router.route(page.path(), handlers(page)))
    };

    let people = pages(true)
        .layer(from_fn(account_holder::isolated))
        .merge(pages(false))
        .layer(with(state(), maintenance::layer))
        .route("/authorize", without_head(get(authorization::get).post(authorization::post)))
        .route("/brand.css", get(brand::get))
        .route("/brand-logo", get(brand::logo))
        .route("/static/{hash}/{file}", get(assets::get))
        .fallback(nothing_here)
        .method_not_allowed_fallback(wrong_method);

    let service = for_machines(to_its_end(documents.merge(clients).merge(services).merge(hooks)))
        .merge(for_people(to_its_end(people)));

    // The issuer may have a path; clients look for the document both before and after it.
    let path = app.config.issuer.path();
    let placed = if path.is_empty() {
        service.merge(by_address(to_its_end(health()).merge(seen())))
    } else {
        let service = service.merge(for_people(to_its_end(health()))).merge(by_address(seen()));
        let elsewhere = paths(path).into_iter().filter(|place| !place.starts_with(&format!("{path}/")));
        let documents = elsewhere.fold(Router::new(), |router, place| router.route(&place, discovery::get()));
        let documents = documents.route(CHANGE_PASSWORD, get(change_password));
        let documents = documents.route(RELATED_ORIGINS, get(related_origins::get));
        // Paths that machines request without the path of the issuer.
        let misplaced = [WELL_KNOWN]
            .into_iter()
            .chain(FOR_MACHINES)
            // The issuer's own path may be one of these.
            .filter(|place| *place != path)
            .fold(documents.layer(from_fn(cors::everybody)), |router, place| {
                router.nest(place, Router::new().fallback(nothing_beside))
            });
        // `nest` serves the front page only without the slash at the end.
        let home = Router::new()
            .route(&format!("{path}/"), handlers(Page::Home))
            .layer(with(state(), maintenance::layer))
            .fallback(nothing_beside);
        for_machines(misplaced).merge(for_people(home)).merge(by_address(health())).nest(path, service)
    };
    placed.layer(with(state(), headers::layer)).layer(with(state(), request_log::layer)).with_state(app.clone())
}

/// The handlers of a page: every page of the table is routed here, and nowhere else.
fn handlers(page: Page) -> MethodRouter<App> {
    match page {
        Page::Home => get(home::get),
        Page::SignIn => get(password_sign_in::get).post(password_sign_in::post),
        Page::SignInPasskey => get(passkey_sign_in::get).post(passkey_sign_in::post),
        Page::SignInAnonymous => post(anonymous::post),
        Page::SignInUpstream => get(upstream::get).post(upstream::post),
        Page::UpstreamCallback => get(upstream::callback).post(upstream::posted),
        Page::SignInChannel => get(channel_sign_in::get).post(channel_sign_in::post),
        Page::SignInTicket => get(ticket::get).post(ticket::post),
        Page::TelegramCallback => get(telegram::get).post(telegram::post),
        Page::NewHere => get(new_here::get).post(new_here::post),
        Page::ConnectUpstream => get(connect_upstream::get).post(connect_upstream::post),
        Page::SecondFactor => get(second_factor::get).post(second_factor::post),
        Page::SetUpSecondFactor => get(set_up_second_factor::get).post(set_up_second_factor::post),
        Page::PasskeyOffer => get(passkey_offer::get).post(passkey_offer::post),
        Page::SignInByMail => get(mail_sign_in::get).post(mail_sign_in::post),
        Page::SignUp => get(sign_up::get).post(sign_up::post),
        Page::SelectAccount => get(select_account::get).post(select_account::post),
        Page::Terms => get(terms::get).post(terms::post),
        Page::Consent => get(consent::get).post(consent::post),
        Page::ContinueAs => get(continue_as::get).post(continue_as::post),
        Page::SetPassword => get(set_password::get).post(set_password::post),
        Page::UndoConnection => get(undo_connection::get).post(undo_connection::post),
        Page::ForgotPassword => get(forgot_password::get).post(forgot_password::post),
        Page::RecoveryCode => get(recovery_code::get).post(recovery_code::post),
        Page::EndSession => without_head(get(end_session::get).post(end_session::post)),
        Page::SignedOut => get(signed_out::get),
        Page::Language => post(language::post),
        Page::AccountProfile => get(profile::get).post(profile::post),
        Page::AccountLetters => get(profile::get_after_step_up),
        Page::AccountData => get(data::get).post(data::post),
        Page::AccountSecurity => get(security::get).post(security::post),
        Page::AccountAuthenticator => get(authenticator::get).post(authenticator::post),
        Page::AccountOtherAuthenticator => get(authenticator::another).post(authenticator::post),
        Page::AccountPasskeys => get(passkeys::get).post(passkeys::post),
        Page::AccountConnections => get(connections::get).post(connections::post),
        Page::AccountChannels => get(account_channels::get).post(account_channels::post),
        Page::AccountRecoveryCodes => get(recovery_codes::get).post(recovery_codes::post),
        Page::AccountVerify => get(verify::get).post(verify::post),
        Page::AccountEmail => get(email::get).post(email::post),
        Page::AccountPassword => get(password::get).post(password::post),
        Page::AccountActivity => get(activity::get),
        Page::AccountSessions => get(sessions::get).post(sessions::post),
        Page::AccountApplications => get(applications::get).post(applications::post),
        Page::AccountSwitch => post(switch::post),
    }
}

/// The routes of the metrics listener.
pub fn watching(app: &App) -> Router {
    Router::new()
        .route("/metrics", get(metrics::get))
        .route("/health/live", get(health::live))
        .route("/health/ready", get(health::ready))
        .with_state(app.clone())
}

async fn change_password(State(app): State<App>) -> Result<Response, error::Error> {
    redirect::to_page(&app, Page::AccountPassword)
}

async fn nothing_here(OriginalUri(uri): OriginalUri) -> error::Error {
    no_such_path(uri.path(), "a path of this server".to_owned())
}

/// Answers a path outside the issuer's path: most likely, a proxy strips the issuer's path.
async fn nothing_beside(State(app): State<App>, OriginalUri(uri): OriginalUri) -> error::Error {
    no_such_path(uri.path(), format!("a path that begins with {}/", app.config.issuer.path()))
}

fn no_such_path(path: &str, expected: String) -> error::Error {
    // A mail address is masked even if its `@` is escaped.
    let difference = Difference::new("path", path.replace("%40", "@"), expected);
    error::Error::Http(StatusCode::NOT_FOUND, "there is nothing here").because(difference)
}

/// axum answers HEAD with the GET handler. HEAD is refused where GET has effects: link checkers and previews send it.
/// An address that takes GET and POST alone: a HEAD there would do what a GET does, without its answer.
fn without_head(methods: MethodRouter<App>) -> MethodRouter<App> {
    let refused = async || ([(header::ALLOW, "GET, POST")], wrong_method().await);
    methods.head(refused).fallback(refused)
}

async fn wrong_method() -> error::Error {
    error::Error::Http(StatusCode::METHOD_NOT_ALLOWED, "this address does not take that method")
}
