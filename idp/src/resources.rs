//! Finds resources, and changes them by command and from the configuration file.

pub mod remembered;

use std::sync::Arc;

use crate::app::App;
use crate::base::clock::Timestamp;
use crate::jose::Algorithm;
use crate::oidc::resource::{Known, Resource, differ};
use crate::oidc::scope::ScopeSet;
use crate::store::clients::client;
use crate::store::clients::resource;
use crate::store::db::{Change, Conn, Result, Tx};
use crate::store::installation;
use crate::store::installation::event::Event;

/// The name by which changes of resources take turns.
const TURN: &str = "resources";

/// Waits until no other transaction changes resources. Who takes turns on clients, too, does that first.
pub async fn in_turn(conn: &mut Conn) -> Result<()> {
    installation::in_turn(conn, TURN).await
}

/// The resources and scopes that clients may ask for, as they were at most a second ago.
pub async fn known(app: &App) -> Result<Arc<Known>> {
    let now = app.now();
    if let Some(known) = app.remembered_resources.get(now) {
        return Ok(known);
    }
    let stored = resource::list(&mut *app.db.read().await?).await?;
    let resources = stored.into_iter().map(|one| one.resource).collect();
    let known = Arc::new(Known::new(app.config.own_scopes(), resources));
    app.remembered_resources.put(Arc::clone(&known), now);
    Ok(known)
}

/// Why a change of a resource is refused.
#[derive(Debug)]
pub enum Refused {
    /// No resource has this identifier.
    Unknown,
    /// A resource with this identifier exists already.
    Exists,
    /// The configuration file declares it, and only the file can change it.
    Declared,
    /// The result would contradict itself or other resources: each entry is a member and what it should be.
    Faults(Vec<(&'static str, String)>),
}

/// Registers a resource.
pub async fn add(app: &App, new: Resource) -> Result<std::result::Result<Resource, Refused>> {
    let identifier = new.identifier.clone();
    change(app, identifier, move |there| match there {
        Some(_) => Err(Refused::Exists),
        None => Ok(new),
    })
    .await
}

/// Changes a resource.
pub async fn edit(
    app: &App,
    identifier: &str,
    edited: impl FnOnce(&mut Resource) + Clone + Send + 'static,
) -> Result<std::result::Result<Resource, Refused>> {
    change(app, identifier.to_owned(), move |there| {
        let mut resource = there.ok_or(Refused::Unknown)?.clone();
        edited(&mut resource);
        Ok(resource)
    })
    .await
}

/// Writes the result of `decide` for the stored resource. Changes take turns, so that checks against other resources
/// stay true.
async fn change(
    app: &App,
    identifier: String,
    decide: impl FnOnce(Option<&Resource>) -> std::result::Result<Resource, Refused> + Clone + Send + 'static,
) -> Result<std::result::Result<Resource, Refused>> {
    let rewrite = Rewrite {
        identifier,
        decide,
        scopes: app.config.own_scopes(),
        algorithms: app.config.tokens.signing_algorithms.clone(),
        issuer: app.issuer().to_owned(),
    };
    let outcome = app.db.write(rewrite).await;
    app.remembered_resources.forget();
    outcome
}

/// Writes what is decided about a resource.
#[derive(Clone)]
struct Rewrite<F> {
    identifier: String,
    decide: F,
    /// The scopes that exist independently of resources.
    scopes: ScopeSet,
    /// The signing algorithms.
    algorithms: Vec<Algorithm>,
    issuer: String,
}

impl<F> Change for Rewrite<F>
where
    F: FnOnce(Option<&Resource>) -> std::result::Result<Resource, Refused> + Clone + Send + 'static,
{
    type Outcome = std::result::Result<Resource, Refused>;

    async fn apply(self, tx: &mut Tx<'_>) -> Result<Self::Outcome> {
        let Self { identifier, decide, scopes, algorithms, issuer } = self;
        installation::in_turn(tx, TURN).await?;
        let (mut there, others): (Vec<_>, Vec<_>) =
            resource::list(tx).await?.into_iter().partition(|one| one.resource.identifier == identifier);
        let there = there.pop();
        if there.as_ref().is_some_and(|one| one.declared) {
            return Ok(Err(Refused::Declared));
        }
        let resource = match decide(there.as_ref().map(|one| &one.resource)) {
            Ok(resource) => resource,
            Err(refused) => return Ok(Err(refused)),
        };
        let others: Vec<_> = others.into_iter().map(|one| one.resource).collect();
        let mut faults = resource.faults(&others, &scopes, &algorithms, &issuer);
        let all: Vec<_> = others.iter().chain([&resource]).cloned().collect();
        let now = tx.now();
        let clients = client::list(tx, now).await?;
        let torn = clients.iter().map(|one| &one.client).filter(|client| {
            let named = client.metadata.default_resources.contains(&resource.identifier);
            !client.disabled && named && differ(&client.metadata, &all, &algorithms)
        });
        faults.extend(torn.map(|client| {
            let why = "has default resources of another algorithm, and one token is for all of them";
            ("signing_algorithm", format!("the client {} {why}", client.client_id))
        }));
        if !faults.is_empty() {
            return Ok(Err(Refused::Faults(faults)));
        }
        resource::put(tx, &resource, false, now).await?;
        let identifier = resource.identifier.clone();
        let event = match there {
            None => Event::ResourceCreated { resource: identifier },
            Some(_) => Event::ResourceChanged { resource: identifier },
        };
        tx.record(&event).await?;
        Ok(Ok(resource))
    }
}

/// Removes a resource: from then on, no tokens are issued for it.
pub async fn remove(app: &App, identifier: &str) -> Result<std::result::Result<(), Refused>> {
    let outcome = app.db.write(Remove { identifier: identifier.to_owned() }).await;
    app.remembered_resources.forget();
    outcome
}

/// Removes a resource that no configuration declares.
#[derive(Clone)]
struct Remove {
    identifier: String,
}

impl Change for Remove {
    type Outcome = std::result::Result<(), Refused>;

    async fn apply(self, tx: &mut Tx<'_>) -> Result<Self::Outcome> {
        let Self { identifier } = self;
        installation::in_turn(tx, TURN).await?;
        match resource::list(tx).await?.into_iter().find(|one| one.resource.identifier == identifier) {
            None => return Ok(Err(Refused::Unknown)),
            Some(one) if one.declared => return Ok(Err(Refused::Declared)),
            Some(_) => {}
        }
        resource::delete(tx, &identifier).await?;
        tx.record(&Event::ResourceRemoved { resource: identifier }).await?;
        Ok(Ok(()))
    }
}

/// The outcome of a declaration.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// The identifiers of resources that were added or changed.
    pub written: Vec<String>,
    /// The identifiers of resources that are no longer declared and were removed.
    pub removed: Vec<String>,
    /// Scopes that a declared resource and one added by command both have. A token for only one of them lacks such a scope.
    pub shared: Vec<String>,
    /// Names shared by a scope and a resource that was added by command. Allowing the scope allows the resource.
    pub of_both: Vec<String>,
}

impl Outcome {
    /// Says in the log what has changed.
    pub fn log(&self) {
        if !self.written.is_empty() {
            tracing::info!(resources = self.written.join(" "), "resources of the configuration were added or changed");
        }
        if !self.removed.is_empty() {
            tracing::warn!(
                resources = self.removed.join(" "),
                "resources that the configuration no longer declares were removed"
            );
        }
        if !self.shared.is_empty() {
            tracing::warn!(
                scopes = self.shared.join(" "),
                "scopes belong to a resource of the configuration and to another one: tokens for one of them lack these. Change \
                 the other with latchkey resource edit"
            );
        }
        if !self.of_both.is_empty() {
            tracing::warn!(
                names = self.of_both.join(" "),
                "these are names of a resource and of a scope: who allows the scope allows the resource. Give one of them another name"
            );
        }
    }
}

/// Writes the resources that a configuration declares, and removes those that it no longer declares.
///
/// `scopes` are those that exist independently of resources.
pub async fn write_declared(
    conn: &mut Conn,
    declared: &[Resource],
    scopes: &ScopeSet,
    now: Timestamp,
) -> Result<Outcome> {
    installation::in_turn(conn, TURN).await?;
    let mut outcome = Outcome::default();
    let present = resource::list(conn).await?;
    for known in &present {
        let named = declared.iter().find(|one| one.identifier == known.resource.identifier);
        if named.is_none() && known.declared {
            resource::delete(conn, &known.resource.identifier).await?;
            outcome.removed.push(known.resource.identifier.clone());
        }
        if named.is_none() && !known.declared {
            let declared_scopes = || declared.iter().flat_map(|one| one.scopes.iter());
            let shared = known.resource.scopes.iter().filter(|scope| declared_scopes().any(|other| other == *scope));
            outcome.shared.extend(shared.map(str::to_owned));
            let identifier = &known.resource.identifier;
            if scopes.contains(identifier) || declared_scopes().any(|scope| scope == identifier) {
                outcome.of_both.push(identifier.clone());
            }
            let resources =
                known.resource.scopes.iter().filter(|scope| declared.iter().any(|one| one.identifier == *scope));
            outcome.of_both.extend(resources.map(str::to_owned));
        }
    }
    for one in declared {
        let known = present.iter().find(|known| known.resource.identifier == one.identifier);
        if known.is_none_or(|known| !known.declared || known.resource != *one) {
            resource::put(conn, one, true, now).await?;
            outcome.written.push(one.identifier.clone());
        }
    }
    Ok(outcome)
}
