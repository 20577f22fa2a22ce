//! The keys that seal what rests in the database.
//!
//! A master key, kept outside of the database, wraps one data key, kept inside; the data key seals. So the master key can
//! change without touching what was sealed, and a copy of the database alone gives nothing.

use std::fmt;
use std::io::Write;
use std::path::Path;

use zeroize::Zeroizing;

use crate::base::encoding::{base64url, from_base64url};
use crate::base::random::Random;
use crate::base::seal::SealingKey;
use crate::store::db::Db;
use crate::store::event::Pen;
use crate::store::installation::{self, DataKey};

/// Why the vault stays closed.
#[derive(Debug)]
pub enum Error {
    /// None of the master keys given opens the data key of this database.
    WrongMasterKey,
    /// The key file cannot be read or written.
    File(std::io::Error),
    /// A master key is not 32 bytes in base64url.
    Malformed,
    /// The database failed.
    Store(crate::store::db::Error),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WrongMasterKey => f.write_str(
                "the master key does not open this database: it was made with another one. Give the key that was used \
                 before (secrets.master_key, secrets.master_key_file, or secrets.previous_master_keys)",
            ),
            Self::File(error) => write!(f, "the master key file cannot be used: {error}"),
            Self::Malformed => f.write_str("a master key must be 32 random bytes in base64url (43 characters)"),
            Self::Store(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for Error {}

impl From<crate::store::db::Error> for Error {
    fn from(error: crate::store::db::Error) -> Self {
        Self::Store(error)
    }
}

/// Reads a master key from its text: 32 bytes in base64url.
pub fn parse_master_key(text: &str) -> Result<SealingKey, Error> {
    let bytes = Zeroizing::new(from_base64url(text.trim()).ok_or(Error::Malformed)?);
    <[u8; 32]>::try_from(bytes.as_slice()).map(SealingKey::new).map_err(|_| Error::Malformed)
}

/// The text of a master key.
pub fn master_key_text(key: &SealingKey) -> Zeroizing<String> {
    Zeroizing::new(base64url(key.expose()))
}

/// The master key in this file, which is made (0600) if it is not there.
pub fn master_key_in(path: &Path, random: &Random) -> Result<SealingKey, Error> {
    match std::fs::read_to_string(path) {
        Ok(text) => parse_master_key(&Zeroizing::new(text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let key = SealingKey::generate(random);
            let mut options = std::fs::OpenOptions::new();
            options.write(true).create_new(true);
            #[cfg(unix)]
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
            let mut file = options.open(path).map_err(Error::File)?;
            writeln!(file, "{}", *master_key_text(&key)).map_err(Error::File)?;
            // What it will seal must not outlive it in a power cut.
            file.sync_all().map_err(Error::File)?;
            if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
                std::fs::File::open(folder).and_then(|folder| folder.sync_all()).map_err(Error::File)?;
            }
            Ok(key)
        }
        Err(error) => Err(Error::File(error)),
    }
}

/// The open data key.
#[derive(Clone, Debug)]
pub struct Vault {
    data_key: SealingKey,
}

impl Vault {
    /// Opens the data key of this database with one of the master keys, of which the first is the present one; makes a
    /// data key where there is none.
    pub async fn open(db: &Db, masters: &[SealingKey], pen: &Pen) -> Result<Self, Error> {
        let Some(master) = masters.first() else { return Err(Error::WrongMasterKey) };
        let found = installation::data_keys(&mut *db.read().await?).await?;
        let keys = if found.is_empty() { Self::make(db, master, pen).await? } else { found };
        for key in &keys {
            for candidate in masters {
                let Some(opened) = candidate.open(&place(&key.id), &key.wrapped) else { continue };
                let opened = <[u8; 32]>::try_from(opened.as_slice()).map_err(|_| Error::WrongMasterKey)?;
                let data_key = SealingKey::new(opened);
                if candidate.id() != master.id() {
                    rewrap(db, master, &data_key, pen).await?;
                }
                return Ok(Self { data_key });
            }
        }
        Err(Error::WrongMasterKey)
    }

    async fn make(db: &Db, master: &SealingKey, pen: &Pen) -> Result<Vec<DataKey>, Error> {
        let wrapped = wrap(master, &SealingKey::generate(&pen.random), &pen.random);
        let now = pen.clock.now();
        Ok(db
            .write(move |conn| {
                Box::pin(async move {
                    installation::insert_first_data_key(conn, &wrapped, now).await?;
                    installation::data_keys(conn).await
                })
            })
            .await?)
    }

    /// Seals bytes for a place: table, column and row.
    pub fn seal(&self, random: &Random, place: &str, plain: &[u8]) -> String {
        self.data_key.seal(random, place, plain)
    }

    /// Opens what was sealed for this place.
    pub fn unseal(&self, place: &str, blob: &str) -> Option<Zeroizing<Vec<u8>>> {
        self.data_key.open(place, blob)
    }

    /// A key for one purpose.
    pub fn derive(&self, purpose: &str) -> SealingKey {
        self.data_key.derive(purpose)
    }
}

fn place(id: &str) -> String {
    format!("data_key.wrapped.{id}")
}

fn wrap(master: &SealingKey, data_key: &SealingKey, random: &Random) -> DataKey {
    let id = data_key.id().to_owned();
    let wrapped = master.seal(random, &place(&id), data_key.expose());
    DataKey { id, wrapped }
}

async fn rewrap(db: &Db, master: &SealingKey, data_key: &SealingKey, pen: &Pen) -> Result<(), Error> {
    let wrapped = wrap(master, data_key, &pen.random);
    Ok(db.write(move |conn| Box::pin(async move { installation::rewrap_data_key(conn, &wrapped).await })).await?)
}
