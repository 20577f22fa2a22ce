//! Latchkey, an OpenID Connect provider. `docs/architecture.md` is the map.
//!
//! Modules are rings; each uses only its own ring and those above it in this list.

// 0: what tests must control.
pub mod base;
// 1: the specs, pure.
pub mod jose;
pub mod oidc;
// 2: the only SQL, and the only SMTP.
pub mod mail;
pub mod outbound;
pub mod store;
pub mod telegram;
// 3: what several endpoints and pages share.
pub mod account;
pub mod app;
pub mod audit;
pub mod channels;
pub mod clients;
pub mod config;
pub(crate) mod explanations;
pub mod federation;
pub mod hashing;
pub mod keys;
pub mod letters;
pub mod login;
pub mod metrics;
pub(crate) mod notices;
pub mod resources;
pub mod site;
pub(crate) mod tokens;
// 4: HTTP for all handlers.
pub mod http;
// 5: what endpoints and pages share about an authorization.
pub(crate) mod flow;
// 6: the handlers, for machines and for people.
pub(crate) mod endpoints;
pub(crate) mod pages;
// 7: the process, and the command line.
pub(crate) mod commands;
#[cfg(feature = "demo")]
pub(crate) mod demo;
pub mod server;

use std::io::{stderr, stdout};
use std::process::ExitCode;

use commands::Step;

/// The program: runs what the command line asks for, and returns the exit code.
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
        Step::Doctor(doctor, loaded) => commands::run::examine(&doctor, &loaded),
        Step::MailTest(test, loaded) => commands::run::test_mail(&test, &loaded),
        Step::Check(loaded) => commands::run::check(&loaded),
        Step::Work(work, loaded) => commands::run::run(work, *loaded),
    };
    commands::finish(outcome, json, &mut stdout(), &mut stderr()).into()
}
