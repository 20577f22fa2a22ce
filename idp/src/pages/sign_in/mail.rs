//! Signing in by a letter: with the code in the browser that asked for it, or with the link, in another browser only together
//! with the number that the first one shows. So neither a scanner of letters nor somebody who was sent a stranger's link gets a
//! session, or gives one away.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use crate::app::App;
use crate::base::id::Id;
use crate::base::token::{Token, TokenKind};
use crate::flow::authorization::{Step, layout_of};
use crate::flow::first_factor::{self, ProvenFactor};
use crate::http::diagnosis::Diagnosis;
use crate::http::error::Error;
use crate::http::page::{self, Wording};
use crate::http::redirect;
use crate::http::request::form::ProvenForm;
use crate::http::request::query::Query;
use crate::http::request::visitor::Visitor;
use crate::login::identifier;
use crate::login::letter::{self, Asked, Asking, GoesOn, Judged};
use crate::oidc::claims::acr::Method;
use crate::oidc::difference::Difference;
use crate::oidc::reason::Reason;
use crate::pages::mail_code::{self, CodeProblem, address_of, limited};
use crate::pages::{FormProblems, Layout};
use crate::site::page::Page;
use crate::store::people::mail_proof::Purpose;
use crate::store::people::user::{self, User};

/// Asks for an address, then for the code from the letter; or whether to sign in by its link. Posts `email`, or `asked` and
/// `code`, or `token` and `number`, to `/sign-in/mail`.
#[derive(Template)]
#[template(path = "pages/sign_in/mail.html")]
pub struct SignInByMailPage<'a> {
    /// The layout of the page.
    pub layout: Layout<'a>,
    /// The address as typed.
    pub email: String,
    /// Whether "keep me signed in" was ticked.
    pub keep_signed_in: bool,
    /// What was asked for in this browser, and the number that it shows.
    pub asked: Option<(String, String)>,
    /// The token of the link that was opened, and whether this browser has asked for it.
    pub token: Option<(String, bool)>,
    /// Why the last try failed.
    pub problem: Option<SignInByMailProblem>,
}

/// Why a try to sign in by a letter failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignInByMailProblem {
    /// No address was typed.
    EmailMissing,
    /// It is not an address.
    EmailMalformed,
    /// The code, or that too many letters were asked for.
    Code(CodeProblem),
    /// It is not the number of the first browser.
    NumberWrong,
}

impl SignInByMailProblem {
    /// The field that it is about.
    fn field(self) -> &'static str {
        match self {
            Self::EmailMissing | Self::EmailMalformed => "email",
            Self::Code(CodeProblem::TooMany { .. } | CodeProblem::Over) => "email",
            Self::Code(_) => "code",
            Self::NumberWrong => "number",
        }
    }

    /// The same as a reason, for the log.
    pub const fn reason(self) -> Reason {
        match self {
            Self::EmailMissing => Reason::SignUpEmailMissing,
            Self::EmailMalformed => Reason::SignUpEmailMalformed,
            Self::Code(problem) => problem.reason(),
            Self::NumberWrong => Reason::NumberWrong,
        }
    }

    /// What the operator is told about it. How a code or a number was judged is kept.
    async fn diagnosis(self, app: &App) -> Diagnosis {
        let diagnosis = Diagnosis::new(self.reason(), None);
        match self {
            Self::NumberWrong | Self::Code(CodeProblem::Wrong | CodeProblem::Over) => diagnosis.explained(app).await,
            _ => diagnosis,
        }
    }

    fn wording(self) -> Wording {
        match self {
            Self::EmailMissing => Wording::new("sign-up-email-missing"),
            Self::EmailMalformed => Wording::new("sign-up-email-malformed"),
            Self::Code(problem) => problem.wording(),
            Self::NumberWrong => Wording::new("number-wrong"),
        }
    }
}

impl SignInByMailPage<'_> {
    fn title(&self) -> String {
        self.layout.t(if self.asked.is_some() { "letter-sent-title" } else { "sign-in-by-mail-title" })
    }

    fn problems(&self) -> FormProblems {
        FormProblems::new(self.problem.map(|problem| (problem.field(), self.layout.say(problem.wording()))))
    }
}

/// Shows the page, and uses no link up.
pub async fn get(State(app): State<App>, visitor: Visitor, query: Query) -> Result<Response, Error> {
    offered(&app)?;
    if let Some(token) = query.get("token") {
        let link = Token::parse(TokenKind::OneTimeLink, token).ok_or(Error::SpentLink)?;
        let (_, same) = letter::opened(&app, &link.hash(), &visitor.browser).await?.ok_or(Error::SpentLink)?;
        return show(&app, &visitor, None, Shown { token: Some((token.to_owned(), same)), ..Shown::default() }).await;
    }
    let step = Step::open_if_any(&app, &visitor, query.get("interaction")).await?;
    let email = step.as_ref().and_then(|step| step.proven.request.login_hint.clone()).unwrap_or_default();
    let return_to = query.get("return").and_then(Page::by_return_name);
    let waiting = match query.get("asked") {
        Some(asked) => letter::waiting(&app, Purpose::SignIn, asked, &visitor.browser).await?,
        None => None,
    };
    let Some(proof) = waiting else {
        return show(&app, &visitor, step.as_ref(), Shown { email, return_to, ..Shown::default() }).await;
    };
    let GoesOn { keep, return_to, .. } = letter::goes_on(&app, &proof);
    let return_to = return_to.as_deref().and_then(Page::by_return_name);
    let asked = Some(Asked { name: proof.id.to_string() });
    show(&app, &visitor, step.as_ref(), Shown { email: proof.address, keep, return_to, asked, ..Shown::default() })
        .await
}

/// Sends a letter, or signs in by what came from one.
pub async fn post(State(app): State<App>, form: ProvenForm) -> Result<Response, Error> {
    offered(&app)?;
    let ProvenForm { visitor, params } = form;
    if let Some(token) = params.get("token") {
        return by_link(&app, &visitor, token, params.get("number").unwrap_or_default()).await;
    }
    let step = Step::open_if_any(&app, &visitor, params.get("interaction")).await?;
    let shown = Shown {
        email: params.get("email").unwrap_or_default().trim().to_owned(),
        keep: params.get("keep_signed_in").is_some(),
        return_to: params.get("return").and_then(Page::by_return_name),
        ..Shown::default()
    };
    let Some(asked) = params.get("asked") else { return ask(&app, &visitor, step.as_ref(), shown).await };
    let problem = match params.get("code").unwrap_or_default().trim() {
        "" => CodeProblem::Missing,
        code => match letter::judge_code(&app, Purpose::SignIn, asked, code, &visitor.browser).await? {
            Judged::Right { proof, generation } => {
                let (user, continuation) = ((proof.user_id.as_ref(), generation), (shown.keep, shown.return_to));
                if let Some(response) = sign_in(&app, &visitor, user, step.as_ref(), continuation).await? {
                    return Ok(response);
                }
                CodeProblem::Over
            }
            Judged::Wrong => CodeProblem::Wrong,
            Judged::Over => CodeProblem::Over,
        },
    };
    app.metrics.sign_in("email", "refused");
    // Without a code that can still be right, the address is asked for again.
    let still_open = problem != CodeProblem::Over;
    let asked = still_open.then(|| Asked { name: asked.to_owned() });
    show(&app, &visitor, step.as_ref(), Shown { asked, problem: Some(SignInByMailProblem::Code(problem)), ..shown })
        .await
}

/// Sends a letter, if anybody has the address; the answer is the same in any case.
async fn ask(app: &App, visitor: &Visitor, step: Option<&Step>, shown: Shown) -> Result<Response, Error> {
    let problem =
        if shown.email.is_empty() { SignInByMailProblem::EmailMissing } else { SignInByMailProblem::EmailMalformed };
    let Ok(address) = identifier::parse_email(&shown.email, None) else {
        return show(app, visitor, step, Shown { problem: Some(problem), ..shown }).await;
    };
    let asker = match limited(app, visitor, &address.normalised).await? {
        Ok(asker) => asker,
        Err(problem) => {
            app.metrics.sign_in("email", "limited");
            return show(app, visitor, step, Shown { problem: Some(SignInByMailProblem::Code(problem)), ..shown })
                .await;
        }
    };
    let language = layout_of(app, visitor, step).language.tag().to_owned();
    let interaction = step.map(|step| step.interaction.seal(app));
    let asking = Asking { address: &address, asker: &asker, browser: &visitor.browser, language: &language };
    let return_to = shown.return_to.and_then(Page::return_name).map(str::to_owned);
    let goes_on = GoesOn { interaction: interaction.clone(), keep: shown.keep, return_to };
    let asked = letter::ask_to_sign_in(app, asking, &goes_on).await?;
    redirect::see_other(&address_of(&app.url(Page::SignInByMail), &asked.name, interaction.as_deref()))
}

async fn by_link(app: &App, visitor: &Visitor, token: &str, number: &str) -> Result<Response, Error> {
    let link = Token::parse(TokenKind::OneTimeLink, token).ok_or(Error::SpentLink)?;
    match letter::judge_link(app, &link.hash(), number, &visitor.browser).await? {
        Judged::Right { proof, generation } => {
            // On to where the letter was asked for, if that was here and is not over.
            let here = proof.browser_hash.as_ref() == Some(&visitor.browser.hash());
            let goes_on = if here { letter::goes_on(app, &proof) } else { GoesOn::default() };
            let step = match goes_on.interaction {
                Some(sealed) => Step::open(app, visitor, &sealed).await.ok(),
                None => None,
            };
            let user = (proof.user_id.as_ref(), generation);
            let return_to = goes_on.return_to.as_deref().and_then(Page::by_return_name);
            sign_in(app, visitor, user, step.as_ref(), (goes_on.keep, return_to)).await?.ok_or(Error::SpentLink)
        }
        Judged::Wrong => {
            app.metrics.sign_in("email", "refused");
            let problem = Some(SignInByMailProblem::NumberWrong);
            show(app, visitor, None, Shown { token: Some((token.to_owned(), false)), problem, ..Shown::default() })
                .await
        }
        Judged::Over => Err(Error::SpentLink),
    }
}

/// Signs the user of a proof in, who was of this generation; `None` if nobody has its address, or the user has changed since.
async fn sign_in(
    app: &App,
    visitor: &Visitor,
    user: (Option<&Id>, Option<i64>),
    step: Option<&Step>,
    (keep, return_to): (bool, Option<Page>),
) -> Result<Option<Response>, Error> {
    let (Some(id), Some(generation)) = user else { return Ok(None) };
    let Some(user) = user::find(&mut *app.db.read().await?, id).await? else { return Ok(None) };
    let user = User { generation, ..user };
    let first = ProvenFactor { user: &user, method: Method::Mail, metric: "email", keep, proof: None, upstream: None };
    first_factor::complete(app, visitor, step, return_to, first).await
}

fn offered(app: &App) -> Result<(), Error> {
    mail_code::offered(app)?;
    if app.offers_mail_sign_in() {
        return Ok(());
    }
    Err(Error::MailOff.because(Difference::new("login.mail_sign_in", "false", "true: nobody signs in by letter here")))
}

#[derive(Default)]
struct Shown {
    email: String,
    keep: bool,
    return_to: Option<Page>,
    asked: Option<Asked>,
    token: Option<(String, bool)>,
    problem: Option<SignInByMailProblem>,
}

async fn show(app: &App, visitor: &Visitor, step: Option<&Step>, shown: Shown) -> Result<Response, Error> {
    let status = match shown.problem {
        None => StatusCode::OK,
        Some(SignInByMailProblem::Code(problem)) => CodeProblem::status(Some(problem)),
        Some(_) => StatusCode::BAD_REQUEST,
    };
    let wait = match shown.problem {
        Some(SignInByMailProblem::Code(problem)) => problem.wait(),
        _ => None,
    };
    let refusal = match shown.problem {
        Some(problem) => Some(problem.diagnosis(app).await),
        None => None,
    };
    let reference = refusal.as_ref().and_then(|refusal| refusal.reference.as_ref());
    let layout = layout_of(app, visitor, step).of(Page::SignInByMail);
    let mut layout = layout.waiting(wait, app.now()).explained_by(reference);
    if let Some((token, _)) = &shown.token {
        let address = format!("{}?token={token}", layout.url(Page::SignInByMail.path()));
        layout = layout.at(address);
    } else if let Some(asked) = &shown.asked {
        let address = address_of(&layout.url(Page::SignInByMail.path()), &asked.name, None);
        layout = layout.at(address);
    }
    let page = SignInByMailPage {
        layout: Layout { return_to: shown.return_to, ..layout },
        email: shown.email,
        keep_signed_in: shown.keep,
        asked: shown.asked.map(|asked| (asked.name.clone(), asked.number(app))),
        token: shown.token,
        problem: shown.problem,
    };
    let mut response = page::show_waiting(app, visitor, (status, wait), &page)?;
    if let Some(refusal) = refusal {
        refusal.ride_on(&mut response);
    }
    Ok(response)
}
