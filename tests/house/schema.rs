//! One SQL for two databases.

use super::files;

#[test]
fn columns_are_text_or_bigint_and_named_with_words_of_neither_database() {
    let reserved = [
        "user",
        "group",
        "grant",
        "order",
        "table",
        "column",
        "check",
        "default",
        "end",
        "limit",
        "primary",
        "session_user",
    ];
    for (name, text) in files("migrations", ".sql") {
        let mut within = false;
        for line in text.lines().map(str::trim).filter(|line| !line.starts_with("--")) {
            if let Some(table) = line.strip_prefix("CREATE TABLE ") {
                let table = table.split_whitespace().next().unwrap();
                assert!(!reserved.contains(&table), "{name}: table {table}");
                within = true;
            } else if line.starts_with(");") {
                within = false;
            } else if within && !["PRIMARY KEY", "UNIQUE", "FOREIGN KEY"].iter().any(|word| line.starts_with(word)) {
                let mut words = line.split_whitespace();
                let (column, kind) = (words.next().unwrap(), words.next().unwrap_or_default().trim_end_matches(','));
                assert!(["TEXT", "BIGINT"].contains(&kind), "{name}: {column} is {kind}");
                assert!(!reserved.contains(&column), "{name}: column {column}");
            }
        }
    }
}

#[test]
fn statements_are_in_the_store_alone_and_in_the_common_dialect() {
    for (name, text) in files("idp/src", ".rs") {
        let code: String =
            text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
        if !name.starts_with("idp/src/store/") {
            for word in ["sqlx::query", "SELECT ", "INSERT INTO", "DELETE FROM"] {
                assert!(!code.contains(word), "{name} has {word}");
            }
            continue;
        }
        for word in ["SELECT *", "FOR UPDATE", "query!(", "query_as!(", "QueryBuilder", "NOW()", "CURRENT_TIMESTAMP"] {
            assert!(!code.contains(word), "{name} has {word}");
        }
    }
}
