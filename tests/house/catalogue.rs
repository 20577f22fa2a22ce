//! The catalogue of attacks and faults names every case that a test is named after.

use std::collections::BTreeSet;

use super::{files, root};

/// The cases that a test is named after: `x4_b5_fifty_exchanges…` is X4 and B5.
fn cases_of(name: &str) -> impl Iterator<Item = String> {
    let is_case = |word: &&str| {
        let mut letters = word.chars();
        letters.next().is_some_and(|c| c.is_ascii_lowercase())
            && (1..=2).contains(&letters.as_str().len())
            && letters.all(|c| c.is_ascii_digit())
    };
    name.split('_').take_while(is_case).map(str::to_uppercase).collect::<Vec<_>>().into_iter()
}

#[test]
fn every_case_of_the_catalogue_is_tested_or_not_offered_yet_and_every_test_of_a_case_is_in_it() {
    let catalogue = std::fs::read_to_string(root().join("tests/attacks/README.md")).unwrap();
    let (mut tested, mut later) = (BTreeSet::new(), BTreeSet::new());
    for row in catalogue.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| case")) {
        let case = row.split(" | ").next().unwrap().trim_start_matches("| ").to_owned();
        let new = match row.rsplit(" | ").next().unwrap() {
            "tested |" => tested.insert(case.clone()),
            "not offered yet |" => later.insert(case.clone()),
            other => panic!("{case} is {other:?}"),
        };
        assert!(new, "{case} is in the catalogue once");
    }
    let mut named = BTreeSet::new();
    for folder in ["tests", "idp/src"] {
        for (path, text) in files(folder, ".rs").into_iter().filter(|(path, _)| !path.contains("node_modules")) {
            for name in text.split("fn ").skip(1).filter_map(|rest| rest.split('(').next()) {
                for case in cases_of(name) {
                    assert!(
                        tested.contains(&case) || later.contains(&case),
                        "{path}: {name} is a case of the catalogue"
                    );
                    named.insert(case);
                }
            }
        }
    }
    assert_eq!(tested, named, "the cases that the catalogue calls tested, and those that tests are named after");
}
