//! Latchkey, an OpenID Connect provider. The map of the house is `docs/architecture.md`.
//!
//! Modules are rings; each uses only its own ring and those above it in this list.

// 0: what tests must control.
pub mod base;
// 1: the specs, pure.
pub mod jose;
pub mod oidc;
// 2: the only SQL.
pub mod store;
// 3: what several doors share.
pub mod account;
pub mod app;
pub mod clients;
pub mod config;
pub mod hashing;
pub mod keys;
pub mod login;
pub mod metrics;
pub(crate) mod notices;
pub mod resources;
pub mod site;
pub(crate) mod tokens;
// 4: plumbing.
pub mod http;
// 5: what both kinds of door need.
pub(crate) mod flow;
// 6: doors.
pub(crate) mod endpoints;
pub(crate) mod pages;
// 7: the process, and what can be asked for on the command line.
pub(crate) mod commands;
#[cfg(feature = "demo")]
pub(crate) mod demo;
pub mod server;

use std::io::{stderr, stdout};
use std::process::ExitCode;

use commands::Step;

/// The program: does what its command line asks for, and gives the exit code.
pub fn main() -> ExitCode {
    let cli = match commands::parse(std::env::args_os()) {
        Ok(cli) => cli,
        Err(code) => return code.into(),
    };
    let json = cli.json;
    let outcome = match commands::begin(cli, commands::environment(), &mut stdout(), &mut stderr()) {
        Step::Done(code) => return code.into(),
        #[cfg(feature = "demo")]
        Step::Demo(demo) => demo::run(demo),
        Step::Health(health, loaded) => commands::run::ask(health, &loaded),
        Step::Work(work, loaded) => commands::run::run(work, *loaded),
    };
    commands::finish(outcome, json, &mut stdout(), &mut stderr()).into()
}
