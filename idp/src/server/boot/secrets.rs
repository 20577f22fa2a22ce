//! The master keys: of the configuration, or in a file that Latchkey makes.

use std::path::Path;

use anyhow::{Context, Result, bail};

use super::owner::NotOurs;
use crate::base::random::Random;
use crate::base::seal::SealingKey;
use crate::config::{Config, DatabaseUrl};
use crate::keys::vault::KeyFile;
use crate::store::db::Db;
use crate::store::installation;

/// The master keys that may open the database, the present one first.
pub(super) async fn master_keys(
    config: &Config,
    own: Option<&KeyFile>,
    db: &Db,
    random: &Random,
) -> Result<Vec<SealingKey>> {
    let mut keys: Vec<_> = config.secrets.master_key.iter().cloned().collect();
    match (own, config.database_url()) {
        (Some(file), DatabaseUrl::Sqlite(path)) => {
            let sealed = installation::is_sealed(&mut *db.read().await?).await?;
            let key = file.open(&path, sealed, random);
            keys.push(key.with_context(|| format!("the master key file {}", file.path().display()))?);
        }
        // A replica must not create a second one.
        (Some(_), DatabaseUrl::Postgres(_)) => bail!(
            "secrets.master_key is missing. On PostgreSQL it must be given, the same to every replica: make one with\n  \
             openssl rand -base64 32 > master.key\n\
             and name the file with LATCHKEY__SECRETS__MASTER_KEY_FILE or secrets.master_key_file"
        ),
        (None, _) => {}
    }
    keys.extend(config.secrets.previous_master_keys.iter().cloned());
    Ok(keys)
}

/// The file of the master key that Latchkey creates; `None` if the configuration has a key.
pub(super) fn own_key_file(config: &Config) -> Option<KeyFile> {
    config.secrets.master_key.is_none().then(|| KeyFile::at(config.data_dir.join("master.key")))
}

/// Which key was tried on which database, for messages.
pub(super) fn which_key(config: &Config, subject: &str) -> String {
    let key = match own_key_file(config) {
        Some(file) => format!("the master key file {}", file.path().display()),
        None => "secrets.master_key".to_owned(),
    };
    format!("{key} and the {subject}")
}

/// Refuses to restore a backup if the master key that Latchkey had created is missing, before anything is created
/// there.
pub(crate) fn key_is_there(config: &Config, backup: &Path) -> Result<()> {
    let Some(file) = own_key_file(config) else { return Ok(()) };
    let key = std::path::absolute(file.path()).unwrap_or_else(|_| file.path().to_owned());
    if file.is_there().with_context(|| format!("the master key file {}", key.display()))? {
        return Ok(());
    }
    bail!(NotOurs(format!(
        "There is no master key at {}, and without it nothing in the backup {} can be opened: put it there first.",
        key.display(),
        backup.display()
    )))
}
