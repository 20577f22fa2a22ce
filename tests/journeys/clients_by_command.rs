//! An operator who manages clients on the command line while the server runs.

use std::time::Duration;

use latchkey::oidc::client::metadata::ClientKind;
use latchkey::oidc::client::registration::NewClient;
use latchkey::oidc::resource::Resource;
use latchkey::store::clients::client;
use serde_json::{Value, json};

use crate::harness::{Answer, RelyingParty, TestApp, answer, latchkey, made_up, run};

const CALLBACK: &str = "https://rp.example/callback";

/// A command, and the provider beside it, which sees its changes at once.
fn command(app: &TestApp, args: &[&str]) -> Answer {
    let answer = answer(&app.app.config, args);
    app.app.remembered_clients.forget();
    app.app.remembered_resources.forget();
    answer
}

/// What `client show` tells programs.
fn shown(app: &TestApp, client_id: &str) -> Value {
    command(app, &["client", "show", client_id, "--json"]).json()
}

/// The client as the provider has it, with this secret.
async fn relying_party(app: &TestApp, client_id: &str, secret: &str) -> RelyingParty {
    let mut conn = app.app.db.read().await.unwrap();
    let found = client::find(&mut conn, client_id, app.app.now()).await.unwrap().unwrap();
    RelyingParty::new(app, (*found.client).clone(), Some(secret.into()))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_is_added_with_every_option_and_shown_with_what_was_chosen_and_what_is_usual() {
    let app = TestApp::beside_a_process().await;
    let logo = app.app.config.data_dir.join("logo.svg");
    std::fs::create_dir_all(&app.app.config.data_dir).unwrap();
    std::fs::write(&logo, "<svg xmlns='http://www.w3.org/2000/svg'/>").unwrap();
    let logo = logo.to_str().unwrap();
    command(&app, &["resource", "add", "https://api.example", "--scope", "read"]).done();
    let add = [
        ["client", "add", "--kind", "web", "--client-id", "shop", "--redirect-uri", CALLBACK, "--name", "The Shop"]
            .as_slice(),
        &["--post-logout-redirect-uri", "https://rp.example/bye", "--origin", "https://rp.example", "--logo", logo],
        &["--client-uri", "https://rp.example", "--tos-uri", "https://rp.example/tos", "--scope", "openid email read"],
        &["--policy-uri", "https://rp.example/privacy", "--first-party", "--require-pkce", "false"],
        &["--rotate-refresh-tokens=true", "--id-token-claims", "false"],
        &["--token-endpoint-auth-method", "client_secret_post"],
        &["--id-token-signed-response-alg", "RS256", "--access-token-signed-response-alg", "RS256"],
        &["--resource", "https://own.example", "--may-ask-for", "https://api.example"],
        &["--resource-identifier", "https://rp.example/api", "--require-second-factor"],
        &["--allowed-network", "10.0.0.0/8", "--allowed-network", "::ffff:192.0.2.7"],
        &["--denied-network", "10.1.0.0/16"],
    ]
    .concat();
    let text = command(&app, &add).done();
    assert!(text.contains("Added client shop.") && text.contains("not shown again:\n\n  lk_cs_"), "{text}");
    let row = shown(&app, "shop");
    for (name, value) in [
        ("name", json!("The Shop")),
        ("kind", json!("web")),
        ("redirect_uris", json!([CALLBACK])),
        ("post_logout_redirect_uris", json!(["https://rp.example/bye"])),
        ("origins", json!(["https://rp.example"])),
        ("scope", json!("openid email read")),
        ("token_endpoint_auth_method", json!("client_secret_post")),
        ("first_party", json!(true)),
        ("require_pkce", json!(false)),
        ("rotate_refresh_tokens", json!(true)),
        ("id_token_signed_response_alg", json!("RS256")),
        ("access_token_signed_response_alg", json!("RS256")),
        ("id_token_claims", json!(false)),
        ("default_resources", json!(["https://own.example"])),
        ("resources", json!(["https://api.example"])),
        ("resource_identifiers", json!(["https://rp.example/api"])),
        ("require_second_factor", json!(true)),
        ("allowed_networks", json!(["10.0.0.0/8", "192.0.2.7/32"])),
        ("denied_networks", json!(["10.1.0.0/16"])),
        ("logo", json!("image/svg+xml")),
        ("client_uri", json!("https://rp.example")),
        ("tos_uri", json!("https://rp.example/tos")),
        ("policy_uri", json!("https://rp.example/privacy")),
        ("secrets", json!(1)),
        ("anonymous_accounts", json!(false)),
        ("defaults", json!(["grant_types", "response_types", "anonymous_accounts"])),
        ("disabled", json!(false)),
        ("declared", json!(false)),
    ] {
        assert_eq!(row[name], value, "{name}");
    }
    assert_eq!(row.get("client_secret"), None);
    // A second one has nothing but what its kind has.
    command(&app, &["client", "add", "--kind", "spa", "--client-id", "plain", "--redirect-uri", CALLBACK]).done();
    let text = command(&app, &["client", "show", "plain"]).done();
    let has = |name: &str, value: &str| {
        let line = text.lines().find(|line| line.split("  ").next() == Some(name));
        let line = line.unwrap_or_else(|| panic!("{name} in {text}"));
        assert_eq!(line.split_once("  ").unwrap().1.trim(), value, "{name}");
    };
    has("name", "plain (default)");
    has("origins", "https://rp.example");
    has("token_endpoint_auth_method", "none (default)");
    has("secrets", "none, since it is public");
    has("rotate_refresh_tokens", "yes (default)");
    has("access_token_signed_response_alg", "RS256 (default)");
    assert!(!text.contains("logo"), "{text}");
    assert_eq!(command(&app, &["client", "list", "--json"]).json().as_array().unwrap().len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_client_cannot_have_is_refused_with_what_to_write_instead() {
    let app = TestApp::beside_a_process().await;
    let add = ["client", "add", "--kind", "web", "--client-id", "shop"];
    for (args, words) in [
        (&["--redirect-uri", "https://*.rp.example/callback"][..], "list each redirect URI by itself"),
        (
            &["--redirect-uri", CALLBACK, "--scope", "openid read"],
            "latchkey resource add https://api.example.com --scope read",
        ),
        (&["--redirect-uri", CALLBACK, "--scope", "openid read"], "[[scopes]] in the configuration file"),
        (
            &["--redirect-uri", CALLBACK, "--may-ask-for", "https://x.example"],
            "latchkey resource add https://x.example",
        ),
        (&["--redirect-uri", CALLBACK, "--tos-uri", "javascript:alert(1)"], "--tos-uri: allowed: a URL"),
        (
            &["--redirect-uri", CALLBACK, "--access-token-signed-response-alg", "ES256"],
            "--access-token-signed-response-alg: ",
        ),
        (&["--redirect-uri", CALLBACK, "--logo", "/nowhere.png"], "--logo: "),
        (
            &["--redirect-uri", CALLBACK, "--allowed-network", "10.0.0.0/33"],
            "an address or a range of addresses, such as",
        ),
        (
            &["--redirect-uri", CALLBACK, "--allowed-network", "10.1.0.0/16", "--denied-network", "10.0.0.0/8"],
            "--denied-network: nobody would be admitted",
        ),
        (
            &["--redirect-uri", CALLBACK, "--require-second-factor", "--anonymous-accounts"],
            "--anonymous-accounts: not with require_second_factor",
        ),
        (&["--redirect-uri", CALLBACK, "--first-party", "perhaps"], "invalid value 'perhaps'"),
        (&[], "--redirect-uri: at least one is needed"),
    ] {
        command(&app, &[&add[..], args].concat()).refused(2, words);
    }
    assert_eq!(app.rows("client").await, 0);
    command(&app, &[&add[..], &["--redirect-uri", CALLBACK]].concat()).done();
    command(&app, &[&add[..], &["--redirect-uri", CALLBACK]].concat()).refused(4, "There is already a client");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_is_added_by_the_resources_as_they_are_when_it_is_written() {
    let app = TestApp::beside_a_process().await;
    command(&app, &["resource", "add", "https://a.example", "--scope", "read"]).done();
    let mut new = NewClient::of_kind(ClientKind::Service);
    new.metadata.resources = vec!["https://a.example".to_owned()];
    new.metadata.scope = "read".to_owned().try_into().unwrap();
    // A moment later, while the resources are remembered, another process removes this one.
    latchkey::resources::known(&app.app).await.unwrap();
    let replica = app.replica().await;
    latchkey::resources::remove(&replica.app, "https://a.example").await.unwrap().unwrap();
    let faults = latchkey::clients::add(&app.app, new).await.unwrap().unwrap_err();
    let members: Vec<_> = faults.iter().map(|fault| fault.member.as_str()).collect();
    assert_eq!((members, app.rows("client").await), (vec!["scope", "resources"], 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_resources_and_their_client_that_change_at_once_never_contradict_each_other() {
    use latchkey::jose::Algorithm::{ES256, RS256};
    let app = TestApp::with(|config| config.tokens.signing_algorithms = vec![RS256, ES256]).await;
    for n in 0..8 {
        let uris = ["a", "b"].map(|name| format!("https://{name}{n}.example"));
        for identifier in uris.clone() {
            let scopes = latchkey::oidc::scope::ScopeSet::default();
            let resource =
                Resource { name: identifier.clone(), identifier, scopes, access_token: None, algorithm: None };
            latchkey::resources::add(&app.app, resource).await.unwrap().unwrap();
        }
        let mut new = NewClient::of_kind(ClientKind::Service);
        new.metadata.default_resources = uris.to_vec();
        let (added, edited) = tokio::join!(
            latchkey::clients::add(&app.app, new),
            latchkey::resources::edit(&app.app, &uris[0], |one| one.algorithm = Some(ES256)),
        );
        assert_ne!(added.unwrap().is_ok(), edited.unwrap().is_ok(), "one of both is refused");
    }
    assert_eq!(latchkey::clients::declare::unsignable(&app.app).await.unwrap(), [""; 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_is_edited_member_by_member_and_the_rest_stays() {
    let app = TestApp::beside_a_process().await;
    let add =
        ["client", "add", "--kind", "spa", "--client-id", "shop", "--redirect-uri", CALLBACK, "--name", "The Shop"];
    command(&app, &add).done();
    let edit = |args: &[&str]| command(&app, &[&["client", "edit", "shop"], args].concat());
    let text = edit(&["--add-redirect-uri", "https://new.example/cb", "--remove-redirect-uri", CALLBACK]).done();
    assert!(text.starts_with("Changed client shop.\n"), "{text}");
    let row = shown(&app, "shop");
    assert_eq!(row["redirect_uris"], json!(["https://new.example/cb"]));
    assert_eq!(row["origins"], json!(["https://new.example"]), "the origin of a browser application goes with its URI");
    assert_eq!(row["name"], "The Shop");
    // Set, and set back.
    let row =
        edit(&["--policy-uri", "https://rp.example/p", "--first-party", "true", "--scope", "openid", "--json"]).json();
    assert_eq!((&row["policy_uri"], &row["first_party"]), (&json!("https://rp.example/p"), &json!(true)));
    assert_eq!((&row["scope"], &row["changed"]), (&json!("openid"), &json!(true)));
    edit(&["--add-scope", "email profile", "--remove-scope", "openid"]).done();
    assert_eq!(shown(&app, "shop")["scope"], "email profile");
    edit(&["--unset", "policy-uri", "--unset", "name", "--unset", "scope", "--first-party=false"]).done();
    let row = shown(&app, "shop");
    assert_eq!((&row["policy_uri"], &row["name"], &row["first_party"]), (&Value::Null, &json!("shop"), &json!(false)));
    assert!(row["defaults"].as_array().unwrap().contains(&json!("scope")), "{row}");
    // Nothing changes, and nothing is recorded.
    let changes = async || app.events().await.iter().filter(|kind| *kind == "client_changed").count();
    let before = changes().await;
    assert_eq!(before, 4);
    assert_eq!(edit(&["--first-party", "false", "--json"]).json()["changed"], false);
    assert_eq!(changes().await, before);
    // What is wrong is refused as a whole.
    for (args, code, words) in [
        (&["--name", "Better", "--remove-redirect-uri", CALLBACK][..], 2, "there are only https://new.example/cb"),
        (
            &["--name", "Better", "--remove-redirect-uri", "https://new.example/cb"],
            2,
            "redirect_uris: at least one is needed",
        ),
        (&["--name", "Better", "--remove-origin", "https://new.example"], 2, "is the origin of a redirect URI"),
        (&["--name", "Better", "--add-scope", "read"], 2, "no scope \"read\" is defined"),
        (&["--name", "Better", "--require-pkce", "false"], 2, "must use PKCE"),
        (&[], 2, "give at least one option"),
        (&["--unset", "client-id"], 2, "invalid value"),
    ] {
        edit(args).refused(code, words);
    }
    assert_eq!(shown(&app, "shop")["name"], "shop");
    command(&app, &["client", "edit", "nobody", "--name", "X"])
        .refused(3, "No client found with the client ID nobody.");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_edits_of_one_client_at_once_lose_nothing() {
    let app = TestApp::beside_a_process().await;
    command(&app, &["client", "add", "--kind", "web", "--client-id", "shop", "--redirect-uri", CALLBACK]).done();
    let tasks: Vec<_> = (0..8)
        .map(|n| {
            let app = app.app.clone();
            tokio::spawn(async move {
                let uri = format!("https://rp.example/{n}");
                let edited = move |new: &mut NewClient| {
                    new.redirect_uris.push(uri);
                    Ok(())
                };
                latchkey::clients::edit::edit(&app, "shop", false, edited).await.unwrap().unwrap()
            })
        })
        .collect();
    for task in tasks {
        assert!(task.await.unwrap());
    }
    assert_eq!(shown(&app, "shop")["redirect_uris"].as_array().unwrap().len(), 9);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_becomes_public_loses_its_secrets_only_if_told_to() {
    let app = TestApp::beside_a_process().await;
    command(&app, &["client", "add", "--kind", "web", "--client-id", "shop", "--redirect-uri", CALLBACK]).done();
    command(&app, &["client", "edit", "shop", "--kind", "spa"]).refused(2, "Its secret would be deleted");
    let row = command(&app, &["client", "edit", "shop", "--kind", "spa", "--yes", "--json"]).json();
    assert_eq!(
        (&row["kind"], &row["secrets"], &row["origins"]),
        (&json!("spa"), &json!(0), &json!(["https://rp.example"]))
    );
    assert_eq!(row["token_endpoint_auth_method"], "none");
    for args in [&["secret", "add", "shop"][..], &["secret", "list", "shop"], &["secret", "remove", "shop", "01234567"]]
    {
        command(&app, &[&["client"], args].concat()).refused(2, "Client shop is public");
    }
    let text = command(&app, &["client", "edit", "shop", "--kind", "web"]).done();
    assert!(text.contains("It has no valid secret. Add one: latchkey client secret add shop"), "{text}");
    assert_eq!(shown(&app, "shop")["origins"], json!([]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disabled_client_stops_working_and_goes_on_when_it_is_enabled() {
    let app = TestApp::beside_a_process().await;
    let rp = app.client(ClientKind::Spa, |new| new.client_id = Some("shop".to_owned())).await;
    let tokens = rp.tokens_of("alice").await;
    let text = command(&app, &["client", "disable", "shop"]).done();
    assert!(text.starts_with("Disabled client shop."), "{text}");
    rp.userinfo(&tokens.access_token).await.expect(401);
    rp.refresh(tokens.refresh()).await.error("invalid_client");
    let again = command(&app, &["client", "disable", "shop"]).done();
    assert!(again.contains("is disabled already"), "{again}");
    let row = command(&app, &["client", "enable", "shop", "--json"]).json();
    assert_eq!((&row["disabled"], &row["changed"]), (&json!(false), &json!(true)));
    rp.userinfo(&tokens.access_token).await.expect(200);
    rp.refresh(tokens.refresh()).await.tokens();
    let events = app.events().await;
    for kind in ["client_disabled", "client_enabled"] {
        assert_eq!(events.iter().filter(|one| *one == kind).count(), 1, "{kind}: {events:?}");
    }
    for verb in ["disable", "enable"] {
        command(&app, &["client", verb, "nobody"]).refused(3, "No client found");
    }
    // Enabled again in the middle of its removal, it stays.
    let (row, now) = (rp.client.id.clone(), app.app.now());
    let disable = made_up(move |tx| Box::pin(async move { client::disable(tx, &row, now).await }));
    let since = app.app.db.write(disable).await.unwrap().unwrap();
    command(&app, &["client", "enable", "shop"]).done();
    let removed = latchkey::clients::remove_disabled(&app.app, rp.client.id.clone(), since).await;
    assert!(matches!(removed, Err(latchkey::store::db::Error::Conflict)), "{removed:?}");
    let json = command(&app, &["client", "remove", "shop", "--json"]).json();
    assert_eq!(json, json!({ "client_id": "shop", "removed": true }));
    command(&app, &["client", "remove", "shop"]).refused(3, "No client found with the client ID shop.");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_no_server_could_sign_for_is_not_enabled() {
    let app = TestApp::beside_a_process().await;
    // As one more algorithm is configured.
    let wider = |args: &[&str]| {
        let both = [("LATCHKEY__TOKENS__SIGNING_ALGORITHMS", "RS256,ES256")];
        run(latchkey(&app.app.config).args(args).envs(both)).status.code()
    };
    let (a, b) = ("https://a.example", "https://b.example");
    for resource in [a, b] {
        command(&app, &["resource", "add", resource]).done();
    }
    let add = ["client", "add", "--kind", "service", "--client-id"];
    command(&app, &[&add[..], &["torn", "--resource", a, "--resource", b]].concat()).done();
    let es256 = ["ahead", "--access-token-signed-response-alg", "ES256"];
    assert_eq!(wider(&[&add[..], &es256].concat()), Some(0));
    for client in ["torn", "ahead"] {
        command(&app, &["client", "disable", client]).done();
    }
    // Nothing prevents that, as long as the client is disabled.
    assert_eq!(wider(&["resource", "edit", a, "--signing-algorithm", "ES256"]), Some(0));
    assert_eq!(wider(&["client", "enable", "torn"]), Some(4));
    let said = command(&app, &["client", "enable", "ahead"]).refused(4, "Client ahead cannot be enabled as it is.");
    let fault = "--access-token-signed-response-alg: ES256 is not among tokens.signing_algorithms";
    assert!(said.contains("latchkey client edit ahead") && said.contains(fault), "{said}");
    for client in ["torn", "ahead"] {
        assert_eq!(shown(&app, client)["disabled"], true, "{client}");
    }
    assert!(!app.events().await.contains(&"client_enabled".to_owned()));
    // Mended, it is enabled.
    command(&app, &["client", "edit", "ahead", "--unset", "access-token-signed-response-alg"]).done();
    command(&app, &["client", "enable", "ahead"]).done();
    assert_eq!(wider(&["resource", "edit", b, "--signing-algorithm", "ES256"]), Some(0));
    assert_eq!(wider(&["client", "enable", "torn"]), Some(0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_secret_is_replaced_without_an_outage() {
    let app = TestApp::beside_a_process().await;
    let added = command(&app, &["client", "add", "--kind", "service", "--client-id", "robot", "--json"]).json();
    let first = relying_party(&app, "robot", added["client_secret"].as_str().unwrap()).await;
    let works = async |rp: &RelyingParty| {
        app.app.remembered_clients.forget();
        rp.client_credentials().await.status == 200
    };
    assert!(works(&first).await);
    let text = command(&app, &["client", "secret", "add", "robot"]).done();
    let secret = text.lines().last().unwrap().trim();
    assert!(text.starts_with("Added secret ") && secret.starts_with("lk_cs_"), "{text}");
    let second = relying_party(&app, "robot", secret).await;
    assert!(works(&first).await && works(&second).await, "both work");
    let listed = command(&app, &["client", "secret", "list", "robot", "--json"]).json();
    let secrets = listed.as_array().unwrap();
    assert_eq!(secrets.len(), 2);
    assert_eq!(secrets[1]["ending"].as_str().unwrap(), &secret[secret.len() - 4..]);
    let (old, new) = (secrets[0]["secret"].as_str().unwrap(), secrets[1]["secret"].as_str().unwrap());
    let text = command(&app, &["client", "secret", "list", "robot"]).done();
    assert!(text.contains(old) && text.contains("never") && !text.contains(secret), "{text}");
    let removed = command(&app, &["client", "secret", "remove", "robot", old]).done();
    assert!(removed.contains(&format!("Removed secret {old} from client robot.")), "{removed}");
    assert!(!works(&first).await && works(&second).await);
    // The last one stays unless that is wished.
    command(&app, &["client", "secret", "remove", "robot", old]).refused(3, &format!("has only these secrets: {new}"));
    command(&app, &["client", "secret", "remove", "robot", new]).refused(2, "the last valid secret of client robot");
    assert!(works(&second).await);
    command(&app, &["client", "secret", "remove", "robot", new, "--yes"]).done();
    assert!(!works(&second).await);
    let text = command(&app, &["client", "secret", "list", "robot"]).done();
    assert!(text.contains("Client robot has no secrets."), "{text}");
    let events = app.events().await;
    for (kind, count) in [("client_secret_added", 1), ("client_secret_removed", 2)] {
        assert_eq!(events.iter().filter(|one| *one == kind).count(), count, "{kind}: {events:?}");
    }
    command(&app, &["client", "secret", "add", "nobody"]).refused(3, "No client found");
    command(&app, &["client", "secret", "list", "nobody"]).refused(3, "No client found");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_secret_that_expires_stops_by_itself_and_counts_no_longer_as_one() {
    let app = TestApp::beside_a_process().await;
    let added = command(&app, &["client", "add", "--kind", "service", "--client-id", "robot", "--json"]).json();
    command(&app, &["client", "secret", "add", "robot", "--expires-in", "5s"]).refused(2, "--expires-in: ");
    command(&app, &["client", "secret", "add", "robot", "--expires-in", "30"]).refused(2, "a duration needs a unit");
    let json = command(&app, &["client", "secret", "add", "robot", "--expires-in", "30d", "--json"]).json();
    assert_eq!(json["valid"], true);
    let soon = relying_party(&app, "robot", json["client_secret"].as_str().unwrap()).await;
    soon.client_credentials().await.expect(200);
    // Thirty days later.
    let ago = (app.app.now() - Duration::from_secs(1)).micros();
    app.execute(format!("UPDATE client_secret SET expires_at = {ago} WHERE expires_at IS NOT NULL")).await;
    soon.client_credentials().await.error("invalid_client");
    assert_eq!(shown(&app, "robot")["secrets"], 1);
    let listed = command(&app, &["client", "secret", "list", "robot", "--json"]).json();
    let states: Vec<_> = listed.as_array().unwrap().iter().map(|one| one["valid"].as_bool().unwrap()).collect();
    assert_eq!(states, [true, false]);
    let [first, expired] = [0, 1].map(|n| listed[n]["secret"].as_str().unwrap());
    command(&app, &["client", "secret", "remove", "robot", first]).refused(2, "the last valid secret");
    let json = command(&app, &["client", "secret", "remove", "robot", expired, "--json"]).json();
    assert_eq!(json, json!({ "client_id": "robot", "secret": expired, "removed": true }));
    let failure = command(&app, &["client", "secret", "remove", "robot", expired, "--json"]).refused(3, "not_found");
    let failure: Value = serde_json::from_str(&failure).unwrap();
    assert!(failure["message"].as_str().unwrap().contains(first), "{failure}");
    relying_party(&app, "robot", added["client_secret"].as_str().unwrap()).await.client_credentials().await.expect(200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_of_the_configuration_file_is_changed_only_there() {
    let app = TestApp::beside_a_process().await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("latchkey.toml");
    let declare = async |edition: u32, clients: &str| {
        let text = format!("edition = {edition}\n{clients}");
        std::fs::write(&path, &text).unwrap();
        let loaded = latchkey::config::Config::read(Some((&path, &text)), std::iter::empty()).unwrap();
        let mut config = app.app.config.clone();
        (config.clients, config.edition) = (loaded.config.clients, loaded.config.edition);
        latchkey::clients::declare::declare(&app.app, &config).await.unwrap();
    };
    declare(
        1,
        "[[clients]]\nclient_id = 'declared'\nkind = 'web'\nredirect_uris = ['https://rp.example/callback']\n\
         secrets = ['0123456789abcdef0123456789abcdef']\n",
    )
    .await;
    let all = [
        &["edit", "declared", "--name", "X"][..],
        &["disable", "declared"],
        &["enable", "declared"],
        &["secret", "add", "declared"],
        &["secret", "remove", "declared", "01234567"],
        &["remove", "declared"],
    ];
    for args in all {
        let said = command(&app, &[&["client"], args].concat()).refused(4, "is declared in the configuration file");
        assert!(said.contains("[[clients]]"), "{said}");
    }
    let listed = command(&app, &["client", "secret", "list", "declared", "--json"]).json();
    assert_eq!((listed.as_array().unwrap().len(), &listed[0]["ending"]), (1, &Value::Null));
    let text = command(&app, &["client", "show", "declared"]).done();
    assert!(
        text.contains("declared in the configuration") && text.contains("yes, and can be changed only there"),
        "{text}"
    );
    // It has left the file: it is disabled, and can be removed and nothing else.
    declare(2, "").await;
    for args in &all[..5] {
        command(&app, &[&["client"], *args].concat()).refused(4, "no longer in the configuration file");
    }
    let text = command(&app, &["client", "remove", "declared"]).done();
    assert!(text.contains("Removed client declared and everything that it was granted."), "{text}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_chooses_the_algorithm_of_its_access_tokens_where_no_registered_resource_does() {
    use latchkey::jose::Algorithm::{ES256, RS256};
    let app = TestApp::with(|config| config.tokens.signing_algorithms = vec![RS256, ES256]).await;
    let algorithm = |jwt: &str| -> Value {
        let header = latchkey::base::encoding::from_base64url(jwt.split('.').next().unwrap()).unwrap();
        serde_json::from_slice::<Value>(&header).unwrap()["alg"].clone()
    };
    let rp = app
        .client(ClientKind::Web, |new| {
            new.metadata.access_token_signed_response_alg = Some(ES256);
        })
        .await;
    let tokens = rp.tokens_of("alice").await;
    assert_eq!(algorithm(&tokens.access_token), "ES256");
    assert_eq!(algorithm(tokens.id_token.as_deref().unwrap()), "RS256", "its ID tokens have their own");
    rp.userinfo(&tokens.access_token).await.expect(200);
    assert_eq!(rp.introspect(&tokens.access_token).await.expect(200).json()["active"], true);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_scope_that_a_client_has_lost_is_not_given_at_the_next_refresh() {
    let app = TestApp::beside_a_process().await;
    let rp = app.spa().await;
    let tokens = rp.tokens_of("alice").await;
    assert!(tokens.access_claims()["scope"].as_str().unwrap().contains("email"), "{}", tokens.access_claims());
    command(&app, &["client", "edit", rp.id(), "--scope", "openid"]).done();
    app.clock.advance(std::time::Duration::from_secs(2));
    let next = rp.refresh(tokens.refresh()).await.tokens();
    assert_eq!(next.access_claims()["scope"], "openid");
    let person = rp.userinfo(&next.access_token).await.expect(200).json();
    assert_eq!(person.get("email"), None, "{person}");
}
