//! Signing in by an account at another provider: OpenID Connect Core §3.1, from the side of a relying party. The other provider is a second
//! Latchkey.

use latchkey::account::invitation::{self, Wanted};
use latchkey::config::words::{EmailProof, TakenProfile};
use latchkey::config::{Config, SecondFactor, SignUp};
use latchkey::jose::algorithm::Algorithm;

use crate::harness::{
    Authorize, Behaviour, Browser, Double, PASSWORD, Page, RelyingParty, TestApp, Upstream, minutes, sender,
};

async fn both(change: impl FnOnce(&mut Config)) -> (Upstream, TestApp) {
    let upstream = Upstream::start().await;
    let app = TestApp::with(|config| {
        config.login.sign_up = SignUp::Open;
        upstream.declare(config);
        change(config);
    })
    .await;
    (upstream, app)
}

/// Comes by the other provider as somebody who is new here, and makes an account.
async fn join(upstream: &Upstream, browser: &mut Browser, person: &str) -> Page {
    let page = browser.get("/sign-in").await;
    let new = upstream.go(browser, &page, person).await;
    new.expect("upstream").press("answer").submit(browser).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_comes_by_another_provider_makes_an_account_once_and_signs_in_to_it_from_then_on() {
    let (upstream, app) = both(|_| {}).await;
    let rp = app.relying_party().await;
    let mut browser = app.browser();
    let page = browser.get(&rp.request().path()).await;
    let new = upstream.go(&mut browser, &page, "ann").await;
    assert!(new.expect("upstream").text().contains("Home: ann@example.com"), "{}", new.text());
    assert_eq!(app.rows("user_account").await, 0, "nothing is made before somebody wants it");
    let page = new.press("answer").submit(&mut browser).await;
    let page = browser.go_on(page).await;
    let tokens = rp.exchange(&page.code()).await.tokens();
    let claims = tokens.id_claims();
    assert_eq!((&claims["amr"], &claims["acr"]), (&serde_json::json!(["fed"]), &"urn:latchkey:acr:1fa".into()));
    let told = rp.userinfo(&tokens.access_token).await.json();
    assert_eq!((told["name"].as_str(), told["email"].as_str()), (Some("ann Example"), Some("ann@example.com")));
    assert_eq!(told["email_verified"], true);
    // In another browser, the button alone signs in.
    let mut other = app.browser();
    let page = other.get(&rp.request().path()).await;
    let page = upstream.go(&mut other, &page, "ann").await;
    assert_eq!(rp.claims(&other.go_on(page).await).await["sub"], claims["sub"]);
    assert_eq!((app.rows("user_account").await, app.rows("upstream_account").await), (1, 1));
    let kinds = app.events().await;
    assert_eq!(kinds.iter().filter(|kind| *kind == "upstream_linked").count(), 1, "{kinds:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn id_tokens_with_each_signature_that_latchkey_can_give_are_verified() {
    for algorithm in Algorithm::ALL {
        let upstream = Upstream::with(|config| config.tokens.signing_algorithms = vec![algorithm]).await;
        let app = TestApp::with(|config| {
            config.login.sign_up = SignUp::Open;
            upstream.declare(config);
        })
        .await;
        let mut browser = app.browser();
        let page = join(&upstream, &mut browser, "ann").await;
        assert_eq!(page.reply.status, 200, "{algorithm:?}: {}", page.text());
        assert_eq!(app.rows("upstream_account").await, 1, "{algorithm:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sign_in_by_another_provider_returns_to_the_page_that_asked_for_it() {
    let (upstream, app) = both(|_| {}).await;
    let mut browser = app.browser();
    join(&upstream, &mut browser, "ann").await.reply.expect(200);
    let mut other = app.browser();
    let asked = other.get("/account/security").await;
    upstream.go(&mut other, &asked, "ann").await.expect("security");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_has_an_account_here_signs_in_to_it_and_links_the_one_elsewhere() {
    let (upstream, app) = both(|config| config.mail.from = Some(sender())).await;
    let rp = app.relying_party().await;
    app.user("alice").await;
    for on_the_way in [false, true] {
        let mut browser = app.browser();
        let start = if on_the_way { rp.request().path() } else { "/sign-in".to_owned() };
        let person = if on_the_way { "ann" } else { "alice" };
        let page = browser.get(&start).await;
        let new = upstream.go(&mut browser, &page, person).await;
        let knows = new.expect("upstream").text().contains("An account here has this email address");
        assert_eq!(knows, !on_the_way, "{}", new.text());
        assert_eq!(new.buttons("answer"), if on_the_way { vec!["create", "connect"] } else { vec!["connect"] });
        // The way by which they come in counts for nothing yet.
        let form = new.forms_to("/sign-up/upstream").pop().unwrap().fill("answer", "connect");
        let page = form.submit(&mut browser).await;
        let page = page.expect("sign-in").form().fill("identifier", "alice").fill("password", PASSWORD);
        let asked = page.submit(&mut browser).await;
        let says = format!("Home: {person}@example.com");
        assert!(asked.expect("connect").text().contains(&says), "{}", asked.text());
        assert_eq!(app.rows("upstream_account").await, i64::from(on_the_way), "nobody has said yes yet");
        let page = asked.press("answer").submit(&mut browser).await;
        if on_the_way {
            browser.go_on(page).await.code();
        } else {
            assert!(page.expect("connections").text().contains("The account is connected."), "{}", page.text());
        }
        let mut other = app.browser();
        let page = other.get("/sign-in?return=account").await;
        let page = upstream.go(&mut other, &page, person).await;
        assert!(page.expect("account").text().contains("alice Example"), "{}", page.text());
        let told = app.letters_to("alice@example.com").await;
        assert!(told.iter().any(|letter| letter.subject == "An account was connected"), "{on_the_way}");
        app.clock.advance(minutes(1));
    }
    assert_eq!(app.rows("upstream_account").await, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_does_not_want_to_link_goes_on_without() {
    let (upstream, app) = both(|_| {}).await;
    let mut browser = app.browser();
    app.user("alice").await;
    let page = browser.get("/sign-in?return=security").await;
    let new = upstream.go(&mut browser, &page, "ann").await;
    let form = new.forms_to("/sign-up/upstream").pop().unwrap().fill("answer", "connect");
    let page = form.submit(&mut browser).await;
    let form = page.expect("sign-in").form().fill("identifier", "alice").fill("password", PASSWORD);
    let asked = form.submit(&mut browser).await;
    let later = asked.expect("connect").form().fill("answer", "later");
    later.submit(&mut browser).await.expect("security");
    assert_eq!(app.rows("upstream_account").await, 0);
    // It was asked once.
    let mut browser = browser.sign_in("alice").await;
    browser.get("/account").await.expect("account");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn accounts_elsewhere_are_linked_and_unlinked_on_a_page_of_the_account() {
    let (upstream, app) = both(|config| config.mail.from = Some(sender())).await;
    let mut browser = app.browser().sign_in("alice").await;
    let page = browser.get("/account/connections").await;
    let linked = upstream.go_by(&mut browser, page.press("connect"), "ann").await;
    assert!(linked.expect("connections").text().contains("The account is connected."), "{}", linked.text());
    assert!(linked.text().contains("ann@example.com") && linked.text().contains("Not used yet"), "{}", linked.text());
    let told = app.letters_to("alice@example.com").await;
    assert!(told.iter().any(|letter| letter.subject == "An account was connected"));
    // That account cannot let somebody else in here, too.
    let mut bob = app.browser().sign_in("bob").await;
    let page = bob.get("/account/connections").await;
    let taken = upstream.go_by(&mut bob, page.press("connect"), "ann").await;
    assert!(taken.text().contains("That account is connected to another account here."), "{}", taken.text());
    let security = browser.get("/account/security").await;
    assert!(security.text().contains("Connected accounts 1 account"), "{}", security.text());
    let page = linked.press("disconnect").submit(&mut browser).await;
    assert!(page.text().contains("The account is disconnected."), "{}", page.text());
    assert_eq!(app.letter_to("alice@example.com").await.subject, "An account was disconnected");
    let mut other = app.browser();
    let page = other.get("/sign-in").await;
    upstream.go(&mut other, &page, "ann").await.expect("upstream");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_last_way_in_is_not_unlinked() {
    let (upstream, app) = both(|_| {}).await;
    let mut browser = app.browser();
    join(&upstream, &mut browser, "ann").await.reply.expect(200);
    let page = browser.get("/account/connections").await;
    assert!(page.expect("connections").text().contains("there would be no way left to sign in"), "{}", page.text());
    assert_eq!(page.buttons("disconnect"), Vec::<String>::new());
    // Also by a form that was shown when there was another way.
    let passkey = crate::harness::Passkey::new(&app);
    browser.add_passkey(passkey).await;
    let page = browser.get("/account/connections").await;
    let unlink = page.press("disconnect");
    app.sql("DELETE FROM passkey").await;
    let stays = unlink.submit(&mut browser).await;
    assert!(stays.text().contains("cannot be disconnected"), "{}", stays.text());
    assert_eq!(app.rows("upstream_account").await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_is_one_factor_and_a_second_one_stays() {
    let (upstream, app) = both(|_| {}).await;
    let mut browser = app.browser();
    join(&upstream, &mut browser, "ann").await.reply.expect(200);
    let authenticator = browser.set_up_authenticator().await;
    app.clock.advance(minutes(1));
    let mut other = app.browser();
    let page = other.get("/sign-in").await;
    let half = upstream.go(&mut other, &page, "ann").await;
    let code = authenticator.code(&app);
    half.expect("second-factor").form().fill("code", &code).submit(&mut other).await.reply.expect(200);
    other.get("/account").await.expect("account");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_needs_a_second_factor_sets_it_up_on_the_way() {
    let (upstream, app) = both(|config| config.login.second_factor = SecondFactor::Everybody).await;
    let mut browser = app.browser();
    join(&upstream, &mut browser, "ann").await.expect("set-up");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn closed_is_closed_for_this_way_in_too() {
    for (sign_up, by_provider) in [(SignUp::Closed, true), (SignUp::Open, false)] {
        let (upstream, app) = both(|config| {
            config.login.sign_up = sign_up;
            config.upstreams[0].sign_up = by_provider;
        })
        .await;
        let mut browser = app.browser();
        let page = browser.get("/sign-in").await;
        let new = upstream.go(&mut browser, &page, "ann").await;
        assert_eq!(new.expect("upstream").buttons("answer"), ["connect"], "{}", new.text());
        let forced = new.form().fill("answer", "create").submit(&mut browser).await;
        forced.expect("upstream");
        assert_eq!(app.rows("user_account").await, 0);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_address_that_the_operator_does_not_believe_in_is_not_kept_and_reserves_nothing() {
    let (upstream, app) = both(|config| config.upstreams[0].email_proof = EmailProof::Never).await;
    app.user("ann").await;
    let mut browser = app.browser();
    let page = browser.get("/sign-in").await;
    let new = upstream.go(&mut browser, &page, "ann").await;
    // Whether somebody has it here is told to nobody who has not proven it.
    assert!(!new.text().contains("An account here has this email address"), "{}", new.text());
    new.press("answer").submit(&mut browser).await.reply.expect(200);
    assert_eq!(app.rows("user_account").await, 2);
    assert_eq!(app.rows("user_identifier WHERE normalised = 'ann@example.com'").await, 1, "of the one who had it");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_is_disabled_here_does_not_come_in_by_it() {
    let (upstream, app) = both(|_| {}).await;
    let mut browser = app.browser();
    join(&upstream, &mut browser, "ann").await.reply.expect(200);
    let id = app.person("ann@example.com").await.id;
    latchkey::account::delete::disable(&app.app, &id, false).await.unwrap();
    let mut other = app.browser();
    let page = other.get("/sign-in").await;
    let refused = upstream.go(&mut other, &page, "ann").await;
    assert!(refused.refused(403).text().contains("This account cannot be used."), "{}", refused.text());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_visitor_who_comes_by_another_provider_keeps_the_account() {
    let (upstream, app) = both(|_| {}).await;
    let rp = app.trial().await;
    let mut browser = app.browser();
    let sub = {
        let tokens = browser.visit(&rp).await;
        tokens.id_claims()["sub"].clone()
    };
    let page = browser.get(&rp.request().set("prompt", "login").path()).await;
    let new = upstream.go(&mut browser, &page, "ann").await;
    let page = new.expect("upstream").press("answer").submit(&mut browser).await;
    assert_eq!(rp.claims(&browser.go_on(page).await).await["sub"], sub);
    assert_eq!((app.rows("user_account").await, app.rows("anonymous_account").await), (1, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_provider_that_was_used_last_comes_first_in_this_browser_and_no_other() {
    let double = Double::start().await;
    let (upstream, app) = both(|config| {
        double.declare(config);
        config.upstreams.reverse();
    })
    .await;
    let mut browser = app.browser();
    let page = browser.get("/sign-in").await;
    assert_eq!(page.buttons("upstream"), ["double", "home"], "as the configuration has them");
    assert!(!page.text().contains("Last used"), "{}", page.text());
    // To set out is not to sign in.
    let new = upstream.go_by(&mut browser, page.press("upstream").fill("upstream", "home"), "ann").await;
    assert_eq!(browser.get("/sign-in").await.buttons("upstream"), ["double", "home"]);
    new.expect("upstream").press("answer").submit(&mut browser).await.reply.expect(200);
    let page = browser.get("/sign-in?account=another").await;
    assert_eq!(page.buttons("upstream"), ["home", "double"]);
    assert!(page.text().contains("Continue with Home Last used Continue with double"), "{}", page.text());
    assert_eq!(app.browser().get("/sign-in").await.buttons("upstream"), ["double", "home"], "in another browser");
    // It says the provider's name, and nothing of whoever came by it.
    let told: Vec<_> = browser.cookies.iter().filter(|(name, _)| name.starts_with("provider")).collect();
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].1, "home");
    // After a sign-in by none it would not be true.
    let mut browser = browser.sign_in("alice").await;
    let page = browser.get("/sign-in?account=another").await;
    assert_eq!(page.buttons("upstream"), ["double", "home"]);
    assert!(!page.text().contains("Last used"), "{}", page.text());
    // What a stranger writes there has no meaning.
    browser.cookies.insert("provider".to_owned(), "<script>".to_owned());
    assert_eq!(browser.get("/sign-in?account=another").await.buttons("upstream"), ["double", "home"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_wants_to_be_kept_signed_in_is_kept_by_a_provider_too() {
    let (upstream, app) = both(|_| {}).await;
    let mut first = app.browser();
    join(&upstream, &mut first, "ann").await.reply.expect(200);
    for keep in [false, true] {
        let mut browser = app.browser();
        let page = browser.get("/sign-in?return=account").await;
        let mut form = page.press("upstream");
        if keep {
            form = form.fill("keep_signed_in", "yes");
        }
        upstream.go_by(&mut browser, form, "ann").await.expect("account");
        browser.close();
        browser.get("/account").await.expect(if keep { "account" } else { "sign-in" });
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_provider_that_does_not_sign_somebody_in_leaves_the_box_as_it_was() {
    let double = Double::start().await;
    let app = TestApp::with(|config| double.declare(config)).await;
    let mut browser = app.browser();
    let page = browser.get("/sign-in").await;
    let form = page.press("upstream").fill("keep_signed_in", "yes");
    let back = double.set_out_by(&mut browser, form).await;
    let refused = browser.get(&back.replace("code=a-code", "error=access_denied")).await;
    assert_eq!(refused.refused(403).form().get("keep_signed_in"), Some("yes"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_page_that_makes_accounts_leads_to_the_same_providers_with_all_that_it_carries() {
    let (upstream, app) = both(|config| config.login.sign_up = SignUp::Invitation).await;
    let wanted = Wanted { address: None, uses: 1, lifetime: minutes(60), roles: Vec::new(), language: None };
    let code = invitation::make(&app.app, wanted).await.unwrap().shown.expect("a code").0;
    let rp = app.relying_party().await;
    let mut browser = app.browser();
    let page = browser.get(&rp.request().path()).await;
    let page = browser.get(&page.link("Create account")).await;
    let form = page.press("upstream").fill("invitation", &code.to_lowercase());
    let new = upstream.go_by(&mut browser, form, "ann").await;
    assert_eq!(new.expect("upstream").press("answer").get("invitation"), Some(&*code), "{}", new.text());
    let page = new.press("answer").submit(&mut browser).await;
    browser.go_on(page).await.code();
    // One by which nobody makes an account is not there.
    let (_upstream, app) = both(|config| config.upstreams[0].sign_up = false).await;
    assert_eq!(app.browser().get("/sign-up").await.buttons("upstream"), Vec::<String>::new());
    assert_eq!(app.browser().get("/sign-in").await.buttons("upstream"), ["home"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn enter_in_a_field_sends_the_password_and_goes_to_no_provider() {
    let (_upstream, app) = both(|_| {}).await;
    for (path, action) in [("/sign-in", "/sign-in"), ("/sign-up", "/sign-up")] {
        let page = app.browser().get(path).await;
        // HTML §4.10.21.2: the first button of the form, wherever it stands.
        let first = page.default_button(path.trim_start_matches('/'));
        assert_eq!(first, None, "the first button of {action} leads elsewhere");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_provider_that_is_disabled_is_told_to_who_still_goes_there() {
    let (_upstream, app) = both(|_| {}).await;
    let rp = app.relying_party().await;
    app.user("alice").await;
    let mut browser = app.browser();
    let page = browser.get("/sign-in").await;
    latchkey::federation::changes::set_disabled(&app.app, "home", true).await.unwrap().unwrap();
    app.clock.advance(minutes(1));
    let shown = browser.get("/sign-in").await;
    assert!(shown.buttons("upstream").is_empty() && shown.text().contains("Not available"), "{}", shown.text());
    let told = page.press("upstream").submit(&mut browser).await;
    assert!(told.refused(403).text().contains("Nobody can sign in that way at the moment."), "{}", told.text());
    let told = browser.get(&hinted(&rp, "home").path()).await;
    let form = told.refused(403).form().fill("identifier", "alice").fill("password", PASSWORD);
    let page = form.submit(&mut browser).await;
    browser.go_on(page).await.code();
}

/// A request of a client that names a provider.
fn hinted(rp: &RelyingParty, provider: &str) -> Authorize {
    rp.request().set("idp_hint", provider).set("login_hint", "ann")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_names_a_provider_leads_there_without_a_page() {
    let (upstream, app) = both(|_| {}).await;
    let rp = app.relying_party().await;
    let mut browser = app.browser();
    let away = browser.get(&hinted(&rp, "home").path()).await;
    assert!(away.foreign && away.url.starts_with(upstream.app.issuer()), "to the provider, not {}", away.url);
    assert!(away.url.contains("login_hint=ann"), "{}", away.url);
    let back = upstream.sign_in_there(&away.url, "ann").await;
    let new = browser.get(&back).await;
    let page = new.expect("upstream").press("answer").submit(&mut browser).await;
    let sub = rp.claims(&browser.go_on(page).await).await["sub"].clone();
    // Who is signed in goes nowhere, unless the client asks for it.
    assert_eq!(rp.claims(&browser.get(&hinted(&rp, "home").path()).await).await["sub"], sub);
    let away = browser.get(&hinted(&rp, "home").set("prompt", "login").path()).await;
    assert!(away.foreign && away.url.contains("prompt=login"), "{}", away.url);
    let back = upstream.sign_in_there(&away.url, "ann").await;
    let page = browser.get(&back).await;
    assert_eq!(rp.claims(&browser.go_on(page).await).await["sub"], sub);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_names_a_provider_which_does_not_help_leads_to_the_sign_in_page() {
    let (_upstream, app) = both(|_| {}).await;
    let rp = app.relying_party().await;
    for name in ["nobody", "", "Home", "home home"] {
        app.browser().get(&hinted(&rp, name).path()).await.expect("sign-in");
    }
    // No page means no other provider's page either.
    app.browser().get(&hinted(&rp, "home").set("prompt", "none").path()).await.error("login_required");
    app.browser().get(&hinted(&rp, "home").set("prompt", "create").path()).await.expect("sign-up");
    // A passkey is here.
    let mut browser = app.browser().sign_in("alice").await;
    let passkey = crate::harness::Passkey::new(&app);
    browser.add_passkey(passkey).await;
    let mut browser = app.browser().sign_in("alice").await;
    let request = hinted(&rp, "home").set("acr_values", "phr");
    browser.get(&request.path()).await.expect("sign-in");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_comes_back_from_a_named_provider_without_having_signed_in_chooses_another_way() {
    let double = Double::start().await;
    let app = TestApp::with(|config| double.declare(config)).await;
    let rp = app.relying_party().await;
    app.user("alice").await;
    let mut browser = app.browser();
    let away = browser.get(&hinted(&rp, "double").path()).await;
    let state =
        url::Url::parse(&away.url).unwrap().query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned();
    let back = browser.get(&format!("/upstream/double/callback?error=access_denied&state={state}")).await;
    let form = back.refused(403).form().fill("identifier", "alice").fill("password", PASSWORD);
    let page = form.submit(&mut browser).await;
    browser.go_on(page).await.code();
    // One that does not answer.
    double.behave(Behaviour { metadata: serde_json::json!({ "token_endpoint": null }), ..Behaviour::default() });
    app.clock.advance(minutes(61));
    let mut browser = app.browser();
    let page = browser.get(&hinted(&rp, "double").path()).await;
    let form = page.refused(502).form().fill("identifier", "alice").fill("password", PASSWORD);
    let page = form.submit(&mut browser).await;
    browser.go_on(page).await.code();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_profile_takes_what_the_provider_tells_once_or_at_each_sign_in_and_never_what_was_changed_here() {
    let as_told = |double: &Double, name: &str, locale: &str| {
        let claims = serde_json::json!({ "name": name, "locale": locale });
        double.behave(Behaviour { claims, ..Behaviour::default() });
    };
    for (profile, second) in [(TakenProfile::Once, "Ann Example"), (TakenProfile::Always, "Anne Example")] {
        let double = Double::start().await;
        let app = TestApp::with(|config| {
            config.login.sign_up = SignUp::Open;
            double.declare(config);
            config.upstreams[0].profile = profile;
        })
        .await;
        let profile_of = async || app.person("ann@example.com").await.profile;
        as_told(&double, "Ann Example", "en-GB");
        let mut browser = app.browser();
        let new = double.go(&mut browser).await;
        new.press("answer").submit(&mut browser).await.reply.expect(200);
        as_told(&double, "Anne Example", "ru-RU");
        double.go(&mut app.browser()).await.reply.expect(200);
        assert_eq!(profile_of().await["name"], second, "{profile:?}");
        assert_eq!(profile_of().await["locale"], if profile == TakenProfile::Always { "ru" } else { "en" });
        // By the person, and from then on.
        let page = browser.get("/account").await;
        page.form_to("/account").fill("name", "Annie").submit(&mut browser).await.reply.expect(200);
        as_told(&double, "Anna Example", "ar");
        double.go(&mut app.browser()).await.reply.expect(200);
        let has = profile_of().await;
        assert_eq!(has["name"], "Annie", "{profile:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn half_a_sign_in_takes_nothing_into_the_profile() {
    let double = Double::start().await;
    let app = TestApp::with(|config| {
        config.login.sign_up = SignUp::Open;
        double.declare(config);
        config.upstreams[0].profile = TakenProfile::Always;
    })
    .await;
    let mut browser = app.browser();
    let new = double.go(&mut browser).await;
    new.press("answer").submit(&mut browser).await.reply.expect(200);
    let authenticator = browser.set_up_authenticator().await;
    app.clock.advance(minutes(1));
    double.behave(Behaviour { claims: serde_json::json!({ "name": "Anne Example" }), ..Behaviour::default() });
    let mut other = app.browser();
    let half = double.go(&mut other).await;
    assert_eq!(app.person("ann@example.com").await.profile["name"], "Ann Example");
    let code = authenticator.code(&app);
    half.expect("second-factor").form().fill("code", &code).submit(&mut other).await.reply.expect(200);
    assert_eq!(app.person("ann@example.com").await.profile["name"], "Anne Example");
}
