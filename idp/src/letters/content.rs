//! What a letter says in the language of its reader, as text and as HTML.

use askama::Template;
use fluent_bundle::FluentValue;

use super::kind::{Kind, Notice};
use super::written::{Facts, Secrets};
use crate::base::clock::Timestamp;
use crate::base::device;
use crate::base::language::Language;
use crate::config::Issuer;
use crate::site::Site;
use crate::site::page::Page;

/// A letter that is to be put into words.
pub struct Letter<'a> {
    /// What kind of letter it is.
    pub kind: Kind,
    /// The address that it goes to.
    pub recipient: &'a str,
    /// What it is about.
    pub facts: &'a Facts,
    /// What opens something.
    pub secrets: &'a Secrets,
    /// The word that its reader has chosen, by which they know our letters.
    pub word: Option<&'a str>,
}

/// A letter in words.
#[derive(Clone, Debug)]
pub struct Content {
    /// The tag of the language.
    pub language: String,
    /// `ltr` or `rtl`.
    pub direction: &'static str,
    /// The name of the operator.
    pub operator: String,
    /// What is above it.
    pub subject: String,
    /// What it says.
    pub text: String,
    /// What to do with the code, and the code.
    pub code: Option<(String, String)>,
    /// The text of the link, and its address.
    pub link: Option<(String, String)>,
    /// When, from where: each with its name.
    pub facts: Vec<(String, String)>,
    /// What to do if it was not the reader.
    pub advice: Option<String>,
    /// The name of the reader's own word, and the word.
    pub word: Option<(String, String)>,
    /// The sender and the recipient.
    pub foot: String,
}

/// The letter as HTML.
#[derive(Template)]
#[template(path = "mail/letter.html")]
struct Html<'a> {
    letter: &'a Content,
}

/// The letter as text.
#[derive(Template)]
#[template(path = "mail/letter.txt", escape = "none", whitespace = "preserve")]
struct Text<'a> {
    letter: &'a Content,
}

impl Content {
    /// Puts a letter into words.
    pub fn new(site: &Site, issuer: &Issuer, language: &Language, letter: &Letter<'_>) -> Self {
        let texts = letter.kind.texts();
        let time = lifetime(site, language, letter.facts.minutes.unwrap_or_default());
        let values = [
            ("operator", FluentValue::from(site.operator_name.as_str())),
            ("time", FluentValue::from(time.as_str())),
            ("old", FluentValue::from(letter.facts.old.as_deref().unwrap_or_default())),
            ("new", FluentValue::from(letter.facts.new.as_deref().unwrap_or_default())),
            ("due", FluentValue::from(letter.facts.due_at.map(moment).unwrap_or_default())),
            ("address", FluentValue::from(letter.recipient)),
        ];
        let say = |key: &str| site.messages.text_with(language, key, &values);
        let plain = |key: &str| site.messages.text(language, key);
        let link = texts.link.map(|(words, page)| (plain(words), address(issuer, page, letter.secrets)));
        let text = match letter.kind {
            // A first address takes the place of none.
            Kind::Notice(Notice::AddressChanged) if letter.facts.old.is_none() => say("letter-address-added-text"),
            // So does a first word.
            Kind::Notice(Notice::MailWordChanged) if letter.secrets.word.is_none() => {
                say("letter-mail-word-chosen-text")
            }
            _ => say(texts.text),
        };
        Self {
            language: language.tag().to_owned(),
            direction: language.direction(),
            operator: site.operator_name.clone(),
            subject: say(texts.subject),
            text,
            code: letter.secrets.code.as_ref().map(|code| (plain("letter-code"), code.expose().to_owned())),
            link,
            facts: facts(site, language, letter.facts),
            advice: texts.advice.map(say),
            word: letter.word.map(|word| (plain("letter-word"), word.to_owned())),
            foot: say("letter-foot"),
        }
    }

    /// The letter as HTML.
    pub fn html(&self) -> askama::Result<String> {
        Html { letter: self }.render()
    }

    /// The letter as text.
    pub fn plain(&self) -> askama::Result<String> {
        Text { letter: self }.render()
    }
}

/// The address of a link, with what it opens.
fn address(issuer: &Issuer, page: Page, secrets: &Secrets) -> String {
    let url = issuer.url(page.path());
    match &secrets.token {
        // It is a code, which people can type there, too.
        Some(token) if page == Page::SignUp => format!("{url}?invitation={}", token.expose()),
        Some(token) => format!("{url}?token={}", token.expose()),
        None => url,
    }
}

/// So many minutes in words, as hours or days where that is exact.
fn lifetime(site: &Site, language: &Language, minutes: u64) -> String {
    let (key, count) = match minutes {
        2880.. if minutes.is_multiple_of(1440) => ("letter-days", minutes / 1440),
        120.. if minutes.is_multiple_of(60) => ("letter-hours", minutes / 60),
        _ => ("letter-minutes", minutes),
    };
    site.messages.text_with(language, key, &[("count", count)])
}

/// When and from where something was done.
fn facts(site: &Site, language: &Language, facts: &Facts) -> Vec<(String, String)> {
    let plain = |key: &str| site.messages.text(language, key);
    let mut lines = Vec::new();
    if let Some(at) = facts.at {
        lines.push((plain("letter-when"), moment(at)));
    }
    if let Some(user_agent) = &facts.user_agent {
        let device = match (device::browser(user_agent), device::system(user_agent)) {
            (Some(browser), Some(system)) => {
                let values = [("browser", browser), ("system", system)];
                site.messages.text_with(language, "account-session-device", &values)
            }
            (Some(name), None) | (None, Some(name)) => name.to_owned(),
            (None, None) => plain("account-session-unknown"),
        };
        lines.push((plain("letter-device"), device));
    }
    if let Some(address) = &facts.address {
        lines.push((plain("letter-address"), address.clone()));
    }
    lines
}

/// A moment to the minute, in UTC: the reader may be anywhere.
fn moment(at: Timestamp) -> String {
    let text = at.to_string();
    format!("{} {} UTC", text.get(..10).unwrap_or_default(), text.get(11..16).unwrap_or_default())
}
