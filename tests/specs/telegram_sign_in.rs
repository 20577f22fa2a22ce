//! Signing in by Telegram's login widget, without its script, and by buttons of a bot: <https://core.telegram.org/widgets/login-legacy>.

use latchkey::config::{Config, DeclaredChannel, Upstream};
use latchkey::oidc::client::metadata::ClientKind;
use serde_json::json;

use crate::harness::{Browser, PASSWORD, Page, TELEGRAM_TOKEN, Telegram, TestApp, WellKnown, ann, minutes, seconds};

/// Ann, as the widget describes her.
const ANN: [(&str, &str); 4] =
    [("id", "987654321"), ("first_name", "Анна"), ("last_name", "Ex"), ("username", "ann_ex")];

/// Sets out from a page by the button of Telegram; returns the page to which Telegram sends back.
async fn set_out(browser: &mut Browser, page: &Page, button: &str) -> Page {
    let away = page.press(button).fill(button, "telegram").submit(browser).await;
    assert!(away.foreign && away.url.starts_with("https://oauth.telegram.org/auth?"), "to Telegram, not {}", away.url);
    let url = url::Url::parse(&away.url).unwrap();
    let sent = |name: &str| url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
    assert_eq!(sent("bot_id").as_deref(), Some("1234567890"));
    assert_eq!(sent("origin").as_deref(), Some(browser.app.app.config.issuer.origin()));
    let back = sent("return_to").unwrap();
    assert!(
        back.starts_with(&format!("{}/telegram/main/callback?state=", browser.app.app.config.issuer.as_str())),
        "{back}"
    );
    browser.get(&back).await
}

/// What the script of that page does with the fragment.
async fn answer(browser: &mut Browser, back: &Page, fragment: &str) -> Page {
    assert_eq!(back.reply.status, 200, "{}", back.text());
    back.form_to("/telegram/main/callback").fill("result", fragment).submit(browser).await
}

/// Goes there and back as Ann.
async fn go(browser: &mut Browser, page: &Page) -> Page {
    let back = set_out(browser, page, "upstream").await;
    let fragment = Telegram::at(&browser.app).fragment(&ANN);
    answer(browser, &back, &fragment).await
}

#[tokio::test]
async fn cv1_telegram_leads_to_the_same_account_in_each_of_its_forms() {
    let app = TestApp::with_bot(|_| {}).await;
    let mini = app.mini_app().await;
    let rp = app.relying_party().await;
    let mut browser = app.browser();
    let page = browser.get(&rp.request().path()).await;
    assert!(page.expect("sign-in").text().contains("Telegram"), "{}", page.text());
    let new = go(&mut browser, &page).await;
    assert!(new.expect("upstream").text().contains("Telegram: Анна Ex"), "{}", new.text());
    assert_eq!(app.rows("user_account").await, 0, "nothing is made before somebody wants it");
    let page = new.press("answer").submit(&mut browser).await;
    let claims = rp.claims(&browser.go_on(page).await).await;
    assert_eq!((&claims["amr"], &claims["acr"]), (&json!(["fed"]), &json!("urn:latchkey:acr:1fa")));
    // The Mini App, another day.
    app.clock.advance(minutes(60 * 24));
    let tokens = mini.open(&Telegram::at(&app).init_data(&ann())).await.tokens();
    assert_eq!(tokens.id_claims()["sub"], claims["sub"]);
    // The widget again, in another browser: the button alone signs in.
    let mut other = app.browser();
    let page = other.get(&rp.request().path()).await;
    let page = go(&mut other, &page).await;
    assert_eq!(rp.claims(&other.go_on(page).await).await["sub"], claims["sub"]);
    // With its answer in the query, by those who move it there.
    app.clock.advance(seconds(5));
    let mut other = app.browser();
    let page = other.get(&rp.request().path()).await;
    let back = set_out(&mut other, &page, "upstream").await;
    let fragment = Telegram::at(&app).fragment(&ANN);
    let moved = other.get(&format!("{}&tgAuthResult={fragment}", back.url)).await;
    let page = moved.form_to("/telegram/main/callback").submit(&mut other).await;
    assert_eq!(rp.claims(&other.go_on(page).await).await["sub"], claims["sub"]);
    // And as a query of its own, as its redirect has it.
    app.clock.advance(seconds(5));
    let mut other = app.browser();
    let page = other.get(&rp.request().path()).await;
    let back = set_out(&mut other, &page, "upstream").await;
    let page = other.get(&format!("{}&{}", back.url, Telegram::at(&app).widget(&ANN))).await;
    assert_eq!(rp.claims(&other.go_on(page).await).await["sub"], claims["sub"]);
    assert_eq!((app.rows("user_account").await, app.rows("upstream_account").await), (1, 1));
}

#[tokio::test]
async fn a_button_of_the_bot_names_the_account_and_asks_before_anybody_is_signed_in() {
    let app = TestApp::with_bot(|_| {}).await;
    app.link_telegram("alice", 987_654_321).await;
    let mut browser = app.browser();
    let link = format!("/telegram/main/callback?{}", Telegram::at(&app).widget(&ANN));
    let asked = browser.get(&link).await;
    let text = asked.text();
    for words in
        ["Sign in as Анна Ex?", "@ann_ex", "A button of Northwind bot in Telegram has led here", "do not sign in"]
    {
        assert!(text.contains(words), "{words:?} in {text}");
    }
    assert_eq!(app.rows("session").await, 0, "nobody is signed in by an address alone");
    // A preview of the link, or a reload, uses nothing up.
    browser.get(&link).await.reply.expect(200);
    let page = asked.press("answer").submit(&mut browser).await;
    assert_eq!(page.reply.status, 200, "{}", page.text());
    assert!(browser.get("/account").await.expect("account").text().contains("alice Example"));
    // The same link is of no use to anybody any more.
    let mut other = app.browser();
    let again = other.get(&link).await;
    let refused = again.press("answer").submit(&mut other).await;
    assert!(
        refused.refused(400).text().contains("Signing in with the other provider did not work"),
        "{}",
        refused.text()
    );
    app.clock.advance(minutes(6));
    let late = other.get(&link).await;
    assert!(late.refused(400).text().contains("Signing in with the other provider did not work"), "{}", late.text());
}

#[tokio::test]
async fn whoever_does_not_want_to_or_has_no_answer_is_back_at_the_sign_in_page() {
    let app = TestApp::with_bot(|_| {}).await;
    let rp = app.relying_party().await;
    let mut browser = app.browser();
    let page = browser.get(&rp.request().path()).await;
    let back = set_out(&mut browser, &page, "upstream").await;
    let told = answer(&mut browser, &back, "false").await;
    assert!(told.refused(403).text().contains("The other provider did not sign you in"), "{}", told.text());
    // The sign-in goes on from there.
    app.user("alice").await;
    let page = told.form().fill("identifier", "alice").fill("password", PASSWORD).submit(&mut browser).await;
    browser.go_on(page).await;
    let mut browser = app.browser();
    let nothing = browser.get("/telegram/main/callback").await;
    assert!(nothing.text().contains("Sign in another way"), "{}", nothing.text());
    let nowhere = browser.get("/telegram/other/callback").await;
    assert_eq!(nowhere.reply.status, 400);
    assert_eq!(TestApp::new().await.get("/telegram/main/callback").await.status, 400);
}

#[tokio::test]
async fn accounts_of_telegram_are_connected_and_disconnected_like_any_others() {
    let app = TestApp::with_bot(|_| {}).await;
    let mut browser = app.browser().sign_in("alice").await;
    let page = browser.get("/account/connections").await;
    let back = set_out(&mut browser, &page, "connect").await;
    let fragment = Telegram::at(&app).fragment(&ANN);
    let linked = answer(&mut browser, &back, &fragment).await;
    assert!(linked.expect("connections").text().contains("The account is connected."), "{}", linked.text());
    assert!(linked.text().contains("Telegram") && linked.text().contains("Анна Ex"), "{}", linked.text());
    app.clock.advance(seconds(5));
    let mut bob = app.browser().sign_in("bob").await;
    let page = bob.get("/account/connections").await;
    let back = set_out(&mut bob, &page, "connect").await;
    let fragment = Telegram::at(&app).fragment(&ANN);
    let taken = answer(&mut bob, &back, &fragment).await;
    assert!(taken.text().contains("That account is connected to another account here."), "{}", taken.text());
    let page = linked.press("disconnect").submit(&mut browser).await;
    assert!(page.text().contains("The account is disconnected."), "{}", page.text());
}

#[tokio::test]
async fn an_account_that_was_not_connected_says_whether_its_person_did_not_want_to_and_leaves_a_code() {
    let app = TestApp::with_bot(|_| {}).await;
    let mut browser = app.browser().sign_in("alice").await;
    let page = browser.get("/account/connections").await;
    let back = set_out(&mut browser, &page, "connect").await;
    let cancelled = answer(&mut browser, &back, "false").await;
    let text = cancelled.expect("connections").text();
    assert!(text.contains("Nothing was connected.") && !text.contains("try again"), "{text}");
    assert_eq!(app.rows("explanation").await, 0, "nobody asks why they did what they did");
    let page = browser.get("/account/connections").await;
    let back = set_out(&mut browser, &page, "connect").await;
    let other = Telegram { token: "99:LATCHKEY-made-up", ..Telegram::at(&app) };
    let failed = answer(&mut browser, &back, &other.fragment(&ANN)).await;
    let text = failed.expect("connections").text();
    assert!(text.contains("No account was connected. Please try again."), "{text}");
    assert!(text.contains("mention the code"), "{text}");
    assert_eq!((app.rows("explanation").await, app.rows("upstream_account").await), (1, 0));
    // A code of no form is not shown.
    let made_up = browser.get("/account/connections?done=failed&code=call-555-1234").await;
    assert!(!made_up.text().contains("555"), "{}", made_up.text());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cv1_the_widget_a_button_a_mini_app_the_openid_provider_and_the_bot_lead_to_one_sub() {
    let app = TestApp::with_bot(|config| config.channels[0].client = Some("bot".to_owned())).await;
    let (rp, mini) = (app.relying_party().await, app.mini_app().await);
    let bot = app
        .client(ClientKind::Service, |new| {
            new.client_id = Some("bot".to_owned());
            new.redirect_uris.clear();
            new.metadata.scope = "read".to_owned().try_into().unwrap();
            new.metadata.default_resources = vec!["https://api.example".to_owned()];
        })
        .await;
    // The widget makes the account.
    let mut browser = app.browser();
    let page = browser.get(&rp.request().path()).await;
    let page = go(&mut browser, &page).await.press("answer").submit(&mut browser).await;
    let sub = rp.claims(&browser.go_on(page).await).await["sub"].clone();
    // The bot, whose chat its person binds.
    let fields = [("sender", "987654321"), ("name", "Анна")];
    let code = bot.post("/channels/main/codes", &fields).await.expect(200).json()["code"].as_str().unwrap().to_owned();
    let form = browser.get("/account/channels").await.forms_to("/account/channels").pop().unwrap();
    let page = form.fill("code", &code).submit(&mut browser).await.press("confirm").submit(&mut browser).await;
    assert!(page.text().contains("The chat is connected."), "{}", page.text());
    app.clock.advance(seconds(5));
    let of = async |browser: &mut Browser| {
        let page = browser.get(&rp.request().path()).await;
        rp.claims(&browser.go_on(page).await).await["sub"].clone()
    };
    // A link that it sends.
    let ticket = bot.post("/channels/main/tickets", &fields[..1]).await.expect(200).json();
    let mut other = app.browser();
    other.get(ticket["url"].as_str().unwrap()).await.form().submit(&mut other).await.reply.expect(200);
    assert_eq!(of(&mut other).await, sub, "a ticket");
    // What it gets for its person.
    let exchanged = bot
        .post(
            "/token",
            &[
                ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"),
                ("subject_token_type", "urn:latchkey:params:oauth:token-type:channel-sender"),
                ("subject_token", "987654321"),
            ],
        )
        .await;
    assert_eq!(exchanged.tokens().access_claims()["sub"], sub, "a token");
    // A button below one of its messages.
    let mut other = app.browser();
    let asked = other.get(&format!("/telegram/main/callback?{}", Telegram::at(&app).widget(&ANN))).await;
    asked.press("answer").submit(&mut other).await.reply.expect(200);
    assert_eq!(of(&mut other).await, sub, "login_url");
    // A Mini App.
    app.clock.advance(seconds(5));
    assert_eq!(mini.open(&Telegram::at(&app).init_data(&ann())).await.tokens().id_claims()["sub"], sub, "a Mini App");
    // Telegram's OpenID provider, in the place of the widget from now on.
    let all = WellKnown::start().await;
    let mut config = app.app.config.clone();
    all.declare(&mut config, "telegram", &[]);
    // It is on this machine, and calls itself what it is called.
    let issuer = "https://oauth.telegram.org";
    config.upstreams[0].issuer_template = Some("https://oauth.{host}.org".to_owned());
    let token = "https://oauth.telegram.org/token";
    all.describe(issuer, ["https://oauth.telegram.org/auth", token], &json!({ "issuer": issuer }));
    all.gives(token, issuer, json!({ "iss": issuer, "sub": "opaque", "id": 987_654_321, "name": "Анна" }));
    let with_provider = app.on(config).await;
    let mut other = with_provider.browser();
    all.go(&mut other, "telegram", "").await.reply.expect(200);
    assert_eq!(of(&mut other).await, sub, "OpenID Connect");
    assert_eq!((app.rows("user_account").await, app.rows("upstream_account").await), (1, 1));
}

#[tokio::test]
async fn it_is_one_factor_here_too_and_closed_is_closed() {
    let app = TestApp::with_bot(|_| {}).await;
    app.link_telegram("alice", 987_654_321).await;
    let mut browser = app.browser().sign_in("alice").await;
    let authenticator = browser.set_up_authenticator().await;
    app.clock.advance(minutes(1));
    let mut other = app.browser();
    let page = other.get("/sign-in").await;
    let half = go(&mut other, &page).await;
    let code = authenticator.code(&app);
    half.expect("second-factor").form().fill("code", &code).submit(&mut other).await.reply.expect(200);
    other.get("/account").await.expect("account");

    let closed = |config: &mut Config| config.channels[0].sign_up = false;
    let app = TestApp::with_bot(closed).await;
    let mut browser = app.browser();
    let page = browser.get("/sign-in").await;
    let new = go(&mut browser, &page).await;
    assert_eq!(new.expect("upstream").buttons("answer"), ["connect"], "{}", new.text());
}

#[tokio::test]
async fn buttons_of_every_bot_that_signs_people_in_work_beside_telegrams_own_provider() {
    let second = "99:LATCHKEY-made-up";
    let app = TestApp::with_bot(|config| {
        let keys = [("preset", "telegram"), ("client_id", "99"), ("client_secret", "x")];
        let keys = keys.map(|(key, value)| (key.to_owned(), value.to_owned())).into();
        config.upstreams.push(Upstream::of_keys("telegram", &keys).unwrap());
        let more = |name: &str, sign_in| DeclaredChannel {
            name: name.to_owned(),
            label: Some(name.to_owned()),
            bot_token: Some(second.into()),
            mini_apps: Vec::new(),
            sign_in,
            ..config.channels[0].clone()
        };
        let (second, silent) = (more("second", true), more("silent", false));
        config.channels.extend([second, silent]);
    })
    .await;
    app.link_telegram("alice", 987_654_321).await;
    for (channel, token, status) in [("main", None, 200), ("second", Some(second), 200), ("silent", Some(second), 400)]
    {
        let mut browser = app.browser();
        let telegram = Telegram { token: token.unwrap_or(TELEGRAM_TOKEN), ..Telegram::at(&app) };
        let asked = browser.get(&format!("/telegram/{channel}/callback?{}", telegram.widget(&ANN))).await;
        assert_eq!(asked.reply.status, status, "{channel}: {}", asked.text());
        if status == 200 {
            asked.press("answer").submit(&mut browser).await;
            assert!(browser.get("/account").await.expect("account").text().contains("alice Example"), "{channel}");
        }
    }
    let page = app.browser().get("/sign-in").await;
    assert_eq!(page.text().matches("Telegram").count(), 1, "one button: {}", page.text());
}

#[tokio::test]
async fn a_client_can_name_telegram_and_a_bot_that_offers_nothing_is_no_button() {
    let app = TestApp::with_bot(|_| {}).await;
    let rp = app.relying_party().await;
    let away = app.browser().get(&rp.request().set("idp_hint", "telegram").path()).await;
    assert!(away.foreign && away.url.starts_with("https://oauth.telegram.org/auth?"), "{}", away.url);
    let app = TestApp::with_bot(|config| config.channels[0].sign_in = false).await;
    let page = app.browser().get("/sign-in").await;
    assert!(!page.text().contains("Telegram"), "{}", page.text());
    // What was linked keeps its name all the same.
    app.link_telegram("alice", 987_654_321).await;
    let connections = app.browser().sign_in("alice").await.get("/account/connections").await;
    assert!(connections.expect("connections").text().contains("Telegram"), "{}", connections.text());
}
