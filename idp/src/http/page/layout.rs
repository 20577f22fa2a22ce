//! The layout that all pages share: language, operator, client, and the hidden fields of forms.

use std::borrow::Cow;
use std::time::Duration;

use fluent_bundle::FluentValue;
use url::form_urlencoded;

use super::assets;
use super::moment::Moment;
use super::wording::Wording;
use crate::base::clock::Timestamp;
use crate::base::language::Language;
use crate::base::messages::unturned;
use crate::base::reference::Reference;
use crate::site::Site;
use crate::site::page::Page;

/// A client as pages show it.
#[derive(Clone, Debug, Default)]
pub struct ClientView {
    /// Its name.
    pub name: String,
    /// The URL of its logo, served by us.
    pub logo: Option<String>,
}

/// An account as its owner sees it.
#[derive(Clone, Debug, Default)]
pub struct AccountView {
    /// The person's name, if known.
    pub name: Option<String>,
    /// The identifier that the person signs in with.
    pub identifier: String,
    /// Whether it is an anonymous account, to which nobody can sign in.
    pub is_anonymous: bool,
}

impl AccountView {
    /// The name, or the identifier if there is no name.
    pub fn title(&self) -> Cow<'_, str> {
        unturned(self.name.as_deref().unwrap_or(&self.identifier))
    }

    /// The identifier, unless it is already the title.
    pub fn subtitle(&self) -> Option<Cow<'_, str>> {
        self.name.as_ref().filter(|_| !self.is_anonymous).map(|_| unturned(&self.identifier))
    }

    /// The letter in the account's disc.
    pub fn initial(&self) -> String {
        let letter = self.title().chars().find(|c| c.is_alphanumeric());
        letter.map_or_else(|| "•".to_owned(), |letter| letter.to_uppercase().collect())
    }
}

/// The layout of the page in one response.
pub struct Layout<'a> {
    /// The settings that all pages share.
    pub site: &'a Site,
    /// The language of this page.
    pub language: Language,
    /// The client that the person is signing in to, if any.
    pub client: Option<ClientView>,
    /// The CSRF token; hidden in every form.
    pub csrf: String,
    /// The sealed interaction that a form continues; hidden in every form, and in links to sibling pages.
    pub interaction: Option<String>,
    /// The handle of the session whose account the page shows; hidden in every form as `whose`, so that the form changes
    /// that account alone.
    pub holder: Option<String>,
    /// The page to which a sign-in returns; its name is hidden in every form.
    pub return_to: Option<Page>,
    /// The account whose pages these are; shown on each of them.
    pub account: Option<AccountView>,
    /// The page's row in the table; `None` for error pages and for those that leave for a client.
    pub page: Option<Page>,
    /// The path and query on this server to which the language switch returns, if it is not the page's path.
    pub address: Option<String>,
    /// When a wait is over that the page tells of.
    pub wait: Option<Moment>,
    /// The code by which the operator finds out why the request was refused.
    pub reference: Option<String>,
}

impl<'a> Layout<'a> {
    /// A page that belongs to no client and no interaction.
    pub fn new(site: &'a Site, language: Language, csrf: impl Into<String>) -> Layout<'a> {
        Layout {
            site,
            language,
            client: None,
            csrf: csrf.into(),
            interaction: None,
            holder: None,
            return_to: None,
            account: None,
            page: None,
            address: None,
            wait: None,
            reference: None,
        }
    }

    /// The same page on the way to a client.
    pub fn with_client(self, client: ClientView) -> Layout<'a> {
        Layout { client: Some(client), ..self }
    }

    /// The same page as a step of an interaction.
    pub fn with_interaction(self, interaction: impl Into<String>) -> Layout<'a> {
        Layout { interaction: Some(interaction.into()), ..self }
    }

    /// The same layout for this page of the table.
    pub fn of(self, page: Page) -> Layout<'a> {
        Layout { page: Some(page), ..self }
    }

    /// The same page at this path and query, to which the language switch returns.
    pub fn at(self, address: impl Into<String>) -> Layout<'a> {
        Layout { address: Some(address.into()), ..self }
    }

    /// The same page, which tells of a wait from now on. Its end is shown if it is a minute away or more: until then,
    /// the seconds say it better.
    pub fn waiting(self, wait: Option<Duration>, now: Timestamp) -> Layout<'a> {
        let long = wait.filter(|wait| *wait >= Duration::from_secs(60));
        Layout { wait: long.map(|wait| Moment::to_come(now + wait)), ..self }
    }

    /// The same page, with the code for why the request was refused.
    pub fn explained_by(self, reference: Option<&Reference>) -> Layout<'a> {
        Layout { reference: reference.map(ToString::to_string), ..self }
    }

    /// The path and query to which the language switch returns; `None` hides the switch.
    pub fn language_return(&self) -> Option<String> {
        let page = || self.page.filter(|page| page.has_language_switch());
        // The switch adds the interaction itself.
        self.address.clone().or_else(|| page().map(|page| self.returning(page.path())))
    }

    /// The name by which a sign-in returns to a page.
    pub fn return_name(&self) -> Option<&'static str> {
        self.return_to.and_then(Page::return_name)
    }

    /// The sections of the account, with their titles.
    pub fn sections(&self) -> Vec<(Page, String)> {
        let is_anonymous = self.account.as_ref().is_some_and(|account| account.is_anonymous);
        let section = |page: &Page| page.section().map(|title| (*page, self.t(title)));
        Page::ALL.iter().filter(|page| !is_anonymous || page.is_for_anonymous()).filter_map(section).collect()
    }

    /// Whether this layout is for the given page.
    pub fn is(&self, page: &Page) -> bool {
        self.page == Some(*page)
    }

    /// Whether this layout is for a page that is a part of the given section.
    pub fn is_part_of(&self, section: &Page) -> bool {
        self.page.is_some_and(|page| page.section_of() == *section)
    }

    /// The text of a key in the page's language.
    pub fn t(&self, key: &str) -> String {
        self.site.messages.text(&self.language, key)
    }

    /// The text of a key with its placeables filled.
    pub fn t_args<'v, V>(&self, key: &str, values: &[(&str, V)]) -> String
    where
        V: Clone + Into<FluentValue<'v>>,
    {
        self.site.messages.text_with(&self.language, key, values)
    }

    /// The text of a message that Rust code has chosen.
    pub fn say(&self, wording: Wording) -> String {
        match wording.number {
            None => self.t(wording.key),
            Some(value) => self.t_args(wording.key, &[value]),
        }
    }

    /// One of two texts about the client: the second, with `$client`, if the client is known.
    pub fn t_client(&self, without: &str, with: &str) -> String {
        match &self.client {
            None => self.t(without),
            Some(client) => self.t_args(with, &[("client", client.name.as_str())]),
        }
    }

    /// How many characters of a new password are typed, for the script that counts them: it puts the number in the place
    /// of `#`.
    pub fn password_count(&self, least: &u64) -> String {
        let values = [("count", FluentValue::from("#")), ("least", FluentValue::from(*least))];
        self.t_args("password-count", &values)
    }

    /// How long ago a moment was, in words.
    pub fn ago(&self, moment: &Moment) -> String {
        self.say(moment.ago())
    }

    /// The text of a key before and after its placeable, in whose place the page puts an element.
    pub fn around(&self, key: &str, placeable: &str) -> (String, String) {
        let text = self.t_args(key, &[(placeable, PLACE)]);
        match text.split_once(PLACE) {
            Some((before, after)) => (before.to_owned(), after.to_owned()),
            None => (text, String::new()),
        }
    }

    /// The pieces of a text between which a line may break, so that a long address breaks at its dots and slashes and
    /// not within a word.
    pub fn pieces<'t>(&self, text: &'t str) -> Vec<&'t str> {
        pieces(text)
    }

    /// The URL of one of our paths.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.site.base_path)
    }

    /// The URL of one of our paths, with the page to which the sign-in returns, if it is on no interaction.
    fn returning(&self, path: &str) -> String {
        match self.return_name().filter(|_| self.interaction.is_none()) {
            Some(name) => format!("{}?return={name}", self.url(path)),
            None => self.url(path),
        }
    }

    /// The URL of one of our paths, with the interaction, or the page to which the sign-in returns.
    pub fn link(&self, path: &str) -> String {
        match &self.interaction {
            None => self.returning(path),
            Some(interaction) => {
                let query = form_urlencoded::byte_serialize(interaction.as_bytes()).collect::<String>();
                format!("{}?interaction={query}", self.url(path))
            }
        }
    }

    /// The URL of a file of `static/`.
    pub fn asset(&self, name: &str) -> String {
        self.url(&assets::path(name))
    }

    /// The languages that a person may switch to.
    pub fn other_languages(&self) -> Vec<Language> {
        self.site.languages().all().filter(|language| **language != self.language).cloned().collect()
    }
}

/// Stands for an element in a text: U+FFFC, the object replacement character.
const PLACE: &str = "\u{fffc}";

fn pieces(text: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(at) = break_in(rest) {
        let (piece, behind) = rest.split_at(at);
        pieces.push(piece);
        rest = behind;
    }
    pieces.push(rest);
    pieces
}

/// The first place where a line may break: after a dot or slash that is directly followed by a word.
fn break_in(text: &str) -> Option<usize> {
    let mut letters = text.char_indices().skip(1).zip(text.chars());
    letters.find_map(|((at, letter), before)| (matches!(before, '.' | '/') && letter.is_alphanumeric()).then_some(at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_breaks_behind_its_dots_and_slashes_and_a_sentence_does_not() {
        let words = "Use “https://billing.example.com/v1/” on your behalf.";
        let expected = ["Use “https://", "billing.", "example.", "com/", "v1/” on your behalf."];
        assert_eq!(pieces(words), expected);
        assert_eq!(pieces(".é/"), [".", "é/"]);
        for whole in ["", ".", "Notes", "One. Two…"] {
            assert_eq!(pieces(whole), [whole]);
        }
    }
}
