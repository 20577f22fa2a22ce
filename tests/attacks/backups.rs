//! X13. A database that was restored from a backup.

use std::process::Output;

use latchkey::config::{Config, DatabaseUrl};

use crate::harness::{PASSWORD, Process, TestApp, latchkey, left_out, postgres_client, run};

fn done(output: &Output) -> String {
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{said}");
    said
}

/// Takes a backup, lets `use_it` happen, goes back, and gives the provider on what was restored.
async fn restored(app: &TestApp, use_it: impl AsyncFnOnce()) -> TestApp {
    let mut config: Config = app.app.config.clone();
    match app.app.config.database_url() {
        DatabaseUrl::Sqlite(path) => {
            let file = path.with_extension("backup");
            // A server runs all the while.
            let server = Process::start(&config, &[]).await;
            done(&run(latchkey(&config).args(["backup"]).arg(&file)));
            let again = run(latchkey(&config).args(["backup"]).arg(&file));
            assert_eq!(again.status.code(), Some(4), "a backup is not overwritten");
            let refused = run(latchkey(&config).args(["restore"]).arg(&file));
            assert_eq!(refused.status.code(), Some(1), "not while a server runs");
            drop(server);
            use_it().await;
            app.app.db.close().await;
            done(&run(latchkey(&config).args(["restore"]).arg(&file)));
        }
        DatabaseUrl::Postgres(url) => {
            let folder = tempfile::tempdir().unwrap();
            let file = folder.path().join("latchkey.dump");
            let file = file.to_str().unwrap();
            postgres_client("pg_dump", &["--format=custom", "--file", file, url.expose()]);
            use_it().await;
            app.app.db.close().await;
            let mut elsewhere = url::Url::parse(url.expose()).unwrap();
            let name = format!("{}_restored", elsewhere.path().trim_start_matches('/'));
            postgres_client("createdb", &["--maintenance-db", url.expose(), &name]);
            elsewhere.set_path(&name);
            postgres_client("pg_restore", &["--dbname", elsewhere.as_str(), file]);
            config.database.url = Some(DatabaseUrl::Postgres(elsewhere.as_str().into()));
            assert_eq!(run(latchkey(&config).args(["backup", "x"])).status.code(), Some(2));
            done(&run(latchkey(&config).arg("restore")));
        }
    }
    app.on(config).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn x13_nothing_that_was_used_works_again_after_a_restore() {
    let app = TestApp::beside_a_process().await;
    let (spa, web, service) = (app.spa().await, app.relying_party().await, app.service().await);
    let alice = app.user("alice").await;
    let mut browser = app.browser().sign_in("alice").await;
    let first = spa.exchange(&browser.authorize(&spa).await.code()).await.tokens();
    let used = browser.authorize(&web).await.code();
    let unused = browser.authorize(&web).await.code();
    let mut signed_out = app.browser().sign_in("alice").await;
    let own = service.client_credentials().await.tokens().access_token;
    let lifetime = std::time::Duration::from_secs(600);
    let link = latchkey::account::password_link::make(&app.app, &alice.id, lifetime).await.unwrap();
    let before_sign_out = signed_out.cookies.clone();

    let after = restored(&app, async || {
        spa.refresh(first.refresh()).await.tokens();
        web.exchange(&used).await.tokens();
        service.revoke(&own).await.expect(200);
        let page = signed_out.get("/end_session").await;
        page.form().fill("decision", "sign_out").submit(&mut signed_out).await;
    })
    .await;

    let (spa, web, service) = (spa.on(&after), web.on(&after), service.on(&after));
    spa.refresh(first.refresh()).await.error("invalid_grant");
    web.exchange(&used).await.error("invalid_grant");
    web.exchange(&unused).await.error("invalid_grant");
    spa.userinfo(&first.access_token).await.expect(401);
    assert_eq!(service.introspect(&own).await.expect(200).json()["active"], false, "revoked after the backup");
    let mut back = signed_out.on(&after);
    back.cookies = before_sign_out;
    back.get(&web.request().set("prompt", "none").path()).await.error("login_required");
    after.get(&link.replace(app.issuer(), "")).await.expect(410);
    // Passwords and clients are as they were.
    let mut browser = after.browser();
    let page = browser.get("/sign-in").await;
    page.form().fill("identifier", "alice").fill("password", PASSWORD).submit(&mut browser).await.reply.expect(200);
    web.exchange(&browser.authorize(&web).await.code()).await.tokens();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_that_is_damaged_or_no_backup_changes_nothing() {
    let app = TestApp::beside_a_process().await;
    let DatabaseUrl::Sqlite(path) = app.app.config.database_url() else { return left_out("SQLite") };
    app.user("alice").await;
    app.app.db.close().await;
    let config = app.app.config.clone();
    let (damaged, nothing) = (path.with_extension("damaged"), path.with_extension("nothing"));
    done(&run(latchkey(&config).args(["backup"]).arg(&damaged)));
    let mut bytes = std::fs::read(&damaged).unwrap();
    let half = bytes.len() / 2;
    bytes[half..half + 8192].fill(0xAA);
    std::fs::write(&damaged, bytes).unwrap();
    std::fs::write(&nothing, "this is no database").unwrap();
    for file in [&damaged, &nothing, &path.with_extension("gone")] {
        let refused = run(latchkey(&config).args(["restore"]).arg(file));
        assert_eq!(refused.status.code(), Some(1), "{file:?}: {refused:?}");
        let told = String::from_utf8_lossy(&refused.stderr);
        assert!(told.contains(file.to_str().unwrap()) && !told.contains(".restoring"), "{told}");
    }
    let shown = done(&run(latchkey(&config).args(["user", "show", "alice"])));
    assert!(shown.contains("alice@example.com"), "{shown}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_database_from_before_a_restore_is_kept_and_complete() {
    let app = TestApp::beside_a_process().await;
    let DatabaseUrl::Sqlite(path) = app.app.config.database_url() else { return left_out("SQLite") };
    let mut config = app.app.config.clone();
    let backup = path.with_extension("backup");
    done(&run(latchkey(&config).args(["backup"]).arg(&backup)));
    app.user("alice").await;
    app.app.db.close().await;
    done(&run(latchkey(&config).args(["restore"]).arg(&backup)));
    let absent = run(latchkey(&config).args(["user", "show", "alice"]));
    assert_eq!(absent.status.code(), Some(3), "{absent:?}");
    let folder = std::fs::read_dir(path.parent().unwrap()).unwrap();
    let name = format!("{}.before-restore-", path.file_name().unwrap().to_str().unwrap());
    let mut kept = folder.map(|entry| entry.unwrap().path());
    let kept = kept.find(|path| path.file_name().unwrap().to_str().unwrap().starts_with(&name)).unwrap();
    config.database.url = Some(DatabaseUrl::Sqlite(kept));
    let shown = done(&run(latchkey(&config).args(["user", "show", "alice"])));
    assert!(shown.contains("alice@example.com"), "{shown}");
}
