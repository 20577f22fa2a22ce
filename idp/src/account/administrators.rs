//! How whoever has the machine gets administrators in.

use anyhow::{Context, Result, anyhow};
use serde_json::Map;

use crate::account::users::{self, NewUser};
use crate::app::App;
use crate::login;
use crate::login::identifier;
use crate::store;
use crate::store::people::role::{self, ADMINISTRATOR};
use crate::store::people::user::{self, User};

/// The name of the first administrator.
const NAME: &str = "admin";

/// The first administrator, who is made if nobody has that name.
pub async fn first(app: &App) -> Result<User> {
    let found = async || user::find_by_identifier(&mut *app.db.read().await?, NAME).await;
    if let Some(found) = found().await? {
        return Ok(found);
    }
    let name = identifier::parse(NAME, None).map_err(|_| anyhow!("{NAME} is no user name"))?;
    let new = NewUser {
        sub: None,
        profile: Map::new(),
        identifiers: vec![name],
        password: None,
        roles: vec![ADMINISTRATOR.to_owned()],
    };
    match users::add(app, new).await {
        // Another process was faster.
        Err(login::Error::Store(store::db::Error::Conflict)) => {
            found().await?.context("the user admin was there, and is not")
        }
        added => Ok(added?),
    }
}

/// Who may be meant by "the administrator".
#[derive(Clone, Debug)]
pub enum Meant {
    /// This one.
    One(User),
    /// One of several.
    Several(Vec<User>),
}

/// The administrator who is enabled; the first one is made if there is none.
pub async fn meant(app: &App) -> Result<Meant> {
    let mut enabled = role::enabled_with_role(&mut *app.db.read().await?, ADMINISTRATOR).await?;
    Ok(match (enabled.pop(), enabled.is_empty()) {
        (Some(one), true) => Meant::One(one),
        (Some(last), false) => {
            enabled.push(last);
            Meant::Several(enabled)
        }
        (None, _) => Meant::One(first(app).await?),
    })
}
