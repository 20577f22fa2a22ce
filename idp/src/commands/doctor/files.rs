//! Files and folders: whether they can be used, who else can, and how much space is left.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fs::{Access, access};

use crate::base::clock::Timestamp;
use crate::commands::finding::Finding;
use crate::config::{Config, DatabaseUrl, Loaded, Logo, Place, others_read};
use crate::server::accept::tls;
use crate::server::boot;

/// How long before its end a certificate is worth a warning.
const SOON: Duration = Duration::from_secs(14 * 86_400);

/// The files that the configuration names, and the folders in which files are made.
pub(super) fn named(config: &Config) -> Vec<Finding> {
    let mut found: Vec<Finding> = folders(config).iter().map(|(key, folder)| usable(key, folder)).collect();
    if let Some(logo) = &config.pages.logo {
        found.push(match Logo::read(logo) {
            Ok(_) => Finding::ok("files", format!("pages.logo: {} can be used", logo.display())),
            Err(error) => Finding::problem("files", format!("pages.logo: {error:#}")).so("The server does not start."),
        });
    }
    if let Some(file) = &config.outbound.ca_file {
        found.push(match boot::try_outbound(config) {
            Ok(()) => Finding::ok("files", format!("outbound.ca_file: {} can be used", file.display())),
            Err(error) => Finding::problem("files", format!("{error:#}")).so("The server does not start."),
        });
    }
    found
}

/// The folders in which the server makes files, with the keys that name them.
fn folders(config: &Config) -> Vec<(&'static str, PathBuf)> {
    let own_key = config.secrets.master_key.is_none();
    let mut folders = Vec::new();
    if own_key || config.database.url.is_none() {
        folders.push(("data_dir", config.data_dir.clone()));
    }
    if let DatabaseUrl::Sqlite(path) = config.database_url()
        && let Some(folder) = path.parent().filter(|folder| *folder != config.data_dir)
    {
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        folders.push(("database.url", folder.to_owned()));
    }
    folders
}

/// Whether this process can make files in a folder, or make the folder.
fn usable(key: &str, folder: &Path) -> Finding {
    let shown = folder.display();
    let there = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    let nearest = there.ancestors().find(|place| place.exists()).unwrap_or(Path::new("/"));
    let is_there = nearest == there;
    if !nearest.is_dir() {
        return Finding::problem("files", format!("{key}: {} is not a folder", nearest.display()))
            .so("The server does not start.");
    }
    match access(nearest, Access::WRITE_OK | Access::EXEC_OK) {
        Ok(()) if is_there => Finding::ok("files", format!("{key}: {shown} can be used")),
        Ok(()) => Finding::ok("files", format!("{key}: {shown} does not exist yet; the first start creates it")),
        Err(error) => {
            let own = rustix::process::geteuid().as_raw();
            Finding::problem("files", format!("{key}: {} cannot be written by user {own}: {error}", nearest.display()))
                .so("A server that runs as this user does not start.")
                .fix(format!("Run this command as the user of the server, or give that user {}.", nearest.display()))
        }
    }
}

/// Whether others can read what is the server's alone.
pub(super) fn rights(loaded: &Loaded) -> Vec<Finding> {
    let config = &loaded.config;
    let mut found = Vec::new();
    for (folder, mode) in boot::open_folders(config) {
        let folder = folder.display();
        let what = format!("the folder {folder} is open to others (mode {mode:o})");
        let finding = if mode & 0o022 != 0 {
            let so = "Other users of this machine may replace the database and the master key.";
            Finding::problem("files", what).so(so)
        } else {
            let so = "Other users of this machine see the names and sizes of its files, and read one whose own mode is wider.";
            Finding::advice("files", what).so(so)
        };
        found.push(finding.fix(format!("chmod 700 {folder}")));
    }
    for file in boot::open_files(config) {
        let file = file.display();
        found.push(
            Finding::problem("files", format!("{file} is open to others"))
                .so("Other users of this machine may read secrets.")
                .fix(format!("chmod 600 {file}")),
        );
    }
    let mut secret_files: Vec<PathBuf> = config.tls.key_file.iter().cloned().collect();
    let entries = loaded.sections.iter().flat_map(|section| &section.entries).filter(|entry| entry.secret);
    for place in entries.map(|entry| &entry.place) {
        if let Place::Line(file, _) | Place::SecretFile(file) | Place::File(file) = place
            && !secret_files.contains(file)
        {
            secret_files.push(file.clone());
        }
    }
    for file in secret_files.iter().filter(|file| others_read(file)) {
        let file = file.display();
        found.push(
            Finding::problem("files", format!("{file} holds secrets, and everybody on this machine can read it"))
                .so("Other users of this machine may read these secrets.")
                .fix(format!("chmod 640 {file}, with the group of the server")),
        );
    }
    if found.is_empty() {
        found.push(Finding::ok("files", "secrets are readable by their owner alone"));
    }
    found
}

/// The certificate of the configuration, if there is one.
pub(super) fn certificate(config: &Config, now: Timestamp) -> Option<Finding> {
    let file = config.tls.certificate_file.as_ref()?;
    if let Err(error) = tls::Tls::open(&config.tls) {
        return Some(Finding::problem("certificate", format!("{error:#}")).so("The server does not start."));
    }
    Some(ends("certificate", &file.display().to_string(), tls::ends_at(file), now))
}

/// Whether a certificate is good for long enough.
pub(super) fn ends(subject: &'static str, name: &str, end: Option<Timestamp>, now: Timestamp) -> Finding {
    let renew = "Renew it. A server with tls.certificate_file reads the new files by itself.";
    match end {
        None => Finding::advice(subject, format!("the end of the certificate {name} cannot be read")),
        Some(end) if end <= now => Finding::problem(subject, format!("the certificate {name} expired on {end}"))
            .so("Browsers and applications refuse to connect.")
            .fix(renew),
        Some(end) if end.since(now) < SOON => {
            Finding::advice(subject, format!("the certificate {name} expires on {end}"))
                .so("From then on, browsers and applications refuse to connect.")
                .fix(renew)
        }
        Some(end) => Finding::ok(subject, format!("the certificate {name} is valid until {end}")),
    }
}

/// Below this many free bytes there is little room for a busy day.
const LITTLE: u64 = 1 << 30;

/// Below this many free bytes writes may fail at any time.
const NONE: u64 = 64 << 20;

/// The space that is left for an SQLite database, and what kind of file system it is on.
pub(super) fn space(config: &Config) -> Vec<Finding> {
    let DatabaseUrl::Sqlite(path) = config.database_url() else { return Vec::new() };
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut found = Vec::new();
    if let Ok(system) = rustix::fs::statvfs(folder) {
        let free = system.f_bavail.saturating_mul(system.f_frsize);
        let size = std::fs::metadata(&path).map_or(0, |data| data.len());
        let what = format!("{} MiB are free for the database, which takes {} MiB", free >> 20, size >> 20);
        let finding = match free {
            ..NONE => {
                Finding::problem("space", what).so("Soon nobody can sign in: nothing can be written to a full disk.")
            }
            _ if free < size.max(LITTLE) => {
                Finding::advice("space", what).so("A backup needs as much space as the database.")
            }
            _ => Finding::ok("space", what),
        };
        found.push(if free < size.max(LITTLE) { finding.fix("Make room, or move the database.") } else { finding });
    }
    if rustix::fs::statfs(folder).is_ok_and(|system| NETWORK.contains(&(system.f_type as u64 & 0xffff_ffff))) {
        found.push(
            Finding::problem("space", format!("{} is on a network file system", folder.display()))
                .so("SQLite relies on locks that network file systems do not keep: the database may be damaged.")
                .fix("Put it on a local disk, or use PostgreSQL."),
        );
    }
    found
}

/// The numbers by which Linux knows network file systems: NFS, SMB, CIFS, SMB 2.
const NETWORK: [u64; 4] = [0x6969, 0x517b, 0xff53_4d42, 0xfe53_4d42];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::finding::Level;

    #[test]
    fn a_certificate_is_told_two_weeks_before_its_end() {
        let now = Timestamp::from_seconds(1_800_000_000);
        let in_days = |days: u64| Some(now + Duration::from_secs(days * 86_400));
        for (end, level) in [
            (in_days(90), Level::Ok),
            (in_days(15), Level::Ok),
            (in_days(13), Level::Advice),
            (Some(now), Level::Problem),
            (None, Level::Advice),
        ] {
            assert_eq!(ends("certificate", "x.pem", end, now).level, level, "{end:?}");
        }
    }
}
