//! An operator verifies the audit log, finds every act of the command line in it, and gets an administrator in again.

use latchkey::audit::checkpoint::make;
use latchkey::base::seal::SealingKey;
use latchkey::store::people::role::ADMINISTRATOR;
use serde_json::{Value, json};

use crate::harness::{Answer, PASSWORD, Passkey, TestApp, answer, answer_to, base64url, latchkey, minutes, run};

fn command(app: &TestApp, args: &[&str]) -> Answer {
    answer(&app.app.config, args)
}

/// A provider where somebody has signed in an hour ago, under a checkpoint.
async fn used() -> TestApp {
    let app = TestApp::beside_a_process().await;
    app.browser().sign_in("alice").await;
    app.pass(minutes(60)).await;
    make(&app.app).await.unwrap();
    app
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_command_says_in_words_what_is_wrong_and_its_exit_code_says_that_something_is() {
    let app = used().await;
    let told = command(&app, &["audit", "verify"]).done();
    assert!(told.starts_with("The audit log is as it was written: ") && told.contains(" checkpoint"), "{told}");
    let data = command(&app, &["audit", "verify", "--json"]).json();
    let number = &data["last"]["number"];
    assert_eq!((&data["whole"], &data["checkpoints"]), (&true.into(), number), "{data:#}");
    let kept = format!("{number}:{}", data["last"]["hash"].as_str().unwrap());
    command(&app, &["audit", "verify", "--expect", &kept]).done();
    let listed = command(&app, &["audit", "list", "--kind", "signed_in", "--json"]).json();
    assert_eq!((&listed[0]["checkpoint"], &listed[0]["actor"]["by"]), (number, &"request".into()));
    app.sql("UPDATE event SET kind = 'signed_out' WHERE kind = 'signed_in'").await;
    let told = command(&app, &["audit", "verify"]).refused(1, "The audit log is NOT as it was written: 1 finding.");
    assert!(told.contains(&format!("  checkpoint {number}: the event ")) && told.contains(" was changed"), "{told}");
    let output = run(latchkey(&app.app.config).args(["audit", "verify", "--json"]));
    let data: Value = serde_json::from_slice(&output.stdout).unwrap();
    let id = data["findings"][0]["event"].as_str().unwrap();
    let found = command(&app, &["audit", "list", "--id", id, "--json"]).json();
    assert_eq!(
        (found.as_array().unwrap().len(), &found[0]["id"], &found[0]["kind"]),
        (1, &id.into(), &"signed_out".into())
    );
    command(&app, &["audit", "list", "--id", "nothing"]).refused(3, "There is no event with the id nothing.");
    assert_eq!((output.status.code(), &data["findings"][0]["what"]), (Some(1), &"event_changed".into()), "{data:#}");
    app.sql("DELETE FROM audit_checkpoint").await;
    app.sql("DELETE FROM event").await;
    command(&app, &["audit", "verify", "--expect", &kept]).refused(1, &format!("checkpoint {number}: it was expected"));
    command(&app, &["audit", "verify", "--expect", "1"]).refused(2, "a checkpoint is written as its number");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_is_verified_with_the_public_key_alone() {
    let app = used().await;
    let key = command(&app, &["audit", "key"]).done();
    let mut elsewhere = app.app.config.clone();
    // The master key is another one, which opens nothing.
    let folder = tempfile::tempdir().unwrap();
    elsewhere.secrets.master_key = Some(SealingKey::new(*b"another key of thirty-two bytes!"));
    elsewhere.data_dir = folder.path().to_owned();
    elsewhere.database.url = Some(app.app.config.database_url());
    let verify = |key: &str| answer(&elsewhere, &["audit", "verify", "--key", key]);
    assert!(verify(key.trim()).done().starts_with("The audit log is as it was written"));
    let jwk = command(&app, &["audit", "key", "--json"]).json().to_string();
    assert!(verify(&jwk).done().starts_with("The audit log is as it was written"));
    // The public key of RFC 8037, appendix A.
    let other = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
    verify(other).refused(1, "checkpoint 1: it was changed, or was not signed by this key");
    verify("x").refused(2, "this is no key as latchkey audit key prints it");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

/// Commands that change nothing of what the log is about.
const READERS: [&str; 32] = [
    "serve",
    "demo",
    "health",
    "migrate",
    "doctor",
    "events",
    "audit list",
    "audit verify",
    "audit key",
    "explain",
    "stats",
    "backup",
    "client list",
    "client show",
    "client secret list",
    "resource list",
    "resource show",
    "upstream list",
    "upstream show",
    "upstream presets",
    "upstream test",
    "user list",
    "user show",
    "user passkey list",
    "user sessions list",
    "invitation list",
    "mail test",
    "mail outbox",
    "keys list",
    "config check",
    "config reference",
    "maintenance status",
];

/// Commands that only print what is in the binary.
const PRINTERS: [&str; 4] = ["pages preview", "pages texts", "completions", "man"];

/// Commands that need more than a database, with the tests that look for their events.
const ELSEWHERE: [&str; 4] = [
    // tests/attacks/restores.rs
    "restore",
    // tests/attacks/keys.rs: it waits for the servers.
    "keys revoke",
    // tests/journeys/mail.rs
    "mail retry",
    "mail discard",
];

/// The commands that can be run, as they are typed, by the help of each.
fn leaves(app: &TestApp, before: &[&str]) -> Vec<String> {
    let help = command(app, &[before, &["--help"]].concat()).done();
    let Some((_, listed)) = help.split_once("\nCommands:\n") else { return vec![before.join(" ")] };
    let lines = listed.lines().take_while(|line| !line.is_empty());
    // Longer descriptions go on in lines that are indented further.
    let names = lines.filter_map(|line| line.strip_prefix("  ")?.split_once(' ')).map(|(name, _)| name);
    let names = names.filter(|name| !name.is_empty() && *name != "help");
    names.flat_map(|name| leaves(app, &[before, &[name]].concat())).collect()
}

/// The commands that a test has run.
struct Deeds<'a> {
    app: &'a TestApp,
    me: String,
    run: Vec<String>,
}

impl Deeds<'_> {
    /// Runs a command, which has to leave an event that says who has run it; returns the command's JSON.
    async fn run(&mut self, args: &[&str], input: &str) -> Value {
        let before = self.app.rows("event").await;
        let environment = [("LATCHKEY__LOGIN__SIGN_UP", "invitation")];
        let said = answer_to(&self.app.app.config, &environment, &[args, &["--json"]].concat(), input).json();
        assert!(self.app.rows("event").await > before, "{args:?}");
        let newest = &command(self.app, &["audit", "list", "--limit", "1", "--json"]).json()[0];
        assert_eq!(newest["actor"]["by"], "command", "{args:?}: {newest:#}");
        assert!(newest["actor"]["name"].as_str().unwrap().starts_with(self.me.trim()), "{newest:#}");
        self.run.push(args.join(" "));
        said
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_command_that_changes_something_is_in_the_log_with_who_ran_it() {
    let app = TestApp::beside_a_process().await;
    app.give_role("root", ADMINISTRATOR).await;
    let mut browser = app.browser().sign_in("alice").await;
    browser.set_up_authenticator().await;
    let session = app.browser().sign_in("carol").await;
    for _ in 0..5 {
        app.browser().type_password("carol", "a wrong one").await.reply.expect(400);
    }
    let me = String::from_utf8(std::process::Command::new("id").arg("-un").output().unwrap().stdout).unwrap();
    let mut deeds = Deeds { app: &app, me, run: Vec::new() };
    let redirect = "https://shop.example.com/callback";
    for args in [
        &["user", "add", "--username", "bob"][..],
        &["user", "edit", "bob", "--name", "Bob"],
        &["user", "identifier", "add", "bob", "--email", "bob@example.com"],
        &["user", "identifier", "verify", "bob", "bob@example.com"],
        &["user", "identifier", "remove", "bob", "bob@example.com"],
        &["user", "role", "add", "bob", "editor"],
        &["user", "role", "remove", "bob", "editor"],
        &["user", "set-password", "bob"],
        &["user", "unlock", "carol"],
        &["user", "reset-factors", "alice"],
        &["user", "disable", "bob"],
        &["user", "enable", "bob"],
        &["user", "sessions", "end", "carol", "--all"],
        &["user", "delete", "bob", "--yes"],
        &["recover-admin", "root"],
        &["client", "add", "--kind", "web", "--client-id", "shop", "--redirect-uri", redirect],
        &["client", "edit", "shop", "--name", "Shop"],
        &["client", "disable", "shop"],
        &["client", "enable", "shop"],
        &["resource", "add", "https://api.example.com/", "--scope", "read"],
        &["resource", "edit", "https://api.example.com/", "--scope", "write"],
        &["resource", "remove", "https://api.example.com/"],
        &["upstream", "add", "google", "--preset", "google", "--client-id", "us"],
        &["upstream", "edit", "google", "--set", "label=Work"],
        &["upstream", "disable", "google"],
        &["upstream", "enable", "google"],
        &["upstream", "revoke-tokens", "google"],
        &["upstream", "remove", "google"],
        &["keys", "rotate"],
        &["log-level", "debug"],
        &["maintenance", "on"],
        &["maintenance", "off"],
    ] {
        deeds.run(args, "").await;
    }
    drop(session);
    // Those whose name a command before has said.
    let named =
        |said: &Value, member: &str| said[member].as_str().unwrap_or_else(|| panic!("{member}: {said:#}")).to_owned();
    let secret = named(&deeds.run(&["client", "secret", "add", "shop"], "").await, "secret");
    deeds.run(&["client", "secret", "remove", "shop", &secret], "").await;
    deeds.run(&["client", "remove", "shop"], "").await;
    let invitation = named(&deeds.run(&["invitation", "create"], "").await, "invitation");
    deeds.run(&["invitation", "revoke", &invitation], "").await;
    let passkey = Passkey::new(&app);
    let exported = json!({ "credential_id": base64url(&passkey.id), "public_key": base64url(&passkey.cose_key()) });
    let passkey = named(&deeds.run(&["user", "passkey", "add", "alice"], &exported.to_string()).await, "passkey");
    deeds.run(&["user", "passkey", "remove", "alice", &passkey], "").await;

    let known = [&READERS[..], &PRINTERS, &ELSEWHERE].concat();
    let is_known = |leaf: &String| {
        let is_run = deeds.run.iter().any(|run| run == leaf || run.starts_with(&format!("{leaf} ")));
        is_run || known.contains(&leaf.as_str())
    };
    let missing: Vec<_> = leaves(&app, &[]).into_iter().filter(|leaf| !is_known(leaf)).collect();
    assert!(leaves(&app, &[]).len() > 50, "help lists the commands");
    assert_eq!(missing, Vec::<String>::new(), "neither run here nor known to change nothing");
    // What a person does is not by the command line.
    app.browser().sign_in("dora").await;
    let newest = &command(&app, &["audit", "list", "--kind", "signed_in", "--limit", "1", "--json"]).json()[0];
    assert_eq!(newest["actor"]["by"], "request", "{newest:#}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_administrator_who_has_lost_everything_gets_in_by_a_link_that_changes_nothing_until_then() {
    let app = TestApp::beside_a_process().await;
    app.give_role("alice", ADMINISTRATOR).await;
    let mut browser = app.browser().sign_in("alice").await;
    browser.set_up_authenticator().await;
    let mut passkey = browser.add_passkey(Passkey::new(&app)).await;
    let link = || command(&app, &["recover-admin", "--json"]).json()["link"]["url"].as_str().unwrap().to_owned();
    let (first, url) = (link(), link());
    // Nothing is lost yet, and only the newest link works.
    browser.get("/account").await.expect("account");
    app.browser().sign_in_by(&mut passkey).await.reply.expect(200);
    app.browser().get(&first).await.refused(410);
    let mut other = app.browser();
    let page = other.get(&url).await;
    assert!(
        page.text().contains("removes the authenticator app, the recovery codes and the passkeys"),
        "{}",
        page.text()
    );
    assert!(!page.reply.body.contains("name=\"remove\""), "there is nothing to choose");
    page.form().fill("password", "seven calm otters sing").submit(&mut other).await.reply.expect(200);
    other.get("/account").await.expect("account");
    browser.get("/account").await.expect("sign-in");
    for table in ["totp", "recovery_code", "passkey"] {
        assert_eq!(app.rows(table).await, 0, "{table}");
    }
    app.browser().get(&url).await.refused(410);
    let mut new = app.browser();
    new.type_password("alice", "seven calm otters sing").await.reply.expect(200);
    let told = command(&app, &["events", "--user", "alice"]).done();
    for words in ["link made that recovers the administrator", "second factors removed", "password changed"] {
        assert!(told.contains(words), "{words}: {told}");
    }
    // Without a name it has to be clear who is meant, and nobody else is helped by it.
    app.give_role("bob", ADMINISTRATOR).await;
    app.user("carol").await;
    command(&app, &["recover-admin"]).refused(2, "latchkey recover-admin bob");
    command(&app, &["recover-admin", "carol"]).refused(4, "carol is no administrator");
    command(&app, &["recover-admin", "nobody"]).refused(3, "No user found for nobody.");
    app.browser().type_password("bob", PASSWORD).await.reply.expect(200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_first_administrator_is_made_where_there_is_none() {
    let app = TestApp::beside_a_process().await;
    let answer = command(&app, &["recover-admin", "--json"]).json();
    assert_eq!(answer["name"], "admin");
    let mut browser = app.browser();
    let page = browser.get(answer["link"]["url"].as_str().unwrap()).await;
    page.form().fill("password", "seven calm otters sing").submit(&mut browser).await.reply.expect(200);
    browser.get("/account").await.expect("account");
    assert!(command(&app, &["user", "show", "admin"]).done().contains(ADMINISTRATOR));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_administrators_who_are_disabled_at_once_one_stays() {
    let app = TestApp::beside_a_process().await;
    app.give_role("alice", ADMINISTRATOR).await;
    app.give_role("bob", ADMINISTRATOR).await;
    let disable = async |name: &str| {
        let id = app.person(name).await.id;
        latchkey::account::delete::disable(&app.app, &id, false).await.unwrap()
    };
    let (alice, bob) = tokio::join!(disable("alice"), disable("bob"));
    assert_ne!(alice, bob, "{alice:?} {bob:?}");
}
