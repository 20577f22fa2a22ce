//! Who can make an account, and how. CV5.

use std::time::Duration;

use latchkey::account::invitation::{self, Wanted};
use latchkey::config::{Config, Login, SignUp, SignUpChallenge};
use latchkey::mail::domain::DomainRule;
use latchkey::store;
use serde_json::{Value, json};

use crate::harness::{Answer, Browser, PASSWORD, Page, TestApp, answer, answer_to, code_in, minutes, sender};

/// Opens the page of a new account and sends its form.
async fn sign_up(browser: &mut Browser, email: &str) -> Page {
    let page = browser.get("/sign-up").await;
    page.form_to("/sign-up").fill("email", email).fill("password", PASSWORD).submit(browser).await
}

/// Types the code that came by letter.
async fn type_code(app: &TestApp, browser: &mut Browser, page: &Page, email: &str) -> Page {
    let code = code_in(&app.letter_to(email).await);
    page.form().fill("code", &code).submit(browser).await
}

/// A browser in a network of its own.
fn stranger(app: &TestApp, n: u8) -> Browser {
    let mut browser = app.browser();
    browser.address = [198, 51, 100, n].into();
    browser
}

/// The text of a page with what differs between two addresses taken out.
fn alike(page: &Page, name: &str) -> (http::StatusCode, String) {
    (page.reply.status, page.text().replace(name, "…"))
}

fn domains(rules: &[&str]) -> Vec<DomainRule> {
    rules.iter().map(|rule| DomainRule::parse(rule).unwrap()).collect()
}

#[tokio::test]
async fn cv5_a_closed_sign_up_is_closed_for_every_way_in_with_the_same_answer() {
    let app = TestApp::with_mail().await;
    let rp = app.relying_party().await;
    app.user("alice").await;
    let mut browser = app.browser();
    for page in [browser.get("/").await, browser.get("/sign-in").await, browser.get(&rp.request().path()).await] {
        assert!(!page.reply.body.contains("/sign-up"), "{}", page.url);
    }
    browser.get(&rp.request().set("prompt", "create").path()).await.error("invalid_request");
    let csrf = browser.get("/sign-in").await.form_to("/sign-in").get("csrf").unwrap().to_owned();
    let mut answers = vec![browser.get("/sign-up").await, browser.get("/sign-up?interaction=x").await];
    for email in ["alice@example.com", "new@example.com", "nonsense"] {
        answers.push(browser.post("/sign-up", &[("csrf", &csrf), ("email", email), ("password", PASSWORD)]).await);
        let code = [("csrf", &*csrf), ("email", email), ("asked", "x"), ("code", "123456")];
        answers.push(browser.post("/sign-up", &code).await);
    }
    let without_request = |page: &Page| page.text_without_code().split("Request").next().unwrap().to_owned();
    for answer in &answers {
        answer.refused(403);
        assert_eq!(without_request(answer), without_request(&answers[0]));
    }
    // A letter to sign in with makes none either, and does not tell.
    let ask = |email: &'static str| {
        let mut browser = app.browser();
        async move {
            let page = browser.get("/sign-in/mail").await;
            page.form_to("/sign-in/mail").fill("email", email).submit(&mut browser).await
        }
    };
    ask("new@example.com").await.reply.expect(200);
    assert!(app.letters_to("new@example.com").await.is_empty());
    assert_eq!(app.rows("user_account").await, 1);
}

#[tokio::test]
async fn cv5_a_sign_up_that_was_begun_makes_no_account_once_it_may_not_any_more() {
    let app = TestApp::with(|config| {
        config.mail.from = Some(sender());
        config.login.sign_up = SignUp::Open;
    })
    .await;
    let mut browser = app.browser();
    let page = sign_up(&mut browser, "new@example.com").await;
    let code = code_in(&app.letter_to("new@example.com").await);
    type Change = fn(&mut Config);
    let changed: [(Change, u16, &str); 2] = [
        (|config| config.login.sign_up = SignUp::Closed, 403, ""),
        (|config| config.login.sign_up_domains = domains(&["northwind.example"]), 400, "addresses of this domain"),
    ];
    for (change, status, words) in changed {
        let mut config = app.app.config.clone();
        change(&mut config);
        let later = app.on(config).await;
        let mut browser = browser.on(&later);
        let refused = page.form().fill("code", &code).submit(&mut browser).await;
        assert!(refused.refused(status).text().contains(words), "{}", refused.text());
        assert_eq!(app.rows("user_account").await, 0);
    }
}

#[tokio::test]
async fn addresses_of_some_domains_alone_can_make_an_account_where_it_is_configured_so() {
    let app = TestApp::with(|config| {
        config.mail.from = Some(sender());
        config.login.sign_up = SignUp::Open;
        config.login.sign_up_domains = domains(&["example.com", "норд.example"]);
    })
    .await;
    app.user("alice").await;
    for (n, refused) in (0..).zip(["bob@elsewhere.example", "bob@sub.example.com", "bob@example.com.elsewhere.example"])
    {
        let page = sign_up(&mut stranger(&app, n), refused).await;
        page.refused(400);
        assert!(page.text().contains("addresses of this domain"), "{}", page.text());
        assert!(app.letters_to(refused).await.is_empty(), "{refused}");
    }
    for (admitted, mailbox) in [("Bob@EXAMPLE.com", "Bob@example.com"), ("bob@НОРД.example", "bob@xn--d1ardi.example")]
    {
        let mut browser = stranger(&app, 7);
        let page = sign_up(&mut browser, admitted).await;
        type_code(&app, &mut browser, &page, mailbox).await.reply.expect(200);
        browser.get("/account").await.expect("account");
    }
    assert_eq!(app.rows("user_account").await, 3);
}

#[tokio::test]
async fn f1_a_refused_domain_does_not_tell_who_has_an_account() {
    let app = TestApp::with(|config| {
        config.mail.from = Some(sender());
        config.login.sign_up = SignUp::Open;
        config.login.sign_up_domains = domains(&["northwind.example"]);
    })
    .await;
    app.user("alice").await;
    let known = sign_up(&mut app.browser(), "alice@example.com").await;
    let unknown = sign_up(&mut app.browser(), "nobody@example.com").await;
    assert_eq!(known.reply.status, 400);
    assert_eq!(alike(&known, "alice"), alike(&unknown, "nobody"));
    assert_eq!(app.rows("mail_proof").await + app.rows("outbox").await, 0);
}

/// A provider that people join by invitation.
async fn by_invitation(change: impl FnOnce(&mut Config)) -> TestApp {
    TestApp::with(|config| {
        config.login.sign_up = SignUp::Invitation;
        config.login.sign_up_challenge = SignUpChallenge::Never;
        change(config);
    })
    .await
}

fn with_mail(config: &mut Config) {
    config.mail.from = Some(sender());
}

fn wanted() -> Wanted {
    Wanted { address: None, uses: 1, lifetime: hours(72), roles: Vec::new(), language: None }
}

fn hours(count: u64) -> Duration {
    minutes(60 * count)
}

/// The code of a new invitation.
async fn invite(app: &TestApp, wanted: Wanted) -> String {
    invitation::make(&app.app, wanted).await.unwrap().shown.expect("a code").0
}

/// Fills the form of a new account with the code of an invitation.
async fn join(browser: &mut Browser, code: &str, email: &str) -> Page {
    let page = browser.get("/sign-up").await;
    let form = page.form_to("/sign-up").fill("invitation", code).fill("email", email);
    form.fill("password", PASSWORD).submit(browser).await
}

/// The link of the newest letter to an address.
async fn invitation_sent_to(app: &TestApp, address: &str) -> String {
    let letter = app.letter_to(address).await;
    let link = letter.text.split_whitespace().find(|word| word.contains("/sign-up?invitation="));
    link.unwrap_or_else(|| panic!("no link in {}", letter.text)).to_owned()
}

#[tokio::test]
async fn who_has_an_invitation_makes_an_account_with_its_roles_as_often_as_it_says() {
    let app = by_invitation(|_| {}).await;
    let rp = app.relying_party().await;
    let roles = vec!["editor".to_owned(), "viewer".to_owned()];
    let code = invite(&app, Wanted { uses: 2, roles: roles.clone(), ..wanted() }).await;
    // By the link, on the way to an application, and typed in another way.
    let mut browser = app.browser();
    let page = browser.get(&format!("/sign-up?invitation={}", code.to_lowercase().replace('-', ""))).await;
    assert_eq!(page.form_to("/sign-up").get("invitation"), Some(&*code));
    let form = page.form_to("/sign-up").fill("email", "one@example.com").fill("password", PASSWORD);
    form.submit(&mut browser).await.reply.expect(200);
    browser.get("/account").await.expect("account");
    let mut other = app.browser();
    let page = other.get(&rp.request().set("prompt", "create").path()).await;
    let form = page.expect("sign-up").form_to("/sign-up").fill("invitation", &code.replace('-', " "));
    let page = form.fill("email", "two@example.com").fill("password", PASSWORD).submit(&mut other).await;
    let code_of_client = other.go_on(page).await.code();
    assert!(!rp.exchange(&code_of_client).await.tokens().access_token.is_empty());
    for name in ["one@example.com", "two@example.com"] {
        let (user, mut conn) = (app.person(name).await, app.app.db.read().await.unwrap());
        assert_eq!(store::people::role::of_user(&mut conn, &user.id).await.unwrap(), roles);
        let person = latchkey::account::person::find(&app.app, &user.id).await.unwrap().unwrap();
        assert!(!person.email_verified, "a code that anybody may have proves no address");
        let export = latchkey::account::export::export(&app.app, &user.id).await.unwrap().unwrap();
        assert!(export["joined_by_invitation_at"].is_string());
    }
    join(&mut app.browser(), &code, "three@example.com").await.reply.expect(400);
    assert_eq!(app.rows("user_account").await, 2);
    let events = app.events().await;
    assert_eq!(events.iter().filter(|kind| *kind == "invitation_used").count(), 2, "{events:?}");
    assert!(events.contains(&"invitation_created".to_owned()));
}

#[tokio::test]
async fn an_invitation_that_is_wrong_used_expired_revoked_or_for_another_address_is_refused_alike() {
    let app = by_invitation(|_| {}).await;
    let used = invite(&app, wanted()).await;
    join(&mut app.browser(), &used, "first@example.com").await.reply.expect(200);
    let revoked = invitation::make(&app.app, wanted()).await.unwrap();
    assert!(invitation::revoke(&app.app, &revoked.id).await.unwrap());
    assert!(!invitation::revoke(&app.app, &revoked.id).await.unwrap());
    let revoked = revoked.shown.unwrap().0;
    let expired = invite(&app, Wanted { lifetime: minutes(10), ..wanted() }).await;
    app.clock.advance(minutes(10));
    let for_another = invite(&app, Wanted { address: Some("bob@example.com".to_owned()), ..wanted() }).await;
    let mut texts = Vec::new();
    for (n, code) in
        (0..).zip([&*used, &*revoked, &*expired, &*for_another, "00000-00000-00000-00000-00000", "x", "' OR 1=1"])
    {
        let page = join(&mut stranger(&app, n), code, "new@example.com").await;
        page.refused(400);
        texts.push(page.text());
    }
    assert!(texts[0].contains("This invitation does not work"), "{}", texts[0]);
    assert!(texts.iter().all(|text| *text == texts[0]), "{texts:?}");
    let without = join(&mut app.browser(), "", "new@example.com").await;
    without.refused(400);
    assert!(without.text().contains("by invitation only"), "{}", without.text());
    assert_eq!(app.rows("user_account").await, 1);
    // The one who is meant can use it still.
    join(&mut app.browser(), &for_another, "BOB@example.com").await.reply.expect(200);
    assert_eq!(app.rows("user_account").await, 2);
}

#[tokio::test]
async fn guesses_at_invitations_are_limited_on_the_page_and_by_its_link() {
    let app = by_invitation(|_| {}).await;
    let code = invite(&app, wanted()).await;
    let mut browser = app.browser();
    let guess = "00000-00000-00000-00000-00000";
    for _ in 0..10 {
        browser.get(&format!("/sign-up?invitation={guess}")).await.reply.expect(400);
    }
    browser.get(&format!("/sign-up?invitation={guess}")).await.refused(429);
    let page = browser.get(&format!("/sign-up?invitation={code}")).await;
    page.form_to("/sign-up").fill("invitation", guess).submit(&mut browser).await.refused(429);
    // Whoever has one is not kept waiting by those who guess, and neither are their neighbours.
    join(&mut browser, &code, "new@example.com").await.reply.expect(200);
}

#[tokio::test]
async fn an_invitation_for_many_lets_many_in_from_one_network() {
    let app = by_invitation(|_| {}).await;
    let code = invite(&app, Wanted { uses: 20, ..wanted() }).await;
    for n in 0..20 {
        let mut browser = app.browser();
        browser.get(&format!("/sign-up?invitation={code}")).await.reply.expect(200);
        browser.get(&format!("/sign-up?invitation={code}")).await.reply.expect(200);
        join(&mut browser, &code, &format!("person{n}@example.com")).await.reply.expect(200);
        // One form in a minute comes from one network, after the first ten.
        app.clock.advance(minutes(1));
    }
    assert_eq!(app.rows("invitation_use").await, 20);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn forty_at_once_make_one_account_by_an_invitation_for_one() {
    let app = by_invitation(|config| config.login.hashing_wait = Duration::from_secs(20)).await;
    let code = invite(&app, wanted()).await;
    let mut joining = tokio::task::JoinSet::new();
    for n in 0..40 {
        let (mut browser, code) = (stranger(&app, n), code.clone());
        joining.spawn(async move { join(&mut browser, &code, &format!("person{n}@example.com")).await.reply.status });
    }
    let answers = joining.join_all().await;
    let mut answers: Vec<_> = answers.iter().map(|status| status.as_u16()).collect();
    answers.sort_unstable();
    assert_eq!(
        (answers[0], &answers[1..]),
        (200, &[400; 39][..]),
        "one joins, and the others are told why they do not"
    );
    assert_eq!((app.rows("user_account").await, app.rows("invitation_use").await), (1, 1));
}

#[tokio::test]
async fn a_sign_up_that_fails_leaves_the_invitation_unused() {
    let app = by_invitation(|_| {}).await;
    app.user("alice").await;
    let code = invite(&app, wanted()).await;
    join(&mut app.browser(), &code, "alice@example.com").await.reply.expect(400);
    join(&mut app.browser(), &code, "bob@example.com").await.reply.expect(200);
}

#[tokio::test]
async fn an_invitation_by_letter_proves_the_address_that_it_went_to_and_no_other() {
    let app = by_invitation(with_mail).await;
    let language = app.app.site.get().languages().lookup("ru");
    let made =
        invitation::make(&app.app, Wanted { address: Some("Bob@example.com".to_owned()), language, ..wanted() }).await;
    assert!(made.unwrap().shown.is_none(), "the code is told to nobody but the mailbox");
    let letter = app.letter_to("Bob@example.com").await;
    assert!(letter.subject.starts_with("Вас приглашает "), "{}", letter.subject);
    let link = invitation_sent_to(&app, "Bob@example.com").await;
    let mut browser = app.browser();
    let page = browser.get(&link).await;
    assert_eq!(page.form_to("/sign-up").get("email"), Some("Bob@example.com"));
    let other = page.form_to("/sign-up").fill("email", "eve@example.com").fill("password", PASSWORD);
    other.submit(&mut browser).await.reply.expect(400);
    let form = page.form_to("/sign-up").fill("email", "bob@EXAMPLE.com").fill("password", PASSWORD);
    form.submit(&mut browser).await.reply.expect(200);
    browser.get("/account").await.expect("account");
    let bob = app.person("bob@example.com").await;
    assert!(latchkey::account::person::find(&app.app, &bob.id).await.unwrap().unwrap().email_verified);
    let dead = app.browser().get(&link).await;
    dead.refused(400);
    assert_eq!(dead.form_to("/sign-up").get("email").unwrap_or_default(), "", "a dead link tells no address");
}

#[tokio::test]
async fn an_invitation_without_a_letter_proves_nothing_and_the_code_from_a_letter_is_wanted_as_ever() {
    let app = by_invitation(with_mail).await;
    app.user("alice").await;
    let code = invite(&app, wanted()).await;
    // Who has an account is told by letter alone, and the invitation stays.
    let known = join(&mut app.browser(), &code, "alice@example.com").await;
    let mut browser = app.browser();
    let free = join(&mut browser, &code, "bob@example.com").await;
    assert_eq!(alike(&known, "alice"), alike(&free, "bob"));
    assert_eq!(app.rows("user_account").await, 1);
    let mut late = app.browser();
    let second = join(&mut late, &code, "carol@example.com").await;
    type_code(&app, &mut browser, &free, "bob@example.com").await.reply.expect(200);
    browser.get("/account").await.expect("account");
    // Somebody else has begun with it, too, and is late.
    type_code(&app, &mut late, &second, "carol@example.com").await.reply.expect(400);
    assert_eq!(app.rows("user_account").await, 2);
}

#[tokio::test]
async fn an_invitation_for_an_address_admits_it_whatever_its_domain_and_another_does_not() {
    let app = by_invitation(|config| {
        with_mail(config);
        config.login.sign_up_domains = domains(&["northwind.example"]);
    })
    .await;
    let code = invite(&app, Wanted { uses: 5, ..wanted() }).await;
    let refused = join(&mut app.browser(), &code, "bob@example.com").await;
    refused.refused(400);
    assert!(refused.text().contains("addresses of this domain"), "{}", refused.text());
    invitation::make(&app.app, Wanted { address: Some("bob@example.com".to_owned()), ..wanted() }).await.unwrap();
    let link = invitation_sent_to(&app, "bob@example.com").await;
    let mut browser = app.browser();
    let page = browser.get(&link).await;
    page.form_to("/sign-up").fill("password", PASSWORD).submit(&mut browser).await.reply.expect(200);
    browser.get("/account").await.expect("account");
}

#[tokio::test]
async fn a_revoked_invitation_that_waits_to_be_sent_is_not_sent() {
    let app = by_invitation(with_mail).await;
    let wanted = Wanted { address: Some("bob@example.com".to_owned()), ..wanted() };
    let made = invitation::make(&app.app, wanted).await.unwrap();
    assert_eq!(app.rows("outbox").await, 1);
    assert!(invitation::revoke(&app.app, &made.id).await.unwrap());
    assert!(app.letters_to("bob@example.com").await.is_empty());
}

#[tokio::test]
async fn a_copy_of_the_database_and_the_events_have_no_code_of_an_invitation() {
    let app = by_invitation(with_mail).await;
    let code = invite(&app, wanted()).await;
    let wanted = Wanted { address: Some("bob@example.com".to_owned()), ..wanted() };
    invitation::make(&app.app, wanted).await.unwrap();
    let read = async |sql: &'static str| -> Vec<(String,)> {
        sqlx::query_as(sql).fetch_all(&mut *app.app.db.read().await.unwrap()).await.unwrap()
    };
    let columns = "SELECT code_hash || roles || COALESCE(address, '') || COALESCE(created_by, '') FROM invitation";
    let (rows, events) = (read(columns).await, read("SELECT data FROM event").await);
    let letters = read("SELECT data || sealed FROM outbox").await;
    let sent = invitation_sent_to(&app, "bob@example.com").await;
    let sent = sent.split_once("invitation=").unwrap().1;
    for (text,) in rows.iter().chain(&events).chain(&letters) {
        for code in [&*code, sent] {
            assert!(!text.contains(code) && !text.contains(&code.replace('-', "")), "{text}");
        }
    }
    assert_eq!((rows.len(), letters.len()), (2, 1));
}

#[tokio::test]
async fn an_invitation_that_nobody_joined_by_goes_a_month_after_its_end_and_others_stay() {
    let app = by_invitation(|_| {}).await;
    invite(&app, wanted()).await;
    let used = invite(&app, wanted()).await;
    join(&mut app.browser(), &used, "bob@example.com").await.reply.expect(200);
    app.clock.advance(hours(24 * 34));
    latchkey::server::jobs::remove_expired(&app.app).await.unwrap();
    assert_eq!((app.rows("invitation").await, app.rows("invitation_use").await), (1, 1));
    // A month, and not a day: an operator sees what became of one.
    invite(&app, wanted()).await;
    app.clock.advance(hours(72 + 24 * 29));
    latchkey::server::jobs::remove_expired(&app.app).await.unwrap();
    assert_eq!(app.rows("invitation").await, 2);
}

#[tokio::test]
async fn an_invitation_for_an_address_that_was_handed_over_tells_nobody_the_address() {
    let app = by_invitation(|_| {}).await;
    let code = invite(&app, Wanted { address: Some("bob@example.com".to_owned()), ..wanted() }).await;
    let page = app.browser().get(&format!("/sign-up?invitation={code}")).await;
    assert_eq!(page.form_to("/sign-up").get("email").unwrap_or_default(), "", "whoever has the code may be anybody");
}

#[tokio::test]
async fn a_network_sends_ten_forms_of_the_sign_up_and_then_one_a_minute() {
    let app = by_invitation(|_| {}).await;
    let mut browser = app.browser();
    let form = browser.get("/sign-up").await.form_to("/sign-up").fill("password", "short");
    for _ in 0..10 {
        form.clone().submit(&mut browser).await.reply.expect(400);
    }
    form.clone().submit(&mut browser).await.refused(429);
    app.clock.advance(minutes(1));
    form.submit(&mut browser).await.reply.expect(400);
}

const BY_INVITATION: (&str, &str) = ("LATCHKEY__LOGIN__SIGN_UP", "invitation");

fn command(app: &TestApp, args: &[&str]) -> Answer {
    answer_to(&app.app.config, &[BY_INVITATION], &[&["invitation"], args].concat(), "")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_operator_creates_lists_and_revokes_invitations() {
    let app = TestApp::beside_a_process().await;
    let closed = answer(&app.app.config, &["invitation", "create"]);
    closed.refused(1, "Sign-up is closed");
    for (args, words) in [
        (&["--mail", "bob"][..], "--mail: \"bob\" is not an email address"),
        (&["--mail", "bob@example.com", "--uses", "2"], "cannot be used with"),
        (&["--uses", "0"], "--uses"),
        (&["--valid", "5m"], "10m to 90d"),
        (&["--valid", "91d"], "10m to 90d"),
        (&["--valid", "3"], "a duration needs a unit"),
        (&["--role", " "], "a role is a name"),
        (&["--role", "Administrator"], "is written administrator"),
        (&["--language", "ru"], "--mail"),
        // clap asks for no other option where one conflicts with it.
        (&["--uses", "5", "--language", "ru"], "--mail"),
    ] {
        command(&app, &[&["create"], args].concat()).refused(2, words);
    }
    let args = [
        "create", "--uses", "2", "--valid", "7d", "--role", "viewer", "--role", "editor", "--role", "viewer", "--json",
    ];
    let made = command(&app, &args).json();
    let (name, code) = (made["invitation"].as_str().unwrap(), made["code"].as_str().unwrap());
    assert_eq!(made["link"], json!(format!("{}/sign-up?invitation={code}", app.issuer())));
    let login = Login { sign_up: SignUp::Invitation, ..app.app.config.login.clone() };
    let open = app.on(Config { login, ..app.app.config.clone() }).await;
    join(&mut open.browser(), code, "bob@example.com").await.reply.expect(200);
    // Without mail an invitation for an address is handed over by the operator.
    let text = command(&app, &["create", "--mail", "carol@example.com"]).done();
    assert!(text.contains("for carol@example.com") && text.contains("/sign-up?invitation="), "{text}");
    let listed = command(&app, &["list", "--json"]).json();
    let row = listed.as_array().unwrap().iter().find(|row| row["invitation"] == name).unwrap();
    let bob = app.person("bob@example.com").await;
    for (member, value) in [
        ("state", json!("works")),
        ("address", Value::Null),
        ("uses", json!(2)),
        ("uses_left", json!(1)),
        ("roles", json!(["editor", "viewer"])),
    ] {
        assert_eq!(row[member], value, "{member}");
    }
    assert_eq!((&row["joined"][0]["sub"], &row["joined"][0]["name"]), (&json!(bob.sub), &json!("bob@example.com")));
    assert!(row["created_by"].is_string(), "{row}");
    let text = command(&app, &["list"]).done();
    assert!(text.contains("1 of 2  bob@example.com") && !text.contains(code), "{text}");
    // It would do nothing for who has an account.
    let refused = command(&app, &["create", "--mail", "BOB@example.com", "--role", "editor"]);
    refused.refused(4, "latchkey user role add BOB@example.com");
    command(&app, &["create", "--mail", "eve@example.com", "--language", "tlh"]).refused(2, "there are pages in en, ");
    assert!(command(&app, &["revoke", name]).done().starts_with("Revoked"));
    assert!(command(&app, &["revoke", name]).done().contains("did not work any more"));
    command(&app, &["revoke", "00000000"]).refused(3, "There is no invitation");
    join(&mut open.browser(), code, "dave@example.com").await.reply.expect(400);
    let told = answer(&app.app.config, &["events", "--kind", "invitation_created", "--kind", "invitation_used"]).done();
    assert!(told.contains("(2 uses, roles: editor viewer)") && told.contains("joined by invitation"), "{told}");
    assert!(!told.contains(code));
}
