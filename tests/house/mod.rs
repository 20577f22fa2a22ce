//! The house's own rules.

mod catalogue;
mod circles;
mod deploy;
mod examples;
mod index;
mod integrate;
mod keys;
mod operate;
mod pages;
mod references;
mod rings;
mod schema;
mod words;

use std::path::{Path, PathBuf};

/// The project's root.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// A source up to its tests, which are one module at its end.
fn without_tests(text: &str) -> &str {
    let (code, tests) = text.split_once("\n#[cfg(test)]\nmod tests").unwrap_or((text, ""));
    assert!(!tests.contains("\n}\n\n"), "behind the tests there is code: {:?}", tests.split("\n}\n\n").nth(1));
    code
}

/// All files below a folder that end like this, by their paths from the root.
pub(crate) fn files(folder: &str, ending: &str) -> Vec<(String, String)> {
    let (mut folders, mut found) = (vec![root().join(folder)], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.to_string_lossy().ends_with(ending) {
                let name = path.strip_prefix(root()).unwrap().to_string_lossy().into_owned();
                found.push((name, std::fs::read_to_string(&path).unwrap()));
            }
        }
    }
    found.sort();
    assert!(!found.is_empty(), "{folder} has files that end in {ending}");
    found
}
