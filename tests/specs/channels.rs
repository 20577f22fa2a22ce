//! Bots of messengers: people bind their chat to their account, approve sign-ins in it, and come in by it. The bot is ours, at a Bot API server
//! of the tests.

use latchkey::config::{Config, DatabaseUrl, SignUp, Updates};
use latchkey::federation::changes;
use sqlx::Connection;

use crate::harness::{
    BotApi, Browser, PASSWORD, Page, Person, TestApp, left_out, link_in, minutes, number_on, poll, sender,
};

/// Ann at Telegram.
const ANN: i64 = 987_654_321;

async fn with_bot(change: impl FnOnce(&mut Config)) -> (BotApi, TestApp) {
    let server = BotApi::start().await;
    let app = TestApp::with(|config| {
        config.login.sign_up = SignUp::Open;
        config.pages.operator_name = "Northwind".to_owned();
        server.declare(config, Updates::Polling);
        (config.channels[0].sign_in, config.channels[0].approvals) = (true, true);
        change(config);
    })
    .await;
    (server, app)
}

/// The code in what the bot says.
fn code_in(text: &str) -> String {
    let is_code = |word: &&str| word.len() == 9 && word.as_bytes()[4] == b'-' && word.to_uppercase() == *word;
    text.split_whitespace().find(is_code).unwrap_or_else(|| panic!("no code in {text:?}")).to_owned()
}

/// Binds the chat of somebody at Telegram to the account of a browser by a code.
async fn bind(app: &TestApp, browser: &mut Browser, person: &Person) -> Page {
    let said = person.says(app, "/link").await;
    let page = browser.get("/account/channels").await;
    let form = page.expect("channels").forms_to("/account/channels").pop().unwrap();
    let asked = form.fill("code", &code_in(&said.text)).submit(browser).await;
    assert!(asked.text().contains(person.name), "who it is: {}", asked.text());
    asked.press("confirm").submit(browser).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_binds_a_chat_by_a_code_that_the_bot_shows() {
    let (server, app) = with_bot(|config| config.mail.from = Some(sender())).await;
    let ann = Person::new(&server, ANN, "Anna");
    let mut browser = app.browser().sign_in("alice").await;
    let done = bind(&app, &mut browser, &ann).await;
    assert!(done.text().contains("The chat is connected.") && done.text().contains("Anna"), "{}", done.text());
    assert_eq!(server.next(ANN).await.text, "This chat is connected to your account at Northwind.");
    assert_eq!((app.rows("channel_binding").await, app.rows("upstream_account").await), (1, 1));
    let told = app.letters_to("alice@example.com").await;
    assert!(told.iter().any(|letter| letter.subject == "A bot was connected"), "{told:?}");
    let security = browser.get("/account/security").await;
    assert!(security.text().contains("Connected bots 1 chat"), "{}", security.text());
    let activity = browser.get("/account/activity").await;
    assert!(activity.text().contains("Bot connected"), "{}", activity.text());
    let page = browser.get("/account/channels").await;
    let page = page.press("disconnect").submit(&mut browser).await;
    assert!(page.text().contains("The chat is disconnected."), "{}", page.text());
    assert_eq!(app.letter_to("alice@example.com").await.subject, "A bot was disconnected");
    assert_eq!(app.rows("channel_binding").await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_letter_that_undoes_the_link_takes_the_chat_along() {
    let (server, app) = with_bot(|config| config.mail.from = Some(sender())).await;
    let ann = Person::new(&server, ANN, "Anna");
    bind(&app, &mut app.browser().sign_in("alice").await, &ann).await;
    server.next(ANN).await;
    let told = app.letters_to("alice@example.com").await;
    let letter = told.iter().find(|letter| letter.subject == "An account was connected").unwrap();
    let mut browser = app.browser();
    let page = browser.get(&link_in(letter)).await;
    page.form().submit(&mut browser).await.reply.expect(200);
    assert_eq!((app.rows("channel_binding").await, app.rows("upstream_account").await), (0, 0));
    assert!(ann.says(&app, "/login").await.text.contains("not connected"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_binds_a_chat_by_a_link_that_both_sides_confirm() {
    let (server, app) = with_bot(|_| {}).await;
    let ann = Person::new(&server, ANN, "Anna").speaking("ru");
    let mut browser = app.browser().sign_in("alice").await;
    let page = browser.get("/account/channels").await.press("connect").submit(&mut browser).await;
    let link = page.link("Open Northwind bot");
    let payload = link.strip_prefix("https://t.me/northwind_bot?start=").unwrap_or_else(|| panic!("{link}"));
    assert!(payload.len() <= 64 && payload.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b)), "{link}");
    assert!(page.reply.body.contains("http-equiv=\"refresh\""), "the page looks again by itself");
    let asked = ann.says(&app, &format!("/start {payload}")).await;
    assert!(asked.text.contains("alice Example (a…@example.com)"), "the bot names the account: {}", asked.text);
    assert!(asked.text.starts_with("Подключить"), "in the language of its reader: {}", asked.text);
    let waits = browser.get(&page.url).await;
    assert!(waits.buttons("confirm").is_empty(), "nobody has said yes: {}", waits.text());
    let told = ann.chooses(&app, &asked, "Да").await;
    assert!(told.starts_with("Теперь вернитесь в браузер"), "{told}");
    assert_eq!(app.rows("channel_binding").await, 0, "the first browser has not confirmed it");
    let came = browser.get(&page.url).await;
    assert!(came.text().contains("Is this you: Anna, in the chat with Northwind bot?"), "{}", came.text());
    let done = came.press("confirm").submit(&mut browser).await;
    assert!(done.text().contains("The chat is connected."), "{}", done.text());
    // In the language of the account.
    assert_eq!(server.next(ANN).await.text, "This chat is connected to your account at Northwind.");
    // The link works once.
    let again = ann.says(&app, &format!("/start {payload}")).await;
    assert!(again.text.starts_with("Запрос устарел или уже использован"), "{}", again.text);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_says_no_binds_nothing_on_either_side() {
    let (server, app) = with_bot(|_| {}).await;
    let ann = Person::new(&server, ANN, "Anna");
    let mut browser = app.browser().sign_in("alice").await;
    for answer in ["No", "Yes"] {
        let page = browser.get("/account/channels").await.press("connect").submit(&mut browser).await;
        let payload = page.link("Open Northwind bot").split_once("start=").unwrap().1.to_owned();
        let asked = ann.says(&app, &format!("/start {payload}")).await;
        ann.chooses(&app, &asked, answer).await;
        let page = browser.get(&page.url).await;
        if answer == "No" {
            assert!(page.text().contains("Nothing was connected"), "{}", page.text());
        } else {
            let page = page.press("cancel").submit(&mut browser).await;
            assert!(page.text().contains("Nothing was connected."), "{}", page.text());
        }
        app.clock.advance(minutes(1));
    }
    assert_eq!(app.rows("channel_binding").await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sign_in_is_approved_by_the_number_on_the_page_and_only_in_the_browser_that_began_it() {
    let (server, app) = with_bot(|_| {}).await;
    let rp = app.relying_party().await;
    let ann = Person::new(&server, ANN, "Anna");
    bind(&app, &mut app.browser().sign_in("alice").await, &ann).await;
    server.next(ANN).await;
    app.clock.advance(minutes(1));
    let mut browser = app.browser();
    let page = browser.get(&rp.request().path()).await;
    let page = page.press("channel").submit(&mut browser).await;
    let number = number_on(&page);
    let payload = page.link("Open Northwind bot").split_once("start=").unwrap().1.to_owned();
    let asked = ann.says(&app, &format!("/start {payload}")).await;
    assert!(asked.text.contains("203.0.113.7"), "from where: {}", asked.text);
    let numbers: Vec<_> = asked.buttons.iter().map(|(text, _)| text.clone()).collect();
    assert_eq!(numbers.len(), 4, "three numbers, and no: {numbers:?}");
    assert!(numbers.contains(&number), "{number} of {numbers:?}");
    assert_eq!(ann.chooses(&app, &asked, &number).await, "Confirmed. Go on in the browser.");
    // Another browser that has the address of the page gets nothing.
    let mut thief = app.browser();
    thief.get(&page.url).await.refused(400);
    let approved = browser.get(&page.url).await;
    assert!(approved.text().contains("You have confirmed it."), "{}", approved.text());
    let page = approved.press("finish").submit(&mut browser).await;
    let claims = rp.claims(&browser.go_on(page).await).await;
    assert_eq!((&claims["amr"], &claims["acr"]), (&serde_json::json!(["fed"]), &"urn:latchkey:acr:1fa".into()));
    assert_eq!(claims["sub"], app.person("alice").await.sub);
    // Once.
    let again = approved.press("finish").submit(&mut browser).await;
    let told = again.refused(403).text();
    assert!(told.contains("This sign-in was not confirmed in the chat, or was already used."), "{told}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_messenger_that_is_disabled_has_no_button_and_approves_nothing() {
    let (server, app) = with_bot(|_| {}).await;
    let ann = Person::new(&server, ANN, "Anna");
    bind(&app, &mut app.browser().sign_in("alice").await, &ann).await;
    server.next(ANN).await;
    let mut browser = app.browser();
    let page = browser.get("/sign-in").await;
    let begins = page.press("channel");
    changes::set_disabled(&app.app, "telegram", true).await.unwrap().unwrap();
    let shown = browser.get("/sign-in").await;
    assert!(shown.buttons("channel").is_empty(), "{}", shown.text());
    // The page of before leads back there.
    begins.submit(&mut browser).await.expect("sign-in");
    assert_eq!(app.rows("channel_request WHERE purpose = 'approval'").await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_is_asked_in_the_chat_by_the_name_that_somebody_types_and_not_too_often() {
    let (server, app) = with_bot(|_| {}).await;
    let ann = Person::new(&server, ANN, "Anna");
    bind(&app, &mut app.browser().sign_in("alice").await, &ann).await;
    server.next(ANN).await;
    app.clock.advance(minutes(1));
    let before = server.count(ANN);
    let mut texts = Vec::new();
    for name in ["alice@example.com", "nobody", "alice", "Alice@Example.com", "alice"] {
        app.clock.advance(minutes(1) / 10);
        let mut browser = app.browser();
        let page = browser.get("/sign-in").await.press("channel").submit(&mut browser).await;
        let number = number_on(&page);
        let page = page.form_to("/sign-in/channel").fill("identifier", name).submit(&mut browser).await;
        texts.push(page.text().replace(&number, "NN"));
        if texts.len() == 1 {
            let asked = server.next(ANN).await;
            assert_eq!(ann.chooses(&app, &asked, &number).await, "Confirmed. Go on in the browser.");
            let page = browser.get(&page.url).await.press("finish").submit(&mut browser).await;
            page.reply.expect(200);
            browser.get("/account").await.expect("account");
        }
    }
    assert!(texts.iter().all(|text| *text == texts[0]), "nobody learns who has a chat: {texts:#?}");
    assert!(texts[0].contains("If a chat is connected to that account, the bot has written there."), "{}", texts[0]);
    server.until("three questions", |server| (server.count(ANN) == before + 3).then_some(())).await;
    // Everything that was begun is done by now.
    poll(&app).await;
    assert_eq!(server.count(ANN), before + 3, "no more than three in five minutes");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_number_ends_the_sign_in_and_so_does_no() {
    let (server, app) = with_bot(|_| {}).await;
    let ann = Person::new(&server, ANN, "Anna");
    bind(&app, &mut app.browser().sign_in("alice").await, &ann).await;
    server.next(ANN).await;
    for says_no in [false, true] {
        app.clock.advance(minutes(10));
        let mut browser = app.browser();
        let page = browser.get("/sign-in").await.press("channel").submit(&mut browser).await;
        let number = number_on(&page);
        let payload = page.link("Open Northwind bot").split_once("start=").unwrap().1.to_owned();
        let asked = ann.says(&app, &format!("/start {payload}")).await;
        let wrong = asked.buttons.iter().map(|(text, _)| text).find(|text| **text != number).unwrap();
        let chosen = if says_no { "It is not me" } else { wrong };
        assert_eq!(ann.chooses(&app, &asked, chosen).await, "Refused. Nobody was signed in.");
        // The right one comes too late.
        server.happens(ann.presses(&asked, asked.button(&number)));
        poll(&app).await;
        let page = browser.get(&page.url).await;
        assert!(page.text().contains("Nobody is signed in"), "{}", page.text());
        assert!(page.buttons("finish").is_empty());
    }
    let refused = app.events().await.into_iter().filter(|kind| kind == "channel_sign_in_refused").count();
    assert_eq!(refused, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_has_refused_a_sign_in_is_asked_no_more_for_an_hour_by_who_knows_their_name() {
    let (server, app) = with_bot(|_| {}).await;
    let ann = Person::new(&server, ANN, "Anna");
    bind(&app, &mut app.browser().sign_in("alice").await, &ann).await;
    server.next(ANN).await;
    let call = async || {
        let mut stranger = app.browser();
        let page = stranger.get("/sign-in").await.press("channel").submit(&mut stranger).await;
        page.form_to("/sign-in/channel").fill("identifier", "alice").submit(&mut stranger).await.reply.expect(200);
        // Until everything that was begun is done.
        app.app.requests.close();
        app.app.requests.wait().await;
        app.app.requests.reopen();
    };
    call().await;
    let asked = server.next(ANN).await;
    assert_eq!(ann.chooses(&app, &asked, "It is not me").await, "Refused. Nobody was signed in.");
    let before = server.count(ANN);
    app.clock.advance(minutes(59));
    call().await;
    assert_eq!(server.count(ANN), before);
    app.clock.advance(minutes(2));
    call().await;
    server.next(ANN).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_link_of_the_bot_signs_in_once_and_not_before_its_page_is_confirmed() {
    let (server, app) = with_bot(|_| {}).await;
    let ann = Person::new(&server, ANN, "Anna");
    let nobody = ann.says(&app, "/login").await;
    assert!(nobody.text.contains("not connected") && nobody.buttons.is_empty(), "{}", nobody.text);
    let mut first = app.browser().sign_in("alice").await;
    bind(&app, &mut first, &ann).await;
    server.next(ANN).await;
    let said = ann.says(&app, "/login").await;
    let url = said.button("Sign in").to_owned();
    // Programs look into links.
    app.get(&url).await.expect(200);
    app.get(&url).await.expect(200);
    let mut browser = app.browser();
    let page = browser.get(&url).await;
    assert!(page.text().contains("alice Example"), "whose account it is: {}", page.text());
    let form = page.form();
    form.submit(&mut browser).await.reply.expect(200);
    browser.get("/account").await.expect("account");
    form.submit(&mut app.browser()).await.refused(403);
    let mut other = app.browser();
    other.get(&url).await.refused(410);
    // Five minutes, and no more.
    app.clock.advance(minutes(1));
    let url = ann.says(&app, "/login").await.button("Sign in").to_owned();
    app.clock.advance(minutes(5));
    other.get(&url).await.refused(410);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_factor_stays_for_who_comes_by_a_link_of_the_bot() {
    let (server, app) = with_bot(|_| {}).await;
    let ann = Person::new(&server, ANN, "Anna");
    let mut first = app.browser().sign_in("alice").await;
    bind(&app, &mut first, &ann).await;
    server.next(ANN).await;
    let authenticator = first.set_up_authenticator().await;
    app.clock.advance(minutes(1));
    let url = ann.says(&app, "/login").await.button("Sign in").to_owned();
    let mut browser = app.browser();
    let half = browser.get(&url).await.form().submit(&mut browser).await;
    let code = authenticator.code(&app);
    half.expect("second-factor").form().fill("code", &code).submit(&mut browser).await.reply.expect(200);
    browser.get("/account").await.expect("account");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_registers_in_the_chat_and_adds_an_address_and_a_password_later_with_the_same_sub() {
    let (server, app) = with_bot(|config| {
        config.channels[0].sign_up = true;
        config.mail.from = Some(sender());
    })
    .await;
    let rp = app.relying_party().await;
    let ann = Person::new(&server, ANN, "Anna").speaking("ru-RU");
    let said = ann.says(&app, "/register").await;
    assert!(said.text.starts_with("Ваш аккаунт в Northwind создан"), "{}", said.text);
    let again = ann.says(&app, "/register").await;
    assert!(again.text.starts_with("Этот чат уже подключён"), "{}", again.text);
    assert_eq!((app.rows("user_account").await, app.rows("user_identifier").await), (2 - 1, 0));
    app.clock.advance(minutes(1));
    let url = ann.says(&app, "/login").await.button("Войти").to_owned();
    let mut browser = app.browser();
    browser.get(&url).await.form().submit(&mut browser).await.reply.expect(200);
    let before = browser.authorize(&rp).await;
    let sub = rp.claims(&browser.go_on(before).await).await["sub"].clone();
    // The address, by a code that is sent to it.
    let page = browser.get("/account/email").await;
    let page = page.expect("email").form().fill("email", "anna@example.com").submit(&mut browser).await;
    let letter = app.letter_to("anna@example.com").await;
    let code = crate::harness::code_in(&letter);
    page.form().fill("code", &code).submit(&mut browser).await.reply.expect(200);
    // A first password is set by a letter, which leaves the chat that the account was made by.
    let page = browser.get("/forgot-password").await;
    page.form().fill("identifier", "anna@example.com").submit(&mut browser).await.reply.expect(200);
    let link = link_in(&app.letter_to("anna@example.com").await);
    let page = browser.get(&link).await;
    page.form().fill("password", PASSWORD).submit(&mut browser).await.reply.expect(200);
    assert_eq!(app.rows("channel_binding").await, 1);
    app.clock.advance(minutes(1));
    let mut other = app.browser();
    let page = other.get(&rp.request().path()).await;
    let form = page.form().fill("identifier", "anna@example.com").fill("password", PASSWORD);
    let page = form.submit(&mut other).await;
    assert_eq!(rp.claims(&other.go_on(page).await).await["sub"], sub);
    assert_eq!(app.rows("user_account WHERE profile LIKE '%Anna%'").await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_chat_that_is_the_only_way_in_stays_and_one_with_a_bot_that_is_gone_is_none() {
    let (server, app) = with_bot(|config| {
        config.channels[0].sign_in = false;
        config.channels[0].sign_up = true;
    })
    .await;
    let ann = Person::new(&server, ANN, "Anna");
    ann.says(&app, "/register").await;
    app.clock.advance(minutes(1));
    let url = ann.says(&app, "/login").await.button("Sign in").to_owned();
    let mut browser = app.browser();
    browser.get(&url).await.form().submit(&mut browser).await.reply.expect(200);
    // Nobody comes in by the account at Telegram alone here: there is neither a button nor a Mini App.
    for others in 0..2 {
        let page = browser.get("/account/channels").await;
        assert!(page.text().contains("This chat cannot be disconnected"), "{}", page.text());
        assert_eq!(page.buttons("disconnect").len(), others, "{}", page.text());
        app.sql(
            "INSERT INTO channel_binding (id, user_id, channel, kind, sender, bound_at)
             SELECT 'x', user_id, 'gone', 'slack', 'U1', bound_at FROM channel_binding WHERE id <> 'x' ON CONFLICT DO NOTHING",
        )
        .await;
    }
    assert_eq!(app.rows("channel_binding").await, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_registers_where_the_channel_or_the_sign_up_is_closed() {
    for (by_channel, sign_up) in [(false, SignUp::Open), (true, SignUp::Closed), (true, SignUp::Invitation)] {
        let (server, app) = with_bot(|config| {
            config.channels[0].sign_up = by_channel;
            config.login.sign_up = sign_up;
        })
        .await;
        let ann = Person::new(&server, ANN, "Anna");
        assert_eq!(ann.says(&app, "/register").await.text, "No account can be made here.");
        let help = ann.says(&app, "hello").await.text;
        assert!(help.contains("/link") && !help.contains("/register"), "{help}");
        assert_eq!(app.rows("user_account").await, 0);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reset_takes_the_chats_that_were_bound_lately_and_an_export_tells_of_them() {
    let (server, app) = with_bot(|_| {}).await;
    let ann = Person::new(&server, ANN, "Anna");
    let mut browser = app.browser().sign_in("alice").await;
    bind(&app, &mut browser, &ann).await;
    server.next(ANN).await;
    let id = app.person("alice").await.id;
    let export = latchkey::account::export::export(&app.app, &id).await.unwrap().unwrap();
    assert_eq!(export["chats_with_bots"][0]["sender"], ANN.to_string());
    let gone = latchkey::account::factors::reset(&app.app, &id).await.unwrap();
    assert!(gone.links);
    assert_eq!((app.rows("channel_binding").await, app.rows("upstream_account").await), (0, 0));
    assert!(ann.says(&app, "/login").await.text.contains("not connected"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unlinking_the_account_at_the_messenger_takes_its_chats_along() {
    let (server, app) = with_bot(|_| {}).await;
    let ann = Person::new(&server, ANN, "Anna");
    let mut browser = app.browser().sign_in("alice").await;
    bind(&app, &mut browser, &ann).await;
    let page = browser.get("/account/connections").await;
    page.press("disconnect").submit(&mut browser).await.reply.expect(200);
    assert_eq!((app.rows("channel_binding").await, app.rows("upstream_account").await), (0, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_replica_hears_the_bot_and_another_one_shows_the_pages() {
    let (server, app) = with_bot(|_| {}).await;
    let (heard_at, rp) = (app.replica().await, app.relying_party().await);
    let ann = Person::new(&server, ANN, "Anna");
    // From the chat.
    let mut alice = app.browser().sign_in("alice").await;
    let said = ann.says(&heard_at, "/link").await;
    let page = alice.get("/account/channels").await;
    let form = page.forms_to("/account/channels").pop().unwrap();
    let asked = form.fill("code", &code_in(&said.text)).submit(&mut alice).await;
    let page = asked.press("confirm").submit(&mut alice).await;
    assert!(page.text().contains("The chat is connected."), "{}", page.text());
    assert!(server.next(ANN).await.text.starts_with("This chat is connected to your account"));
    page.press("disconnect").submit(&mut alice).await.reply.expect(200);
    assert_eq!(app.rows("channel_binding").await, 0);
    // From the account.
    let page = alice.get("/account/channels").await.press("connect").submit(&mut alice).await;
    let payload = page.link("Open Northwind bot").split_once("start=").unwrap().1.to_owned();
    let asked = ann.says(&heard_at, &format!("/start {payload}")).await;
    ann.chooses(&heard_at, &asked, "Yes").await;
    let page = alice.get(&page.url).await;
    page.press("confirm").submit(&mut alice).await.reply.expect(200);
    assert!(server.next(ANN).await.text.starts_with("This chat is connected to your account"));
    assert_eq!(app.rows("channel_binding").await, 1);
    // A sign-in that is approved.
    app.clock.advance(minutes(1));
    let mut browser = app.browser();
    let page = browser.get(&rp.request().path()).await;
    let page = page.press("channel").submit(&mut browser).await;
    let payload = page.link("Open Northwind bot").split_once("start=").unwrap().1.to_owned();
    let asked = ann.says(&heard_at, &format!("/start {payload}")).await;
    assert_eq!(ann.chooses(&heard_at, &asked, &number_on(&page)).await, "Confirmed. Go on in the browser.");
    let page = browser.get(&page.url).await.press("finish").submit(&mut browser).await;
    let claims = rp.claims(&browser.go_on(page).await).await;
    assert_eq!(claims["sub"], app.person("alice").await.sub);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_that_telegram_wants_later_is_sent_later_and_once() {
    let (server, app) = with_bot(|_| {}).await;
    let ann = Person::new(&server, ANN, "Anna");
    let sends = || server.calls().iter().filter(|call| *call == "sendMessage").count();
    server.flood(1, 2);
    let began = std::time::Instant::now();
    let said = ann.says(&app, "/link").await;
    assert!(began.elapsed() >= std::time::Duration::from_secs(2), "not before Telegram takes it");
    assert_eq!((sends(), server.count(ANN)), (2, 1));
    // What it says has not changed meanwhile.
    let mut alice = app.browser().sign_in("alice").await;
    let page = alice.get("/account/channels").await;
    let form = page.forms_to("/account/channels").pop().unwrap();
    form.fill("code", &code_in(&said.text)).submit(&mut alice).await.press("confirm");
    // Others are not kept waiting by it, and the next message is sent as ever.
    assert!(ann.says(&app, "hello").await.text.starts_with("Hello!"));
    assert_eq!((sends(), server.count(ANN)), (3, 2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_chat_is_not_bound_while_somebody_else_links_its_person() {
    let (server, app) = with_bot(|_| {}).await;
    let ann = Person::new(&server, ANN, "Anna");
    let mut alice = app.browser().sign_in("alice").await;
    let said = ann.says(&app, "/link").await;
    let page = alice.get("/account/channels").await;
    let form = page.forms_to("/account/channels").pop().unwrap();
    let asked = form.fill("code", &code_in(&said.text)).submit(&mut alice).await;
    let bob = app.user("bob").await;
    // Another replica has linked the account at Telegram to bob, and has not committed that yet.
    let DatabaseUrl::Postgres(url) = app.app.config.database_url() else { return left_out("PostgreSQL") };
    let mut other = sqlx::AnyConnection::connect(url.expose()).await.unwrap();
    let mut tx = other.begin().await.unwrap();
    let sql = "INSERT INTO upstream_account (id, user_id, provider, issuer, subject, linked_at)
               VALUES ('x', $1, 'telegram', 'https://oauth.telegram.org', '987654321', 1)";
    sqlx::query(sql).bind(bob.id.as_str()).execute(&mut *tx).await.unwrap();
    let confirm = asked.press("confirm");
    let confirming = tokio::spawn(async move { confirm.submit(&mut alice).await.text() });
    let waits = "pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    while app.rows(waits).await == 0 {
        tokio::task::yield_now().await;
    }
    tx.commit().await.unwrap();
    let told = confirming.await.unwrap();
    assert!(told.contains("that chat, or its person, belongs to another account here"), "{told}");
    assert_eq!((app.rows("channel_binding").await, app.rows("upstream_account").await), (0, 1));
}
