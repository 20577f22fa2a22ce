//! The keys that seal data in the database.
//!
//! A master key, kept outside of the database, wraps one data key, kept inside; the data key seals. So the master key
//! can change without resealing the data, and a copy of the database alone reveals nothing that is sealed.

use std::fmt;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use crate::base::encoding::base64url;
use crate::base::random::Random;
use crate::base::refusal;
use crate::base::seal::SealingKey;
use crate::store::db::Db;
use crate::store::installation::{self, DataKey, KeepFirstDataKey, RewrapDataKey};

/// Why the vault cannot be opened.
#[derive(Debug)]
pub enum Error {
    /// None of the master keys given opens the data key of this database.
    WrongMasterKey,
    /// This key file cannot be read or written.
    File(PathBuf, std::io::Error),
    /// A master key is not 32 bytes in base64.
    Malformed,
    /// The key file is missing, but its database exists.
    KeyMissing {
        /// The file.
        key: PathBuf,
        /// The database.
        database: PathBuf,
    },
    /// The key file exists, but its database is missing.
    DatabaseMissing {
        /// The file.
        key: PathBuf,
        /// The database.
        database: PathBuf,
    },
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
            Self::File(path, error) => write!(f, "it cannot be used: {}", refusal::explained(path, error)),
            Self::Malformed => f.write_str(
                "this is not a master key: 32 random bytes in base64, as openssl rand -base64 32 prints them",
            ),
            Self::KeyMissing { key, database } => {
                let (key, database) = (key.display(), database.display());
                write!(
                    f,
                    "the master key {key} is missing, and what is sealed in the database {database} opens with no other. Put \
                     the key back from its copy, or name the copy as secrets.master_key_file. To start with an empty database and \
                     give up all that is in the database, move it away first: mv {database} {database}.before"
                )
            }
            Self::DatabaseMissing { key, database } => {
                let (key, database) = (key.display(), database.display());
                write!(
                    f,
                    "there is the master key {key}, and the database {database} that belongs to it is missing or empty. Put the \
                     database back (latchkey restore FILE, or the file itself), or name the place where it is as database.url. \
                     To start with an empty database, move the key away first: mv {key} {key}.before. A key of your own for a first \
                     start is named as secrets.master_key_file"
                )
            }
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

/// Reads a master key from its text: 32 bytes in base64url, or as `openssl rand -base64 32` writes them.
pub fn parse_master_key(text: &str) -> Result<SealingKey, Error> {
    SealingKey::from_text(text).ok_or(Error::Malformed)
}

/// The text of a master key.
pub fn master_key_text(key: &SealingKey) -> Zeroizing<String> {
    Zeroizing::new(base64url(key.expose()))
}

/// The file in which Latchkey keeps a master key that it generated. It is the key of one database: if one of the two is
/// missing, no replacement is made, since that would hide the loss.
#[derive(Clone, Debug)]
pub struct KeyFile {
    path: PathBuf,
}

impl KeyFile {
    /// The file at this path, which need not exist yet.
    pub fn at(path: PathBuf) -> Self {
        Self { path }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its final path, and its path until a database is sealed with it.
    pub fn paths(&self) -> [PathBuf; 2] {
        [self.path.clone(), self.unfinished()]
    }

    /// Whether there is a key, under either name.
    pub fn is_there(&self) -> Result<bool, Error> {
        Ok(is_there(&self.path)? || is_there(&self.unfinished())?)
    }

    /// Refuses a key whose database is missing. Call this before a new database is made.
    pub fn check(&self, database: &Path, sealed: bool) -> Result<(), Error> {
        if !sealed && is_there(&self.path)? {
            return Err(Error::DatabaseMissing { key: self.path.clone(), database: database.to_owned() });
        }
        Ok(())
    }

    /// The key of this database; a new key if neither exists.
    pub fn open(&self, database: &Path, sealed: bool, random: &Random) -> Result<SealingKey, Error> {
        self.check(database, sealed)?;
        if is_there(&self.path)? {
            return read_key(&self.path);
        }
        match (sealed, is_there(&self.unfinished())?) {
            (true, true) => read_key(&self.unfinished()),
            (true, false) => Err(Error::KeyMissing { key: self.path.clone(), database: database.to_owned() }),
            (false, _) => read_or_make_key(&self.unfinished(), random),
        }
    }

    /// Gives a new key its final name, once a database is sealed with it.
    pub fn finish(&self) -> Result<(), Error> {
        if is_there(&self.path)? || !is_there(&self.unfinished())? {
            return Ok(());
        }
        forget_unnamed(&self.unfinished());
        std::fs::rename(self.unfinished(), &self.path).map_err(of(&self.path))?;
        keep_names(&self.path)
    }

    /// The path of the file until the database is sealed with the key, so that the first start can be repeated after a
    /// crash in between.
    fn unfinished(&self) -> PathBuf {
        let mut name = self.path.as_os_str().to_owned();
        name.push(".new");
        name.into()
    }
}

/// Whether a file exists; an error if the system does not let this process find out.
fn is_there(path: &Path) -> Result<bool, Error> {
    path.try_exists().map_err(of(path))
}

fn of(path: &Path) -> impl Fn(std::io::Error) -> Error {
    move |error| Error::File(path.to_owned(), error)
}

fn read_key(path: &Path) -> Result<SealingKey, Error> {
    let text = Zeroizing::new(std::fs::read_to_string(path).map_err(of(path))?);
    parse_master_key(&text)
}

/// The master key in this file, with which nothing is sealed yet; it is made (mode 0600) if it does not exist.
fn read_or_make_key(path: &Path, random: &Random) -> Result<SealingKey, Error> {
    match std::fs::metadata(path) {
        // An older release wrote the key in place, and the power failed while it did so.
        Ok(found) if found.len() == 0 => std::fs::remove_file(path).map_err(of(path))?,
        Ok(_) => return read_key(path),
        Err(_) => {}
    }
    let key = SealingKey::generate(random);
    // The key gets its name once it is on disk as a whole; a process that comes second uses the key of the first.
    let mut own = path.as_os_str().to_owned();
    own.push(format!(".{}", random.name::<9>()));
    let own = PathBuf::from(own);
    let made = write_key(&own, &key).and_then(|()| match std::fs::hard_link(&own, path) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => {
            // Not every file system supports hard links.
            std::fs::rename(&own, path)
        }
        _ => Ok(()),
    });
    let _ = std::fs::remove_file(&own);
    made.map_err(of(path))?;
    keep_names(path)?;
    read_key(path)
}

/// Removes keys whose process was killed before they got their name.
fn forget_unnamed(path: &Path) {
    let Some(name) = path.file_name() else { return };
    for entry in std::fs::read_dir(folder_of(path)).into_iter().flatten().flatten() {
        let other = entry.file_name();
        if other.as_encoded_bytes().strip_prefix(name.as_encoded_bytes()).is_some_and(|rest| rest.starts_with(b".")) {
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

fn write_key(path: &Path, key: &SealingKey) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    writeln!(file, "{}", *master_key_text(key))?;
    // The key must be on disk before anything that it seals, in case of a power cut.
    file.sync_all()
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Waits until the directory entries of a file's folder are on disk.
fn keep_names(path: &Path) -> Result<(), Error> {
    std::fs::File::open(folder_of(path)).and_then(|folder| folder.sync_all()).map_err(of(path))
}

/// The open data key.
#[derive(Clone, Debug)]
pub struct Vault {
    data_key: SealingKey,
}

impl Vault {
    /// Opens the data key of this database with one of the master keys, of which the first is the present one; makes a
    /// data key where there is none.
    pub async fn open(db: &Db, masters: &[SealingKey], random: &Random) -> Result<Self, Error> {
        let Some(master) = masters.first() else { return Err(Error::WrongMasterKey) };
        let found = installation::data_keys(&mut *db.read().await?).await?;
        let keys = if found.is_empty() { Self::make(db, master, random).await? } else { found };
        for key in &keys {
            for candidate in masters {
                let Some(data_key) = unwrap(candidate, key) else { continue };
                if candidate.id() != master.id() {
                    db.write(RewrapDataKey(wrap(master, &data_key, random))).await?;
                }
                return Ok(Self { data_key });
            }
        }
        Err(Error::WrongMasterKey)
    }

    /// Opens the data key of this database, and changes nothing: for commands.
    pub async fn open_as_it_is(db: &Db, masters: &[SealingKey]) -> Result<Self, Error> {
        let keys = installation::data_keys(&mut *db.read().await?).await?;
        let opened = keys.iter().find_map(|key| masters.iter().find_map(|master| unwrap(master, key)));
        opened.map(|data_key| Self { data_key }).ok_or(Error::WrongMasterKey)
    }

    async fn make(db: &Db, master: &SealingKey, random: &Random) -> Result<Vec<DataKey>, Error> {
        let wrapped = wrap(master, &SealingKey::generate(random), random);
        Ok(db.write(KeepFirstDataKey(wrapped)).await?)
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

fn unwrap(master: &SealingKey, key: &DataKey) -> Option<SealingKey> {
    let opened = master.open(&place(&key.id), &key.wrapped)?;
    <[u8; 32]>::try_from(opened.as_slice()).ok().map(SealingKey::new)
}

fn wrap(master: &SealingKey, data_key: &SealingKey, random: &Random) -> DataKey {
    let id = data_key.id().to_owned();
    let wrapped = master.seal(random, &place(&id), data_key.expose());
    DataKey { id, wrapped }
}
