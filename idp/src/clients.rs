//! Finding clients, and adding them: by command, and from the configuration file.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::app::App;
use crate::base::clock::Timestamp;
use crate::base::id::Id;
use crate::base::secret::Secret;
use crate::base::token::{Token, TokenHash, TokenKind};
use crate::config::{Config, Edition, NewClient};
use crate::jose::Algorithm;
use crate::oidc::client_metadata::Client;
use crate::oidc::resource::{Resource, differ};
use crate::resources;
use crate::store::client::{self, Registered};
use crate::store::db::{Conn, Error, Result};
use crate::store::event::Event;
use crate::store::installation;
use crate::store::resource;
use crate::tokens::faults;

/// For how long a client is remembered. A change that another process makes is seen everywhere after that.
const A_MOMENT: Duration = Duration::from_secs(1);

/// How many grants of a client that is removed go at once.
const BATCH: i64 = 500;

/// The name by which declarations and removals take turns.
const TURN: &str = "clients";

/// How many clients are remembered.
const CAPACITY: usize = 10_000;

/// The clients that recent requests have named: to read one for each request would cost as much as all the rest of a token
/// without a person.
#[derive(Debug, Default)]
pub struct Remembered(Mutex<HashMap<String, (Timestamp, Arc<Registered>)>>);

impl Remembered {
    fn entries(&self) -> MutexGuard<'_, HashMap<String, (Timestamp, Arc<Registered>)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Forgets all, because something about them has changed.
    pub fn forget(&self) {
        self.entries().clear();
    }
}

/// A client by the name that requests name it by, as it was at most a second ago.
pub async fn find(app: &App, client_id: &str) -> Result<Option<Arc<Registered>>> {
    let now = app.now();
    if let Some((read_at, client)) = app.remembered_clients.entries().get(client_id)
        && *read_at <= now
        && now.since(*read_at) < A_MOMENT
    {
        return Ok(Some(Arc::clone(client)));
    }
    let found = client::find(&mut *app.db.read().await?, client_id, now).await?.map(Arc::new);
    let mut entries = app.remembered_clients.entries();
    match &found {
        Some(client) => {
            if entries.len() >= CAPACITY {
                entries.clear();
            }
            entries.insert(client_id.to_owned(), (now, Arc::clone(client)));
        }
        // Names that nobody has are anybody's to invent.
        None => drop(entries.remove(client_id)),
    }
    Ok(found)
}

/// Adds a client and gives it a secret if it can keep one; the secret is in the answer and nowhere else. `Conflict` if
/// its name is taken.
pub async fn add(app: &App, new: NewClient) -> Result<(Client, Option<Secret>)> {
    let client = build(app, new);
    let secret = (!client.is_public()).then(|| Token::new(TokenKind::ClientSecret, &app.pen.random));
    let hash = secret.as_ref().map(Token::hash);
    let (now, pen, secret_id, kept) = (app.now(), app.pen.clone(), app.id(), client.clone());
    app.db
        .write(move |conn| {
            Box::pin(async move {
                client::insert(conn, &kept, false, now).await?;
                if let Some(hash) = &hash {
                    client::insert_secret(conn, &secret_id, &kept.id, hash, now).await?;
                }
                pen.record(conn, &Event::ClientCreated { client: kept.id }).await
            })
        })
        .await?;
    Ok((client, secret.map(|secret| secret.expose().into())))
}

fn build(app: &App, new: NewClient) -> Client {
    let client_id = new.client_id.unwrap_or_else(|| app.pen.random.name::<12>());
    Client {
        id: app.id(),
        name: new.name.unwrap_or_else(|| client_id.clone()),
        client_id,
        kind: new.kind,
        metadata: new.metadata,
        redirect_uris: new.redirect_uris,
        post_logout_redirect_uris: new.post_logout_redirect_uris,
        origins: new.origins,
        first_party: new.first_party,
        disabled: false,
        has_secret: false,
        created_at: app.now(),
    }
}

/// Removes a client by its name; whether it was there. `Conflict` if the configuration file declares it, or declares it again
/// meanwhile; one that has left the file is disabled, and can go.
pub async fn remove(app: &App, client_id: &str) -> Result<bool> {
    let (name, now) = (client_id.to_owned(), app.now());
    // Disabled first: then nothing of it works, and its grants can be removed in batches while the server runs.
    let disabled = app.db.write(move |conn| {
        Box::pin(async move {
            installation::in_turn(conn, TURN).await?;
            let Some(found) = client::find(conn, &name, now).await? else { return Ok(None) };
            if found.declared && !found.client.disabled {
                return Err(Error::Conflict);
            }
            let id = found.client.id.clone();
            Ok(client::disable(conn, &id, now).await?.map(|since| (id, since)))
        })
    });
    let Some((id, since)) = disabled.await? else { return Ok(false) };
    app.remembered_clients.forget();
    let removed = remove_disabled(app, id, since).await;
    app.remembered_clients.forget();
    removed
}

/// Removes a client that has been disabled since this moment, batch by batch. `Conflict` if it is enabled again.
pub async fn remove_disabled(app: &App, id: Id, since: Timestamp) -> Result<bool> {
    loop {
        let row = id.clone();
        let more = app
            .db
            .write(move |conn| Box::pin(async move { client::delete_some_parts(conn, &row, since, BATCH).await }));
        let more = more.await?;
        faults::pass("client_removed.in_part");
        if !more {
            break;
        }
    }
    let (pen, now) = (app.pen.clone(), app.now());
    app.db
        .write(move |conn| {
            Box::pin(async move {
                if client::delete(conn, &id, since).await? {
                    pen.record(conn, &Event::ClientRemoved { client: id }).await?;
                    return Ok(true);
                }
                match client::find_by_row(conn, &id, now).await? {
                    Some(_) => Err(Error::Conflict),
                    // Another command was faster.
                    None => Ok(false),
                }
            })
        })
        .await
}

/// Which clients and resources want what cannot be signed with these algorithms, and why: each of their exchanges would fail.
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
        if differ(&client.metadata.default_resources, resources, offered) {
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
    /// What could not be signed, if nothing was written because of that.
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
            tracing::info!(clients = self.written.join(" "), "clients were declared that are new or have changed");
        }
        if !self.disabled.is_empty() {
            tracing::warn!(clients = self.disabled.join(" "), "clients are no longer declared and were disabled");
        }
    }
}

/// The facts about what was declared last.
const EDITION: &str = "declared.edition";
const DIGEST: &str = "declared.digest";

/// A client as it is declared, with the hashes of its secrets and the ids that their rows get.
type Declaration = (Client, Vec<TokenHash>, Vec<Id>);

/// A client as text, without the id and the times of its row: another text means that the client has changed.
fn shape(client: &Client, secrets: &[TokenHash]) -> String {
    let sorted = |uris: &[String]| -> BTreeSet<String> { uris.iter().cloned().collect() };
    let secrets: BTreeSet<&str> = secrets.iter().map(TokenHash::as_str).collect();
    let uris = [&client.redirect_uris, &client.post_logout_redirect_uris, &client.origins].map(|uris| sorted(uris));
    let Client { client_id, name, kind, metadata, first_party, disabled, .. } = client;
    format!("{:?}", (client_id, name, kind, metadata, first_party, disabled, uris, secrets))
}

/// Writes the clients and resources that a configuration declares, unless a newer one has declared others; clients that it no
/// longer declares are disabled, resources removed. A configuration without a file that declares none says nothing about them.
pub async fn declare(app: &App, config: &Config) -> Result<Declared> {
    let declared: Vec<Declaration> = config
        .clients
        .iter()
        .map(|declared| {
            let client = build(app, declared.to_new());
            let hashes: Vec<_> = declared.secrets.iter().map(|secret| TokenHash::of(secret.expose())).collect();
            let ids = hashes.iter().map(|_| app.id()).collect();
            (client, hashes, ids)
        })
        .collect();
    let of_resources = config.known().resources;
    let (now, offered) = (app.now(), app.config.tokens.signing_algorithms.clone());
    // A clock that was ahead, or an archive: such a time would keep out every later change until it has come.
    let edition = config.edition.at_most(now);
    if declared.is_empty() && of_resources.is_empty() {
        let conn = &mut *app.db.read().await?;
        let any = client::list(conn, now).await?.iter().any(|known| known.declared)
            || resource::list(conn).await?.iter().any(|known| known.declared);
        if edition == Edition::Unknown || !any {
            return Ok(Declared::default());
        }
    }
    let outcome =
        app.db.write(move |conn| Box::pin(write_declared(conn, declared, of_resources, offered, edition, now))).await;
    app.remembered_clients.forget();
    app.remembered_resources.forget();
    outcome
}

async fn write_declared(
    conn: &mut Conn,
    declared: Vec<Declaration>,
    of_resources: Vec<Resource>,
    offered: Vec<Algorithm>,
    edition: Edition,
    now: Timestamp,
) -> Result<Declared> {
    installation::in_turn(conn, TURN).await?;
    let shapes: Vec<_> = declared.iter().map(|(client, hashes, _)| shape(client, hashes)).collect();
    let digest = TokenHash::of(&format!("{}\n{of_resources:?}", shapes.join("\n"))).as_str().to_owned();
    let last = installation::find(conn, EDITION).await?.map_or(Edition::Unknown, |text| Edition::from_text(&text));
    if edition.is_before(last, now) {
        // An older edition with the same content undoes nothing, so it is no reason to warn.
        let same = installation::find(conn, DIGEST).await?.is_some_and(|last| last == digest);
        let refused = (!same).then_some((edition, last));
        return Ok(Declared { refused, ..Declared::default() });
    }
    let present = client::list(conn, now).await?;
    // Looked at before anything is written: a start that is refused must not change what other replicas serve.
    let stay = present.iter().filter(|known| {
        !known.declared && !declared.iter().any(|(client, ..)| client.client_id == known.client.client_id)
    });
    let clients = stay.map(|known| &*known.client).chain(declared.iter().map(|(client, ..)| client));
    let stored = resource::list(conn).await?.into_iter().filter(|one| !one.declared).map(|one| one.resource);
    let of_commands = stored.filter(|one| !of_resources.iter().any(|other| other.identifier == one.identifier));
    let resources: Vec<_> = of_resources.iter().cloned().chain(of_commands).collect();
    let unsignable = without_signature(clients, &resources, &offered);
    if !unsignable.is_empty() {
        return Ok(Declared { unsignable, ..Declared::default() });
    }
    let resources = resources::write_declared(conn, &of_resources, now).await?;
    let mut outcome = Declared { resources, ..Declared::default() };
    for known in present.iter().filter(|known| known.declared && !known.client.disabled) {
        if !declared.iter().any(|(client, ..)| client.client_id == known.client.client_id) {
            client::disable(conn, &known.client.id, now).await?;
            outcome.disabled.push(known.client.client_id.clone());
        }
    }
    for ((mut client, hashes, ids), shape_now) in declared.into_iter().zip(shapes) {
        match present.iter().find(|known| known.client.client_id == client.client_id) {
            Some(known) if known.declared && shape(&known.client, &known.secrets) == shape_now => continue,
            Some(known) => {
                client.id = known.client.id.clone();
                client::replace_declared(conn, &client, now).await?;
            }
            None => client::insert(conn, &client, true, now).await?,
        }
        for (hash, id) in hashes.iter().zip(&ids) {
            client::insert_secret(conn, id, &client.id, hash, now).await?;
        }
        outcome.written.push(client.client_id);
    }
    installation::set(conn, EDITION, &edition.to_text()).await?;
    installation::set(conn, DIGEST, &digest).await?;
    Ok(outcome)
}
