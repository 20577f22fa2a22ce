//! What operators are told is what there is.

use std::collections::BTreeSet;

use super::{files, root};

/// The first cells of the tables below a heading.
fn table(document: &str, heading: &str) -> Vec<Vec<String>> {
    let text = std::fs::read_to_string(root().join(document)).unwrap();
    let section = text.split(heading).nth(1).unwrap_or_else(|| panic!("{document} has {heading:?}"));
    let section = section.split("\n## ").next().unwrap();
    let rows = section.lines().filter(|line| line.starts_with("| `"));
    rows.map(|line| line.trim_matches('|').split(" | ").map(|cell| cell.trim().trim_matches('`').to_owned()).collect())
        .collect()
}

#[test]
fn every_metric_is_in_the_table_and_every_line_of_the_table_is_a_metric() {
    let written: BTreeSet<String> =
        table("docs/operate.md", "\n## Metrics\n").iter().map(|row| format!("{} {}", row[0], row[1])).collect();
    let catalogue = latchkey::metrics::catalogue();
    let there: BTreeSet<String> = catalogue.lines().map(str::to_owned).collect();
    assert_eq!(written, there, "docs/operate.md and idp/src/metrics.rs");
}

#[test]
fn every_panel_of_the_dashboard_asks_for_metrics_that_there_are() {
    let text = std::fs::read_to_string(root().join("docs/grafana.json")).unwrap();
    let dashboard: serde_json::Value = serde_json::from_str(&text).unwrap();
    let names: Vec<String> =
        latchkey::metrics::catalogue().lines().map(|line| line.split(' ').next().unwrap().to_owned()).collect();
    let mut asked = 0;
    for panel in dashboard["panels"].as_array().unwrap() {
        for target in panel["targets"].as_array().into_iter().flatten() {
            let expression = target["expr"].as_str().unwrap();
            for word in expression.split(|c: char| !c.is_ascii_alphanumeric() && c != '_') {
                if word.starts_with("latchkey_") || word.starts_with("process_") {
                    let stem = ["_total", "_bucket", "_count", "_sum"].iter().find_map(|end| word.strip_suffix(end));
                    let known = names.iter().any(|name| name == word || Some(name.as_str()) == stem);
                    assert!(known, "{word} in {expression}");
                    asked += 1;
                }
            }
        }
    }
    assert!(asked >= 15, "{asked}");
}

#[test]
fn every_alert_asks_for_metrics_that_there_are_and_is_tested() {
    let rules = std::fs::read_to_string(root().join("deploy/prometheus/alerts.yaml")).unwrap();
    let tests = std::fs::read_to_string(root().join("deploy/prometheus/alerts.test.yaml")).unwrap();
    let catalogue = latchkey::metrics::catalogue();
    let names: Vec<&str> = catalogue.lines().map(|line| line.split(' ').next().unwrap()).collect();
    let after = |mark: &str| -> Vec<String> {
        rules.lines().filter_map(|line| Some(line.trim().strip_prefix(mark)?.to_owned())).collect()
    };
    let expressions = after("expr: ");
    assert!(expressions.len() >= 8 && expressions.len() == after("- alert: ").len());
    for expression in expressions {
        let words = expression.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        for word in words.filter(|word| word.starts_with("latchkey_")) {
            let stem = word.strip_suffix("_total").unwrap_or(word);
            assert!(names.contains(&stem), "{word} in {expression}");
        }
    }
    for alert in after("- alert: ") {
        assert!(tests.contains(&format!("alertname: {alert}\n")), "{alert} is tested");
    }
}

/// The texts of what is logged in the code, with their levels.
fn logged() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (name, text) in files("idp/src", ".rs") {
        for level in ["error", "warn", "info", "debug", "trace"] {
            for rest in text.split(&format!("tracing::{level}!(")).skip(1) {
                // The macro ends at its last bracket; the text is the last thing in quotes.
                let (mut depth, mut quoted, mut end) = (1, false, 0);
                for (at, c) in rest.char_indices() {
                    match c {
                        '"' => quoted = !quoted,
                        '(' if !quoted => depth += 1,
                        ')' if !quoted => depth -= 1,
                        _ => {}
                    }
                    if depth == 0 {
                        end = at;
                        break;
                    }
                }
                let literals: Vec<&str> = rest[..end].split('"').skip(1).step_by(2).collect();
                let literal = literals.last().unwrap_or_else(|| panic!("{name}: an event without a text"));
                let words: Vec<&str> = literal.split_whitespace().filter(|word| *word != "\\").collect();
                found.insert(format!("{level} {}", words.join(" ")));
            }
        }
    }
    found
}

#[test]
fn every_event_that_is_logged_is_in_the_table() {
    let written: BTreeSet<String> =
        table("docs/operate.md", "\n## Log\n").iter().map(|row| format!("{} {}", row[1], row[0])).collect();
    assert_eq!(written, logged(), "docs/operate.md and the code");
}

#[test]
fn every_event_has_its_words_on_the_command_line() {
    let source = |name: &str| std::fs::read_to_string(root().join(name)).unwrap();
    let event = source("idp/src/store/installation/event.rs");
    let variants = event.split_once("pub enum Event {").unwrap().1.split_once("\n}").unwrap().0;
    let names =
        variants.lines().filter_map(|line| line.trim().split([' ', ',', '(']).next()).filter(|name| !name.is_empty());
    let snake = |name: &str| {
        name.chars().enumerate().fold(String::new(), |mut text, (at, c)| {
            if c.is_ascii_uppercase() && at > 0 {
                text.push('_');
            }
            text.push(c.to_ascii_lowercase());
            text
        })
    };
    let kinds: BTreeSet<String> = names.map(snake).collect();
    let words = source("idp/src/commands/events.rs");
    let table = words.split_once("pub const KINDS").unwrap().1.split_once("\n];").unwrap().0;
    let told: BTreeSet<String> =
        table.lines().filter_map(|line| Some(line.trim().strip_prefix("(\"")?.split('"').next()?.to_owned())).collect();
    let without: Vec<_> = kinds.difference(&told).collect();
    assert!(kinds.len() > 20 && without.is_empty(), "they have no words in KINDS of commands/events.rs: {without:?}");
}
