//! The successors of a refresh token, sealed so that only the holder of that token can open them.

use crate::app::App;
use crate::base::encoding::sha256;
use crate::base::seal::SealingKey;
use crate::base::token::{Token, TokenHash, TokenKind};
use crate::oidc::token::refresh_token::Family;

/// The purpose of the key that seals a successor, and its associated data.
const PURPOSE: &str = "refresh_family.rotations";

/// Seals a successor under a key derived from the text of the presented token, and again under the vault: a copy of the
/// database alone opens neither layer, and with the master key only the outer one opens.
pub fn seal(app: &App, presented: &Token, successor: &Token) -> String {
    let random = &app.random;
    let inner = SealingKey::of_text(presented.expose(), PURPOSE).seal(random, PURPOSE, successor.expose().as_bytes());
    app.vault.seal(random, &place(&presented.handle_hash()), inner.as_bytes())
}

/// The newest token of the family, for the holder of one that was rotated within the grace period; `None` if the stored
/// rotations do not lead there. `before` is that token as the previous release sealed it.
pub fn newest(app: &App, presented: &Token, family: &Family, before: Option<&str>) -> Option<Token> {
    family.newest(presented.clone(), Token::hash, |token, hash| {
        let previous = family.previous_hash.as_ref() == Some(hash);
        if let Some(next) = before.filter(|_| previous).and_then(|sealed| open_from_the_release_before(token, sealed)) {
            return Some(next);
        }
        let rotation = family.rotations.iter().rev().find(|rotation| rotation.hash == *hash)?;
        open(app, token, &rotation.sealed)
    })
}

fn place(handle: &TokenHash) -> String {
    format!("{PURPOSE}.{}", handle.as_str())
}

fn open(app: &App, presented: &Token, sealed: &str) -> Option<Token> {
    let inner = app.vault.unseal(&place(&presented.handle_hash()), sealed)?;
    read(&SealingKey::of_text(presented.expose(), PURPOSE).open(PURPOSE, std::str::from_utf8(&inner).ok()?)?)
}

fn read(opened: &[u8]) -> Option<Token> {
    Token::parse(TokenKind::RefreshToken, std::str::from_utf8(opened).ok()?)
}

/// Opens a successor that the previous release sealed, while it serves beside this one: its key is derived from the
/// hash of the token.
fn open_from_the_release_before(presented: &Token, sealed: &str) -> Option<Token> {
    const PURPOSE: &str = "refresh_family.sealed_successor";
    read(&SealingKey::new(sha256(presented.expose().as_bytes())).derive(PURPOSE).open(PURPOSE, sealed)?)
}
