//! The record of what happened shows whether somebody has changed it.

use std::time::Duration;

use latchkey::account::{delete, passkeys};
use latchkey::audit::checkpoint::make;
use latchkey::audit::key::{AuditKey, PublicKey};
use latchkey::audit::verify::{Finding, Report, Terms, What, verify};
use latchkey::base::clock::Clock;
use latchkey::config::SecondFactor;
use latchkey::server::jobs;
use latchkey::store::installation::event::Event;
use latchkey::store::people::passkey;

use crate::harness::{Passkey, TestApp, minutes, seconds};

const A_DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Verifies, with a checkpoint that must be there.
async fn expecting(app: &TestApp, expected: Option<(i64, String)>) -> Report {
    let key = AuditKey::of(&app.app.vault).unwrap().public().unwrap();
    let terms = Terms { key, now: app.app.now(), kept: app.app.config.log.events_kept, expected };
    verify(&app.app.db, &terms).await.unwrap()
}

async fn verified(app: &TestApp) -> Report {
    expecting(app, None).await
}

fn kinds(report: &Report) -> Vec<What> {
    report.findings.iter().map(|finding| finding.what).collect()
}

/// A provider where people have signed in, under three checkpoints.
async fn used() -> TestApp {
    let app = TestApp::new().await;
    for name in ["alice", "bob", "carol"] {
        app.browser().sign_in(name).await;
        app.pass(minutes(1)).await;
        assert_eq!(make(&app.app).await.unwrap().len(), 1);
    }
    app
}

#[tokio::test]
async fn what_nobody_has_touched_is_whole_also_after_a_deletion_and_after_the_oldest_part_is_gone() {
    let app = TestApp::with(|config| config.log.events_kept = 3 * A_DAY).await;
    for name in ["alice", "bob"] {
        app.browser().sign_in(name).await;
    }
    assert_eq!(verified(&app).await.uncovered, app.rows("event").await);
    app.pass(minutes(1)).await;
    make(&app.app).await.unwrap();
    assert!(make(&app.app).await.unwrap().is_empty(), "nothing has happened since");
    let report = verified(&app).await;
    assert_eq!((report.found, report.uncovered), (0, 0), "{report:?}");
    assert_eq!(i64::try_from(report.events).unwrap(), app.rows("event").await);
    // The deletion takes from the events where they came from.
    let alice = app.person("alice").await.id;
    delete::delete(&app.app, &alice, false).await.unwrap();
    app.pass(minutes(1)).await;
    make(&app.app).await.unwrap();
    let report = verified(&app).await;
    assert_eq!((report.found, report.checkpoints), (0, 2), "{report:?}");
    let (number, hash, _) = report.last.clone().unwrap();
    assert_eq!(expecting(&app, Some((number, hash))).await.found, 0);
    app.pass(2 * A_DAY).await;
    app.browser().sign_in("carol").await;
    app.pass(A_DAY + minutes(1)).await;
    make(&app.app).await.unwrap();
    assert_eq!(verified(&app).await.due, 2, "they are not removed yet, and not compared any more");
    jobs::remove_expired(&app.app).await.unwrap();
    let report = verified(&app).await;
    assert_eq!((report.found, report.removed, report.checkpoints, report.due), (0, Some(2), 1, 0), "{report:?}");
    // All of it may go; the numbers go on.
    app.pass(4 * A_DAY).await;
    jobs::remove_expired(&app.app).await.unwrap();
    assert_eq!((app.rows("event").await, app.rows("audit_checkpoint").await), (0, 0));
    app.browser().sign_in("dora").await;
    app.pass(minutes(1)).await;
    assert_eq!(make(&app.app).await.unwrap()[0].number, 4);
    let report = verified(&app).await;
    assert_eq!((report.found, report.removed), (0, Some(3)), "{report:?}");
}

/// What an intruder does to the database, and what that looks like.
const DEEDS: [(&str, &[What]); 15] = [
    ("UPDATE event SET kind = 'signed_out' WHERE checkpoint = 2 AND kind = 'signed_in'", &[What::EventChanged]),
    ("UPDATE event SET at = at + 1 WHERE checkpoint = 2 AND kind = 'signed_in'", &[What::EventChanged]),
    ("UPDATE event SET user_id = 'x' WHERE checkpoint = 2 AND kind = 'signed_in'", &[What::EventChanged]),
    ("UPDATE event SET address = '192.0.2.1' WHERE checkpoint = 2 AND kind = 'signed_in'", &[What::OriginChanged]),
    (
        "UPDATE event SET address = NULL, user_agent = NULL, origin_salt = NULL WHERE checkpoint = 2 AND kind = 'signed_in'",
        &[What::OriginChanged],
    ),
    ("UPDATE event SET origin_hash = NULL WHERE checkpoint = 2 AND kind = 'signed_in'", &[What::EventChanged]),
    ("DELETE FROM event WHERE checkpoint = 2 AND kind = 'signed_in'", &[What::EventMissing]),
    ("UPDATE event SET checkpoint = 3 WHERE checkpoint = 2 AND kind = 'signed_in'", &[What::EventMissing, What::EventAdded]),
    (
        "INSERT INTO event (id, at, kind, data, checkpoint) SELECT 'x', at, kind, data, checkpoint FROM event
          WHERE checkpoint = 2 AND kind = 'signed_in'",
        &[What::EventAdded],
    ),
    (
        "INSERT INTO event (id, at, kind, data, checkpoint) SELECT 'x', at, kind, data, 0 FROM event
          WHERE checkpoint = 2 AND kind = 'signed_in'",
        &[What::EventAdded],
    ),
    ("UPDATE audit_checkpoint SET made_at = made_at + 1 WHERE number = 2", &[What::CheckpointForged, What::ChainBroken]),
    (
        "UPDATE audit_checkpoint SET signature = (SELECT signature FROM audit_checkpoint WHERE number = 1) WHERE number = 2",
        &[What::CheckpointForged],
    ),
    ("DELETE FROM audit_checkpoint WHERE number = 1", &[What::CheckpointMissing]),
    ("DELETE FROM audit_checkpoint WHERE number = 3", &[]),
    (
        "INSERT INTO installation (name, value)
         SELECT 'audit_beginning', '{\"removed\":1,\"hash\":\"' || hash || '\",\"at\":0,\"signature\":\"' || signature || '\"}'
           FROM audit_checkpoint WHERE number = 1",
        &[What::BeginningForged],
    ),
];

#[tokio::test]
async fn whatever_an_intruder_does_to_the_database_shows() {
    for (deed, expected) in DEEDS {
        let app = used().await;
        assert_eq!(verified(&app).await.found, 0);
        app.sql(deed).await;
        let report = verified(&app).await;
        let found = kinds(&report);
        for what in expected {
            assert!(found.contains(what), "{deed}: {what:?} in {found:?}");
        }
        assert!(report.found > 0, "{deed}");
    }
}

/// Removes from where the events under the second checkpoint came, as a deletion does.
const FORGOTTEN: &str = "UPDATE event SET address = NULL, user_agent = NULL, origin_salt = NULL WHERE checkpoint = 2";

#[tokio::test]
async fn nobody_who_is_merely_disabled_loses_unseen_from_where_they_signed_in() {
    let app = used().await;
    let bob = app.person("bob").await.id;
    delete::disable(&app.app, &bob, false).await.unwrap();
    app.sql(FORGOTTEN).await;
    let report = verified(&app).await;
    assert!(report.found > 0 && kinds(&report).iter().all(|what| *what == What::OriginChanged), "{report:?}");
}

#[tokio::test]
async fn a_deletion_excuses_the_events_before_it_and_none_that_came_after_it_was_taken_back() {
    let app = used().await;
    let bob = app.person("bob").await.id;
    app.app.db.write(Event::DeletionBegun { user: bob }).await.unwrap();
    app.sql(FORGOTTEN).await;
    assert_eq!(verified(&app).await.found, 0);
    app.pass(minutes(30)).await;
    app.browser().sign_in("bob").await;
    app.pass(minutes(1)).await;
    make(&app.app).await.unwrap();
    assert_eq!(verified(&app).await.found, 0);
    app.sql("UPDATE event SET address = NULL, user_agent = NULL, origin_salt = NULL WHERE checkpoint = 4").await;
    assert!(kinds(&verified(&app).await).contains(&What::OriginChanged));
}

#[tokio::test]
async fn a_clock_that_is_ahead_when_a_checkpoint_is_signed_makes_no_later_event_late() {
    let app = used().await;
    app.browser().sign_in("alice").await;
    let ahead = app.replica_at(Clock::manual(app.app.now() + A_DAY)).await;
    assert_eq!(make(&ahead.app).await.unwrap().len(), 1);
    app.pass(minutes(5)).await;
    app.browser().sign_in("dora").await;
    app.pass(minutes(1)).await;
    assert_eq!(make(&app.app).await.unwrap().len(), 1);
    assert_eq!(kinds(&verified(&app).await), []);
}

#[tokio::test]
async fn a_forged_row_where_the_next_checkpoint_belongs_stops_the_signing_with_its_number() {
    let app = used().await;
    let last = verified(&app).await.last;
    app.sql(
        "INSERT INTO audit_checkpoint (number, made_at, from_at, until_at, earliest_at, latest_at, events, previous, hash, signature)
         SELECT number + 1, made_at, from_at, until_at, earliest_at, latest_at, events, previous, 'x', 'x' FROM audit_checkpoint
          WHERE number = 3",
    )
    .await;
    app.browser().sign_in("alice").await;
    app.pass(minutes(1)).await;
    let refused = make(&app.app).await.unwrap_err().to_string();
    assert!(refused.starts_with("the newest audit checkpoint, 4, was changed"), "{refused}");
    assert_eq!(verified(&app).await.last, last, "the last one that was signed");
    app.sql("DELETE FROM audit_checkpoint WHERE number = 4").await;
    assert_eq!(make(&app.app).await.unwrap().len(), 1);
}

#[tokio::test]
async fn an_event_whose_time_is_still_to_come_is_found_since_no_checkpoint_covers_it() {
    let app = used().await;
    app.browser().sign_in("alice").await;
    let year = 365 * A_DAY.as_micros();
    app.execute(format!("UPDATE event SET at = at + {year} WHERE checkpoint IS NULL AND kind = 'signed_in'")).await;
    app.pass(minutes(1)).await;
    make(&app.app).await.unwrap();
    assert_eq!(kinds(&verified(&app).await), [What::EventAhead]);
}

#[tokio::test]
async fn a_finding_names_the_event_and_its_checkpoint() {
    let app = used().await;
    app.sql("UPDATE event SET kind = 'signed_out' WHERE checkpoint = 2 AND kind = 'signed_in'").await;
    let report = verified(&app).await;
    let [Finding { what: What::EventChanged, checkpoint: Some(2), event: Some(event), at: Some(_) }] =
        report.findings.as_slice()
    else {
        panic!("{:?}", report.findings);
    };
    let sql = "SELECT kind FROM event WHERE id = $1";
    let (kind,): (String,) =
        sqlx::query_as(sql).bind(event).fetch_one(&mut *app.app.db.read().await.unwrap()).await.unwrap();
    assert_eq!(kind, "signed_out");
}

#[tokio::test]
async fn an_event_that_is_put_in_afterwards_shows_before_and_after_a_checkpoint_covers_it() {
    let app = used().await;
    app.pass(minutes(60)).await;
    app.browser().sign_in("alice").await;
    app.pass(minutes(1)).await;
    make(&app.app).await.unwrap();
    app.sql("INSERT INTO event (id, at, kind, data) SELECT 'x', at, kind, data FROM event WHERE checkpoint = 2 AND kind = 'signed_in'")
        .await;
    assert_eq!(kinds(&verified(&app).await), [What::EventLate]);
    app.pass(minutes(1)).await;
    assert_eq!(make(&app.app).await.unwrap().len(), 1);
    assert_eq!(kinds(&verified(&app).await), [What::EventLate]);
}

/// Removes an event of the second checkpoint, and lets the log end before that, so that a server would cover the rest again.
const CUT: [&str; 3] = [
    "DELETE FROM event WHERE checkpoint = 2 AND kind = 'signed_in'",
    "UPDATE event SET checkpoint = NULL WHERE checkpoint >= 2",
    "DELETE FROM audit_checkpoint WHERE number >= 2",
];

#[tokio::test]
async fn an_old_event_cannot_be_erased_by_removing_the_checkpoints_from_its_own_on() {
    let unmarked = "DELETE FROM installation WHERE name = 'audit_end'";
    for (restarted, marked) in [(false, true), (false, false), (true, true)] {
        let app = used().await;
        for deed in CUT {
            app.sql(deed).await;
        }
        if !marked {
            app.sql(unmarked).await;
        }
        let server = if restarted { app.replica().await } else { app.clone() };
        app.browser().sign_in("dora").await;
        app.pass(minutes(1)).await;
        let made = make(&server.app).await.unwrap();
        assert_eq!(made[0].number, 4, "{restarted} {marked}: it goes on after the last one that was signed");
        let found = kinds(&verified(&app).await);
        assert_eq!(found.iter().filter(|what| **what == What::CheckpointMissing).count(), 2, "{found:?}");
        let metrics = server.app.metrics.text(&server.app.watched()).unwrap();
        assert!(metrics.contains("latchkey_audit_checkpoints_lost_total 1"), "{metrics}");
    }
}

#[tokio::test]
async fn a_server_tells_that_checkpoints_are_gone_also_while_nothing_happens_and_does_so_once() {
    let app = used().await;
    let replica = app.replica().await;
    assert!(make(&replica.app).await.unwrap().is_empty(), "it only looks");
    app.sql("DELETE FROM event WHERE checkpoint = 3").await;
    app.sql("DELETE FROM audit_checkpoint WHERE number = 3").await;
    app.sql("DELETE FROM installation WHERE name = 'audit_end'").await;
    for server in [&app, &replica] {
        for _ in 0..2 {
            assert!(make(&server.app).await.unwrap().is_empty());
        }
        let metrics = server.app.metrics.text(&server.app.watched()).unwrap();
        assert!(metrics.contains("latchkey_audit_checkpoints_lost_total 1"), "{metrics}");
    }
}

/// Puts in an event with the time of a month ago that no checkpoint covers.
async fn put_in_afterwards(app: &TestApp) {
    let at = (app.app.now() - 30 * A_DAY).micros();
    app.execute(format!("INSERT INTO event (id, at, kind, data) VALUES ('x', {at}, 'consent_given', '{{}}')")).await;
}

#[tokio::test]
async fn an_event_that_is_put_in_while_the_newest_checkpoint_is_changed_shows_after_that_was_changed_back() {
    let app = used().await;
    let until = "SELECT until_at FROM audit_checkpoint WHERE number = 3";
    let (until,): (i64,) = sqlx::query_as(until).fetch_one(&mut *app.app.db.read().await.unwrap()).await.unwrap();
    app.sql("UPDATE audit_checkpoint SET until_at = 0 WHERE number = 3").await;
    put_in_afterwards(&app).await;
    let _ = make(&app.app).await;
    app.execute(format!("UPDATE audit_checkpoint SET until_at = {until} WHERE number = 3")).await;
    assert_eq!(kinds(&verified(&app).await), [What::EventLate]);
    app.pass(minutes(1)).await;
    let _ = make(&app.app).await;
    assert_eq!(kinds(&verified(&app).await), [What::EventLate]);
}

#[tokio::test]
async fn no_checkpoint_follows_on_what_this_installation_has_not_signed() {
    for deed in [
        "UPDATE audit_checkpoint SET until_at = 0 WHERE number = 3",
        "UPDATE audit_checkpoint SET number = 9223372036854775807 WHERE number = 3",
        "UPDATE audit_checkpoint SET hash = previous WHERE number = 3",
        "INSERT INTO installation (name, value) SELECT 'audit_beginning',
            '{\"removed\":9223372036854775807,\"hash\":\"' || hash || '\",\"at\":0,\"signature\":\"' || signature || '\"}'
           FROM audit_checkpoint WHERE number = 1",
    ] {
        let app = used().await;
        app.sql(deed).await;
        if deed.contains("beginning") {
            app.sql("DELETE FROM audit_checkpoint").await;
        }
        app.browser().sign_in("dora").await;
        app.pass(minutes(1)).await;
        let before = app.rows("audit_checkpoint").await;
        // Nothing else says where the log has ended: the process is new.
        app.sql("DELETE FROM installation WHERE name = 'audit_end'").await;
        let app = app.replica().await;
        let refused = make(&app.app).await.unwrap_err().to_string();
        assert!(refused.contains("or was not signed by this installation"), "{deed}: {refused}");
        assert_eq!(app.rows("audit_checkpoint").await, before, "{deed}");
        assert!(verified(&app).await.uncovered > 0, "{deed}: nothing is half done");
    }
}

#[tokio::test]
async fn where_the_log_begins_is_not_signed_for_a_checkpoint_that_was_made_older_than_it_is() {
    let app = used().await;
    app.sql("DELETE FROM event WHERE checkpoint = 1").await;
    app.sql("DELETE FROM audit_checkpoint WHERE number = 1").await;
    app.sql("UPDATE audit_checkpoint SET latest_at = 0 WHERE number = 2").await;
    jobs::remove_expired(&app.app).await.unwrap();
    let report = verified(&app).await;
    assert_eq!(report.removed, None, "{report:?}");
    assert!(kinds(&report).contains(&What::CheckpointMissing), "{report:?}");
}

#[tokio::test]
async fn an_event_that_becomes_visible_a_little_late_is_covered_by_the_next_checkpoint() {
    let app = used().await;
    // As if its transaction had taken two minutes.
    let at = (app.app.now() - minutes(2)).micros();
    app.execute(format!("INSERT INTO event (id, at, kind, data) VALUES ('x', {at}, 'profile_changed', '{{}}')")).await;
    assert_eq!(make(&app.app).await.unwrap().len(), 1);
    let report = verified(&app).await;
    assert_eq!((report.found, report.uncovered), (0, 0), "{report:?}");
}

#[tokio::test]
async fn a_cut_tail_and_a_log_that_was_written_again_show_against_a_checkpoint_that_was_kept() {
    let app = used().await;
    let kept = verified(&app).await.last.map(|(number, hash, _)| (number, hash)).unwrap();
    assert_eq!(kept.0, 3);
    app.sql("DELETE FROM event WHERE checkpoint = 3").await;
    app.sql("DELETE FROM audit_checkpoint WHERE number = 3").await;
    assert_eq!(kinds(&verified(&app).await), [What::EndsEarly], "the database has a mark of the end");
    app.sql("DELETE FROM installation WHERE name = 'audit_end'").await;
    assert_eq!(verified(&app).await.found, 0, "the rest is whole");
    assert_eq!(kinds(&expecting(&app, Some(kept.clone())).await), [What::EndsEarly]);
    app.browser().sign_in("dora").await;
    app.pass(minutes(1)).await;
    // No process is left that remembers it.
    make(&app.replica().await.app).await.unwrap();
    assert_eq!(kinds(&expecting(&app, Some(kept.clone())).await), [What::NotAsExpected]);
    app.sql("DELETE FROM installation WHERE name = 'audit_end'").await;
    for table in ["event", "audit_checkpoint"] {
        app.execute(format!("DELETE FROM {table}")).await;
    }
    assert_eq!(kinds(&expecting(&app, Some(kept)).await), [What::EndsEarly]);
}

#[tokio::test]
async fn a_checkpoint_counts_if_the_key_of_this_installation_has_signed_it() {
    let app = used().await;
    // The public key of RFC 8037, appendix A.
    let key = PublicKey::from_text("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo").unwrap();
    let terms = Terms { key, now: app.app.now(), kept: app.app.config.log.events_kept, expected: None };
    let report = verify(&app.app.db, &terms).await.unwrap();
    let forged = What::CheckpointForged;
    assert_eq!(kinds(&report), [What::EndForged, forged, forged, forged]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_writers_and_the_jobs_of_two_replicas_at_once_leave_no_gap() {
    let app = TestApp::new().await;
    let replica = app.replica().await;
    let user = app.user("alice").await.id;
    let writers: Vec<_> = (0..20)
        .map(|one| {
            let (app, user) = (if one % 2 == 0 { app.clone() } else { replica.clone() }, user.clone());
            tokio::spawn(async move {
                for _ in 0..20 {
                    app.app.db.write(Event::ProfileChanged { user: user.clone() }).await.unwrap();
                    app.pass(seconds(1)).await;
                }
            })
        })
        .collect();
    let jobs: Vec<_> = [app.clone(), replica.clone()]
        .into_iter()
        .map(|app| {
            tokio::spawn(async move {
                for _ in 0..30 {
                    make(&app.app).await.unwrap();
                    let report = verified(&app).await;
                    assert_eq!(report.found, 0, "{report:?}");
                }
            })
        })
        .collect();
    for task in writers.into_iter().chain(jobs) {
        task.await.unwrap();
    }
    app.pass(minutes(1)).await;
    make(&replica.app).await.unwrap();
    let report = verified(&app).await;
    assert_eq!((report.found, report.uncovered), (0, 0), "{report:?}");
    assert_eq!(i64::try_from(report.events).unwrap(), app.rows("event").await);
    assert!(report.events >= 400 && report.checkpoints >= 2, "{report:?}");
}

#[tokio::test]
async fn a_checkpoint_covers_a_thousand_events_at_most_and_none_is_left_out_between_two() {
    let app = TestApp::new().await;
    let user = app.user("alice").await.id;
    for _ in 0..2100 {
        app.app.db.write(Event::ProfileChanged { user: user.clone() }).await.unwrap();
    }
    app.pass(minutes(1)).await;
    // All have the same time.
    assert_eq!(make(&app.app).await.unwrap().len(), 3);
    let report = verified(&app).await;
    assert_eq!((report.found, report.uncovered), (0, 0), "{report:?}");
    assert_eq!(i64::try_from(report.events).unwrap(), app.rows("event").await);
}

#[tokio::test]
async fn people_see_what_has_happened_to_their_account_and_nothing_of_others() {
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    let mut stranger = app.browser();
    app.user("alice").await;
    stranger.type_password("alice", "a wrong one").await;
    app.execute("UPDATE event SET address = '192.0.2.66' WHERE kind = 'sign_in_failed'".to_owned()).await;
    app.browser().sign_in("bob").await;
    let mut browser = app.browser().sign_in("alice").await;
    browser.authorize(&rp).await.code();
    let page = browser.get("/account/security").await;
    let page = browser.get(&page.link("What has happened to your account")).await;
    let text = page.expect("activity").text();
    for words in ["Account created", "Sign-in failed", "Signed in", "Access given: ", "203.0.113.7"] {
        assert!(text.contains(words), "{words} in {text}");
    }
    // The address of somebody who has tried the password is not theirs to see, here nor in their data.
    assert!(!text.contains("192.0.2.66") && !text.contains("bob"), "{text}");
    let alice = app.person("alice").await.id;
    let data = latchkey::account::export::export(&app.app, &alice).await.unwrap().unwrap().to_string();
    assert!(data.contains("sign_in_failed") && !data.contains("192.0.2.66"), "{data}");
    // In their language.
    let page = browser.get("/account/activity?ui_locales=ru").await;
    assert_eq!(page.reply.status, 200);
    app.browser().get("/account/activity").await.expect("sign-in");
}

#[tokio::test]
async fn the_page_says_how_many_days_it_goes_back() {
    for (kept, says) in [(400, "in the last 90 days"), (10, "in the last 10 days"), (1, "in the last 1 day.")] {
        let app = TestApp::with(|config| config.log.events_kept = kept * A_DAY).await;
        let text = app.browser().sign_in("alice").await.get("/account/activity").await.text();
        assert!(text.contains(says), "{says} in {text}");
    }
}

#[tokio::test]
async fn older_events_are_on_further_pages_and_none_is_left_out() {
    let app = TestApp::new().await;
    let mut browser = app.browser().sign_in("alice").await;
    let alice = app.person("alice").await.id;
    for _ in 0..120 {
        app.app.db.write(Event::ProfileChanged { user: alice.clone() }).await.unwrap();
        app.pass(seconds(1)).await;
    }
    let (mut page, mut seen, mut pages) = (browser.get("/account/activity").await, 0, 1);
    loop {
        let text = page.text();
        seen += text.matches("Profile changed").count();
        if !text.contains("Older") {
            assert!(text.contains("Account created") && text.contains("Newest"), "{text}");
            break;
        }
        page = browser.get(&page.link("Older")).await;
        pages += 1;
    }
    assert_eq!((seen, pages), (120, 3));
    // Whatever is in the address, the page is one.
    for before in ["x", "-1", "9223372036854775807", "99999999999999999999"] {
        browser.get(&format!("/account/activity?before={before}")).await.expect("activity");
    }
    app.pass(91 * A_DAY).await;
    let mut browser = app.browser().sign_in("alice").await;
    let text = browser.get("/account/activity").await.text();
    assert!(text.contains("Signed in") && !text.contains("Profile changed"), "{text}");
}

#[tokio::test]
async fn of_two_passkeys_that_are_removed_at_once_the_factor_that_is_required_stays() {
    let app = TestApp::with(|config| config.login.second_factor = SecondFactor::Administrators).await;
    let mut browser = app.browser().sign_in("alice").await;
    browser.add_passkey(Passkey::new(&app)).await;
    browser.add_passkey(Passkey::new(&app)).await;
    app.give_role("alice", "administrator").await;
    let session = app.session_of("alice").await;
    let alice = app.person("alice").await.id;
    let there = passkey::of_user(&mut app.app.db.read().await.unwrap(), &alice).await.unwrap();
    let remove = async |one: &passkey::Passkey| passkeys::remove(&app.app, &session, &one.id).await.unwrap();
    let (one, other) = tokio::join!(remove(&there[0]), remove(&there[1]));
    let mut outcomes = [format!("{one:?}"), format!("{other:?}")];
    outcomes.sort();
    assert_eq!(outcomes, ["Done", "Last(SecondFactor)"]);
    assert_eq!(app.rows("passkey").await, 1);
}
