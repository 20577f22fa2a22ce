//! Signing in by the well-known providers, each of which answers as its documentation says: what is asked, by what an account is known, and
//! whether an address is proven.

use std::collections::BTreeMap;

use latchkey::config::{Config, SignUp};
use latchkey::federation;
use latchkey::federation::identity::Identity;
use latchkey::oidc::client::metadata::ClientKind;
use latchkey::store::people::upstream_account::{self, Key};
use latchkey::store::people::user;
use serde_json::{Value, json};

use crate::harness::{
    Browser, CLIENT, Page, RelyingParty, Reply, SECRET, TestApp, Trap, WellKnown, apple_key, basic, minutes, opened,
    seconds,
};

async fn with(change: impl FnOnce(&WellKnown, &mut Config)) -> (WellKnown, TestApp) {
    let all = WellKnown::start().await;
    let app = TestApp::with(|config| {
        config.login.sign_up = SignUp::Open;
        change(&all, config);
    })
    .await;
    (all, app)
}

async fn one(preset: &str) -> (WellKnown, TestApp) {
    with(|all, config| all.declare(config, preset, &[])).await
}

/// Makes an account of who has come, and returns what it has: the address and whether that is proven, and the name.
async fn joins(app: &TestApp, browser: &mut Browser, page: Page, key: [&str; 3]) -> (Option<(String, bool)>, Value) {
    page.expect("upstream").press("answer").submit(browser).await.reply.expect(200);
    let [provider, issuer, subject] = key.map(str::to_owned);
    let shown = format!("{provider} {issuer} {subject}");
    let mut conn = app.app.db.read().await.unwrap();
    let found = upstream_account::find(&mut conn, &Key { provider, issuer, subject }).await.unwrap();
    let found = found.unwrap_or_else(|| panic!("nobody is known by {shown}"));
    let user = user::find(&mut conn, &found.user_id).await.unwrap().unwrap();
    let identifiers = user::identifiers(&mut conn, &user.id).await.unwrap();
    let email = identifiers.into_iter().next().map(|one| (one.as_written, one.verified_at.is_some()));
    (email, user.profile.get("name").cloned().unwrap_or_default())
}

fn proven(address: &str) -> Option<(String, bool)> {
    Some((address.to_owned(), true))
}

const GOOGLE: &str = "https://accounts.google.com";
const GOOGLE_TOKEN: &str = "https://oauth2.googleapis.com/token";

fn google(all: &WellKnown, claims: Value) {
    all.describe(GOOGLE, ["https://accounts.google.com/o/oauth2/v2/auth", GOOGLE_TOKEN], &json!({}));
    all.gives(GOOGLE_TOKEN, GOOGLE, claims);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn google_proves_an_address_where_it_says_so() {
    let (all, app) = one("google").await;
    google(
        &all,
        json!({ "sub": "10769150350006150715113082367", "email": "ann@gmail.com", "email_verified": true, "name": "Ann" }),
    );
    let mut browser = app.browser();
    let page = all.go(&mut browser, "google", "&scope=email+profile&authuser=0&prompt=consent").await;
    let key = ["google", &all.here(GOOGLE), "10769150350006150715113082367"];
    assert_eq!(joins(&app, &mut browser, page, key).await, (proven("ann@gmail.com"), "Ann".into()));
    let exchanged = all.seen(GOOGLE_TOKEN).pop().unwrap();
    assert!(basic(&exchanged) && exchanged.form["code_verifier"].len() >= 43, "{exchanged:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_parameter_of_the_request_is_sent_once_and_all_prompts_count() {
    // RFC 6749 §3.1; a refresh token of Google needs the one prompt, and a fresh proof the other.
    let (all, app) = with(|all, config| {
        all.declare(config, "google", &[]);
        config.upstreams[0].authorization_parameters =
            vec!["access_type=offline".to_owned(), "prompt=consent".to_owned(), "hd=first".to_owned()];
        config.upstreams[0].again_parameters.push("hd=second".to_owned());
    })
    .await;
    google(&all, json!({ "sub": "1" }));
    let rp = app.relying_party().await;
    for (prompt, sent) in [("login", vec!["consent select_account", "second"]), ("consent", vec!["consent", "first"])] {
        let mut browser = app.browser();
        let page = browser.get(&rp.request().set("prompt", prompt).path()).await;
        let away = page.press("upstream").submit(&mut browser).await;
        let url = url::Url::parse(&away.url).unwrap();
        let of = |wanted: &str| -> Vec<String> {
            url.query_pairs().filter(|(name, _)| name == wanted).map(|(_, value)| value.into_owned()).collect()
        };
        assert_eq!([of("prompt"), of("hd")].concat(), sent, "{url}");
        assert_eq!(of("access_type"), ["offline"]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_accounts_of_a_domain_come_in_where_the_operator_says_so() {
    let (all, app) = with(|all, config| all.declare(config, "google", &[("allowed", "hd=northwind.example")])).await;
    for (hd, status) in [(json!("northwind.example"), 200), (json!("other.example"), 403), (json!(null), 403)] {
        google(&all, json!({ "sub": "1", "email": "ann@northwind.example", "email_verified": true, "hd": hd }));
        let page = all.go(&mut app.browser(), "google", "").await;
        assert_eq!(page.reply.status, status, "{hd}: {}", page.text());
        assert_eq!(page.text().contains("not among those"), status == 403, "{}", page.text());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn people_of_a_domain_alone_make_accounts_where_the_operator_says_so() {
    let (all, app) =
        with(|all, config| all.declare(config, "google", &[("sign_up_domains", "northwind.example")])).await;
    for (email, verified, offered) in [
        ("ann@northwind.example", true, vec!["create", "connect"]),
        ("ann@northwind.example", false, vec!["connect"]),
        ("ann@evil.example", true, vec!["connect"]),
    ] {
        google(&all, json!({ "sub": "1", "email": email, "email_verified": verified }));
        let page = all.go(&mut app.browser(), "google", "").await;
        assert_eq!(page.expect("upstream").buttons("answer"), offered, "{email} {verified}");
    }
}

/// What a browser posts from the page of a provider: without our cookies.
async fn posted(app: &TestApp, name: &str, form: &[(&str, &str)]) -> Reply {
    let headers = [("origin", "https://appleid.apple.com"), ("sec-fetch-site", "cross-site")];
    app.post_with(&format!("/upstream/{name}/callback"), form, &headers).await
}

const APPLE: &str = "https://appleid.apple.com";
const APPLE_TOKEN: &str = "https://appleid.apple.com/auth/token";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn apple_gets_a_secret_that_is_signed_for_each_request_and_answers_by_a_form() {
    let (key, pem) = apple_key();
    let keys = [("apple_team_id", "TEAM"), ("apple_key_id", "KEYID"), ("apple_private_key", pem.as_str())];
    let (all, app) = with(|all, config| all.declare(config, "apple", &keys)).await;
    all.describe(APPLE, ["https://appleid.apple.com/auth/authorize", APPLE_TOKEN], &json!({}));
    // The flag is text; the name is in the form alone, and not signed.
    all.gives(
        APPLE_TOKEN,
        APPLE,
        json!({ "sub": "001.a", "email": "x@privaterelay.appleid.com", "email_verified": "true" }),
    );
    let mut browser = app.browser();
    let (_, sent) = all.set_out(&mut browser, "apple").await;
    assert_eq!((sent["response_mode"].as_str(), sent["scope"].as_str()), ("form_post", "openid name email"));
    let user = json!({ "name": { "firstName": "Ann", "lastName": "Example" }, "email": "x@privaterelay.appleid.com" });
    let form = [("code", "a-code"), ("state", &sent["state"]), ("user", &user.to_string())];
    // A post from another site comes without the cookies of this browser.
    let place = posted(&app, "apple", &form).await.location().to_owned();
    assert!(!place.contains("a-code") && !place.contains("Ann"), "{place}");
    let page = browser.get(&place).await;
    let known = ["apple", &all.here(APPLE), "001.a"];
    let (email, name) = joins(&app, &mut browser, page, known).await;
    assert_eq!((email, name), (proven("x@privaterelay.appleid.com"), "Ann Example".into()));
    let exchanged = all.seen(APPLE_TOKEN).pop().unwrap();
    assert_eq!((exchanged.authorization, exchanged.form["client_id"].as_str()), (None, CLIENT));
    let (claims, header) = opened(&key, &exchanged.form["client_secret"]);
    assert_eq!((&header["kid"], &header["alg"]), (&json!("KEYID"), &json!("ES256")));
    assert_eq!(
        (&claims["iss"], &claims["sub"], &claims["aud"]),
        (&json!("TEAM"), &json!(CLIENT), &json!(all.here(APPLE)))
    );
    let lifetime = claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap();
    assert!((1..=600).contains(&lifetime), "it is used at once, and valid for {lifetime} s");
    // What was posted counts once, and in the browser that has set out.
    assert_eq!(browser.get(&place).await.reply.status, 400);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_posted_counts_in_the_browser_that_has_set_out_alone() {
    let (_, pem) = apple_key();
    let keys = [("apple_team_id", "TEAM"), ("apple_key_id", "KEYID"), ("apple_private_key", pem.as_str())];
    let (all, app) = with(|all, config| {
        all.declare(config, "apple", &keys);
        all.declare(config, "google", &[]);
    })
    .await;
    all.describe(APPLE, ["https://appleid.apple.com/auth/authorize", APPLE_TOKEN], &json!({}));
    all.gives(APPLE_TOKEN, APPLE, json!({ "sub": "001.a" }));
    let (_, sent) = all.set_out(&mut app.browser(), "apple").await;
    let form = [("code", "a-code"), ("state", sent["state"].as_str())];
    let place = posted(&app, "apple", &form).await.location().to_owned();
    assert_eq!(app.browser().get(&place).await.reply.status, 400);
    assert!(all.seen(APPLE_TOKEN).is_empty(), "a stranger's code is not exchanged");
    // A provider that answers by a redirect has no business posting.
    posted(&app, "google", &form).await.expect(400);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_anybody_can_post_in_place_of_a_provider_is_short_and_comes_so_often_and_no_more() {
    let (_, pem) = apple_key();
    let keys = [("apple_team_id", "TEAM"), ("apple_key_id", "KEYID"), ("apple_private_key", pem.as_str())];
    let (_all, app) = with(|all, config| all.declare(config, "apple", &keys)).await;
    let long = "x".repeat(16 * 1024);
    posted(&app, "apple", &[("code", "a-code"), ("state", &long)]).await.expect(400);
    let mut kept = 0;
    while posted(&app, "apple", &[("code", "a-code"), ("state", "x")]).await.status == 303 {
        kept += 1;
        assert!(kept < 200, "each is kept for five minutes");
    }
    assert!(kept >= 10, "{kept}: whoever signs in comes so often");
}

const COMMON: &str = "https://login.microsoftonline.com/common/v2.0";
const MICROSOFT_TOKEN: &str = "https://login.microsoftonline.com/common/oauth2/v2.0/token";
const TENANT: &str = "11111111-2222-3333-4444-555555555555";

fn microsoft(all: &WellKnown, claims: Value) {
    let issuer = all.here("https://login.microsoftonline.com/{tenantid}/v2.0");
    let authorize = "https://login.microsoftonline.com/common/oauth2/v2.0/authorize";
    all.describe(
        COMMON,
        [authorize, MICROSOFT_TOKEN],
        &json!({ "issuer": issuer, "claims_supported": ["sub", "auth_time"] }),
    );
    all.gives(MICROSOFT_TOKEN, COMMON, claims);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn microsoft_knows_accounts_by_oid_in_a_tenant_and_an_address_proves_nothing_there() {
    let (all, app) = one("microsoft").await;
    let issuer = all.here(&format!("https://login.microsoftonline.com/{TENANT}/v2.0"));
    let claims = |edov: Value| {
        json!({
            "iss": issuer, "tid": TENANT, "sub": "pairwise", "oid": "the-object", "email": "ann@northwind.example",
            "email_verified": true, "xms_edov": edov, "name": "Ann",
        })
    };
    microsoft(&all, claims(json!(null)));
    let mut browser = app.browser();
    let page = all.go(&mut browser, "microsoft", "&session_state=x").await;
    let key = ["microsoft", issuer.as_str(), "the-object"];
    assert_eq!(joins(&app, &mut browser, page, key).await, (None, "Ann".into()));
    // The optional claim says that the owner of the domain was verified.
    let (all, app) = one("microsoft").await;
    let issuer = all.here(&format!("https://login.microsoftonline.com/{TENANT}/v2.0"));
    microsoft(
        &all,
        json!({ "iss": issuer, "tid": TENANT, "sub": "p", "oid": "o", "email": "ann@northwind.example", "xms_edov": "1" }),
    );
    let mut browser = app.browser();
    let page = all.go(&mut browser, "microsoft", "").await;
    let (email, _) = joins(&app, &mut browser, page, ["microsoft", &issuer, "o"]).await;
    assert_eq!(email, proven("ann@northwind.example"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_of_microsoft_has_the_issuer_of_its_own_tenant() {
    let (all, app) = one("microsoft").await;
    let of = |tenant: &str| all.here(&format!("https://login.microsoftonline.com/{tenant}/v2.0"));
    let other = "99999999-2222-3333-4444-555555555555";
    for (iss, tid, why) in [
        (of(other), json!(TENANT), "of another tenant than it says"),
        (of("{tenantid}"), json!("{tenantid}"), "of the template itself"),
        (of("common"), json!("common"), "of no tenant"),
        (of(&format!("{TENANT}/evil")), json!(format!("{TENANT}/evil")), "of a path"),
        (of(TENANT), json!(null), "without a tenant"),
        ("https://evil.example/v2.0".to_owned(), json!(TENANT), "of somebody else"),
    ] {
        microsoft(&all, json!({ "iss": iss, "tid": tid, "sub": "s", "oid": "o" }));
        let page = all.go(&mut app.browser(), "microsoft", "").await;
        assert_eq!(page.reply.status, 502, "{why}: {}", page.text());
    }
    assert_eq!(app.rows("user_account").await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_of_microsoft_that_names_a_tenant_names_one_of_microsoft() {
    let (all, app) = one("microsoft").await;
    let of = |tenant: &str| all.here(&format!("https://login.microsoftonline.com/{tenant}/v2.0"));
    microsoft(&all, json!({ "iss": of(TENANT), "tid": TENANT, "sub": "s", "oid": "o" }));
    for (iss, came) in [
        ("https://evil.example/v2.0".to_owned(), 502),
        (all.here(GOOGLE), 502),
        (of(""), 502),
        (of("a/b"), 502),
        (of(TENANT), 200),
    ] {
        let encoded: String = url::form_urlencoded::byte_serialize(iss.as_bytes()).collect();
        let page = all.go(&mut app.browser(), "microsoft", &format!("&iss={encoded}")).await;
        assert_eq!(page.reply.status, came, "{iss}: {}", page.text());
    }
    assert_eq!(all.seen(MICROSOFT_TOKEN).len(), 1, "no code of the others is exchanged");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_tenant_of_microsoft_lets_in_nobody_of_another_one() {
    let issuer = format!("https://login.microsoftonline.com/{TENANT}/v2.0");
    let (all, app) = with(|all, config| all.declare(config, "microsoft", &[("issuer", &issuer)])).await;
    let token = "https://login.microsoftonline.com/t/oauth2/v2.0/token";
    all.describe(&issuer, ["https://login.microsoftonline.com/t/oauth2/v2.0/authorize", token], &json!({}));
    let other = "99999999-2222-3333-4444-555555555555";
    let theirs = all.here(&format!("https://login.microsoftonline.com/{other}/v2.0"));
    // The keys are the same for all tenants.
    all.gives(token, &issuer, json!({ "iss": theirs, "tid": other, "sub": "s", "oid": "o" }));
    assert_eq!(all.go(&mut app.browser(), "microsoft", "").await.reply.status, 502);
    all.gives(token, &issuer, json!({ "tid": TENANT, "sub": "s", "oid": "o" }));
    all.go(&mut app.browser(), "microsoft", "").await.expect("upstream");
}

const GITHUB: &str = "https://github.com/login/oauth";
const GITHUB_TOKEN: &str = "https://github.com/login/oauth/access_token";
const GITHUB_USER: &str = "https://api.github.com/user";
const GITHUB_EMAILS: &str = "https://api.github.com/user/emails";
const GITHUB_ORGS: &str = "https://api.github.com/user/orgs";

fn github(all: &WellKnown) {
    all.says(GITHUB_TOKEN, json!({ "access_token": "gho_x", "token_type": "bearer", "scope": "read:user,user:email" }));
    all.says(GITHUB_USER, json!({ "id": 583_231, "login": "octo", "name": null, "email": "written@anybody.example" }));
    all.says(
        GITHUB_EMAILS,
        json!([
            { "email": "old@example.com", "primary": false, "verified": true },
            { "email": "octo@example.com", "primary": true, "verified": true },
        ]),
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn github_knows_accounts_by_their_number_and_proves_the_primary_address() {
    let (all, app) = one("github").await;
    github(&all);
    let mut browser = app.browser();
    let (url, sent) = all.set_out(&mut browser, "github").await;
    assert_eq!(url.path(), "/github.com/login/oauth/authorize");
    assert_eq!(sent["scope"], "read:user user:email", "no openid");
    assert!(!sent.contains_key("nonce") && sent["code_challenge_method"] == "S256", "{sent:?}");
    let iss: String = url::form_urlencoded::byte_serialize(all.here(GITHUB).as_bytes()).collect();
    let page = browser.get(&WellKnown::back(&sent, &format!("&iss={iss}"))).await;
    let key = ["github", &all.here(GITHUB), "583231"];
    assert_eq!(joins(&app, &mut browser, page, key).await, (proven("octo@example.com"), "octo".into()));
    let exchanged = all.seen(GITHUB_TOKEN).pop().unwrap();
    let form = |name: &str| exchanged.form.get(name).cloned().unwrap_or_default();
    assert_eq!((form("client_id").as_str(), form("client_secret").as_str()), (CLIENT, SECRET));
    assert_eq!(all.seen(GITHUB_USER).pop().unwrap().authorization.as_deref(), Some("Bearer gho_x"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_address_of_github_is_proven_that_is_not_primary_and_verified() {
    let unverified = json!([{ "email": "a@example.com", "primary": true, "verified": false }]);
    for (status, emails) in [(200, unverified), (200, json!([])), (404, json!({ "message": "Not Found" }))] {
        let (all, app) = one("github").await;
        github(&all);
        let answered = emails.clone();
        all.at(GITHUB_EMAILS, move |_| (status, answered.clone()));
        let mut browser = app.browser();
        let page = all.go(&mut browser, "github", "").await;
        let (email, _) = joins(&app, &mut browser, page, ["github", &all.here(GITHUB), "583231"]).await;
        assert_eq!(email, None, "{status} {emails}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_error_of_github_has_the_status_of_a_success_and_signs_nobody_in() {
    let (all, app) = one("github").await;
    github(&all);
    all.says(
        GITHUB_TOKEN,
        json!({ "error": "bad_verification_code", "error_description": "The code passed is incorrect or expired." }),
    );
    let page = all.go(&mut app.browser(), "github", "").await;
    assert_eq!(page.reply.status, 502, "{}", page.text());
    assert!(all.seen(GITHUB_USER).is_empty());
    // Neither does an answer that names somebody else: RFC 9207.
    github(&all);
    let page = all.go(&mut app.browser(), "github", "&iss=https%3A%2F%2Fgitlab.com").await;
    assert_eq!(page.reply.status, 502, "{}", page.text());
    assert!(all.seen(GITHUB_USER).is_empty(), "the code is not even exchanged");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn members_of_an_organisation_of_github_alone_come_in_where_the_operator_says_so() {
    let more = [("organizations_endpoint", GITHUB_ORGS), ("allowed", "organizations=northwind")];
    let (all, app) = with(|all, config| all.declare(config, "github", &more)).await;
    github(&all);
    for (status, orgs, came) in [
        (200, json!([{ "login": "other" }, { "login": "northwind" }]), 200),
        (200, json!([{ "login": "other" }]), 403),
        (200, json!([]), 403),
        (500, json!({}), 502),
    ] {
        let answered = orgs.clone();
        all.at(GITHUB_ORGS, move |_| (status, answered.clone()));
        let page = all.go(&mut app.browser(), "github", "").await;
        assert_eq!(page.reply.status, came, "{status} {orgs}: {}", page.text());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_pages_of_the_organisations_count_and_the_token_goes_to_no_other_server() {
    // https://docs.github.com/en/rest/using-the-rest-api/using-pagination-in-the-rest-api
    let second = "https://api.github.com/user/7/orgs";
    let more = [("organizations_endpoint", GITHUB_ORGS), ("allowed", "organizations=northwind")];
    let (all, app) = with(|all, config| all.declare(config, "github", &more)).await;
    github(&all);
    all.says(GITHUB_ORGS, json!([{ "login": "other" }]));
    all.says(second, json!([{ "login": "northwind" }]));
    assert_eq!(all.go(&mut app.browser(), "github", "").await.reply.status, 403, "one page, without it");
    all.goes_on(GITHUB_ORGS, second);
    let page = all.go(&mut app.browser(), "github", "").await;
    assert_eq!(page.reply.status, 200, "{}", page.text());
    assert_eq!(all.seen(second)[0].authorization.as_deref(), Some("Bearer gho_x"));
    // A list that never ends lets nobody in.
    all.goes_on(second, second);
    all.says(second, json!([{ "login": "another" }]));
    let page = all.go(&mut app.browser(), "github", "").await;
    assert_eq!(page.reply.status, 502, "{}", page.text());
    // Another server is not asked.
    let elsewhere = Trap::set();
    all.goes_on(GITHUB_ORGS, &elsewhere.url("/orgs"));
    assert_eq!(all.go(&mut app.browser(), "github", "").await.reply.status, 403);
    elsewhere.untouched();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn facebook_is_asked_with_a_proof_of_the_secret_and_its_address_proves_nothing() {
    let (all, app) = one("facebook").await;
    let me = "https://graph.facebook.com/v25.0/me";
    all.says(
        "https://graph.facebook.com/v25.0/oauth/access_token",
        json!({ "access_token": "EAAx", "token_type": "bearer", "expires_in": 5_183_944 }),
    );
    all.says(me, json!({ "id": "1020", "name": "Ann", "email": "ann@example.com" }));
    let mut browser = app.browser();
    let page = all.go(&mut browser, "facebook", "").await;
    let key = ["facebook", &all.here("https://www.facebook.com"), "1020"];
    assert_eq!(joins(&app, &mut browser, page, key).await, (None, "Ann".into()));
    let asked = all.seen(me).pop().unwrap();
    let proof = latchkey::base::hmac::hmac_sha256(SECRET.as_bytes(), b"EAAx").unwrap();
    let proof: String = proof.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(
        (asked.query["appsecret_proof"].as_str(), asked.query["fields"].as_str()),
        (proof.as_str(), "id,name,email")
    );
    // Its errors have a form of their own.
    let error =
        json!({ "error": { "message": "Error validating client secret.", "type": "OAuthException", "code": 1 } });
    all.at("https://graph.facebook.com/v25.0/oauth/access_token", move |_| (400, error.clone()));
    assert_eq!(all.go(&mut app.browser(), "facebook", "").await.reply.status, 502);
}

const X_USER: &str = "https://api.x.com/2/users/me";

/// DI2: an author who came by X has no address, and comes back to the same account.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn di2_who_came_by_x_comes_back_by_x_to_the_same_account_without_an_address() {
    let (all, app) = one("x").await;
    let rp = app.relying_party().await;
    all.says(
        "https://api.x.com/2/oauth2/token",
        json!({ "access_token": "x", "token_type": "bearer", "expires_in": 7200 }),
    );
    all.says(X_USER, json!({ "data": { "id": "2244994945", "name": "Author", "username": "author" } }));
    let mut browser = app.browser();
    let page = all.go(&mut browser, "x", "").await;
    let key = ["x", &all.here("https://x.com"), "2244994945"];
    assert_eq!(joins(&app, &mut browser, page, key).await, (None, "Author".into()));
    assert!(basic(&all.seen("https://api.x.com/2/oauth2/token").pop().unwrap()));
    let page = browser.get(&rp.request().path()).await;
    let first = rp.claims(&browser.go_on(page).await).await;
    let mut other = app.browser();
    all.go(&mut other, "x", "").await;
    let page = other.get(&rp.request().path()).await;
    let again = rp.claims(&other.go_on(page).await).await;
    assert_eq!((&again["sub"], again.get("email")), (&first["sub"], None));
    assert_eq!(app.rows("user_account").await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn x_tells_an_address_only_if_its_owner_has_confirmed_it() {
    let (all, app) = one("x").await;
    all.says("https://api.x.com/2/oauth2/token", json!({ "access_token": "x", "token_type": "bearer" }));
    all.says(X_USER, json!({ "data": { "id": "1", "name": "Ann", "confirmed_email": "ann@example.com" } }));
    let mut browser = app.browser();
    let page = all.go(&mut browser, "x", "").await;
    let (email, _) = joins(&app, &mut browser, page, ["x", &all.here("https://x.com"), "1"]).await;
    assert_eq!(email, proven("ann@example.com"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn discord_proves_an_address_if_it_is_verified() {
    for (verified, email) in [(true, proven("ann@example.com")), (false, None)] {
        let (all, app) = one("discord").await;
        // Its ID token has nothing that counts.
        all.says(
            "https://discord.com/api/oauth2/token",
            json!({ "access_token": "d", "token_type": "Bearer", "id_token": "not.a.token" }),
        );
        let user = json!({ "id": "80351110224678912", "username": "ann", "global_name": "Ann", "email": "ann@example.com", "verified": verified });
        all.says("https://discord.com/api/users/@me", user);
        let mut browser = app.browser();
        let page = all.go(&mut browser, "discord", "").await;
        let key = ["discord", &all.here("https://discord.com"), "80351110224678912"];
        assert_eq!(joins(&app, &mut browser, page, key).await, (email, "Ann".into()), "{verified}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn vk_exchanges_a_code_with_the_device_that_it_names() {
    let (all, app) = one("vk").await;
    let token = "https://id.vk.com/oauth2/auth";
    all.says(token, json!({
        "access_token": "vk1.a", "refresh_token": "vk2.a", "id_token": "masked.data.x", "token_type": "Bearer", "expires_in": 0,
        "user_id": 1_234_567_890, "state": "x", "scope": "vkid.personal_info email",
    }));
    let info = "https://id.vk.com/oauth2/user_info";
    all.says(info, json!({ "user": {
        "user_id": "1234567890", "first_name": "Анна", "last_name": "Иванова", "email": "ann@example.com", "verified": true,
    } }));
    let mut browser = app.browser();
    let page = all.go(&mut browser, "vk", "&device_id=the-device&type=code_v2").await;
    let key = ["vk", &all.here("https://id.vk.com"), "1234567890"];
    assert_eq!(
        joins(&app, &mut browser, page, key).await,
        (None, "Анна Иванова".into()),
        "verified is about the account"
    );
    assert_eq!(all.seen(token).pop().unwrap().form["device_id"], "the-device");
    let asked = all.seen(info).pop().unwrap();
    let expected =
        BTreeMap::from([("access_token", "vk1.a"), ("client_id", CLIENT)].map(|(k, v)| (k.to_owned(), v.to_owned())));
    assert_eq!((asked.form, asked.authorization), (expected, None));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn vk_gets_its_device_with_a_refresh_too() {
    let (all, app) = with(|all, config| {
        all.declare(config, "vk", &[]);
        config.upstreams[0].token_clients = vec!["calendar".to_owned()];
    })
    .await;
    let rp: RelyingParty = app.client(ClientKind::Web, |new| new.client_id = Some("calendar".to_owned())).await;
    let (token, user) = ("https://id.vk.com/oauth2/auth", json!({ "user_id": "1", "first_name": "Анна" }));
    all.says("https://id.vk.com/oauth2/user_info", json!({ "user": user }));
    let tokens =
        json!({ "access_token": "vk1.a", "refresh_token": "vk2.a", "token_type": "Bearer", "expires_in": 3600 });
    all.says(token, tokens);
    let mut browser = app.browser();
    let page = browser.get(&rp.request().path()).await;
    let (_, sent) = all.set_out_by(&mut browser, page.press("upstream")).await;
    let page = browser.get(&WellKnown::back(&sent, "&device_id=the-device&type=code_v2")).await;
    let page = page.expect("upstream").press("answer").submit(&mut browser).await;
    rp.exchange(&browser.go_on(page).await.code()).await.tokens();
    app.clock.advance(minutes(60) + seconds(1));
    let own = rp.exchange(&browser.authorize(&rp).await.code()).await.tokens().access_token;
    let kind = "urn:ietf:params:oauth:token-type:access_token";
    let fields = [
        ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"),
        ("subject_token_type", kind),
        ("subject_token", &*own),
        ("audience", "vk"),
    ];
    rp.post("/token", &fields).await.expect(200);
    let form = all.seen(token).pop().unwrap().form;
    assert_eq!((&*form["grant_type"], &*form["refresh_token"]), ("refresh_token", "vk2.a"));
    assert_eq!(form.get("device_id").map(String::as_str), Some("the-device"), "{form:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn yandex_names_the_client_that_a_token_was_given_to() {
    let info = "https://login.yandex.ru/info";
    for (client, came) in [(json!(CLIENT), 200), (json!("another"), 502), (json!(null), 502)] {
        let (all, app) = one("yandex").await;
        all.says(
            "https://oauth.yandex.com/token",
            json!({ "access_token": "y0", "token_type": "bearer", "expires_in": 1 }),
        );
        all.says(
            info,
            json!({ "id": "1000034426", "client_id": client, "real_name": "Ann", "default_email": "ann@yandex.ru" }),
        );
        let mut browser = app.browser();
        let page = all.go(&mut browser, "yandex", "").await;
        assert_eq!(page.reply.status, came, "{client}: {}", page.text());
        assert_eq!(all.seen(info).pop().unwrap().authorization.as_deref(), Some("OAuth y0"));
        if came == 200 {
            let key = ["yandex", &all.here("https://oauth.yandex.com"), "1000034426"];
            assert_eq!(joins(&app, &mut browser, page, key).await, (None, "Ann".into()));
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn gitlab_is_an_openid_provider_as_the_standard_has_it() {
    let (all, app) = one("gitlab").await;
    let (issuer, token) = ("https://gitlab.com", "https://gitlab.com/oauth/token");
    all.describe(issuer, ["https://gitlab.com/oauth/authorize", token], &json!({}));
    all.gives(token, issuer, json!({ "sub": "42", "email": "ann@example.com", "email_verified": true, "name": "Ann" }));
    let mut browser = app.browser();
    let page = all.go(&mut browser, "gitlab", "").await;
    let key = ["gitlab", &all.here(issuer), "42"];
    assert_eq!(joins(&app, &mut browser, page, key).await, (proven("ann@example.com"), "Ann".into()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn linkedin_gets_neither_pkce_nor_a_nonce() {
    let (all, app) = one("linkedin").await;
    let (issuer, token) = ("https://www.linkedin.com/oauth", "https://www.linkedin.com/oauth/v2/accessToken");
    let userinfo = all.here("https://api.linkedin.com/v2/userinfo");
    all.describe(
        issuer,
        ["https://www.linkedin.com/oauth/v2/authorization", token],
        &json!({ "userinfo_endpoint": userinfo }),
    );
    all.gives(token, issuer, json!({ "sub": "782bbtaQ", "name": "Ann", "nonce": null }));
    let told = json!({ "sub": "782bbtaQ", "email": "ann@example.com", "email_verified": true, "locale": { "country": "US", "language": "en" } });
    all.says("https://api.linkedin.com/v2/userinfo", told);
    let mut browser = app.browser();
    let (_, sent) = all.set_out(&mut browser, "linkedin").await;
    assert!(!sent.contains_key("code_challenge") && !sent.contains_key("nonce"), "{sent:?}");
    let page = browser.get(&WellKnown::back(&sent, "")).await;
    let key = ["linkedin", &all.here(issuer), "782bbtaQ"];
    assert_eq!(joins(&app, &mut browser, page, key).await, (proven("ann@example.com"), "Ann".into()));
    let exchanged = all.seen(token).pop().unwrap();
    assert!(!exchanged.form.contains_key("code_verifier") && exchanged.authorization.is_none(), "{exchanged:?}");
    assert_eq!(exchanged.form["client_secret"], SECRET);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn telegrams_openid_provider_knows_accounts_by_the_claim_id_and_without_it_nobody_comes_in() {
    let (all, app) = one("telegram").await;
    let (issuer, token) = ("https://oauth.telegram.org", "https://oauth.telegram.org/token");
    all.describe(issuer, ["https://oauth.telegram.org/auth", token], &json!({}));
    // The nonce is left out in the code flow.
    all.gives(token, issuer, json!({ "sub": "opaque", "id": 987_654_321, "name": "Анна", "nonce": null }));
    let mut browser = app.browser();
    let page = all.go(&mut browser, "telegram", "").await;
    let key = ["telegram", &all.here(issuer), "987654321"];
    assert_eq!(joins(&app, &mut browser, page, key).await, (None, "Анна".into()));
    let exchanged = all.seen(token).pop().unwrap();
    assert!(basic(&exchanged) && exchanged.form["client_id"] == CLIENT, "{exchanged:?}");
    all.gives(token, issuer, json!({ "sub": "opaque", "nonce": null }));
    assert_eq!(all.go(&mut app.browser(), "telegram", "").await.reply.status, 502, "sub is another one");
    all.gives(token, issuer, json!({ "sub": "opaque", "id": 987_654_321, "nonce": "another" }));
    assert_eq!(
        all.go(&mut app.browser(), "telegram", "").await.reply.status,
        502,
        "a nonce that is there has to be right"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn roles_follow_what_a_provider_says_at_each_sign_in_and_those_that_were_given_here_stay() {
    let rules = [("roles", "groups=staff -> editor, groups=bosses -> manager")];
    let (all, app) = with(|all, config| all.declare(config, "google", &rules)).await;
    let claims =
        |groups: Value| json!({ "sub": "1", "email": "ann@gmail.com", "email_verified": true, "groups": groups });
    google(&all, claims(json!(["staff", "others"])));
    let mut browser = app.browser();
    let page = all.go(&mut browser, "google", "").await;
    page.expect("upstream").press("answer").submit(&mut browser).await.reply.expect(200);
    let roles = async || app.texts("SELECT name FROM role r JOIN user_role u ON u.role_id = r.id ORDER BY name").await;
    assert_eq!(roles().await, ["editor"]);
    for (groups, given) in [
        (json!(["bosses", "staff"]), vec!["editor", "manager"]),
        (json!("bosses"), vec!["manager"]),
        (json!(null), vec![]),
        (json!(["staff"]), vec!["editor"]),
    ] {
        google(&all, claims(groups.clone()));
        all.go(&mut app.browser(), "google", "").await.reply.expect(200);
        assert_eq!(roles().await, given, "{groups}");
    }
    // A role that somebody gives here is not taken away there.
    let key = Key { provider: "google".to_owned(), issuer: all.here(GOOGLE), subject: "1".to_owned() };
    let known = upstream_account::find(&mut app.app.db.read().await.unwrap(), &key).await.unwrap().unwrap();
    latchkey::account::roles::give(&app.app, &known.user_id, "editor").await.unwrap();
    google(&all, claims(json!([])));
    all.go(&mut app.browser(), "google", "").await.reply.expect(200);
    assert_eq!(roles().await, ["editor"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn roles_go_with_the_account_that_has_brought_them_and_come_with_none_that_is_gone() {
    let rules = [("roles", "groups=staff -> editor, groups=bosses -> administrator")];
    let (all, app) = with(|all, config| all.declare(config, "google", &rules)).await;
    let claims = |sub: &str, groups: Value| json!({ "sub": sub, "groups": groups });
    let roles = async || app.texts("SELECT name FROM role r JOIN user_role u ON u.role_id = r.id ORDER BY name").await;
    // The first administrator has a passkey or an account elsewhere, and no password.
    google(&all, claims("boss", json!(["bosses"])));
    let mut boss = app.browser();
    let page = all.go(&mut boss, "google", "").await;
    page.expect("upstream").press("answer").submit(&mut boss).await;
    let mut browser = app.browser().sign_in("alice").await;
    for (sub, groups) in [("1", json!(["staff", "bosses"])), ("2", json!(["staff", "bosses"]))] {
        google(&all, claims(sub, groups));
        let page = browser.get("/account/connections").await;
        let (_, sent) = all.set_out_by(&mut browser, page.press("connect")).await;
        browser.get(&WellKnown::back(&sent, "")).await.reply.expect(200);
    }
    assert_eq!(roles().await, ["administrator", "administrator", "editor"]);
    let page = browser.get("/account/connections").await;
    page.press("disconnect").submit(&mut browser).await.reply.expect(200);
    assert_eq!(roles().await, ["administrator"], "the other account gives them again when it is used");
    // What was on its way when the account was unlinked gives nothing.
    let alice = app.person("alice").await;
    let identity = Identity {
        upstream: "google".to_owned(),
        issuer: all.here(GOOGLE),
        subject: "1".to_owned(),
        name: None,
        email: None,
        email_is_proven: false,
        locale: None,
        roles: vec!["editor".to_owned()],
        tokens: None,
    };
    federation::roles::follow(&app.app, &alice.id, &identity).await.unwrap();
    assert_eq!(roles().await, ["administrator"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_userinfo_that_does_not_answer_takes_no_roles_away_and_lets_nobody_around_a_rule() {
    let place = "https://openidconnect.googleapis.com/v1/userinfo";
    // By itself, it is asked if an address is missing.
    let rules = [("roles", "groups=staff -> editor"), ("allowed", "groups=staff")];
    let always = [Some(("userinfo", "always")), None];
    for (rule, always) in rules.into_iter().flat_map(|rule| always.map(|always| (rule, always))) {
        let more: Vec<_> = always.into_iter().chain([rule]).collect();
        let (all, app) = with(|all, config| all.declare(config, "google", &more)).await;
        let userinfo = all.here(place);
        let endpoints = ["https://accounts.google.com/o/oauth2/v2/auth", GOOGLE_TOKEN];
        all.describe(GOOGLE, endpoints, &json!({ "userinfo_endpoint": userinfo }));
        let email = if always.is_some() { json!("ann@gmail.com") } else { json!(null) };
        all.gives(GOOGLE_TOKEN, GOOGLE, json!({ "sub": "1", "email": email, "email_verified": true }));
        all.says(place, json!({ "sub": "1", "groups": ["staff"] }));
        let mut browser = app.browser();
        let page = all.go(&mut browser, "google", "").await;
        page.expect("upstream").press("answer").submit(&mut browser).await.reply.expect(200);
        let roles = async || app.texts("SELECT name FROM role r JOIN user_role u ON u.role_id = r.id").await;
        let before = roles().await;
        assert_eq!(before.len(), usize::from(rule.0 == "roles"));
        all.at(place, |_| (503, json!({})));
        let refused = all.go(&mut app.browser(), "google", "").await;
        assert_eq!(refused.reply.status, 502, "{rule:?} {always:?}: {}", refused.text());
        assert_eq!(roles().await, before, "{rule:?} {always:?}");
    }
}
