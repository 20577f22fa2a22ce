//! What a page shows to set up an authenticator app.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::AccountView;
use crate::app::App;
use crate::base::clock::Timestamp;
use crate::base::encoding::sha256_text;
use crate::base::id::Id;
use crate::login::totp::{self, Drawing, TotpSecret};

/// How long an app can be set up with what the page has shown.
const A_WHILE: Duration = Duration::from_secs(30 * 60);

/// What the secret that a page has shown is sealed for.
const PURPOSE: &str = "authenticator";

/// What an app is set up with.
#[derive(Clone, Debug)]
pub struct SetUp {
    /// The QR code.
    pub drawing: Option<Drawing>,
    /// The secret as text, in groups of four letters.
    pub groups: Vec<String>,
    /// The address that opens an app on this device.
    pub uri: String,
    /// The secret, sealed for the form.
    pub enrolment: String,
}

/// A secret that a page has shown, and that is not stored until a code proves that an app has it.
#[derive(Serialize, Deserialize)]
struct Enrolment {
    user: Id,
    secret: String,
    shown_at: Timestamp,
}

impl SetUp {
    /// What a page shows this user of a secret, new or as it was shown before.
    pub fn of(app: &App, user: &Id, account: &AccountView, secret: Option<&TotpSecret>, operator: &str) -> Self {
        let secret = secret.cloned().unwrap_or_else(|| TotpSecret::new(&app.random));
        let text = secret.text();
        let enrolment = Enrolment { user: user.clone(), secret: text.expose().to_owned(), shown_at: app.now() };
        let uri = secret.uri(operator, &account.identifier);
        let letters: Vec<char> = text.expose().chars().collect();
        Self {
            drawing: totp::draw(&uri),
            groups: letters.chunks(4).map(|group| group.iter().collect()).collect(),
            uri: uri.expose().to_owned(),
            enrolment: app.interactions.seal_value(&app.random, PURPOSE, &enrolment),
        }
    }
}

/// The secret that a form carries, and a name that tells the page from others. `None` unless the page was shown to this user in
/// the last half hour.
pub fn shown_secret(app: &App, user: &Id, sealed: &str) -> Option<(TotpSecret, String)> {
    let enrolment: Enrolment = app.interactions.open_value(PURPOSE, sealed)?;
    let is_ours = enrolment.user == *user && app.now() < enrolment.shown_at + A_WHILE;
    let secret = TotpSecret::from_text(&enrolment.secret).filter(|_| is_ours)?;
    // The secret is as good a name of the page as any, and its hash says nothing of it.
    Some((secret, sha256_text(enrolment.secret.as_bytes())))
}
