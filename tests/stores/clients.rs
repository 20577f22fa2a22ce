//! `clients`: those that the configuration declares, and what they are named by.

use latchkey::clients;
use latchkey::config::{Config, Edition};
use latchkey::oidc::client::metadata::ClientKind;
use latchkey::store::clients::client;
use latchkey::store::db::Error;

use crate::harness::{RelyingParty, TestApp, made_up, minutes, seconds};

/// The configuration with one client declared in it.
fn declaring(client_id: &str) -> impl FnOnce(&mut Config) + use<> {
    let document = format!(
        "[[clients]]\nclient_id = '{client_id}'\nkind = 'web'\nredirect_uris = ['https://shop.example/callback']\n\
         secrets = ['a-secret-that-nobody-will-ever-guess']\n"
    );
    let loaded = Config::read(Some((std::path::Path::new("latchkey.toml"), &document)), std::iter::empty()).unwrap();
    |config| config.clients = loaded.config.clients
}

#[tokio::test]
async fn a_declared_client_is_removed_once_it_has_left_the_file_and_not_before() {
    let app = TestApp::with(declaring("shop")).await;
    clients::declare::declare(&app.app, &app.app.config).await.unwrap();
    assert!(matches!(clients::remove(&app.app, "shop").await, Err(Error::Conflict)), "it stands in the file");
    let mut config = app.app.config.clone();
    config.clients.clear();
    config.edition = Edition::Numbered(1);
    let later = app.on(config).await;
    clients::declare::declare(&later.app, &later.app.config).await.unwrap();
    let found = client::find(&mut later.app.db.read().await.unwrap(), "shop", later.app.now()).await.unwrap().unwrap();
    assert!(found.client.disabled);
    assert!(clients::remove(&later.app, "shop").await.unwrap());
    assert!(!clients::remove(&later.app, "shop").await.unwrap(), "it has gone");
    // Its name is free again.
    later.client(ClientKind::Web, |new| new.client_id = Some("shop".to_owned())).await;
}

#[tokio::test]
async fn a_client_that_is_declared_again_while_it_is_removed_stays_with_what_it_was_granted() {
    let app = TestApp::with(declaring("shop")).await;
    let mut without = app.app.config.clone();
    without.clients.clear();
    without.edition = Edition::Numbered(1);
    clients::declare::declare(&app.app, &without).await.unwrap();
    // The command has disabled it, or found it so.
    let found = client::find(&mut app.app.db.read().await.unwrap(), "shop", app.app.now()).await.unwrap().unwrap();
    let (row, now) = (found.client.id.clone(), app.app.now());
    let disabled = app
        .app
        .db
        .write(made_up(move |tx| Box::pin(async move { client::disable(tx, &row, now).await })))
        .await
        .unwrap();
    let mut with = app.app.config.clone();
    with.edition = Edition::Numbered(2);
    clients::declare::declare(&app.app, &with).await.unwrap();
    let secret = Some("a-secret-that-nobody-will-ever-guess".into());
    let now = clients::find(&app.app, "shop").await.unwrap().unwrap();
    let rp = RelyingParty::new(&app, (*now.client).clone(), secret);
    let request = rp.request().set("redirect_uri", "https://shop.example/callback");
    app.browser().go_through(&request).await.code();
    let outcome = clients::remove_disabled(&app.app, found.client.id.clone(), disabled.unwrap()).await;
    assert!(matches!(outcome, Err(Error::Conflict)), "{outcome:?}");
    assert_eq!((app.rows("client").await, app.rows("client_grant").await, app.rows("consent").await), (1, 1, 1));
    assert!(!app.events().await.contains(&"client_removed".to_owned()));
}

#[tokio::test]
async fn a_file_with_a_time_to_come_keeps_no_later_change_out() {
    let app = TestApp::with(declaring("shop")).await;
    let now = app.app.now();
    let declare = async |client_id: &str, edition: Edition| {
        let mut config = app.app.config.clone();
        declaring(client_id)(&mut config);
        config.edition = edition;
        clients::declare::declare(&app.app, &config).await.unwrap()
    };
    assert_eq!(declare("tomorrows", Edition::Changed(now + minutes(24 * 60))).await.written, ["tomorrows"]);
    app.clock.advance(seconds(2));
    assert_eq!(declare("todays", Edition::Changed(now + seconds(1))).await.written, ["todays"]);
    // One that the release before has written down, or a clock that was set back since.
    let micros = (now + minutes(24 * 60)).micros();
    app.execute(format!("UPDATE installation SET value = 'changed {micros}' WHERE name = 'declared.edition'")).await;
    assert_eq!(declare("next", Edition::Changed(now + seconds(2))).await.written, ["next"]);
    assert!(declare("older", Edition::Changed(now)).await.refused.is_some(), "and an older one is an older one");
}

#[tokio::test]
async fn no_name_that_is_made_here_begins_as_an_option_of_the_command_line() {
    let app = TestApp::new().await;
    for n in 0..300 {
        let service = app.service().await;
        assert!(!service.id().starts_with('-'), "{}", service.id());
        let sub = latchkey::account::users::add(
            &app.app,
            latchkey::account::users::NewUser {
                sub: None,
                profile: serde_json::Map::new(),
                identifiers: vec![latchkey::login::identifier::parse(&format!("person{n}"), None).unwrap()],
                password: None,
                roles: vec![],
            },
        )
        .await
        .unwrap()
        .sub;
        assert!(!sub.starts_with('-'), "{sub}");
    }
    // A key's name is its thumbprint: another key is made until it has one that serves.
    for _ in 0..300 {
        let key = latchkey::jose::SigningKey::generate(latchkey::jose::Algorithm::EdDSA).unwrap();
        assert!(!key.kid().starts_with('-'), "{}", key.kid());
    }
}
