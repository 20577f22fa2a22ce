//! RFC 9470: an API asks for a stronger or a more recent sign-in than that of the access token.

use latchkey::oidc::params::Params;
use serde_json::{Value, json};

use crate::harness::{Authenticator, Browser, PASSWORD, Page, Passkey, RelyingParty, TestApp, Tokens, minutes};

const TWO: &str = "urn:latchkey:acr:2fa";

/// An API that wants a class, and a sign-in of the last five minutes. It compares names, as an API does that knows nothing of ours.
struct Api<'a> {
    rp: &'a RelyingParty,
    classes: &'a [&'a str],
}

impl Api<'_> {
    /// The answer to a call with this access token.
    async fn call(&self, access_token: &str) -> http::Response<()> {
        let told = self.rp.introspect(access_token).await.expect(200).json();
        let age = self.rp.app.app.now().seconds() - told["auth_time"].as_i64().unwrap();
        if self.classes.iter().any(|class| told["acr"] == *class) && age <= 300 {
            return http::Response::builder().status(200).body(()).unwrap();
        }
        let challenge = format!(
            "Bearer realm=\"api\", error=\"insufficient_user_authentication\", \
             error_description=\"Stronger, please: \\\"{0}\\\"\", acr_values=\"{0}\", max_age=300",
            self.classes.join(" ")
        );
        http::Response::builder().status(401).header("www-authenticate", challenge).body(()).unwrap()
    }
}

/// A parameter of a challenge, which is a token or a quoted string: RFC 9110 §11.2.
fn parameter(challenge: &str, name: &str) -> Option<String> {
    let mut rest = challenge.split_once(' ')?.1;
    loop {
        let (key, value) = rest.split_once('=')?;
        let mut text = String::new();
        let mut chars = value.chars();
        if value.starts_with('"') {
            chars.next();
            while let Some(next) = chars.next().filter(|next| *next != '"') {
                text.extend(if next == '\\' { chars.next() } else { Some(next) });
            }
        } else {
            text = value.chars().take_while(|next| *next != ',').collect();
            chars.by_ref().take(text.chars().count()).for_each(drop);
        }
        if key.trim() == name {
            return Some(text);
        }
        rest = chars.as_str().trim_start().strip_prefix(',')?;
    }
}

/// How a call ends for the person.
#[derive(Debug, PartialEq)]
enum Ended {
    Served,
    /// With what the client says to them.
    Refused(String),
}

/// A client as docs/integrate.md wants it: it passes the challenge on once, and then tells the person.
async fn use_api(api: &Api<'_>, person: &mut Person, tokens: Tokens) -> Ended {
    let answer = api.call(&tokens.access_token).await;
    if answer.status() == 200 {
        return Ended::Served;
    }
    let challenge = answer.headers()["www-authenticate"].to_str().unwrap();
    assert_eq!(parameter(challenge, "error").as_deref(), Some("insufficient_user_authentication"), "{challenge}");
    let mut request = api.rp.request();
    for name in ["acr_values", "max_age"] {
        if let Some(value) = parameter(challenge, name) {
            request = request.set(name, &value);
        }
    }
    let page = person.browser.get(&request.path()).await;
    let page = person.go_on(page).await;
    if let Some(error) = page.param("error") {
        return Ended::Refused(error);
    }
    let again = api.rp.exchange(&page.code()).await.tokens();
    match api.call(&again.access_token).await.status().as_u16() {
        200 => Ended::Served,
        _ => Ended::Refused(format!("still too weak: {}", again.access_claims())),
    }
}

/// Somebody with a browser, who notes the pages that they see.
struct Person {
    browser: Browser,
    app: TestApp,
    authenticator: Option<Authenticator>,
    seen: Vec<String>,
}

impl Person {
    async fn signed_in(app: &TestApp) -> Self {
        let browser = app.browser().sign_in("alice").await;
        Self { browser, app: app.clone(), authenticator: None, seen: Vec::new() }
    }

    async fn go_on(&mut self, mut page: Page) -> Page {
        while !page.foreign {
            let name = page.name();
            page = match name.as_str() {
                "set-up" => {
                    let authenticator = Authenticator::with_key(&page.expect("set-up").codes()[0]);
                    let code = authenticator.code(&self.app);
                    self.authenticator = Some(authenticator);
                    let kept = page.form().fill("code", &code).submit(&mut self.browser).await;
                    self.browser.get(&kept.link("I have kept them")).await
                }
                "second-factor" => {
                    let code = self.authenticator.as_ref().expect("an app").code(&self.app);
                    page.form().fill("code", &code).submit(&mut self.browser).await
                }
                "sign-in" => {
                    let form = page.expect("sign-in").form().fill("identifier", "alice").fill("password", PASSWORD);
                    form.submit(&mut self.browser).await
                }
                "consent" => page.form().fill("decision", "allow").submit(&mut self.browser).await,
                other => panic!("the page {other} at {}:\n{}", page.url, page.reply.body),
            };
            self.seen.push(name);
        }
        page
    }

    /// The tokens of a request.
    async fn tokens(&mut self, rp: &RelyingParty, acr_values: Option<&str>) -> Tokens {
        let request = match acr_values {
            Some(classes) => rp.request().set("acr_values", classes),
            None => rp.request(),
        };
        let page = self.browser.get(&request.path()).await;
        let page = self.go_on(page).await;
        rp.exchange(&page.code()).await.tokens()
    }
}

#[test]
fn a_challenge_is_read_as_it_is_written() {
    let challenge = r#"Bearer realm="a, \"b\"", acr_values="x y", max_age=300"#;
    for (name, value) in [("realm", r#"a, "b""#), ("acr_values", "x y"), ("max_age", "300")] {
        assert_eq!(parameter(challenge, name).as_deref(), Some(value));
    }
    assert_eq!(parameter(challenge, "scope"), None);
}

#[tokio::test]
async fn a_client_that_passes_the_challenge_on_gets_a_token_that_the_api_takes() {
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    let api = Api { rp: &rp, classes: &[TWO] };
    let mut person = Person::signed_in(&app).await;
    let authenticator = person.browser.set_up_authenticator().await;
    let page = person.browser.type_password("alice", PASSWORD).await;
    let code = authenticator.code(&app);
    page.form().fill("code", &code).fill("trust", "yes").submit(&mut person.browser).await.reply.expect(200);
    person.browser.type_password("alice", PASSWORD).await.reply.expect(200);
    person.authenticator = Some(authenticator);
    let weak = person.tokens(&rp, None).await;
    assert_eq!(weak.access_claims()["acr"], "urn:latchkey:acr:1fa", "the browser is trusted");
    app.pass(minutes(1)).await;
    person.seen.clear();
    assert_eq!(use_api(&api, &mut person, weak).await, Ended::Served);
    assert_eq!(person.seen, ["sign-in", "second-factor"]);
    // As long as the sign-in is recent, the same request needs nobody; later it asks again.
    let good = person.tokens(&rp, Some(TWO)).await;
    assert_eq!((api.call(&good.access_token).await.status().as_u16(), person.seen.len()), (200, 2));
    app.pass(minutes(6)).await;
    let request = rp.request().set("acr_values", TWO).set("max_age", "300");
    person.browser.get(&request.clone().set("prompt", "none").path()).await.error("login_required");
    let good = person.tokens(&rp, None).await;
    assert_eq!(use_api(&api, &mut person, good).await, Ended::Served);
    assert_eq!(person.seen.len(), 4);
}

#[tokio::test]
async fn who_has_no_second_factor_sets_one_up_on_the_way() {
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    let api = Api { rp: &rp, classes: &[TWO] };
    let mut person = Person::signed_in(&app).await;
    let weak = person.tokens(&rp, None).await;
    let request = rp.request().set("acr_values", TWO);
    // Nobody is there to do so, but somebody could be called.
    person.browser.get(&request.clone().set("prompt", "none").path()).await.error("login_required");
    // Leaving the page leads to no code.
    let page = person.browser.get(&request.path()).await;
    let form = page.expect("sign-in").form().fill("identifier", "alice").fill("password", PASSWORD);
    let set_up = form.submit(&mut person.browser).await;
    let text = set_up.expect("set-up").text();
    assert!(text.contains("asks you to sign in with a second factor"), "{text}");
    set_up.form().fill("code", "000000").submit(&mut person.browser).await.refused(400);
    // Whoever does not want one now goes back, and the client knows that it gets no such sign-in.
    assert!(text.contains("Not now"), "{text}");
    let not_now = set_up.form().fill("decision", "not_now");
    not_now.submit(&mut person.browser).await.error("unmet_authentication_requirements");
    not_now.submit(&mut person.browser).await.expect("sign-in");
    person.browser.get(&request.path()).await.expect("sign-in");
    person.seen.clear();
    assert_eq!(use_api(&api, &mut person, weak).await, Ended::Served);
    assert_eq!(person.seen, ["sign-in", "set-up"]);
    // The same for who has to sign in anyway.
    let mut bob = app.browser();
    app.user("bob").await;
    let page = bob.get(&request.path()).await;
    let page = page.form().fill("identifier", "bob").fill("password", PASSWORD).submit(&mut bob).await;
    page.expect("set-up");
    // Whoever asks for one factor, too, gets that.
    let page = bob.get(&request.set("acr_values", &format!("{TWO} urn:latchkey:acr:1fa")).path()).await;
    let page = page.form().fill("identifier", "bob").fill("password", PASSWORD).submit(&mut bob).await;
    let page = bob.go_on(page).await;
    assert_eq!(rp.exchange(&page.code()).await.tokens().id_claims()["acr"], "urn:latchkey:acr:1fa");
}

#[tokio::test]
async fn a_client_whose_api_wants_what_the_person_cannot_do_ends_after_one_round() {
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    let api = Api { rp: &rp, classes: &["phr"] };
    let mut person = Person::signed_in(&app).await;
    let weak = person.tokens(&rp, None).await;
    let refused = Ended::Refused("unmet_authentication_requirements".to_owned());
    person.seen.clear();
    for _ in 0..3 {
        assert_eq!(use_api(&api, &mut person, weak.clone()).await, refused);
    }
    assert!(person.seen.is_empty(), "{:?}", person.seen);
    assert_eq!(app.rows("authorization_code").await, 1, "nobody is given a code");
    // An app is no passkey, and who is not signed in signs in first.
    person.authenticator = Some(person.browser.set_up_authenticator().await);
    assert_eq!(use_api(&api, &mut person, weak).await, refused);
    app.pass(minutes(1)).await;
    person.browser = app.browser();
    let page = person.browser.get(&rp.request().set("acr_values", "phr").path()).await;
    person.go_on(page).await.error("unmet_authentication_requirements");
    assert_eq!(person.seen, ["sign-in", "second-factor"]);
    let silent = rp.request().set("acr_values", "phr").set("prompt", "none");
    person.browser.get(&silent.path()).await.error("unmet_authentication_requirements");
    // A class that means nothing here is nobody's fault: Core §3.1.2.1.
    let code = person.browser.get(&rp.request().set("acr_values", "urn:example:gold").path()).await.code();
    assert_eq!(rp.exchange(&code).await.tokens().id_claims()["acr"], TWO);
}

#[tokio::test]
async fn who_asks_for_two_factors_finds_that_name_also_of_who_has_signed_in_with_a_passkey() {
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    let mut person = Person::signed_in(&app).await;
    let mut passkey = person.browser.add_passkey(Passkey::new(&app)).await;
    person.browser = app.browser();
    person.browser.sign_in_by(&mut passkey).await.reply.expect(200);
    let own = person.tokens(&rp, None).await;
    assert_eq!(own.access_claims()["acr"], "phr", "unasked, the session's own class");
    let api = Api { rp: &rp, classes: &[TWO] };
    person.seen.clear();
    assert_eq!(use_api(&api, &mut person, own).await, Ended::Served);
    assert!(person.seen.is_empty(), "{:?}", person.seen);
    let either = format!("phr {TWO}");
    for (wanted, told) in [(TWO, TWO), (&either, "phr"), ("urn:latchkey:acr:1fa", "urn:latchkey:acr:1fa")] {
        let tokens = person.tokens(&rp, Some(wanted)).await;
        let id = tokens.id_claims();
        assert_eq!((&id["acr"], &id["amr"]), (&json!(told), &json!(["swk", "mfa"])), "{wanted}");
        assert_eq!(tokens.access_claims()["acr"], told);
        // It stays so for the life of the grant.
        let refreshed = rp.refresh(tokens.refresh()).await.tokens();
        assert_eq!((&refreshed.id_claims()["acr"], &refreshed.access_claims()["acr"]), (&json!(told), &json!(told)));
        assert_eq!(rp.introspect(&refreshed.access_token).await.expect(200).json()["acr"], told);
    }
}

#[tokio::test]
async fn a_person_with_a_passkey_and_no_app_is_asked_for_it_when_the_client_wants_two_factors() {
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    let mut browser = app.browser().sign_in("alice").await;
    let mut passkey = browser.add_passkey(Passkey::new(&app)).await;
    let mut other = app.browser();
    let page = other.get(&rp.request().set("acr_values", TWO).path()).await;
    let page = page.form().fill("identifier", "alice").fill("password", PASSWORD).submit(&mut other).await;
    let page = other.use_passkey(page.expect("second-factor"), &mut passkey).await;
    let page = other.go_on(page).await;
    // RFC 8176 §1: what was typed before is told, too.
    let told: Value = rp.exchange(&page.code()).await.tokens().id_claims();
    assert_eq!((&told["acr"], &told["amr"]), (&json!(TWO), &json!(["pwd", "swk", "mfa"])));
    // Without the wish the password is enough, as in a browser that has no passkeys.
    app.browser().type_password("alice", PASSWORD).await.reply.expect(200);
}

#[tokio::test]
async fn a_password_that_was_typed_too_long_before_the_passkey_is_not_told() {
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    let mut browser = app.browser().sign_in("alice").await;
    let mut passkey = browser.add_passkey(Passkey::new(&app)).await;
    for (lost, waits) in [(false, true), (true, false)] {
        let mut other = app.browser();
        let page = other.get(&rp.request().set("acr_values", TWO).path()).await;
        let page = page.form().fill("identifier", "alice").fill("password", PASSWORD).submit(&mut other).await;
        let second = page.expect("second-factor").clone();
        if waits {
            app.clock.advance(minutes(10));
        }
        if lost {
            other.cookies.remove("half");
        }
        let offered = other.get("/sign-in/passkey").await.reply.json();
        let form = second.ceremony().form.fill("ceremony", offered["ceremony"].as_str().unwrap());
        let signed = passkey.get(&serde_json::from_str(offered["options"].as_str().unwrap()).unwrap());
        let page = form.fill("response", &signed.to_string()).submit(&mut other).await;
        let page = other.go_on(page).await;
        let told = rp.exchange(&page.code()).await.tokens().id_claims();
        assert_eq!(told["amr"], json!(["swk", "mfa"]), "lost {lost}, waits {waits}");
    }
}

#[tokio::test]
async fn a_passkey_that_the_browser_made_by_itself_can_be_asked_for() {
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    let mut browser = app.browser();
    let (page, mut passkey) = browser.authorize_and_make_passkey(&rp).await;
    browser.go_on(page).await.code();
    let request = rp.request().set("acr_values", "phr");
    let page = browser.get(&request.path()).await;
    let text = page.expect("sign-in").text();
    assert!(text.contains("asks for your passkey"), "{text}");
    // Who does not know of it can set up an app where that will do, and is not asked again and again where it will not.
    let mut elsewhere = app.browser();
    let two = elsewhere.get(&rp.request().set("acr_values", TWO).path()).await;
    let typed = |page: &Page| page.form_to("/sign-in").fill("identifier", "alice").fill("password", PASSWORD);
    typed(&two).submit(&mut elsewhere).await.expect("set-up");
    let phr = elsewhere.get(&request.path()).await;
    typed(&phr).submit(&mut elsewhere).await.error("unmet_authentication_requirements");
    let signed_in = browser.use_passkey(&page, &mut passkey).await;
    let code = browser.go_on(signed_in).await.code();
    assert_eq!(rp.exchange(&code).await.tokens().id_claims()["acr"], "phr");
}

#[tokio::test]
async fn what_a_session_takes_over_is_as_old_as_it_was() {
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    let mut browser = app.browser().sign_in("alice").await;
    let signed_in_at = app.app.now();
    app.clock.advance(minutes(2));
    // An app that is set up now renews the session, and nobody has typed the password once more.
    browser.set_up_authenticator().await;
    let page = browser.get(&rp.request().path()).await;
    let page = browser.go_on(page).await;
    let claims = rp.exchange(&page.code()).await.tokens().access_claims();
    let auth_time = claims["auth_time"].as_i64();
    assert_eq!((claims["acr"].as_str(), auth_time), (Some(TWO), Some(signed_in_at.seconds())));
    app.pass(minutes(4)).await;
    browser.get("/account/data").await.expect("sign-in");
}

#[tokio::test]
async fn every_class_that_is_published_can_be_asked_for_with_the_weakest() {
    // OpenID Connect's conformance suite asks for the published classes.
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    let discovery = app.get("/.well-known/openid-configuration").await.json();
    let published: Vec<String> = serde_json::from_value(discovery["acr_values_supported"].clone()).unwrap();
    let asked = Params::from_pairs([("acr_values", published.join(" "))]);
    let request = rp.request().set("acr_values", asked.get("acr_values").unwrap());
    let page = app.browser().go_through(&request).await;
    let told = rp.exchange(&page.code()).await.tokens().id_claims()["acr"].clone();
    assert!(published.iter().any(|class| told == *class), "{told} of {published:?}");
}
