//! Whether a code may be exchanged: RFC 6749 §4.1.3, RFC 7636 §4.6.

use crate::base::clock::Timestamp;
use crate::base::id::Id;
use crate::oidc::authorization::code_challenge::CodeChallenge;
use crate::oidc::client::metadata::Client;
use crate::oidc::difference::{self, Difference};
use crate::oidc::error::Error;

/// The number of wrong exchanges after which a code is void.
pub const MAX_FAILURES: i64 = 3;

/// A code as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Code {
    /// The grant that it stands for.
    pub grant_id: Id,
    /// The client that it was made for.
    pub client_row: Id,
    /// Where it was sent.
    pub redirect_uri: String,
    /// The challenge that it is bound to.
    pub code_challenge: Option<CodeChallenge>,
    /// The nonce for the ID token.
    pub nonce: Option<String>,
    /// When it ends.
    pub expires_at: Timestamp,
    /// When it was exchanged.
    pub used_at: Option<Timestamp>,
    /// How often its own client tried with wrong parameters.
    pub failures: i64,
}

/// What came along with the code.
#[derive(Clone, Copy, Debug, Default)]
pub struct Exchange<'a> {
    /// Where the client says it was sent.
    pub redirect_uri: Option<&'a str>,
    /// The code verifier, from which the challenge was made.
    pub code_verifier: Option<&'a str>,
}

/// What to do with a code that was presented.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CodeVerdict {
    /// Mark it used, and issue tokens if this request was the one that marked it.
    Redeem,
    /// It was used before, and this request knows the verifier, too: end its grant, commit, and refuse.
    Replayed,
    /// Count a failure, commit, and refuse.
    Fail(Error),
    /// Refuse, and change nothing: another client's code stays valid for its owner, and a replay without the verifier
    /// ends no session.
    Refuse(Error),
}

/// Judges a code that a client presents.
pub fn check(code: &Code, exchange: &Exchange<'_>, client: &Client, now: Timestamp) -> CodeVerdict {
    if code.client_row != client.id {
        let difference = Difference::new("code", "another client's", "one that was made for this client");
        return CodeVerdict::Refuse(Error::invalid_grant("The code was made for another client.").because(difference));
    }
    let over = code.used_at.is_some() || code.failures >= MAX_FAILURES || now >= code.expires_at;
    if let Err(error) = matches(code, exchange) {
        return if over { CodeVerdict::Refuse(error) } else { CodeVerdict::Fail(error) };
    }
    if code.used_at.is_some() {
        return CodeVerdict::Replayed;
    }
    if over {
        let error = if code.failures >= MAX_FAILURES {
            let came = format!("after {MAX_FAILURES} wrong exchanges");
            Error::invalid_grant("The code is void after wrong exchanges.").because(Difference::new(
                "code",
                came,
                "before them",
            ))
        } else {
            let came = format!("{} s after its end", now.since(code.expires_at).as_secs());
            let difference = Difference::new("code", came, "before it (tokens.authorization_code)");
            Error::invalid_grant("The code has expired.").because(difference)
        };
        return CodeVerdict::Refuse(error);
    }
    CodeVerdict::Redeem
}

fn matches(code: &Code, exchange: &Exchange<'_>) -> Result<(), Error> {
    if exchange.redirect_uri != Some(code.redirect_uri.as_str()) {
        let asked = std::slice::from_ref(&code.redirect_uri);
        let difference = match exchange.redirect_uri {
            Some(came) => Difference::of_uri("redirect_uri", came, asked),
            None => Difference::missing("redirect_uri", difference::uri(&code.redirect_uri)),
        };
        let error = Error::invalid_grant("redirect_uri is not the one of the authorization request.");
        return Err(error.because(difference));
    }
    match (&code.code_challenge, exchange.code_verifier) {
        (None, None) => Ok(()),
        (Some(challenge), Some(verifier)) if challenge.verify(verifier) => Ok(()),
        (Some(challenge), Some(verifier)) => {
            let expected = "the one from which the code_challenge of the authorization request was made (S256)";
            Err(Error::invalid_grant("code_verifier does not match code_challenge.").because(Difference::new(
                "code_verifier",
                what_came(challenge, verifier),
                expected,
            )))
        }
        (Some(_), None) => Err(Error::invalid_grant("code_verifier is missing.")
            .because(Difference::missing("code_verifier", "the verifier of the code_challenge that the request had"))),
        (None, Some(_)) => Err(Error::invalid_grant("code_verifier without a code_challenge before it.")
            .because(Difference::new("code_verifier", "one", "none: the authorization request had no code_challenge"))),
    }
}

/// What a verifier is that does not fit, without showing it.
fn what_came(challenge: &CodeChallenge, verifier: &str) -> String {
    let bytes = verifier.len();
    if verifier == challenge.as_str() {
        "the code_challenge itself".to_owned()
    } else if !(43..=128).contains(&bytes) {
        format!("one of {bytes} bytes, and a verifier has 43 to 128")
    } else if !verifier.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~".contains(&b)) {
        format!("another one, of {bytes} bytes, with characters that no verifier has")
    } else {
        format!("another one, of {bytes} bytes")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::encoding::sha256_text;
    use crate::oidc::client::metadata::ClientKind;

    const URI: &str = "https://rp.example/cb";
    const NOW: Timestamp = Timestamp::from_seconds(1_000);

    fn verifier() -> String {
        "v".repeat(43)
    }

    fn code() -> Code {
        Code {
            grant_id: "grant".into(),
            client_row: Client::sample(ClientKind::Web).id,
            redirect_uri: URI.to_owned(),
            code_challenge: Some(CodeChallenge::stored(sha256_text(verifier().as_bytes()))),
            nonce: None,
            expires_at: Timestamp::from_seconds(1_001),
            used_at: None,
            failures: 0,
        }
    }

    /// The verdict in a letter: redeem, replayed, fail, refuse.
    fn judge(code: &Code, redirect_uri: &str, code_verifier: Option<&str>, now: Timestamp) -> char {
        let redirect_uri = Some(redirect_uri).filter(|uri| !uri.is_empty());
        let client = Client::sample(ClientKind::Web);
        match check(code, &Exchange { redirect_uri, code_verifier }, &client, now) {
            CodeVerdict::Redeem => 'r',
            CodeVerdict::Replayed => '!',
            CodeVerdict::Fail(_) => 'f',
            CodeVerdict::Refuse(_) => 'x',
        }
    }

    #[test]
    fn what_happens_to_a_code_that_is_presented() {
        let (good, wrong) = (verifier(), "w".repeat(43));
        let used = Code { used_at: Some(NOW), ..code() };
        let burnt = Code { failures: 3, ..code() };
        let foreign = Code { client_row: "another".into(), ..code() };
        let open = Code { code_challenge: None, ..code() };
        let late = Timestamp::from_seconds(1_001);
        for (name, code, uri, verifier, now, verdict) in [
            ("it is right", code(), URI, Some(&good), NOW, 'r'),
            ("b1 again", used.clone(), URI, Some(&good), NOW, '!'),
            ("b1 again, after its time", used.clone(), URI, Some(&good), late, '!'),
            ("b1 again, with a wrong verifier", used.clone(), URI, Some(&wrong), NOW, 'x'),
            ("b1 again, without a verifier", used, URI, None, NOW, 'x'),
            ("b2 another client's", foreign.clone(), URI, Some(&good), NOW, 'x'),
            ("b2 another client's, wrong", foreign, URI, Some(&wrong), NOW, 'x'),
            ("b3 a wrong verifier", code(), URI, Some(&wrong), NOW, 'f'),
            ("b3 no verifier", code(), URI, None, NOW, 'f'),
            ("b3 the second failure", Code { failures: 2, ..code() }, URI, Some(&good), NOW, 'r'),
            ("b3 the third failure", burnt.clone(), URI, Some(&good), NOW, 'x'),
            ("b3 after the third", burnt, URI, Some(&wrong), NOW, 'x'),
            ("b4 a verifier for no challenge", open.clone(), URI, Some(&good), NOW, 'f'),
            ("no challenge, no verifier", open, URI, None, NOW, 'r'),
            ("another redirect_uri", code(), "https://rp.example/other", Some(&good), NOW, 'f'),
            ("no redirect_uri", code(), "", Some(&good), NOW, 'f'),
            ("b7 its time is over", code(), URI, Some(&good), late, 'x'),
            ("b7 its time is over, wrong", code(), URI, Some(&wrong), late, 'x'),
        ] {
            assert_eq!(judge(&code, uri, verifier.map(String::as_str), now), verdict, "{name}");
        }
    }
}
