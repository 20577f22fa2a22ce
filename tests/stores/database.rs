//! `store::db`: the door to the database.

use latchkey::store::db::Error;
use latchkey::store::installation::{find, insert_once};

use crate::harness::TestApp;

#[tokio::test]
async fn work_that_fails_leaves_nothing() {
    let app = TestApp::new().await;
    let failed: Result<(), Error> = app
        .app
        .db
        .write(|conn| {
            Box::pin(async move {
                insert_once(conn, "half", "done").await?;
                Err(Error::Conflict)
            })
        })
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
            .write(move |conn| {
                Box::pin(async move {
                    insert_once(conn, "contended", "by the first").await?;
                    assert!(!panics, "a piece of work that stops, as this test wants it");
                    Err(Error::Conflict)
                })
            })
            .await;
        assert!(failed.is_err());
        // The first one has a lock on this row for as long as its transaction lasts.
        let written: Result<(), Error> = other
            .app
            .db
            .write(|conn| {
                Box::pin(async move {
                    insert_once(conn, "contended", "by the second").await?;
                    Err(Error::Conflict)
                })
            })
            .await;
        assert!(matches!(written, Err(Error::Conflict)), "{written:?}");
    }
}

#[tokio::test]
async fn work_runs_to_its_end_although_nobody_waits_for_it() {
    let app = TestApp::new().await;
    let mut write = Box::pin(app.app.db.write(|conn| {
        Box::pin(async move {
            insert_once(conn, "abandoned", "and done").await?;
            Ok(())
        })
    }));
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
    if latchkey::store::db::is_sqlite(&match app.app.config.database_url() {
        latchkey::config::DatabaseUrl::Sqlite(path) => latchkey::store::db::sqlite_url(&path),
        latchkey::config::DatabaseUrl::Postgres(url) => url.expose().to_owned(),
    }) {
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
                db.write(move |conn| {
                    Box::pin(async move {
                        insert_once(conn, &format!("piece-{n}"), "half").await?;
                        match n % 3 {
                            0 => Ok(()),
                            1 => Err(Error::Conflict),
                            _ => panic!("a piece of work that stops, as this test wants it"),
                        }
                    })
                })
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
