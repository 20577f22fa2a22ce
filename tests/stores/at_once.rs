//! What two do at the same moment to one person's rows: on PostgreSQL a transaction sees what was committed before each of its
//! statements, and waits for rows that another has written. On SQLite one is done after the other.

use std::sync::Arc;

use latchkey::base::token::{Token, TokenKind};
use latchkey::oidc::scope::ScopeSet;
use latchkey::store::clients::consent;
use latchkey::store::clients::consent::Withdraw;
use latchkey::store::db::Change;
use latchkey::store::people::one_time_link::{self, NewLink, Purpose};
use latchkey::store::people::user;
use tokio::sync::Notify;

use crate::harness::{TestApp, made_up, minutes};

/// A piece of work that has been done and is not committed before it is told to.
struct Held {
    go: Arc<Notify>,
    work: tokio::task::JoinHandle<()>,
}

impl Held {
    async fn commit(self) {
        self.go.notify_one();
        self.work.await.unwrap();
    }
}

/// Begins a piece of work and leaves it open behind its last statement.
macro_rules! hold {
    ($app:expr, |$tx:ident| $work:expr) => {{
        let (done, go) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let (app, told, wait) = ($app.app.clone(), done.clone(), go.clone());
        let work = tokio::spawn(async move {
            let work = app.db.write(made_up(move |$tx| {
                Box::pin(async move {
                    $work;
                    told.notify_one();
                    wait.notified().await;
                    Ok(())
                })
            }));
            work.await.unwrap();
        });
        done.notified().await;
        Held { go, work }
    }};
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_scope_that_is_withdrawn_while_another_is_allowed_does_not_come_back() {
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    let mut browser = app.browser().sign_in("alice").await;
    browser.go_through(&rp.request().set("scope", "openid email")).await.code();
    let page = browser.get(&rp.request().set("scope", "openid profile").path()).await;
    page.expect("consent");
    let (alice, client) = (app.person("alice").await.id, rp.client.id.clone());
    let (user, row) = (alice.clone(), client.clone());
    let withdrawal = hold!(app, |tx| Withdraw { user, client_row: row }.apply(tx).await?);
    let form = page.form().fill("decision", "allow");
    let allowed = tokio::spawn(async move { form.submit(&mut browser).await });
    app.somebody_waits().await;
    withdrawal.commit().await;
    allowed.await.unwrap();
    let left = consent::find(&mut app.app.db.read().await.unwrap(), &alice, &client).await.unwrap();
    assert_eq!(left.unwrap().scope.to_string(), "openid profile");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_scopes_that_are_allowed_at_once_both_are_remembered() {
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    let mut browser = app.browser().sign_in("alice").await;
    browser.go_through(&rp.request().set("scope", "openid")).await.code();
    let page = browser.get(&rp.request().set("scope", "openid profile").path()).await;
    let (alice, client) = (app.person("alice").await.id, rp.client.id.clone());
    let (id, user, row, now) = (app.app.id(), alice.clone(), client.clone(), app.app.now());
    let other = hold!(app, |tx| {
        let held = consent::hold(tx, &id, &user, &row, now).await?;
        consent::set_scope(tx, &held.id, &ScopeSet::parse("openid email").unwrap()).await?
    });
    let form = page.form().fill("decision", "allow");
    let allowed = tokio::spawn(async move { form.submit(&mut browser).await });
    app.somebody_waits().await;
    other.commit().await;
    allowed.await.unwrap().code();
    let left = consent::find(&mut app.app.db.read().await.unwrap(), &alice, &client).await.unwrap();
    assert_eq!(left.unwrap().scope.to_string(), "openid email profile");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn e6_what_rests_on_a_consent_ends_with_it_however_close_they_are() {
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    let mut browser = app.browser().sign_in("alice").await;
    browser.authorize(&rp).await.code();
    let (alice, client) = (app.person("alice").await.id, rp.client.id.clone());
    let withdrawal = hold!(app, |tx| Withdraw { user: alice, client_row: client }.apply(tx).await?);
    let request = rp.request().path();
    let asked = tokio::spawn(async move { browser.get(&request).await });
    app.somebody_waits().await;
    withdrawal.commit().await;
    asked.await.unwrap().expect("consent");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_changes_of_a_profile_neither_is_lost() {
    let app = TestApp::new().await;
    let mut browser = app.browser().sign_in("alice").await;
    let page = browser.get("/account").await;
    let (alice, now) = (app.person("alice").await.id, app.app.now());
    let other = hold!(app, |tx| {
        user::hold(tx, &alice).await?;
        let mut profile = user::find(tx, &alice).await?.unwrap().profile;
        profile.insert("nickname".to_owned(), "Al".into());
        user::set_profile(tx, &alice, &profile, now).await?
    });
    let form = page.form_to("/account").fill("name", "Alice Liddell").fill("locale", "en");
    let saved = tokio::spawn(async move { form.submit(&mut browser).await });
    app.somebody_waits().await;
    other.commit().await;
    saved.await.unwrap();
    let profile = app.person("alice").await.profile;
    assert_eq!((&profile["name"], &profile["nickname"]), (&"Alice Liddell".into(), &"Al".into()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_links_that_are_used_at_once_one_sets_the_password_and_neither_fails() {
    let app = TestApp::new().await;
    let alice = app.user("alice").await;
    for _ in 0..12 {
        let mut forms = Vec::new();
        for _ in 0..4 {
            // As replicas of the release before make them, each one of its own.
            let token = Token::new(TokenKind::OneTimeLink, &app.app.random);
            let (hash, user, now) = (token.hash(), alice.id.clone(), app.app.now());
            let insert = app.app.db.write(made_up(move |tx| {
                Box::pin(async move {
                    one_time_link::insert(
                        tx,
                        &NewLink {
                            hash: &hash,
                            purpose: Purpose::SetPassword,
                            user: &user,
                            address: None,
                            created_at: now,
                            expires_at: now + minutes(60),
                        },
                    )
                    .await
                })
            }));
            insert.await.unwrap();
            let link = format!("/set-password?token={}", token.expose());
            let mut browser = app.browser();
            forms.push((browser.get(&link).await.form().fill("password", "seven slow barges turn"), browser));
        }
        let tries = forms.into_iter().map(|(form, mut browser)| {
            tokio::spawn(async move { (form.submit(&mut browser).await.reply.status, browser) })
        });
        let mut won = 0;
        for one in tries.collect::<Vec<_>>() {
            match one.await.unwrap() {
                (status, mut browser) if status == 200 => {
                    won += 1;
                    assert!(!browser.get("/account").await.url.contains("/sign-in"), "signed in");
                }
                (status, _) => assert_eq!(status, 410, "dead, and no deadlock"),
            }
        }
        assert_eq!(won, 1);
    }
}
