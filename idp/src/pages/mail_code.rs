//! What is wrong with a code from a letter, or with asking for one, as the pages say it.

use std::time::Duration;

use axum::http::StatusCode;
use url::form_urlencoded;

use super::Wording;
use crate::account::mail_code::Judged;
use crate::app::App;
use crate::base::clock::minutes_up;
use crate::flow::account_holder::AccountHolder;
use crate::http::error::Error;
use crate::http::request::visitor::Visitor;
use crate::letters::limits::{Asker, Counted, TO_STRANGERS};
use crate::oidc::difference::Difference;
use crate::oidc::reason::Reason;

/// The address of a page that waits for the code of a letter that was asked for in this browser: so it can be opened again, as in
/// another language. The name of what was asked for is of no use in other browsers.
pub fn address_of(page: &str, asked: &str, interaction: Option<&str>) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("asked", asked);
    if let Some(interaction) = interaction {
        query.append_pair("interaction", interaction);
    }
    format!("{page}?{}", query.finish())
}

/// What is wrong with a code, or with asking for one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodeProblem {
    /// Nothing was typed.
    Missing,
    /// It is another one.
    Wrong,
    /// It is used up or too old, or there are no more tries.
    Over,
    /// Somebody else has the address that it proves.
    Taken,
    /// Too many letters were asked for.
    TooMany {
        /// How long to wait, in minutes.
        minutes: u64,
    },
}

impl CodeProblem {
    /// What a judgement says about a code that is not right.
    pub fn of(judged: Judged) -> Option<Self> {
        match judged {
            Judged::Right => None,
            Judged::Wrong => Some(Self::Wrong),
            Judged::Over => Some(Self::Over),
            Judged::Taken => Some(Self::Taken),
        }
    }

    /// The message on the page.
    pub fn wording(self) -> Wording {
        match self {
            Self::Missing => Wording::new("code-missing"),
            Self::Wrong => Wording::new("code-wrong"),
            Self::Over => Wording::new("code-over"),
            Self::Taken => Wording::new("account-email-taken"),
            Self::TooMany { minutes } => Wording::counted("letter-too-many", "minutes", minutes),
        }
    }

    /// The same as a reason, for the log.
    pub const fn reason(self) -> Reason {
        match self {
            Self::Missing => Reason::CodeMissing,
            Self::Wrong => Reason::CodeWrong,
            Self::Over => Reason::CodeOver,
            Self::Taken => Reason::AccountEmailTaken,
            Self::TooMany { .. } => Reason::LetterTooMany,
        }
    }

    /// How long to wait.
    pub fn wait(self) -> Option<Duration> {
        match self {
            Self::TooMany { minutes } => Some(Duration::from_secs(60 * minutes)),
            _ => None,
        }
    }

    /// The status of a page that tells it.
    pub fn status(problem: Option<Self>) -> StatusCode {
        match problem {
            None => StatusCode::OK,
            Some(Self::TooMany { .. }) => StatusCode::TOO_MANY_REQUESTS,
            Some(_) => StatusCode::BAD_REQUEST,
        }
    }
}

/// Too many letters were asked for.
#[derive(Clone, Copy, Debug)]
pub struct TooMany {
    /// How long to wait, in minutes.
    pub minutes: u64,
    /// Whether they went to this address, if anybody has it, and not to others that this network has named.
    pub is_of_address: bool,
}

/// Counts a letter to a normalised address, or to whatever else was typed; returns who asks for it, if there are not too many.
pub async fn admit(
    app: &App,
    visitor: &Visitor,
    typed: &str,
    counted: Counted,
) -> Result<Result<Asker, TooMany>, Error> {
    let too_many = |wait: Duration, is_of_address| TooMany { minutes: minutes_up(wait), is_of_address };
    let asker = Asker::of(app, typed, (&visitor.browser, &visitor.bucket), counted).await?;
    if let Err(wait) = asker.count_place(app).await {
        return Ok(Err(too_many(wait, false)));
    }
    Ok(asker.ask(app, typed).await.map(|()| asker).map_err(|wait| too_many(wait, true)))
}

/// Counts a letter for a page that asks for its code.
pub async fn limited(app: &App, visitor: &Visitor, address: &str) -> Result<Result<Asker, CodeProblem>, Error> {
    let admitted = admit(app, visitor, address, Counted::Others).await?;
    Ok(admitted.map_err(|TooMany { minutes, .. }| CodeProblem::TooMany { minutes }))
}

/// The same for somebody who is signed in; `is_own` is whether the address is theirs already.
pub async fn limited_in_account(
    app: &App,
    holder: &AccountHolder,
    address: &str,
    is_own: bool,
) -> Result<Result<(), CodeProblem>, Error> {
    let asker = Asker::of(app, address, (&holder.visitor.browser, &holder.visitor.bucket), Counted::Others).await?;
    let asker = asker.signed_in(&holder.session.user_id);
    let counted = async {
        asker.count_place(app).await?;
        // Whoever makes an account for every ten letters sends no more of them to strangers.
        if !is_own {
            holder.visitor.limit(app, "mail-strangers", TO_STRANGERS).await?;
        }
        asker.ask(app, address).await
    };
    Ok(counted.await.map_err(|wait| CodeProblem::TooMany { minutes: minutes_up(wait) }))
}

/// Whether letters are sent.
pub fn offered(app: &App) -> Result<(), Error> {
    if app.mailer.is_on() {
        return Ok(());
    }
    Err(Error::MailOff.because(Difference::missing("mail.from", "a sender: this installation sends no letters")))
}
