//! Codes of an authenticator app: RFC 6238, with the parameters that every app knows (SHA-1, six digits, 30 seconds).

use fast_qr::{ECL, QRBuilder};
use totp_rs::{Algorithm, Builder, Totp};
use url::form_urlencoded::byte_serialize;

use crate::base::clock::Timestamp;
use crate::base::id::Id;
use crate::base::random::Random;
use crate::base::secret::Secret;
use crate::keys::vault::Vault;
use crate::oidc::steps::Step;
use crate::store::origin::Origin;

/// How long a time step is, in seconds: RFC 6238 §5.2.
const STEP: u64 = 30;

/// For how many steps before and behind the present a wrong code is compared, to find out by how much a clock is off.
const FURTHEST: i64 = 20;

/// The secret that an authenticator app shares with us.
#[derive(Clone)]
pub struct TotpSecret(Totp);

impl TotpSecret {
    /// A new secret of 160 bits: RFC 4226 §4, R6.
    pub fn new(random: &Random) -> Self {
        Self::of(&random.bytes::<20>())
    }

    fn of(bytes: &[u8]) -> Self {
        let builder =
            Builder::new().with_algorithm(Algorithm::SHA1).with_digits(6).with_skew(1).with_step_duration(STEP);
        // The length of the secret, which is what the other constructor judges, was judged when it was made.
        Self(builder.with_secret(bytes).build_noncompliant())
    }

    /// The secret of this user as it was stored.
    pub fn open(vault: &Vault, user: &Id, sealed: &str) -> Option<Self> {
        vault.unseal(&place(user), sealed).map(|bytes| Self::of(&bytes))
    }

    /// The secret as it is stored for this user.
    pub fn seal(&self, vault: &Vault, random: &Random, user: &Id) -> String {
        vault.seal(random, &place(user), self.0.secret().as_bytes())
    }

    /// The secret as text: base32, as apps take it.
    pub fn text(&self) -> Secret {
        self.0.secret().to_base32().into()
    }

    /// Reads the secret from its text.
    pub fn from_text(text: &str) -> Option<Self> {
        let secret = totp_rs::Secret::try_from_base32(text).ok()?;
        Some(Self::of(secret.as_bytes()))
    }

    /// The time step of which this is the code: the present one, or one beside it, since clocks differ.
    pub fn step_of(&self, code: &str, now: Timestamp) -> Option<i64> {
        let code: String = code.chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
        let seconds = u64::try_from(now.micros() / 1_000_000).ok()?;
        self.0.check(&code, seconds).and_then(|step| i64::try_from(step).ok())
    }

    /// By how many steps the clock is off by which the code is right, up to ten minutes: negative if it is slow. `None` if the code
    /// is of none of these steps.
    fn clock_off(&self, code: &str, now: Timestamp) -> Option<i64> {
        let at = |steps: i64| Timestamp::from_seconds(now.seconds() + steps * STEP.cast_signed());
        let found = (2..=FURTHEST).flat_map(|steps| [-steps, steps]).find_map(|steps| self.step_of(code, at(steps)))?;
        Some(found - now.seconds().div_euclid(STEP.cast_signed()))
    }

    /// Notes for the explanation of a refusal whether a code is wrong, or the clock by which it was made.
    pub fn note_clock(&self, code: &str, now: Timestamp) {
        let says = match self.clock_off(code, now) {
            Some(steps) => format!(
                "The code is right for a moment about {} s {}: the clock of the device, or that of the server, is off by {} steps of {STEP} s.",
                steps.unsigned_abs() * STEP,
                if steps < 0 { "ago" } else { "from now" },
                steps.unsigned_abs(),
            ),
            None => format!(
                "The code is of no step within {} minutes of the present: it is mistyped, or of another account or app.",
                FURTHEST.unsigned_abs() * STEP / 60
            ),
        };
        Origin::note(Step::failed("totp", says));
    }

    /// The address with which an app is set up: the key URI format of Google Authenticator.
    pub fn uri(&self, operator: &str, account: &str) -> Secret {
        // Apps cut the label at the first colon.
        let encoded = |text: &str| {
            byte_serialize(text.replace(':', " ").trim().as_bytes()).collect::<String>().replace('+', "%20")
        };
        let (operator, account, secret) = (encoded(operator), encoded(account), self.text());
        format!("otpauth://totp/{operator}:{account}?secret={}&issuer={operator}", secret.expose()).into()
    }
}

/// Where the secret of a user is stored.
fn place(user: &Id) -> String {
    format!("totp/sealed_secret/{user}")
}

/// A QR code: the width in modules, and the path that draws the dark ones in an SVG.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drawing {
    /// How many modules it is wide and high, with the margin of four that readers need (ISO/IEC 18004).
    pub width: usize,
    /// The value of `d`.
    pub path: String,
}

/// How wide the margin is.
const MARGIN: usize = 4;

/// Draws a text as a QR code, with large modules rather than with much correction, since a screen is clean; `None` if it is too
/// long for one.
pub fn draw(text: &Secret) -> Option<Drawing> {
    let code = QRBuilder::new(text.expose()).ecl(ECL::L).build().ok()?;
    let mut path = String::new();
    for y in 0..code.size {
        let mut x = 0;
        while x < code.size {
            let run = (x..code.size).take_while(|&x| code[y][x].value()).count();
            if run > 0 {
                path.push_str(&format!("M{} {}h{run}v1h-{run}z", x + MARGIN, y + MARGIN));
            }
            x += run.max(1);
        }
    }
    Some(Drawing { width: code.size + 2 * MARGIN, path })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(seconds)
    }

    /// RFC 6238, appendix B, the last six of the eight digits.
    #[test]
    fn the_codes_are_those_of_the_rfc() {
        let secret = TotpSecret::of(b"12345678901234567890");
        for (seconds, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(secret.step_of(code, at(seconds)), Some(seconds / 30), "{seconds}");
        }
        assert_eq!(secret.step_of(" 005-924 ", at(1_234_567_890)), Some(41_152_263));
    }

    #[test]
    fn a_code_counts_from_half_a_minute_before_its_step_until_half_a_minute_after_it() {
        let secret = TotpSecret::of(b"12345678901234567890");
        let begins = 1_234_567_890;
        for (seconds, counts) in [(-31, false), (-30, true), (0, true), (59, true), (60, false)] {
            assert_eq!(secret.step_of("005924", at(begins + seconds)).is_some(), counts, "{seconds}");
        }
        for wrong in ["", "5924", "0059240", "٠٠٥٩٢٤", "005925"] {
            assert_eq!(secret.step_of(wrong, at(begins)), None, "{wrong}");
        }
    }

    #[test]
    fn a_clock_that_is_off_is_told_by_its_steps() {
        let secret = TotpSecret::of(b"12345678901234567890");
        let begins = 1_234_567_890;
        for (seconds, steps) in
            [(60, Some(-2)), (95, Some(-3)), (600, Some(-20)), (700, None), (-60, Some(2)), (-600, Some(20))]
        {
            assert_eq!(secret.clock_off("005924", at(begins + seconds)), steps, "{seconds}");
        }
    }

    #[test]
    fn an_app_is_set_up_by_an_address() {
        let secret = TotpSecret::of(b"12345678901234567890");
        let uri = secret.uri("North: wind & Söhne", "a b@example.com");
        let expected = "otpauth://totp/North%20%20wind%20%26%20S%C3%B6hne:a%20b%40example.com?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ\
                        &issuer=North%20%20wind%20%26%20S%C3%B6hne";
        assert_eq!(uri.expose(), expected);
        assert!(draw(&uri).is_some_and(|drawing| drawing.width > 30 && drawing.path.starts_with("M4 4h7v1h-7z")));
        assert_eq!(draw(&"x".repeat(5000).into()), None);
        let again = TotpSecret::from_text(secret.text().expose()).unwrap();
        assert_eq!(again.text().expose(), secret.text().expose());
    }
}
