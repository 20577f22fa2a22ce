//! Clients and resources that the configuration declares.

use std::collections::BTreeSet;

use crate::app::App;
use crate::base::clock::Timestamp;
use crate::base::token::TokenHash;
use crate::clients::{TURN, build};
use crate::config::{Config, Edition};
use crate::jose::Algorithm;
use crate::oidc::client::metadata::Client;
use crate::oidc::resource::{Resource, differ};
use crate::oidc::scope::ScopeSet;
use crate::resources;
use crate::store::clients::client::{self, NewSecret};
use crate::store::clients::resource;
use crate::store::db::{Change, Result, Tx};
use crate::store::installation;

/// Which clients and resources require a signature that these algorithms cannot give, and why: each of their exchanges
/// would fail.
pub async fn unsignable(app: &App) -> Result<Vec<String>> {
    let conn = &mut *app.db.read().await?;
    let all = client::list(conn, app.now()).await?;
    let resources: Vec<_> = resource::list(conn).await?.into_iter().map(|one| one.resource).collect();
    let clients = all.iter().map(|one| &*one.client);
    Ok(without_signature(clients, &resources, &app.config.tokens.signing_algorithms))
}

fn without_signature<'a>(
    clients: impl Iterator<Item = &'a Client>,
    resources: &[Resource],
    offered: &[Algorithm],
) -> Vec<String> {
    let mut told = Vec::new();
    for client in clients.filter(|client| !client.disabled) {
        let name = &client.client_id;
        if let (None, Some(wanted)) = (client.id_token_algorithm(offered), client.metadata.id_token_signed_response_alg)
        {
            told.push(format!("tokens.signing_algorithms lacks {wanted}, which ID tokens of the client {name} want"));
        }
        if let Some(wanted) = client.metadata.access_token_signed_response_alg.filter(|it| !offered.contains(it)) {
            told.push(format!(
                "tokens.signing_algorithms lacks {wanted}, which access tokens of the client {name} want"
            ));
        }
        if differ(&client.metadata, resources, offered) {
            told.push(format!("the client {name} has default_resources whose tokens want different algorithms"));
        }
    }
    for resource in resources {
        if let Some(wanted) = resource.algorithm.filter(|wanted| !offered.contains(wanted)) {
            let name = &resource.identifier;
            told.push(format!("tokens.signing_algorithms lacks {wanted}, which tokens for the resource {name} want"));
        }
    }
    told
}

/// The outcome of a declaration.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Declared {
    /// The names of clients that were added or changed.
    pub written: Vec<String>,
    /// The names of clients that are no longer declared and were disabled.
    pub disabled: Vec<String>,
    /// The outcome for the declared resources.
    pub resources: resources::Outcome,
    /// The signatures that are not possible, if nothing was written because of them.
    pub unsignable: Vec<String>,
    /// This edition and the newer one that is in force, if nothing was written because of that.
    pub refused: Option<(Edition, Edition)>,
}

impl Declared {
    /// Says in the log what has changed, or why nothing has.
    pub fn log(&self) {
        if let Some((own, newer)) = &self.refused {
            tracing::warn!(
                "the clients and resources of this configuration ({own}) are not declared: those of a newer one ({newer}) are in \
                 force. Where the older one is meant, raise its edition or change its file"
            );
        }
        self.resources.log();
        if !self.written.is_empty() {
            tracing::info!(clients = self.written.join(" "), "clients of the configuration were added or changed");
        }
        if !self.disabled.is_empty() {
            tracing::warn!(
                clients = self.disabled.join(" "),
                "clients that the configuration no longer declares were disabled"
            );
        }
    }
}

/// The installation fact that holds the edition of the last declaration.
const EDITION: &str = "declared.edition";
const DIGEST: &str = "declared.digest";

/// A client as it is declared, with the hashes of its secrets.
type Declaration = (Client, Vec<TokenHash>);

/// A client as text, without the id and the times of its row: the client has changed if the text differs.
fn shape(client: &Client, secrets: &[TokenHash]) -> String {
    let sorted = |uris: &[String]| -> BTreeSet<String> { uris.iter().cloned().collect() };
    let secrets: BTreeSet<&str> = secrets.iter().map(TokenHash::as_str).collect();
    let uris = [&client.redirect_uris, &client.post_logout_redirect_uris, &client.origins].map(|uris| sorted(uris));
    let Client { client_id, name, kind, metadata, first_party, disabled, .. } = client;
    format!("{:?}", (client_id, name, kind, metadata, first_party, disabled, uris, secrets))
}

/// Writes the clients and resources that a configuration declares, unless a newer configuration has declared others.
/// Clients that are no longer declared are disabled, and such resources removed. A configuration that has no file and
/// declares none leaves them unchanged.
pub async fn declare(app: &App, config: &Config) -> Result<Declared> {
    let declared: Vec<Declaration> = config
        .clients
        .iter()
        .map(|declared| {
            let client = build(app.id(), declared.client_id.clone(), declared.to_new(), app.now());
            (client, declared.secrets.iter().map(|secret| TokenHash::of(secret.expose())).collect())
        })
        .collect();
    let resources = config.known().resources;
    let (now, algorithms) = (app.now(), app.config.tokens.signing_algorithms.clone());
    // The edition may lie in the future (a clock that was ahead, an archive), and would then block every later change
    // until that time.
    let edition = config.edition.at_most(now);
    if declared.is_empty() && resources.is_empty() {
        let conn = &mut *app.db.read().await?;
        let any = client::list(conn, now).await?.iter().any(|known| known.declared)
            || resource::list(conn).await?.iter().any(|known| known.declared);
        if edition == Edition::Unknown || !any {
            return Ok(Declared::default());
        }
    }
    let declare = Declare { clients: declared, resources, scopes: config.own_scopes(), algorithms, edition, now };
    let outcome = app.db.write(declare).await;
    app.remembered_clients.forget();
    app.remembered_resources.forget();
    outcome
}

/// Writes all that one configuration declares.
#[derive(Clone)]
struct Declare {
    clients: Vec<Declaration>,
    resources: Vec<Resource>,
    /// The scopes that exist independently of resources.
    scopes: ScopeSet,
    /// The signing algorithms.
    algorithms: Vec<Algorithm>,
    edition: Edition,
    /// The present moment; the edition is not later.
    now: Timestamp,
}

impl Change for Declare {
    type Outcome = Declared;

    async fn apply(self, tx: &mut Tx<'_>) -> Result<Declared> {
        let Self { clients: declared, resources: of_resources, scopes, algorithms: offered, edition, now } = self;
        installation::in_turn(tx, TURN).await?;
        let shapes: Vec<_> = declared.iter().map(|(client, hashes)| shape(client, hashes)).collect();
        let digest = TokenHash::of(&format!("{}\n{of_resources:?}", shapes.join("\n"))).as_str().to_owned();
        let last = installation::find(tx, EDITION).await?.map_or(Edition::Unknown, |text| Edition::from_text(&text));
        if edition.is_before(last, now) {
            // An older edition with the same content undoes nothing, so it is no reason to warn.
            let same = installation::find(tx, DIGEST).await?.is_some_and(|last| last == digest);
            let refused = (!same).then_some((edition, last));
            return Ok(Declared { refused, ..Declared::default() });
        }
        let present = client::list(tx, now).await?;
        // Checked before anything is written: a refused start must not change what other replicas serve.
        let stay = present.iter().filter(|known| {
            !known.declared && !declared.iter().any(|(client, ..)| client.client_id == known.client.client_id)
        });
        let clients = stay.map(|known| &*known.client).chain(declared.iter().map(|(client, ..)| client));
        let stored = resource::list(tx).await?.into_iter().filter(|one| !one.declared).map(|one| one.resource);
        let of_commands = stored.filter(|one| !of_resources.iter().any(|other| other.identifier == one.identifier));
        let resources: Vec<_> = of_resources.iter().cloned().chain(of_commands).collect();
        let unsignable = without_signature(clients, &resources, &offered);
        if !unsignable.is_empty() {
            return Ok(Declared { unsignable, ..Declared::default() });
        }
        let resources = resources::write_declared(tx, &of_resources, &scopes, now).await?;
        let mut outcome = Declared { resources, ..Declared::default() };
        for known in present.iter().filter(|known| known.declared && !known.client.disabled) {
            if !declared.iter().any(|(client, ..)| client.client_id == known.client.client_id) {
                client::disable(tx, &known.client.id, now).await?;
                outcome.disabled.push(known.client.client_id.clone());
            }
        }
        for ((mut client, hashes), shape_now) in declared.into_iter().zip(shapes) {
            match present.iter().find(|known| known.client.client_id == client.client_id) {
                Some(known) if known.declared && shape(&known.client, &known.secrets) == shape_now => continue,
                Some(known) => {
                    client.id = known.client.id.clone();
                    client::replace_declared(tx, &client, now).await?;
                }
                None => client::insert(tx, &client, true, now).await?,
            }
            for hash in hashes {
                let (id, secret) = (tx.id(), NewSecret { hash, ending: None, expires_at: None });
                client::insert_secret(tx, &id, &client.id, &secret, now).await?;
            }
            outcome.written.push(client.client_id);
        }
        installation::set(tx, EDITION, &edition.to_text()).await?;
        installation::set(tx, DIGEST, &digest).await?;
        Ok(outcome)
    }
}
