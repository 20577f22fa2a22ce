//! `[database]`: where everything is kept.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use super::reader::{between, section};
use super::source::Raw;
use super::units::minutes;
use super::value::{Value, quoted, without_credentials};
use crate::base::secret::Secret;

section! {
    /// Where everything is kept: SQLite for one process, PostgreSQL for several.
    pub struct Database("database") {
        /// `sqlite:` and the path of a file, or `postgres://user:password@host/name`.
        url: Option<DatabaseUrl> = None, otherwise("`latchkey.db` in `data_dir`, as SQLite");
        /// The most connections that are kept open.
        max_connections: u32 = 10, must(between(1, 1000));
        /// How long a request waits for a connection before it is refused.
        acquire_timeout: Duration = Duration::from_millis(500), must(between(Duration::from_millis(100), minutes(1)));
        /// How long one statement may take.
        statement_timeout: Duration = Duration::from_millis(1500), must(between(Duration::from_millis(100), minutes(5)));
    }
}

/// The database, by kind.
#[derive(Clone, Debug)]
pub enum DatabaseUrl {
    /// A file of this process alone.
    Sqlite(PathBuf),
    /// A server that several processes may share; the URL may hold a password.
    Postgres(Secret),
}

impl DatabaseUrl {
    /// Reads a URL; an error says what is allowed.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wanted = || "\"sqlite:\" and a path, or \"postgres://user:password@host/name\"".to_owned();
        if let Some(path) = text.strip_prefix("sqlite:") {
            let path = path.strip_prefix("//").unwrap_or(path);
            if path.is_empty() || path.contains([':', '?']) {
                return Err("\"sqlite:\" and the path of a file, without options".to_owned());
            }
            return Ok(Self::Sqlite(path.into()));
        }
        let url = url::Url::parse(text).map_err(|_| wanted())?;
        match url.scheme() {
            "postgres" | "postgresql" => Ok(Self::Postgres(text.into())),
            _ => Err(wanted()),
        }
    }

    /// The URL as people may see it: without a password.
    pub fn shown(&self) -> String {
        match self {
            Self::Sqlite(path) => quoted(&format!("sqlite:{}", path.display())),
            Self::Postgres(url) => without_credentials(url),
        }
    }
}

impl fmt::Display for DatabaseUrl {
    /// Without its password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.shown().trim_matches('"'))
    }
}

impl Value for DatabaseUrl {
    const SECRET: bool = true;
    fn expected() -> String {
        "a database URL".to_owned()
    }
    fn parse(raw: &Raw) -> Result<Self, String> {
        Self::parse(raw.text().ok_or_else(<Self as Value>::expected)?.trim())
    }
    fn render(&self) -> String {
        self.shown()
    }
    fn shown(&self) -> String {
        Self::shown(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_is_shown_without_its_password() {
        let shown = |text: &str| DatabaseUrl::parse(text).unwrap().shown();
        assert_eq!(shown("sqlite:///var/lib/x.db"), "\"sqlite:/var/lib/x.db\"");
        assert_eq!(shown("postgres://me:hunter2@db/x?sslkey=hunter2"), "\"postgres://me:***@db/x?***\"");
        assert_eq!(shown("postgresql:///x?host=/run"), "\"postgresql:///x?***\"");
        for text in ["", "mysql://x", "sqlite:", "sqlite::memory:", "sqlite:x?mode=ro", "latchkey.db"] {
            assert!(DatabaseUrl::parse(text).is_err(), "{text}");
        }
    }
}
