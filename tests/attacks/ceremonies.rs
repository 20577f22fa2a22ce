//! H1–H6. What a browser or an authenticator sends in a ceremony of WebAuthn, and the right answer.

use serde_json::{Value, json};

use crate::harness::{
    BACKED_UP, Browser, CeremonyForm, ELIGIBLE, PASSWORD, PRESENT, Passkey, TestApp, VERIFIED, base64url,
    from_base64url, made_up, minutes,
};
use latchkey::config::SecondFactor;
use latchkey::store::people::passkey::{self, Backup};

use super::passkeys::enrolled;

/// The offer of the sign-in page in a new browser.
pub(super) async fn offered(app: &TestApp) -> (Browser, CeremonyForm) {
    let mut browser = app.browser();
    let ceremony = browser.get("/sign-in").await.ceremony();
    (browser, ceremony)
}

/// A response is refused: the sign-in page is shown again, and nobody is signed in.
pub(super) async fn refuses(
    app: &TestApp,
    title: &str,
    change: impl FnOnce(&mut Passkey, &Value) -> Value,
    passkey: &Passkey,
) {
    let (mut browser, ceremony) = offered(app).await;
    let response = change(&mut passkey.clone(), &ceremony.options);
    let page = ceremony.answer(&response).submit(&mut browser).await;
    assert_eq!(page.reply.status, 400, "{title}: {}", page.text());
    assert!(!page.foreign, "{title}: {}", page.url);
    assert!(page.text().contains("this passkey") || page.text().contains("This passkey"), "{title}");
    browser.get("/account").await.expect("sign-in");
}

/// A new key is refused, and nothing is stored.
async fn adds_none(browser: &mut Browser, title: &str, change: impl FnOnce(&mut Passkey, &Value) -> Value) {
    let app = browser.app.clone();
    let ceremony = browser.get("/account/passkeys").await.expect("passkeys").ceremony();
    let response = change(&mut Passkey::new(&app), &ceremony.options);
    let before = app.rows("passkey").await;
    let page = ceremony.answer(&response).submit(browser).await;
    assert!(page.refused(400).text().contains("could not be added"), "{title}: {}", page.text());
    assert_eq!(app.rows("passkey").await, before, "{title}");
}

#[tokio::test]
async fn h1_a_challenge_counts_once_in_its_browser_and_for_five_minutes() {
    let app = TestApp::new().await;
    let (mut owner, mut passkey) = enrolled(&app).await;
    let (mut browser, ceremony) = offered(&app).await;
    let signed = ceremony.answer(&passkey.get(&ceremony.options));
    // Another browser first: the form is bound, and so is the ceremony.
    let (mut thief, other) = offered(&app).await;
    signed.submit(&mut thief).await.refused(403);
    let stolen = other.answer(&passkey.get(&ceremony.options)).fill("ceremony", ceremony.form.get("ceremony").unwrap());
    assert!(stolen.submit(&mut thief).await.refused(400).text().contains("took too long"));
    thief.get("/account").await.expect("sign-in");
    signed.submit(&mut browser).await.reply.expect(200);
    let again = signed.submit(&mut browser).await;
    assert!(again.refused(400).text().contains("took too long"), "{}", again.text());
    assert_eq!(app.live_sessions_of("alice").await, 2);
    // A failed try uses its challenge up, too.
    let (mut browser, ceremony) = offered(&app).await;
    ceremony.answer(&json!({})).submit(&mut browser).await.refused(400);
    ceremony.answer(&passkey.get(&ceremony.options)).submit(&mut browser).await.refused(400);
    // The response to one challenge is none to another.
    let (mut browser, ceremony) = offered(&app).await;
    let old = passkey.get(&ceremony.options);
    let page = browser.get("/sign-in").await.ceremony();
    page.answer(&old).submit(&mut browser).await.refused(400);
    // One second before the end, and at it.
    for (wait, status) in [(299, 200), (300, 400)] {
        let (mut browser, ceremony) = offered(&app).await;
        app.pass(crate::harness::seconds(wait)).await;
        let page = ceremony.answer(&passkey.get(&ceremony.options)).submit(&mut browser).await;
        assert_eq!(page.reply.status, status, "after {wait} s");
    }
    // What was sealed for a sign-in adds no passkey, and the other way round.
    let mut owner = {
        owner.sign_in_by(&mut passkey).await;
        owner
    };
    let adding = owner.get("/account/passkeys").await.ceremony();
    let (_, signing) = offered(&app).await;
    let mixed = adding.answer(&Passkey::new(&app).create(&adding.options));
    mixed.fill("ceremony", signing.form.get("ceremony").unwrap()).submit(&mut owner).await.refused(400);
    let response = Passkey::new(&app).create(&adding.options);
    adding.answer(&response).submit(&mut owner).await.expect("passkeys");
    assert!(adding.answer(&response).submit(&mut owner).await.refused(400).text().contains("took too long"));
    assert_eq!(app.rows("passkey").await, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn x4_h1_one_signature_over_two_replicas_signs_in_once() {
    let Some(app) = TestApp::replicas().await else { return };
    let (_, mut passkey) = enrolled(&app).await;
    let (browser, ceremony) = offered(&app).await;
    let form = ceremony.answer(&passkey.get(&ceremony.options));
    let tries: Vec<_> = (0..8)
        .map(|_| {
            let (mut browser, form) = (browser.clone(), form.clone());
            tokio::spawn(async move { form.submit(&mut browser).await.reply.status.as_u16() })
        })
        .collect();
    let mut signed_in = 0;
    for one in tries {
        signed_in += i32::from(one.await.unwrap() == 200);
    }
    assert_eq!(signed_in, 1);
}

#[tokio::test]
async fn h2_another_origin_provider_or_page_around_ours_is_refused() {
    let app = TestApp::new().await;
    let (mut browser, passkey) = enrolled(&app).await;
    let origin = app.app.config.issuer.origin().to_owned();
    let origins = [
        "https://evil.example".to_owned(),
        "http://localhost.evil.example".to_owned(),
        "http://evil.localhost".to_owned(),
        format!("{origin}1"),
        format!("{origin}/"),
        origin.replace("http:", "https:"),
        "null".to_owned(),
    ];
    for other in origins {
        let with = |mut key: Passkey| {
            key.origin = other.clone();
            key
        };
        refuses(&app, &other, |key, options| with(key.clone()).get(options), &passkey).await;
        adds_none(&mut browser, &other, |key, options| with(key.clone()).create(options)).await;
    }
    for (name, value) in [
        ("crossOrigin", json!(true)),
        ("crossOrigin", json!("false")),
        ("topOrigin", json!(origin)),
        ("topOrigin", json!("https://evil.example")),
        ("type", json!("webauthn.other")),
        ("challenge", json!([1, 2, 3])),
        ("challenge", Value::Null),
    ] {
        let title = format!("{name}: {value}");
        let with = |mut key: Passkey| {
            key.client_data.insert(name.to_owned(), value.clone());
            key
        };
        refuses(&app, &title, |key, options| with(key.clone()).get(options), &passkey).await;
        adds_none(&mut browser, &title, |key, options| with(key.clone()).create(options)).await;
    }
    for other in ["evil.example", "LOCALHOST", "", "http://localhost"] {
        let with = |mut key: Passkey| {
            key.rp_id = other.to_owned();
            key
        };
        refuses(&app, other, |key, options| with(key.clone()).get(options), &passkey).await;
        adds_none(&mut browser, other, |key, options| with(key.clone()).create(options)).await;
    }
    // A challenge as an array of its bytes, which the library would read.
    let bytes = |options: &Value| json!(from_base64url(options["challenge"].as_str().unwrap()));
    let with = |mut key: Passkey, options: &Value| {
        key.client_data.insert("challenge".to_owned(), bytes(options));
        key
    };
    refuses(&app, "an array", |key, options| with(key.clone(), options).get(options), &passkey).await;
    adds_none(&mut browser, "an array", |key, options| with(key.clone(), options).create(options)).await;
}

#[tokio::test]
async fn h3_who_was_not_there_or_not_verified_is_refused() {
    let app = TestApp::new().await;
    let (mut browser, passkey) = enrolled(&app).await;
    for (title, flags) in [
        ("nobody", ELIGIBLE | BACKED_UP),
        ("present", PRESENT | ELIGIBLE | BACKED_UP),
        ("verified", VERIFIED | ELIGIBLE | BACKED_UP),
        ("a backup that cannot be", PRESENT | VERIFIED | BACKED_UP),
    ] {
        let with = |mut key: Passkey| {
            key.flags = flags;
            key
        };
        refuses(&app, title, |key, options| with(key.clone()).get(options), &passkey).await;
        adds_none(&mut browser, title, |key, options| with(key.clone()).create(options)).await;
    }
    // A key that was in one device and says that it can leave it, and one that says the opposite.
    let mut bound = browser.add_passkey(Passkey::bound(&app)).await;
    let downgraded = |key: &mut Passkey, options: &Value| {
        key.flags = PRESENT | VERIFIED;
        key.get(options)
    };
    refuses(&app, "bound of a sudden", downgraded, &passkey).await;
    let upgraded = |key: &mut Passkey, options: &Value| {
        key.flags |= ELIGIBLE | BACKED_UP;
        key.get(options)
    };
    refuses(&app, "synced of a sudden", upgraded, &bound).await;
    app.browser().sign_in_by(&mut bound).await.reply.expect(200);
}

#[tokio::test]
async fn h4_a_counter_that_goes_back_is_refused_and_told() {
    let app = TestApp::new().await;
    let mut browser = app.browser().sign_in("alice").await;
    let mut passkey = browser.add_passkey(Passkey::bound(&app)).await;
    let mut copy = passkey.clone();
    app.browser().sign_in_by(&mut passkey).await.reply.expect(200);
    app.browser().sign_in_by(&mut passkey).await.reply.expect(200);
    let fell = async || app.events().await.iter().filter(|kind| *kind == "passkey_counter_fell").count();
    assert_eq!(fell().await, 0);
    for counter in [1, 2] {
        refuses(&app, "a copy", |_, options| copy.get(options), &passkey).await;
        assert_eq!(fell().await, counter, "the copy is told each time");
    }
    // A counter that is gone is one that went back.
    let without = |key: &mut Passkey, options: &Value| {
        key.counter = 0;
        key.get(options)
    };
    refuses(&app, "no counter any more", without, &passkey).await;
    assert_eq!(fell().await, 3);
    // The original goes on. Nobody learns of a copy by a signature that is none.
    app.browser().sign_in_by(&mut passkey).await.reply.expect(200);
    let broken = |_: &mut Passkey, options: &Value| {
        let mut response = passkey.clone().get(options);
        response["response"]["signature"] = json!(base64url(&[0x30, 0x06, 0x02, 0x01, 0x01, 0x02, 0x01, 0x01]));
        response
    };
    refuses(&app, "no signature", broken, &passkey).await;
    assert_eq!(fell().await, 3);
}

#[tokio::test]
async fn h4_of_two_signatures_with_one_counter_that_were_judged_at_once_one_counts() {
    let app = TestApp::new().await;
    let mut browser = app.browser().sign_in("alice").await;
    browser.add_passkey(Passkey::bound(&app)).await;
    let alice = app.person("alice").await;
    let id = passkey::of_user(&mut app.app.db.read().await.unwrap(), &alice.id).await.unwrap()[0].id.clone();
    let now = app.app.now();
    // What each of them does after its signature was found to be right.
    let mut counts = Vec::new();
    for counter in [2, 2, 1, 0, 3] {
        let id = id.clone();
        let note =
            made_up(move |tx| Box::pin(async move { passkey::note_use(tx, &id, counter, Backup::Bound, now).await }));
        counts.push(app.app.db.write(note).await.unwrap());
    }
    assert_eq!(counts, [true, false, false, false, true]);
}

#[tokio::test]
async fn h5_a_credential_is_its_owners_and_has_one_identifier() {
    let app = TestApp::new().await;
    let (mut alice, passkey) = enrolled(&app).await;
    let mut bob = app.browser().sign_in("bob").await;
    let of_bob = bob.add_passkey(Passkey::new(&app)).await;
    // Alice's key with the handle, or the identifier, of Bob's.
    refuses(
        &app,
        "another's handle",
        |key, options| {
            key.user_handle = of_bob.user_handle.clone();
            key.get(options)
        },
        &passkey,
    )
    .await;
    refuses(
        &app,
        "another's identifier",
        |key, options| {
            key.id = of_bob.id.clone();
            key.get(options)
        },
        &passkey,
    )
    .await;
    refuses(
        &app,
        "no handle",
        |key, options| {
            let mut response = key.get(options);
            response["response"].as_object_mut().unwrap().remove("userHandle");
            response
        },
        &passkey,
    )
    .await;
    let other = base64url(&of_bob.id);
    for (title, member, value) in [
        ("id is not rawId", "id", json!(other)),
        ("rawId is not id", "rawId", json!(other)),
        ("no id", "id", json!("")),
        ("an id that is none", "id", json!(7)),
        ("another type", "type", json!("password")),
    ] {
        let bent = |mut response: Value| {
            response[member] = value.clone();
            response
        };
        refuses(&app, title, |key, options| bent(key.get(options)), &passkey).await;
        adds_none(&mut alice, title, |key, options| bent(key.create(options))).await;
    }
    // An identifier that the authenticator has not said.
    adds_none(&mut alice, "another in the data", |key, options| {
        let mut response = key.create(options);
        (response["id"], response["rawId"]) = (json!(other), json!(other));
        response
    })
    .await;
    // Nobody adds a credential that somebody has.
    for taken in [&passkey, &of_bob] {
        adds_none(&mut alice, "taken", |key, options| {
            key.id = taken.id.clone();
            key.create(options)
        })
        .await;
    }
    // Nor with the form that another person was shown.
    let mut shared = alice.clone();
    let of_alice = shared.get("/account/passkeys").await.ceremony();
    let mut shared = shared.sign_in("bob").await;
    shared.sign_in_by(&mut of_bob.clone()).await;
    let own = shared.get("/account/passkeys").await.ceremony();
    let mixed = own.answer(&Passkey::new(&app).create(&of_alice.options));
    mixed.fill("ceremony", of_alice.form.get("ceremony").unwrap()).submit(&mut shared).await.refused(400);
    // A key that nobody has; the browser learns that it is unknown.
    let (mut browser, ceremony) = offered(&app).await;
    let mut unknown = Passkey::new(&app);
    let page = ceremony.answer(&unknown.get(&ceremony.options)).submit(&mut browser).await;
    assert!(page.refused(400).text().contains("not known here any more"), "{}", page.text());
    assert!(page.reply.body.contains(&base64url(&unknown.id)) && page.reply.body.contains("data-unknown"));
    assert_eq!(app.rows("passkey").await, 2);
}

#[tokio::test]
async fn h5_another_persons_passkey_completes_no_half_of_a_sign_in() {
    let app = TestApp::with(|config| config.login.second_factor = SecondFactor::Everybody).await;
    let mut alice = app.browser();
    app.user("alice").await;
    app.user("bob").await;
    // Both set up an app first, and then a passkey.
    let mut passkeys = Vec::new();
    for name in ["alice", "bob"] {
        let mut browser = app.browser();
        let page = browser.type_password(name, PASSWORD).await;
        let app_of = crate::harness::Authenticator::with_key(&page.expect("set-up").codes()[0]);
        page.form().fill("code", &app_of.code(&app)).submit(&mut browser).await.reply.expect(200);
        passkeys.push(browser.add_passkey(Passkey::new(&app)).await);
        app.pass(minutes(1)).await;
    }
    let page = alice.type_password("alice", PASSWORD).await;
    let refused = alice.use_passkey(page.expect("second-factor"), &mut passkeys[1]).await;
    refused.refused(400);
    alice.get("/account").await.expect("sign-in");
    let page = alice.type_password("alice", PASSWORD).await;
    alice.use_passkey(&page, &mut passkeys[0]).await.reply.expect(200);
    alice.get("/account/passkeys").await.expect("passkeys");
}

#[tokio::test]
async fn h6_bad_signatures_and_encodings_are_refused() {
    let app = TestApp::new().await;
    let (_, passkey) = enrolled(&app).await;
    let stranger = Passkey { id: passkey.id.clone(), user_handle: passkey.user_handle.clone(), ..Passkey::new(&app) };
    refuses(&app, "another key", |_, options| stranger.clone().get(options), &passkey).await;
    type Bend = fn(&mut Value);
    let bends: [(&str, Bend); 9] = [
        ("no signature", |r| r["signature"] = json!("")),
        ("a signature of zeroes", |r| {
            r["signature"] = json!(base64url(&[0x30, 0x06, 0x02, 0x01, 0x00, 0x02, 0x01, 0x00]))
        }),
        ("a signature that is no text", |r| r["signature"] = json!([1])),
        ("a signature in the other alphabet", |r| r["signature"] = json!("+/+/")),
        ("other data", |r| {
            let mut data = from_base64url(r["authenticatorData"].as_str().unwrap());
            data[36] ^= 1;
            r["authenticatorData"] = json!(base64url(&data));
        }),
        ("data with something behind them", |r| {
            let mut data = from_base64url(r["authenticatorData"].as_str().unwrap());
            data.push(0);
            r["authenticatorData"] = json!(base64url(&data));
        }),
        ("short data", |r| r["authenticatorData"] = json!(base64url(&[0; 36]))),
        ("client data that are no JSON", |r| r["clientDataJSON"] = json!(base64url(b"{"))),
        ("client data that are deep", |r| r["clientDataJSON"] = json!(base64url("[".repeat(10_000).as_bytes()))),
    ];
    for (title, bend) in bends {
        let bent = |key: &mut Passkey, options: &Value| {
            let mut response = key.get(options);
            bend(&mut response["response"]);
            response
        };
        refuses(&app, title, bent, &passkey).await;
    }
    for (title, text) in [("nothing", ""), ("no JSON", "{"), ("an array", "[]"), ("null", "null")] {
        let (mut browser, ceremony) = offered(&app).await;
        ceremony.form.clone().fill("response", text).submit(&mut browser).await.refused(400);
        assert_eq!(app.live_sessions_of("alice").await, 1, "{title}");
    }
}

#[tokio::test]
async fn h6_keys_that_are_none_and_bombs_are_refused() {
    let app = TestApp::new().await;
    let mut browser = app.browser().sign_in("alice").await;
    let none = b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData";
    let ec2 = |algorithm: &[u8], curve: u8, x: &[u8], y: &[u8]| {
        [&[0xa5, 0x01, 0x02, 0x03], algorithm, &[0x20, curve, 0x21, 0x58, 0x20], x, &[0x22, 0x58, 0x20], y].concat()
    };
    let rsa = |n: &[u8], e: &[u8]| {
        let length = u16::try_from(n.len()).unwrap().to_be_bytes();
        let short = u8::try_from(e.len()).unwrap();
        [&[0xa4, 0x01, 0x03, 0x03, 0x39, 0x01, 0x00, 0x20, 0x59], &length[..], n, &[0x21, 0x40 | short], e].concat()
    };
    for (title, key) in [
        ("a point off the curve", ec2(&[0x26], 1, &[1; 32], &[1; 32])),
        ("the point at infinity", ec2(&[0x26], 1, &[0; 32], &[0; 32])),
        ("another curve", ec2(&[0x26], 3, &[1; 32], &[1; 32])),
        ("no algorithm that we have asked for", ec2(&[0x27], 1, &[1; 32], &[1; 32])),
        ("RSA of 65,536 bits", rsa(&[0xff; 8192], &[1, 0, 1])),
        ("RSA of 1024 bits", rsa(&[0xff; 128], &[1, 0, 1])),
        ("RSA with the exponent one", rsa(&[0xff; 256], &[0, 0, 1])),
        ("a key without end", vec![0xbf, 0xff]),
        ("a map of 2^64 - 1 entries", vec![0xbb, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
        ("arrays in arrays", vec![0x81; 10_000]),
        ("no key", Vec::new()),
    ] {
        adds_none(&mut browser, title, |passkey, options| passkey.create_with(options, &key, none)).await;
    }
    let bomb = [&b"\xa3\x63fmt\x64none\x67attStmt"[..], &vec![0xa1; 20_000], b"\x68authData"].concat();
    let long = b"\xa3\x63fmt\x64none\x67attStmt\xbb\xff\xff\xff\xff\xff\xff\xff\xff\x68authData";
    for (title, object) in [
        ("maps in maps", &bomb[..]),
        ("a statement of 2^64 - 1 entries", long),
        ("no statement", b"\xa2\x63fmt\x64none\x68authData"),
        ("members twice", b"\xa4\x63fmt\x64none\x63fmt\x64none\x67attStmt\xa0\x68authData"),
        ("an object without end", b"\xbf\x63fmt\x64none\x67attStmt\xa0\x68authData"),
    ] {
        let made = |passkey: &mut Passkey, options: &Value| {
            let key = passkey.cose_key();
            passkey.create_with(options, &key, object)
        };
        adds_none(&mut browser, title, made).await;
    }
    // A statement of attestation, which nobody has asked for, is passed over and not looked into.
    let ceremony = browser.get("/account/passkeys").await.ceremony();
    let mut odd = Passkey::new(&app);
    let key = odd.cose_key();
    let statement = b"\xa3\x63fmt\x68fido-u2f\x67attStmt\xa1\x63x5c\x81\x41\x00\x68authData";
    let response = odd.create_with(&ceremony.options, &key, statement);
    ceremony.answer(&response).submit(&mut browser).await.expect("passkeys");
    app.browser().sign_in_by(&mut odd).await.reply.expect(200);
}
