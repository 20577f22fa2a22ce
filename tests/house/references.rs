//! What is generated from the code is as the code is, and the README says what there is to type.

use super::root;

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
