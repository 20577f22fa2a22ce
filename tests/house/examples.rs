//! The examples in the documents are configurations.

use std::path::Path;

use latchkey::config::Config;

use super::root;
use crate::harness::apple_key;

/// The examples of a document that are TOML.
fn examples(document: &str) -> Vec<String> {
    let text = std::fs::read_to_string(root().join(document)).unwrap();
    text.split("```toml\n").skip(1).map(|rest| rest.split("```").next().unwrap().to_owned()).collect()
}

/// The problems of an example, with its files in a folder, and made-up letters for what it leaves out.
fn problems(example: &str, folder: &Path) -> Option<String> {
    let example =
        example.replace("/run/secrets", &folder.display().to_string()).replace('…', "made-up-letters-and-more");
    let variables = [("LATCHKEY__ISSUER".to_owned(), "https://id.example.com".to_owned())].into_iter();
    Config::read(Some((Path::new("latchkey.toml"), &example)), variables).err().map(|problems| problems.to_string())
}

#[test]
fn the_examples_of_other_providers_and_of_bots_are_configurations() {
    let folder = tempfile::tempdir().unwrap();
    for (name, secret) in [("northwind", "made-up".to_owned()), ("AuthKey_KEYID67890.p8", apple_key().1)] {
        std::fs::write(folder.path().join(name), secret).unwrap();
    }
    for (document, least) in [("docs/channels.md", 1), ("docs/upstreams.md", 6)] {
        let examples = examples(document);
        assert!(examples.len() >= least, "{document}: {}", examples.len());
        for example in examples {
            assert_eq!(problems(&example, folder.path()), None, "{document}:\n{example}");
        }
    }
    assert!(problems("[[channels]]\nname = \"finance\"\nclient = \"bot\"\nlable = \"x\"", folder.path()).is_some());
}
