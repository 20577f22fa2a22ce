//! `latchkey demo`: a provider in a temporary folder, a user in it, an application that signs people in through it, and a second provider by
//! whose accounts people can sign in to the first one.

mod application;
mod northwind;
mod person;

use std::path::PathBuf;

use anyhow::anyhow;
use serde_json::json;
use tokio::net::TcpListener;

use crate::app::App;
use crate::base::encoding::base64url;
use crate::base::random::Random;
use crate::clients;
use crate::commands::output::failed;
use crate::commands::{Demo, Failure, Outcome, Output};
use crate::config::{Config, Issuer, LogLevel, SignUp};
use crate::mail::tray::Tray;
use crate::oidc::client::metadata::ClientKind;
use crate::oidc::client::registration::NewClient;
use crate::server::boot::{self, Surroundings};
use crate::server::process::{runtime, stop_signal};
use crate::server::{accept, jobs, log, not_listening, router};

use northwind::Northwind;
use person::person;

/// Starts a provider in a temporary folder with a user in it, an application that signs people in through it, and another provider.
pub fn run(ports: Demo) -> Outcome {
    let folder = TemporaryFolder::make()?;
    let mut config = Config { issuer: Issuer::localhost(ports.port), ..Config::default() };
    config.data_dir = folder.0.clone();
    config.login.sign_up = SignUp::Open;
    config.log.level = LogLevel::Warn;
    let _log = log::start(&config);
    runtime()?.block_on(async move {
        let at = |port, option| async move {
            let address = std::net::SocketAddr::from(([127, 0, 0, 1], port));
            TcpListener::bind(address).await.map_err(|error| not_listening(address, option, &error))
        };
        let provider_listener = at(ports.port, "--port").await?;
        let app_listener = at(ports.app_port, "--app-port").await?;
        let origin = format!("http://localhost:{}/", ports.app_port);
        let letters = Tray::default();
        let surroundings = Surroundings { tray: Some(letters.clone()), ..Surroundings::real() };
        let northwind = Northwind::open(folder.0.join("northwind"), &config.issuer).await?;
        northwind.declare(&mut config);
        let app = boot::open(config, surroundings).await?;
        let sending = app.clone();
        let sending = tokio::spawn(async move { jobs::send_letters(&sending).await });
        let profile =
            json!({ "name": "Alice Liddell", "given_name": "Alice", "family_name": "Liddell", "locale": "en" });
        let hint = person(&app, ("alice", "alice@example.com"), &profile).await?;
        let registration = demo_client(&app, &origin, (hint, northwind.hint.clone()), letters).await?;
        println!(
            "\n  Open {origin}\n\nThe provider is {}. The letters that it sends are shown at {origin}letters. Press Ctrl+C to stop; everything is deleted then.",
            app.issuer()
        );
        let application = axum::serve(app_listener, application::application(registration)?);
        let application = tokio::spawn(application.into_future());
        let northwind = tokio::spawn(northwind.serve());
        accept::serve(&app, router::router(&app), provider_listener, None, stop_signal()).await;
        application.abort();
        northwind.abort();
        sending.abort();
        app.db.close().await;
        drop(folder);
        Ok(Output::new("Stopped; everything was deleted.", &json!({ "stopped": true })))
    })
}

async fn demo_client(
    app: &App,
    origin: &str,
    (hint, elsewhere): ((String, String), (String, String)),
    letters: Tray,
) -> Result<application::Registration, Failure> {
    let new = NewClient {
        client_id: Some("demo".to_owned()),
        name: Some("The Herons’ Club".to_owned()),
        redirect_uris: vec![format!("{origin}callback")],
        post_logout_redirect_uris: vec![origin.to_owned()],
        ..NewClient::of_kind(ClientKind::Web)
    };
    let added = clients::add(app, new).await.map_err(failed)?;
    let (client, secret) = added.map_err(|faults| anyhow!("the client demo: {faults:?}"))?;
    Ok(application::Registration {
        issuer: app.issuer().to_owned(),
        client_id: client.client_id,
        client_secret: secret.map(|secret| secret.expose().to_owned()).unwrap_or_default(),
        origin: origin.to_owned(),
        hint,
        elsewhere,
        letters,
    })
}

/// A folder that is deleted when this is dropped.
struct TemporaryFolder(PathBuf);

impl TemporaryFolder {
    fn make() -> Result<Self, Failure> {
        let name = format!("latchkey-demo-{}", base64url(&Random::System.bytes::<9>()));
        Ok(Self(std::env::temp_dir().join(name)))
    }
}

impl Drop for TemporaryFolder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
