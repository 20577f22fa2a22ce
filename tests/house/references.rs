//! What is generated from the code is as the code is, and the README says what there is to type.

use super::{files, root};

#[test]
fn the_reference_of_the_configuration_is_up_to_date() {
    let written = std::fs::read_to_string(root().join("docs/configuration.md")).unwrap();
    assert_eq!(
        written.trim_end(),
        latchkey::config::reference().trim_end(),
        "write it again: cargo run -- config reference > docs/configuration.md"
    );
}

#[test]
fn the_readme_has_one_command_to_start_and_one_to_test() {
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    for command in ["```sh\ncargo run --release\n```", "```sh\n./test\n```"] {
        assert_eq!(readme.matches(command).count(), 1, "{command}");
    }
    assert!(std::fs::read_to_string(root().join(".ci/run")).unwrap().contains("./test"));
}

#[test]
fn every_dependency_is_named_with_its_reason() {
    let manifest: toml::Table = std::fs::read_to_string(root().join("idp/Cargo.toml")).unwrap().parse().unwrap();
    let decisions = std::fs::read_to_string(root().join("docs/decisions.md")).unwrap();
    for section in ["dependencies", "dev-dependencies"] {
        for name in manifest[section].as_table().unwrap().keys() {
            let named = decisions.lines().filter(|line| line.starts_with('|')).any(|line| {
                let first = line.split('|').nth(1).unwrap_or_default();
                first.split([',', ' ', '(']).any(|word| word == name)
            });
            assert!(named, "{name} is in the table of docs/decisions.md");
        }
    }
}

#[test]
fn every_stage_of_the_tests_is_in_the_table_and_has_its_program() {
    let script = std::fs::read_to_string(root().join("test")).unwrap();
    let table = script.split("stages='\n").nth(1).and_then(|rest| rest.split("\n'").next()).unwrap();
    let mut named: Vec<_> = table.lines().filter_map(|line| line.split_whitespace().next()).collect();
    // What one runs while one works has an option of its own.
    named.push("quick");
    named.sort_unstable();
    let programs = std::fs::read_dir(root().join("tests/stages")).unwrap().map(|entry| entry.unwrap());
    let programs = programs.filter(|entry| entry.path().is_file());
    let mut programs: Vec<_> = programs.map(|entry| entry.file_name().into_string().unwrap()).collect();
    programs.sort_unstable();
    assert_eq!(named, programs);
}

#[test]
fn what_the_documents_name_in_the_source_is_there() {
    let source = root().join("idp/src");
    let mut checked = 0;
    for (name, text) in files("docs", ".md").into_iter().chain(
        ["README.md", "CONTRIBUTING.md", "SECURITY.md"]
            .map(|name| (name.to_owned(), std::fs::read_to_string(root().join(name)).unwrap())),
    ) {
        // What is between backticks: every second part of a line.
        for path in text.lines().flat_map(|line| line.split('`').skip(1).step_by(2)).filter(|path| path.contains("::"))
        {
            let path = path.split(['{', '(', ' ']).next().unwrap().trim_end_matches("::");
            let mut parts = path.split("::");
            let mut folder = source.join(parts.next().unwrap());
            let file = |folder: &std::path::Path| {
                [folder.with_extension("rs"), folder.join("mod.rs")].into_iter().find(|file| file.is_file())
            };
            // A path of another crate.
            let Some(mut at) = file(&folder) else { continue };
            checked += 1;
            for part in parts {
                folder.push(part);
                match file(&folder) {
                    Some(further) => at = further,
                    None => {
                        let text = std::fs::read_to_string(&at).unwrap();
                        let mut words = text.split(|c: char| !c.is_alphanumeric() && c != '_');
                        assert!(words.any(|word| word == part), "{name} names `{path}`: {part} is not in {at:?}");
                    }
                }
            }
        }
    }
    assert!(checked > 40, "{checked}");
}
