//! What a page shows to set up an authenticator app.

use std::time::Duration;

use axum::response::Response;
use serde::{Deserialize, Serialize};

use super::AccountView;
use crate::account::authenticator;
use crate::app::App;
use crate::base::clock::Timestamp;
use crate::base::id::Id;
use crate::http::cookies::Jar;
use crate::http::error::Error;
use crate::http::request::visitor::Visitor;
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
    #[serde(default)]
    replaces: Option<Timestamp>,
}

/// A secret that a page shows.
pub struct Shown {
    /// The secret.
    pub secret: TotpSecret,
    /// When the app was set up in whose place another one comes.
    pub replaces: Option<Timestamp>,
    /// Whether it was shown before the sign-in that its form had to wait for.
    is_carried: bool,
}

impl Shown {
    /// The one that a form had which came after its step-up was over, if it still fits: the app of its person has the secret by now. Or else
    /// a new one.
    pub async fn begin(app: &App, visitor: &Visitor, user: &Id, replaces: Option<Timestamp>) -> Result<Self, Error> {
        let carried = visitor.carried.as_deref().and_then(|sealed| Self::open(app, user, sealed));
        if let Some(carried) = carried.filter(|shown| shown.replaces == replaces)
            && !authenticator::was_used(app, &carried.secret).await?
        {
            return Ok(Self { is_carried: true, ..carried });
        }
        Ok(Self { secret: TotpSecret::new(&app.random), replaces, is_carried: false })
    }

    /// The one that a form carries. `None` unless the page was shown to this user in the last half hour.
    pub fn open(app: &App, user: &Id, sealed: &str) -> Option<Self> {
        let enrolment: Enrolment = app.interactions.open_value(PURPOSE, sealed)?;
        let is_ours = enrolment.user == *user && app.now() < enrolment.shown_at + A_WHILE;
        let secret = TotpSecret::from_text(&enrolment.secret).filter(|_| is_ours)?;
        Some(Self { secret, replaces: enrolment.replaces, is_carried: false })
    }

    /// Ends the carrying: the page has the secret.
    pub fn put_down(&self, app: &App, response: &mut Response) {
        if self.is_carried {
            Jar::of(app).put_down(response);
        }
    }
}

impl SetUp {
    /// What a page shows this user of a secret.
    pub fn of(app: &App, user: &Id, account: &AccountView, shown: &Shown, operator: &str) -> Self {
        let Shown { secret, replaces, .. } = shown;
        let (text, shown_at, replaces) = (secret.text(), app.now(), *replaces);
        let enrolment = Enrolment { user: user.clone(), secret: text.expose().to_owned(), shown_at, replaces };
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
