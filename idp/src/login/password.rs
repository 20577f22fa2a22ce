//! Signing in by password.

use crate::app::App;
use crate::base::clock::Timestamp;
use crate::base::encoding::sha256_text;
use crate::base::secret::Secret;
use crate::base::token::CookieSecret;
use crate::store;
use crate::store::event::Event;
use crate::store::password::{self, Admission};
use crate::store::user::{self, Candidate, User};

use super::hashing::{LONGEST, Verdict};
use super::{Error, identifier};

/// What came of a try.
#[derive(Debug)]
pub enum Outcome {
    /// The user is who they say.
    Right {
        /// The user.
        user: Box<User>,
        /// Whose failures are to be forgotten.
        bucket: String,
    },
    /// The identifier or the password is wrong; which of them is nobody's business.
    Wrong,
    /// Too soon after failures before; the try does not count.
    TooSoon {
        /// When the next one will.
        until: Timestamp,
    },
    /// The password is longer than any can be.
    TooLong,
}

/// Tries a password. Known and unknown identifiers get the same answers in the same time.
pub async fn check(app: &App, typed: &str, secret: &Secret, browser: &CookieSecret) -> Result<Outcome, Error> {
    if secret.expose().len() > LONGEST || typed.len() > LONGEST {
        return Ok(Outcome::TooLong);
    }
    let normalised = identifier::normalise(typed);
    let candidate = {
        let mut conn = app.db.read().await?;
        user::find_candidate(&mut conn, &normalised, &browser.hash()).await?
    };
    let bucket = match &candidate {
        // The rightful user is not shut out by a stranger's tries: a known device has a bucket of its own.
        Some(Candidate { user, known_browser: Some(known), .. }) => format!("user:{}:{known}", user.id),
        Some(Candidate { user, .. }) => format!("user:{}", user.id),
        None => format!("nobody:{}", sha256_text(normalised.as_bytes())),
    };

    let limits = &app.config.login;
    let (free, longest, now) = (i64::from(limits.throttle_free), limits.throttle_longest, app.now());
    let admitted = {
        let bucket = bucket.clone();
        app.db
            .write_one(move |conn| Box::pin(async move { password::admit(conn, &bucket, free, longest, now).await }))
            .await?
    };
    let failures = match admitted {
        Admission::Admitted { failures } => failures,
        Admission::Refused { until } => return Ok(Outcome::TooSoon { until }),
    };

    let open = failures <= i64::from(limits.throttle_close);
    let usable = candidate.as_ref().filter(|found| open && found.user.disabled_at.is_none());
    let stored = usable.and_then(|found| found.phc.as_deref());
    let verdict = app.hashing.verify(secret, stored).await?;
    let user = candidate.as_ref().map(|found| &found.user);
    let (Some(user), Some(stored), Verdict::Right | Verdict::RightButWeak) = (user, stored, verdict) else {
        record_failure(app, user, failures).await?;
        return Ok(Outcome::Wrong);
    };
    if verdict == Verdict::RightButWeak {
        let (id, old, new) = (user.id.clone(), stored.to_owned(), app.hashing.hash(secret).await?);
        app.db.write(move |conn| Box::pin(async move { password::rehash(conn, &id, &old, &new).await })).await?;
    }
    Ok(Outcome::Right { user: Box::new(user.clone()), bucket })
}

async fn record_failure(app: &App, user: Option<&User>, failures: i64) -> Result<(), store::db::Error> {
    let user = user.map(|user| user.id.clone());
    let closes = failures == i64::from(app.config.login.throttle_close);
    let pen = app.pen.clone();
    app.db
        .write(move |conn| {
            Box::pin(async move {
                if let (true, Some(user)) = (closes, &user) {
                    pen.record(conn, &Event::PasswordDoorClosed { user: user.clone() }).await?;
                }
                pen.record(conn, &Event::SignInFailed { user }).await
            })
        })
        .await
}
