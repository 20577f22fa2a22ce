//! E5, F2, F6, F7, F8, Q2, X8. Passwords that are checked and changed.

use std::time::Duration;

use latchkey::account::delete::disable;
use latchkey::base::random::Random;
use latchkey::config::SignUp;
use latchkey::hashing::{Bounds, Cost, Hashing};
use latchkey::store::people::user::User;

use super::guessing::{attempt, generous};
use crate::harness::{Browser, PASSWORD, Page, TestApp, minutes, seconds};

#[tokio::test]
async fn f6_a_huge_password_is_refused_before_it_is_hashed() {
    let app = generous().await;
    app.user("alice").await;
    let mut browser = app.browser();
    attempt(&mut browser, "nobody", PASSWORD).await.refused(400);
    let before = app.app.hashing.usage().done;
    assert_eq!(attempt(&mut browser, "alice", &"x".repeat(1 << 20)).await.reply.status, 413);
    let too_long = attempt(&mut browser, "alice", &"x".repeat(1025)).await;
    assert_eq!(too_long.reply.status, 400);
    assert_eq!(app.app.hashing.usage().done, before, "nothing was hashed");
    app.sql("DELETE FROM password_failure").await;
    attempt(&mut browser, "alice", &"x".repeat(1025)).await.refused(400);
    assert_eq!(app.rows("password_failure").await, 0, "not even counted as a try");
    attempt(&mut browser, "alice", PASSWORD).await.reply.expect(200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn f6_a_try_that_was_not_looked_at_does_not_count() {
    let app = TestApp::with(|config| {
        config.login.hashing_at_once = Some(1);
        config.login.hashing_wait = Duration::from_millis(10);
    })
    .await;
    app.user("alice").await;
    app.app.hashing.measure().await.unwrap();
    let mut browser = app.browser();
    let turn = app.app.hashing.turn().await.unwrap();
    for _ in 0..6 {
        attempt(&mut browser, "alice", PASSWORD).await.reply.expect(503);
    }
    drop(turn);
    assert_eq!(app.rows("password_failure").await, 0);
    attempt(&mut browser, "alice", PASSWORD).await.reply.expect(200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn f6_beyond_the_queue_hashing_is_refused_with_503() {
    let app = TestApp::with(|config| {
        config.login.address_burst = 10_000;
        config.login.hashing_at_once = Some(1);
        config.login.hashing_queue = 2;
        config.login.argon2_memory = latchkey::config::units::Size::mib(64);
        config.login.argon2_iterations = 4;
    })
    .await;
    let tasks: Vec<_> = (0..40)
        .map(|n| {
            let mut browser = app.browser();
            tokio::spawn(async move { attempt(&mut browser, &format!("nobody{n}"), "wrong password here").await.reply })
        })
        .collect();
    let mut refused = 0;
    for task in tasks {
        let reply = task.await.unwrap();
        if reply.status == 503 {
            refused += 1;
            assert!(reply.header("retry-after").is_some());
        }
    }
    assert!(refused >= 20, "one is hashed, two wait, the others are refused: {refused}");
}

#[tokio::test]
async fn f7_a_password_is_the_same_in_every_form_of_unicode_and_a_look_alike_name_is_taken() {
    let app = generous().await;
    let alice = app.user("alice").await;
    let (composed, apart) = ("пять цапель летят домой й", "пять цапель летят домои\u{306} й");
    let composed_text: String = composed.to_owned();
    assert_ne!(composed_text, apart);
    let (one, two) = ("café heron evening flight", "cafe\u{301} heron evening flight");
    latchkey::account::password::set(&app.app, &alice.id, &one.into()).await.unwrap();
    app.clock.advance(seconds(1));
    attempt(&mut app.browser(), "alice", two).await.reply.expect(200);

    let new = latchkey::account::users::NewUser {
        sub: None,
        profile: serde_json::Map::new(),
        identifiers: vec![latchkey::login::identifier::parse("аӏісе", None).unwrap()],
        password: None,
        roles: vec![],
    };
    let refused = latchkey::account::users::add(&app.app, new).await.unwrap_err();
    assert!(matches!(refused, latchkey::login::Error::Store(latchkey::store::db::Error::Conflict)), "{refused:?}");
}

/// What hashes as another configuration would.
fn hashing(memory_kib: u32, iterations: u32) -> Hashing {
    let bounds = Bounds { at_once: Some(1), queue: 10, wait: seconds(20) };
    Hashing::new(Cost { memory_kib, iterations, parallelism: 1 }, bounds, Random::System)
}

#[tokio::test]
async fn f2_every_refusal_waits_for_the_same_moment_whatever_was_to_be_done_for_it() {
    let app = TestApp::with(|config| config.login.argon2_memory = latchkey::config::units::Size::kib(16)).await;
    for name in ["wrong", "disabled", "without", "weak", "dear", "silent", "throttled"] {
        let user = app.user(name).await;
        let phc = match name {
            "weak" => hashing(8, 1).hash(&PASSWORD.into()).await.unwrap(),
            "dear" => hashing(4096, 2).hash(&PASSWORD.into()).await.unwrap(),
            _ => continue,
        };
        let sql = format!("UPDATE password SET phc = '{phc}' WHERE user_id = '{}'", user.id);
        app.sql(Box::leak(sql.into_boxed_str())).await;
    }
    let disabled = app.user("disabled").await;
    disable(&app.app, &disabled.id, true).await.unwrap();
    let without = app.user("without").await;
    app.sql(Box::leak(format!("DELETE FROM password WHERE user_id = '{}'", without.id).into_boxed_str())).await;
    let mut browser = app.browser();
    for _ in 0..5 {
        attempt(&mut browser, "silent@example.com", "wrong password here").await;
        attempt(&mut browser, "throttled", "wrong password here").await;
    }
    // A deadline that nothing here comes near by itself.
    let deadline = Duration::from_millis(400);
    app.app.hashing.note(None, deadline);
    let page = browser.get("/sign-in").await;
    let (before, mut refused) = (app.app.hashing.deadline().usage(), 0);
    for (name, password) in [
        ("nobody", "wrong password here"),
        ("wrong", "wrong password here"),
        ("disabled", PASSWORD),
        ("without", PASSWORD),
        ("weak", "wrong password here"),
        ("dear", "wrong password here"),
        ("silent", PASSWORD),
        ("throttled", PASSWORD),
        ("wrong", &"x".repeat(1025)),
    ] {
        let began = std::time::Instant::now();
        let answer = page.form().fill("identifier", name).fill("password", password).submit(&mut browser).await;
        assert!([400, 429].contains(&answer.reply.status.as_u16()), "{name}: {}", answer.reply.status);
        assert!(began.elapsed() >= deadline, "{name} was refused after {:?}", began.elapsed());
        refused += 1;
    }
    let after = app.app.hashing.deadline().usage();
    assert_eq!((after.0 + after.1) - (before.0 + before.1), refused, "each refusal has gone the same way");
    // Who is right does not wait.
    for name in ["wrong", "weak", "dear"] {
        attempt(&mut app.browser(), name, PASSWORD).await.reply.expect(200);
    }
    assert_eq!(app.app.hashing.deadline().usage(), after);
}

const RESET: &str = "seven slow barges turn";
const THIEFS: &str = "nine black kettles sing";

/// Resets alice's password while the task's try with the one before is being verified.
async fn reset_meanwhile(app: &TestApp, alice: &User, thief: tokio::task::JoinHandle<Page>) -> Page {
    for _ in 0..1_000_000 {
        if app.rows("password_failure").await > 0 && app.app.hashing.usage().running > 0 {
            break;
        }
        tokio::task::yield_now().await;
    }
    assert!(app.app.hashing.usage().running > 0, "the thief's try is being verified");
    latchkey::account::password::set(&app.app, &alice.id, &RESET.into()).await.unwrap();
    thief.await.unwrap()
}

/// Makes alice's present password one that takes long to verify, so that much can happen meanwhile.
async fn make_slow(app: &TestApp, alice: &User) {
    let phc = hashing(64 * 1024, 8).hash(&PASSWORD.into()).await.unwrap();
    let sql = format!("UPDATE password SET phc = '{phc}' WHERE user_id = '{}'", alice.id);
    app.sql(Box::leak(sql.into_boxed_str())).await;
}

/// Whichever came first: the reset holds, and the sessions of the thief are closed.
async fn the_reset_holds(app: &TestApp, thief: &mut Browser) {
    assert_eq!(app.events().await.last().map(String::as_str), Some("password_changed"), "{:?}", app.events().await);
    assert!(thief.get("/account").await.url.contains("/sign-in"), "the thief is signed out");
    let mut other = app.browser();
    for password in [PASSWORD, THIEFS] {
        assert_eq!(attempt(&mut other, "alice", password).await.name(), "sign-in", "{password}");
    }
    assert_eq!(attempt(&mut app.browser(), "alice", RESET).await.name(), "");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn f8_a_change_that_was_checked_against_the_old_password_does_not_undo_a_reset() {
    let app = generous().await;
    let alice = app.user("alice").await;
    let mut thief = app.browser().sign_in("alice").await;
    make_slow(&app, &alice).await;
    let page = thief.get("/account/password").await;
    let form = page.form_to("/account/password").fill("current", PASSWORD).fill("password", THIEFS);
    let mut at_work = thief.clone();
    let change = tokio::spawn(async move { form.submit(&mut at_work).await });
    let answer = reset_meanwhile(&app, &alice, change).await;
    assert!(answer.url.contains("/sign-in"), "{}", answer.url);
    the_reset_holds(&app, &mut thief).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn f8_a_sign_in_that_was_checked_against_the_old_password_begins_nothing_after_a_reset() {
    let app = generous().await;
    let alice = app.user("alice").await;
    make_slow(&app, &alice).await;
    let mut thief = app.browser();
    let page = thief.get("/sign-in").await;
    let form = page.form().fill("identifier", "alice").fill("password", PASSWORD);
    let mut at_work = thief.clone();
    let sign_in = tokio::spawn(async move { form.submit(&mut at_work).await });
    let answer = reset_meanwhile(&app, &alice, sign_in).await;
    assert_eq!(answer.name(), "sign-in");
    the_reset_holds(&app, &mut thief).await;
}

#[tokio::test]
async fn e5_a_password_is_not_changed_without_the_one_before() {
    let app = generous().await;
    let alice = app.user("alice").await;
    let mut hijacker = app.browser().sign_in("alice").await;
    let page = hijacker.get("/account/password").await;
    let form = page.form_to("/account/password").fill("password", THIEFS);
    for (current, status) in [("", 400), (THIEFS, 400), ("wrong password here", 400)] {
        let refused = form.clone().fill("current", current).submit(&mut hijacker).await;
        assert_eq!(refused.reply.status, status, "{current:?}");
    }
    let mut without = form.clone();
    without.fields.retain(|(name, _)| name != "current");
    assert_eq!(without.submit(&mut hijacker).await.reply.status, 400, "left out");
    // Another person's password is not this one's.
    latchkey::account::password::set(&app.app, &app.user("mallory").await.id, &RESET.into()).await.unwrap();
    assert_eq!(form.clone().fill("current", RESET).submit(&mut hijacker).await.reply.status, 400);
    // Nor does knowing it help whoever has no session.
    let mut stranger = app.browser();
    let csrf = stranger.get("/sign-in").await.form().get("csrf").unwrap().to_owned();
    let fields = [("csrf", csrf.as_str()), ("current", PASSWORD), ("password", THIEFS)];
    assert!(stranger.post("/account/password", &fields).await.url.contains("/sign-in"));
    assert_eq!(app.user("alice").await.generation, alice.generation, "nothing has changed");
    assert_eq!(attempt(&mut app.browser(), "alice", THIEFS).await.name(), "sign-in");
    assert_eq!(attempt(&mut app.browser(), "alice", PASSWORD).await.name(), "");
}

#[tokio::test]
async fn x8_a_clock_that_is_set_back_shuts_nobody_out() {
    let app = generous().await;
    app.user("alice").await;
    let mut browser = app.browser();
    app.clock.advance(minutes(60));
    for _ in 0..6 {
        attempt(&mut browser, "alice", "wrong password here").await;
    }
    assert_eq!(attempt(&mut browser, "alice", PASSWORD).await.reply.status, 429);
    app.clock.set_back(minutes(60));
    attempt(&mut browser, "alice", PASSWORD).await.reply.expect(200);
}

#[tokio::test]
async fn q2_sign_up_is_held_to_its_rate_before_anything_that_takes_time() {
    let app = TestApp::with(|config| {
        config.login.sign_up = SignUp::Open;
        config.login.hashing_at_once = Some(1);
    })
    .await;
    let mut browser = app.browser();
    let page = browser.get("/sign-up").await;
    // What takes the estimate longest: letters that may stand for others.
    let leet = "p4s5w0rd@1!$".repeat(9);
    let form = page.form().fill("email", "no address").fill("password", &leet);
    for _ in 0..10 {
        assert_eq!(form.submit(&mut browser).await.reply.status, 400);
    }
    // Nothing of these is looked at: the one turn is taken, and nobody waits for it.
    let turn = app.app.hashing.turn().await.unwrap();
    assert_eq!(form.submit(&mut browser).await.reply.status, 429);
    // For whoever has a turn to wait for, it is waited for.
    let mut neighbour = app.browser();
    neighbour.address = [192, 0, 2, 1].into();
    let page = neighbour.get("/sign-up").await;
    let form = page.form().fill("email", "no address").fill("password", &leet);
    let waits = tokio::spawn(async move { form.submit(&mut neighbour).await.reply.status });
    for _ in 0..1_000_000 {
        if app.app.hashing.usage().waiting == 1 {
            break;
        }
        tokio::task::yield_now().await;
    }
    assert_eq!(app.app.hashing.usage().waiting, 1, "the estimate waits for its turn");
    drop(turn);
    assert_eq!(waits.await.unwrap(), 400);
}
