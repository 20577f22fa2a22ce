//! `latchkey resource`.

use super::failed;
use crate::app::App;
use crate::cli::resource::{ResourceCommand, ResourceRow, list, not_found, removed, show, told, written};
use crate::cli::{Failure, Outcome};
use crate::oidc::resource::Resource;
use crate::oidc::scope::ScopeSet;
use crate::resources::{self, Refused};
use crate::store::resource;

/// Does what is asked about resources.
pub(super) async fn command(app: &App, command: ResourceCommand) -> Outcome {
    match command {
        ResourceCommand::Add { identifier, name, scope, access_token, signing_algorithm } => {
            let new = Resource {
                name: name.unwrap_or_else(|| identifier.clone()),
                scopes: scope.unwrap_or_else(ScopeSet::default),
                access_token,
                algorithm: signing_algorithm,
                identifier: identifier.clone(),
            };
            resources::add(app, new).await.map_err(failed)?.map_err(|refused| failure(refused, &identifier))?;
            Ok(written("Registered", &row(app, &identifier).await?))
        }
        ResourceCommand::Edit { identifier, changes } => {
            let edited = resources::edit(app, &identifier, move |resource| changes.make(resource)).await;
            edited.map_err(failed)?.map_err(|refused| failure(refused, &identifier))?;
            Ok(written("Changed", &row(app, &identifier).await?))
        }
        ResourceCommand::List => Ok(list(&rows(app).await?)),
        ResourceCommand::Show { identifier } => Ok(show(&row(app, &identifier).await?)),
        ResourceCommand::Remove { identifier } => {
            let outcome = resources::remove(app, &identifier).await.map_err(failed)?;
            outcome.map_err(|refused| failure(refused, &identifier))?;
            Ok(removed(&identifier))
        }
    }
}

fn failure(refused: Refused, identifier: &str) -> Failure {
    match refused {
        Refused::Unknown => not_found(identifier),
        Refused::Exists => Failure::Conflict(format!("There is a resource {identifier} already.")),
        Refused::Declared => Failure::Conflict(format!(
            "The resource {identifier} is declared in the configuration file; change it there."
        )),
        Refused::Faults(faults) => told(&faults),
    }
}

async fn rows(app: &App) -> Result<Vec<ResourceRow>, Failure> {
    let all = resource::list(&mut *app.db.read().await.map_err(failed)?).await.map_err(failed)?;
    Ok(all.iter().map(|one| ResourceRow::new(&one.resource, one.declared, one.created_at, one.updated_at)).collect())
}

async fn row(app: &App, identifier: &str) -> Result<ResourceRow, Failure> {
    rows(app).await?.into_iter().find(|one| one.identifier == identifier).ok_or_else(|| not_found(identifier))
}
