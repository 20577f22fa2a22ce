//! Two tabs, two replicas, an app that was killed: nobody is signed out.

use crate::harness::{TestApp, minutes, seconds};

#[tokio::test]
async fn two_tabs_with_one_refresh_token_get_the_same_successor_and_stay_signed_in() {
    let app = TestApp::new().await;
    let spa = app.spa().await;
    let tokens = spa.tokens_of("alice").await;
    let first = spa.refresh(tokens.refresh()).await.tokens();
    app.clock.advance(seconds(20));
    let second = spa.refresh(tokens.refresh()).await.tokens();
    assert_eq!(first.refresh(), second.refresh());
    assert!(spa.is_good(&first.access_token).await && spa.is_good(&second.access_token).await);
    app.clock.advance(minutes(5));
    spa.refresh(first.refresh()).await.tokens();
}

#[tokio::test]
async fn an_app_that_was_killed_in_mid_refresh_comes_back_after_hours() {
    let app = TestApp::new().await;
    let spa = app.spa().await;
    let tokens = spa.tokens_of("alice").await;
    let lost = spa.refresh(tokens.refresh()).await.tokens();
    app.clock.advance(minutes(300));
    let found = spa.refresh(tokens.refresh()).await.tokens();
    assert_ne!(lost.refresh(), found.refresh());
    // The replaced one shows whoever holds it.
    spa.refresh(lost.refresh()).await.error("invalid_grant");
    spa.refresh(found.refresh()).await.error("invalid_grant");
    assert!(!spa.is_good(&found.access_token).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn fifty_refreshes_of_one_token_over_two_replicas_leave_one_branch() {
    let app = TestApp::new().await;
    let spa = app.spa().await;
    let tokens = spa.tokens_of("alice").await;
    let other = app.replica().await;
    let mut tasks = Vec::new();
    for n in 0..50 {
        let mut spa = spa.clone();
        if n % 2 == 1 {
            spa.app = other.clone();
        }
        let token = tokens.refresh().to_owned();
        tasks.push(tokio::spawn(async move { spa.refresh(&token).await.tokens().refresh().to_owned() }));
    }
    let mut successors = std::collections::BTreeSet::new();
    for task in tasks {
        successors.insert(task.await.unwrap());
    }
    assert_eq!(successors.len(), 1, "all got the same successor");
    spa.refresh(successors.first().unwrap()).await.tokens();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn fifty_exchanges_of_one_code_give_one_answer() {
    let app = TestApp::new().await;
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
}
