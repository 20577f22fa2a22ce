//! OpenID Connect Discovery 1.0 §3, §4 and RFC 8414 §2, §3.

use std::sync::Arc;

use latchkey::oidc::resource::Resource;
use latchkey::resources;
use latchkey::site::Site;

use crate::harness::TestApp;

#[tokio::test]
async fn the_document_tells_what_is_offered() {
    let app = TestApp::new().await;
    let reply = app.get("/.well-known/openid-configuration").await.expect(200);
    assert!(reply.header("content-type").unwrap().starts_with("application/json"));
    let document = reply.json();
    assert_eq!(document["issuer"], app.issuer());
    let list = |name: &str| {
        document[name].as_array().unwrap().iter().map(|value| value.as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(list("response_types_supported"), ["code"]);
    assert_eq!(list("response_modes_supported"), ["query", "form_post"]);
    assert_eq!(list("grant_types_supported"), ["authorization_code", "refresh_token", "client_credentials"]);
    assert_eq!(list("code_challenge_methods_supported"), ["S256"]);
    assert_eq!(list("subject_types_supported"), ["public"]);
    assert_eq!(list("token_endpoint_auth_methods_supported"), ["client_secret_basic", "client_secret_post", "none"]);
    assert_eq!(list("ui_locales_supported"), ["en", "ar", "ru"]);
    assert!(list("id_token_signing_alg_values_supported").contains(&"RS256".to_owned()));
    assert!(list("scopes_supported").contains(&"openid".to_owned()));
    assert_eq!(document["authorization_response_iss_parameter_supported"], true);
    for off in ["claims_parameter_supported", "request_parameter_supported", "request_uri_parameter_supported"] {
        assert_eq!(document[off], false, "{off}");
    }
    for (name, value) in document.as_object().unwrap() {
        assert!(
            !value.is_null() && value.as_array().is_none_or(|list| !list.is_empty()),
            "{name} is left out if it is empty"
        );
    }
}

#[tokio::test]
async fn the_document_is_that_of_this_moment() {
    let app = TestApp::new().await;
    let document = async || app.get("/.well-known/openid-configuration").await.json();
    let before = document().await;
    assert_eq!(document().await, before);
    let mut pages = app.app.config.pages.clone();
    pages.policy_uri = Some("https://example.com/privacy".to_owned());
    let messages = Arc::clone(&app.app.site.get().messages);
    app.app.site.replace(Site::new(&app.app.config.issuer, &pages, messages).unwrap());
    assert_eq!(document().await["op_policy_uri"], "https://example.com/privacy");
    let orders = Resource {
        identifier: "https://orders.example".to_owned(),
        name: "Orders".to_owned(),
        scopes: ["orders:read".to_owned()].into_iter().collect(),
        access_token: None,
        algorithm: None,
    };
    resources::add(&app.app, orders).await.unwrap().unwrap();
    let document = document().await;
    assert!(document["scopes_supported"].to_string().contains("orders:read"), "{document}");
    assert_eq!(document["op_policy_uri"], "https://example.com/privacy");
}

#[tokio::test]
async fn every_endpoint_that_is_named_is_there() {
    let app = TestApp::new().await;
    let document = app.get("/.well-known/openid-configuration").await.json();
    for (name, value) in document.as_object().unwrap() {
        if name.ends_with("_endpoint") || name == "jwks_uri" {
            let status = app.get(value.as_str().unwrap()).await.status;
            assert_ne!(status, 404, "{name}");
        }
    }
    let other = app.get("/.well-known/oauth-authorization-server").await.json();
    assert_eq!(document, other);
}

#[tokio::test]
async fn clients_and_scopes_of_the_configuration_file_are_there_and_follow_it() {
    let mut declared = None;
    for (text, works) in [
        (
            "[[clients]]\nclient_id = 'cron'\nkind = 'service'\nsecrets = ['0123456789abcdef0123']\nscope = 'jobs'\n[[scopes]]\nname = 'jobs'\n",
            true,
        ),
        ("", false),
    ] {
        let loaded =
            latchkey::config::Config::read(Some((std::path::Path::new("x.toml"), text)), std::iter::empty()).unwrap();
        let app = TestApp::with(|config| {
            config.clients.clone_from(&loaded.config.clients);
            // As files have it: one that declares nothing says so.
            config.edition = latchkey::config::Edition::Numbered(1);
            config.scopes.clone_from(&loaded.config.scopes);
            if let Some(url) = declared.take() {
                config.database.url = Some(url);
            }
        })
        .await;
        declared = app.app.config.database.url.clone();
        let form =
            [("grant_type", "client_credentials"), ("client_id", "cron"), ("client_secret", "0123456789abcdef0123")];
        let reply = app.post("/token", &form).await;
        if works {
            assert_eq!(reply.tokens().scope, "jobs");
            assert!(app.get("/.well-known/openid-configuration").await.body.contains("\"jobs\""));
        } else {
            reply.error("invalid_client");
        }
    }
}
