//! Two tabs, two replicas, an app that was killed: nobody is signed out.

use std::collections::BTreeSet;

use latchkey::base::token::TokenHash;

use crate::harness::{TestApp, minutes, seconds};

#[tokio::test]
async fn two_tabs_with_one_refresh_token_get_the_same_successor_and_stay_signed_in() {
    two_tabs(&TestApp::new().await).await;
}

pub async fn two_tabs(app: &TestApp) {
    let spa = app.spa().await;
    let tokens = spa.tokens_of("alice").await;
    let first = spa.refresh(tokens.refresh()).await.tokens();
    app.pass(seconds(20)).await;
    let second = spa.refresh(tokens.refresh()).await.tokens();
    assert_eq!(first.refresh(), second.refresh());
    assert!(spa.is_good(&first.access_token).await && spa.is_good(&second.access_token).await);
    app.pass(minutes(5)).await;
    spa.refresh(first.refresh()).await.tokens();
}

#[tokio::test]
async fn b8_the_third_of_three_tabs_does_not_end_the_family_of_the_others() {
    three_tabs(&TestApp::new().await).await;
}

pub async fn three_tabs(app: &TestApp) {
    let spa = app.spa().await;
    let tokens = spa.tokens_of("alice").await;
    let first = spa.refresh(tokens.refresh()).await.tokens();
    assert_eq!(spa.refresh(tokens.refresh()).await.tokens().refresh(), first.refresh());
    // One of the two goes on; then the third comes.
    let second = spa.refresh(first.refresh()).await.tokens();
    app.pass(seconds(20)).await;
    let third = spa.refresh(tokens.refresh()).await.tokens();
    assert_eq!(third.refresh(), second.refresh(), "the newest, the same for all");
    assert!(spa.is_good(&second.access_token).await && spa.is_good(&third.access_token).await);
    spa.refresh(third.refresh()).await.tokens();
    // After the grace it is somebody who has a copy.
    app.pass(seconds(11)).await;
    spa.refresh(tokens.refresh()).await.error("invalid_grant");
    assert!(!spa.is_good(&third.access_token).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn b10_fifty_tabs_that_refresh_at_once_and_again_at_once_stay_signed_in_on_one_branch() {
    fifty_tabs(&TestApp::new().await).await;
}

pub async fn fifty_tabs(app: &TestApp) {
    let spa = app.spa().await;
    let tokens = spa.tokens_of("alice").await;
    let tasks: Vec<_> = (0..50)
        .map(|_| {
            let (spa, token) = (spa.clone(), tokens.refresh().to_owned());
            tokio::spawn(async move {
                let first = spa.refresh(&token).await.tokens();
                spa.refresh(first.refresh()).await.tokens().refresh().to_owned()
            })
        })
        .collect();
    let mut held = BTreeSet::from([tokens.refresh().to_owned()]);
    for task in tasks {
        held.insert(task.await.unwrap());
    }
    // Whatever a tab holds leads to one token, which goes on; the first of all is nobody's any more.
    let mut newest = BTreeSet::new();
    for token in &held {
        newest.insert(spa.refresh(token).await.tokens().refresh().to_owned());
    }
    let rows = "SELECT current_hash FROM refresh_family";
    let rows: Vec<(String,)> = sqlx::query_as(rows).fetch_all(&mut *app.app.db.read().await.unwrap()).await.unwrap();
    let current = newest.iter().find(|token| TokenHash::of(token).as_str() == rows[0].0).expect("somebody holds it");
    app.pass(seconds(31)).await;
    let next = spa.refresh(current).await.tokens();
    app.pass(seconds(31)).await;
    let last = spa.refresh(next.refresh()).await.tokens();
    assert!(spa.is_good(&last.access_token).await);
    spa.refresh(tokens.refresh()).await.error("invalid_grant");
    assert!(!spa.is_good(&last.access_token).await);
}

#[tokio::test]
async fn an_app_that_was_killed_in_mid_refresh_comes_back_after_hours() {
    killed_in_mid_refresh(&TestApp::new().await).await;
}

pub async fn killed_in_mid_refresh(app: &TestApp) {
    let spa = app.spa().await;
    let tokens = spa.tokens_of("alice").await;
    let lost = spa.refresh(tokens.refresh()).await.tokens();
    app.pass(minutes(300)).await;
    let found = spa.refresh(tokens.refresh()).await.tokens();
    assert_ne!(lost.refresh(), found.refresh());
    // The replaced one shows whoever holds it.
    spa.refresh(lost.refresh()).await.error("invalid_grant");
    spa.refresh(found.refresh()).await.error("invalid_grant");
    assert!(!spa.is_good(&found.access_token).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn b10_fifty_refreshes_of_one_token_leave_one_branch() {
    fifty_refreshes(&TestApp::new().await).await;
}

pub async fn fifty_refreshes(app: &TestApp) {
    refreshes_at_once(app, 1).await;
}

/// Fifty refreshes of one token, each tried so often while the answer is that something is broken: the release before says so
/// of what this one has sealed.
pub async fn refreshes_at_once(app: &TestApp, tries: usize) {
    let spa = app.spa().await;
    let tokens = spa.tokens_of("alice").await;
    let tasks: Vec<_> = (0..50)
        .map(|_| {
            let (spa, token) = (spa.clone(), tokens.refresh().to_owned());
            tokio::spawn(async move {
                for _ in 1..tries {
                    let reply = spa.refresh(&token).await;
                    if reply.status != 500 {
                        return reply.tokens().refresh().to_owned();
                    }
                }
                spa.refresh(&token).await.tokens().refresh().to_owned()
            })
        })
        .collect();
    let mut successors = BTreeSet::new();
    for task in tasks {
        successors.insert(task.await.unwrap());
    }
    assert_eq!(successors.len(), 1, "all got the same successor");
    let next = spa.refresh(successors.first().unwrap()).await.tokens();
    // The one live branch; what came before it leads there for a moment, and then says that somebody has a copy.
    assert!(spa.is_good(&next.access_token).await);
    app.pass(seconds(31)).await;
    spa.refresh(tokens.refresh()).await.error("invalid_grant");
    assert!(!spa.is_good(&next.access_token).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn b5_fifty_exchanges_of_one_code_give_one_answer() {
    fifty_exchanges(&TestApp::new().await).await;
}

pub async fn fifty_exchanges(app: &TestApp) {
    let rp = app.relying_party().await;
    let code = app.browser().authorize(&rp).await.code();
    let tasks: Vec<_> = (0..50)
        .map(|_| {
            let (rp, code) = (rp.clone(), code.clone());
            tokio::spawn(async move { rp.exchange(&code).await.status.as_u16() })
        })
        .collect();
    let mut good = 0;
    for task in tasks {
        good += i32::from(task.await.unwrap() == 200);
    }
    assert_eq!(good, 1);
    assert_eq!(app.rows("refresh_family").await, 1);
}
