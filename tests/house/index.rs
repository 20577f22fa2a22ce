//! The index of the specs in `oidc/mod.rs` leads to files that are there, and leaves none out.

use super::{files, root};

#[test]
fn the_index_names_every_file_of_the_specs_and_every_test_of_a_spec() {
    let index = std::fs::read_to_string(root().join("idp/src/oidc/mod.rs")).unwrap();
    let table: String = index.lines().filter(|line| line.starts_with("//! |")).collect::<Vec<_>>().join("\n");
    for (name, _) in files("idp/src/oidc", ".rs") {
        let stem = name.trim_start_matches("idp/src/oidc/").trim_end_matches(".rs").replace('/', "::");
        if !["mod", "tests"].iter().any(|plain| stem.ends_with(plain)) {
            assert!(table.contains(&format!("`{stem}`")), "{stem} is in the index of idp/src/oidc/mod.rs");
        }
    }
    for (name, _) in files("tests/specs", ".rs") {
        let stem = name.trim_start_matches("tests/specs/").trim_end_matches(".rs");
        if stem != "mod" {
            assert!(table.contains(&format!("`{stem}`")), "tests/specs/{stem} is in the index of idp/src/oidc/mod.rs");
        }
    }
    for word in table
        .split('`')
        .skip(1)
        .step_by(2)
        .filter(|word| word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"_:".contains(&b)))
    {
        let path = word.replace("::", "/");
        let there = ["idp/src/oidc", "tests/specs"].iter().any(|folder| {
            let found = |name: String| root().join(folder).join(name).exists();
            found(format!("{path}.rs")) || found(format!("{path}/mod.rs"))
        });
        assert!(there || ["iss", "acr", "amr"].contains(&word), "{word} of the index is there");
    }
}
