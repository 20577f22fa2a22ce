//! Programs that make accounts in great numbers.

use latchkey::base::encoding::sha256;
use latchkey::config::{SignUp, SignUpChallenge};

use crate::harness::{Browser, PASSWORD, Page, TestApp, minutes, seconds};

const BITS: u32 = 8;

async fn guarded(challenge: SignUpChallenge) -> TestApp {
    TestApp::with(|config| {
        config.login.sign_up = SignUp::Open;
        config.login.sign_up_challenge = challenge;
        config.login.sign_up_challenge_bits = BITS;
    })
    .await
}

/// The seed of the page's challenge.
fn seed(page: &Page) -> Option<String> {
    let (_, rest) = page.reply.body.split_once("data-seed=\"")?;
    rest.split_once('"').map(|(seed, _)| seed.to_owned())
}

/// A number whose hash begins with so many zeros, or with one that is not zero before.
fn number(seed: &str, wanted: impl Fn(u32) -> bool) -> String {
    let zeros = |number: &u64| {
        let hash = sha256(format!("{seed}.{number}").as_bytes());
        u32::from_be_bytes(*hash.first_chunk().unwrap()).leading_zeros()
    };
    (0..).find(|number| wanted(zeros(number))).unwrap().to_string()
}

fn solution(page: &Page) -> String {
    number(&seed(page).expect("a challenge"), |zeros| zeros >= BITS)
}

/// Sends the form of a page for an address, with this answer.
async fn sign_up(browser: &mut Browser, page: &Page, email: &str, answer: Option<&str>) -> Page {
    let form = page.form().fill("email", email).fill("password", PASSWORD);
    let form = match answer {
        Some(answer) => form.fill("answer", answer),
        None => form,
    };
    form.submit(browser).await
}

#[tokio::test]
async fn a_sign_up_that_has_to_prove_work_does_so_once() {
    let app = guarded(SignUpChallenge::Always).await;
    let mut browser = app.browser();
    let page = browser.get("/sign-up").await;
    let answer = solution(&page);
    sign_up(&mut browser, &page, "one@example.com", Some(&answer)).await;
    assert_eq!(app.rows("user_account").await, 1);
    // The same proof again, and one that was never a proof.
    let again = sign_up(&mut browser, &page, "two@example.com", Some(&answer)).await;
    assert_eq!(again.reply.status, 400);
    assert_eq!(again.form().get("email").unwrap_or_default(), "two@example.com");
    assert_ne!(seed(&again), seed(&page), "another challenge is posed");
    for wrong in [number(&seed(&again).unwrap(), |zeros| zeros == BITS - 1), "abc".to_owned(), "-1".to_owned()] {
        sign_up(&mut browser, &again, "two@example.com", Some(&wrong)).await.reply.expect(400);
    }
    assert_eq!(app.rows("user_account").await, 1);
    let answer = solution(&again);
    sign_up(&mut browser, &again, "two@example.com", Some(&answer)).await;
    assert_eq!(app.rows("user_account").await, 2);
}

#[tokio::test]
async fn a_proof_of_another_browser_or_another_interaction_or_another_time_does_not_count() {
    let app = guarded(SignUpChallenge::Always).await;
    let rp = app.relying_party().await;
    let (mut one, mut other) = (app.browser(), app.browser());
    let (page, others) = (one.get("/sign-up").await, other.get("/sign-up").await);
    let stolen =
        others.form().fill("challenge", page.form().get("challenge").unwrap()).fill("answer", &solution(&page));
    let form = stolen.fill("email", "one@example.com").fill("password", PASSWORD);
    form.submit(&mut other).await.reply.expect(400);

    let to_client = one.get(&rp.request().set("prompt", "create").path()).await;
    let form = to_client.form().fill("challenge", page.form().get("challenge").unwrap());
    let form = form.fill("answer", &solution(&page)).fill("email", "one@example.com").fill("password", PASSWORD);
    form.submit(&mut one).await.reply.expect(400);

    app.clock.advance(minutes(31));
    let answer = solution(&page);
    sign_up(&mut one, &page, "one@example.com", Some(&answer)).await.reply.expect(400);
    assert_eq!(app.rows("user_account").await, 0);
}

#[tokio::test]
async fn without_scripts_a_sign_up_waits_and_a_network_cannot_do_so_many_times() {
    let app = guarded(SignUpChallenge::Always).await;
    for n in 0..5 {
        let mut browser = app.browser();
        let page = browser.get("/sign-up").await;
        let email = format!("person{n}@example.com");
        let early = sign_up(&mut browser, &page, &email, None).await;
        assert_eq!(early.reply.status, 429);
        let wait: u64 = early.reply.header("retry-after").unwrap().parse().unwrap();
        assert!((1..=21).contains(&wait), "{wait}");
        assert!(early.text().contains("type your password again"), "{}", early.text());
        assert_eq!(
            early.form().get("challenge"),
            page.form().get("challenge"),
            "the wait goes on and begins not again"
        );
        app.clock.advance(seconds(20));
        sign_up(&mut browser, &early, &email, None).await;
        assert_eq!(app.rows("user_account").await, n + 1);
    }
    let mut browser = app.browser();
    let page = browser.get("/sign-up").await;
    app.clock.advance(seconds(20));
    let limited = sign_up(&mut browser, &page, "more@example.com", None).await;
    assert_eq!(limited.reply.status, 429);
    assert!(limited.reply.header("retry-after").is_some());
    let answer = solution(&limited);
    sign_up(&mut browser, &limited, "more@example.com", Some(&answer)).await;
    assert_eq!(app.rows("user_account").await, 6, "who proves work need not wait");
}

#[tokio::test]
async fn a_network_that_signs_up_again_and_again_is_suspicious_and_others_are_not() {
    let app = guarded(SignUpChallenge::Suspicious).await;
    for n in 0..3 {
        let mut browser = app.browser();
        let page = browser.get("/sign-up").await;
        assert_eq!(seed(&page), None, "{n}");
        sign_up(&mut browser, &page, &format!("person{n}@example.com"), None).await;
    }
    assert_eq!(app.rows("user_account").await, 3);
    let mut browser = app.browser();
    let page = browser.get("/sign-up").await;
    let answer = solution(&page);
    sign_up(&mut browser, &page, "person3@example.com", Some(&answer)).await;
    assert_eq!(app.rows("user_account").await, 4);

    // Nobody makes all others suspicious by opening the page.
    for _ in 0..80 {
        app.browser().get("/sign-up").await;
    }
    let mut neighbour = app.browser();
    neighbour.address = [192, 0, 2, 1].into();
    assert_eq!(seed(&neighbour.get("/sign-up").await), None);
    let never = guarded(SignUpChallenge::Never).await;
    for _ in 0..10 {
        assert_eq!(seed(&never.browser().get("/sign-up").await), None);
    }
}

#[tokio::test]
async fn q2_work_is_proven_before_a_password_is_looked_at() {
    let app = TestApp::with(|config| {
        config.login.sign_up = SignUp::Open;
        config.login.sign_up_challenge = SignUpChallenge::Always;
        config.login.sign_up_challenge_bits = BITS;
        config.login.hashing_at_once = Some(1);
    })
    .await;
    let mut browser = app.browser();
    let page = browser.get("/sign-up").await;
    let turn = app.app.hashing.turn().await.unwrap();
    sign_up(&mut browser, &page, "one@example.com", Some("no number")).await.reply.expect(400);
    sign_up(&mut browser, &page, "one@example.com", None).await.reply.expect(429);
    drop(turn);
}
