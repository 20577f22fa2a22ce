//! The files that a restore leaves beside a database, and the cleanup after one that was killed.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use super::files::beside;

/// The suffix of the file name under which the replaced database is kept.
pub(crate) const BEFORE: &str = ".before-restore-";

/// The suffix of the file name of the database that is to replace it.
pub(crate) const RESTORING: &str = ".restoring";

/// Removes what a killed restore has left: the copy that it prepared, and second names of the present database. These
/// are hard links: writing to one, mistaken for a copy, would write to the served database. Called while the database
/// is held.
pub(crate) fn forget_unfinished_restore(present: &Path) -> std::io::Result<()> {
    remove(&beside(present, RESTORING));
    let Ok(own) = fs::metadata(present) else { return Ok(()) };
    let prefix = beside(Path::new(present.file_name().unwrap_or_default()), BEFORE);
    for entry in fs::read_dir(folder_of(present))? {
        let entry = entry?;
        let name = entry.file_name();
        let same = || entry.metadata().is_ok_and(|other| (other.dev(), other.ino()) == (own.dev(), own.ino()));
        if name.as_encoded_bytes().starts_with(prefix.as_os_str().as_encoded_bytes()) && same() {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// Removes a database and its log.
pub(crate) fn remove(database: &Path) {
    for ending in ["", "-wal", "-shm"] {
        let _ = fs::remove_file(beside(database, ending));
    }
}

/// The folder in which a file is.
pub(crate) fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}
