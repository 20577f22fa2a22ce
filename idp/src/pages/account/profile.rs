//! The profile: what applications learn about the person.

use std::borrow::Cow;

use askama::Template;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::Response;
use serde_json::Value;

use crate::account::former_word;
use crate::account::profile::LONGEST;
use crate::app::App;
use crate::base::id::Id;
use crate::base::language::Language;
use crate::flow::account_holder::{AccountForm, AccountHolder, handle};
use crate::http::cookies::{Jar, Name};
use crate::http::error::Error;
use crate::http::request::query::Query;
use crate::http::{page, redirect};
use crate::letters::notice::notify_sealed;
use crate::letters::word;
use crate::letters::written::Sealed;
use crate::login::step_up::SteppedUp;
use crate::pages::account_choice::AccountChoice;
use crate::pages::{AccountView, FormProblems, Layout, passkey_signal};
use crate::site::page::Page;
use crate::store::db::{self, Change, Tx};
use crate::store::installation::event::Event;
use crate::store::people::user::{self, Identifier, IdentifierKind};

const A_YEAR: std::time::Duration = std::time::Duration::from_secs(365 * 24 * 60 * 60);

/// Shows the account. Posts `name` and `locale` to `/account`, `session=<handle>` to `/account/switch`, and
/// `decision=sign_out` to `/end_session`, with `session=<handle>` for one account.
#[derive(Template)]
#[template(path = "pages/account/profile.html")]
pub struct AccountProfilePage<'a> {
    /// The layout of the page.
    pub layout: Layout<'a>,
    /// The handle of this session in the form that signs out.
    pub handle: String,
    /// The stored name, or the one that was typed.
    pub name: String,
    /// The language tag of the account.
    pub locale: String,
    /// The identifiers that the person signs in with.
    pub identifiers: Vec<IdentifierView>,
    /// The other accounts in this browser.
    pub others: Vec<AccountChoice>,
    /// The word by which the person knows our letters, if any are sent.
    pub mail_word: Option<String>,
    /// Whether the address can be changed by a letter.
    pub offers_email: bool,
    /// Whether the account is anonymous, and can be kept by signing up.
    pub offers_keeping: bool,
    /// What has just been done.
    pub done: Option<ProfileDone>,
    /// Whether the name was refused.
    pub name_is_wrong: bool,
    /// What the browser is told about the passkeys and the names of the account, which may have changed here: JSON.
    pub signal: Option<String>,
}

/// An identifier as the page shows it to its owner.
#[derive(Clone, Debug)]
pub struct IdentifierView {
    /// As it was typed.
    pub text: String,
    /// Whether it is verified, if it can be.
    pub verified: Option<bool>,
    /// Its handle in the form that sends a letter to verify it, if that can be done.
    pub which: Option<String>,
}

/// What has just been done to the account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProfileDone {
    /// The profile was saved.
    Saved,
    /// An address was verified.
    Verified,
    /// The address was changed.
    Email,
    /// The person has signed in again for a change that they can make now.
    SteppedUp,
}

impl ProfileDone {
    fn by_name(name: &str) -> Option<Self> {
        match name {
            "saved" => Some(Self::Saved),
            "verified" => Some(Self::Verified),
            "email" => Some(Self::Email),
            _ => None,
        }
    }
}

impl AccountProfilePage<'_> {
    fn problems(&self) -> FormProblems {
        FormProblems::new(self.name_is_wrong.then(|| ("name", self.layout.t("account-name-too-long"))))
    }

    fn done_text(&self) -> Option<String> {
        Some(self.layout.t(match self.done? {
            ProfileDone::Saved => "account-saved",
            ProfileDone::Verified => "account-verified-now",
            ProfileDone::Email => "account-email-changed",
            ProfileDone::SteppedUp => "account-change-again",
        }))
    }

    fn account_title(&self) -> Cow<'_, str> {
        self.layout.account.as_ref().map(AccountView::title).unwrap_or_default()
    }

    /// Whether the account is anonymous.
    fn is_anonymous(&self) -> bool {
        self.layout.account.as_ref().is_some_and(|account| account.is_anonymous)
    }

    fn languages(&self) -> Vec<Language> {
        self.layout.site.languages().all().cloned().collect()
    }
}

/// Shows the account of the signed-in person.
pub async fn get(State(app): State<App>, query: Query, holder: AccountHolder) -> Result<Response, Error> {
    show(&app, &holder, None, query.get("done").and_then(ProfileDone::by_name)).await
}

/// Shows it to who has just proven again who they are.
pub async fn get_after_step_up(State(app): State<App>, holder: AccountHolder) -> Result<Response, Error> {
    show(&app, &holder, None, Some(ProfileDone::SteppedUp)).await
}

/// Saves the changes.
pub async fn post(State(app): State<App>, form: AccountForm) -> Result<Response, Error> {
    let AccountForm { holder, params } = form;
    let name = params.get("name").unwrap_or_default().trim().to_owned();
    if name.chars().count() > LONGEST || name.chars().any(char::is_control) {
        return show(&app, &holder, Some(name), None).await;
    }
    // An account may have a language that no page has, which stays unless the person chooses another.
    let locale = params.get("locale").filter(|tag| params.get("shown") != Some(tag));
    let language = locale.and_then(|tag| holder.visitor.site.languages().lookup(tag));
    let user = holder.session.user_id.clone();
    // A visitor gets no letters; whoever signs up in their place must not get a word of theirs.
    let has_word = app.mailer.is_on() && !holder.account.is_anonymous;
    let typed = has_word.then(|| word::parse(params.get("mail_word").unwrap_or_default()));
    let word = match typed {
        Some(typed) if typed != word::of(&app, &user).await? => Some(NewWord {
            sealed: typed.map(|word| word::seal(&app, &user, &word)),
            notices: word::notices(&app, &user).await?,
        }),
        _ => None,
    };
    let step_up = SteppedUp::of(&app, &holder.session).or_anonymous();
    if !app.db.write(SaveProfile { user, step_up, name, language: language.clone(), word }).await? {
        return redirect::to_page(&app, Page::AccountLetters);
    }
    let mut response = redirect::to_page_with(&app, Page::AccountProfile, "done", "saved")?;
    if let Some(language) = language
        && let Some(cookie) = Jar::of(&app).set(Name::Language, language.tag(), Some(A_YEAR))
    {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    Ok(response)
}

/// Saves a person's changes to their profile; `false`, and nothing is saved, without the step-up that they need. By the word a person
/// knows our letters, and in another language they may not read them: a thief of the session changes neither.
#[derive(Clone)]
struct SaveProfile {
    user: Id,
    step_up: SteppedUp,
    /// The name; empty if the person wants none.
    name: String,
    language: Option<Language>,
    /// The word for letters, if it is another one.
    word: Option<NewWord>,
}

/// Another word for letters.
#[derive(Clone)]
struct NewWord {
    /// The word, or none.
    sealed: Option<String>,
    /// The letters that tell of it.
    notices: Vec<Sealed>,
}

impl Change for SaveProfile {
    type Outcome = bool;

    async fn apply(self, tx: &mut Tx<'_>) -> db::Result<bool> {
        let Self { user, step_up, name, language, word } = self;
        user::hold(tx, &user).await?;
        let Some(found) = user::find(tx, &user).await? else { return Ok(true) };
        let spoken = found.locale();
        let speaks_another = language.as_ref().is_some_and(|language| spoken != Some(language.tag()));
        if (word.is_some() || speaks_another) && !step_up.holds(tx).await? {
            return Ok(false);
        }
        // A first word takes the place of none.
        if speaks_another || word.is_some() && user::mail_word(tx, &user).await?.is_some() {
            former_word::keep(tx, &user, spoken).await?;
        }
        let has_another_word = word.is_some();
        if let Some(NewWord { sealed, notices }) = word {
            user::set_mail_word(tx, &user, sealed.as_deref()).await?;
            notify_sealed(tx, &user, notices).await?;
        }
        let mut profile = found.profile.clone();
        match name.as_str() {
            "" => drop(profile.remove("name")),
            name => drop(profile.insert("name".to_owned(), name.into())),
        }
        if let Some(language) = language {
            profile.insert("locale".to_owned(), language.tag().into());
        }
        if profile != found.profile {
            let now = tx.now();
            user::set_profile(tx, &user, &profile, now).await?;
            tx.record(&Event::ProfileChanged { user }).await?;
        } else if has_another_word {
            tx.record(&Event::ProfileChanged { user }).await?;
        }
        Ok(true)
    }
}

async fn show(
    app: &App,
    holder: &AccountHolder,
    wrong_name: Option<String>,
    done: Option<ProfileDone>,
) -> Result<Response, Error> {
    let found = user::find_with_identifiers(&mut *app.db.read().await?, &holder.session.user_id).await?;
    let (user, identifiers) = found.ok_or_else(|| Error::Internal("a session without its user".to_owned()))?;
    let text = |name: &str| user.profile.get(name).and_then(Value::as_str).map(str::to_owned);
    let mut others = Vec::new();
    for session in &holder.others {
        let account = page::account(app, &holder.visitor, session).await?;
        others.push(AccountChoice { handle: handle(app, session, session.id.as_str()), account });
    }
    let spoken = text("locale").and_then(|tag| holder.visitor.site.languages().lookup(&tag));
    let spoken = spoken.unwrap_or_else(|| holder.visitor.language.clone());
    let name_is_wrong = wrong_name.is_some();
    let word = word::of(app, &holder.session.user_id).await?.unwrap_or_default();
    let (by_mail, is_anonymous) = (app.mailer.is_on(), holder.account.is_anonymous);
    let which = |it: &Identifier| {
        let open = by_mail && it.is_email() && it.verified_at.is_none();
        open.then(|| handle(app, &holder.session, &it.normalised))
    };
    let shown = AccountProfilePage {
        layout: holder.layout(app),
        handle: page::session_handle(app, &holder.session),
        name: wrong_name.or_else(|| text("name")).unwrap_or_default(),
        locale: spoken.tag().to_owned(),
        identifiers: identifiers
            .into_iter()
            .map(|identifier| IdentifierView {
                which: which(&identifier),
                verified: (identifier.kind != IdentifierKind::Username).then_some(identifier.verified_at.is_some()),
                text: identifier.as_written,
            })
            .collect(),
        others,
        mail_word: (by_mail && !is_anonymous).then_some(word),
        offers_email: by_mail && !is_anonymous,
        offers_keeping: is_anonymous && app.config.login.sign_up.is_offered(),
        done,
        name_is_wrong,
        signal: passkey_signal::of(app, &holder.session.user_id, &holder.account).await?,
    };
    let status = if name_is_wrong { StatusCode::BAD_REQUEST } else { StatusCode::OK };
    page::show_with(app, &holder.visitor, status, &shown)
}
