//! The grammar of the command line.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;

use crate::commands::values::duration;

/// The meaning of the exit codes.
pub(super) const EXIT_CODES: &str = "\
Exit codes:
  0   done
  1   failed
  2   the command line is wrong
  3   there is no such client, resource, user or key
  4   there is one already, or it is in use
  66  the database is not there, or not one that this command may work on
  78  the configuration is wrong";

/// The command line.
#[derive(Debug, Parser)]
#[command(name = "latchkey", version, about = "An OpenID Connect provider in one binary.", after_help = EXIT_CODES)]
pub struct Cli {
    /// The configuration file [default: latchkey.toml, if there]
    #[arg(long, short, global = true, env = "LATCHKEY_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Answer in JSON, for programs
    #[arg(long, global = true)]
    pub json: bool,
    /// What to do [default: serve]
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// What can be asked for.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve people and applications, until told to stop
    Serve,
    /// Try it out: a provider, an account and an application, in a temporary folder
    #[cfg(feature = "demo")]
    Demo(Demo),
    /// Ask the running server of this configuration whether it is ready
    Health(Health),
    /// Bring the database to the form that this version needs
    Migrate,
    /// Write a copy of an SQLite database to a file, while a server runs or not
    Backup(super::backup::Backup),
    /// Go back to a backup: everybody has to sign in again, and nothing that was used before works again
    Restore(super::backup::Restore),
    /// Applications that people sign in to, and services
    #[command(subcommand)]
    Client(super::client::ClientCommand),
    /// Resources that access tokens can be for, such as APIs (RFC 8707)
    #[command(subcommand)]
    Resource(super::resource::ResourceCommand),
    /// People
    #[command(subcommand)]
    User(super::user::UserCommand),
    /// The keys that tokens are signed with
    #[command(subcommand)]
    Keys(super::keys::KeysCommand),
    /// The configuration
    #[command(subcommand)]
    Config(super::config::ConfigCommand),
    /// Print what a shell reads to complete command lines
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Print the manual page, to be read by man
    Man,
}

/// Where the demonstration listens.
#[cfg(feature = "demo")]
#[derive(Args, Clone, Copy, Debug)]
pub struct Demo {
    /// The port of the provider
    #[arg(long, default_value_t = 8080)]
    pub port: u16,
    /// The port of the application
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
