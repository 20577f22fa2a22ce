//! Whatever can be configured does something, and whatever can be stored is.

use std::collections::{BTreeMap, BTreeSet};

use super::{files, root};

/// The keys of each section, from the declarations in `config/`.
fn keys() -> Vec<(String, String)> {
    let mut keys = Vec::new();
    for (name, text) in files("idp/src/config", ".rs") {
        let mut within = false;
        for line in text.lines() {
            within = within && line != "}" || line == "section! {";
            let Some(declared) = line.strip_prefix("        ").filter(|_| within) else { continue };
            let Some((key, _)) = declared.split_once(": ").filter(|_| declared.contains(" = ")) else { continue };
            if key.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_') {
                keys.push((name.clone(), key.to_owned()));
            }
        }
    }
    keys
}

#[test]
fn every_key_of_the_configuration_is_read_by_somebody() {
    let keys = keys();
    assert!(keys.len() > 60, "{keys:?}");
    let code: String = files("idp/src", ".rs")
        .into_iter()
        .filter(|(name, _)| !name.starts_with("idp/src/config/") && name != "idp/src/config.rs")
        .map(|(_, text)| text)
        .collect();
    // The members of a declared client become those of a client that is like any other.
    let clients = std::fs::read_to_string(root().join("idp/src/config/clients.rs")).unwrap();
    let read = |text: &str, key: &str| {
        text.match_indices(&format!(".{key}")).any(|(at, found)| {
            let rest = &text[at + found.len()..];
            !rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
        })
    };
    // The configuration itself answers for these, since their defaults depend on others.
    let answered = ["url", "listen", "connections_per_address"];
    for (name, key) in keys {
        let read = read(&code, &key)
            || name.ends_with("/clients.rs") && read(&clients, &key)
            || answered.contains(&key.as_str());
        assert!(read, "{key} of {name} does nothing");
    }
}

/// The tables with their columns, as the migrations leave them.
fn tables() -> BTreeMap<String, BTreeSet<String>> {
    let mut tables: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (_, text) in files("migrations", ".sql") {
        let mut table = String::new();
        for line in text.lines().map(str::trim) {
            let words: Vec<&str> = line.trim_end_matches([';', ',']).split_whitespace().collect();
            match &words[..] {
                ["CREATE", "TABLE", name, ..] => {
                    table = (*name).to_owned();
                    tables.entry(table.clone()).or_default();
                }
                ["ALTER", "TABLE", name, "ADD", "COLUMN", column, ..] => {
                    tables.entry((*name).to_owned()).or_default().insert((*column).to_owned());
                }
                ["ALTER", "TABLE", name, "DROP", "COLUMN", column, ..] => {
                    tables.entry((*name).to_owned()).or_default().remove(*column);
                }
                ["DROP", "TABLE", name, ..] => drop(tables.remove(*name)),
                [column, "TEXT" | "BIGINT", ..] if !table.is_empty() => {
                    tables.entry(table.clone()).or_default().insert((*column).to_owned());
                }
                [")", ..] | [");", ..] => table.clear(),
                _ => {}
            }
        }
    }
    tables
}

/// Rights that products which move here bring along; their claims by scope are not given yet.
const NOT_YET: [&str; 3] = ["user_group", "user_group_member", "user_attribute"];

#[test]
fn every_table_and_column_is_written_and_read() {
    let tables = tables();
    assert!(tables.len() > 15, "{tables:?}");
    let store: String = files("idp/src/store", ".rs").into_iter().map(|(_, text)| text).collect();
    let words: BTreeSet<&str> = store.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').collect();
    for (table, columns) in tables.iter().filter(|(table, _)| !NOT_YET.contains(&table.as_str())) {
        let written = [format!("INSERT INTO {table} "), format!("INSERT INTO {table}\n")];
        assert!(written.iter().any(|text| store.contains(text)), "{table} is written");
        let read = ["FROM", "JOIN", "UPDATE"].iter().any(|word| store.contains(&format!("{word} {table}")));
        assert!(read, "{table} is read");
        for column in columns {
            assert!(words.contains(column.as_str()), "{table}.{column} is used");
        }
    }
}
