//! Removes dead rows from tables without an index to find them, range by range along the primary key: such an index
//! would cost more with each refresh than it saves.

use crate::base::clock::Timestamp;
use crate::store::db::{Change, Conn, Result, Tx};

/// A table that is swept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Swept {
    /// Refresh families that have expired and were not used recently.
    RefreshFamily,
    /// Grants that have ended, or that can no longer be refreshed; their codes are removed with them.
    ClientGrant,
    /// Sessions that are over and have no grants.
    Session,
}

impl Swept {
    /// All of them, dependent tables first.
    pub const ALL: [Self; 3] = [Self::RefreshFamily, Self::ClientGrant, Self::Session];

    const fn table_and_key(self) -> (&'static str, &'static str) {
        match self {
            Self::RefreshFamily => ("refresh_family", "handle_hash"),
            Self::ClientGrant => ("client_grant", "id"),
            Self::Session => ("session", "id"),
        }
    }

    /// The condition under which a row is dead, if everything before `$1` is past for every process.
    const fn is_dead(self) -> &'static str {
        match self {
            Self::RefreshFamily => "last_used_at < $1 AND (expires_at < $1 OR idle_expires_at < $1)",
            Self::ClientGrant => {
                "created_at < $1 AND (ended_at < $1
                    OR NOT EXISTS (SELECT 1 FROM refresh_family f WHERE f.grant_id = client_grant.id))"
            }
            Self::Session => {
                "(expires_at < $1 OR ended_at < $1)
                    AND NOT EXISTS (SELECT 1 FROM client_grant g WHERE g.session_id = session.id)"
            }
        }
    }
}

/// The last key of the next `rows` rows after `after`; `None` if there are fewer.
pub async fn range_end(conn: &mut Conn, swept: Swept, after: &str, rows: i64) -> Result<Option<String>> {
    let (table, key) = swept.table_and_key();
    let sql = format!("SELECT {key} FROM {table} WHERE {key} > $1 ORDER BY {key} LIMIT 1 OFFSET $2");
    let row: Option<(String,)> =
        sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(after).bind(rows - 1).fetch_optional(conn).await?;
    Ok(row.map(|row| row.0))
}

/// The statement that removes the rows after `$2`, up to `$3` or to the end, that were dead before `$1`.
pub fn statement(swept: Swept, up_to: bool) -> String {
    let (table, key) = swept.table_and_key();
    // Left out if there is no bound: with an optional bound, a database would read all rows after the lower one.
    let upper = if up_to { format!("AND {key} <= $3 ") } else { String::new() };
    format!("DELETE FROM {table} WHERE {key} > $2 {upper}AND {}", swept.is_dead())
}

/// Removes dead rows from a range of a table: one statement. Returns the number of rows removed.
#[derive(Clone, Debug)]
pub struct Delete {
    /// The table.
    pub swept: Swept,
    /// The range: the rows with a key after this one,
    pub after: String,
    /// up to this one, or to the end.
    pub until: Option<String>,
    /// Rows that were dead before this moment are removed.
    pub before: Timestamp,
}

impl Change for Delete {
    type Outcome = u64;

    async fn apply(self, tx: &mut Tx<'_>) -> Result<u64> {
        let sql = statement(self.swept, self.until.is_some());
        let mut query = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(self.before).bind(self.after);
        if let Some(until) = self.until {
            query = query.bind(until);
        }
        Ok(query.execute(&mut **tx).await?.rows_affected())
    }
}
