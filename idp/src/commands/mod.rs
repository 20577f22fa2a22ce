//! Ring 7: the command line. One file per noun: its arguments, what the command does, and its output.
//!
//! [`begin`] does all that needs no database; the rest is a [`Work`], which the program runs. [`finish`] prints its
//! [`Outcome`].

mod ask;
mod audit;
pub mod backup;
pub mod client;
pub mod config;
pub mod doctor;
pub mod events;
pub mod explain;
mod finding;
pub mod health;
pub mod invitation;
pub mod keys;
mod line;
pub mod log_level;
pub mod mail;
pub mod maintenance;
mod manual;
pub(crate) mod output;
pub mod pages;
mod recover_admin;
pub mod resource;
pub mod run;
pub mod stats;
pub mod upstream;
pub mod user;
mod values;
mod work;

use std::ffi::OsString;
use std::io::Write;

use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{CommandFactory, FromArgMatches};

#[cfg(feature = "demo")]
pub use line::Demo;
pub use line::{Cli, Command, Health};
pub use output::{Failure, Outcome, Output, finish};
pub use work::{AppCommand, Work};

use crate::config::{Config, Loaded};

/// What [`begin`] leaves to do.
#[derive(Debug)]
pub enum Step {
    /// Nothing; the program ends with this exit code.
    Done(u8),
    /// Run the demo, which has its own configuration.
    #[cfg(feature = "demo")]
    Demo(Demo),
    /// Ask the server whether it is ready.
    Health(Health, Box<Loaded>),
    /// Examine the surroundings.
    Doctor(doctor::Doctor, Box<Loaded>),
    /// Send test letters.
    MailTest(mail::MailTest, Box<Loaded>),
    /// Try what the configuration names, and print it.
    Check(Box<Loaded>),
    /// Run this work.
    Work(Work, Box<Loaded>),
}

/// Parses the command line. On `--help` or an error it prints the text and returns the exit code as `Err`.
pub fn parse(args: impl IntoIterator<Item = OsString>) -> Result<Cli, u8> {
    let mut command = Cli::command();
    let parsed = command.try_get_matches_from_mut(args).and_then(|matches| {
        let named = matches.value_source("config") == Some(ValueSource::CommandLine);
        if named && matches.subcommand_name() == Some("demo") {
            // It would be ignored: the demo has a configuration of its own.
            return Err(
                command.error(ErrorKind::ArgumentConflict, "demo takes no --config: it has its own configuration")
            );
        }
        Cli::from_arg_matches(&matches)
    });
    parsed.map_err(|error| {
        // If the reader has closed the pipe, the text is not needed.
        let _ = error.print();
        u8::try_from(error.exit_code()).unwrap_or(Failure::USAGE)
    })
}

/// The environment variables; a value that is not Unicode is not left out, but converted so that it is visibly wrong.
pub fn environment() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.to_string_lossy().into_owned())))
}

/// Does what needs no database.
pub fn begin(cli: Cli, env: impl Iterator<Item = (String, String)>, out: &mut dyn Write, err: &mut dyn Write) -> Step {
    let as_json = cli.json;
    next(cli, env).unwrap_or_else(|outcome| Step::Done(finish(outcome, as_json, out, err)))
}

/// What is left to do; the error is the outcome of a command for which nothing is.
fn next(cli: Cli, env: impl Iterator<Item = (String, String)>) -> Result<Step, Outcome> {
    let path = cli.config.as_deref().filter(|path| !path.as_os_str().is_empty());
    let load = |env| match Config::load(path, env) {
        Ok(loaded) => Ok(Box::new(loaded)),
        Err(problems) => Err(Err(Failure::from(problems))),
    };
    let work = match cli.command.unwrap_or(Command::Serve) {
        #[cfg(feature = "demo")]
        Command::Demo(demo) => return Ok(Step::Demo(demo)),
        Command::Config(config::ConfigCommand::Check { offline: false }) => return Ok(Step::Check(load(env)?)),
        Command::Doctor(doctor) => return Ok(Step::Doctor(doctor, load(env)?)),
        Command::Mail(mail::MailCommand::Test(test)) => return Ok(Step::MailTest(test, load(env)?)),
        Command::Health(health) => return Ok(Step::Health(health, load(env)?)),
        Command::Config(command) => return Err(config::answer(command, path, env)),
        Command::Pages(command) => return Err(pages::answer(&command, path, env)),
        Command::Completions { shell } => return Err(manual::completions(shell)),
        Command::Man => return Err(manual::man()),
        Command::Serve => Work::Serve,
        Command::Migrate => Work::Migrate,
        Command::Restore(restore) => Work::Restore(restore),
        Command::Backup(backup) => Work::Command(AppCommand::Backup(backup)),
        Command::Client(command) => Work::Command(AppCommand::Client(command)),
        Command::Resource(command) => Work::Command(AppCommand::Resource(command)),
        Command::Upstream(upstream::UpstreamCommand::Presets) => return Err(Ok(upstream::presets())),
        Command::Upstream(command) => Work::Command(AppCommand::Upstream(command)),
        Command::User(command) => Work::Command(AppCommand::User(command)),
        Command::Invitation(command) => Work::Command(AppCommand::Invitation(command)),
        Command::RecoverAdmin(wanted) => Work::Command(AppCommand::RecoverAdmin(wanted)),
        Command::Mail(command) => Work::Command(AppCommand::Mail(command)),
        Command::Keys(command) => Work::Command(AppCommand::Keys(command)),
        Command::Audit(audit::AuditCommand::Verify(audit::Verify { key: Some(key), expect })) => {
            Work::VerifyAudit(expect, key)
        }
        Command::Audit(command) => Work::Command(AppCommand::Audit(command, cli.json)),
        Command::Events(events) => Work::Command(AppCommand::Events(events, cli.json)),
        Command::Explain(wanted) => Work::Command(AppCommand::Explain(wanted)),
        Command::Stats => Work::Command(AppCommand::Stats),
        Command::LogLevel(command) => Work::Command(AppCommand::LogLevel(command)),
        Command::Maintenance(command) => Work::Command(AppCommand::Maintenance(command)),
    };
    if let Work::Command(AppCommand::Client(client::ClientCommand::Add(client))) = &work {
        client.to_new().map_err(Err)?;
    }
    Ok(Step::Work(work, load(env)?))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use clap::Parser;

    fn run(args: &str, env: &[(&str, &str)]) -> (Step, String, String) {
        let cli = Cli::try_parse_from(args.split(' ')).unwrap_or_else(|error| panic!("{error}"));
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let env = env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let step = begin(cli, env, &mut out, &mut err);
        (step, String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap())
    }

    fn refused(args: &str) -> i32 {
        Cli::try_parse_from(args.split(' ')).map_or_else(|error| error.exit_code(), |cli| panic!("accepted {cli:?}"))
    }

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn without_a_command_it_serves() {
        assert!(matches!(run("latchkey", &[]).0, Step::Work(Work::Serve, _)));
    }

    #[cfg(feature = "demo")]
    #[test]
    fn the_demonstration_listens_where_it_is_told_to() {
        assert!(matches!(run("latchkey demo --port 9000", &[]).0, Step::Demo(Demo { port: 9000, app_port: 8081 })));
    }

    #[cfg(feature = "demo")]
    #[test]
    fn the_demo_refuses_a_configuration_that_it_would_ignore() {
        let parsed = |args: &str| parse(args.split(' ').map(OsString::from));
        assert!(matches!(parsed("latchkey demo --config x.toml"), Err(2)));
        assert!(matches!(parsed("latchkey --config x.toml demo"), Err(2)));
        assert!(parsed("latchkey demo").is_ok() && parsed("latchkey serve --config x.toml").is_ok());
    }

    #[test]
    fn a_wrong_configuration_is_78_before_anything_else_happens() {
        let (step, out, err) = run("latchkey serve", &[("LATCHKEY__LOGIN__SIGN_UP", "maybe")]);
        assert!(matches!(step, Step::Done(78)));
        assert_eq!(out, "");
        assert_eq!(
            err,
            "The configuration has a problem:\n  login.sign_up (environment LATCHKEY__LOGIN__SIGN_UP): found \"maybe\"; \
             allowed: one of \"closed\", \"invitation\", \"open\", true, false\n"
        );
    }

    #[test]
    fn a_wrong_command_line_is_2() {
        for args in [
            "latchkey sevre",
            "latchkey client add",
            "latchkey client add --kind desktop",
            "latchkey user add --name Alice",
            "latchkey user add --email alice@example.com --password hunter2",
            "latchkey user show",
        ] {
            assert_eq!(refused(args), 2, "{args}");
        }
        let (step, _, err) = run("latchkey client add --kind web", &[]);
        assert!(matches!(step, Step::Done(2)), "{step:?}");
        assert!(err.contains("--redirect-uri"), "{err}");
    }

    #[test]
    fn config_check_prints_what_is_in_force_and_masks_secrets() {
        let env = [
            ("LATCHKEY__DATABASE__URL", "postgres://latchkey:hunter2@db/latchkey"),
            ("LATCHKEY__SECRETS__MASTER_KEY", "C2cBAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4"),
            ("LATCHKEY__TOKENS__ID_TOKEN", "2h"),
        ];
        for args in ["latchkey config check --offline", "latchkey config check --offline --json"] {
            let (step, out, err) = run(args, &env);
            assert!(matches!(step, Step::Done(0)), "{err}");
            assert!(out.contains("postgres://latchkey:***@db/latchkey"), "{out}");
            assert!(out.contains("tokens.id_token"), "the warning is told: {out}");
            assert!(out.contains("[secret, key "), "{out}");
            assert!(!out.contains("hunter2") && !out.contains("C2cBAg"), "{out}");
        }
    }

    #[test]
    fn completions_are_printed_for_every_shell_whatever_the_configuration_is() {
        for (shell, word) in [
            ("bash", "complete -F _latchkey"),
            ("zsh", "#compdef latchkey"),
            ("fish", "complete -c latchkey"),
            ("powershell", "Register-ArgumentCompleter"),
            ("elvish", "edit:completion:arg-completer[latchkey]"),
        ] {
            let args = format!("latchkey completions {shell}");
            let (step, out, err) = run(&args, &[("LATCHKEY__LOGIN__SIGN_UP", "maybe")]);
            assert!(matches!(step, Step::Done(0)), "{err}");
            assert!(out.contains(word) && out.contains("redirect-uri"), "{shell}: {out}");
        }
        assert_eq!(refused("latchkey completions cmd"), 2);
    }

    #[test]
    fn the_manual_is_one_page_that_tells_of_every_command_and_option() {
        fn gather(command: &clap::Command, names: &mut Vec<String>) {
            for sub in command.get_subcommands().filter(|sub| sub.get_name() != "help") {
                names.extend(sub.get_arguments().filter_map(|arg| arg.get_long().map(|long| format!("--{long}"))));
                match sub.has_subcommands() {
                    true => gather(sub, names),
                    false => names.push(sub.get_bin_name().unwrap().to_uppercase()),
                }
            }
        }
        let (step, out, err) = run("latchkey man", &[("LATCHKEY__LOGIN__SIGN_UP", "maybe")]);
        assert!(matches!(step, Step::Done(0)), "{err}");
        // As a reader sees it: without the marks of the format.
        let page = ["\\fB", "\\fI", "\\fR", "\\"].iter().fold(out.clone(), |page, mark| page.replace(mark, ""));
        let mut cli = Cli::command();
        cli.build();
        let mut expected = Vec::new();
        gather(&cli, &mut expected);
        assert!(expected.contains(&"LATCHKEY CLIENT ADD".to_owned()), "{expected:?}");
        for name in expected {
            assert!(page.contains(&name), "{name} in {page}");
        }
        assert_eq!(page.matches("LATCHKEY_CONFIG").count(), 1, "what holds for all is told once");
        assert_eq!(page.matches(".TH ").count(), 1);
        assert!(page.contains("78  invalid configuration"));
    }

    #[test]
    fn a_wait_for_the_health_of_a_server_has_a_unit() {
        let (step, _, _) = run("latchkey health --timeout 300ms", &[]);
        let Step::Health(health, _) = step else { panic!("{step:?}") };
        assert_eq!(health.timeout, Duration::from_millis(300));
        assert_eq!(refused("latchkey health --timeout 3"), 2);
    }

    #[test]
    fn problems_are_json_for_programs() {
        let (step, _, err) = run("latchkey --json config check", &[("LATCHKEY__LOGIN__SIGN_UP", "maybe")]);
        assert!(matches!(step, Step::Done(78)));
        let problem: serde_json::Value = serde_json::from_str(&err).unwrap();
        assert_eq!(problem["error"], "configuration");
        assert_eq!(problem["problems"][0]["key"], "login.sign_up");
    }

    #[test]
    fn config_reference_prints_the_reference() {
        let (step, out, _) = run("latchkey config reference", &[]);
        assert!(matches!(step, Step::Done(0)));
        assert_eq!(out, crate::config::reference());
    }
}
