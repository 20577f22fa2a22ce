//! The people of the demo.

use anyhow::anyhow;
use serde_json::Value;

use crate::account::users::{self, NewUser};
use crate::app::App;
use crate::commands::Failure;
use crate::commands::output::failed;
use crate::login::identifier;

/// A user of the demo with this name and address; returns the name and the password.
pub(super) async fn person(
    app: &App,
    (name, email): (&str, &str),
    profile: &Value,
) -> Result<(String, String), Failure> {
    let password = "five tame herons drift";
    let parse = |text: &str| identifier::parse(text, Some(app.now())).map_err(|_| anyhow!("no identifier: {text}"));
    let new = NewUser {
        sub: None,
        profile: profile.as_object().cloned().unwrap_or_default(),
        identifiers: vec![parse(name)?, parse(email)?],
        password: Some(password.into()),
        roles: Vec::new(),
    };
    users::add(app, new).await.map_err(failed)?;
    Ok((name.to_owned(), password.to_owned()))
}
