//! S2. A copy of the database, and nothing else.

use std::collections::{BTreeMap, BTreeSet};

use latchkey::account::password_link;
use latchkey::base::encoding::{from_base64url, sha256};
use latchkey::base::seal::SealingKey;
use latchkey::config::DatabaseUrl;
use latchkey::oidc::token::refresh_token::Rotation;

use crate::harness::{PASSWORD, TestApp, minutes, seconds};

/// What keys are derived for, from the code.
fn purposes() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (_, text) in crate::house::files("idp/src", ".rs") {
        let service = text.split("#[cfg(test)]").next().unwrap();
        let names = ["derive(\"", "of_text(", "const PURPOSE: &str"];
        for line in service.lines().filter(|line| names.iter().any(|name| line.contains(name))) {
            found.extend(line.split('"').skip(1).step_by(2).map(str::to_owned));
        }
    }
    for known in ["refresh_family.sealed_successor", "refresh_family.rotations", "csrf", "interaction", "grant name"] {
        assert!(found.contains(known), "{known} in {found:?}");
    }
    found
}

/// Every value of every table, by table and column.
async fn dump(app: &TestApp) -> BTreeMap<String, Vec<String>> {
    let mut conn = app.app.db.read().await.unwrap();
    let sqlite = matches!(app.app.config.database_url(), DatabaseUrl::Sqlite(_));
    let columns = if sqlite {
        "SELECT m.name, p.name FROM sqlite_schema m, pragma_table_info(m.name) p WHERE m.type = 'table'"
    } else {
        "SELECT CAST(table_name AS TEXT), CAST(column_name AS TEXT) FROM information_schema.columns
          WHERE table_schema = 'public' AND table_name <> '_sqlx_migrations'"
    };
    let columns: Vec<(String, String)> = sqlx::query_as(columns).fetch_all(&mut *conn).await.unwrap();
    let mut values = BTreeMap::new();
    for (table, column) in columns.into_iter().filter(|(table, _)| table != "_sqlx_migrations") {
        let sql = format!("SELECT CAST({column} AS TEXT) FROM {table} WHERE {column} IS NOT NULL");
        let rows: Vec<(String,)> = sqlx::query_as(sqlx::AssertSqlSafe(sql)).fetch_all(&mut *conn).await.unwrap();
        values.insert(format!("{table}.{column}"), rows.into_iter().map(|row| row.0).collect());
    }
    values
}

/// The words of a value, such as the texts within a JSON array.
fn words(value: &str) -> impl Iterator<Item = &str> {
    value
        .split(|letter: char| !letter.is_ascii_alphanumeric() && !"-_.".contains(letter))
        .filter(|word| !word.is_empty())
}

/// What names the key of a sealed value.
fn key_id(word: &str) -> Option<&str> {
    let mut parts = word.split('.');
    let (version, id) = (parts.next()?, parts.next()?);
    (version == "v1" && parts.count() == 2).then_some(id)
}

/// Every key that a text gives: by itself, by its hash, by what it encodes, and from each of these for each purpose.
fn keys(text: &str, purposes: &BTreeSet<String>) -> Vec<SealingKey> {
    let mut materials = vec![sha256(text.as_bytes())];
    if let Some(decoded) = from_base64url(text) {
        materials.push(sha256(&decoded));
        materials.extend(<[u8; 32]>::try_from(decoded.as_slice()));
    }
    let mut keys: Vec<_> = purposes.iter().map(|purpose| SealingKey::of_text(text, purpose)).collect();
    for material in materials {
        let key = SealingKey::new(material);
        keys.extend(purposes.iter().map(|purpose| key.derive(purpose)));
        keys.push(key);
    }
    keys
}

#[tokio::test]
async fn s2_nothing_that_can_be_derived_from_a_copy_of_the_database_opens_what_is_sealed_in_it() {
    let app = TestApp::new().await;
    let (spa, web, service) = (app.spa().await, app.relying_party().await, app.service().await);
    let mut browser = app.browser();
    // A family that was refreshed by three tabs, one whose answer was lost, one that nobody has refreshed, and one offline.
    let first = spa.exchange(&browser.authorize(&spa).await.code()).await.tokens();
    let mut secrets = vec![first.refresh().to_owned(), PASSWORD.to_owned(), web.secret().to_owned()];
    let second = spa.refresh(first.refresh()).await.tokens();
    let third = spa.refresh(second.refresh()).await.tokens();
    spa.refresh(first.refresh()).await.tokens();
    let lost = spa.tokens_of("bob").await;
    spa.refresh(lost.refresh()).await.tokens();
    app.clock.advance(minutes(2));
    secrets.push(spa.refresh(lost.refresh()).await.tokens().refresh().to_owned());
    let offline = spa.request().set("scope", "openid offline_access").set("prompt", "consent");
    let offline = spa.exchange(&browser.go_through(&offline).await.code()).await.tokens();
    let unused = browser.authorize(&web).await.code();
    let link = password_link::make(&app.app, &app.user("carol").await.id, minutes(60)).await.unwrap();
    let own = service.client_credentials().await.tokens().access_token;
    service.revoke(&own).await.expect(200);
    secrets.extend([second.refresh(), third.refresh(), offline.refresh(), &unused, &own].map(str::to_owned));
    secrets.push(link.split("token=").nth(1).unwrap().to_owned());
    secrets.extend(browser.cookies.values().filter(|value| value.len() == 43).cloned());

    let copy = dump(&app).await;
    let (mut sealed, mut columns) = (BTreeMap::new(), BTreeSet::new());
    for (column, values) in &copy {
        for id in values.iter().flat_map(|value| words(value)).filter_map(key_id) {
            sealed.insert(id.to_owned(), column.clone());
            columns.insert(column.as_str());
        }
    }
    for column in ["data_key.wrapped", "refresh_family.rotations", "signing_key.sealed_private"] {
        assert!(columns.contains(column), "{columns:?}");
    }
    assert!(copy["refresh_family.sealed_successor"].is_empty(), "what the row itself opens is not written any more");
    let purposes = purposes();
    for (column, values) in &copy {
        for value in values {
            for text in words(value).chain([value.as_str()]) {
                for key in keys(text, &purposes) {
                    let opens = sealed.get(key.id());
                    assert!(opens.is_none(), "{column} gives the key of {}", opens.unwrap());
                }
            }
            for secret in &secrets {
                assert!(!value.contains(secret), "{column} holds a secret");
            }
        }
    }
}

#[tokio::test]
async fn s2_a_successor_is_sealed_twice_so_that_neither_the_keys_nor_the_token_alone_opens_it() {
    let app = TestApp::new().await;
    let spa = app.spa().await;
    let first = spa.tokens_of("alice").await;
    let second = spa.refresh(first.refresh()).await.tokens();
    let row: (String, String) = sqlx::query_as("SELECT handle_hash, rotations FROM refresh_family")
        .fetch_one(&mut *app.app.db.read().await.unwrap())
        .await
        .unwrap();
    let rotations: Vec<Rotation> = serde_json::from_str(&row.1).unwrap();
    const PURPOSE: &str = "refresh_family.rotations";
    // Whoever has the master key, too, still lacks the token.
    let inner =
        app.app.vault.unseal(&format!("{PURPOSE}.{}", row.0), &rotations[0].sealed).expect("under the data key");
    let inner = String::from_utf8(inner.to_vec()).unwrap();
    let own = SealingKey::of_text(first.refresh(), PURPOSE);
    assert_eq!(key_id(&inner), Some(own.id()), "and within, under a key of the token's text");
    assert_eq!(*own.open(PURPOSE, &inner).unwrap(), *second.refresh().as_bytes());
    assert!(own.open(PURPOSE, &rotations[0].sealed).is_none(), "the token alone opens nothing either");
}

#[tokio::test]
async fn what_the_release_before_sealed_is_opened_for_a_moment_and_then_cleared() {
    let app = TestApp::new().await;
    let spa = app.spa().await;
    let first = spa.tokens_of("alice").await;
    let second = spa.refresh(first.refresh()).await.tokens();
    // As the release before would have written it.
    const PURPOSE: &str = "refresh_family.sealed_successor";
    let key = SealingKey::new(sha256(first.refresh().as_bytes())).derive(PURPOSE);
    let sealed = key.seal(&app.app.random, PURPOSE, second.refresh().as_bytes());
    app.execute(format!("UPDATE refresh_family SET rotations = NULL, sealed_successor = '{sealed}'")).await;
    assert_eq!(spa.refresh(first.refresh()).await.tokens().refresh(), second.refresh());
    app.clock.advance(minutes(2));
    latchkey::server::jobs::remove_expired(&app.app).await.unwrap();
    assert!(dump(&app).await["refresh_family.sealed_successor"].is_empty());
    // A successor that does not open is treated as an answer that never arrived.
    let other = spa.refresh(first.refresh()).await.tokens();
    assert_ne!(other.refresh(), second.refresh());
    app.sql("UPDATE refresh_family SET rotations = '[{\"hash\":\"x\"}, nonsense'").await;
    let third = spa.refresh(first.refresh()).await.tokens();
    assert!(![first.refresh(), second.refresh(), other.refresh()].contains(&third.refresh()));
    spa.refresh(third.refresh()).await.tokens();
}

#[tokio::test]
async fn s2_what_the_release_before_sealed_is_cleared_but_for_the_last_minute() {
    let app = TestApp::new().await;
    let spa = app.spa().await;
    for _ in 0..3 {
        spa.tokens_of("alice").await;
        app.clock.advance(seconds(40));
    }
    app.sql("UPDATE refresh_family SET sealed_successor = 'v1.a.b.c'").await;
    latchkey::server::jobs::clear_sealed_successors(&app.app).await.unwrap();
    assert_eq!(dump(&app).await["refresh_family.sealed_successor"].len(), 1, "of the last 40 seconds");
    app.clock.advance(minutes(1));
    latchkey::server::jobs::clear_sealed_successors(&app.app).await.unwrap();
    assert!(dump(&app).await["refresh_family.sealed_successor"].is_empty());
}
