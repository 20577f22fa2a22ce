//! `clients`: those that the configuration declares, and what they are named by.

use latchkey::clients;
use latchkey::config::{Config, Edition};
use latchkey::oidc::client_metadata::ClientKind;
use latchkey::store::client;
use latchkey::store::db::Error;

use crate::harness::TestApp;

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
    clients::declare(&app.app, &app.app.config).await.unwrap();
    assert!(matches!(clients::remove(&app.app, "shop").await, Err(Error::Conflict)), "it stands in the file");
    let mut config = app.app.config.clone();
    config.clients.clear();
    config.edition = Edition::Numbered(1);
    let later = app.on(config).await;
    clients::declare(&later.app, &later.app.config).await.unwrap();
    let found = client::find(&mut later.app.db.read().await.unwrap(), "shop", later.app.now()).await.unwrap().unwrap();
    assert!(found.client.disabled);
    assert!(clients::remove(&later.app, "shop").await.unwrap());
    assert!(!clients::remove(&later.app, "shop").await.unwrap(), "it has gone");
    // Its name is free again.
    later.client(ClientKind::Web, |new| new.client_id = Some("shop".to_owned())).await;
}

#[tokio::test]
async fn no_name_that_is_made_here_begins_as_an_option_of_the_command_line() {
    let app = TestApp::new().await;
    for n in 0..300 {
        let service = app.service().await;
        assert!(!service.id().starts_with('-'), "{}", service.id());
        let sub = latchkey::login::users::add(
            &app.app,
            latchkey::login::users::NewUser {
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
