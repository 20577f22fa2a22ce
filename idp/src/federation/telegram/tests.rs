//! What Telegram signs, by published examples and by some that were made for this: another implementation has accepted each.

use super::init_data::Voucher;
use super::*;
use crate::base::secret::Secret;

/// A token that no bot has.
const TOKEN: &str = "1234567890:LATCHKEY-made-up";

/// When what was made for this was signed.
const THEN: i64 = 1_767_225_600;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(seconds)
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

/// What a Mini App is given, signed in both ways: the key is that of the seed 00…1f.
const OF_MINI_APP: &str = "auth_date=1767225600&user=%7B%22id%22%3A987654321%2C%22first_name%22%3A%22Ann%20a%22%7D\
    &hash=9b37d97be646a4b716725cf5f6351202e2f85f3b63248b74bdef2365cb69f574\
    &signature=GlI-vWPQf-jI_UpxpXNfnzrMIKob5MwT5pjuQ5runHd9nP6xO21jo-bTdTS9HYWu_0noCRCTU5_bkfHzbd0LCQ";
const SEED_KEY: &str = "03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8";

/// Of init-data-rs and init-data-golang: Telegram itself has signed it.
const OF_TELEGRAM: &str = "user=%7B%22id%22%3A279058397%2C%22first_name%22%3A%22Vladislav%20%2B%20-%20%3F%20%5C%2F%22%2C%22last_name%22%3A%22Kibenko%22%2C%22username%22%3A%22vdkfrost%22%2C%22language_code%22%3A%22ru%22%2C%22is_premium%22%3Atrue%2C%22allows_write_to_pm%22%3Atrue%2C%22photo_url%22%3A%22https%3A%5C%2F%5C%2Ft.me%5C%2Fi%5C%2Fuserpic%5C%2F320%5C%2F4FPEE4tmP3ATHa57u6MqTDih13LTOiMoKoLDRG4PnSA.svg%22%7D&chat_instance=8134722200314281151&chat_type=private&auth_date=1733584787&hash=2174df5b000556d044f3f020384e879c8efcab55ddea2ced4eb752e93e7080d6&signature=zL-ucjNyREiHDE8aihFwpfR9aggP2xiAo3NSpfe-p7IbCisNlDKlo7Kb6G4D0Ao2mBrSgEk4maLSdv6MLIlADQ";

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

#[test]
fn k2_what_is_too_old_or_of_the_future_does_not_count() {
    for (now, outcome) in [
        (THEN, Ok(())),
        (THEN + 300, Ok(())),
        (THEN + 301, Err(Wrong::Old(std::time::Duration::from_secs(301)))),
        (THEN - 60, Ok(())),
        (THEN - 61, Err(Wrong::Ahead)),
    ] {
        assert_eq!(by_token(OF_MINI_APP, TOKEN, now).map(drop), outcome, "{now}");
        assert_eq!(by_key(OF_MINI_APP, 1_234_567_890, key_of(SEED_KEY), now).map(drop), outcome, "{now}");
    }
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

mod strangers {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn text_never_panics_and_is_never_accepted(text in "\\PC{0,80}") {
            prop_assert!(by_token(&text, TOKEN, THEN).is_err());
            prop_assert!(by_key(&text, 7, key_of(SEED_KEY), THEN).is_err());
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
