//! `latchkey user role`.

use clap::Subcommand;

use super::row::{Shown, find, last_administrator, read};
use crate::account::delete::Outcome as Change;
use crate::account::roles::{self, Giving};
use crate::app::App;
use crate::commands::output::{Failure, Outcome, Output, failed, harmless};

/// What can be done about the roles of a person.
#[derive(Clone, Debug, Subcommand)]
pub enum RoleCommand {
    /// Give a user a role; it counts at once
    Add {
        /// Email address, username or subject of the user
        user: String,
        /// Role to give
        #[arg(value_parser = roles::parse)]
        role: String,
    },
    /// Take a role from a user; that counts at once
    Remove {
        /// Email address, username or subject of the user
        user: String,
        /// Role to take
        role: String,
        /// Take the role even from the last administrator who can sign in
        #[arg(long)]
        last_administrator: bool,
    },
}

/// Runs a command on the roles of a person.
pub(super) async fn command(app: &App, command: RoleCommand) -> Outcome {
    match command {
        RoleCommand::Add { user, role } => {
            let user = find(app, &user).await?;
            let given = roles::give(app, &user.id, &role).await.map_err(failed)?;
            let (shown, role) = (read(app, &user).await?, harmless(&role));
            let text = match given {
                Giving::Done => format!("Gave {} the role {role}.", shown.row.label()),
                Giving::Unchanged => format!("{} has the role {role} already.", shown.row.label()),
                Giving::Anonymous => {
                    let label = shown.row.label();
                    return Err(Failure::Conflict(format!(
                        "{label} is a visitor, to whose account nobody can sign in: a role is for somebody who is known."
                    )));
                }
            };
            Ok(told(&text, &shown))
        }
        RoleCommand::Remove { user, role, last_administrator: even_last } => {
            let user = find(app, &user).await?;
            let outcome = roles::take(app, &user.id, &role, even_last).await.map_err(failed)?;
            let (shown, role) = (read(app, &user).await?, harmless(&role));
            let label = shown.row.label();
            let text = match outcome {
                Change::Done => format!("Took the role {role} from {label}."),
                Change::Unchanged => format!("{label} does not have the role {role}."),
                Change::LastAdministrator => return Err(last_administrator(&label)),
            };
            Ok(told(&text, &shown))
        }
    }
}

/// What was done, and the roles that there are now.
fn told(head: &str, shown: &Shown) -> Output {
    let roles = if shown.roles.is_empty() { "none".to_owned() } else { harmless(&shown.roles.join(" ")) };
    Output::new(format!("{head} Roles now: {roles}"), shown)
}
