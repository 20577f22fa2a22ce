//! FB2, FB3, FB4, FB5, FB6, DX4: the bot of a product acts for the people who have bound their chat with it. The product's own program receives
//! what they write, and asks by the API; one of them is at Telegram, another one at Slack.

use latchkey::account::delete;
use latchkey::config::{ChannelKind, Config, DeclaredChannel, SecondFactor, SignUp};
use latchkey::federation::changes;
use latchkey::oidc::client::metadata::ClientKind;
use serde_json::Value;

use crate::harness::{
    BOT_TOKEN, BotApi, Browser, PASSWORD, Page, Person, Process, RelyingParty, Reply, TestApp, free_port, minutes,
    number_on, sender, server_or_left_out,
};

const ANN: &str = "987654321";
const API: &str = "https://api.example";
const EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const SENDER: &str = "urn:latchkey:params:oauth:token-type:channel-sender";

fn channel(name: &str, kind: ChannelKind, client: &str) -> DeclaredChannel {
    DeclaredChannel {
        name: name.to_owned(),
        label: Some(format!("The {name} bot")),
        kind,
        client: Some(client.to_owned()),
        sign_up: true,
        ..DeclaredChannel::default()
    }
}

/// A provider with two bots of a product: "finance" at Telegram and "team" at Slack, each with a client of its own.
async fn with_bots(change: impl FnOnce(&mut Config)) -> (TestApp, RelyingParty, RelyingParty) {
    let app = TestApp::with(|config| {
        config.login.sign_up = SignUp::Open;
        let telegram = DeclaredChannel {
            username: Some("finance_bot".to_owned()),
            ..channel("finance", ChannelKind::Telegram, "bot")
        };
        config.channels = vec![telegram, channel("team", ChannelKind::Slack, "slack-bot")];
        change(config);
    })
    .await;
    let bot = |id: &'static str| {
        let app = app.clone();
        async move {
            app.client(ClientKind::Service, |new| {
                new.client_id = Some(id.to_owned());
                new.redirect_uris.clear();
                new.metadata.scope = "finance:read finance:write channel:register".to_owned().try_into().unwrap();
                new.metadata.default_resources = vec![API.to_owned()];
            })
            .await
        }
    };
    (app.clone(), bot("bot").await, bot("slack-bot").await)
}

async fn exchange(bot: &RelyingParty, sender: &str) -> Reply {
    exchange_with(bot, sender, &[]).await
}

async fn exchange_with(bot: &RelyingParty, sender: &str, more: &[(&str, &str)]) -> Reply {
    let fields = [("grant_type", EXCHANGE), ("subject_token_type", SENDER), ("subject_token", sender)];
    bot.post("/token", &[&fields, more].concat()).await
}

/// The code and the link that a bot shows to a sender.
async fn code(bot: &RelyingParty, channel: &str, sender: &str, name: &str) -> (String, String) {
    let fields = [("sender", sender), ("name", name)];
    let json = bot.post(&format!("/channels/{channel}/codes"), &fields).await.expect(200).json();
    assert_eq!(json["expires_in"], 600);
    (json["code"].as_str().unwrap().to_owned(), json["url"].as_str().unwrap().to_owned())
}

/// Types a code on the page of the account.
async fn types(browser: &mut Browser, url: &str, code: &str) -> Page {
    let page = browser.get(url).await;
    let form = page.expect("channels").forms_to("/account/channels").pop().unwrap();
    form.fill("code", code).submit(browser).await
}

async fn bind(browser: &mut Browser, bot: &RelyingParty, channel: &str, sender: &str) {
    let (code, _) = code(bot, channel, sender, "Anna").await;
    let asked = types(browser, "/account/channels", &code).await;
    let done = asked.press("confirm").submit(browser).await;
    assert!(done.text().contains("The chat is connected."), "{}", done.text());
}

fn claims(reply: Reply) -> Value {
    reply.tokens().access_claims()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fb2_who_registers_by_the_bot_adds_mail_and_password_later_and_keeps_the_sub() {
    let (app, bot, _) = with_bots(|config| config.mail.from = Some(sender())).await;
    let fields = [("sender", ANN), ("name", "Anna"), ("locale", "ru")];
    let made = bot.post("/channels/finance/people", &fields).await.expect(200).json();
    let again = bot.post("/channels/finance/people", &fields).await.expect(200).json();
    assert_eq!((&made["is_new"], &again["is_new"]), (&true.into(), &false.into()));
    assert_eq!(made["sub"], again["sub"]);
    let sub = claims(exchange(&bot, ANN).await)["sub"].clone();
    assert_eq!(sub, made["sub"]);
    assert_eq!(app.rows("user_identifier").await, 0);
    let ticket = bot.post("/channels/finance/tickets", &[("sender", ANN)]).await.expect(200).json();
    assert_eq!(ticket["expires_in"], 300);
    let mut browser = app.browser();
    let page = browser.get(ticket["url"].as_str().unwrap()).await;
    page.form().submit(&mut browser).await.reply.expect(200);
    let page = browser.get("/account/email").await;
    let page = page.expect("email").form().fill("email", "anna@example.com").submit(&mut browser).await;
    let letter = app.letter_to("anna@example.com").await;
    page.form().fill("code", &crate::harness::code_in(&letter)).submit(&mut browser).await.reply.expect(200);
    // A first password is set by a letter.
    let page = browser.get("/forgot-password").await;
    page.form().fill("identifier", "anna@example.com").submit(&mut browser).await.reply.expect(200);
    let link = crate::harness::link_in(&app.letter_to("anna@example.com").await);
    let page = browser.get(&link).await;
    page.form().fill("password", PASSWORD).submit(&mut browser).await.reply.expect(200);
    app.clock.advance(minutes(1));
    let mut other = app.browser();
    let page = other.get("/sign-in?return=account").await;
    let page = page.form().fill("identifier", "anna@example.com").fill("password", PASSWORD).submit(&mut other).await;
    page.expect("account");
    assert_eq!(app.person("anna@example.com").await.sub, sub.as_str().unwrap());
    assert_eq!(claims(exchange(&bot, ANN).await)["sub"], sub, "and the bot acts for the same person");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fb3_a_signed_in_person_types_the_code_sees_the_name_and_confirms_and_the_bot_gets_tokens() {
    let (app, bot, _) = with_bots(|_| {}).await;
    let mut browser = app.browser().sign_in("alice").await;
    let (right, url) = code(&bot, "finance", ANN, "Anna").await;
    assert!(url.starts_with(&format!("{}/account/channels?chat=", app.issuer())) && !url.contains(&right), "{url}");
    let asked = types(&mut browser, "/account/channels", &right.to_lowercase().replace('-', " ")).await;
    assert!(asked.text().contains("Is this you: Anna, in the chat with The finance bot?"), "{}", asked.text());
    assert!(asked.text().contains("The bot then acts for you at The Herons' Club."), "{}", asked.text());
    exchange(&bot, ANN).await.error("invalid_request");
    asked.press("confirm").submit(&mut browser).await.reply.expect(200);
    let reply = exchange(&bot, ANN).await.expect(200);
    let json = reply.json();
    assert_eq!(json["issued_token_type"], "urn:ietf:params:oauth:token-type:access_token");
    assert!(json.get("refresh_token").is_none() && json.get("id_token").is_none(), "{json}");
    let told = claims(reply);
    assert_eq!(told["sub"], app.person("alice").await.sub);
    assert_eq!((&told["act"]["sub"], &told["client_id"], &told["aud"]), (&"bot".into(), &"bot".into(), &API.into()));
    // Used, and another one's.
    let used = types(&mut browser, "/account/channels", &right).await;
    assert!(used.text().contains("That code is wrong, too old or was used."), "{}", used.text());
    // Expired.
    let mut bob = app.browser().sign_in("bob").await;
    let (old, _) = code(&bot, "finance", "5", "Bo").await;
    app.clock.advance(minutes(10));
    let mut bob = {
        bob.close();
        bob.sign_in("bob").await
    };
    let over = types(&mut bob, "/account/channels", &old).await;
    assert!(over.text().contains("That code is wrong, too old or was used."), "{}", over.text());
    // The sixth try, though right.
    let (right, _) = code(&bot, "finance", "5", "Bo").await;
    for _ in 0..4 {
        types(&mut bob, "/account/channels", "0000-0000").await;
    }
    let sixth = types(&mut bob, "/account/channels", &right).await;
    assert!(sixth.text().contains("Too many codes were typed."), "{}", sixth.text());
    assert_eq!(app.rows("channel_binding").await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fb4_a_bare_number_another_client_a_group_an_unbound_and_a_disabled_person_get_no_token() {
    let (app, bot, other) = with_bots(|_| {}).await;
    let document = app.get("/.well-known/openid-configuration").await.json();
    assert!(
        document["grant_types_supported"].as_array().unwrap().contains(&EXCHANGE.into()),
        "where a client runs a bot"
    );
    exchange(&bot, ANN).await.error("invalid_request");
    bind(&mut app.browser().sign_in("alice").await, &bot, "finance", ANN).await;
    exchange(&bot, ANN).await.expect(200);
    for sender in ["-1001234567890", "987654322", "0", "987654321 ", "9007199254740993", "+987654321"] {
        exchange(&bot, sender).await.error("invalid_request");
    }
    exchange(&other, ANN).await.error("invalid_request");
    exchange_with(&other, ANN, &[("channel", "finance")]).await.error("invalid_request");
    let stranger = app.service().await;
    exchange(&stranger, ANN).await.error("unauthorized_client");
    let token = exchange(&bot, ANN).await.tokens().access_token;
    assert_eq!(bot.introspect(&token).await.json()["active"], true);
    delete::disable(&app.app, &app.person("alice").await.id, false).await.unwrap();
    exchange(&bot, ANN).await.error("invalid_request");
    assert_eq!(bot.introspect(&token).await.json()["active"], false, "what was issued before, too");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_page_would_ask_first_keeps_the_bot_from_acting_too() {
    let (_app, bot, _) = with_bots(|config| {
        config.terms.version = Some("2026-01".to_owned());
        config.pages.tos_uri = Some("https://example.com/terms".to_owned());
    })
    .await;
    bot.post("/channels/finance/people", &[("sender", ANN), ("name", "Anna")]).await.expect(200);
    exchange(&bot, ANN).await.error("interaction_required");
    let (_app, bot, _) = with_bots(|config| config.login.second_factor = SecondFactor::Everybody).await;
    bot.post("/channels/finance/people", &[("sender", ANN), ("name", "Anna")]).await.expect(200);
    exchange(&bot, ANN).await.error("interaction_required");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn telegram_that_is_disabled_lets_nobody_act_or_come_by_a_bot() {
    let (app, bot, _) = with_bots(|_| {}).await;
    bind(&mut app.browser().sign_in("alice").await, &bot, "finance", ANN).await;
    exchange(&bot, ANN).await.expect(200);
    changes::set_disabled(&app.app, "telegram", true).await.unwrap().unwrap();
    exchange(&bot, ANN).await.error("invalid_request");
    changes::set_disabled(&app.app, "telegram", false).await.unwrap().unwrap();
    exchange(&bot, ANN).await.expect(200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fb5_the_link_of_an_attacker_names_the_stranger_and_wants_a_code_from_the_victims_own_chat() {
    let (app, bot, _) = with_bots(|_| {}).await;
    let (theirs, url) = code(&bot, "finance", "666", "Mallory").await;
    let mut victim = app.browser().sign_in("alice").await;
    let page = victim.get(&url).await;
    assert!(page.text().contains("Mallory wants to be connected to your account"), "{}", page.text());
    assert!(page.text().contains("the code that the bot shows in your own chat"), "{}", page.text());
    assert!(!page.reply.body.contains(&theirs), "the link does not carry the code");
    assert_eq!(page.buttons("confirm"), Vec::<String>::new());
    // The victim's own chat shows another one, which is not for this link.
    let (own, _) = code(&bot, "finance", ANN, "Anna").await;
    let form = page.forms_to("/account/channels").pop().unwrap();
    let refused = form.fill("code", &own).submit(&mut victim).await;
    assert!(refused.text().contains("That code is wrong"), "{}", refused.text());
    assert_eq!(app.rows("channel_binding").await, 0);
    exchange(&bot, "666").await.error("invalid_request");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fb6_a_sign_out_ends_what_the_browser_has_and_leaves_the_binding() {
    let (app, bot, _) = with_bots(|_| {}).await;
    let rp = app.relying_party().await;
    let mut browser = app.browser().sign_in("alice").await;
    bind(&mut browser, &bot, "finance", ANN).await;
    let code = browser.authorize(&rp).await.code();
    let tokens = rp.exchange(&code).await.tokens();
    browser.get(&format!("/end_session?id_token_hint={}", tokens.id_token.as_deref().unwrap())).await;
    rp.refresh(tokens.refresh()).await.error("invalid_grant");
    assert_eq!(rp.introspect(&tokens.access_token).await.json()["active"], false);
    exchange(&bot, ANN).await.expect(200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dx4_telegram_and_slack_are_bound_by_code_and_unbound_unlinked_and_other_bots_are_refused() {
    let (app, bot, slack) = with_bots(|_| {}).await;
    let mut browser = app.browser().sign_in("alice").await;
    for (bot, channel, sender) in [(&bot, "finance", ANN), (&slack, "team", "U02ABCDEF")] {
        exchange(bot, sender).await.error("invalid_request");
        bind(&mut browser, bot, channel, sender).await;
        assert_eq!(claims(exchange(bot, sender).await)["sub"], app.person("alice").await.sub);
    }
    exchange(&bot, "U02ABCDEF").await.error("invalid_request");
    exchange(&slack, ANN).await.error("invalid_request");
    let page = browser.get("/account/channels").await;
    assert_eq!(page.buttons("disconnect").len(), 2);
    let token = exchange(&bot, ANN).await.tokens().access_token;
    page.press("disconnect").submit(&mut browser).await.reply.expect(200);
    exchange(&bot, ANN).await.error("invalid_request");
    assert_eq!(bot.introspect(&token).await.json()["active"], false, "what was issued before, too");
    exchange(&slack, "U02ABCDEF").await.expect(200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cv1_a_link_of_the_bot_leads_to_the_same_sub() {
    let (app, bot, _) = with_bots(|_| {}).await;
    let rp = app.relying_party().await;
    bind(&mut app.browser().sign_in("alice").await, &bot, "finance", ANN).await;
    let ticket = bot.post("/channels/finance/tickets", &[("sender", ANN)]).await.expect(200).json();
    let mut browser = app.browser();
    let page = browser.get(ticket["url"].as_str().unwrap()).await;
    page.form().submit(&mut browser).await.reply.expect(200);
    let page = browser.get(&rp.request().path()).await;
    let sub = rp.claims(&browser.go_on(page).await).await["sub"].clone();
    assert_eq!(sub, app.person("alice").await.sub);
    assert_eq!(claims(exchange(&bot, ANN).await)["sub"], sub);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_bot_of_a_product_asks_by_the_api_what_our_own_asks_in_the_chat() {
    let (app, bot, _) = with_bots(|config| config.channels[0].approvals = true).await;
    let mut browser = app.browser().sign_in("alice").await;
    // A chat that is bound by a link.
    let page = browser.get("/account/channels").await.press("connect").submit(&mut browser).await;
    let payload = page.link("Open The finance bot").split_once("start=").unwrap().1.to_owned();
    let ann = [("sender", ANN), ("name", "Anna")];
    let starts = "/channels/finance/starts";
    let asked = bot.post(starts, &[&ann[..], &[("payload", &payload)]].concat()).await.expect(200).json();
    assert_eq!((&asked["asks"], &asked["account"]), (&"bind".into(), &"alice Example (a…@example.com)".into()));
    bot.post(starts, &[("sender", "5"), ("payload", &payload)]).await.error("invalid_grant");
    let question = asked["question"].as_str().unwrap();
    let answers = "/channels/finance/answers";
    bot.post(answers, &[("sender", "5"), ("question", question), ("answer", "yes")]).await.error("invalid_grant");
    for unfit in ["47", "maybe"] {
        let fields = [("sender", ANN), ("question", question), ("answer", unfit)];
        bot.post(answers, &fields).await.error("invalid_request");
    }
    let yes = bot.post(answers, &[("sender", ANN), ("question", question), ("answer", "yes")]).await.expect(200).json();
    assert_eq!(yes["state"], "confirm_in_browser");
    browser.get(&page.url).await.press("confirm").submit(&mut browser).await.reply.expect(200);
    // A sign-in that is approved.
    app.clock.advance(minutes(1));
    let mut other = app.browser();
    let page = other.get("/sign-in").await.press("channel").submit(&mut other).await;
    let payload = page.link("Open The finance bot").split_once("start=").unwrap().1.to_owned();
    bot.post(starts, &[("sender", "5"), ("payload", &payload)]).await.error("invalid_grant");
    let asked = bot.post(starts, &[("sender", ANN), ("payload", &payload)]).await.expect(200).json();
    assert_eq!((&asked["asks"], asked["numbers"].as_array().unwrap().len()), (&"sign_in".into(), 3));
    let number = number_on(&page);
    let question = asked["question"].as_str().unwrap();
    // What does not fit the question ends nothing, and a stranger is not told that there is one.
    bot.post(answers, &[("sender", ANN), ("question", question), ("answer", "yes")]).await.error("invalid_request");
    bot.post(answers, &[("sender", "5"), ("question", question), ("answer", "yes")]).await.error("invalid_grant");
    assert!(!app.events().await.iter().any(|kind| kind == "channel_sign_in_refused"));
    let fields = [("sender", ANN), ("question", question), ("answer", &*number)];
    assert_eq!(bot.post(answers, &fields).await.expect(200).json()["state"], "approved");
    bot.post(answers, &fields).await.error("invalid_grant");
    other.get(&page.url).await.press("finish").submit(&mut other).await.reply.expect(200);
    other.get("/account").await.expect("account");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bot_of_discord_is_bound_by_code_and_acts_for_its_person() {
    let (app, _, discord) = with_bots(|config| config.channels[1].kind = ChannelKind::Discord).await;
    // A snowflake has more than 52 bits, which would be too many for Telegram.
    let ann = "80351110224678912";
    exchange(&discord, ann).await.error("invalid_request");
    bind(&mut app.browser().sign_in("alice").await, &discord, "team", ann).await;
    let told = claims(exchange(&discord, ann).await);
    assert_eq!((&told["sub"], &told["act"]["sub"]), (&app.person("alice").await.sub.into(), &"slack-bot".into()));
    exchange(&discord, "80351110224678913").await.error("invalid_request");
    assert_eq!(app.rows("channel_binding WHERE kind = 'discord'").await, 1);
    assert_eq!(app.rows("upstream_account").await, 0, "nobody comes by an account at Discord through a bot");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_has_no_name_sets_a_password_by_a_recovery_code_and_the_name_that_the_codes_page_shows() {
    let (app, bot, _) = with_bots(|_| {}).await;
    bot.post("/channels/finance/people", &[("sender", ANN), ("name", "Anna")]).await.expect(200);
    let ticket = bot.post("/channels/finance/tickets", &[("sender", ANN)]).await.expect(200).json();
    let mut browser = app.browser();
    browser.get(ticket["url"].as_str().unwrap()).await.form().submit(&mut browser).await.reply.expect(200);
    let page = browser.get("/account/recovery-codes").await;
    let page = page.form_to("/account/recovery-codes").submit(&mut browser).await;
    let sub = exchange(&bot, ANN).await.tokens().access_claims()["sub"].as_str().unwrap().to_owned();
    assert!(page.text().contains(&sub), "{}", page.text());
    let codes = page.codes();
    let recovery = "/forgot-password/recovery-code";
    let alice = app.user("alice").await;
    // The subject of somebody who has a name is none, and another one's is of no use.
    for (name, status) in [(alice.sub.as_str(), 400), (&sub.to_lowercase(), 400), (&sub, 200)] {
        let mut other = app.browser();
        let form = other.get(recovery).await.form_to(recovery);
        let page = form.fill("identifier", name).fill("recovery_code", &codes[0]).submit(&mut other).await;
        assert_eq!(page.reply.status, status, "{name}: {}", page.text());
        if status == 200 {
            let page = page.form_to(recovery).fill("password", "heron.evening.walk").submit(&mut other).await;
            page.reply.expect(200);
            other.get("/account").await.expect("account");
        }
    }
}

/// What makes a process hear the bot.
fn environment(server: &BotApi) -> Vec<(String, String)> {
    [
        ("OUTBOUND__ALLOWED_NETWORKS", "127.0.0.0/8"),
        ("CHANNELS__0__NAME", "main"),
        ("CHANNELS__0__KIND", "telegram"),
        ("CHANNELS__0__BOT_TOKEN", BOT_TOKEN),
        ("CHANNELS__0__USERNAME", "northwind_bot"),
        ("CHANNELS__0__UPDATES", "polling"),
        ("CHANNELS__0__API", &server.url),
        ("CHANNELS__0__SIGN_UP", "true"),
        ("LOGIN__SIGN_UP", "open"),
    ]
    .map(|(name, value)| (format!("LATCHKEY__{name}"), value.to_owned()))
    .into()
}

async fn process(app: &TestApp, environment: &[(String, String)]) -> Process {
    let port = free_port();
    let listen = ("LATCHKEY__HTTP__LISTEN", format!("127.0.0.1:{port}"));
    let environment = environment.iter().map(|(name, value)| (&**name, &**value));
    Process::start_at(port, &app.app.config, &environment.chain([(listen.0, &*listen.1)]).collect::<Vec<_>>()).await
}

/// Which of the processes asks for the updates.
async fn holder(app: &TestApp, processes: &[Process]) -> usize {
    loop {
        let sql = "SELECT p.name FROM process p JOIN channel_receiver r ON r.process = p.id";
        let row: Option<(String,)> =
            sqlx::query_as(sql).fetch_optional(&mut *app.app.db.read().await.unwrap()).await.unwrap();
        let is_of =
            |process: &Process| row.as_ref().is_some_and(|row| row.0.contains(&format!("process {} ", process.id())));
        if let Some(found) = processes.iter().position(is_of) {
            return found;
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bot_is_heard_by_one_replica_at_a_time_and_by_another_one_as_soon_as_that_stops() {
    if server_or_left_out().is_none() {
        return;
    }
    let server = BotApi::start().await;
    let app = TestApp::beside_a_process().await;
    let environment = environment(&server);
    let mut processes = vec![process(&app, &environment).await, process(&app, &environment).await];
    let ann = Person::new(&server, 987_654_321, "Anna");
    let first = server.happens(ann.writes("/register"));
    assert!(server.next(ann.id).await.text.starts_with("Your account at"), "whichever hears it");
    let asks = holder(&app, &processes).await;
    // In good order, its place is free at once.
    processes.remove(asks).stopped();
    server.again(first, ann.writes("/register"));
    server.happens(ann.writes("hello"));
    assert!(server.next(ann.id).await.text.starts_with("Hello!"), "the one of before does not count twice");
    assert_eq!(holder(&app, &processes).await, 0);
    // Killed, it loses its place after seconds.
    processes.push(process(&app, &environment).await);
    let killed = processes.remove(0);
    assert!(std::process::Command::new("kill").args(["-KILL", &killed.id().to_string()]).status().unwrap().success());
    server.again(first, ann.writes("/register"));
    server.happens(ann.writes("/login"));
    assert!(server.next(ann.id).await.text.starts_with("This link signs you in"), "and binds what the first has made");
    assert_eq!((server.count(ann.id), server.most_polls()), (3, 1));
    assert_eq!(app.rows("user_account WHERE profile LIKE '%Anna%'").await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bot_api_that_does_not_answer_hurts_nothing_and_is_told_once() {
    let server = BotApi::start().await;
    server.set_down(true);
    let app = TestApp::beside_a_process().await;
    let process = process(&app, &environment(&server)).await;
    process.logs("the updates of a bot cannot be received", 1).await;
    server.until("another try", |server| (server.calls().len() >= 2).then_some(())).await;
    assert_eq!(process.get("/health/ready").await.unwrap().0, 200);
    server.set_down(false);
    let ann = Person::new(&server, 987_654_321, "Anna");
    server.happens(ann.writes("hello"));
    assert!(server.next(ann.id).await.text.starts_with("Hello!"));
    let log = process.logs("the updates of a bot are received again", 1).await;
    assert_eq!(log.matches("the updates of a bot cannot be received").count(), 1, "{log}");
    let log = process.stopped();
    assert!(!log.contains("LATCHKEY-made-up"), "the token is in the log: {log}");
}
