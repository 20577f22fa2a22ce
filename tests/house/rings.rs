//! A module uses only its own ring and those inside it, and doors never each other.

use super::{files, without_tests};

const RINGS: [&[&str]; 8] = [
    &["base"],
    &["jose", "oidc"],
    &["mail", "outbound", "store", "telegram"],
    &[
        "account",
        "app",
        "audit",
        "channels",
        "clients",
        "config",
        "explanations",
        "federation",
        "hashing",
        "keys",
        "letters",
        "login",
        "metrics",
        "notices",
        "resources",
        "site",
        "tokens",
    ],
    &["http"],
    &["flow"],
    &["endpoints", "pages"],
    &["commands", "demo", "server", "main", "lib"],
];

fn ring(module: &str) -> usize {
    let found = RINGS.iter().position(|ring| ring.contains(&module));
    found.unwrap_or_else(|| panic!("{module} is in no ring: add it to this test and to docs/architecture.md"))
}

#[test]
fn every_use_points_inwards() {
    let mut outward = Vec::new();
    for (name, text) in files("idp/src", ".rs") {
        let own = name.trim_start_matches("idp/src/").split(['/', '.']).next().unwrap().to_owned();
        // What tests of a module use is their own affair.
        let code = without_tests(&text);
        for (number, line) in code.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//")) {
            for used in line.split("crate::").skip(1) {
                let used = used.split(|c: char| !c.is_ascii_lowercase() && c != '_').next().unwrap();
                if used.is_empty() || used == own {
                    continue;
                }
                let between_doors = ring(&own) == 6 && ring(used) == 6;
                let between_specs = own == "jose" && used == "oidc";
                if ring(used) > ring(&own) || between_doors || between_specs {
                    outward.push(format!("{name}:{}: {own} uses {used}", number + 1));
                }
            }
        }
    }
    assert_eq!(outward, Vec::<String>::new(), "uses that point outwards");
}

#[test]
fn the_rules_are_pure() {
    for (name, text) in files("idp/src/oidc", ".rs").into_iter().chain(files("idp/src/jose", ".rs")) {
        let code = without_tests(&text);
        for word in ["async fn", ".await", "axum", "sqlx", "tokio", "std::fs", "std::net", "Clock", "Random::"] {
            let line = code.lines().find(|line| line.contains(word) && !line.trim_start().starts_with("//"));
            assert!(line.is_none(), "{name} is pure and has {word}: {}", line.unwrap());
        }
    }
}
