//! Words that hide what a thing is, and code that is not done.

use super::files;

#[test]
fn no_module_is_called_by_a_word_that_says_nothing() {
    let empty = [
        "utils",
        "util",
        "helpers",
        "helper",
        "common",
        "service",
        "services",
        "repository",
        "manager",
        "dto",
        "prelude",
        "misc",
    ];
    for (name, _) in files("idp/src", ".rs").into_iter().chain(files("tests", ".rs")) {
        if name.contains("node_modules") {
            continue;
        }
        for part in name.trim_end_matches(".rs").split('/') {
            assert!(!empty.contains(&part), "{name}");
        }
    }
}

#[test]
fn nothing_is_left_open() {
    for (name, text) in files("idp/src", ".rs") {
        for word in ["todo!(", "unimplemented!(", "TODO", "FIXME", "XXX"] {
            assert!(!text.contains(word), "{name} has {word}");
        }
    }
}

#[test]
fn no_test_sleeps() {
    for (name, text) in files("tests/harness", ".rs")
        .into_iter()
        .chain(files("tests/attacks", ".rs"))
        .chain(files("tests/specs", ".rs"))
    {
        assert!(!text.contains("sleep("), "{name} sleeps");
    }
}

#[test]
fn the_documents_for_users_have_no_words_of_the_house() {
    let ours = ["door", "doors", "rings", "bar", "missed", "plate", "anew"];
    let outside = files("docs", ".md").into_iter().filter(|(name, _)| name != "docs/architecture.md");
    let others = ["README.md", "CHANGELOG.md", "SECURITY.md"].map(|name| {
        let text = std::fs::read_to_string(super::root().join(name)).unwrap();
        (name.to_owned(), text)
    });
    for (name, text) in outside.chain(others) {
        for (line, text) in text.lines().enumerate() {
            let text = text.to_lowercase();
            let mut words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
            assert!(!words.any(|word| ours.contains(&word)), "{name}, line {}: {text}", line + 1);
            assert!(!text.replace("email", "").contains("mail address"), "{name}, line {}: {text}", line + 1);
        }
    }
}
