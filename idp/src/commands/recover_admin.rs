//! `latchkey recover-admin`.

use std::time::Duration;

use clap::Args;
use serde_json::json;

use crate::account::administrators::{self, Meant};
use crate::account::password_link;
use crate::app::App;
use crate::commands::output::{Failure, Outcome, Output, failed};
use crate::commands::user::{find, label};

/// How long the link works: as long as whoever has asked for it needs to open it.
const LIFETIME: Duration = Duration::from_secs(15 * 60);

/// Who is to get in again.
#[derive(Args, Clone, Debug)]
pub struct RecoverAdmin {
    /// The administrator, by email address, username or subject; needed if there are several
    #[arg(value_name = "USER")]
    pub user: Option<String>,
}

/// Makes the link.
pub(super) async fn command(app: &App, wanted: &RecoverAdmin) -> Outcome {
    let user = match &wanted.user {
        Some(text) => find(app, text).await?,
        None => match administrators::meant(app).await? {
            Meant::One(user) => user,
            Meant::Several(all) => {
                let mut names = Vec::new();
                for user in &all {
                    names.push(format!("\n  latchkey recover-admin {}", label(app, user).await?));
                }
                return Err(Failure::Usage(format!("There are several administrators. Name one:{}", names.concat())));
            }
        },
    };
    let name = label(app, &user).await?;
    let Some(url) = password_link::make_for_recovery(app, &user.id, LIFETIME).await.map_err(failed)? else {
        return Err(Failure::Conflict(format!(
            "{name} is no administrator, or is disabled. For an administrator: latchkey user enable; for anybody else: latchkey user \
             reset-factors and latchkey user set-password."
        )));
    };
    let until = app.now() + LIFETIME;
    let text = format!(
        "{name} can set a new password; authenticator app, recovery codes and passkeys are removed when that is done, and all \
         sessions end. Until then they stay; earlier links that set this password have ended.\n\nThis link works once, until {until}, and is not shown again:\n\n  {url}"
    );
    let data = json!({ "sub": user.sub, "name": name, "link": { "url": url, "expires_at": until.to_string() } });
    Ok(Output::new(text, &data))
}
