//! `latchkey user sessions`.

use clap::Subcommand;
use serde::Serialize;
use serde_json::json;

use super::row::{find, read};
use crate::app::App;
use crate::base::id::Id;
use crate::commands::output::{Failure, Outcome, Output, failed, table};
use crate::commands::values::device_name;
use crate::login;
use crate::store::grants::grant::{self, OfSession};
use crate::store::people::session::{self, OfUser};

/// What can be done about where a person is signed in.
#[derive(Clone, Debug, Subcommand)]
pub enum SessionsCommand {
    /// List where a user is signed in
    List {
        /// Email address, username or subject of the user
        user: String,
    },
    /// End a session, or all of them, with what applications may do because of them
    End {
        /// Email address, username or subject of the user
        user: String,
        /// Short name of the session, as listed
        #[arg(required_unless_present = "all", conflicts_with = "all")]
        session: Option<String>,
        /// End all sessions
        #[arg(long)]
        all: bool,
        /// End also the access of applications that outlives sessions (offline_access)
        #[arg(long, requires = "all", conflicts_with = "session")]
        offline_access: bool,
    },
}

/// A session as it is listed.
#[derive(Clone, Debug, Serialize)]
struct SessionRow {
    /// The short name.
    session: String,
    /// When it began.
    created_at: String,
    /// When it was last used, by a person or by an application.
    last_active_at: String,
    /// The address of the last sign-in.
    address: Option<String>,
    /// The authentication methods of the last sign-in, as in the claim `amr`.
    amr: Vec<String>,
    /// The clients that were given access in it, and still have it.
    applications: Vec<String>,
    /// The browser and its system, if they are known.
    device: Option<String>,
    /// The `User-Agent` of the browser.
    user_agent: Option<String>,
}

impl SessionRow {
    fn new(one: &OfUser, clients: &[OfSession]) -> Self {
        let own = clients.iter().filter(|client| client.session_id == one.id);
        Self {
            session: one.id.handle(),
            created_at: one.created_at.to_string(),
            last_active_at: one.active_at().to_string(),
            address: one.address.clone(),
            amr: one.amr.clone(),
            applications: own.map(|client| client.client_id.clone()).collect(),
            device: one.user_agent.as_deref().map(device_name),
            user_agent: one.user_agent.clone(),
        }
    }
}

/// Runs a command on the sessions of a person.
pub(super) async fn command(app: &App, command: SessionsCommand) -> Outcome {
    match command {
        SessionsCommand::List { user } => {
            let user = find(app, &user).await?;
            let live = live(app, &user.id).await?;
            let mut conn = app.db.read().await.map_err(failed)?;
            let clients = grant::clients_by_session(&mut conn, &user.id, app.now()).await.map_err(failed)?;
            drop(conn);
            let rows: Vec<_> = live.iter().map(|one| SessionRow::new(one, &clients)).collect();
            let none = format!("{} is not signed in anywhere.", read(app, &user).await?.row.label());
            Ok(list(&rows, &none))
        }
        SessionsCommand::End { user, session: Some(handle), .. } => {
            let user = find(app, &user).await?;
            let live = live(app, &user.id).await?;
            let Some(found) = live.iter().find(|one| one.id.handle() == handle) else {
                let others: Vec<_> = live.iter().map(|one| one.id.handle()).collect();
                let others = if others.is_empty() { "none".to_owned() } else { others.join(" ") };
                return Err(Failure::NotFound(format!("No session {handle} found. The user has: {others}")));
            };
            let ended = login::session::end_one(app, &user.id, &found.id).await.map_err(failed)?;
            Ok(ended_one(&handle, &read(app, &user).await?.row.label(), ended))
        }
        SessionsCommand::End { user, session: None, offline_access, .. } => {
            let user = find(app, &user).await?;
            let ended = login::session::end_all(app, &user.id, offline_access).await.map_err(failed)?;
            let ended: Vec<_> = ended.iter().map(Id::handle).collect();
            let label = read(app, &user).await?.row.label();
            let tail = match offline_access {
                true => " Applications have no access any more until the user signs in again.",
                false => " Applications with offline access keep it; to end that, too, add --offline-access.",
            };
            let sessions = counted(ended.len());
            let data = json!({ "ended": ended, "offline_access": offline_access });
            Ok(Output::new(format!("Ended {sessions} of {label}.{tail}"), &data))
        }
    }
}

/// The answer to `user sessions end` with a session, which may have ended since it was listed.
fn ended_one(handle: &str, label: &str, ended: bool) -> Output {
    match ended {
        true => Output::new(format!("Ended session {handle} of {label}."), &json!({ "ended": [handle] })),
        false => Output::new(format!("Session {handle} of {label} has ended already."), &json!({ "ended": [] })),
    }
}

fn counted(sessions: usize) -> String {
    if sessions == 1 { "1 session".to_owned() } else { format!("{sessions} sessions") }
}

async fn live(app: &App, user: &Id) -> Result<Vec<OfUser>, Failure> {
    let mut conn = app.db.read().await.map_err(failed)?;
    Ok(session::list_of_user(&mut conn, user, app.now()).await.map_err(failed)?)
}

fn list(rows: &[SessionRow], none: &str) -> Output {
    let row = |one: &SessionRow| {
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        let (address, device) = (text(&one.address), text(&one.device));
        let (amr, applications) = (one.amr.join(" "), one.applications.join(" "));
        [one.session.clone(), one.created_at.clone(), one.last_active_at.clone(), address, device, amr, applications]
    };
    let cells: Vec<_> = rows.iter().map(row).collect();
    let heads = ["SESSION", "STARTED", "LAST ACTIVE", "ADDRESS", "DEVICE", "BY", "APPLICATIONS"];
    Output::new(table(heads, &cells, none), &rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_that_ended_by_itself_is_not_told_to_be_ended_by_the_command() {
        let done = ended_one("0123abcd", "alice", true);
        assert_eq!((&*done.text, &done.json), ("Ended session 0123abcd of alice.", &json!({ "ended": ["0123abcd"] })));
        let late = ended_one("0123abcd", "alice", false);
        assert_eq!(
            (&*late.text, &late.json),
            ("Session 0123abcd of alice has ended already.", &json!({ "ended": [] }))
        );
    }
}
