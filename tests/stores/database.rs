//! `store::db`: the door to the database.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use latchkey::config::DatabaseUrl;
use latchkey::store::clients::consent;
use latchkey::store::db::{Change, Conn, Error, Tx};
use latchkey::store::installation::{find, insert_once, set};
use latchkey::store::people::user;
use sqlx::Executor;
use tokio::sync::Barrier;

use crate::harness::{TestApp, as_by_default, left_out, made_up};

#[tokio::test]
async fn work_that_fails_leaves_nothing() {
    let app = TestApp::new().await;
    let failed: Result<(), Error> = app
        .app
        .db
        .write(made_up(|tx| {
            Box::pin(async move {
                insert_once(tx, "half", "done").await?;
                Err(Error::Conflict)
            })
        }))
        .await;
    assert!(matches!(failed, Err(Error::Conflict)));
    assert_eq!(find(&mut app.app.db.read().await.unwrap(), "half").await.unwrap(), None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn work_that_fails_or_panics_keeps_nobody_waiting() {
    let app = TestApp::new().await;
    let other = app.replica().await;
    for panics in [false, true] {
        let failed: Result<(), Error> = app
            .app
            .db
            .write(made_up(move |tx| {
                Box::pin(async move {
                    insert_once(tx, "contended", "by the first").await?;
                    assert!(!panics, "a piece of work that stops, as this test wants it");
                    Err(Error::Conflict)
                })
            }))
            .await;
        assert!(failed.is_err());
        // The first one has a lock on this row for as long as its transaction lasts.
        let written: Result<(), Error> = other
            .app
            .db
            .write(made_up(|tx| {
                Box::pin(async move {
                    insert_once(tx, "contended", "by the second").await?;
                    Err(Error::Conflict)
                })
            }))
            .await;
        assert!(matches!(written, Err(Error::Conflict)), "{written:?}");
    }
}

#[tokio::test]
async fn work_runs_to_its_end_although_nobody_waits_for_it() {
    let app = TestApp::new().await;
    let mut write = Box::pin(app.app.db.write(made_up(|tx| {
        Box::pin(async move {
            insert_once(tx, "abandoned", "and done").await?;
            Ok(())
        })
    })));
    // Begun, and then dropped as a handler is whose client has gone.
    std::future::poll_fn(|context| {
        let _ = write.as_mut().poll(context);
        std::task::Poll::Ready(())
    })
    .await;
    drop(write);
    // There is one writer on SQLite; on PostgreSQL the row appears when the work is done.
    loop {
        let found = find(&mut app.app.db.read().await.unwrap(), "abandoned").await.unwrap();
        if found.is_some() {
            break;
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn readers_cannot_write_on_sqlite() {
    let app = TestApp::new().await;
    if let DatabaseUrl::Sqlite(_) = app.app.config.database_url() {
        let mut conn = app.app.db.read().await.unwrap();
        assert!(insert_once(&mut conn, "x", "y").await.is_err());
    }
}

#[tokio::test]
async fn the_schema_can_be_brought_up_to_date_again_and_again() {
    let app = TestApp::new().await;
    app.app.db.migrate().await.unwrap();
    app.replica().await.app.db.migrate().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn work_that_is_committed_together_fails_and_panics_alone() {
    let app = TestApp::new().await;
    let tasks: Vec<_> = (0..60)
        .map(|n: usize| {
            let db = app.app.db.clone();
            tokio::spawn(async move {
                db.write(made_up(move |tx| {
                    Box::pin(async move {
                        insert_once(tx, &format!("piece-{n}"), "half").await?;
                        match n % 3 {
                            0 => Ok(()),
                            1 => Err(Error::Conflict),
                            _ => panic!("a piece of work that stops, as this test wants it"),
                        }
                    })
                }))
                .await
            })
        })
        .collect();
    for (n, task) in tasks.into_iter().enumerate() {
        let outcome = task.await.unwrap();
        assert_eq!(outcome.is_ok(), n % 3 == 0, "piece {n}: {outcome:?}");
        let kept = find(&mut app.app.db.read().await.unwrap(), &format!("piece-{n}")).await.unwrap();
        assert_eq!(kept.is_some(), n % 3 == 0, "piece {n}");
    }
}

#[tokio::test]
async fn a_value_that_is_not_what_was_stored_is_never_taken_for_an_empty_one() {
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    app.browser().sign_in("alice").await.authorize(&rp).await.code();
    let alice = app.person("alice").await.id;
    app.sql("UPDATE user_account SET profile = '{\"name\":'").await;
    app.sql("UPDATE consent SET scope = 'openid \"'").await;
    let mut conn = app.app.db.read().await.unwrap();
    let found = user::find(&mut conn, &alice).await;
    assert!(matches!(&found, Err(Error::Corrupt(column)) if column == "profile"), "{found:?}");
    let found = consent::find(&mut conn, &alice, &rp.client.id).await;
    assert!(matches!(&found, Err(Error::Corrupt(column)) if column == "scope"), "{found:?}");
}

/// A provider on PostgreSQL; `None` where the suite runs on SQLite.
async fn on_postgres() -> Option<TestApp> {
    let app = TestApp::new().await;
    if matches!(app.app.config.database_url(), DatabaseUrl::Sqlite(_)) {
        left_out("PostgreSQL");
        return None;
    }
    Some(app)
}

/// Lets PostgreSQL fail as it does when others write at the same time.
async fn fail_with(conn: &mut Conn, code: &'static str) -> Result<(), Error> {
    let sql = format!("DO $$ BEGIN RAISE EXCEPTION 'as this test wants it' USING ERRCODE = '{code}'; END $$");
    conn.execute(sqlx::AssertSqlSafe(sql)).await?;
    Ok(())
}

async fn tried(conn: &mut Conn, code: &'static str, tries: Arc<AtomicUsize>, failures: usize) -> Result<(), Error> {
    set(conn, "tried", code).await?;
    if tries.fetch_add(1, Ordering::SeqCst) < failures { fail_with(conn, code).await } else { Ok(()) }
}

#[tokio::test]
async fn work_that_others_have_undone_is_done_once_more_and_then_refused() {
    let Some(app) = on_postgres().await else { return };
    for (code, failures, single) in
        [("40001", 1, false), ("40P01", 1, false), ("40001", 1, true), ("40001", 9, false), ("40P01", 9, true)]
    {
        let tries = Arc::new(AtomicUsize::new(0));
        let counted = tries.clone();
        let outcome = match single {
            true => app.app.db.write_one(made_up(move |tx| Box::pin(tried(tx, code, counted, failures)))).await,
            false => app.app.db.write(made_up(move |tx| Box::pin(tried(tx, code, counted, failures)))).await,
        };
        assert_eq!(tries.load(Ordering::SeqCst), 2, "{code}");
        match failures {
            1 => assert!(outcome.is_ok(), "{code}: {outcome:?}"),
            // Which is 503 with Retry-After for whoever asks.
            _ => assert!(matches!(outcome, Err(Error::Unavailable(_))), "{code}: {outcome:?}"),
        }
    }
    // A failure of another kind is told at once.
    let tries = Arc::new(AtomicUsize::new(0));
    let counted = tries.clone();
    let failed = app.app.db.write(made_up(move |tx| {
        counted.fetch_add(1, Ordering::SeqCst);
        Box::pin(fail_with(tx, "22012"))
    }));
    assert!(matches!(failed.await, Err(Error::Failed(_))));
    assert_eq!(tries.load(Ordering::SeqCst), 1);
}

/// Writes two facts. In between it waits once, until another change has written one, too.
#[derive(Clone)]
struct Both {
    facts: [&'static str; 2],
    met: Arc<Barrier>,
    tries: Arc<AtomicUsize>,
}

impl Change for Both {
    type Outcome = ();

    async fn apply(self, tx: &mut Tx<'_>) -> Result<(), Error> {
        set(tx, self.facts[0], "held").await?;
        if self.tries.fetch_add(1, Ordering::SeqCst) == 0 {
            self.met.wait().await;
        }
        set(tx, self.facts[1], "wanted").await
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_that_wait_for_each_other_both_get_what_they_want() {
    let Some(app) = on_postgres().await else { return };
    let met = Arc::new(Barrier::new(2));
    let tasks: Vec<_> = [["one", "two"], ["two", "one"]]
        .into_iter()
        .map(|facts| {
            let (db, both) = (app.app.db.clone(), Both { facts, met: met.clone(), tries: Arc::default() });
            tokio::spawn(async move { db.write(both).await })
        })
        .collect();
    for task in tasks {
        task.await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn x5_connections_to_a_server_that_only_reads_since_a_failover_are_given_up_at_once() {
    let Some(app) = on_postgres().await else { return };
    let db = &app.app.db;
    // As many as are kept, and each of them as after a failover: it answers, and refuses to write.
    let mut kept = Vec::new();
    for _ in 0..4 {
        let mut conn = db.read().await.unwrap();
        conn.execute("SET default_transaction_read_only = on").await.unwrap();
        kept.push(conn);
    }
    drop(kept);
    for n in 0..8 {
        let written =
            db.write(made_up(move |tx| Box::pin(async move { set(tx, "after", &n.to_string()).await }))).await;
        written.unwrap();
    }
}

/// What SQLite says when it has no memory: it may have rolled back the whole transaction by itself.
#[derive(Debug)]
struct NoMemory(&'static str);

impl std::fmt::Display for NoMemory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("as this test wants it")
    }
}

impl std::error::Error for NoMemory {}

impl sqlx::error::DatabaseError for NoMemory {
    fn message(&self) -> &str {
        "as this test wants it"
    }
    fn code(&self) -> Option<std::borrow::Cow<'_, str>> {
        Some(self.0.into())
    }
    fn as_error(&self) -> &(dyn std::error::Error + Send + Sync + 'static) {
        self
    }
    fn as_error_mut(&mut self) -> &mut (dyn std::error::Error + Send + Sync + 'static) {
        self
    }
    fn into_error(self: Box<Self>) -> Box<dyn std::error::Error + Send + Sync + 'static> {
        self
    }
    fn kind(&self) -> sqlx::error::ErrorKind {
        sqlx::error::ErrorKind::Other
    }
}

#[tokio::test]
async fn what_sqlite_has_rolled_back_by_itself_is_told_to_nobody_as_done() {
    let app = TestApp::new().await;
    let DatabaseUrl::Sqlite(_) = app.app.config.database_url() else { return left_out("SQLite") };
    let db = &app.app.db;
    // Out of memory, interrupted, and one of which nobody knows what it leaves.
    for code in ["7", "9", "1"] {
        let before = db.write_one(made_up(move |tx| Box::pin(async move { set(tx, "before", code).await })));
        let after = db.write(made_up(move |tx| Box::pin(async move { set(tx, "after", code).await })));
        let fails = db.write_one(made_up(move |tx| {
            Box::pin(async move {
                tx.execute("ROLLBACK").await?;
                Err::<(), _>(sqlx::Error::Database(Box::new(NoMemory(code))).into())
            })
        }));
        // On one thread all three wait before the writer begins, so that they are committed together.
        let (before, failed, after) = tokio::join!(before, fails, after);
        assert!(failed.is_err());
        for (name, told) in [("before", before), ("after", after)] {
            let kept = find(&mut db.read().await.unwrap(), name).await.unwrap();
            assert_eq!(told.is_ok(), kept.as_deref() == Some(code), "{code}: {name} is told {told:?}, kept {kept:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_start_is_patient_and_a_request_is_not() {
    let app = TestApp::with(as_by_default).await;
    let DatabaseUrl::Sqlite(path) = app.app.config.database_url() else { return left_out("SQLite") };
    let mut holder =
        <sqlx::AnyConnection as sqlx::Connection>::connect(&format!("sqlite:{}", path.display())).await.unwrap();
    holder.execute("BEGIN IMMEDIATE").await.unwrap();
    let refused = app.app.db.write(made_up(|tx| Box::pin(async move { set(tx, "x", "y").await }))).await;
    assert!(matches!(refused, Err(Error::Unavailable(_))), "{refused:?}");
    // Another one starts meanwhile, which has a key to write, and waits for as long as it takes: here, until other requests
    // were refused.
    let mut config = app.app.config.clone();
    config.tokens.signing_algorithms.push(latchkey::jose::Algorithm::ES256);
    let (other, handle) = (app.clone(), tokio::runtime::Handle::current());
    let starting = std::thread::spawn(move || handle.block_on(other.on(config)).app.db.clone());
    for _ in 0..3 {
        let refused = app.app.db.write(made_up(|tx| Box::pin(async move { set(tx, "x", "y").await }))).await;
        assert!(refused.is_err() && !starting.is_finished());
    }
    holder.execute("ROLLBACK").await.unwrap();
    let started = tokio::task::block_in_place(|| starting.join().unwrap());
    // From now on it is as impatient as any.
    holder.execute("BEGIN IMMEDIATE").await.unwrap();
    let refused = started.write(made_up(|tx| Box::pin(async move { set(tx, "x", "y").await }))).await;
    assert!(matches!(refused, Err(Error::Unavailable(_))), "{refused:?}");
    holder.execute("ROLLBACK").await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_migration_that_waits_for_its_table_keeps_nobody_else_from_it() {
    let Some(app) = on_postgres().await else { return };
    let db = &app.app.db;
    app.sql("ALTER TABLE client_secret DROP COLUMN ending").await;
    app.sql("DELETE FROM _sqlx_migrations WHERE version = 15").await;
    // As a copy of the database reads it, for a long time.
    let mut reader = db.read().await.unwrap();
    reader.execute("BEGIN").await.unwrap();
    reader.execute("LOCK TABLE client_secret IN ACCESS SHARE MODE").await.unwrap();
    let waiting = "SELECT COUNT(*) FROM pg_locks WHERE NOT granted AND relation = 'client_secret'::regclass";
    let mut other = db.read().await.unwrap();
    let others = async {
        loop {
            let (count,): (i64,) = sqlx::query_as(waiting).fetch_one(&mut *other).await.unwrap();
            if count > 0 {
                break;
            }
            tokio::task::yield_now().await;
        }
        // Whoever comes after it waits behind it, but not until the reader has ended.
        other.execute("SET statement_timeout = '20s'").await.unwrap();
        other.execute("SELECT id FROM client_secret").await.unwrap();
    };
    let mut migrating = std::pin::pin!(db.migrate());
    tokio::select! {
        done = &mut migrating => panic!("the migration needs the table, which is taken: {done:?}"),
        () = others => {}
    }
    reader.execute("COMMIT").await.unwrap();
    migrating.await.unwrap();
    other.execute("SELECT ending FROM client_secret").await.unwrap();
}
