//! The work that remains once the configuration is read.

use super::{
    audit, backup, client, events, explain, invitation, keys, log_level, mail, maintenance, recover_admin, resource,
    upstream, user,
};
use crate::audit::key::PublicKey;

/// A piece of work.
#[derive(Debug)]
pub enum Work {
    /// Serve until stopped.
    Serve,
    /// Bring the schema up to date.
    Migrate,
    /// Restore a backup of the database.
    Restore(backup::Restore),
    /// Verify the audit log with a public key alone, and with a checkpoint that it must have.
    VerifyAudit(Option<(i64, String)>, PublicKey),
    /// A command on the open database.
    Command(AppCommand),
}

/// A command on the open database; a server may be running on it.
#[derive(Debug)]
pub enum AppCommand {
    /// Write a backup of the database.
    Backup(backup::Backup),
    /// A command on clients.
    Client(client::ClientCommand),
    /// A command on resources.
    Resource(resource::ResourceCommand),
    /// A command on other providers.
    Upstream(upstream::UpstreamCommand),
    /// A command on users.
    User(user::UserCommand),
    /// A command on invitations.
    Invitation(invitation::InvitationCommand),
    /// Let an administrator in again.
    RecoverAdmin(recover_admin::RecoverAdmin),
    /// A command on letters.
    Mail(mail::MailCommand),
    /// A command on signing keys.
    Keys(keys::KeysCommand),
    /// Show events; whether as JSON.
    Events(events::Events, bool),
    /// A command on the audit log; whether as JSON.
    Audit(audit::AuditCommand, bool),
    /// Explain a refusal.
    Explain(explain::Explain),
    /// Count what there is.
    Stats,
    /// Order a level of the log.
    LogLevel(log_level::LogLevelCommand),
    /// Order a maintenance.
    Maintenance(maintenance::MaintenanceCommand),
}
