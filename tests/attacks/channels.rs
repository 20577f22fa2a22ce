//! Bots: what somebody sends who wants to act for somebody else, or to be let in as them.

use latchkey::account::{delete, factors, users};
use latchkey::base::network::Network;
use latchkey::channels::{self, receive, webhook};
use latchkey::config::{ChannelKind, Config, DeclaredChannel, RoleNetworks, SignUp, Updates};
use latchkey::federation::changes;
use latchkey::oidc::client::metadata::ClientKind;
use latchkey::store::installation::channel_receiver::Noted;
use latchkey::store::people::user;
use latchkey::telegram::update::Update;
use serde_json::{Value, json};

use crate::harness::{
    BOT_TOKEN, Behaviour, BotApi, Browser, Double, Form, Page, Person, RelyingParty, Reply, Said, TestApp, made_up,
    minutes, number_on, poll, seconds,
};

const ANN: i64 = 987_654_321;
const EXCHANGE: (&str, &str) = ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange");
const SENDER: (&str, &str) = ("subject_token_type", "urn:latchkey:params:oauth:token-type:channel-sender");

async fn with_bot(updates: Updates, change: impl FnOnce(&mut Config)) -> (BotApi, TestApp, RelyingParty) {
    let server = BotApi::start().await;
    let app = TestApp::with(|config| {
        config.login.sign_up = SignUp::Open;
        server.declare(config, updates);
        config.channels[0].client = Some("bot".to_owned());
        config.channels[0].approvals = true;
        change(config);
    })
    .await;
    let bot = app
        .client(ClientKind::Service, |new| {
            new.client_id = Some("bot".to_owned());
            new.redirect_uris.clear();
            new.metadata.scope = "read write".to_owned().try_into().unwrap();
            new.metadata.default_resources = vec!["https://api.example".to_owned()];
        })
        .await;
    (server, app, bot)
}

/// Binds the chat of Ann to the account of alice.
async fn bound(app: &TestApp, bot: &RelyingParty) {
    let fields = [("sender", "987654321"), ("name", "Anna")];
    let code = bot.post("/channels/main/codes", &fields).await.expect(200).json()["code"].as_str().unwrap().to_owned();
    let mut browser = app.browser().sign_in("alice").await;
    let page = browser.get("/account/channels").await;
    let form = page.forms_to("/account/channels").pop().unwrap().fill("code", &code);
    let asked = form.submit(&mut browser).await;
    asked.press("confirm").submit(&mut browser).await.reply.expect(200);
    assert_eq!(app.rows("channel_binding").await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn l3_an_exchange_gives_what_the_client_may_have_and_nothing_else_and_falls_back_to_nothing() {
    let (_server, app, bot) = with_bot(Updates::None, |_| {}).await;
    bound(&app, &bot).await;
    let ask = |more: &[(&'static str, &'static str)]| {
        let fields: Vec<_> = [&[EXCHANGE, SENDER, ("subject_token", "987654321")], more].concat();
        let bot = bot.clone();
        async move { bot.post("/token", &fields).await }
    };
    let good = ask(&[]).await.tokens();
    assert_eq!((good.scope.as_str(), good.refresh_token), ("read write", None));
    assert_eq!(ask(&[("scope", "read admin openid offline_access")]).await.tokens().scope, "read");
    for scope in ["admin", "openid", "offline_access", "channel:register"] {
        ask(&[("scope", scope)]).await.error("invalid_scope");
    }
    ask(&[("resource", "https://other.example")]).await.error("invalid_target");
    ask(&[("audience", "https://api.example")]).await.error("invalid_target");
    ask(&[("actor_token", "x"), ("actor_token_type", "urn:ietf:params:oauth:token-type:jwt")])
        .await
        .error("invalid_request");
    ask(&[("requested_token_type", "urn:ietf:params:oauth:token-type:refresh_token")]).await.error("invalid_request");
    // Nothing else stands for the person.
    for (kind, token) in [
        ("urn:ietf:params:oauth:token-type:access_token", good.access_token.as_str()),
        ("urn:ietf:params:oauth:token-type:jwt", good.access_token.as_str()),
        ("urn:ietf:params:oauth:token-type:id_token", "x"),
        ("chat_id", "987654321"),
    ] {
        let fields = [EXCHANGE, ("subject_token_type", kind), ("subject_token", token)];
        bot.post("/token", &fields).await.error("invalid_request");
    }
    for sender in ["alice", "alice@example.com", &*app.person("alice").await.sub, "@anna", "+49301234567", ""] {
        bot.post("/token", &[EXCHANGE, SENDER, ("subject_token", sender)]).await.error("invalid_request");
    }
    // The token is the person's at the API, and opens nothing here.
    assert_eq!(bot.userinfo(&good.access_token).await.status, 401);
    let told = bot.introspect(&good.access_token).await.json();
    assert_eq!((&told["sub"], &told["act"]["sub"]), (&json!(app.person("alice").await.sub), &json!("bot")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn l3_a_client_that_requires_a_second_factor_gets_no_token_by_a_chat() {
    let (_server, app, bot) = with_bot(Updates::None, |_| {}).await;
    bound(&app, &bot).await;
    app.sql("UPDATE client SET metadata = REPLACE(metadata, '\"require_second_factor\":false', '\"require_second_factor\":true')")
        .await;
    let fields = [EXCHANGE, SENDER, ("subject_token", "987654321")];
    bot.post("/token", &fields).await.error("invalid_request");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn l3_no_client_asks_for_the_channel_of_another_one() {
    let (_server, app, bot) = with_bot(Updates::None, |config| {
        config.channels.push(DeclaredChannel {
            name: "other".to_owned(),
            kind: ChannelKind::Slack,
            client: Some("another".to_owned()),
            ..DeclaredChannel::default()
        });
    })
    .await;
    let public = app.spa().await;
    for what in ["codes", "starts", "answers", "tickets", "people"] {
        let fields = [("sender", "U1"), ("payload", "lk-x"), ("question", "x"), ("answer", "yes")];
        for channel in ["other", "nowhere"] {
            bot.post(&format!("/channels/{channel}/{what}"), &fields).await.error("unauthorized_client");
        }
        public.post(&format!("/channels/main/{what}"), &fields).await.expect(401);
        app.post(&format!("/channels/main/{what}"), &fields).await.expect(401);
        for sender in ["-1001234567890", "9007199254740993", "alice", ""] {
            bot.post(&format!("/channels/main/{what}"), &[("sender", sender)]).await.error("invalid_request");
        }
    }
    // The scope lets a client register people, and nothing else does.
    bot.post("/channels/main/people", &[("sender", "5")]).await.error("unauthorized_client");
    assert_eq!(app.rows("user_account").await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn k5_neither_a_number_nor_a_name_nor_a_contact_links_anybody() {
    let (server, app, _) = with_bot(Updates::Polling, |_| {}).await;
    app.user("alice").await;
    let named = Person::new(&server, 5, "alice Example");
    let chat = json!({ "id": 5, "type": "private" });
    let from = json!({ "id": 5, "is_bot": false, "first_name": "alice Example", "username": "alice" });
    let contact = json!({ "phone_number": "+49301234567", "first_name": "alice", "user_id": 5 });
    server.happens(json!({ "message": { "message_id": 1, "chat": chat, "from": from, "contact": contact } }));
    poll(&app).await;
    server.next(5).await;
    for text in ["alice", "alice@example.com", "/login alice", "/start alice", "/link alice@example.com"] {
        app.clock.advance(minutes(1));
        let said = named.says(&app, text).await;
        assert!(!said.text.contains("signs you in at"), "{text}: {}", said.text);
    }
    assert_eq!((app.rows("channel_binding").await, app.rows("upstream_account").await), (0, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn k5_groups_bots_and_forged_buttons_get_nothing() {
    let (server, app, bot) = with_bot(Updates::Polling, |_| {}).await;
    bound(&app, &bot).await;
    let ann = Person::new(&server, ANN, "Anna");
    server.next(ANN).await;
    let from = json!({ "id": ANN, "is_bot": false, "first_name": "Anna" });
    let said = |chat: Value, from: &Value, text: &str| json!({ "message": { "message_id": 1, "chat": chat, "from": from, "text": text } });
    // In a group, everybody would read the link.
    server.happens(said(json!({ "id": -100_123, "type": "supergroup" }), &from, "/login"));
    server.happens(said(json!({ "id": -100_123, "type": "private" }), &from, "/login"));
    server.happens(said(json!({ "id": 5, "type": "private" }), &from, "/login"));
    let robot = json!({ "id": 7, "is_bot": true, "first_name": "Robot" });
    server.happens(said(json!({ "id": 7, "type": "private" }), &robot, "/link"));
    server.happens(
        json!({ "channel_post": { "message_id": 1, "chat": { "id": -5, "type": "channel" }, "text": "/login" } }),
    );
    server.happens(json!({ "message": "what is this" }));
    poll(&app).await;
    assert!(server.waiting().is_empty(), "what cannot be read does not come again and again");
    // A sign-in that Ann is asked about, answered by others and by made-up buttons.
    let mut browser = app.browser();
    let page = browser.get("/sign-in").await.press("channel").submit(&mut browser).await;
    let payload = page.link("Open Northwind bot").split_once("start=").unwrap().1.to_owned();
    let asked = ann.says(&app, &format!("/start {payload}")).await;
    let number = number_on(&page);
    let mallory = Person::new(&server, 666, "Mallory");
    server.happens(mallory.presses(&asked, asked.button(&number)));
    for data in ["", "a", "a::", "a:x:y:z", "b:AAAAAAAAAAAAAAAAAAAAAA:y", "a:AAAAAAAAAAAAAAAAAAAAAA:42", "\u{0}"] {
        server.happens(ann.presses(&asked, data));
    }
    poll(&app).await;
    let page = browser.get(&page.url).await;
    assert!(page.buttons("finish").is_empty() && page.text().contains("choose this number"), "{}", page.text());
    for nobody in [-100_123, 5, 7, -5] {
        assert_eq!(server.count(nobody), 0, "{nobody}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn k5_an_update_that_comes_twice_counts_once() {
    let (server, app, _) = with_bot(Updates::Polling, |config| config.channels[0].sign_up = true).await;
    let ann = Person::new(&server, ANN, "Anna");
    let update = server.happens(ann.writes("/register"));
    poll(&app).await;
    server.next(ANN).await;
    for _ in 0..3 {
        server.again(update, ann.writes("/register"));
        poll(&app).await;
    }
    assert_eq!((app.rows("user_account").await, server.count(ANN)), (1, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn k5_an_update_counts_once_more_if_whoever_began_with_it_was_killed() {
    for updates in [Updates::Polling, Updates::Webhook] {
        let server = BotApi::start().await;
        let app = TestApp::with(|config| server.declare(config, updates)).await;
        let ann = Person::new(&server, 987_654_321, "Anna");
        let update = server.happens(ann.writes("/link"));
        let now = app.app.now();
        // As a process leaves it that is killed in between.
        app.execute(format!(
            "INSERT INTO channel_update (channel, update_id, received_at, busy_until) VALUES ('main', {update}, {}, {})",
            now.micros(),
            (now + seconds(30)).micros()
        ))
        .await;
        let channel = channels::find(&app.app, "main").unwrap();
        let told = Update::read(server.waiting()[0].clone()).unwrap();
        for (after, noted) in
            [(0, Noted::Busy), (29, Noted::Busy), (1, Noted::Done), (0, Noted::Done), (60, Noted::Done)]
        {
            app.clock.advance(seconds(after));
            if updates == Updates::Webhook {
                let secret = webhook::secret(&app.app, channel);
                let body = server.waiting()[0].to_string();
                let request = http::Request::post("/channels/main/webhook")
                    .header("content-type", "application/json")
                    .header("x-telegram-bot-api-secret-token", secret.expose());
                let answer = app.send(request.body(body.into()).unwrap()).await;
                assert_eq!(answer.status, if noted == Noted::Busy { 503 } else { 200 }, "after {after} s");
            } else {
                assert_eq!(receive::take(&app.app, channel, &told).await.unwrap(), noted, "after {after} s");
            }
        }
        assert!(server.next(ann.id).await.text.contains("code"));
        assert_eq!((server.count(ann.id), app.rows("channel_request").await), (1, 1), "once");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c3_a_link_of_the_bot_ends_with_all_sessions() {
    for way in ["signed out everywhere", "disabled and enabled"] {
        let (server, app, bot) = with_bot(Updates::Polling, |_| {}).await;
        bound(&app, &bot).await;
        let ann = Person::new(&server, ANN, "Anna");
        server.next(ANN).await;
        let url = ann.says(&app, "/login").await.button("Sign in").to_owned();
        let alice = app.person("alice").await;
        if way == "disabled and enabled" {
            delete::disable(&app.app, &alice.id, true).await.unwrap();
            users::enable(&app.app, &alice.id).await.unwrap();
        } else {
            let id = alice.id.clone();
            let end = made_up(move |tx| Box::pin(async move { user::end_all(tx, &id).await }));
            app.app.db.write(end).await.unwrap();
        }
        let page = app.browser().get(&url).await;
        assert!(page.buttons("finish").is_empty() && page.reply.status != 200, "{way}: {}", page.text());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn k5_a_webhook_without_its_secret_is_not_heard() {
    let (server, app, _) = with_bot(Updates::Webhook, |config| config.channels[0].sign_up = true).await;
    let channel = latchkey::channels::find(&app.app, "main").unwrap();
    let api = latchkey::channels::speak::api(&app.app, channel).unwrap();
    latchkey::channels::webhook::set(&app.app, channel, &api, false).await.unwrap();
    let (url, secret) = server.webhook().unwrap();
    assert_eq!(url, format!("{}/channels/main/webhook", app.issuer()));
    let mut update = Person::new(&server, ANN, "Anna").writes("/register");
    update["update_id"] = 1.into();
    let send = |secrets: Vec<String>, body: String| {
        let mut request = http::Request::post("/channels/main/webhook").header("content-type", "application/json");
        for secret in secrets {
            request = request.header("x-telegram-bot-api-secret-token", secret);
        }
        let app = app.clone();
        async move { app.send(request.body(body.into()).unwrap()).await.status.as_u16() }
    };
    let wrong = format!("{}x", &secret[1..]);
    for secrets in
        [vec![], vec![String::new()], vec![wrong], vec![secret.clone(), secret.clone()], vec![BOT_TOKEN.to_owned()]]
    {
        assert_eq!(send(secrets, update.to_string()).await, 401);
    }
    assert_eq!(app.rows("user_account").await, 0);
    let huge = format!("{{\"update_id\":2,\"message\":\"{}\"}}", "x".repeat(4 << 20));
    assert_eq!(send(vec![secret.clone()], huge).await, 413);
    for body in ["", "[]", "{}", "{\"update_id\":3,\"message\":5}", "\u{0}"] {
        assert_eq!(send(vec![secret.clone()], body.to_owned()).await, 200, "it does not come again: {body:?}");
    }
    for _ in 0..2 {
        assert_eq!(send(vec![secret.clone()], update.to_string()).await, 200);
    }
    server.next(ANN).await;
    assert_eq!((app.rows("user_account").await, server.count(ANN)), (1, 1), "twice counts once");
    // Another channel has no such address.
    app.post("/channels/other/webhook", &[]).await.expect(404);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn j6_a_chat_of_somebody_else_is_not_taken_and_both_are_told() {
    let (server, app, bot) = with_bot(Updates::Polling, |_| {}).await;
    bound(&app, &bot).await;
    server.next(ANN).await;
    let mut bob = app.browser().sign_in("bob").await;
    let ann = Person::new(&server, ANN, "Anna");
    let said = ann.says(&app, "/link").await;
    let code =
        said.text.split_whitespace().find(|word| word.len() == 9 && word.as_bytes()[4] == b'-').unwrap().to_owned();
    let page = bob.get("/account/channels").await;
    let asked = page.forms_to("/account/channels").pop().unwrap().fill("code", &code).submit(&mut bob).await;
    let taken = asked.press("confirm").submit(&mut bob).await;
    assert!(taken.text().contains("belongs to another account here"), "{}", taken.text());
    let told = server.next(ANN).await;
    assert!(told.text.starts_with("Nothing was connected: this chat belongs to another account"), "{}", told.text);
    assert_eq!(app.rows("channel_binding").await, 1);
    // What one session has begun, another one does not confirm.
    let other = Person::new(&server, 5, "Bo");
    let said = other.says(&app, "/link").await;
    let code =
        said.text.split_whitespace().find(|word| word.len() == 9 && word.as_bytes()[4] == b'-').unwrap().to_owned();
    let asked = page.forms_to("/account/channels").pop().unwrap().fill("code", &code).submit(&mut bob).await;
    let form = asked.press("confirm");
    let mut carol = app.browser().sign_in("carol").await;
    let page = carol.get("/account/channels").await;
    let mut stolen = page.forms_to("/account/channels").pop().unwrap();
    stolen.fields.push(("confirm".to_owned(), form.get("confirm").unwrap().to_owned()));
    stolen.fields.retain(|(name, _)| name != "code");
    let over = stolen.submit(&mut carol).await;
    assert!(over.text().contains("Nothing was connected: it took too long"), "{}", over.text());
    let after = carol.get("/account/channels").await;
    let again = after.forms_to("/account/channels").pop().unwrap().fill("code", &code).submit(&mut carol).await;
    assert!(again.text().contains("That code is wrong"), "it is bob's: {}", again.text());
    assert_eq!(app.rows("channel_binding").await, 1);
}

/// Begins a sign-in by the chat; returns its page.
async fn begins(browser: &mut Browser) -> Page {
    browser.get("/sign-in?account=another").await.press("channel").submit(browser).await
}

/// What the link to the bot carries on a page.
fn payload_on(page: &Page) -> String {
    page.link("Open Northwind bot").split_once("start=").unwrap().1.to_owned()
}

/// A form that nobody has shown yet, which would finish a sign-in.
fn finishes(page: &Page) -> Form {
    let mut form = page.form_to("/sign-in/channel").fill("finish", "yes");
    form.fields.retain(|(name, _)| name != "identifier");
    form
}

/// Somebody writes to the bot, after a while: a chat is told only so much at once.
async fn says(app: &TestApp, person: &Person, text: &str) -> Said {
    app.clock.advance(seconds(10));
    person.says(app, text).await
}

/// Whether a browser is signed in.
async fn is_in(browser: &mut Browser) -> bool {
    browser.get("/account").await.name() == "account"
}

async fn exchange(bot: &RelyingParty, more: &[(&str, &str)]) -> Reply {
    bot.post("/token", &[&[EXCHANGE, SENDER, ("subject_token", "987654321")], more].concat()).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn k5_a_sign_in_that_its_person_has_not_approved_or_has_refused_is_finished_by_nobody() {
    let (server, app, bot) = with_bot(Updates::Polling, |_| {}).await;
    bound(&app, &bot).await;
    let ann = Person::new(&server, ANN, "Anna");
    server.next(ANN).await;
    app.clock.advance(seconds(10));
    // A stranger types her name, so that it is known whose sign-in it is.
    let mut stranger = app.browser();
    let page = begins(&mut stranger).await;
    let finish = finishes(&page);
    finish.submit(&mut stranger).await.refused(403);
    page.form_to("/sign-in/channel").fill("identifier", "alice").submit(&mut stranger).await;
    let asked = server.next(ANN).await;
    finish.submit(&mut stranger).await.refused(403);
    assert!(!is_in(&mut stranger).await, "she has not answered");
    assert_eq!(ann.chooses(&app, &asked, "It is not me").await, "Refused. Nobody was signed in.");
    finish.submit(&mut stranger).await.refused(403);
    assert!(!is_in(&mut stranger).await, "she has refused");
    // Nor does another browser look at it, or finish it, once she has approved.
    let mut browser = app.browser();
    let page = begins(&mut browser).await;
    let (finish, number) = (finishes(&page), number_on(&page));
    let asked = says(&app, &ann, &format!("/start {}", payload_on(&page))).await;
    assert_eq!(ann.chooses(&app, &asked, &number).await, "Confirmed. Go on in the browser.");
    let own = begins(&mut stranger).await.form_to("/sign-in/channel");
    let stolen = finish.clone().fill("csrf", own.get("csrf").unwrap());
    stranger.get(&page.url).await.refused(400);
    stolen.submit(&mut stranger).await.refused(400);
    assert!(!is_in(&mut stranger).await);
    finish.submit(&mut browser).await.reply.expect(200);
    assert!(is_in(&mut browser).await, "the right one");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn k5_what_waits_at_a_bot_ends_in_time_and_is_of_no_other_use() {
    let (server, app, bot) = with_bot(Updates::Polling, |_| {}).await;
    bound(&app, &bot).await;
    let ann = Person::new(&server, ANN, "Anna");
    server.next(ANN).await;
    let mut late = app.browser();
    let page = begins(&mut late).await;
    let number = number_on(&page);
    let asked = says(&app, &ann, &format!("/start {}", payload_on(&page))).await;
    assert_eq!(ann.chooses(&app, &asked, &number).await, "Confirmed. Go on in the browser.");
    app.clock.advance(minutes(5));
    finishes(&page).submit(&mut late).await.refused(403);
    assert!(!is_in(&mut late).await, "five minutes, and no more");
    // The handle of one thing opens no other one: neither as a link that signs in, nor as the link that names a chat.
    let mut bob = app.browser().sign_in("bob").await;
    let binds = bob.get("/account/channels").await.press("connect").submit(&mut bob).await;
    says(&app, &ann, &format!("/start {}", payload_on(&binds))).await;
    let ticket = says(&app, &ann, "/login").await.button("Sign in").split_once("ticket=").unwrap().1.to_owned();
    let told = bot.post("/channels/main/codes", &[("sender", "5"), ("name", "Bo")]).await.expect(200).json();
    let chat = told["url"].as_str().unwrap().split_once("chat=").unwrap().1.to_owned();
    let signs_in = payload_on(&begins(&mut app.browser()).await);
    for handle in [payload_on(&binds), chat.clone(), signs_in.clone()] {
        app.browser().get(&format!("/sign-in/ticket?ticket={handle}")).await.refused(410);
    }
    let mut carol = app.browser().sign_in("carol").await;
    for (handle, names) in [(payload_on(&binds), false), (ticket.clone(), false), (signs_in, false), (chat, true)] {
        let page = carol.get(&format!("/account/channels?chat={handle}")).await;
        assert_eq!(page.text().contains("wants to be connected to your account"), names, "{}", page.text());
    }
    app.browser().get(&format!("/sign-in/ticket?ticket={ticket}")).await.reply.expect(200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn k5_of_the_links_and_codes_of_a_chat_the_newest_counts_alone_and_of_many_at_once_one() {
    let (server, app, bot) = with_bot(Updates::Polling, |_| {}).await;
    bound(&app, &bot).await;
    let ann = Person::new(&server, ANN, "Anna");
    server.next(ANN).await;
    let first = says(&app, &ann, "/login").await.button("Sign in").to_owned();
    let second = says(&app, &ann, "/login").await.button("Sign in").to_owned();
    app.browser().get(&first).await.refused(410);
    // However many open it.
    let mut ready = Vec::new();
    for _ in 0..8 {
        let mut browser = app.browser();
        ready.push((browser.get(&second).await.form(), browser));
    }
    let mut all = tokio::task::JoinSet::new();
    for (form, mut browser) in ready {
        all.spawn(async move {
            form.submit(&mut browser).await;
            is_in(&mut browser).await
        });
    }
    let came = all.join_all().await.into_iter().filter(|came| *came).count();
    assert_eq!((came, app.rows("channel_request WHERE used_at IS NOT NULL AND purpose = 'ticket'").await), (1, 1));
    let code = async || {
        let told = bot.post("/channels/main/codes", &[("sender", "5"), ("name", "Bo")]).await.expect(200).json();
        told["code"].as_str().unwrap().to_owned()
    };
    let (before, newest) = (code().await, code().await);
    let mut bob = app.browser().sign_in("bob").await;
    for (code, counts) in [(before, false), (newest, true)] {
        let page = bob.get("/account/channels").await;
        let page = page.forms_to("/account/channels").pop().unwrap().fill("code", &code).submit(&mut bob).await;
        assert_eq!(!page.buttons("confirm").is_empty(), counts, "{}", page.text());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn j6_what_was_begun_at_a_bot_lets_nobody_in_once_its_messenger_is_disabled() {
    let (server, app, bot) = with_bot(Updates::Polling, |_| {}).await;
    bound(&app, &bot).await;
    let ann = Person::new(&server, ANN, "Anna");
    server.next(ANN).await;
    let (mut by_link, mut by_number) = (app.browser(), app.browser());
    let url = says(&app, &ann, "/login").await.button("Sign in").to_owned();
    let opens = by_link.get(&url).await.form();
    let page = begins(&mut by_number).await;
    let number = number_on(&page);
    let asked = says(&app, &ann, &format!("/start {}", payload_on(&page))).await;
    assert_eq!(ann.chooses(&app, &asked, &number).await, "Confirmed. Go on in the browser.");
    changes::set_disabled(&app.app, "telegram", true).await.unwrap().unwrap();
    opens.submit(&mut by_link).await;
    finishes(&page).submit(&mut by_number).await;
    assert_eq!((is_in(&mut by_link).await, is_in(&mut by_number).await), (false, false));
    changes::set_disabled(&app.app, "telegram", false).await.unwrap().unwrap();
    opens.submit(&mut by_link).await;
    finishes(&page).submit(&mut by_number).await;
    assert_eq!((is_in(&mut by_link).await, is_in(&mut by_number).await), (true, true), "nothing else was wrong");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn e5_a_bot_acts_for_nobody_whose_account_may_be_used_from_some_networks_alone() {
    let (_server, app, bot) = with_bot(Updates::None, |config| {
        config.role_networks = vec![RoleNetworks {
            role: "staff".to_owned(),
            allowed: vec![Network::parse("0.0.0.0/0").unwrap()],
            denied: Vec::new(),
        }];
    })
    .await;
    bound(&app, &bot).await;
    exchange(&bot, &[]).await.tokens();
    app.give_role("alice", "staff").await;
    exchange(&bot, &[]).await.error("access_denied");
}

/// A second bot, of another client.
async fn with_another(change: impl FnOnce(&mut Config)) -> (BotApi, TestApp, RelyingParty, RelyingParty) {
    let (server, app, bot) = with_bot(Updates::Polling, |config| {
        config.channels.push(DeclaredChannel {
            name: "other".to_owned(),
            kind: ChannelKind::Discord,
            client: Some("another".to_owned()),
            ..DeclaredChannel::default()
        });
        change(config);
    })
    .await;
    let another = app
        .client(ClientKind::Service, |new| {
            new.client_id = Some("another".to_owned());
            new.redirect_uris.clear();
        })
        .await;
    (server, app, bot, another)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn l3_no_client_takes_or_answers_by_its_own_channel_what_waits_at_the_bot_of_another_one() {
    let (_server, app, bot, another) = with_another(|_| {}).await;
    bound(&app, &bot).await;
    let sender = ("sender", "987654321");
    // Mallory binds a chat of theirs by their own code, with the same name at the other bot.
    let mut mallory = app.browser().sign_in("mallory").await;
    let told = another.post("/channels/other/codes", &[sender, ("name", "Anna")]).await.expect(200).json();
    let page = mallory.get("/account/channels").await;
    let form = page.forms_to("/account/channels").pop().unwrap().fill("code", told["code"].as_str().unwrap());
    form.submit(&mut mallory).await.press("confirm").submit(&mut mallory).await.reply.expect(200);
    // A chat that is to be bound: neither the link nor the question is theirs.
    let mut bob = app.browser().sign_in("bob").await;
    let binds = bob.get("/account/channels").await.press("connect").submit(&mut bob).await;
    let payload = payload_on(&binds);
    another.post("/channels/other/starts", &[sender, ("payload", &payload)]).await.error("invalid_grant");
    let asked = bot.post("/channels/main/starts", &[sender, ("payload", &payload)]).await.expect(200).json();
    let question = asked["question"].as_str().unwrap();
    let says_yes = [sender, ("question", question), ("answer", "yes")];
    another.post("/channels/other/answers", &says_yes).await.error("invalid_grant");
    let waits = bob.get(&binds.url).await;
    assert!(waits.buttons("confirm").is_empty(), "nobody has said yes: {}", waits.text());
    bot.post("/channels/main/answers", &says_yes).await.expect(200);
    // A sign-in.
    let mut browser = app.browser();
    let page = begins(&mut browser).await;
    let (payload, number) = (payload_on(&page), number_on(&page));
    another.post("/channels/other/starts", &[sender, ("payload", &payload)]).await.error("invalid_grant");
    let asked = bot.post("/channels/main/starts", &[sender, ("payload", &payload)]).await.expect(200).json();
    let question = asked["question"].as_str().unwrap();
    let chooses = [sender, ("question", question), ("answer", &*number)];
    another.post("/channels/other/answers", &chooses).await.error("invalid_grant");
    finishes(&page).submit(&mut browser).await.refused(403);
    bot.post("/channels/main/answers", &chooses).await.expect(200);
    finishes(&page).submit(&mut browser).await.reply.expect(200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn l3_a_client_with_two_bots_says_which_one_it_means() {
    let (_server, app, bot, _) = with_another(|config| config.channels[1].client = Some("bot".to_owned())).await;
    bound(&app, &bot).await;
    exchange(&bot, &[]).await.error("invalid_request");
    exchange(&bot, &[("channel", "other")]).await.error("invalid_request");
    exchange(&bot, &[("channel", "main")]).await.tokens();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn l3_a_token_of_a_bot_is_good_as_long_as_its_client_runs_that_bot() {
    let (_server, app, bot) = with_bot(Updates::None, |_| {}).await;
    bound(&app, &bot).await;
    let token = exchange(&bot, &[]).await.tokens().access_token;
    assert_eq!(bot.introspect(&token).await.json()["active"], true);
    let mut config = app.app.config.clone();
    config.channels[0].client = Some("another".to_owned());
    let later = app.on(config).await;
    assert_eq!(bot.on(&later).introspect(&token).await.json()["active"], false);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn l3_a_token_of_a_bot_stands_for_nobody_at_another_provider() {
    let double = Double::start().await;
    double.behave(Behaviour { metadata: json!({ "claims_supported": ["sub"] }), ..Behaviour::default() });
    let (_server, app, bot) = with_bot(Updates::None, |config| {
        double.declare(config);
        config.upstreams[0].token_clients = vec!["bot".to_owned()];
    })
    .await;
    bound(&app, &bot).await;
    let mut browser = app.browser().sign_in("alice").await;
    let page = browser.get("/account/connections").await;
    let back = double.set_out_by(&mut browser, page.press("connect").fill("connect", "double")).await;
    browser.get(&back).await.reply.expect(200);
    assert_eq!(app.rows("upstream_token").await, 1);
    let token = exchange(&bot, &[]).await.tokens().access_token;
    let kind = ("subject_token_type", "urn:ietf:params:oauth:token-type:access_token");
    let fields = [EXCHANGE, kind, ("subject_token", &*token), ("audience", "double")];
    bot.post("/token", &fields).await.error("invalid_request");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f8_whoever_disconnects_a_chat_ends_the_sessions_that_it_has_begun() {
    let (server, app, bot) = with_bot(Updates::Polling, |_| {}).await;
    bound(&app, &bot).await;
    let mut owner = app.browser().sign_in("alice").await;
    let ann = Person::new(&server, ANN, "Anna");
    server.next(ANN).await;
    let mut thief = app.browser();
    let url = says(&app, &ann, "/login").await.button("Sign in").to_owned();
    thief.get(&url).await.form().submit(&mut thief).await.reply.expect(200);
    assert!(is_in(&mut thief).await);
    let page = owner.get("/account/channels").await;
    page.press("disconnect").submit(&mut owner).await.reply.expect(200);
    assert_eq!((is_in(&mut thief).await, is_in(&mut owner).await), (false, true));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f8_a_reset_ends_what_waits_at_a_bot() {
    let (_server, app, bot) = with_bot(Updates::None, |_| {}).await;
    bound(&app, &bot).await;
    bot.post("/channels/main/tickets", &[("sender", "987654321")]).await.expect(200);
    let mut thief = app.browser().sign_in("alice").await;
    app.sql("DELETE FROM channel_binding").await;
    thief.get("/account/channels").await.press("connect").submit(&mut thief).await;
    let of_alice = "channel_request WHERE used_at IS NULL AND user_id IS NOT NULL";
    assert_eq!(app.rows(of_alice).await, 2);
    factors::reset(&app.app, &app.person("alice").await.id).await.unwrap();
    assert_eq!(app.rows(of_alice).await, 0);
}

/// Somebody who has nothing but their chat, which has signed them in.
async fn has_a_chat_alone(change: impl FnOnce(&mut Config)) -> (BotApi, TestApp, Browser) {
    let (server, app, _) = with_bot(Updates::Polling, |config| {
        config.channels[0].sign_up = true;
        change(config);
    })
    .await;
    let ann = Person::new(&server, ANN, "Anna");
    says(&app, &ann, "/register").await;
    let url = says(&app, &ann, "/login").await.button("Sign in").to_owned();
    let mut browser = app.browser();
    browser.get(&url).await.form().submit(&mut browser).await.reply.expect(200);
    (server, app, browser)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_chat_that_has_become_the_only_way_in_stays_whatever_form_was_shown_before() {
    let (_server, app, mut browser) = has_a_chat_alone(|config| {
        config.channels.push(DeclaredChannel {
            name: "team".to_owned(),
            kind: ChannelKind::Slack,
            client: Some("team".to_owned()),
            ..DeclaredChannel::default()
        });
    })
    .await;
    app.sql(
        "INSERT INTO channel_binding (id, user_id, channel, kind, sender, bound_at)
         SELECT 'x', user_id, 'team', 'slack', 'U1', bound_at FROM channel_binding",
    )
    .await;
    let page = browser.get("/account/channels").await;
    assert_eq!(page.buttons("disconnect").len(), 2, "one of them can go: {}", page.text());
    let both = page.buttons("disconnect");
    app.sql("DELETE FROM channel_binding WHERE id = 'x'").await;
    for one in &both {
        page.press("disconnect").fill("disconnect", one).submit(&mut browser).await;
    }
    assert_eq!(app.rows("channel_binding").await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_messenger_that_is_disabled_is_no_way_in_that_stays() {
    let double = Double::start().await;
    let (_server, app, mut browser) = has_a_chat_alone(|config| {
        config.channels[0].sign_in = true;
        double.declare(config);
    })
    .await;
    let page = browser.get("/account/connections").await;
    let back = double.set_out_by(&mut browser, page.press("connect").fill("connect", "double")).await;
    let page = browser.get(&back).await;
    let both = page.expect("connections").buttons("disconnect");
    assert_eq!(both.len(), 2, "{}", page.text());
    changes::set_disabled(&app.app, "telegram", true).await.unwrap().unwrap();
    // The one that was connected last cannot go; that at Telegram can.
    page.press("disconnect").fill("disconnect", &both[1]).submit(&mut browser).await;
    assert_eq!(app.rows("upstream_account").await, 2, "nothing else lets them in");
    page.press("disconnect").fill("disconnect", &both[0]).submit(&mut browser).await;
    assert_eq!(app.texts("SELECT provider FROM upstream_account").await, ["double"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn k5_an_update_that_could_not_be_taken_counts_when_it_comes_again() {
    let (server, app, _) = with_bot(Updates::Polling, |_| {}).await;
    let ann = Person::new(&server, ANN, "Anna");
    server.happens(ann.writes("/link"));
    let channel = channels::find(&app.app, "main").unwrap();
    let update = Update::read(server.waiting()[0].clone()).unwrap();
    app.sql("ALTER TABLE channel_request RENAME TO out_of_order").await;
    assert!(receive::take(&app.app, channel, &update).await.is_err());
    app.sql("ALTER TABLE out_of_order RENAME TO channel_request").await;
    assert_eq!(receive::take(&app.app, channel, &update).await.unwrap(), Noted::Done);
    assert!(server.next(ANN).await.text.contains("code"));
    assert_eq!(app.rows("channel_request").await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn q3_what_anybody_can_ask_of_a_bot_is_limited() {
    let (server, app, bot) = with_bot(Updates::Polling, |config| config.channels[0].sign_up = true).await;
    bound(&app, &bot).await;
    let ann = Person::new(&server, ANN, "Anna");
    server.next(ANN).await;
    // Codes, of a sender.
    let mut codes = 0;
    while bot.post("/channels/main/codes", &[("sender", "5")]).await.status == 200 {
        codes += 1;
        assert!(codes < 50);
    }
    assert!((2..=10).contains(&codes), "{codes}");
    // Who is asked by a name that is typed, of a network, whoever it is.
    let mut pages = Vec::new();
    for _ in 0..2 {
        let mut browser = app.browser();
        pages.push((begins(&mut browser).await, browser));
    }
    let call = async |at: usize, name: &str, pages: &mut Vec<(Page, Browser)>| {
        let (page, browser) = &mut pages[at];
        let form = page.form_to("/sign-in/channel").fill("identifier", name);
        form.submit(browser).await.reply.expect(200);
    };
    for _ in 0..30 {
        call(0, "nobody", &mut pages).await;
    }
    call(1, "alice", &mut pages).await;
    // Sign-ins that are begun, of a network.
    let mut begun = 0;
    let mut browser = app.browser();
    let form = browser.get("/sign-in").await.press("channel");
    while form.submit(&mut browser).await.reply.status == 200 {
        begun += 1;
        assert!(begun < 100);
    }
    assert!((5..=30).contains(&begun), "{begun}");
    let said = says(&app, &ann, "hello").await;
    assert!(said.text.starts_with("Hello!"), "and no question before: {}", said.text);
    // What a sender writes.
    let loud = Person::new(&server, 6, "Bo");
    for _ in 0..30 {
        server.happens(loud.writes("hello"));
    }
    server.happens(loud.writes("/register"));
    poll(&app).await;
    assert!(server.waiting().is_empty(), "it is taken");
    assert_eq!(app.rows("channel_binding").await, 1, "and nothing is done about it");
    app.clock.advance(minutes(5));
    server.happens(loud.writes("/register"));
    poll(&app).await;
    assert_eq!(app.rows("channel_binding").await, 2);
}
