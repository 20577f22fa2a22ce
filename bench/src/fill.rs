//! A database with as many users as a real one, each with a session and a grant, and the secrets of some of them.

use anyhow::{Context, Result, anyhow};
use latchkey::app::App;
use latchkey::base::encoding::{base64url, sha256};
use latchkey::base::secret::Secret;
use latchkey::base::token::{Token, TokenKind};
use latchkey::clients;
use latchkey::oidc::client::metadata::{Client, ClientKind};
use latchkey::oidc::client::registration::NewClient;
use sqlx::{AnyConnection, Connection};

use crate::passkey::Passkey;

/// How many refresh tokens, and users with a password, are known.
pub const KNOWN: u32 = 500;
/// How many codes are ready to be exchanged.
pub const CODES: u32 = 60_000;
/// Everybody's password.
pub const PASSWORD: &str = "five tame herons drift";
/// The verifier of every code.
pub const VERIFIER: &str = "a-verifier-of-forty-three-characters-or-more-1";
/// Where codes are sent.
pub const REDIRECT_URI: &str = "https://app.example.com/callback";

/// What clients know of the database.
pub struct Filled {
    pub service: (String, String),
    pub web: (String, String),
    pub spa: String,
    pub refresh_tokens: Vec<String>,
    pub codes: Vec<String>,
    /// The passkeys of the users who have a password.
    pub passkeys: Vec<Passkey>,
}

async fn add(app: &App, kind: ClientKind) -> Result<(Client, Option<Secret>)> {
    let new = NewClient {
        name: Some("Load".to_owned()),
        redirect_uris: if kind == ClientKind::Service { vec![] } else { vec![REDIRECT_URI.to_owned()] },
        first_party: true,
        ..NewClient::of_kind(kind)
    };
    clients::add(app, new).await?.map_err(|faults| anyhow!("{faults:?}"))
}

/// Fills a database that has its schema.
pub async fn fill(app: &App, url: &str, users: u32) -> Result<Filled> {
    let service = add(app, ClientKind::Service).await?;
    let (web, secret) = add(app, ClientKind::Web).await?;
    let (spa, _) = add(app, ClientKind::Spa).await?;
    let mut conn = AnyConnection::connect(url).await?;
    let now = app.now().micros();
    let far = now + 80 * 24 * 3600 * 1_000_000;
    let resources = format!("[\"{}\"]", app.issuer());
    let phc = app.hashing.hash(&PASSWORD.into()).await.ok().context("the hash")?;

    // Ids have the form of UUIDv7 in that they are of one length and grow.
    let one = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ";
    let id = |kind: &str| format!("'01990000-0000-7000-{kind}-' || CAST(100000000000 + i AS TEXT)");
    let mut statements = vec![
        format!(
            "INSERT INTO user_account (id, sub, passkey_handle, profile, created_at, updated_at, generation)
             {one}{users}) SELECT {}, 'sub-' || i, 'handle-' || i, '{{\"name\":\"Alice Example\",\"locale\":\"en\"}}', {now}, {now}, 1 FROM n",
            id("8001")
        ),
        format!(
            "INSERT INTO user_identifier (id, user_id, kind, as_written, normalised, skeleton, created_at, verified_at)
             {one}{users}) SELECT {}, {}, 'email', 'user' || i || '@example.com', 'user' || i || '@example.com',
             'user' || i || '@example.com', {now}, {now} FROM n",
            id("8002"),
            id("8001")
        ),
        format!(
            "INSERT INTO browser (id, secret_hash, sid_hash, created_at, last_seen_at)
             {one}{users}) SELECT {}, 'browser-' || i, 'sid-' || i, {now}, {now} FROM n",
            id("8003")
        ),
        format!(
            "INSERT INTO session (id, sid, browser_id, user_id, generation, auth_time, amr, acr, created_at, last_active_at,
                                  idle_seconds, expires_at)
             {one}{users}) SELECT {}, 'claim-' || i, {}, {}, 1, {now}, '[\"pwd\"]', 'urn:latchkey:acr:1fa', {now}, {now}, 8640000, {far} FROM n",
            id("8004"),
            id("8003"),
            id("8001")
        ),
    ];
    let grants = |from: &str, count: u32, user: &str, client: &Client| {
        format!(
            "INSERT INTO client_grant (id, user_id, client_row, session_id, generation, scope, resources, auth_time, amr, acr, created_at)
             {one}{count}) SELECT {}, {}, '{}', {}, 1, 'openid profile email', '{resources}', {now}, '[\"pwd\"]',
             'urn:latchkey:acr:1fa', {now} FROM n",
            id(from),
            id("8001").replace("+ i", user),
            client.id,
            id("8004").replace("+ i", user),
        )
    };
    statements.push(grants("8005", users, "+ i", &spa));
    statements.push(grants("8006", CODES, &format!("+ 1 + i % {users}"), &web));
    statements.push(format!(
        "INSERT INTO refresh_family (handle_hash, grant_id, current_hash, created_at, rotated_at, last_used_at, idle_expires_at, expires_at)
         {one}{users}) SELECT 'handle-' || i, {}, 'current-' || i, {now}, {now}, {now}, {far}, {far} FROM n",
        id("8005")
    ));
    for statement in &mut statements {
        // SQLite wants the table expression after the INSERT's columns, and so does PostgreSQL.
        sqlx::query(sqlx::AssertSqlSafe(std::mem::take(statement))).execute(&mut conn).await?;
    }

    let mut transaction = conn.begin().await?;
    let (known, step) = (KNOWN.min(users), users / KNOWN.min(users));
    let (mut refresh_tokens, mut passkeys) = (Vec::new(), Vec::new());
    for n in 0..known {
        let token = Token::new(TokenKind::RefreshToken, &app.random);
        let number = 100_000_000_000_u64 + u64::from(1 + n * step);
        sqlx::query("UPDATE refresh_family SET handle_hash = $1, current_hash = $2 WHERE grant_id = $3")
            .bind(token.handle_hash().as_str())
            .bind(token.hash().as_str())
            .bind(format!("01990000-0000-7000-8005-{number}"))
            .execute(&mut *transaction)
            .await?;
        sqlx::query("INSERT INTO password (user_id, phc, changed_at) VALUES ($1, $2, $3)")
            .bind(format!("01990000-0000-7000-8001-{}", 100_000_000_001_u64 + u64::from(n)))
            .bind(&phc)
            .bind(now)
            .execute(&mut *transaction)
            .await?;
        let passkey = Passkey::new(n)?;
        sqlx::query(
            "INSERT INTO passkey (id, user_id, credential_id, public_key, rp_id, counter, backup, created_at)
             VALUES ($1, $2, $3, $4, 'localhost', 0, 'synced', $5)",
        )
        .bind(format!("01990000-0000-7000-8007-{}", 100_000_000_001_u64 + u64::from(n)))
        .bind(format!("01990000-0000-7000-8001-{}", 100_000_000_001_u64 + u64::from(n)))
        .bind(passkey.credential_id())
        .bind(passkey.public_key()?)
        .bind(now)
        .execute(&mut *transaction)
        .await?;
        passkeys.push(passkey);
        refresh_tokens.push(token.expose().to_owned());
    }
    let challenge = base64url(&sha256(VERIFIER.as_bytes()));
    let mut codes = Vec::new();
    for n in 0..CODES {
        let token = Token::new(TokenKind::AuthorizationCode, &app.random);
        sqlx::query(
            "INSERT INTO authorization_code (hash, grant_id, redirect_uri, code_challenge, nonce, created_at, expires_at, failures)
             VALUES ($1, $2, $3, $4, 'a-nonce', $5, $6, 0)",
        )
        .bind(token.hash().as_str())
        .bind(format!("01990000-0000-7000-8006-{}", 100_000_000_001_u64 + u64::from(n)))
        .bind(REDIRECT_URI)
        .bind(&challenge)
        .bind(now)
        .bind(far)
        .execute(&mut *transaction)
        .await?;
        codes.push(token.expose().to_owned());
    }
    transaction.commit().await?;
    // What a database does with so many new rows sooner or later shall not happen under load.
    let settle: &[&'static str] = if url.starts_with("sqlite") {
        &["PRAGMA optimize", "PRAGMA wal_checkpoint(TRUNCATE)"]
    } else {
        &["VACUUM ANALYZE", "CHECKPOINT"]
    };
    for statement in settle {
        sqlx::query(*statement).execute(&mut conn).await?;
    }
    conn.close().await?;
    std::process::Command::new("sync").status()?;
    let text = |secret: Option<Secret>| secret.map(|it| it.expose().to_owned()).unwrap_or_default();
    Ok(Filled {
        service: (service.0.client_id, text(service.1)),
        web: (web.client_id, text(secret)),
        spa: spa.client_id,
        refresh_tokens,
        codes,
        passkeys,
    })
}
