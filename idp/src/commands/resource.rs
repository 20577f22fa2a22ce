//! `latchkey resource`.

use crate::app::App;
use crate::base::clock::Timestamp;
use crate::commands::output::{Failure, Outcome, Output, details, failed, harmless, table, yes_no};
use crate::commands::values::{algorithms, duration, scope};
use crate::config::units;
use crate::jose::Algorithm;
use crate::oidc::resource::Resource;
use crate::oidc::scope::ScopeSet;
use crate::resources::{self, Refused};
use crate::store::clients::resource;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Subcommand};
use serde::Serialize;
use std::time::Duration;

/// What can be done about resources.
#[derive(Clone, Debug, Subcommand)]
pub enum ResourceCommand {
    /// Add a resource
    Add {
        /// URI that clients send as resource and that tokens contain as aud
        identifier: String,
        /// Name shown to users [default: the identifier]
        #[arg(long)]
        name: Option<String>,
        /// Scopes that exist only at this resource, separated by spaces
        #[arg(long, value_parser = scope)]
        scope: Option<ScopeSet>,
        /// Lifetime of access tokens for it, 1m to 60m [default: tokens.access_token]
        #[arg(long, value_name = "DURATION", value_parser = duration)]
        access_token: Option<Duration>,
        /// Algorithm of access tokens for it [default: the first of tokens.signing_algorithms]
        #[arg(long, value_name = "ALGORITHM", value_parser = algorithms())]
        signing_algorithm: Option<Algorithm>,
    },
    /// Change a resource; what is not given stays as it is
    Edit {
        /// Identifier, which cannot be changed
        identifier: String,
        /// What is to change
        #[command(flatten)]
        changes: Changes,
    },
    /// List all resources
    List,
    /// Show a resource
    Show {
        /// Identifier
        identifier: String,
    },
    /// Remove a resource: no more tokens are issued for it
    Remove {
        /// Identifier
        identifier: String,
    },
}

/// What is to change of a resource.
#[derive(Args, Clone, Debug)]
#[group(required = true, multiple = true)]
pub struct Changes {
    /// Name shown to users
    #[arg(long)]
    name: Option<String>,
    /// All scopes that exist only at this resource, separated by spaces
    #[arg(long, value_parser = scope)]
    scope: Option<ScopeSet>,
    /// Lifetime of access tokens for it, 1m to 60m, or default: that of tokens.access_token
    #[arg(long, value_name = "DURATION", value_parser = or_default(duration))]
    access_token: Option<OrDefault<Duration>>,
    /// Algorithm of access tokens for it, or default: the first of tokens.signing_algorithms
    #[arg(long, value_name = "ALGORITHM", value_parser = algorithm_or_default())]
    signing_algorithm: Option<OrDefault<Algorithm>>,
}

/// A value for this resource, or the configured default.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct OrDefault<T>(Option<T>);

/// The word for the configured default.
const DEFAULT: &str = "default";

fn or_default<T>(
    own: impl Fn(&str) -> Result<T, &'static str> + Clone,
) -> impl Fn(&str) -> Result<OrDefault<T>, &'static str> + Clone {
    move |text| if text == DEFAULT { Ok(OrDefault(None)) } else { own(text).map(|own| OrDefault(Some(own))) }
}

fn algorithm_or_default() -> impl TypedValueParser<Value = OrDefault<Algorithm>> {
    PossibleValuesParser::new(Algorithm::ALL.map(Algorithm::as_str).into_iter().chain([DEFAULT]))
        .map(|name| OrDefault(Algorithm::from_name(&name)))
}

impl Changes {
    /// Makes the changes.
    pub fn make(self, resource: &mut Resource) {
        if let Some(name) = self.name {
            resource.name = name;
        }
        if let Some(scopes) = self.scope {
            resource.scopes = scopes;
        }
        if let Some(OrDefault(lifetime)) = self.access_token {
            resource.access_token = lifetime;
        }
        if let Some(OrDefault(algorithm)) = self.signing_algorithm {
            resource.algorithm = algorithm;
        }
    }
}

/// Reports the faults of a resource by the options that cause them.
pub fn told(faults: &[(&'static str, String)]) -> Failure {
    let option = |member| match member {
        "scopes" => "--scope: ",
        "access_token" => "--access-token: ",
        "signing_algorithm" => "--signing-algorithm: ",
        _ => "",
    };
    let faults: Vec<_> = faults.iter().map(|(member, why)| format!("{}{why}", option(member))).collect();
    Failure::Usage(faults.join("\n"))
}

/// A resource as it is listed and shown.
#[derive(Clone, Debug, Serialize)]
pub struct ResourceRow {
    /// The identifier.
    pub identifier: String,
    /// The name.
    pub name: String,
    /// The scopes that exist only at this resource.
    pub scope: String,
    /// The lifetime of its access tokens, if it differs from the default.
    pub access_token: Option<String>,
    /// The algorithm of its access tokens, if it differs from the default.
    pub signing_algorithm: Option<Algorithm>,
    /// Whether it is declared in the configuration, and can only be changed there.
    pub declared: bool,
    /// When it was registered; RFC 3339 in JSON.
    #[serde(serialize_with = "crate::commands::values::rfc3339")]
    pub created_at: Timestamp,
    /// When it was last changed; RFC 3339 in JSON.
    #[serde(serialize_with = "crate::commands::values::rfc3339")]
    pub updated_at: Timestamp,
}

impl ResourceRow {
    /// The row of a resource.
    pub fn new(resource: &Resource, declared: bool, created_at: Timestamp, updated_at: Timestamp) -> Self {
        Self {
            identifier: resource.identifier.clone(),
            name: resource.name.clone(),
            scope: resource.scopes.to_string(),
            access_token: resource.access_token.map(units::render_duration),
            signing_algorithm: resource.algorithm,
            declared,
            created_at,
            updated_at,
        }
    }

    fn lifetime(&self) -> String {
        self.access_token.clone().unwrap_or_else(|| DEFAULT.to_owned())
    }

    fn algorithm(&self) -> String {
        self.signing_algorithm.map_or(DEFAULT, Algorithm::as_str).to_owned()
    }
}

/// The answer to `resource list`.
pub fn list(resources: &[ResourceRow]) -> Output {
    let row = |one: &ResourceRow| {
        let state = if one.declared { "declared" } else { "" };
        let ResourceRow { identifier, name, scope, .. } = one.clone();
        [identifier, name, scope, one.lifetime(), one.algorithm(), state.to_owned()]
    };
    let rows: Vec<_> = resources.iter().map(row).collect();
    let none = "There are no resources. Add one: latchkey resource add https://api.example.com";
    let head = ["IDENTIFIER", "NAME", "SCOPES", "LIFETIME", "ALGORITHM", ""];
    Output::new(table(head, &rows, none), &resources)
}

/// The answer to `resource show`.
pub fn show(one: &ResourceRow) -> Output {
    let text = details(&[
        ("identifier", one.identifier.clone()),
        ("name", one.name.clone()),
        ("scope", one.scope.clone()),
        ("access_token", one.lifetime()),
        ("signing_algorithm", one.algorithm()),
        ("declared", yes_no(one.declared)),
        ("created_at", one.created_at.to_string()),
        ("updated_at", one.updated_at.to_string()),
    ]);
    Output::new(text, one)
}

/// The output of `resource add` and `resource edit`.
pub fn written(verb: &str, one: &ResourceRow) -> Output {
    let mut output = show(one);
    output.text = format!("{verb} resource {}.\n\n{}", harmless(&one.identifier), output.text);
    output
}

/// The answer to `resource remove`.
pub fn removed(identifier: &str) -> Output {
    let text = format!(
        "Removed resource {}. Access tokens for it that are in use stay valid until they expire.",
        harmless(identifier)
    );
    Output::new(text, &serde_json::json!({ "identifier": identifier, "removed": true }))
}

/// There is no such resource.
pub fn not_found(identifier: &str) -> Failure {
    Failure::NotFound(format!("No resource found for {}.", harmless(identifier)))
}

/// Runs a command on resources.
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
            Ok(written("Added", &row(app, &identifier).await?))
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
        Refused::Exists => Failure::Conflict(format!("There is already a resource {}.", harmless(identifier))),
        Refused::Declared => Failure::Conflict(format!(
            "Resource {} is declared in the configuration file; change it there, under [[resources]].",
            harmless(identifier)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_said_stays_and_default_takes_a_value_back() {
        let mut resource = Resource {
            identifier: "https://api.example".to_owned(),
            name: "Api".to_owned(),
            scopes: ScopeSet::parse("read").unwrap(),
            access_token: Some(Duration::from_secs(300)),
            algorithm: Some(Algorithm::ES256),
        };
        let nothing = Changes { name: None, scope: None, access_token: None, signing_algorithm: None };
        let before = resource.clone();
        nothing.clone().make(&mut resource);
        assert_eq!(resource, before);
        let parse = or_default(duration);
        assert_eq!(parse("5m"), Ok(OrDefault(Some(Duration::from_secs(300)))));
        assert!(parse("soon").is_err());
        let back = Changes {
            scope: Some(ScopeSet::default()),
            access_token: Some(parse("default").unwrap()),
            signing_algorithm: Some(OrDefault(None)),
            ..nothing
        };
        back.make(&mut resource);
        let plain = Resource { scopes: ScopeSet::default(), access_token: None, algorithm: None, ..before };
        assert_eq!(resource, plain);
    }
}
