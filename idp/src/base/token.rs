//! Opaque tokens: `lk_<kind>_<handle>_<secret><checksum>`.
//!
//! The prefix lets scanners find a leaked token and lets support staff distinguish the kinds; the checksum refuses
//! garbage without a database query. Stores see only hashes, which have a separate type.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::encoding::{base64url, sha256, sha256_text};
use super::random::Random;
use super::seal::SealingKey;
use super::secret::Secret;

/// What a token is for: a token of one kind is never accepted as another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// An authorization code: RFC 6749 §1.3.1.
    AuthorizationCode,
    /// A refresh token: RFC 6749 §1.5.
    RefreshToken,
    /// A client secret: RFC 6749 §2.3.1.
    ClientSecret,
    /// The secret in a link or message that can be used once.
    OneTimeLink,
}

impl TokenKind {
    /// All kinds.
    pub const ALL: [Self; 4] = [Self::AuthorizationCode, Self::RefreshToken, Self::ClientSecret, Self::OneTimeLink];

    /// The two or three letters that stand for the kind in a token.
    pub const fn code(self) -> &'static str {
        match self {
            Self::AuthorizationCode => "ac",
            Self::RefreshToken => "rt",
            Self::ClientSecret => "cs",
            Self::OneTimeLink => "mt",
        }
    }

    /// The kind in words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::AuthorizationCode => "an authorization code",
            Self::RefreshToken => "a refresh token",
            Self::ClientSecret => "a client secret",
            Self::OneTimeLink => "a link that works once",
        }
    }
}

/// Describes the kind of token that a text looks like, without showing the text. The caller knows what it
/// was presented as.
pub fn looks_like(text: &str) -> &'static str {
    let kind = TokenKind::ALL
        .into_iter()
        .find(|kind| text.strip_prefix("lk_").is_some_and(|rest| rest.starts_with(kind.code())));
    match kind {
        Some(kind) if Token::parse(kind, text).is_some() => kind.words(),
        Some(_) => "a token that is cut or changed",
        None if text.starts_with("eyJ") && text.matches('.').count() == 2 => "a JWT",
        None => "no token of this provider",
    }
}

const HANDLE: usize = 22; // 128 bits in base64url
const SECRET: usize = 43; // 256 bits in base64url
const CHECKSUM: usize = 6;

/// The SHA-256 of a token or of a part of it, as base64url: the only form in which a token is stored.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TokenHash(String);

impl TokenHash {
    /// The hash of any high-entropy secret.
    pub fn of(secret: &str) -> Self {
        Self(sha256_text(secret.as_bytes()))
    }

    /// A hash as it was stored.
    pub fn stored(text: String) -> Self {
        Self(text)
    }

    /// The hash as it is stored.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// An opaque token in the clear.
#[derive(Clone)]
pub struct Token {
    text: Secret,
    handle: usize,
}

impl Token {
    /// A new token: a 128-bit handle and a 256-bit secret.
    pub fn new(kind: TokenKind, random: &Random) -> Self {
        Self::with_handle(kind, &base64url(&random.bytes::<16>()), random)
    }

    /// A new secret behind the handle of `self`: the next token of a refresh family.
    pub fn next(&self, kind: TokenKind, random: &Random) -> Self {
        Self::with_handle(kind, self.handle(), random)
    }

    fn with_handle(kind: TokenKind, handle: &str, random: &Random) -> Self {
        let body = format!("lk_{}_{handle}_{}", kind.code(), base64url(&random.bytes::<32>()));
        let text = format!("{body}{}", checksum(&body));
        Self { text: text.into(), handle: "lk__".len() + kind.code().len() }
    }

    /// Reads a token of this kind; `None` for any other text, including tokens of other kinds.
    pub fn parse(kind: TokenKind, text: &str) -> Option<Self> {
        let rest = text.strip_prefix("lk_")?.strip_prefix(kind.code())?.strip_prefix('_')?;
        let well_formed = rest.len() == HANDLE + 1 + SECRET + CHECKSUM
            && rest.as_bytes()[HANDLE] == b'_'
            && rest.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        let body = text.get(..text.len() - CHECKSUM).filter(|_| well_formed)?;
        if checksum(body) != text[body.len()..] {
            return None;
        }
        Some(Self { text: text.into(), handle: text.len() - rest.len() })
    }

    /// The token as its holder gets it.
    pub fn expose(&self) -> &str {
        self.text.expose()
    }

    fn handle(&self) -> &str {
        &self.expose()[self.handle..self.handle + HANDLE]
    }

    /// The last four characters, by which an operator tells one secret from another. They belong to the checksum, so
    /// that they give away nothing of the secret.
    pub fn ending(&self) -> &str {
        let text = self.expose();
        &text[text.len() - 4..]
    }

    /// The hash of the whole token.
    pub fn hash(&self) -> TokenHash {
        TokenHash::of(self.expose())
    }

    /// The hash of the handle, by which a family of tokens is found.
    pub fn handle_hash(&self) -> TokenHash {
        TokenHash::of(self.handle())
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[token]")
    }
}

fn checksum(body: &str) -> String {
    let mut text = base64url(&sha256(body.as_bytes())[..5]);
    text.truncate(CHECKSUM);
    text
}

/// The secret in a cookie: 256 random bits.
#[derive(Clone, Debug)]
pub struct CookieSecret(Secret);

impl CookieSecret {
    /// A new secret.
    pub fn new(random: &Random) -> Self {
        Self(base64url(&random.bytes::<32>()).into())
    }

    /// The secret that a key is, which was derived for it.
    pub fn derived(key: &SealingKey) -> Self {
        Self(base64url(key.expose()).into())
    }

    /// A secret as a browser sent it; `None` if it cannot be one of ours.
    pub fn parse(text: &str) -> Option<Self> {
        let ours = text.len() == 43 && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        ours.then(|| Self(text.into()))
    }

    /// The value of the cookie.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }

    /// The hash under which it is stored.
    pub fn hash(&self) -> TokenHash {
        TokenHash::of(self.expose())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_token_is_read_as_its_own_kind_only() {
        let random = Random::seeded(1);
        for kind in TokenKind::ALL {
            let token = Token::new(kind, &random);
            for other in TokenKind::ALL {
                assert_eq!(Token::parse(other, token.expose()).is_some(), kind == other, "{kind:?} as {other:?}");
            }
        }
    }

    #[test]
    fn the_next_token_of_a_family_keeps_the_handle_and_nothing_else() {
        let random = Random::seeded(1);
        let first = Token::new(TokenKind::RefreshToken, &random);
        let second = first.next(TokenKind::RefreshToken, &random);
        assert_eq!(first.handle_hash(), second.handle_hash());
        assert_ne!(first.hash(), second.hash());
    }

    proptest! {
        #[test]
        fn strangers_text_is_never_a_token_and_never_a_panic(text in "\\PC{0,120}") {
            prop_assert!(Token::parse(TokenKind::RefreshToken, &text).is_none());
        }

        #[test]
        fn a_changed_letter_is_refused_by_the_checksum(seed in any::<u64>(), at in 6usize..78) {
            let token = Token::new(TokenKind::RefreshToken, &Random::seeded(seed));
            let mut bytes = token.expose().as_bytes().to_vec();
            let at = at.min(bytes.len() - 1);
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(bytes).unwrap();
            prop_assert!(Token::parse(TokenKind::RefreshToken, &changed).is_none());
        }
    }
}
