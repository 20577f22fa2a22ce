//! What docs/moving.md tells an operator to type.

use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Output};

const BINARY: &str = env!("CARGO_BIN_EXE_latchkey");

/// The first block of a shell on the page.
fn snippet() -> String {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("docs/moving.md");
    let page = std::fs::read_to_string(page).unwrap();
    page.split_once("```sh\n").unwrap().1.split("```").next().unwrap().to_owned()
}

/// Runs a program in a folder that holds its data, and a `bin` with `latchkey`.
fn run(folder: &Path, program: &str, args: &[&str]) -> Output {
    let path = format!("{}:{}", folder.join("bin").display(), std::env::var("PATH").unwrap());
    Command::new(program).args(args).current_dir(folder).env_clear().env("PATH", path).output().unwrap()
}

#[test]
fn the_loop_that_brings_accounts_can_be_run_again_and_names_those_that_it_cannot_bring() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    std::fs::create_dir(folder.join("bin")).unwrap();
    symlink(BINARY, folder.join("bin/latchkey")).unwrap();
    assert!(run(folder, "latchkey", &["migrate"]).status.success());
    let accounts = "7\talice@example.com\n8\tbob@example.com\n9\tALICE@example.com\n10\tnobody@\n";
    std::fs::write(folder.join("accounts.tsv"), accounts).unwrap();
    let subs = || -> Vec<(String, String)> {
        let text = std::fs::read_to_string(folder.join("subs.tsv")).unwrap();
        text.lines()
            .map(|line| line.split_once('\t').map(|(id, sub)| (id.to_owned(), sub.to_owned())).unwrap())
            .collect()
    };

    let first = run(folder, "sh", &["-c", &snippet()]);
    let said = String::from_utf8(first.stderr).unwrap();
    assert_eq!(subs().iter().map(|(id, _)| id.as_str()).collect::<Vec<_>>(), ["7", "8"], "{said}");
    assert!(said.contains("9: ") && said.contains("10: "), "{said}");

    let before = subs();
    let again = run(folder, "sh", &["-c", &snippet()]);
    let said = String::from_utf8(again.stderr).unwrap();
    assert!(["7: ", "8: ", "9: ", "10: "].iter().all(|id| said.contains(id)), "{said}");
    assert_eq!(subs(), before, "nothing was brought twice");

    let shown = run(folder, "latchkey", &["--json", "user", "show", "alice@example.com"]);
    let shown: serde_json::Value = serde_json::from_slice(&shown.stdout).unwrap();
    assert_eq!(shown["sub"], before[0].1.as_str());
    assert_eq!(shown["email_verified"], true, "{shown}");
}
