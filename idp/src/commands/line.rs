//! The grammar of the command line.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;

use crate::commands::values::duration;

/// The meaning of the exit codes.
pub(super) const EXIT_CODES: &str = "\
Exit codes:
  0   success
  1   failure; of doctor and config check: there are problems
  2   invalid command line
  3   not found: client, resource, user or key
  4   it exists already, or is in use
  66  the database does not exist, or this command may not use it
  78  invalid configuration";

/// The command line.
#[derive(Debug, Parser)]
#[command(name = "latchkey", version, about = "An OpenID Connect provider in one binary.", after_help = EXIT_CODES)]
pub struct Cli {
    /// Configuration file [default: latchkey.toml, if it exists]
    #[arg(long, short, global = true, env = "LATCHKEY_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Print JSON instead of text
    #[arg(long, global = true)]
    pub json: bool,
    /// The command [default: serve]
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the server
    Serve,
    /// Try Latchkey: run a provider, an account and an application in a temporary folder
    #[cfg(feature = "demo")]
    Demo(Demo),
    /// Check whether the server is ready
    Health(Health),
    /// Migrate the database schema
    Migrate,
    /// Check this machine, the database, Redis, certificates and proxies for problems
    Doctor(super::doctor::Doctor),
    /// Show sign-ins and other events
    Events(super::events::Events),
    /// List what happened, and verify that the record of it was not changed
    #[command(subcommand)]
    Audit(super::audit::AuditCommand),
    /// Explain why a request was refused, by the code that was shown for it
    Explain(super::explain::Explain),
    /// Show numbers: people, sessions, grants, clients, sign-ins a day
    Stats,
    /// Show or change the log level of all running servers
    LogLevel(super::log_level::LogLevelCommand),
    /// Show people a maintenance page
    #[command(subcommand)]
    Maintenance(super::maintenance::MaintenanceCommand),
    /// Back up an SQLite database to a file; the server may be running
    Backup(super::backup::Backup),
    /// Restore a backup; ends all sessions, tokens and links
    Restore(super::backup::Restore),
    /// Manage clients: applications that people sign in to, and services
    #[command(subcommand)]
    Client(super::client::ClientCommand),
    /// Manage resources: what access tokens are for, such as APIs (RFC 8707)
    #[command(subcommand)]
    Resource(super::resource::ResourceCommand),
    /// Manage other providers by whose accounts people can sign in
    #[command(subcommand)]
    Upstream(super::upstream::UpstreamCommand),
    /// Manage people's accounts
    #[command(subcommand)]
    User(super::user::UserCommand),
    /// Invite people to create an account
    #[command(subcommand)]
    Invitation(super::invitation::InvitationCommand),
    /// Let an administrator who has lost every way in set a new password, by a link that works once
    RecoverAdmin(super::recover_admin::RecoverAdmin),
    /// Test the mail settings, and manage letters that were not sent
    #[command(subcommand)]
    Mail(super::mail::MailCommand),
    /// Manage the keys that sign tokens
    #[command(subcommand)]
    Keys(super::keys::KeysCommand),
    /// Check the configuration, or print the reference of its keys
    #[command(subcommand)]
    Config(super::config::ConfigCommand),
    /// Preview the hosted pages, or print their texts
    #[command(subcommand)]
    Pages(super::pages::PagesCommand),
    /// Generate shell completions
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Generate the manual page
    Man,
}

/// Where the demo listens.
#[cfg(feature = "demo")]
#[derive(Args, Clone, Copy, Debug)]
pub struct Demo {
    /// Port of the provider
    #[arg(long, default_value_t = 8080)]
    pub port: u16,
    /// Port of the application
    #[arg(long, default_value_t = 8081)]
    pub app_port: u16,
}

/// How the server is asked whether it is ready.
#[derive(Args, Clone, Copy, Debug)]
pub struct Health {
    /// How long to wait for the answer
    #[arg(long, value_name = "DURATION", default_value = "5s", value_parser = duration)]
    pub timeout: Duration,
}
