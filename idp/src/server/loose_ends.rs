//! Names in the settings that nothing has: clients of providers and of bots, and providers by which accounts are linked. Each may be there
//! one day, so none of them keeps a server from its start.

use crate::app::App;
use crate::config::{DeclaredChannel, DeclaredClient, Upstream};
use crate::federation;
use crate::store::clients::client;
use crate::store::db::Result;
use crate::store::people::role::ADMINISTRATOR;

/// How many letters a name may differ in that was meant to be another one.
const SLIP: usize = 2;

/// A name that nothing has.
pub(crate) struct LooseEnd {
    /// The section of the configuration.
    pub(crate) section: &'static str,
    /// What was found.
    pub(crate) what: String,
    /// What follows from it.
    pub(crate) so: &'static str,
    /// What to do.
    pub(crate) fix: &'static str,
}

/// All of them.
pub(crate) async fn find(app: &App) -> Result<Vec<LooseEnd>> {
    let mut found = Vec::new();
    for one in federation::read(app).await? {
        found.extend(of_upstream(app, &one.settings).await?);
    }
    for channel in &app.config.channels {
        found.extend(of_channel(app, channel).await?);
    }
    found.extend(federation::missing(app).await?.into_iter().map(|(name, accounts)| LooseEnd {
        section: "upstreams",
        what: match accounts {
            1 => format!("1 account is linked by a provider {name:?} that is not configured"),
            _ => format!("{accounts} accounts are linked by a provider {name:?} that is not configured"),
        },
        so: "Nobody comes in by them: people who have no other way in are shut out.",
        fix: "Configure it again under this name: accounts are known by it, and by the issuer.",
    }));
    Ok(found)
}

/// Those of a provider.
pub(crate) async fn of_upstream(app: &App, upstream: &Upstream) -> Result<Vec<LooseEnd>> {
    let mut found = Vec::new();
    let owner = format!("provider {:?}", upstream.name);
    for id in &upstream.token_clients {
        let why = doubt(app, id, true).await?;
        found.extend(why.map(|why| LooseEnd {
            section: "upstreams",
            what: format!("token_clients of {owner} has {id:?}, {why}"),
            so: "This client gets no tokens of the provider.",
            fix: "Name a client that has a secret: latchkey client list.",
        }));
    }
    // Every name can be that of a role, so only one that is close to ours is a slip.
    let is_slip = |role: &str| role != ADMINISTRATOR && strsim::levenshtein(role, ADMINISTRATOR) <= SLIP;
    found.extend(upstream.roles.iter().filter(|rule| is_slip(&rule.role)).map(|rule| LooseEnd {
        section: "upstreams",
        what: format!("roles of {owner} gives {:?}; did you mean {ADMINISTRATOR:?}?", rule.role),
        so: "This role opens nothing in Latchkey.",
        fix: "Correct it, unless an application knows a role of this name.",
    }));
    Ok(found)
}

async fn of_channel(app: &App, channel: &DeclaredChannel) -> Result<Vec<LooseEnd>> {
    let mut found = Vec::new();
    let runs_it = channel.client.iter().map(|id| ("client", id, true));
    for (key, id, needs_secret) in runs_it.chain(channel.mini_apps.iter().map(|id| ("mini_apps", id, false))) {
        let why = doubt(app, id, needs_secret).await?;
        found.extend(why.map(|why| LooseEnd {
            section: "channels",
            what: format!("{key} of channel {:?} has {id:?}, {why}", channel.name),
            so: "This client can do nothing by the bot.",
            fix: "Name a client that there is: latchkey client list.",
        }));
    }
    Ok(found)
}

/// Why a client cannot be what it is named for; `None` if it can.
async fn doubt(app: &App, id: &str, needs_secret: bool) -> Result<Option<String>> {
    let declared = app.config.clients.iter().find(|one| one.client_id == id).map(DeclaredClient::to_new);
    let is_public = match declared {
        Some(client) => Some(client.is_public()),
        None => {
            let stored = client::find(&mut *app.db.read().await?, id, app.now()).await?;
            stored.map(|one| one.client.is_public())
        }
    };
    Ok(match is_public {
        Some(is_public) => (is_public && needs_secret).then(|| "a public client".to_owned()),
        None => Some(match near(app, id).await? {
            Some(near) => format!("and there is no such client; did you mean {near:?}?"),
            None => "and there is no such client".to_owned(),
        }),
    })
}

/// The client that one was probably meant to be.
async fn near(app: &App, id: &str) -> Result<Option<String>> {
    let stored = client::list(&mut *app.db.read().await?, app.now()).await?;
    let declared = app.config.clients.iter().map(|one| one.client_id.clone());
    let all = declared.chain(stored.iter().map(|one| one.client.client_id.clone()));
    let nearest = all.map(|name| (strsim::levenshtein(&name, id), name)).min();
    Ok(nearest.filter(|(distance, _)| *distance <= SLIP).map(|(_, name)| name))
}
