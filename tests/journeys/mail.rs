//! Letters on their way through real mail servers: ones that work, are down, are slow, refuse, or want encryption.

use std::collections::BTreeSet;
use std::process::{Command, Output};

use latchkey::config::Config;
use latchkey::letters::delivery::deliver;
use latchkey::letters::kind::Notice;
use latchkey::letters::notice::notify;
use latchkey::mail::server::Server;
use latchkey::store::people::outbox::{self, Waiting};

use crate::harness::{
    Process, SmtpServer, Speaks, TestApp, free_port, latchkey, made_up, minutes, run, seconds, sender,
};

/// A provider that sends by these servers.
async fn sending_by(urls: &[String], change: impl FnOnce(&mut Config)) -> TestApp {
    TestApp::with(|config| {
        config.mail.from = Some(sender());
        config.mail.transports = urls.iter().map(|url| Server::parse(url).unwrap()).collect();
        change(config);
    })
    .await
}

/// Writes a letter to a person.
async fn tell(app: &TestApp, name: &str) {
    let user = app.user(name).await;
    latchkey::account::password::set(&app.app, &user.id, &"seven slow barges turn".into()).await.unwrap();
}

async fn waiting(app: &TestApp) -> Vec<Waiting> {
    outbox::list(&mut app.app.db.read().await.unwrap(), 100).await.unwrap()
}

/// Runs `latchkey` with these mail settings, which its configuration does not hand on.
async fn command(config: &Config, urls: &[String], args: &[&str], more: &[(&str, String)]) -> (i32, String) {
    let mut command: Command = latchkey(config);
    command.args(args).envs(mail_environment(urls)).envs(more.iter().map(|(name, value)| (*name, value)));
    let output: Output = tokio::task::spawn_blocking(move || run(&mut command)).await.unwrap();
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    (output.status.code().unwrap(), text)
}

fn mail_environment(urls: &[String]) -> Vec<(&'static str, String)> {
    vec![
        ("LATCHKEY__MAIL__FROM", sender().to_string()),
        ("LATCHKEY__MAIL__TRANSPORTS", serde_json::to_string(urls).unwrap()),
        ("LATCHKEY__MAIL__TIMEOUT", "1s".to_owned()),
    ]
}

fn nobody() -> String {
    format!("smtp://localhost:{}", free_port())
}

#[tokio::test]
async fn a_letter_goes_out_encrypted_with_user_and_password() {
    for speaks in [Speaks::StartTls, Speaks::Tls] {
        let server = SmtpServer::start_with(speaks, Some(("id", "hunter2"))).await;
        let app = sending_by(&[server.url()], |config| config.mail.ca_file = Some(server.certificate())).await;
        tell(&app, "alice").await;
        assert_eq!(deliver(&app.app).await.unwrap(), 1);
        let letters = server.received();
        assert_eq!(letters.len(), 1, "{:?}", waiting(&app).await);
        assert_eq!((letters[0].to.as_slice(), letters[0].tls), (["alice@example.com".to_owned()].as_slice(), true));
        assert_eq!(letters[0].user.as_deref(), Some("id"));
        assert_eq!(letters[0].header("From"), "Northwind <id@northwind.example>");
        assert_eq!(letters[0].header("To"), "alice@example.com");
        assert_eq!(letters[0].header("Subject"), "Your password was changed");
        assert_eq!(letters[0].header("Auto-Submitted"), "auto-generated");
        assert!(letters[0].header("Content-Type").starts_with("multipart/alternative"));
        assert_eq!(app.rows("outbox").await, 0, "what a server has is not kept");
    }
}

#[tokio::test]
async fn nothing_is_sent_where_the_connection_cannot_be_encrypted_or_the_server_is_another() {
    let (plain, encrypted) = (SmtpServer::start(Speaks::Plain).await, SmtpServer::start(Speaks::StartTls).await);
    let asks = format!("{}?tls=starttls", plain.url());
    for (url, words) in [(asks, "does not offer STARTTLS"), (encrypted.url(), "certificate")] {
        let app = sending_by(&[url], |_| {}).await;
        tell(&app, "alice").await;
        deliver(&app.app).await.unwrap();
        let waiting = waiting(&app).await;
        assert_eq!(waiting.len(), 1);
        let why = waiting[0].last_error.as_deref().unwrap();
        assert!(why.contains(words) && waiting[0].next_try_at.is_some(), "{why}");
    }
    assert!(plain.received().is_empty() && encrypted.received().is_empty());
}

/// CV6.
#[tokio::test]
async fn the_next_server_takes_what_the_first_does_not() {
    let (slow, works) = (SmtpServer::start(Speaks::Plain).await, SmtpServer::start(Speaks::Plain).await);
    slow.will("slow");
    let app = sending_by(&[nobody(), slow.url(), works.url()], |config| config.mail.timeout = seconds(1) / 2).await;
    tell(&app, "alice").await;
    deliver(&app.app).await.unwrap();
    assert_eq!((slow.received().len(), works.received().len()), (0, 1));
    assert_eq!(app.rows("outbox").await, 0);
}

#[tokio::test]
async fn a_server_that_has_a_letter_and_does_not_say_so_gets_it_twice_at_most() {
    for what in ["hang", "drop"] {
        let server = SmtpServer::start(Speaks::Plain).await;
        server.will(what);
        let app = sending_by(&[server.url()], |config| config.mail.timeout = seconds(1) / 2).await;
        tell(&app, "alice").await;
        for _ in 0..5 {
            deliver(&app.app).await.unwrap();
            app.clock.advance(minutes(60));
        }
        assert_eq!(server.received().len(), 2, "{what}");
        let given_up = &waiting(&app).await[0];
        let why = given_up.last_error.as_deref().unwrap();
        assert!(given_up.next_try_at.is_none() && why.contains("does not say whether it took it"), "{what}: {why}");
    }
}

#[tokio::test]
async fn after_a_server_that_may_have_a_letter_the_next_one_gets_it_and_no_third_copy_goes_out() {
    for what in ["hang", "drop"] {
        let (first, second) = (SmtpServer::start(Speaks::Plain).await, SmtpServer::start(Speaks::Plain).await);
        first.will(what);
        let app = sending_by(&[first.url(), second.url()], |config| config.mail.timeout = seconds(1) / 2).await;
        tell(&app, "alice").await;
        deliver(&app.app).await.unwrap();
        assert_eq!((first.received().len(), second.received().len()), (1, 0), "{what}: it may have arrived");
        app.clock.advance(minutes(60));
        deliver(&app.app).await.unwrap();
        assert_eq!((first.received().len(), second.received().len()), (1, 1), "{what}");
        assert_eq!(app.rows("outbox").await, 0, "{what}");
    }
}

#[tokio::test]
async fn a_server_that_had_a_letter_is_not_forgotten_when_it_is_away_at_the_next_try() {
    let server = SmtpServer::start(Speaks::Plain).await;
    let app = sending_by(&[server.url()], |config| config.mail.timeout = seconds(1) / 2).await;
    tell(&app, "alice").await;
    for what in ["drop", "later", "drop", "drop"] {
        server.will(what);
        deliver(&app.app).await.unwrap();
        app.clock.advance(minutes(60));
    }
    assert_eq!(server.received().len(), 2, "no third copy");
    assert_eq!(waiting(&app).await[0].next_try_at, None);
}

#[tokio::test]
async fn a_server_that_hangs_up_for_some_minutes_loses_no_letter() {
    let server = SmtpServer::start(Speaks::Plain).await;
    server.will("drop");
    let app = sending_by(&[server.url()], |_| {}).await;
    tell(&app, "alice").await;
    // It tries at once, after 15 seconds, after 30 more, and after 60 more.
    for wait in [15, 30, 60, 120] {
        deliver(&app.app).await.unwrap();
        assert_eq!(app.rows("outbox WHERE next_try_at IS NOT NULL").await, 1);
        app.clock.advance(seconds(wait));
    }
    server.will("take");
    deliver(&app.app).await.unwrap();
    assert_eq!(app.rows("outbox").await, 0);
    assert_eq!(server.received().len(), 5);
}

#[tokio::test]
async fn what_the_release_before_has_noted_of_a_server_that_may_have_a_letter_counts() {
    let server = SmtpServer::start(Speaks::Plain).await;
    server.will("drop");
    let app = sending_by(&[server.url()], |config| config.mail.timeout = seconds(1) / 2).await;
    tell(&app, "alice").await;
    deliver(&app.app).await.unwrap();
    // It does not know the column.
    app.sql("UPDATE outbox SET perhaps_taken_at = NULL").await;
    app.clock.advance(minutes(60));
    deliver(&app.app).await.unwrap();
    assert_eq!((server.received().len(), waiting(&app).await[0].next_try_at), (2, None));
}

#[tokio::test]
async fn a_process_that_is_told_to_stop_gives_back_what_no_server_has() {
    let server = SmtpServer::start(Speaks::Plain).await;
    server.will("slow");
    let app = sending_by(&[server.url()], |_| {}).await;
    tell(&app, "alice").await;
    let sending = tokio::spawn({
        let app = app.app.clone();
        async move { deliver(&app).await }
    });
    while waiting(&app).await[0].tries == 0 {
        tokio::task::yield_now().await;
    }
    app.app.stop.told.cancel();
    sending.await.unwrap().unwrap();
    let given_back = &waiting(&app).await[0];
    assert_eq!((given_back.tries, given_back.last_error.as_deref()), (0, None), "as if it had not been tried");
    // The next process need not wait until the claim is over.
    server.will("take");
    let next = app.replica().await;
    assert_eq!(deliver(&app.app).await.unwrap(), 0, "a process that stops begins none");
    assert_eq!(deliver(&next.app).await.unwrap(), 1);
    assert_eq!((server.received().len(), app.rows("outbox").await), (1, 0));
}

#[tokio::test]
async fn a_process_that_is_told_to_stop_notes_that_a_server_may_have_the_letter() {
    let server = SmtpServer::start(Speaks::Plain).await;
    server.will("hang");
    let app = TestApp::beside_a_process().await;
    let mut environment = mail_environment(&[server.url()]);
    // Longer than the process may take to stop.
    environment.retain(|(name, _)| *name != "LATCHKEY__MAIL__TIMEOUT");
    environment.push(("LATCHKEY__HTTP__SHUTDOWN_TIMEOUT", "1s".to_owned()));
    let environment: Vec<(&str, &str)> = environment.iter().map(|(name, value)| (*name, value.as_str())).collect();
    for copies in [1, 2] {
        let mut process = Process::start(&app.app.config, &environment).await;
        if copies == 1 {
            tell_by(&app, "alice").await;
        } else {
            app.pass(minutes(1)).await;
        }
        while server.received().len() < copies {
            tokio::task::yield_now().await;
        }
        process.terminate();
        assert_eq!(process.ended_with(), Some(0));
        let letter = &waiting(&app).await[0];
        assert!(letter.perhaps_taken_at.is_some(), "{letter:?}");
        assert!(letter.last_error.as_deref().unwrap().contains("was stopped before it answered"), "{letter:?}");
        assert_eq!(letter.next_try_at.is_none(), copies == 2, "two copies, however often it is restarted: {letter:?}");
    }
}

#[tokio::test]
async fn a_server_that_is_stuck_before_it_has_the_letter_loses_none() {
    let (stuck, works) = (SmtpServer::start(Speaks::Plain).await, SmtpServer::start(Speaks::Plain).await);
    stuck.will("stuck");
    let app = sending_by(&[stuck.url(), works.url()], |config| config.mail.timeout = seconds(1) / 2).await;
    tell(&app, "alice").await;
    deliver(&app.app).await.unwrap();
    assert_eq!((stuck.received().len(), works.received().len(), app.rows("outbox").await), (0, 1, 0));
}

#[tokio::test]
async fn a_recipient_that_is_waited_for_sends_nobody_elses_letters_another_way() {
    let (first, second) = (SmtpServer::start(Speaks::Plain).await, SmtpServer::start(Speaks::Plain).await);
    first.will("slow");
    let app = sending_by(&[first.url(), second.url()], |config| config.mail.timeout = seconds(1) / 2).await;
    tell(&app, "alice").await;
    deliver(&app.app).await.unwrap();
    assert_eq!((first.received().len(), second.received().len()), (0, 1));
    first.will("take");
    tell(&app, "bob").await;
    deliver(&app.app).await.unwrap();
    assert_eq!((first.received().len(), second.received().len()), (1, 1));
}

#[tokio::test]
async fn a_server_that_is_silent_is_tried_last_for_a_minute() {
    let (first, second) = (SmtpServer::start(Speaks::Plain).await, SmtpServer::start(Speaks::Plain).await);
    first.will("mute");
    let app = sending_by(&[first.url(), second.url()], |config| config.mail.timeout = seconds(1) / 2).await;
    let count = || (first.received().len(), second.received().len());
    tell(&app, "alice").await;
    deliver(&app.app).await.unwrap();
    assert_eq!(count(), (0, 1));
    // It would answer now, but nobody waits for it.
    first.will("take");
    tell(&app, "bob").await;
    deliver(&app.app).await.unwrap();
    assert_eq!(count(), (0, 2));
    // From the end of the try on.
    app.clock.advance(seconds(65));
    tell(&app, "carol").await;
    deliver(&app.app).await.unwrap();
    assert_eq!(count(), (1, 2));
    // One that refuses a letter is there, and has its turn.
    first.will("refuse");
    tell(&app, "dave").await;
    deliver(&app.app).await.unwrap();
    first.will("take");
    tell(&app, "erin").await;
    deliver(&app.app).await.unwrap();
    assert_eq!(count(), (2, 3));
}

#[tokio::test]
async fn what_no_server_takes_now_is_tried_again_with_longer_and_longer_waits_and_never_lost() {
    let server = SmtpServer::start(Speaks::Plain).await;
    server.will("later");
    let app = sending_by(&[nobody(), server.url()], |_| {}).await;
    tell(&app, "alice").await;
    for (tries, wait) in [(1, seconds(15)), (2, seconds(30)), (3, seconds(60))] {
        assert_eq!(deliver(&app.app).await.unwrap(), 1);
        let now = waiting(&app).await;
        let left = now[0].next_try_at.unwrap().since(app.app.now());
        assert!(now[0].tries == tries && left <= wait && left > wait - seconds(1), "{now:?}");
        assert!(now[0].last_error.as_deref().unwrap().contains("451 4.7.1 try again later"), "{now:?}");
        assert_eq!(deliver(&app.app).await.unwrap(), 0, "it is not due");
        app.clock.advance(wait);
    }
    server.will("take");
    deliver(&app.app).await.unwrap();
    assert_eq!((server.received().len(), app.rows("outbox").await), (1, 0));
}

#[tokio::test]
async fn what_is_refused_or_cannot_be_sent_for_a_day_stays_for_the_operator() {
    let server = SmtpServer::start(Speaks::Plain).await;
    server.will("refuse");
    let urls = [server.url()];
    let app = sending_by(&urls, |config| config.mail.give_up = minutes(5)).await;
    tell(&app, "alice").await;
    deliver(&app.app).await.unwrap();
    let dead = waiting(&app).await;
    assert_eq!((dead.len(), dead[0].next_try_at), (1, None), "an address that is refused is not tried again");
    server.will("later");
    tell(&app, "bob").await;
    let mut tries = 0;
    while waiting(&app).await.iter().any(|one| one.next_try_at.is_some()) {
        tries += deliver(&app.app).await.unwrap();
        app.clock.advance(minutes(1));
    }
    assert_eq!(tries, 5, "after 15 s, 30 s, 1 min and 2 min");

    // The command line has another clock: what is listed does not depend on it.
    let config = &app.app.config;
    let (code, text) = command(config, &urls, &["mail", "outbox", "--json"], &[]).await;
    assert_eq!(code, 0, "{text}");
    let letters: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(letters.as_array().unwrap().len(), 2);
    assert_eq!(
        (letters[0]["state"].as_str(), letters[0]["recipient"].as_str()),
        (Some("dead"), Some("alice@example.com"))
    );
    assert!(letters[0]["last_error"].as_str().unwrap().contains("550 5.1.1"), "{text}");
    let alice = letters[0]["letter"].as_str().unwrap();
    let (code, text) = command(config, &urls, &["mail", "discard", alice], &[]).await;
    assert_eq!((code, text.trim()), (0, "1 letter discarded."));
    assert_eq!(command(config, &urls, &["mail", "discard", alice], &[]).await.0, 3);
    assert!(app.events().await.contains(&"letter_discarded".to_owned()));
    let (code, text) = command(config, &urls, &["mail", "retry", "--all"], &[]).await;
    assert_eq!(code, 0, "{text}");
    assert!(app.events().await.contains(&"letter_retried".to_owned()));
    assert_eq!(waiting(&app).await[0].tries, 0);
    let (_, text) = command(config, &urls, &["mail", "outbox"], &[]).await;
    assert!(text.contains("bob@example.com") && !text.contains("alice"), "{text}");
    assert_eq!(command(config, &urls, &["mail", "retry"], &[]).await.0, 2, "it must be said which");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn x4_two_replicas_send_no_letter_twice() {
    let server = SmtpServer::start(Speaks::Plain).await;
    let app = sending_by(&[server.url()], |_| {}).await;
    let alice = app.user("alice").await;
    for _ in 0..40 {
        let user = alice.id.clone();
        let tell = made_up(move |tx| Box::pin(async move { notify(tx, &user, Notice::PasskeyAdded).await }));
        app.app.db.write(tell).await.unwrap();
    }
    let replicas = [app.app.clone(), app.replica().await.app, app.replica().await.app];
    let sending: Vec<_> = replicas.into_iter().map(|app| tokio::spawn(async move { deliver(&app).await })).collect();
    for one in sending {
        one.await.unwrap().unwrap();
    }
    let ids: Vec<_> = server.received().iter().map(|letter| letter.header("Message-ID")).collect();
    assert_eq!((ids.len(), ids.iter().collect::<BTreeSet<_>>().len()), (40, 40));
    assert_eq!(app.rows("outbox").await, 0);
}

#[tokio::test]
async fn x1_a_process_that_is_killed_after_sending_a_letter_sends_it_once_more_at_most() {
    let server = SmtpServer::start(Speaks::Plain).await;
    let app = TestApp::beside_a_process().await;
    let config = app.app.config.clone();
    let mut environment = mail_environment(&[server.url()]);
    environment.push(("LATCHKEY_TEST_KILL_AT", "letter_sent".to_owned()));
    let variables = |all: &[(&'static str, String)]| -> Vec<(&'static str, String)> { all.to_vec() };
    let start = |all: Vec<(&'static str, String)>| {
        let config = config.clone();
        async move {
            let all: Vec<(&str, &str)> = all.iter().map(|(name, value)| (*name, value.as_str())).collect();
            Process::start(&config, &all).await
        }
    };
    let mut first = start(variables(&environment)).await;
    tell_by(&app, "alice").await;
    assert_eq!(first.killed_by(), Some(9));
    let letters = server.received();
    assert_eq!((letters.len(), app.rows("outbox").await), (1, 1), "sent, and not noted");
    environment.pop();
    // As long as nobody can know what became of the first process, nobody sends the letter.
    let second = start(variables(&environment)).await;
    app.pass(minutes(2)).await;
    while app.rows("outbox").await > 0 {
        tokio::task::yield_now().await;
    }
    drop(second);
    let letters = server.received();
    assert_eq!(letters.len(), 2, "once more, and not again");
    assert_eq!(letters[0].header("Message-ID"), letters[1].header("Message-ID"), "a copy is known as such");
}

/// Writes a letter in the place of a provider that has mail.
async fn tell_by(app: &TestApp, name: &str) {
    let user = app.user(name).await;
    let now = app.app.now().micros();
    let expires = now + 3_600_000_000;
    app.execute(format!(
        "INSERT INTO outbox (id, user_id, recipient, kind, data, first_server, created_at, expires_at, next_try_at, tries)
         VALUES ('{}', '{}', '{name}@example.com', 'password_changed', '{{}}', 0, {now}, {expires}, {now}, 0)",
        app.app.id(),
        user.id
    ))
    .await;
}

#[tokio::test]
async fn a_test_letter_says_in_words_what_is_wrong_with_the_settings() {
    let server = SmtpServer::start_with(Speaks::StartTls, Some(("id", "hunter2"))).await;
    let (plain, from_the_start) = (SmtpServer::start(Speaks::Plain).await, SmtpServer::start(Speaks::Tls).await);
    let app = TestApp::new().await;
    let config = &app.app.config;
    let trusted = [("LATCHKEY__MAIL__CA_FILE", server.certificate().display().to_string())];
    let test = async |url: &str, more: &[(&str, String)]| {
        command(config, &[url.to_owned()], &["mail", "test", "alice@example.com"], more).await
    };
    let (code, text) = test(&server.url(), &trusted).await;
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("took the letter"), "{text}");
    assert_eq!(server.received()[0].header("Subject"), "Emails from Latchkey arrive");

    plain.will("refuse");
    let nothing = [("LATCHKEY__LOG__LEVEL", "info".to_owned())];
    let wrong = server.url().replace("hunter2", "hunter3");
    for (url, trusted, words, advice) in [
        (nobody(), &trusted, "could not be reached", "Nothing listens there"),
        (server.url(), &nothing, "encrypted connection", "mail.ca_file"),
        (from_the_start.url(), &nothing, "encrypted connection", "mail.ca_file"),
        (format!("{}?tls=starttls", plain.url()), &trusted, "does not offer STARTTLS", "?tls=none"),
        (wrong, &trusted, "does not accept the user and password", "percent-encoded"),
        (plain.url(), &trusted, "does not accept the recipient", "unknown there"),
    ] {
        let (code, text) = test(&url, trusted).await;
        assert_eq!(code, 1, "{text}");
        assert!(text.contains(words) && text.contains(advice), "{words}: {text}");
        assert!(!text.contains("hunter"), "{text}");
    }
    let mut off = latchkey(config);
    off.args(["mail", "test", "alice@example.com"]);
    let output = tokio::task::spawn_blocking(move || run(&mut off)).await.unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stdout).contains("mail is not configured"), "{output:?}");
}

#[tokio::test]
async fn the_doctor_and_config_check_try_the_mail_servers() {
    let server = SmtpServer::start(Speaks::Plain).await;
    let app = TestApp::new().await;
    for args in [["doctor", "--timeout", "1s"].as_slice(), &["config", "check"]] {
        let (_, text) = command(&app.app.config, &[server.url()], args, &[]).await;
        assert!(text.contains("lets us send"), "{text}");
        let (code, text) = command(&app.app.config, &[nobody(), server.url()], args, &[]).await;
        assert_eq!(code, 1);
        assert!(text.contains("could not be reached") && text.contains("another mail server"), "{text}");
    }
    assert!(server.received().is_empty(), "nothing was sent");
    let secret = format!("smtps://id:hunter2@localhost:{}", free_port());
    for args in [["config", "check", "--offline"].as_slice(), &["config", "check", "--offline", "--json"]] {
        let (code, text) = command(&app.app.config, std::slice::from_ref(&secret), args, &[]).await;
        assert!(code == 0 && text.contains("id:***@localhost") && !text.contains("hunter2"), "{text}");
    }
}
