//! What Telegram gives to a Mini App about who has opened it (`Telegram.WebApp.initData`): <https://core.telegram.org/bots/webapps>.

use super::Signed;
use super::fields::Fields;
use super::person::Person;
use super::signature::{is_signed_by, is_signed_with};
use super::wrong::Wrong;
use crate::app::App;
use crate::base::clock::Timestamp;
use crate::base::hmac::hmac_sha256;
use crate::base::secret::Secret;
use crate::config::{DeclaredChannel, TelegramEnvironment};

/// The longest that is read, in bytes: Telegram writes less than one kilobyte.
const LONGEST: usize = 8 * 1024;

/// Telegram's own keys: Ed25519, RFC 8032.
pub(super) const PRODUCTION: [u8; 32] = [
    0xe7, 0xbf, 0x03, 0xa2, 0xfa, 0x46, 0x02, 0xaf, 0x45, 0x80, 0x70, 0x3d, 0x88, 0xdd, 0xa5, 0xbb, 0x59, 0xf3, 0x2e,
    0xd8, 0xb0, 0x2a, 0x56, 0xc1, 0x87, 0xfe, 0x7d, 0x34, 0xca, 0xed, 0x24, 0x2d,
];
pub(super) const TEST: [u8; 32] = [
    0x40, 0x05, 0x50, 0x58, 0xa4, 0xee, 0x38, 0x15, 0x6a, 0x06, 0x56, 0x2e, 0x52, 0xee, 0xce, 0x92, 0xa7, 0x71, 0xbc,
    0xd8, 0x34, 0x6a, 0x8c, 0x46, 0x15, 0xcb, 0x73, 0x76, 0xed, 0xdf, 0x72, 0xec,
];

/// What vouches for a bot's data.
pub(super) enum Voucher<'a> {
    /// The token of the bot, which is known here.
    Token(&'a Secret),
    /// Telegram's own key, which signs for every bot.
    Telegram {
        /// The bot.
        bot: u64,
        /// The key.
        key: [u8; 32],
    },
}

/// The channels that have a client as a Mini App of their bot.
pub fn channels<'a>(app: &'a App, client_id: &str) -> impl Iterator<Item = &'a DeclaredChannel> {
    app.config.channels.iter().filter(move |channel| channel.mini_apps.iter().any(|id| id == client_id))
}

/// Who has opened a Mini App that is this client, and by which of its bots.
pub fn verify<'a>(app: &'a App, client_id: &str, init_data: &str) -> Result<(&'a DeclaredChannel, Signed), Wrong> {
    let mut wrong = Wrong::Forged;
    for channel in channels(app, client_id) {
        let Some(voucher) = Voucher::of(channel) else { continue };
        match voucher.verify(init_data, app.now()) {
            Ok(signed) => return Ok((channel, signed)),
            Err(Wrong::Forged) => {}
            Err(other) => wrong = other,
        }
    }
    Err(wrong)
}

impl<'a> Voucher<'a> {
    /// What vouches for the data of a channel; `None` if its bot is not known.
    pub(super) fn of(channel: &'a DeclaredChannel) -> Option<Self> {
        match &channel.bot_token {
            Some(token) => Some(Self::Token(token)),
            None => Some(Self::Telegram {
                bot: channel.bot_id()?,
                key: match channel.environment {
                    TelegramEnvironment::Production => PRODUCTION,
                    TelegramEnvironment::Test => TEST,
                },
            }),
        }
    }

    /// Who has opened the Mini App of the bot. Fields that are not known are accepted, since they are signed: `signature` has come that
    /// way itself.
    pub(super) fn verify(&self, init_data: &str, now: Timestamp) -> Result<Signed, Wrong> {
        if init_data.len() > LONGEST {
            return Err(Wrong::Unreadable("it is too long"));
        }
        let mut fields = Fields::parse(init_data)?;
        match self {
            Self::Token(token) => {
                let hash = fields.take("hash")?;
                // The key of the first HMAC is the constant, and not the token: otherwise what the login widget has signed would count.
                let key = hmac_sha256(b"WebAppData", token.expose().as_bytes());
                if !key.is_ok_and(|key| is_signed_with(&key, &fields.check_string(), &hash)) {
                    return Err(Wrong::Forged);
                }
                // It is signed if it is there, and says nothing more: what is remembered is the same for both kinds.
                fields.leave_out("signature");
            }
            Self::Telegram { bot, key } => {
                let signature = fields.take("signature")?;
                fields.leave_out("hash");
                let text = format!("{bot}:WebAppData\n{}", fields.check_string());
                if !is_signed_by(key, &text, &signature) {
                    return Err(Wrong::Forged);
                }
            }
        }
        let at = fields.signed_at(now)?;
        let person = Person::of_json(fields.get("user")?)?;
        Ok(Signed { person, at, text: fields.check_string() })
    }
}
