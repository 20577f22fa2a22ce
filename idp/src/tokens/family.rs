//! The refresh token with which a grant begins.

use crate::app::App;
use crate::base::clock::Timestamp;
use crate::base::id::Id;
use crate::base::token::{Token, TokenHash, TokenKind};
use crate::oidc::client::metadata::Client;
use crate::oidc::token::grant_type::GrantType;
use crate::oidc::token::refresh_token::Family;

/// The first refresh token of a grant, if the client may have one, with the hash of its handle and its family.
pub fn begin(app: &App, client: &Client, grant: &Id, now: Timestamp) -> Option<(Token, (TokenHash, Family))> {
    if !client.allows_grant(GrantType::RefreshToken) {
        return None;
    }
    let token = Token::new(TokenKind::RefreshToken, &app.random);
    let expires_at = now + app.config.tokens.refresh_absolute;
    let family = Family {
        grant_id: grant.clone(),
        client_row: client.id.clone(),
        current_hash: token.hash(),
        previous_hash: None,
        rotated_at: now,
        rotations: Vec::new(),
        idle_expires_at: (now + app.config.tokens.refresh_idle).min(expires_at),
        expires_at,
    };
    let handle_hash = token.handle_hash();
    Some((token, (handle_hash, family)))
}
