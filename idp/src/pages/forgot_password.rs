//! Asking for a letter with a link to set a forgotten password. The answer is the same whether or not anybody has the
//! identifier, in content and in time: what depends on it goes on after the answer.

use std::time::Duration;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use fluent_bundle::FluentValue;
use tracing::Instrument;

use crate::account::forgotten;
use crate::app::App;
use crate::flow::authorization::{Step, layout_of};
use crate::http::error::Error;
use crate::http::page;
use crate::http::request::form::ProvenForm;
use crate::http::request::query::Query;
use crate::http::request::visitor::Visitor;
use crate::letters::limits::Counted;
use crate::login::identifier;
use crate::site::page::Page;
use crate::store::origin::Origin;

use super::mail_code::{TooMany, admit, offered};
use super::{FormProblems, Layout, Wording};

/// Asks whose password was forgotten. Posts `identifier` to `/forgot-password`.
#[derive(Template)]
#[template(path = "pages/forgot_password.html")]
pub struct ForgotPasswordPage<'a> {
    /// The layout of the page.
    pub layout: Layout<'a>,
    /// What was typed.
    pub identifier: String,
    /// Why no letter was asked for.
    pub problem: Option<ForgotPasswordProblem>,
    /// How long the link works, in minutes, if a letter was asked for.
    pub sent: Option<u64>,
}

/// Why no letter was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ForgotPasswordProblem {
    /// Nothing was typed.
    Missing,
    /// Too many letters.
    TooMany {
        /// How long to wait, in minutes.
        minutes: u64,
        /// Whether they went to what was typed: then the newest still works.
        is_of_address: bool,
    },
}

impl ForgotPasswordProblem {
    /// The message on the page.
    pub fn wording(self) -> Wording {
        match self {
            Self::Missing => Wording::new("sign-in-identifier-missing"),
            Self::TooMany { minutes, .. } => Wording::counted("letter-too-many", "minutes", minutes),
        }
    }
}

impl ForgotPasswordPage<'_> {
    fn title(&self) -> String {
        self.layout.t(if self.sent.is_some() { "letter-sent-title" } else { "forgot-password-title" })
    }

    fn problems(&self) -> FormProblems {
        FormProblems::new(self.problem.map(|problem| ("identifier", self.layout.say(problem.wording()))))
    }

    /// Whether an email with a link that works may be there already.
    fn has_newest(&self) -> bool {
        matches!(self.problem, Some(ForgotPasswordProblem::TooMany { is_of_address: true, .. }))
    }

    fn sent_text(&self, minutes: &u64) -> String {
        let values =
            [("identifier", FluentValue::from(self.identifier.as_str())), ("minutes", FluentValue::from(*minutes))];
        self.layout.t_args("forgot-password-sent", &values)
    }
}

/// Shows the page.
pub async fn get(State(app): State<App>, visitor: Visitor, query: Query) -> Result<Response, Error> {
    offered(&app)?;
    let step = Step::open_if_any(&app, &visitor, query.get("interaction")).await?;
    let return_to = query.get("return").and_then(Page::by_return_name);
    show(&app, &visitor, step.as_ref(), Shown { return_to, ..Shown::default() })
}

/// Asks for a letter.
pub async fn post(State(app): State<App>, form: ProvenForm) -> Result<Response, Error> {
    offered(&app)?;
    let ProvenForm { visitor, params } = form;
    let step = Step::open_if_any(&app, &visitor, params.get("interaction")).await?;
    let return_to = params.get("return").and_then(Page::by_return_name);
    let typed = params.get("identifier").unwrap_or_default().trim().to_owned();
    let again = |problem| {
        let shown = Shown { identifier: typed.clone(), problem: Some(problem), sent: None, return_to };
        show(&app, &visitor, step.as_ref(), shown)
    };
    if typed.is_empty() || typed.len() > identifier::LONGEST {
        return again(ForgotPasswordProblem::Missing);
    }
    let normalised = identifier::normalise(&typed);
    let asker = match admit(&app, &visitor, &normalised, Counted::Resets).await? {
        Ok(asker) => asker,
        Err(TooMany { minutes, is_of_address }) => {
            return again(ForgotPasswordProblem::TooMany { minutes, is_of_address });
        }
    };
    let (sending, language) = (app.clone(), visitor.language.tag().to_owned());
    let work = async move {
        if let Err(error) = forgotten::send_link(&sending, &normalised, &asker, &language).await {
            tracing::error!("a letter that was asked for could not be written: {error}");
        }
    };
    app.requests.spawn(Origin::carried(work).in_current_span());
    let sent = Some(app.config.mail.reset_link.as_secs() / 60);
    show(&app, &visitor, step.as_ref(), Shown { identifier: typed, problem: None, sent, return_to })
}

#[derive(Default)]
struct Shown {
    identifier: String,
    problem: Option<ForgotPasswordProblem>,
    sent: Option<u64>,
    return_to: Option<Page>,
}

fn show(app: &App, visitor: &Visitor, step: Option<&Step>, shown: Shown) -> Result<Response, Error> {
    let Shown { identifier, problem, sent, return_to } = shown;
    let status = match problem {
        None => StatusCode::OK,
        Some(ForgotPasswordProblem::Missing) => StatusCode::BAD_REQUEST,
        Some(ForgotPasswordProblem::TooMany { .. }) => StatusCode::TOO_MANY_REQUESTS,
    };
    let wait = match problem {
        Some(ForgotPasswordProblem::TooMany { minutes, .. }) => Some(Duration::from_secs(60 * minutes)),
        _ => None,
    };
    let layout = layout_of(app, visitor, step).of(Page::ForgotPassword).waiting(wait, app.now());
    let layout = Layout { return_to, ..layout };
    let page = ForgotPasswordPage { layout, identifier, problem, sent };
    page::show_waiting(app, visitor, (status, wait), &page)
}
