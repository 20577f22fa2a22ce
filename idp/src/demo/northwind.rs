//! Northwind: a second provider, by whose accounts people can sign in to the first one.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use anyhow::{Context, anyhow};
use serde_json::json;
use tokio::net::TcpListener;

use super::person::person;
use crate::app::App;
use crate::base::network::Network;
use crate::clients;
use crate::commands::Failure;
use crate::commands::output::failed;
use crate::config::words::EmailProof;
use crate::config::{Color, Config, Issuer, LogLevel, Upstream};
use crate::oidc::client::metadata::ClientKind;
use crate::oidc::client::registration::NewClient;
use crate::server::boot::{self, Surroundings};
use crate::server::{accept, router};

/// The name of the provider in the configuration of the first one.
const NAME: &str = "northwind";

/// A provider that is ready to serve.
pub(super) struct Northwind {
    app: App,
    listener: TcpListener,
    declared: Upstream,
    /// The credentials of its user.
    pub(super) hint: (String, String),
}

impl Northwind {
    /// Starts it in this folder and on any free port, with a user in it, and the first provider, of this issuer, as its client.
    pub(super) async fn open(folder: PathBuf, first: &Issuer) -> Result<Self, Failure> {
        let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let listener = TcpListener::bind(any).await.context("no port is free for Northwind")?;
        let port = listener.local_addr().context("no port is free for Northwind")?.port();
        // Below a path, so that its cookies have other names than those of the first one, which is on the same host.
        let issuer = format!("http://localhost:{port}/{NAME}");
        let issuer = Issuer::parse(&issuer).map_err(|wanted| anyhow!("{issuer} is not {wanted}"))?;
        let mut config = Config { issuer, ..Config::default() };
        config.data_dir = folder;
        config.log.level = LogLevel::Warn;
        config.pages.operator_name = "Northwind".to_owned();
        config.pages.accent_color = Color::parse("#35618e");
        let app = boot::open(config, Surroundings::real()).await?;
        let profile = json!({ "name": "Nora Lindqvist", "locale": "en" });
        let hint = person(&app, ("nora", "nora@northwind.example"), &profile).await?;
        let new = NewClient {
            client_id: Some("latchkey".to_owned()),
            name: Some("Latchkey".to_owned()),
            redirect_uris: vec![first.url(&format!("/upstream/{NAME}/callback"))],
            first_party: true,
            ..NewClient::of_kind(ClientKind::Web)
        };
        let added = clients::add(&app, new).await.map_err(failed)?;
        let (client, secret) = added.map_err(|faults| anyhow!("the client of Northwind: {faults:?}"))?;
        let declared = Upstream {
            name: NAME.to_owned(),
            label: Some("Northwind".to_owned()),
            issuer: app.issuer().to_owned(),
            client_id: client.client_id,
            client_secret: secret,
            email_proof: EmailProof::Claim,
            ..Upstream::default()
        };
        Ok(Self { app, listener, declared, hint })
    }

    /// Lets people sign in to the first provider by it.
    pub(super) fn declare(&self, config: &mut Config) {
        config.outbound.allowed_networks = ["127.0.0.0/8", "::1/128"].into_iter().filter_map(Network::parse).collect();
        config.upstreams.push(self.declared.clone());
    }

    /// Serves until the task is aborted.
    pub(super) async fn serve(self) {
        let Self { app, listener, .. } = self;
        accept::serve(&app, router::router(&app), listener, None, std::future::pending()).await;
    }
}
