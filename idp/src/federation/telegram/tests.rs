//! What Telegram signs, by published examples and by some that were made for this: another implementation has accepted each.

use super::fields::Fields;
use super::init_data::Voucher;
use super::widget::Said;
use super::*;
use crate::base::encoding::sha256;
use crate::base::hmac::hmac_sha256;
use crate::base::secret::Secret;

/// A token that no bot has.
const TOKEN: &str = "1234567890:LATCHKEY-made-up";

/// When what was made for this was signed.
const THEN: i64 = 1_767_225_600;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(seconds)
}

fn by_widget(query: &str, token: &str, now: i64) -> Result<Signed, Wrong> {
    Said::of_query(query)?.verify(&Secret::from(token), at(now))
}

fn by_token(init_data: &str, token: &str, now: i64) -> Result<Signed, Wrong> {
    Voucher::Token(&Secret::from(token)).verify(init_data, at(now))
}

fn by_key(init_data: &str, bot: u64, key: [u8; 32], now: i64) -> Result<Signed, Wrong> {
    Voucher::Telegram { bot, key }.verify(init_data, at(now))
}

fn production(bot: u64) -> Voucher<'static> {
    Voucher::Telegram { bot, key: init_data::PRODUCTION }
}

fn key_of(hex: &str) -> [u8; 32] {
    signature::from_hex(hex).unwrap()
}

/// The widget's answer, by hand.
const OF_WIDGET: &str = "auth_date=1767225600&first_name=%D0%90%D0%BD%D0%BD%D0%B0&id=987654321&hash=f8432e66c3874b1a926e0622c36dd0ce0791af0f605ec68baa919645dbf46a80";

/// What a Mini App is given, signed in both ways: the key is that of the seed 00…1f.
const OF_MINI_APP: &str = "auth_date=1767225600&user=%7B%22id%22%3A987654321%2C%22first_name%22%3A%22Ann%20a%22%7D\
    &hash=9b37d97be646a4b716725cf5f6351202e2f85f3b63248b74bdef2365cb69f574\
    &signature=GlI-vWPQf-jI_UpxpXNfnzrMIKob5MwT5pjuQ5runHd9nP6xO21jo-bTdTS9HYWu_0noCRCTU5_bkfHzbd0LCQ";
const SEED_KEY: &str = "03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8";

/// Of init-data-rs and init-data-golang: Telegram itself has signed it.
const OF_TELEGRAM: &str = "user=%7B%22id%22%3A279058397%2C%22first_name%22%3A%22Vladislav%20%2B%20-%20%3F%20%5C%2F%22%2C%22last_name%22%3A%22Kibenko%22%2C%22username%22%3A%22vdkfrost%22%2C%22language_code%22%3A%22ru%22%2C%22is_premium%22%3Atrue%2C%22allows_write_to_pm%22%3Atrue%2C%22photo_url%22%3A%22https%3A%5C%2F%5C%2Ft.me%5C%2Fi%5C%2Fuserpic%5C%2F320%5C%2F4FPEE4tmP3ATHa57u6MqTDih13LTOiMoKoLDRG4PnSA.svg%22%7D&chat_instance=8134722200314281151&chat_type=private&auth_date=1733584787&hash=2174df5b000556d044f3f020384e879c8efcab55ddea2ced4eb752e93e7080d6&signature=zL-ucjNyREiHDE8aihFwpfR9aggP2xiAo3NSpfe-p7IbCisNlDKlo7Kb6G4D0Ao2mBrSgEk4maLSdv6MLIlADQ";

#[test]
fn the_widget_is_verified_by_a_hash_of_the_token() {
    let signed = by_widget(OF_WIDGET, TOKEN, THEN + 300).unwrap();
    assert_eq!((signed.person.id, signed.person.name().as_deref(), signed.at), (987_654_321, Some("Анна"), at(THEN)));
    // aiogram, test_auth_widget.py.
    let published = "id=42&first_name=John&last_name=Smith&username=username&photo_url=https%3A%2F%2Ft.me%2Fi%2Fuserpic%2F320%2Fpicname.jpg\
        &auth_date=1565810688&hash=c303db2b5a06fe41d23a9b14f7c545cfc11dcc7473c07c9c5034ae60062461ce";
    let token = "123456:ABC-DEF1234ghIkl-zyx57W2v1u123ew11";
    let signed = by_widget(published, token, 1_565_810_688).unwrap();
    assert_eq!(
        (signed.person.name().as_deref(), signed.person.username.as_deref()),
        (Some("John Smith"), Some("username"))
    );
    let without = published.replace("username=username&", "");
    assert_eq!(by_widget(&without, token, 1_565_810_688).err(), Some(Wrong::Forged));
}

#[test]
fn the_widget_answers_in_a_fragment_too_as_json() {
    let json = r#"{"id":987654321,"first_name":"\u0410\u043d\u043d\u0430","auth_date":1767225600,"hash":"f8432e66c3874b1a926e0622c36dd0ce0791af0f605ec68baa919645dbf46a80"}"#;
    let written = |json: &str| crate::base::encoding::base64url(json.as_bytes());
    let said = Said::of_fragment(&written(json)).unwrap().unwrap();
    assert_eq!(said.verify(&Secret::from(TOKEN), at(THEN)).unwrap().person.id, 987_654_321);
    assert!(Said::of_fragment(&format!("{}=", written(&format!("{json} ")))).unwrap().is_some(), "with padding");
    for no in ["false", &written("false")] {
        assert!(Said::of_fragment(no).unwrap().is_none(), "the person did not want to: {no}");
    }
    let twice = json.replace(r#""id""#, r#""id":1,"id""#);
    assert_eq!(Said::of_fragment(&written(&twice)).err(), Some(Wrong::Repeated("id".to_owned())));
    for strange in [
        "",
        "!",
        &written("null"),
        &written("[]"),
        &written(r#"{"id":1.5}"#),
        &written(r#"{"id":-1}"#),
        &written(r#"{"id":{}}"#),
    ] {
        let unreadable = Wrong::Unreadable("tgAuthResult is no JSON in base64url");
        assert_eq!(Said::of_fragment(strange).err(), Some(unreadable), "{strange}");
    }
}

#[test]
fn a_mini_app_is_verified_by_the_token_with_the_signature_among_what_is_signed() {
    let signed = by_token(OF_MINI_APP, TOKEN, THEN + 300).unwrap();
    assert_eq!((signed.person.id, signed.person.name().as_deref()), (987_654_321, Some("Ann a")));
    let wrong_hash = OF_MINI_APP.replace(
        "9b37d97be646a4b716725cf5f6351202e2f85f3b63248b74bdef2365cb69f574",
        "4d394b7f8224508d5f282d78e6f7cc9ac6f2a41b64b08727d004bb9d5c4635f5",
    );
    assert_eq!(by_token(&wrong_hash, TOKEN, THEN).err(), Some(Wrong::Forged), "a hash of all but the signature");
    // init-data-golang, validate_test.go.
    let published = "query_id=AAHdF6IQAAAAAN0XohDhrOrc&user=%7B%22id%22%3A279058397%2C%22first_name%22%3A%22Vladislav%22%2C%22last_name%22%3A%22Kibenko%22%2C%22username%22%3A%22vdkfrost%22%2C%22language_code%22%3A%22ru%22%2C%22is_premium%22%3Atrue%7D&auth_date=1662771648&hash=c501b71e775f74ce10e377dea85a7ea24ecd640b223ea86dfe453e0eaed2e2b2";
    let token = "5768337691:AAH5YkoiEuPk8-FZa32hStHTqXiLPtAEhx8";
    let signed = by_token(published, token, 1_662_771_648).unwrap();
    assert_eq!((signed.person.id, signed.person.language.as_deref()), (279_058_397, Some("ru")));
    assert_eq!(by_token(&format!("{published}abc"), token, 1_662_771_648).err(), Some(Wrong::Forged));
    // aiogram, test_web_app.py.
    let short = "auth_date=1650385342&user=%7B%22id%22%3A42%2C%22first_name%22%3A%22Test%22%7D&query_id=test\
        &hash=46d2ea5e32911ec8d30999b56247654460c0d20949b6277af519e76271182803";
    assert_eq!(by_token(short, "42:TEST", 1_650_385_342).unwrap().person.id, 42);
    assert_eq!(by_token(short, "42:INVALID", 1_650_385_342).err(), Some(Wrong::Forged));
    // There the id is a text, which Telegram's is not, so that it is refused after its hash was right.
    let as_text = "auth_date=1650385342&user=%7B%22id%22%3A+%22123456789%22%2C+%22first_name%22%3A+%22PlaceholderFirstName%22%2C+%22last_name%22%3A+%22PlaceholderLastName+%5Cud83c%5Cuddfa%5Cud83c%5Cudde6%22%2C+%22username%22%3A+%22Latand%22%2C+%22language_code%22%3A+%22en%22%2C+%22is_premium%22%3A+%22true%22%2C+%22allows_write_to_pm%22%3A+%22true%22%7D&query_id=test&hash=b3c8b293f14ad0f7f0abcf769aea1209a72295d30a87eb0e74df855d32e53bfe";
    assert_eq!(by_token(as_text, "42:TEST", 1_650_385_342).err(), Some(Wrong::Unreadable("id is none of Telegram's")));
}

#[test]
fn a_mini_app_is_verified_by_telegrams_own_key_where_there_is_no_token() {
    let signed = production(7_342_037_359).verify(OF_TELEGRAM, at(1_733_584_787)).unwrap();
    assert_eq!((signed.person.id, signed.person.name().as_deref()), (279_058_397, Some("Vladislav + - ? / Kibenko")));
    let now = 1_733_584_787;
    assert_eq!(
        by_key(OF_TELEGRAM, 7_342_037_358, init_data::PRODUCTION, now).err(),
        Some(Wrong::Forged),
        "another bot"
    );
    assert_eq!(
        by_key(OF_TELEGRAM, 7_342_037_359, init_data::TEST, now).err(),
        Some(Wrong::Forged),
        "another environment"
    );
    assert_eq!(
        by_key(&format!("{OF_TELEGRAM}a"), 7_342_037_359, init_data::PRODUCTION, now).err(),
        Some(Wrong::Forged)
    );
    let without = OF_TELEGRAM.split("&signature").next().unwrap();
    assert_eq!(by_key(without, 7_342_037_359, init_data::PRODUCTION, now).err(), Some(Wrong::Missing("signature")));
    let ours = by_key(OF_MINI_APP, 1_234_567_890, key_of(SEED_KEY), THEN).unwrap();
    assert_eq!(ours.text, by_token(OF_MINI_APP, TOKEN, THEN).unwrap().text, "one value, however it is verified");
    // aiogram, test_web_app_signature.py; the second signature is another one.
    let published =
        "auth_date=1650385342&user=%7B%22id%22%3A42%2C%22first_name%22%3A%22Test%22%7D&query_id=test&signature=";
    let key = key_of("4112765021341e5415e772cd65903f6b94e3ea1c2ab669e6d3e18ee2db00da61");
    let of = |signature: &str| by_key(&format!("{published}{signature}"), 42, key, 1_650_385_342);
    assert!(of("JQ0JR2tjC65yq_jNZV0wuJVX6J-SWPMV0mprUXG34g-NvxL4RcF1Rz5n4VVo00VRghEUBf5t___uoeb1-jU_Cw").is_ok());
    let other = of("JQ0JR2tjC65yq_jNZV0wuJVX6J-SWPMV0mprUXG34g-NvxL4RcF1Rz5n4VVo00VRghEUBf5t___uoeb1-j1U_w");
    assert_eq!(other.err(), Some(Wrong::Forged));
    assert_eq!(of("").err(), Some(Wrong::Forged));
}

/// Signs by hand, as Telegram would for a bot with this token.
fn widget_of(fields: &str, token: &str) -> String {
    let text = Fields::parse(fields).unwrap().check_string();
    let hash = hmac_sha256(&sha256(token.as_bytes()), text.as_bytes()).unwrap();
    format!("{fields}&hash={}", hex(&hash))
}

fn init_data_of(fields: &str, token: &str) -> String {
    let key = hmac_sha256(b"WebAppData", token.as_bytes()).unwrap();
    let hash = hmac_sha256(&key, Fields::parse(fields).unwrap().check_string().as_bytes()).unwrap();
    format!("{fields}&hash={}", hex(&hash))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn k1_what_is_signed_for_the_one_form_or_for_one_bot_counts_for_no_other() {
    let user = "auth_date=1767225600&user=%7B%22id%22%3A7%7D";
    assert!(by_token(&init_data_of(user, TOKEN), TOKEN, THEN).is_ok());
    assert_eq!(by_token(&widget_of(user, TOKEN), TOKEN, THEN).err(), Some(Wrong::Forged), "the widget's key");
    assert_eq!(by_token(&init_data_of(user, "1:OTHER"), TOKEN, THEN).err(), Some(Wrong::Forged), "another bot's");
    let widget = "auth_date=1767225600&first_name=Ann&id=7";
    assert!(by_widget(&widget_of(widget, TOKEN), TOKEN, THEN).is_ok());
    assert_eq!(by_widget(&init_data_of(widget, TOKEN), TOKEN, THEN).err(), Some(Wrong::Forged), "the Mini App's key");
    assert_eq!(by_widget(&widget_of(widget, "1:OTHER"), TOKEN, THEN).err(), Some(Wrong::Forged), "another bot's");
}

#[test]
fn k2_what_is_too_old_or_of_the_future_does_not_count() {
    for (now, outcome) in [
        (THEN, Ok(())),
        (THEN + 300, Ok(())),
        (THEN + 301, Err(Wrong::Old(std::time::Duration::from_secs(301)))),
        (THEN - 60, Ok(())),
        (THEN - 61, Err(Wrong::Ahead)),
    ] {
        assert_eq!(by_widget(OF_WIDGET, TOKEN, now).map(drop), outcome, "{now}");
        assert_eq!(by_token(OF_MINI_APP, TOKEN, now).map(drop), outcome, "{now}");
        assert_eq!(by_key(OF_MINI_APP, 1_234_567_890, key_of(SEED_KEY), now).map(drop), outcome, "{now}");
    }
    for date in ["", "0", "01767225600", "1767225600.0", "+1767225600", "-1", "9999999999999", "now"] {
        let signed = widget_of(&format!("auth_date={date}&id=7"), TOKEN);
        assert_eq!(by_widget(&signed, TOKEN, THEN).err(), Some(Wrong::Unreadable("auth_date is no time")), "{date}");
    }
    assert_eq!(by_widget(&widget_of("id=7", TOKEN), TOKEN, THEN).err(), Some(Wrong::Missing("auth_date")));
}

#[test]
fn k3_whatever_could_be_read_in_two_ways_is_refused_even_if_it_is_signed() {
    let signed = |fields: &str| by_widget(&widget_of(fields, TOKEN), TOKEN, THEN).map(|signed| signed.person.id);
    assert_eq!(signed("auth_date=1767225600&id=4503599627370495"), Ok(4_503_599_627_370_495));
    for id in [
        "4503599627370496",
        "9007199254740993",
        "99999999999999999999",
        "0",
        "007",
        "+7",
        "-7",
        "7.0",
        "7e1",
        "%207",
        "７",
        "",
    ] {
        let refused = signed(&format!("auth_date=1767225600&id={id}"));
        assert_eq!(refused, Err(Wrong::Unreadable("id is none of Telegram's")), "{id}");
    }
    assert_eq!(signed("auth_date=1767225600&id=7&role=admin"), Err(Wrong::Unknown("role".to_owned())));
    assert_eq!(signed("auth_date=1767225600&id=7&signature=x"), Err(Wrong::Unknown("signature".to_owned())));
    for (written, wrong) in [
        (format!("{OF_WIDGET}&id=1"), Wrong::Repeated("id".to_owned())),
        (format!("{OF_WIDGET}&hash=1"), Wrong::Repeated("hash".to_owned())),
        // "first_name=Ann\nid=1", which is signed as if id were another field.
        (OF_WIDGET.replace("first_name=", "first_name=a%0Aid=1"), Wrong::Character("first_name".to_owned())),
        (OF_WIDGET.replace("first_name=", "first_name=%C2%85"), Wrong::Character("first_name".to_owned())),
        (OF_WIDGET.replace("first_name=", "first%0Aname="), Wrong::Character("first\nname".to_owned())),
        (OF_WIDGET.replace("first_name=", "a%3Db="), Wrong::Character("a=b".to_owned())),
        (OF_WIDGET.replace("first_name=", "=7&first_name="), Wrong::Character(String::new())),
        (OF_WIDGET.replace("first_name=", "x&first_name="), Wrong::Unreadable("it is no list of names and values")),
        (OF_WIDGET.replace("first_name=", "first_name=%FF"), Wrong::Unreadable("a part of it is no text")),
        (OF_WIDGET.replace("first_name=", "first_name=%00"), Wrong::Unreadable("a part of it is no text")),
        (OF_WIDGET.split("&hash").next().unwrap().to_owned(), Wrong::Missing("hash")),
        (OF_WIDGET.replace("hash=f8", "hash=F8"), Wrong::Forged),
        (OF_WIDGET.replace("hash=f8", "hash="), Wrong::Forged),
        (OF_WIDGET.replace("hash=f8", "hash=f8f8"), Wrong::Forged),
        ("x".to_owned(), Wrong::Unreadable("it is no list of names and values")),
        (String::new(), Wrong::Missing("hash")),
    ] {
        assert_eq!(by_widget(&written, TOKEN, THEN).err(), Some(wrong), "{written}");
    }
    let of_mini_app = |user: &str, more: &str| {
        let user = crate::oidc::params::form_encode([("user", user)]);
        by_token(&init_data_of(&format!("auth_date=1767225600&{user}{more}"), TOKEN), TOKEN, THEN)
            .map(|it| it.person.id)
    };
    assert_eq!(
        of_mini_app(r#"{"id":7,"is_bot":false}"#, "&start_param=&something_new=1"),
        Ok(7),
        "what is new is signed, too"
    );
    assert_eq!(of_mini_app(r#"{"id":7,"is_bot":true}"#, ""), Err(Wrong::Bot));
    for user in [r#"{"id":"7"}"#, r#"{"id":7.0}"#, r#"{"id":-7}"#, r#"{"id":9007199254740993}"#, "{}", "[7]", "7"] {
        assert_eq!(of_mini_app(user, ""), Err(Wrong::Unreadable("id is none of Telegram's")), "{user}");
    }
    assert_eq!(of_mini_app("{", ""), Err(Wrong::Unreadable("user is no JSON")));
    // Who writes in a chat, or whose chat it is, is not who has opened it.
    let other = init_data_of("auth_date=1767225600&receiver=%7B%22id%22%3A7%7D&chat=%7B%22id%22%3A7%7D", TOKEN);
    assert_eq!(by_token(&other, TOKEN, THEN).err(), Some(Wrong::Missing("user")));
    assert_eq!(
        by_token(&format!("{OF_MINI_APP}&user=%7B%7D"), TOKEN, THEN).err(),
        Some(Wrong::Repeated("user".to_owned()))
    );
    assert_eq!(by_token("", TOKEN, THEN).err(), Some(Wrong::Missing("hash")), "as from a reply keyboard");
    let long = format!("{OF_MINI_APP}&x={}", "a".repeat(8192));
    assert_eq!(by_token(&long, TOKEN, THEN).err(), Some(Wrong::Unreadable("it is too long")));
}

#[test]
fn k3_the_order_of_the_fields_makes_no_other_value_of_it() {
    let turned = OF_MINI_APP.split('&').rev().collect::<Vec<_>>().join("&").replace("%20", "+");
    let (one, other) = (by_token(OF_MINI_APP, TOKEN, THEN).unwrap(), by_token(&turned, TOKEN, THEN).unwrap());
    assert_eq!(one.text, other.text);
}

#[test]
fn k4_the_accounts_of_the_test_environment_are_others() {
    let of = |environment| DeclaredChannel { environment, ..DeclaredChannel::default() };
    let (one, other) = (of(TelegramEnvironment::Production), of(TelegramEnvironment::Test));
    assert_eq!(key(&one, 7).subject, "7");
    assert_ne!(key(&one, 7), key(&other, 7));
}

#[test]
fn telegrams_own_openid_provider_leads_to_the_same_account() {
    let keys = [("preset", "telegram"), ("client_id", "1234567890"), ("client_secret", "a secret")];
    let keys = keys.map(|(key, value)| (key.to_owned(), value.to_owned())).into();
    let upstream = Upstream::of_keys(PROVIDER, &keys).unwrap();
    for id in [serde_json::json!(987_654_321), serde_json::json!("987654321")] {
        let claims = serde_json::json!({ "sub": "an opaque one", "id": id, "name": "Ann" });
        let identity = Identity::of_claims(&upstream, &upstream.issuer, claims.as_object().unwrap()).unwrap();
        assert_eq!(identity.key(), key(&DeclaredChannel::default(), 987_654_321), "{id}");
    }
    let without = serde_json::json!({ "sub": "an opaque one", "name": "Ann" });
    assert!(Identity::of_claims(&upstream, &upstream.issuer, without.as_object().unwrap()).is_none());
}

mod strangers {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn text_never_panics_and_is_never_accepted(text in "\\PC{0,80}") {
            prop_assert!(by_widget(&text, TOKEN, THEN).is_err());
            prop_assert!(by_token(&text, TOKEN, THEN).is_err());
            prop_assert!(by_key(&text, 7, key_of(SEED_KEY), THEN).is_err());
            prop_assert!(!matches!(Said::of_fragment(&text), Ok(Some(_))));
        }

        #[test]
        fn one_changed_character_is_enough(at in 0usize..OF_MINI_APP.len(), to in "[a-zA-Z0-9]") {
            let mut changed = OF_MINI_APP.to_owned();
            changed.replace_range(at..=at, &to);
            // A percent sign may be written with capital letters or small ones.
            prop_assume!(!changed.eq_ignore_ascii_case(OF_MINI_APP));
            prop_assert!(by_token(&changed, TOKEN, THEN).is_err());
        }
    }
}
