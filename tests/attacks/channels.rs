//! Bots: what somebody sends who wants to act for somebody else, or to be let in as them.

use latchkey::account::{delete, users};
use latchkey::channels::{self, receive, webhook};
use latchkey::config::{ChannelKind, Config, DeclaredChannel, SignUp, Updates};
use latchkey::oidc::client::metadata::ClientKind;
use latchkey::store::installation::channel_receiver::Noted;
use latchkey::store::people::user;
use latchkey::telegram::update::Update;
use serde_json::{Value, json};

use crate::harness::{BOT_TOKEN, BotApi, Person, RelyingParty, TestApp, made_up, minutes, number_on, poll, seconds};

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
