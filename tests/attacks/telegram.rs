//! K. Telegram: what is forged, replayed, of another bot or of another environment lets nobody in.

use latchkey::config::{Config, DeclaredChannel, RedisUrl, TelegramEnvironment};
use serde_json::{Value, json};

use crate::harness::{
    Browser, Double, PASSWORD, Page, RedisServer, RelyingParty, Reply, Telegram, TestApp, ann, answer, as_by_default,
    base64url, bot, minutes, seconds,
};

const OTHER_TOKEN: &str = "5768337691:AAH5YkoiEuPk8-FZa32hStHTqXiLPtAEhx8";

/// A provider whose bots let everybody in, and one of its Mini Apps.
async fn with_mini_app() -> (TestApp, RelyingParty) {
    let app = TestApp::with_bot(|_| {}).await;
    let mini = app.mini_app().await;
    (app, mini)
}

/// Nobody has come in, and nothing was made.
async fn nothing_was_made(app: &TestApp) {
    for table in ["user_account", "upstream_account", "session", "client_grant", "refresh_family"] {
        assert_eq!(app.rows(table).await, 0, "{table}");
    }
}

/// What `latchkey explain` says about a refusal.
fn why(app: &TestApp, refused: &Reply) -> String {
    let code = refused.body.split("(reference ").nth(1).and_then(|rest| rest.split(')').next()).expect("a reference");
    answer(&app.app.config, &["explain", code]).done()
}

#[tokio::test]
async fn k1_a_mini_app_takes_nothing_that_the_widget_has_signed_nor_what_is_another_bots() {
    let (app, mini) = with_mini_app().await;
    let telegram = Telegram::at(&app);
    let user = ann().to_string();
    mini.open(&telegram.widget(&[("user", &user)])).await.error("invalid_grant");
    mini.open(&telegram.widget(&[("id", "987654321"), ("first_name", "Анна")])).await.error("invalid_grant");
    let other = Telegram { token: OTHER_TOKEN, ..telegram };
    mini.open(&other.init_data(&ann())).await.error("invalid_grant");
    nothing_was_made(&app).await;
    // A second bot of the same provider vouches for its own Mini App alone.
    let app = TestApp::with_bot(|config| {
        let mut second = bot();
        (second.name, second.bot_token) = ("second".to_owned(), Some(OTHER_TOKEN.into()));
        second.mini_apps = vec!["another".to_owned()];
        config.channels.push(second);
    })
    .await;
    let mini = app.mini_app().await;
    let telegram = Telegram::at(&app);
    mini.open(&Telegram { token: OTHER_TOKEN, ..telegram }.init_data(&ann())).await.error("invalid_grant");
    nothing_was_made(&app).await;
    mini.open(&telegram.init_data(&ann())).await.tokens();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn k2_what_a_mini_app_was_given_counts_for_five_minutes_and_once() {
    let (app, mini) = with_mini_app().await;
    // The store of what was used began before all that is signed here.
    app.clock.advance(minutes(10));
    let now = app.app.now().seconds();
    for (signed, counts) in
        [(now - 301, false), (now + 61, false), (now - 86_400, false), (0, false), (now - 299, true)]
    {
        let reply = mini.open(&Telegram { now: signed, ..Telegram::at(&app) }.init_data(&ann())).await;
        assert_eq!(reply.status == 200, counts, "{signed} at {now}: {}", reply.body);
    }
    app.clock.advance(seconds(10));
    let data = Telegram::at(&app).init_data(&ann());
    mini.open(&data).await.tokens();
    // Written in another way, it is the same.
    let turned = data.split('&').rev().collect::<Vec<_>>().join("&");
    let spelt = data.replace('+', "%20").replace("%7B", "%7b").replace("auth_date", "%61uth_date");
    for again in [&data, &turned, &spelt] {
        mini.open(again).await.error("invalid_grant");
    }
    for _ in 0..31 {
        app.clock.advance(seconds(10));
        mini.open(&data).await.error("invalid_grant");
    }
    // Of many at once, one gets it.
    let data = Telegram::at(&app).init_data(&ann());
    let all: Vec<_> = (0..12)
        .map(|_| {
            let (mini, data) = (mini.clone(), data.clone());
            tokio::spawn(async move { mini.open(&data).await.status })
        })
        .collect();
    let mut good = 0;
    for one in all {
        good += i32::from(one.await.unwrap() == 200);
    }
    assert_eq!(good, 1);
    // Nor does it count at another client of the same bot.
    let app = TestApp::with_bot(|config| config.channels[0].mini_apps.push("second".to_owned())).await;
    let (mini, data) = (app.mini_app().await, Telegram::at(&app).init_data(&ann()));
    let second = app
        .client(latchkey::oidc::client::metadata::ClientKind::Spa, |new| {
            (new.client_id, new.first_party) = (Some("second".to_owned()), true);
        })
        .await;
    mini.open(&data).await.tokens();
    second.open(&data).await.error("invalid_grant");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn k2_where_nobody_can_tell_whether_it_was_used_it_is_refused() {
    let redis = RedisServer::start().await;
    let url = RedisUrl::parse(&redis.url()).unwrap();
    let app = TestApp::with_bot(|config| {
        config.ephemeral.redis_url = Some(url);
        as_by_default(config);
    })
    .await;
    let mini = app.mini_app().await;
    let data = Telegram::at(&app).init_data(&ann());
    drop(redis);
    mini.open(&data).await.expect(503);
    nothing_was_made(&app).await;
    // What was signed before this server has started may have been used before that.
    let app = TestApp::with_bot(|_| {}).await;
    let mini = app.mini_app().await;
    let early = Telegram { now: app.app.now().seconds() - 5, ..Telegram::at(&app) };
    mini.open(&early.init_data(&ann())).await.error("invalid_grant");
    nothing_was_made(&app).await;
}

#[tokio::test]
async fn k3_a_corpus_of_what_is_not_as_telegram_writes_it_is_refused_whole() {
    let (app, mini) = with_mini_app().await;
    let telegram = Telegram::at(&app);
    let (user, good) = (ann().to_string(), telegram.init_data(&ann()));
    let of = |user: Value| telegram.init_data(&user);
    let hash = good.rsplit_once("hash=").unwrap().1.to_owned();
    let mallory = "%7B%22id%22%3A666%7D";
    let corpus = [
        String::from("x"),
        "hash=".to_owned(),
        format!("user={mallory}"),
        format!("user={mallory}&auth_date={}&hash=", telegram.now),
        format!("user={mallory}&auth_date={}&hash={hash}", telegram.now),
        format!("user={mallory}&auth_date={}&hash={}", telegram.now, "0".repeat(64)),
        good.replace(&hash, &hash.to_uppercase()),
        good.replace(&hash, &hash[..63]),
        good.replace(&hash, &format!("{hash}00")),
        good.replace("987654321", "987654322"),
        format!("{good}&user={mallory}"),
        format!("user={mallory}&{good}"),
        format!("{good}&start_param=x"),
        format!("{good}&auth_date={}", telegram.now),
        format!("{good}&hash={hash}"),
        format!("{good}%0Auser={mallory}"),
        good.replace("user=", "us%65r%3D=&user="),
        telegram.init_data_with(&[("user", &user), ("start_param", "a\nuser={\"id\":666}")]),
        telegram.init_data_with(&[("user", &user), ("us\0er", "x")]),
        telegram.init_data_with(&[("user", &user), ("a=b", "x")]),
        telegram.init_data_with(&[("receiver", &user), ("chat", &user)]),
        telegram.init_data_with(&[("query_id", "AAHdF6IQAAAAAN0XohDhrOrc")]),
        telegram.init_data_with(&[("user", "")]),
        of(json!({ "id": "987654321" })),
        of(json!({ "id": 987_654_321.5 })),
        of(json!({ "id": -987_654_321 })),
        of(json!({ "id": 0 })),
        of(json!({ "id": 9_007_199_254_740_993_u64 })),
        of(json!({ "id": 4_503_599_627_370_496_u64 })),
        of(json!({ "id": null })),
        of(json!({ "first_name": "Ann" })),
        of(json!({ "id": 7, "is_bot": true })),
        of(json!([987_654_321])),
        format!("{good}&x={}", "a".repeat(9000)),
    ];
    for forged in &corpus {
        let reply = mini.open(forged).await;
        assert!(
            reply.status == 400 && reply.json()["error"] == "invalid_grant",
            "{forged}: {} {}",
            reply.status,
            reply.body
        );
        let (told, id) = (reply.body.clone(), "987654321");
        assert!(!told.contains(id) && !told.contains(&hash), "nothing of it is told again: {told}");
    }
    nothing_was_made(&app).await;
    mini.open(&good).await.tokens();
}

#[tokio::test]
async fn k4_without_a_token_the_key_of_the_environment_and_the_bot_itself_decide() {
    // Signed by Telegram for this bot, and published; it was long ago, so that nothing but its age is wrong with it.
    let published = "user=%7B%22id%22%3A279058397%2C%22first_name%22%3A%22Vladislav%20%2B%20-%20%3F%20%5C%2F%22%2C%22last_name%22%3A%22Kibenko%22%2C%22username%22%3A%22vdkfrost%22%2C%22language_code%22%3A%22ru%22%2C%22is_premium%22%3Atrue%2C%22allows_write_to_pm%22%3Atrue%2C%22photo_url%22%3A%22https%3A%5C%2F%5C%2Ft.me%5C%2Fi%5C%2Fuserpic%5C%2F320%5C%2F4FPEE4tmP3ATHa57u6MqTDih13LTOiMoKoLDRG4PnSA.svg%22%7D&chat_instance=8134722200314281151&chat_type=private&auth_date=1733584787&hash=2174df5b000556d044f3f020384e879c8efcab55ddea2ced4eb752e93e7080d6&signature=zL-ucjNyREiHDE8aihFwpfR9aggP2xiAo3NSpfe-p7IbCisNlDKlo7Kb6G4D0Ao2mBrSgEk4maLSdv6MLIlADQ";
    use TelegramEnvironment::{Production, Test};
    for (id, environment, says) in [
        (7_342_037_359, Production, "it was signed "),
        (7_342_037_358, Production, "it was not signed for this bot"),
        (7_342_037_359, Test, "it was not signed for this bot"),
    ] {
        // The command that explains has the time of the world.
        let app = TestApp::beside_a_process().await;
        let channel = DeclaredChannel { bot_token: None, bot_id: Some(id), environment, sign_in: false, ..bot() };
        let app = app.on(Config { channels: vec![channel], ..app.app.config.clone() }).await;
        let mini = app.mini_app().await;
        let refused = mini.open(published).await.error("invalid_grant");
        let told = why(&app, &refused);
        assert!(told.contains(says), "{id} {environment:?}: {told}");
        // Nor does anybody's own signature count in place of Telegram's.
        let own = format!("{}&signature={}", Telegram::at(&app).init_data(&ann()), base64url(&[7; 64]));
        let refused = mini.open(&own).await.error("invalid_grant");
        let told = why(&app, &refused);
        assert!(told.contains("it was not signed for this bot"), "{id} {environment:?}: {told}");
        nothing_was_made(&app).await;
    }
    // The accounts of the test environment are others.
    let app = TestApp::with_bot(|config| config.channels[0].environment = Test).await;
    let mini = app.mini_app().await;
    app.link_telegram("alice", 987_654_321).await;
    let alice = app.user("alice").await.sub;
    let tokens = mini.open(&Telegram::at(&app).init_data(&ann())).await.tokens();
    assert_ne!(tokens.id_claims()["sub"], alice);
}

#[tokio::test]
async fn k5_neither_a_name_nor_a_username_nor_a_number_finds_an_account() {
    let (app, mini) = with_mini_app().await;
    app.user("alice").await;
    for user in [
        json!({ "id": 1, "first_name": "alice", "last_name": "Example", "username": "alice" }),
        json!({ "id": 2, "first_name": "alice Example", "email": "alice@example.com", "phone_number": "+491701234567" }),
        json!({ "id": 3, "first_name": "alice", "username": "alice@example.com", "email_verified": true }),
    ] {
        let tokens = mini.open_for("openid email phone profile", &Telegram::at(&app).init_data(&user)).await.tokens();
        let claims = tokens.id_claims();
        assert_ne!(claims["sub"], app.user("alice").await.sub, "{user}");
        for claim in ["email", "email_verified", "phone_number", "preferred_username"] {
            assert_eq!(claims[claim], Value::Null, "{claim} of {user}");
        }
    }
    assert_eq!(app.rows("user_account").await, 4);
    assert_eq!(
        app.rows("user_identifier WHERE user_id NOT IN (SELECT user_id FROM password)").await,
        0,
        "none of it reserves a name"
    );
}

/// Sets out for Telegram in a browser; returns the page to which it sends back.
async fn set_out(browser: &mut Browser) -> Page {
    let page = browser.get("/sign-in?account=another").await;
    let away = page.press("upstream").fill("upstream", "telegram").submit(browser).await;
    let url = url::Url::parse(&away.url).unwrap();
    let back = url.query_pairs().find(|(key, _)| key == "return_to").expect("return_to").1.into_owned();
    browser.get(&back).await
}

async fn answer_there(browser: &mut Browser, back: &Page, fragment: &str) -> Page {
    back.form_to("/telegram/main/callback").fill("result", fragment).submit(browser).await
}

/// Nobody has come in, whatever the page says.
async fn let_nobody_in(app: &TestApp, page: &Page, what: &str) {
    assert!(page.reply.status.is_client_error(), "{what}: {} at {}: {}", page.reply.status, page.url, page.text());
    assert!(!page.foreign && page.name() != "upstream", "{what}: at {}", page.url);
    assert_eq!(app.rows("session").await, 0, "{what}");
}

const ANN: [(&str, &str); 2] = [("id", "987654321"), ("first_name", "Ann")];

#[tokio::test]
async fn k1_k2_k3_the_widget_takes_nothing_that_is_forged_old_used_or_another_bots() {
    let app = TestApp::with_bot(|_| {}).await;
    app.link_telegram("alice", 987_654_321).await;
    app.clock.advance(minutes(10));
    let telegram = Telegram::at(&app);
    let old = Telegram { now: telegram.now - 301, ..telegram };
    let other = Telegram { token: OTHER_TOKEN, ..telegram };
    let written = |value: Value| latchkey::base::encoding::base64url(value.to_string().as_bytes());
    let forged = json!({ "id": 987_654_321, "first_name": "Ann", "auth_date": telegram.now, "hash": "0".repeat(64) });
    let twice = format!("{{\"id\":1,{}", &forged.to_string()[1..]);
    let of_mini_app = url::form_urlencoded::parse(telegram.init_data_with(&ANN).as_bytes())
        .map(|(name, value)| (name.into_owned(), json!(value)))
        .collect::<serde_json::Map<_, _>>();
    let corpus = [
        ("nothing", String::new()),
        ("no JSON", "abc".to_owned()),
        ("a forged hash", written(forged.clone())),
        ("no hash", written(json!({ "id": 987_654_321, "auth_date": telegram.now }))),
        ("a name that is there twice", latchkey::base::encoding::base64url(twice.as_bytes())),
        ("another bot's", other.fragment(&ANN)),
        ("the Mini App's key", written(Value::Object(of_mini_app))),
        ("too old", old.fragment(&ANN)),
        ("of the future", Telegram { now: telegram.now + 61, ..telegram }.fragment(&ANN)),
        ("an unknown field", telegram.fragment(&[ANN[0], ANN[1], ("email", "alice@example.com")])),
        ("a line break", telegram.fragment(&[("id", "666"), ("first_name", "a\nid=987654321")])),
        ("an id that is too large", telegram.fragment(&[("id", "9007199254740993")])),
        ("an id of nought", telegram.fragment(&[("id", "0")])),
        ("no id", telegram.fragment(&[("first_name", "Ann")])),
    ];
    for (what, fragment) in corpus {
        let mut browser = app.browser();
        let back = set_out(&mut browser).await;
        let page = answer_there(&mut browser, &back, &fragment).await;
        let_nobody_in(&app, &page, what).await;
    }
    // What was signed before a browser has set out is not its answer.
    let mut browser = app.browser();
    let early = Telegram { now: telegram.now - 120, ..telegram }.fragment(&ANN);
    let back = set_out(&mut browser).await;
    let page = answer_there(&mut browser, &back, &early).await;
    let_nobody_in(&app, &page, "signed before the browser has set out").await;
    // It counts once, in whichever form it comes again.
    let mut browser = app.browser();
    let back = set_out(&mut browser).await;
    let good = telegram.fragment(&ANN);
    assert_eq!(answer_there(&mut browser, &back, &good).await.reply.status, 200);
    app.sql("DELETE FROM session").await;
    let mut other = app.browser();
    let back = set_out(&mut other).await;
    let page = answer_there(&mut other, &back, &good).await;
    let_nobody_in(&app, &page, "used before").await;
    let asked = other.get(&format!("/telegram/main/callback?{}", telegram.widget(&ANN))).await;
    let page = asked.press("answer").submit(&mut other).await;
    let_nobody_in(&app, &page, "used before, as a query").await;
}

#[tokio::test]
async fn k2_the_answer_to_one_browser_is_of_no_use_in_another() {
    let app = TestApp::with_bot(|_| {}).await;
    app.link_telegram("mallory", 666).await;
    let (mut mallory, mut victim) = (app.browser(), app.browser());
    let back = set_out(&mut mallory).await;
    let fragment = Telegram::at(&app).fragment(&[("id", "666"), ("first_name", "Mallory")]);
    // The victim opens the address that Mallory was sent back to, with Mallory's answer in it.
    let page = victim.get(&back.url).await;
    let page = answer_there(&mut victim, &page, &fragment).await;
    let_nobody_in(&app, &page, "another browser's state").await;
    let query = Telegram::at(&app).widget(&[("id", "666"), ("first_name", "Mallory")]);
    let page = victim.get(&format!("{}&{query}", back.url)).await;
    let_nobody_in(&app, &page, "another browser's state, with a query").await;
    // A signed link without a state names Mallory, and signs nobody in.
    let asked = victim.get(&format!("/telegram/main/callback?{query}")).await;
    assert!(asked.text().contains("Sign in as Mallory?"), "{}", asked.text());
    assert_eq!((asked.reply.status.as_u16(), app.rows("session").await), (200, 0));
    // Nor does a page of Mallory's send the form for the victim.
    let form = asked.press("answer");
    let fields: Vec<_> = form.fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let foreign = app.post_with("/telegram/main/callback", &fields, &[("origin", "https://mallory.example")]).await;
    assert_eq!(foreign.status, 403, "{}", foreign.body);
    let without: Vec<_> = fields.iter().filter(|(name, _)| *name != "csrf").copied().collect();
    let page = victim.post("/telegram/main/callback", &without).await;
    let_nobody_in(&app, &page, "a form without a token").await;
    // What is there twice is read by nobody in his own way.
    for query in
        [format!("state=a&state=b&{query}"), format!("tgAuthResult=a&tgAuthResult=b&{query}"), format!("{query}&id=7")]
    {
        let page = victim.get(&format!("/telegram/main/callback?{query}")).await;
        let_nobody_in(&app, &page, &query).await;
    }
}

#[tokio::test]
async fn j3_a_button_that_somebody_has_sent_on_takes_no_visitors_account() {
    let app = TestApp::with_bot(|_| {}).await;
    let trial = app.trial().await;
    let mut victim = app.browser();
    let tokens = victim.visit(&trial).await;
    let query = Telegram::at(&app).widget(&[("id", "666"), ("first_name", "Your bank")]);
    let asked = victim.get(&format!("/telegram/main/callback?{query}")).await;
    let new = asked.press("answer").submit(&mut victim).await;
    let form = new.expect("upstream").forms_to("/sign-up/upstream").pop().unwrap();
    assert_eq!(form.get("keep"), None, "what was done as a visitor stays the visitor's: {}", new.text());
    form.fill("answer", "create").submit(&mut victim).await;
    let sub = app.texts("SELECT u.sub FROM user_account u JOIN upstream_account a ON a.user_id = u.id").await;
    assert_eq!(sub.len(), 1);
    assert_ne!(tokens.access_claims()["sub"], sub[0].as_str());
}

#[tokio::test]
async fn j3_a_button_that_somebody_has_sent_on_is_connected_to_nobody_elses_account() {
    let double = Double::start().await;
    let app = TestApp::with_bot(|config| double.declare(config)).await;
    app.user("alice").await;
    let mut victim = app.browser();
    // Mallory's own account, signed a moment ago, and sent to the victim.
    let query = Telegram::at(&app).widget(&[("id", "666"), ("first_name", "Your bank")]);
    let asked = victim.get(&format!("/telegram/main/callback?{query}")).await;
    let new = asked.press("answer").submit(&mut victim).await;
    let form = new.expect("upstream").forms_to("/sign-up/upstream").pop().unwrap().fill("answer", "connect");
    let page = form.submit(&mut victim).await;
    let carried = victim.set_cookies.iter().find(|cookie| cookie.contains("connect."));
    assert_eq!(carried, None, "nothing waits for a sign-in");
    let page = page.expect("sign-in").form();
    let page = page.fill("identifier", "alice").fill("password", PASSWORD).submit(&mut victim).await;
    assert!(!page.text().contains("Your bank"), "nothing is to be connected: {}", page.text());
    // Nor by the page that would ask, which the victim has open for an account of their own, with what the first page has given.
    let arrival = new.forms_to("/sign-up/upstream").pop().unwrap().get("arrival").unwrap().to_owned();
    let page = victim.get("/end_session").await;
    page.form().fill("decision", "sign_out").submit(&mut victim).await.reply.expect(200);
    let new = double.go(&mut victim).await;
    let form = new.expect("upstream").forms_to("/sign-up/upstream").pop().unwrap().fill("answer", "connect");
    let page = form.submit(&mut victim).await.expect("sign-in").form();
    let own = page.fill("identifier", "alice").fill("password", PASSWORD).submit(&mut victim).await;
    let asks = own.expect("connect").press("answer");
    let interaction = asks.get("interaction").unwrap();
    let place = format!("/sign-in/connect?interaction={interaction}&arrival={arrival}");
    let page = victim.get(&place).await;
    assert!(page.reply.status == 200 && !page.text().contains("Your bank"), "{}", page.text());
    asks.clone().fill("arrival", &arrival).submit(&mut victim).await.reply.expect(200);
    assert_eq!(app.rows("upstream_account").await, 0);
    asks.submit(&mut victim).await.reply.expect(200);
    assert_eq!(app.texts("SELECT provider FROM upstream_account").await, ["double"], "their own is connected");
}

#[tokio::test]
async fn q3_what_a_network_can_send_by_a_mini_app_and_have_made_by_it_is_limited() {
    let app = TestApp::with_bot(|config| config.login.address_burst = 20).await;
    let mini = app.mini_app().await;
    let telegram = Telegram::at(&app);
    let mut made = 0;
    while mini.open(&telegram.init_data(&json!({ "id": 1000 + made, "first_name": "Ann" }))).await.status == 200 {
        made += 1;
        assert!(made < 100, "each makes an account");
    }
    assert!((5..=20).contains(&made), "{made}");
    assert_eq!(app.rows("user_account").await, made);
    // What is refused counts, too.
    let mut sent = 0;
    while mini.open("x").await.status != 429 {
        sent += 1;
        assert!(sent < 1000);
    }
    mini.open(&telegram.init_data(&json!({ "id": 1000, "first_name": "Ann" }))).await.expect(429);
}
