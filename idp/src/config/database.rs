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

    /// What messages call the database: its file, or its name and server, without user and password.
    pub fn place(&self) -> String {
        let url = match self {
            Self::Sqlite(path) => return path.display().to_string(),
            Self::Postgres(url) => url::Url::parse(url.expose()).ok(),
        };
        let Some(url) = url else { return "on PostgreSQL".to_owned() };
        let option = |names: [&str; 2]| {
            let value = url.query_pairs().find(|(name, _)| names.contains(&name.as_ref()));
            value.map(|(_, value)| value.into_owned())
        };
        let host =
            option(["host", "hostaddr"]).or_else(|| url.host_str().filter(|host| !host.is_empty()).map(str::to_owned));
        let port = option(["port", "port"]).or_else(|| url.port().map(|port| port.to_string()));
        let server = match host {
            Some(host) if host.starts_with('/') => host,
            host => format!("{}:{}", host.as_deref().unwrap_or("localhost"), port.as_deref().unwrap_or("5432")),
        };
        let name = option(["dbname", "dbname"]).unwrap_or_else(|| url.path().trim_start_matches('/').to_owned());
        let name = if name.is_empty() { url.username().to_owned() } else { name };
        format!("{name} on {server}")
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
    fn a_message_names_a_database_by_its_server_and_name() {
        let place = |text: &str| DatabaseUrl::parse(text).unwrap().place();
        assert_eq!(place("sqlite:///var/lib/x.db"), "/var/lib/x.db");
        assert_eq!(place("postgres://me:hunter2@db.example.com/latchkey"), "latchkey on db.example.com:5432");
        assert_eq!(place("postgres://me:hunter2@[::1]:5433/latchkey?sslmode=require"), "latchkey on [::1]:5433");
        assert_eq!(place("postgresql:///x?host=/run/postgresql&user=me&password=hunter2"), "x on /run/postgresql");
        assert_eq!(place("postgres://me:hunter2@db"), "me on db:5432");
    }

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
