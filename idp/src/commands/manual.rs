//! `latchkey man` and `latchkey completions`: the manual page and the shell completions.

use std::io::Write;

use anyhow::Context;
use clap::{Command, CommandFactory};
use clap_complete::Shell;
use clap_mangen::Man;
use serde_json::json;

use crate::commands::line::{Cli, EXIT_CODES};
use crate::commands::output::{Outcome, Output};

/// The sections that clap's page does not have.
const ENVIRONMENT: &str = "\
.SH ENVIRONMENT
.TP
LATCHKEY_CONFIG
The configuration file, like \\fB\\-\\-config\\fR.
.TP
LATCHKEY__SECTION__KEY
The value of a key, which wins over the file: LATCHKEY__HTTP__LISTEN is http.listen.
\\fBlatchkey config reference\\fR prints all keys.
";

/// The completion script of a shell.
pub(super) fn completions(shell: Shell) -> Outcome {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "latchkey", &mut script);
    let text = String::from_utf8(script).context("the completions are not valid UTF-8")?;
    Ok(Output { json: json!({ "completions": text }), text })
}

/// The manual: one page with a section for each command.
pub(super) fn man() -> Outcome {
    let mut page = Vec::new();
    write_page(&mut page).context("the manual page cannot be generated")?;
    let text = String::from_utf8(page).context("the manual page is not valid UTF-8")?;
    Ok(Output { json: json!({ "roff": text }), text })
}

fn write_page(page: &mut Vec<u8>) -> std::io::Result<()> {
    let mut cli = Cli::command().disable_help_subcommand(true);
    cli.build();
    let whole = Man::new(cli.clone()).title("LATCHKEY");
    whole.render_title(page)?;
    whole.render_name_section(page)?;
    whole.render_synopsis_section(page)?;
    whole.render_description_section(page)?;
    whole.render_options_section(page)?;
    write_commands(&cli, page)?;
    page.extend(ENVIRONMENT.as_bytes());
    writeln!(page, ".SH \"EXIT STATUS\"\n.nf")?;
    for line in EXIT_CODES.lines().skip(1) {
        writeln!(page, "{line}")?;
    }
    writeln!(page, ".fi")
}

/// Writes a section for each command that can be run; a command group appears only in the names of its commands.
fn write_commands(gathers: &Command, page: &mut Vec<u8>) -> std::io::Result<()> {
    for command in gathers.get_subcommands() {
        if command.has_subcommands() {
            write_commands(command, page)?;
            continue;
        }
        // Global options are described once, at the top.
        let own = command.clone().mut_args(|arg| {
            let told = arg.is_global_set() || arg.get_id() == "help";
            arg.hide(told)
        });
        let section = Man::new(own.clone());
        let mut text = Vec::new();
        section.render_synopsis_section(&mut text)?;
        section.render_description_section(&mut text)?;
        if own.get_arguments().any(|arg| !arg.is_hide_set()) {
            section.render_options_section(&mut text)?;
        }
        let name = command.get_bin_name().unwrap_or_else(|| command.get_name());
        writeln!(page, ".SH \"{}\"", name.to_uppercase())?;
        // clap writes each command as its own page; here they are sections of one page.
        page.extend(String::from_utf8_lossy(&text).replace(".SH ", ".SS ").into_bytes());
    }
    Ok(())
}
