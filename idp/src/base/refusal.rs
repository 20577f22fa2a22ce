//! Error messages for a file that the system refuses, naming the user that is refused.

use std::io::{Error, ErrorKind};
use std::path::Path;

/// The system's error message. If permissions are the cause, it adds the user that this process runs as, and the owner
/// of the file or, if the file cannot be seen, of the innermost folder that can.
pub fn explained(path: &Path, error: &Error) -> String {
    if error.kind() != ErrorKind::PermissionDenied {
        return error.to_string();
    }
    let own = rustix::process::geteuid().as_raw();
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let owned = |place: &Path| {
        let owner = std::os::unix::fs::MetadataExt::uid(&std::fs::metadata(place).ok()?);
        Some(format!(", and {} belongs to user {owner}: run it as that user, or as root", place.display()))
    };
    let whose = path.ancestors().find_map(owned).unwrap_or_default();
    format!("{error}; this process runs as user {own}{whose}")
}
