//! Whose database it is: that of this issuer, of another one, or of another program.

use anyhow::{Context, Result, bail};

use crate::config::Config;
use crate::store::db::{self, Change, Db, Schema, Tx};
use crate::store::installation;

/// Why a command does not work on this database.
#[derive(Debug)]
pub struct NotOurs(pub(super) String);

impl std::fmt::Display for NotOurs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for NotOurs {}

/// Whether these include tables of Latchkey.
pub(super) fn has_ours(tables: &[String]) -> bool {
    ["installation", "data_key"].iter().all(|own| tables.iter().any(|table| table == own))
}

/// Refuses a database that belongs to another program: it has tables, but none of Latchkey.
pub(super) fn refuse_other_programs(subject: &str, tables: &[String]) -> Result<()> {
    // A first start that ended in the middle leaves the list of migrations behind.
    match tables.iter().find(|table| *table != "_sqlx_migrations") {
        Some(other) if !has_ours(tables) => bail!(NotOurs(format!(
            "The {subject} has tables of another program (such as {other}) and none of Latchkey: give Latchkey its own database."
        ))),
        _ => Ok(()),
    }
}

/// Refuses a database or a backup that belongs to another issuer. A database without tables belongs to no issuer yet.
pub(super) async fn require_this_issuer(config: &Config, db: &Db, subject: &str) -> Result<()> {
    if !has_ours(&db.tables().await.context("the database cannot be read")?) {
        return Ok(());
    }
    match another_issuer(config, db).await? {
        None => Ok(()),
        Some(other) => bail!(NotOurs(format!(
            "The {subject} belongs to {other}, and this configuration is that of {}. If the issuer has changed on purpose, do \
             this with the one from before, and then start the server with the new one.",
            config.issuer.as_str()
        ))),
    }
}

/// Refuses a database of another program, or one that this release cannot work with.
pub(super) async fn require_ours(config: &Config, db: &Db) -> Result<()> {
    let shown = config.database_url().shown();
    match db.schema().await.context("the database cannot be read")? {
        Schema::Missing => {
            bail!(NotOurs(format!("The database {shown} does not belong to Latchkey, or was never used.")))
        }
        Schema::Behind => bail!(NotOurs(format!(
            "The database {shown} was made by an earlier release. Migrate it first: start the server of this release, \
             or run latchkey migrate."
        ))),
        Schema::UpToDate => {}
    }
    // A command must not make the missing data key, nor a master key with it.
    if installation::data_keys(&mut *db.read().await?).await?.is_empty() {
        bail!(NotOurs(format!("The database {shown} was never used.")));
    }
    match another_issuer(config, db).await? {
        None => Ok(()),
        Some(other) => bail!(NotOurs(format!(
            "The database {shown} belongs to {other}, and this configuration is that of {}.",
            config.issuer.as_str()
        ))),
    }
}

/// Refuses to restore from a file that is not a Latchkey database.
pub(super) async fn require_latchkey(subject: &str, db: &Db) -> Result<()> {
    if !has_ours(&db.tables().await.with_context(|| format!("the {subject} cannot be read"))?) {
        bail!(NotOurs(format!("The {subject} does not belong to Latchkey.")));
    }
    Ok(())
}

/// The installation fact that names the issuer of this database.
const ISSUER: &str = "issuer";

/// Writes the issuer into the database, so that commands with the configuration of another issuer refuse it.
pub(super) async fn keep_issuer(config: &Config, db: &Db) -> db::Result<()> {
    let issuer = config.issuer.as_str();
    let before = installation::find(&mut *db.read().await?, ISSUER).await?;
    if before.as_deref() == Some(issuer) {
        return Ok(());
    }
    if let Some(before) = before {
        tracing::warn!(
            "the issuer was {before} and is {issuer} now: applications that are configured with the old one refuse its tokens"
        );
    }
    db.write_one(KeepIssuer { issuer: issuer.to_owned() }).await
}

/// Writes the issuer into the database: one statement.
#[derive(Clone)]
struct KeepIssuer {
    issuer: String,
}

impl Change for KeepIssuer {
    type Outcome = ();

    async fn apply(self, tx: &mut Tx<'_>) -> db::Result<()> {
        installation::set(tx, ISSUER, &self.issuer).await
    }
}

/// The issuer of a database, if it is not that of the configuration.
async fn another_issuer(config: &Config, db: &Db) -> Result<Option<String>> {
    let issuer = installation::find(&mut *db.read().await?, ISSUER).await?;
    Ok(issuer.filter(|issuer| issuer != config.issuer.as_str()))
}
