//! `latchkey backup` and `latchkey restore`.

use std::path::PathBuf;

use clap::Args;

/// Where a backup goes.
#[derive(Args, Clone, Debug)]
pub struct Backup {
    /// The file to write, which must not be there yet
    pub file: PathBuf,
}

/// Where a backup comes from.
#[derive(Args, Clone, Debug)]
pub struct Restore {
    /// The file to go back to; none on PostgreSQL, where pg_restore has been run before
    pub file: Option<PathBuf>,
}
