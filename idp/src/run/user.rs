//! `latchkey user`.

use std::io::stdin;

use serde_json::Map;

use super::failed;
use crate::app::App;
use crate::base::secret::Secret;
use crate::cli::user::{
    AddUser, Link, UserCommand, UserRow, added, disabled, enabled, list, not_found, password_set, show,
};
use crate::cli::{Failure, Outcome};
use crate::login::password_rules::{self, Problem};
use crate::login::users::{self, NewUser};
use crate::login::{self, identifier};
use crate::store::user::User;
use crate::store::{self, password, user};

/// Does what is asked about people.
pub(super) async fn command(app: &App, command: UserCommand) -> Outcome {
    match command {
        UserCommand::Add(add) => add_user(app, &add).await,
        UserCommand::List => {
            let mut rows = Vec::new();
            let mut after = None;
            loop {
                let page = user::list(&mut *app.db.read().await.map_err(failed)?, after.as_ref(), 500).await;
                let page = page.map_err(failed)?;
                let Some(last) = page.last() else { break };
                after = Some(last.id.clone());
                for user in &page {
                    rows.push(user_row(app, user).await?);
                }
            }
            Ok(list(&rows))
        }
        UserCommand::Show(who) => {
            let user = find_user(app, &who.user).await?;
            Ok(show(&user_row(app, &user).await?))
        }
        UserCommand::Disable(who) => {
            let user = find_user(app, &who.user).await?;
            users::set_disabled(app, &user.id, true).await.map_err(failed)?;
            Ok(disabled(&user_row(app, &find_user(app, &who.user).await?).await?))
        }
        UserCommand::Enable(who) => {
            let user = find_user(app, &who.user).await?;
            users::set_disabled(app, &user.id, false).await.map_err(failed)?;
            Ok(enabled(&user_row(app, &find_user(app, &who.user).await?).await?))
        }
        UserCommand::SetPassword { who, password } => {
            let password = password.read(stdin().lock())?;
            let user = find_user(app, &who.user).await?;
            let link = match password {
                Some(password) => {
                    check_password(app, &password, &[&who.user]).await?;
                    users::set_password(app, &user.id, &password).await.map_err(failed)?;
                    None
                }
                None => Some(link_for(app, &user).await?),
            };
            Ok(password_set(&user_row(app, &user).await?, link.as_ref()))
        }
    }
}

async fn add_user(app: &App, add: &AddUser) -> Outcome {
    let password = add.password.read(stdin().lock())?;
    let mut identifiers = Vec::new();
    for text in [&add.username, &add.email].into_iter().flatten() {
        // What an operator writes down is true.
        let parsed = identifier::parse(text, Some(app.now()));
        identifiers.push(parsed.map_err(|problem| Failure::Usage(explain(text, problem)))?);
    }
    if let Some(password) = &password {
        let own: Vec<&str> = [&add.username, &add.email, &add.name].into_iter().flatten().map(String::as_str).collect();
        check_password(app, password, &own).await?;
    }
    let mut profile = Map::new();
    if let Some(name) = &add.name {
        profile.insert("name".to_owned(), name.as_str().into());
    }
    let has_password = password.is_some();
    let new = NewUser { sub: None, profile, identifiers, password, roles: Vec::new() };
    let user = users::add(app, new).await.map_err(|error| match error {
        login::Error::Store(store::db::Error::Conflict) => {
            Failure::Conflict("Somebody has this user name or mail address, or one that looks like it.".to_owned())
        }
        error => failed(error).into(),
    })?;
    let link = if has_password { None } else { Some(link_for(app, &user).await?) };
    Ok(added(&user_row(app, &user).await?, link.as_ref()))
}

fn explain(text: &str, problem: identifier::Problem) -> String {
    match problem {
        identifier::Problem::Length => "A user name or mail address has 1 to 254 bytes.".to_owned(),
        identifier::Problem::NotAnAddress => format!("{text:?} is not a mail address."),
        identifier::Problem::NotAName => {
            format!("{text:?} is no user name: letters of one script, digits, '.', '_' and '-'.")
        }
    }
}

async fn check_password(app: &App, password: &Secret, own: &[&str]) -> Result<(), Failure> {
    let least = app.config.login.password_min_length;
    let checked = password_rules::check(&app.hashing, password, own, least).await;
    checked.map_err(|busy| failed(login::Error::from(busy)))?.map_err(|problem| {
        Failure::Usage(match problem {
            Problem::TooShort => format!("The password is too short: it needs {least} characters."),
            Problem::TooLong => "The password is longer than 1024 bytes.".to_owned(),
            Problem::Guessable => "The password is one that is guessed early.".to_owned(),
        })
    })
}

async fn link_for(app: &App, user: &User) -> Result<Link, Failure> {
    let lifetime = app.config.login.invitation;
    let url = users::password_link(app, &user.id, lifetime).await.map_err(failed)?;
    Ok(Link { url: url.into(), expires_at: app.now() + lifetime })
}

async fn find_user(app: &App, text: &str) -> Result<User, Failure> {
    let mut conn = app.db.read().await.map_err(failed)?;
    let found = match user::find_by_identifier(&mut conn, &identifier::normalise(text)).await.map_err(failed)? {
        Some(found) => Some(found),
        None => user::find_by_sub(&mut conn, text).await.map_err(failed)?,
    };
    found.ok_or_else(|| not_found(text))
}

async fn user_row(app: &App, user: &User) -> Result<UserRow, Failure> {
    let person = users::person(app, &user.id).await.map_err(failed)?.unwrap_or_default();
    let has_password = password::find(&mut *app.db.read().await.map_err(failed)?, &user.id).await.map_err(failed)?;
    Ok(UserRow {
        sub: user.sub.clone(),
        username: person.preferred_username,
        email: person.email,
        email_verified: person.email_verified,
        name: person.profile.get("name").and_then(|name| name.as_str()).map(str::to_owned),
        has_password: has_password.is_some(),
        disabled: user.disabled_at.is_some(),
        created_at: user.created_at,
    })
}
