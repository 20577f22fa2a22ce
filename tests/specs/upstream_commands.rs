//! `latchkey upstream`: providers that are added while servers run.

use std::collections::BTreeSet;

use latchkey::base::network::Network;
use latchkey::config::{Config, SignUp};
use serde_json::{Value, json};

use crate::harness::{Answer, CLIENT, Double, SECRET, TestApp, Upstream, WellKnown, answer_to, seconds};

/// Beside the database, what the command has to know about the network.
const LOOPBACK: [(&str, &str); 1] = [("LATCHKEY__OUTBOUND__ALLOWED_NETWORKS", "127.0.0.0/8")];

async fn open(change: impl FnOnce(&mut Config)) -> TestApp {
    TestApp::with(|config| {
        config.login.sign_up = SignUp::Open;
        config.outbound.allowed_networks = vec![Network::parse("127.0.0.0/8").unwrap()];
        change(config);
    })
    .await
}

fn command(app: &TestApp, args: &[&str], input: &str) -> Answer {
    answer_to(&app.app.config, &LOOPBACK, &[&["upstream"], args].concat(), input)
}

fn listed(app: &TestApp) -> Vec<Value> {
    let list = answer_to(&app.app.config, &LOOPBACK, &["--json", "upstream", "list"], "").json();
    list.as_array().unwrap().clone()
}

async fn offers(app: &TestApp) -> Vec<String> {
    // Servers read the list once a second.
    app.pass(seconds(2)).await;
    app.browser().get("/sign-in").await.buttons("upstream")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_provider_that_is_added_is_there_a_second_later_and_one_that_is_disabled_lets_nobody_in() {
    let upstream = Upstream::start().await;
    let app = open(|_| {}).await;
    assert_eq!(offers(&app).await, Vec::<String>::new());
    let declared = upstream.declared();
    let secret = declared.client_secret.as_ref().unwrap().expose().to_owned();
    let add =
        ["add", "home", "--issuer", &declared.issuer, "--client-id", &declared.client_id, "--client-secret-file", "-"];
    let added = command(&app, &[&add[..], &["--set", "label=Home"]].concat(), &format!("{secret}\n")).done();
    assert!(added.contains("/upstream/home/callback") && !added.contains(&secret), "{added}");
    assert_eq!(offers(&app).await, ["home"]);
    let mut browser = app.browser();
    let page = browser.get("/sign-in").await;
    let page = upstream.go(&mut browser, &page, "ann").await;
    page.expect("upstream").press("answer").submit(&mut browser).await.reply.expect(200);
    assert_eq!((&listed(&app)[0]["accounts"], &listed(&app)[0]["declared"]), (&json!(1), &json!(false)));
    // Somebody is on the way when it is disabled.
    let mut other = app.browser();
    let page = other.get("/sign-in").await;
    let away = page.press("upstream").submit(&mut other).await;
    let back = upstream.sign_in_there(&away.url, "bob").await;
    command(&app, &["disable", "home"], "").done();
    assert_eq!(offers(&app).await, Vec::<String>::new());
    assert_eq!(other.get(&back).await.reply.status, 400, "nobody comes in any more");
    assert_eq!(browser.get("/account").await.reply.status, 200, "nobody is signed out");
    assert!(listed(&app)[0]["disabled_at"].is_string());
    command(&app, &["enable", "home"], "").done();
    assert_eq!(offers(&app).await, ["home"]);
    command(&app, &["edit", "home", "--set", "label=Work"], "").done();
    app.pass(seconds(2)).await;
    assert!(app.browser().get("/sign-in").await.text().contains("Work"));
    let removed = command(&app, &["remove", "home"], "").done();
    assert!(removed.contains("1 account is linked by it, and lets nobody in"), "{removed}");
    assert_eq!(offers(&app).await, Vec::<String>::new());
    let left = command(&app, &["list"], "").done();
    assert!(left.contains("home") && left.contains("1         not configured"), "{left}");
    let (left, all) = (&listed(&app)[0], listed(&app).len());
    assert_eq!(
        (&left["accounts"], &left["configured"], &left["issuer"], all),
        (&json!(1), &json!(false), &Value::Null, 1)
    );
    command(&app, &["test", "home"], "").refused(3, "No provider found");
    assert_eq!(app.rows("upstream_account").await, 1, "what people have linked stays");
    // The command has the time of the world, this provider one of its own.
    let kinds: BTreeSet<String> = app.events().await.into_iter().filter(|kind| kind.starts_with("upstream_")).collect();
    let expected =
        ["created", "linked", "disabled", "enabled", "changed", "removed"].map(|it| format!("upstream_{it}"));
    assert_eq!(kinds, BTreeSet::from(expected));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_address_that_is_changed_counts_a_second_later() {
    let double = Double::start().await;
    let app = open(|_| {}).await;
    let added = [
        "add",
        "corp",
        "--issuer",
        &double.issuer,
        "--client-id",
        "us",
        "--set",
        "authorization_endpoint=http://localhost:1/old",
    ];
    command(&app, &added, "").done();
    let goes_to = async || {
        app.pass(seconds(2)).await;
        let mut browser = app.browser();
        let page = browser.get("/sign-in").await;
        page.press("upstream").submit(&mut browser).await.url
    };
    assert!(goes_to().await.starts_with("http://localhost:1/old?"));
    command(&app, &["edit", "corp", "--set", "authorization_endpoint=http://localhost:1/new"], "").done();
    let place = goes_to().await;
    assert!(place.starts_with("http://localhost:1/new?"), "{place}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_was_set_is_shown_and_what_was_probably_not_meant_is_told() {
    let app = open(|_| {}).await;
    command(&app, &["add", "w1", "--preset", "google", "--client-id", "us", "--client-secret-file", "-"], SECRET)
        .done();
    let set = |pairs: &[&str]| {
        let pairs = pairs.iter().flat_map(|pair| ["--set", pair]);
        command(&app, &["edit", "w1"].into_iter().chain(pairs).collect::<Vec<_>>(), "").done()
    };
    let told = set(&["email_proof=always", "allowed=hd=x.example", "sign_up=false", "profile=always", "scope=openid"]);
    for line in [
        "client_secret  set",
        "scope          openid",
        "email_proof    \"always\"",
        "allowed        [\"hd=x.example\"]",
        "sign_up        false",
        "profile        \"always\"",
    ] {
        assert!(told.contains(line), "{line} in {told}");
    }
    assert!(!told.contains("again_parameters") && !told.contains(SECRET), "what the preset says was not set: {told}");
    let shown = answer_to(&app.app.config, &[], &["--json", "upstream", "show", "w1"], "").json();
    let expected = json!({
        "preset": "google", "client_id": "us", "client_secret": "set", "scope": "openid", "email_proof": "always",
        "allowed": ["hd=x.example"], "sign_up": false, "profile": "always",
    });
    assert_eq!((&shown["settings"], &shown["public_client"]), (&expected, &json!(false)));
    // Names of clients that there are not, and of a role that nobody has meant.
    answer_to(
        &app.app.config,
        &[],
        &["client", "add", "--kind", "web", "--client-id", "calendar", "--redirect-uri", "https://calendar.example/cb"],
        "",
    )
    .done();
    answer_to(
        &app.app.config,
        &[],
        &["client", "add", "--kind", "spa", "--client-id", "spa1", "--redirect-uri", "https://spa.example/cb"],
        "",
    )
    .done();
    let told = set(&["token_clients=calender,spa1,calendar,else", "roles=groups=a -> adminstrator"]);
    for words in [
        "token_clients of provider \"w1\" has \"calender\", and there is no such client; did you mean \"calendar\"?",
        "has \"spa1\", a public client.",
        "has \"else\", and there is no such client.",
        "roles of provider \"w1\" gives \"adminstrator\"; did you mean \"administrator\"?",
    ] {
        assert!(told.contains(words), "{words} in {told}");
    }
    assert!(!told.contains("has \"calendar\""), "{told}");
    let told = command(&app, &["edit", "w1", "--unset", "client_secret"], "").done();
    assert!(told.contains("client_secret  none: it is a public client there"), "{told}");
    let presets = answer_to(&app.app.config, &[], &["--json", "upstream", "presets"], "").json();
    let google = presets.as_array().unwrap().iter().find(|one| one["preset"] == "google").unwrap();
    assert_eq!(google["keys"]["again_parameters"], json!(["prompt=select_account"]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_later_release_has_set_of_a_provider_keeps_nobody_from_it_and_stays() {
    let app = open(|_| {}).await;
    command(&app, &["add", "w1", "--preset", "google", "--client-id", "us"], "").done();
    let kept = app.texts("SELECT settings FROM upstream").await.remove(0);
    let later = kept.replacen('{', "{\"of_a_later_release\":\"x\",", 1);
    app.execute(format!("UPDATE upstream SET settings = '{later}'")).await;
    assert_eq!(offers(&app).await, ["w1"]);
    command(&app, &["edit", "w1", "--set", "label=W"], "").done();
    assert!(app.texts("SELECT settings FROM upstream").await[0].contains("of_a_later_release"));
    command(&app, &["edit", "w1", "--set", "of_a_later_release=y"], "")
        .refused(2, "There is no key of_a_later_release");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn telegram_by_a_bot_alone_has_no_address_to_register() {
    let app = open(|_| {}).await;
    let bot = [
        ("LATCHKEY__CHANNELS__0__NAME", "finance"),
        ("LATCHKEY__CHANNELS__0__KIND", "telegram"),
        ("LATCHKEY__CHANNELS__0__BOT_TOKEN", "1234567890:AAFabcdefghijklmnopqrstuvwxyz012345"),
        ("LATCHKEY__CHANNELS__0__SIGN_IN", "true"),
    ];
    let told = answer_to(&app.app.config, &bot, &["upstream", "show", "telegram"], "").done();
    assert!(told.contains("https://oauth.telegram.org"), "{told}");
    for word in ["redirect_uri", "scope", "client_id", "client_secret"] {
        assert!(!told.contains(word), "{word} in {told}");
    }
    assert!(answer_to(&app.app.config, &bot, &["upstream", "list"], "").done().contains("by a bot"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_secret_is_sealed_and_comes_from_a_file_alone() {
    let app = open(|_| {}).await;
    let add = ["add", "google", "--preset", "google", "--client-id", CLIENT];
    let refused =
        command(&app, &[&add[..], &["--set", "client_secret=abc"]].concat(), "").refused(2, "client_secret_file=FILE");
    assert!(!refused.contains("abc"), "{refused}");
    command(&app, &[&add[..], &["--set", "client_secret_file=-"]].concat(), SECRET).done();
    let shown = answer_to(&app.app.config, &[], &["--json", "upstream", "show", "google"], "").json();
    assert_eq!((&shown["issuer"], &shown["label"]), (&json!("https://accounts.google.com"), &json!("Google")));
    assert!(!shown.to_string().contains(SECRET), "{shown}");
    let rows = app.texts("SELECT settings || ' ' || sealed_secrets FROM upstream").await;
    assert!(rows[0].contains("\"preset\"") && !rows[0].contains(SECRET), "{rows:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_is_told_by_the_key_and_nothing_is_written() {
    let app = open(|_| {}).await;
    let wrong = |args: &[&str], code, words: &str| drop(command(&app, args, "").refused(code, words));
    wrong(&["add", "x", "--client-id", "us"], 2, "issuer: required: --issuer URL, or --preset PRESET");
    wrong(&["add", "x", "--preset", "google"], 2, "client_id: required: --client-id ID");
    wrong(&["add", "x", "--issuer", "http://id.example.com", "--client-id", "us"], 2, "https URL");
    wrong(&["add", "Bad Name", "--issuer", "https://id.example.com", "--client-id", "us"], 2, "lower-case letters");
    wrong(&["add", "x", "--preset", "gogle", "--client-id", "us"], 2, "\"google\"");
    wrong(&["add", "x", "--preset", "google", "--client-id", "us", "--set", "scop=openid"], 2, "did you mean scope?");
    wrong(&["add", "x", "--preset", "google", "--client-id", "us", "--set", "scope"], 2, "a key, = and a value");
    wrong(&["add", "x", "--preset", "apple", "--client-id", "us"], 2, "apple_private_key: required");
    wrong(
        &["add", "telegram", "--preset", "google", "--client-id", "us"],
        2,
        "name: telegram is the name of the preset",
    );
    wrong(
        &["add", "x", "--preset", "google", "--client-id", "us", "--set", "authorization_parameters=state=1"],
        2,
        "Latchkey sets itself",
    );
    wrong(
        &["add", "x", "--preset", "google", "--client-id", "us", "--set", "bla=1"],
        2,
        "There is no key bla of [[upstreams]].",
    );
    wrong(&["edit", "none"], 2, "Nothing is to change");
    wrong(&["edit", "none", "--set", "label=X"], 3, "No provider found");
    wrong(&["disable", "none"], 3, "No provider found");
    assert_eq!(app.rows("upstream").await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_test_tells_what_a_provider_answers_to_the_secret_and_to_the_request() {
    let all = WellKnown::start().await;
    let app = open(|_| {}).await;
    let (issuer, token) = ("https://id.example.com", "https://id.example.com/token");
    let (authorize, here) = ("https://id.example.com/authorize", all.here(issuer));
    let add = ["add", "work", "--issuer", &here, "--client-id", CLIENT, "--client-secret-file", "-"];
    command(&app, &add, SECRET).done();
    let test = || command(&app, &["test", "work"], "");
    test().refused(1, "metadata:");
    all.describe(issuer, [authorize, token], &json!({}));
    all.at(token, |_| (401, json!({ "error": "invalid_client", "error_description": "no such secret" })));
    all.at(authorize, |_| (400, json!({ "error": "redirect_uri" })));
    let told =
        test().refused(1, "it does not take client_id and client_secret: the token endpoint answers invalid_client");
    assert!(
        told.contains("no such secret") && told.contains("answers 400") && told.contains("/upstream/work/callback"),
        "{told}"
    );
    all.at(token, |_| (400, json!({ "error": "invalid_grant" })));
    all.says(authorize, json!({}));
    let told = test().done();
    assert!(told.contains("it takes client_id and client_secret") && told.contains("answers with a page"), "{told}");
    assert_eq!(all.seen(token).pop().unwrap().form["code"], "latchkey-upstream-test");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_test_tells_where_a_provider_sends_people_on_to() {
    let all = WellKnown::start().await;
    let app = open(|_| {}).await;
    let (issuer, token) = ("https://id.example.com", "https://id.example.com/token");
    let (authorize, here) = ("https://id.example.com/authorize", all.here(issuer));
    all.describe(issuer, [authorize, token], &json!({}));
    all.at(token, |_| (400, json!({ "error": "invalid_grant" })));
    let add = ["add", "work", "--issuer", &here, "--client-id", CLIENT, "--client-secret-file", "-"];
    command(&app, &add, SECRET).done();
    let test = || command(&app, &["test", "work"], "");
    let sends = |to: &'static str| {
        all.at(authorize, move |seen| (302, json!(to.replace("CALLBACK", &seen.query["redirect_uri"]))));
    };
    // Most send on to where people sign in, and judge the request there.
    sends("/sign-in?continue=1");
    let told = test().done();
    assert!(told.contains("advice   request: it sends people on to localhost; open http"), "{told}");
    assert!(told.contains("ok       again: it answers to prompt=login and max_age=0"), "{told}");
    assert!(all.seen("https://id.example.com/sign-in").is_empty(), "that is not asked");
    sends("CALLBACK?error=invalid_scope&error_description=no+such+scope&state=s");
    let told = test().refused(1, "request: it refuses the request: invalid_scope: no such scope");
    assert!(!told.contains("again:"), "{told}");
    sends("CALLBACK?error=login_required&state=s");
    assert!(test().done().contains("request: it takes the redirect URI and the scopes"));
    sends("https://accounts.example/signin/oauth/error?authError=abc");
    test().refused(1, "it sends people to a page about an error");
    // One that does not know what is asked of it when people are to prove again who they are.
    all.at(authorize, |seen| match seen.query.get("prompt") {
        Some(_) => (302, json!(format!("{}?error=invalid_request", seen.query["redirect_uri"]))),
        None => (302, json!("/sign-in")),
    });
    let words = "again: with prompt=login and max_age=0 (again_parameters), it refuses the request: invalid_request";
    test().refused(1, words);
    command(&app, &["edit", "work", "--set", "again_parameters=[]"], "").done();
    assert!(!test().done().contains("again"));
    // Whoever has forgotten the secret is told so.
    all.at(token, |_| (401, json!({ "error": "invalid_client" })));
    command(&app, &["edit", "work", "--unset", "client_secret"], "").done();
    test().refused(1, "no client_secret is set");
    command(&app, &["disable", "work"], "").done();
    test().refused(1, "state: it is disabled");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_provider_of_the_file_is_disabled_by_command_and_changed_in_the_file() {
    let upstream = Upstream::start().await;
    let app = TestApp::with(|config| upstream.declare(config)).await;
    assert_eq!(offers(&app).await, ["home"]);
    let declared = upstream.declared();
    let environment = [
        ("LATCHKEY__UPSTREAMS__0__NAME", "home"),
        ("LATCHKEY__UPSTREAMS__0__ISSUER", &declared.issuer),
        ("LATCHKEY__UPSTREAMS__0__CLIENT_ID", &declared.client_id),
    ];
    let run = |args: &[&str]| answer_to(&app.app.config, &environment, &[&["upstream"], args].concat(), "");
    run(&["edit", "home", "--set", "label=X"]).refused(4, "declared in the configuration file");
    run(&["remove", "home"]).refused(4, "declared in the configuration file");
    run(&["add", "home", "--issuer", "https://id.example.com", "--client-id", "us"]).refused(4, "already a provider");
    assert!(run(&["disable", "home"]).done().contains("Disabled provider home."));
    assert!(run(&["disable", "home"]).done().contains("Provider home was disabled already."));
    assert_eq!(offers(&app).await, Vec::<String>::new());
    assert!(run(&["enable", "home"]).done().contains("Enabled provider home."));
    assert!(run(&["enable", "home"]).done().contains("Provider home was enabled already."));
    assert_eq!(offers(&app).await, ["home"]);
}
