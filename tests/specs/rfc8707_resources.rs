//! RFC 8707: resources that access tokens are for.

use latchkey::config::Config;
use latchkey::oidc::client::metadata::ClientKind;
use serde_json::json;

use crate::harness::{RelyingParty, Reply, TestApp, latchkey, run, seconds};

const ORDERS: &str = "https://orders.example";
const STOCK: &str = "https://stock.example/v1";
const VAULT: &str = "https://vault.example";

const RESOURCES: &str = "
[tokens]
signing_algorithms = ['RS256', 'ES256']
[[resources]]
identifier = 'https://orders.example'
name = 'The order book'
scopes = 'orders:read orders:write'
access_token = '5m'
[[resources]]
identifier = 'https://stock.example/v1'
scopes = 'stock:read'
access_token = '30m'
[[resources]]
identifier = 'https://vault.example'
scopes = 'vault:open'
signing_algorithm = 'ES256'
";

async fn app() -> TestApp {
    let read =
        Config::read(Some((std::path::Path::new("latchkey.toml"), RESOURCES)), std::iter::empty()).unwrap().config;
    TestApp::with(|config| {
        config.resources = read.resources;
        config.tokens.signing_algorithms = read.tokens.signing_algorithms;
    })
    .await
}

/// A client that may ask for all of them but the vault.
async fn shop(app: &TestApp) -> RelyingParty {
    app.client(ClientKind::Web, |new| {
        new.metadata.resources = vec![ORDERS.to_owned(), STOCK.to_owned()];
        new.metadata.scope = app.app.config.known().scopes;
    })
    .await
}

async fn exchange(rp: &RelyingParty, code: &str, resources: &[&str]) -> Reply {
    let mut fields = vec![
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", rp.redirect_uri()),
        ("code_verifier", &rp.verifier),
    ];
    fields.extend(resources.iter().map(|uri| ("resource", *uri)));
    rp.post("/token", &fields).await
}

async fn refresh(rp: &RelyingParty, token: &str, resources: &[&str]) -> Reply {
    let mut fields = vec![("grant_type", "refresh_token"), ("refresh_token", token)];
    fields.extend(resources.iter().map(|uri| ("resource", *uri)));
    rp.post("/token", &fields).await
}

#[tokio::test]
async fn a_token_is_for_the_resources_that_were_asked_for_and_allowed() {
    let app = app().await;
    let rp = shop(&app).await;
    let mut browser = app.browser().sign_in("alice").await;
    let scope = "openid orders:read stock:read vault:open";
    let request = rp.request().set("scope", scope).add("resource", ORDERS).add("resource", STOCK);
    let page = browser.get(&request.path()).await;
    page.expect("consent");
    for words in ["Use “The order book” on your behalf", "In “The order book”", STOCK] {
        assert!(page.text().contains(words), "{words} in {}", page.text());
    }
    let code = browser.go_on(page).await.code();
    // A wrong one is told and spends nothing.
    exchange(&rp, &code, &[VAULT]).await.error("invalid_target");
    let tokens = exchange(&rp, &code, &[]).await.tokens();
    let claims = tokens.access_claims();
    assert_eq!(claims["aud"], json!([ORDERS, STOCK, app.issuer()]), "with openid here, too");
    assert_eq!((claims["scope"].as_str().unwrap(), tokens.expires_in), ("openid orders:read stock:read", 300));
    rp.userinfo(&tokens.access_token).await.expect(200);
    // Narrowed at a refresh, and whole again at the next.
    let narrow = refresh(&rp, tokens.refresh(), &[STOCK]).await.tokens();
    assert_eq!(narrow.access_claims()["aud"], json!([STOCK, app.issuer()]));
    assert_eq!((narrow.scope.as_str(), narrow.expires_in), ("openid stock:read", 1_800));
    let whole = refresh(&rp, tokens.refresh(), &[]).await.tokens();
    assert_eq!(whole.access_claims()["aud"], claims["aud"]);
    // B12: never more than was granted.
    for beyond in [VAULT, "https://unknown.example", "no uri", &format!("{ORDERS}#x")] {
        refresh(&rp, tokens.refresh(), &[ORDERS, beyond]).await.error("invalid_target");
    }
    // What was allowed is remembered, for these resources and no others.
    browser.get(&request.clone().set("prompt", "none").path()).await.code();
    let one = rp.request().set("scope", "openid").set("resource", ORDERS).set("prompt", "none");
    browser.get(&one.path()).await.code();
}

#[tokio::test]
async fn a_consent_to_scopes_is_none_to_a_resource() {
    let app = app().await;
    let rp = shop(&app).await;
    let mut browser = app.browser().sign_in("alice").await;
    browser.authorize(&rp).await.code();
    let silent = rp.request().set("prompt", "none").set("resource", ORDERS);
    browser.get(&silent.path()).await.error("consent_required");
}

#[tokio::test]
async fn what_is_unknown_not_allowed_or_no_uri_is_an_invalid_target() {
    let app = app().await;
    let rp = shop(&app).await;
    let long = format!("{ORDERS}/{}", "a".repeat(2_100));
    for bad in [VAULT, "https://unknown.example", "hello world", "orders", &format!("{ORDERS}#x"), &long] {
        app.browser()
            .get(&rp.request().add("resource", ORDERS).add("resource", bad).path())
            .await
            .error("invalid_target");
    }
    let many = (0..20).fold(rp.request(), |request, n| request.add("resource", &format!("urn:x:{n}")));
    app.browser().get(&many.path()).await.error("invalid_target");
}

#[tokio::test]
async fn a_service_gets_tokens_for_its_resources_and_each_has_its_algorithm() {
    let app = app().await;
    let service = app
        .client(ClientKind::Service, |new| {
            new.redirect_uris.clear();
            new.metadata.resources = vec![ORDERS.to_owned(), VAULT.to_owned()];
            new.metadata.scope = app.app.config.known().scopes;
        })
        .await;
    let ask = |resources: &'static [&'static str]| {
        let service = service.clone();
        async move {
            let grant = ("grant_type", "client_credentials");
            let fields: Vec<_> = std::iter::once(grant).chain(resources.iter().map(|uri| ("resource", *uri))).collect();
            service.post("/token", &fields).await
        }
    };
    let orders = ask(&[ORDERS]).await.tokens();
    assert_eq!(orders.access_claims()["aud"], ORDERS);
    assert_eq!(orders.scope, "orders:read orders:write");
    let vault = ask(&[VAULT]).await.tokens();
    let header = latchkey::base::encoding::from_base64url(vault.access_token.split('.').next().unwrap()).unwrap();
    assert_eq!(serde_json::from_slice::<serde_json::Value>(&header).unwrap()["alg"], "ES256");
    assert_eq!((vault.access_claims()["aud"].as_str(), vault.scope.as_str()), (Some(VAULT), "vault:open"));
    // Several that take different algorithms cannot share a token.
    ask(&[ORDERS, VAULT]).await.error("invalid_target");
    ask(&[STOCK]).await.error("invalid_target");
    let own = ask(&[]).await.tokens();
    assert_eq!((own.access_claims()["aud"].as_str(), own.scope.as_str()), (Some(app.issuer()), ""));
    // A client that stands for a resource may introspect its tokens, and no others.
    let api = app
        .client(ClientKind::Service, |new| {
            new.redirect_uris.clear();
            new.metadata.resource_identifiers = vec![ORDERS.to_owned()];
        })
        .await;
    assert_eq!(api.introspect(&orders.access_token).await.expect(200).json()["active"], true);
    assert_eq!(api.introspect(&vault.access_token).await.expect(200).json()["active"], false);
}

#[tokio::test]
async fn a_resource_that_a_client_may_ask_for_no_longer_is_left_out_at_its_next_refresh() {
    let app = app().await;
    let rp = shop(&app).await;
    let request =
        rp.request().set("scope", "openid orders:read stock:read").add("resource", ORDERS).add("resource", STOCK);
    let code = app.browser().go_through(&request).await.code();
    let tokens = exchange(&rp, &code, &[]).await.tokens();
    let mut config = app.app.config.clone();
    config.resources.retain(|resource| resource.identifier != STOCK);
    let later = app.on(config).await;
    let rp = rp.on(&later);
    let left = refresh(&rp, tokens.refresh(), &[]).await.tokens();
    assert_eq!(left.access_claims()["aud"], json!([ORDERS, later.issuer()]));
    refresh(&rp, tokens.refresh(), &[STOCK]).await.error("invalid_target");
}

/// What a command answers, and how it ends.
fn command(app: &TestApp, args: &[&str]) -> (i32, String) {
    let output = run(latchkey(&app.app.config).args(args));
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    (output.status.code().unwrap(), said)
}

/// A client that acts for itself and may ask for the order book.
async fn robot(app: &TestApp) -> RelyingParty {
    app.client(ClientKind::Service, |new| {
        new.redirect_uris.clear();
        new.metadata.resources = vec![ORDERS.to_owned()];
        new.metadata.scope = "orders:read orders:write".split(' ').map(str::to_owned).collect();
    })
    .await
}

async fn ask(service: &RelyingParty) -> Reply {
    service.post("/token", &[("grant_type", "client_credentials"), ("resource", ORDERS)]).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn resources_are_registered_changed_and_removed_by_command_while_the_server_runs() {
    let app = TestApp::new().await;
    let robot = robot(&app).await;
    ask(&robot).await.error("invalid_target");
    let add = ["resource", "add", ORDERS, "--name", "The order book", "--scope", "orders:read", "--access-token", "5m"];
    let (code, said) = command(&app, &add);
    assert!(code == 0 && said.contains("The order book"), "{code}: {said}");
    app.clock.advance(seconds(1));
    let tokens = ask(&robot).await.tokens();
    assert_eq!((tokens.access_claims()["aud"].as_str(), tokens.expires_in), (Some(ORDERS), 300));
    let document = app.get("/.well-known/openid-configuration").await.json();
    assert!(document["scopes_supported"].as_array().unwrap().contains(&json!("orders:read")), "{document}");

    let edit = ["resource", "edit", ORDERS, "--scope", "orders:read orders:write", "--access-token", "default"];
    let (code, said) = command(&app, &edit);
    assert!(code == 0 && said.contains("orders:write") && said.contains("The order book"), "{code}: {said}");
    app.clock.advance(seconds(1));
    let tokens = ask(&robot).await.tokens();
    assert_eq!((tokens.scope.as_str(), tokens.expires_in), ("orders:read orders:write", 600));
    let (code, said) = command(&app, &["resource", "list", "--json"]);
    let listed: serde_json::Value = serde_json::from_str(&said).unwrap();
    assert_eq!((code, &listed[0]["identifier"], &listed[0]["access_token"]), (0, &json!(ORDERS), &json!(null)));

    let shop = app
        .client(ClientKind::Web, |new| {
            new.metadata.resources = vec![ORDERS.to_owned()];
            new.metadata.scope = "openid orders:read".split(' ').map(str::to_owned).collect();
        })
        .await;
    let request = shop.request().set("scope", "openid orders:read").add("resource", ORDERS);
    let code = app.browser().sign_in("alice").await.go_through(&request).await.code();
    let tokens = exchange(&shop, &code, &[]).await.tokens();
    assert_eq!(tokens.scope, "openid orders:read");

    assert_eq!(command(&app, &["resource", "remove", ORDERS]).0, 0);
    app.clock.advance(seconds(1));
    ask(&robot).await.error("invalid_target");
    let left = refresh(&shop, tokens.refresh(), &[]).await.tokens();
    assert_eq!((&left.access_claims()["aud"], left.scope.as_str()), (&json!(app.issuer()), "openid"));
    let (code, said) = command(&app, &["resource", "list"]);
    assert!(code == 0 && said.contains("There are no resources"), "{said}");
    let events = app.events().await;
    for event in ["resource_created", "resource_changed", "resource_removed"] {
        assert!(events.iter().any(|one| one == event), "{event} in {events:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_resource_that_contradicts_itself_or_others_is_refused_with_the_option_that_says_it() {
    let app = app().await;
    let issuer = app.issuer().to_owned();
    for (args, code, wanted) in [
        (&["add", "orders"][..], 2, "not an absolute URI"),
        (&["add", "https://a.example/#x"], 2, "fragment"),
        (&["add", &issuer], 2, "the issuer"),
        (&["add", "https://a.example", "--scope", "email"], 2, "--scope: email"),
        (&["add", "https://a.example", "--scope", "stock:read"], 2, "--scope: stock:read is another resource's"),
        (&["add", "https://a.example", "--access-token", "2h"], 2, "--access-token"),
        (&["add", "https://a.example", "--signing-algorithm", "PS256"], 2, "--signing-algorithm"),
        (&["edit", "https://a.example", "--name", "A"], 3, "No resource found for https://a.example."),
        (&["edit", "https://a.example"], 2, "--name"),
        (&["show", "https://a.example"], 3, "No resource found"),
        (&["remove", "https://a.example"], 3, "No resource found"),
        (&["add", ORDERS], 4, "configuration file"),
        (&["edit", ORDERS, "--name", "A"], 4, "configuration file"),
        (&["remove", ORDERS], 4, "configuration file"),
    ] {
        let all = [&["resource"], args].concat();
        let (ended, said) = command(&app, &all);
        assert!(ended == code && said.contains(wanted), "{all:?}: {ended}, {said}");
    }
    // Under a declared client's feet nothing changes either.
    let (code, said) = command(&app, &["client", "add", "--kind", "service", "--may-ask-for", "https://a.example"]);
    assert!(code == 2 && said.contains("--may-ask-for: there is no resource"), "{code}: {said}");
    assert_eq!(command(&app, &["client", "add", "--kind", "service", "--may-ask-for", ORDERS]).0, 0);
    assert_eq!(command(&app, &["resource", "add", "https://a.example"]).0, 0);
    assert_eq!(command(&app, &["resource", "add", "https://a.example"]).0, 4);
}

#[tokio::test]
async fn what_the_configuration_declares_no_longer_is_removed_and_what_a_command_registered_stays() {
    let app = app().await;
    latchkey::resources::add(&app.app, {
        let mut own = app.app.config.known().resources[0].clone();
        (own.identifier, own.scopes) =
            ("https://own.example".to_owned(), "own:read".split(' ').map(str::to_owned).collect());
        own
    })
    .await
    .unwrap()
    .unwrap();
    let mut config = app.app.config.clone();
    config.resources.retain(|one| one.identifier == ORDERS);
    let later = app.on(config).await;
    let known = latchkey::resources::known(&later.app).await.unwrap();
    let identifiers: Vec<_> = known.resources.iter().map(|one| one.identifier.as_str()).collect();
    assert_eq!(identifiers, [ORDERS, "https://own.example"]);
    assert!(known.scopes.contains("own:read") && !known.scopes.contains("stock:read"), "{}", known.scopes);
}

#[tokio::test]
async fn a_scope_of_a_resource_that_is_not_named_is_refused_before_anybody_allows_it() {
    let app = app().await;
    let rp = shop(&app).await;
    let mut browser = app.browser().sign_in("alice").await;
    for scope in ["orders:read", "openid orders:read"] {
        browser.get(&rp.request().set("scope", scope).path()).await.error("invalid_scope");
    }
    // Named for another one, it is left out of the question as of the token, unless nothing is left.
    let request = rp.request().add("resource", STOCK);
    browser.get(&request.clone().set("scope", "orders:read").path()).await.error("invalid_scope");
    let page = browser.get(&request.set("scope", "stock:read orders:read").path()).await;
    page.expect("consent");
    assert!(!page.text().contains("orders:read") && page.text().contains("stock:read"), "{}", page.text());
    let code = browser.go_on(page).await.code();
    assert_eq!(exchange(&rp, &code, &[]).await.tokens().scope, "stock:read");
    // One that it may not ask for at all is ignored like any other.
    let vault = rp.request().set("scope", "openid vault:open");
    let code = app.browser().go_through(&vault).await.code();
    assert_eq!(exchange(&rp, &code, &[]).await.tokens().scope, "openid");
}

#[tokio::test]
async fn no_token_is_given_without_any_of_the_scopes_that_were_asked_for() {
    let app = app().await;
    let robot = robot(&app).await;
    let grant = ("grant_type", "client_credentials");
    robot.post("/token", &[grant, ("scope", "orders:read")]).await.error("invalid_scope");
    let named = [grant, ("scope", "orders:read"), ("resource", ORDERS)];
    assert_eq!(robot.post("/token", &named).await.tokens().scope, "orders:read");
    // At a refresh that asks for less.
    let rp = shop(&app).await;
    let request = rp.request().set("scope", "orders:read stock:read").add("resource", ORDERS).add("resource", STOCK);
    let code = app.browser().go_through(&request).await.code();
    let tokens = exchange(&rp, &code, &[]).await.tokens();
    let ask = |scope: &'static str| {
        let (rp, token) = (rp.clone(), tokens.refresh().to_owned());
        async move {
            let grant = [("grant_type", "refresh_token"), ("refresh_token", &*token)];
            rp.post("/token", &[&grant[..], &[("scope", scope), ("resource", STOCK)]].concat()).await
        }
    };
    ask("orders:read").await.error("invalid_scope");
    assert_eq!(ask("orders:read stock:read").await.tokens().scope, "stock:read");
}

#[tokio::test]
async fn default_resources_that_have_changed_are_meant_by_grants_of_before() {
    let app = TestApp::new().await;
    let client = |default: &str| {
        let text = format!(
            "[[clients]]\nclient_id = 'shop'\nkind = 'web'\nredirect_uris = ['https://rp.example/callback']\n\
             default_resources = ['{default}']\nsecrets = ['a-secret-that-nobody-will-ever-guess']\n\
             [[scopes]]\nname = 'pay'\n"
        );
        let text = text.replace("kind = 'web'", "kind = 'web'\nscope = 'openid pay'");
        Config::read(Some((std::path::Path::new("latchkey.toml"), &text)), std::iter::empty()).unwrap().config
    };
    let with = |default: &str| {
        let (mut config, read) = (app.app.config.clone(), client(default));
        (config.clients, config.scopes) = (read.clients, read.scopes);
        config
    };
    let before = app.on(with("https://one.example")).await;
    let found = latchkey::clients::find(&before.app, "shop").await.unwrap().unwrap();
    let secret = Some("a-secret-that-nobody-will-ever-guess".into());
    let rp = RelyingParty::new(&before, (*found.client).clone(), secret);
    let mut grants = Vec::new();
    for scope in ["openid pay", "pay"] {
        let code = before.browser().go_through(&rp.request().set("scope", scope)).await.code();
        let tokens = exchange(&rp, &code, &[]).await.tokens();
        assert!(tokens.access_claims()["aud"].to_string().contains("https://one.example"));
        grants.push(tokens);
    }
    let later = before.on(with("https://two.example")).await;
    let rp = rp.on(&later);
    for (tokens, aud) in
        grants.iter().zip([json!(["https://two.example", later.issuer()]), json!("https://two.example")])
    {
        assert_eq!(refresh(&rp, tokens.refresh(), &[]).await.tokens().access_claims()["aud"], aud);
    }
}

#[tokio::test]
async fn what_is_gone_with_its_resource_is_an_invalid_grant_which_tells_clients_to_sign_people_in_again() {
    let app = app().await;
    let rp = shop(&app).await;
    let request = rp.request().set("scope", "stock:read").add("resource", STOCK);
    let code = app.browser().go_through(&request).await.code();
    let tokens = exchange(&rp, &code, &[]).await.tokens();
    let mut config = app.app.config.clone();
    config.resources.retain(|resource| resource.identifier != STOCK);
    let rp = rp.on(&app.on(config).await);
    refresh(&rp, tokens.refresh(), &[]).await.error("invalid_grant");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn default_resources_of_different_algorithms_are_refused_when_they_are_registered_and_at_the_start() {
    let app = app().await;
    let add = ["client", "add", "--kind", "service", "--resource"];
    let (code, said) = command(&app, &[&add[..], &[ORDERS, "--resource", VAULT]].concat());
    assert!(code == 2 && said.contains("--resource: ") && said.contains("algorithms"), "{code}: {said}");
    for other in ["https://a.example", "https://b.example"] {
        assert_eq!(command(&app, &["resource", "add", other]).0, 0);
    }
    let (code, said) = command(&app, &[&add[..], &["https://a.example", "--resource", "https://b.example"]].concat());
    assert_eq!(code, 0, "{said}");
    let edit = ["resource", "edit", "https://a.example", "--signing-algorithm"];
    let (code, said) = command(&app, &[&edit[..], &["ES256"]].concat());
    assert!(code == 2 && said.contains("--signing-algorithm: the client "), "{code}: {said}");
    assert_eq!(command(&app, &[&edit[..], &["RS256"]].concat()).0, 0);
    // The same by a configuration whose first algorithm is another one.
    let mut config = app.app.config.clone();
    config.tokens.signing_algorithms.reverse();
    let told = refused(&config).await;
    assert!(told.contains("default_resources"), "{told}");
    config.tokens.signing_algorithms = vec![latchkey::jose::Algorithm::ES256];
    config.resources.clear();
    let told = refused(&config).await;
    assert!(told.contains("RS256") && told.contains("https://a.example"), "{told}");
}

/// How a start is refused.
async fn refused(config: &Config) -> String {
    let surroundings = latchkey::server::boot::Surroundings::real();
    let refused = latchkey::server::boot::open(config.clone(), surroundings).await.err().expect("it is refused");
    format!("{refused:#}")
}

#[tokio::test]
async fn a_start_that_is_refused_has_declared_nothing() {
    let app = app().await;
    app.client(ClientKind::Web, |new| {
        new.metadata.id_token_signed_response_alg = Some(latchkey::jose::Algorithm::ES256)
    })
    .await;
    let mut config = app.app.config.clone();
    config.edition = latchkey::config::Edition::Numbered(2);
    config.tokens.signing_algorithms = vec![latchkey::jose::Algorithm::RS256];
    config.resources.retain(|one| one.identifier == ORDERS);
    config.resources[0].name = Some("Another name".to_owned());
    let told = refused(&config).await;
    assert!(told.contains("ES256") && told.contains("client"), "{told}");
    app.app.remembered_resources.forget();
    let known = latchkey::resources::known(&app.app).await.unwrap();
    assert_eq!((known.resources.len(), known.resources[0].name.as_str()), (3, "The order book"));
    // And the configuration of before is not an older one now.
    app.app.remembered_resources.forget();
    assert_eq!(latchkey::clients::declare::declare(&app.app, &app.app.config).await.unwrap().refused, None);
}
