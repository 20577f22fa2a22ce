//! The `latchkey` binary.

use std::io::{stderr, stdout};
use std::process::ExitCode;

use latchkey::cli::{self, Step};
use latchkey::{demo, run};

fn main() -> ExitCode {
    let cli = match cli::parse(std::env::args_os()) {
        Ok(cli) => cli,
        Err(code) => return code.into(),
    };
    let json = cli.json;
    let outcome = match cli::begin(cli, cli::environment(), &mut stdout(), &mut stderr()) {
        Step::Done(code) => return code.into(),
        Step::Demo(demo) => demo::run(demo),
        Step::Work(work, loaded) => run::work(work, *loaded),
    };
    cli::finish(outcome, json, &mut stdout(), &mut stderr()).into()
}
