//! The words that guessers try first against one account, and passwords that are made of them: NIST SP 800-63B-4
//! §3.1.1.2 ("the name of the service, the username, and derivatives thereof").

use serde_json::{Map, Value};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::app::App;
use crate::base::id::Id;
use crate::store::db;
use crate::store::people::user::{self, Identifier};

/// How many characters of a text are read: a longer name makes no password easier to guess.
const LONGEST: usize = 64;

/// How many characters a password has beside such words at least.
const FEWEST_BESIDE: usize = 6;

/// Up to how many digits beside such words count as nothing: a year, a day of birth.
const DIGITS_BESIDE: usize = 8;

/// Up to how many different signs do.
const SIGNS_BESIDE: usize = 3;

/// The claims with a person's names: OIDC Core §5.1.
const NAMES: [&str; 6] = ["name", "given_name", "middle_name", "family_name", "nickname", "preferred_username"];

/// The names of a person, and of the provider that has their account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnWords {
    /// As they were given: an estimate of guesses reads them.
    texts: Vec<String>,
    /// Their words in the form in which they are compared.
    words: Vec<Vec<char>>,
}

impl Default for OwnWords {
    /// The word that every provider has in common.
    fn default() -> Self {
        Self { texts: Vec::new(), words: Vec::new() }.and("latchkey")
    }
}

impl OwnWords {
    /// Those of this provider: its host and the name of its operator.
    pub fn of_provider(app: &App) -> Self {
        let issuer = &app.config.issuer;
        Self::default().and_host(issuer.domain().unwrap_or_default()).and(&app.site.get().operator_name)
    }

    /// Those of a user, and of this provider.
    pub async fn of_user(app: &App, user: &Id) -> db::Result<Self> {
        let found = user::find_with_identifiers(&mut *app.db.read().await?, user).await?;
        let own = Self::of_provider(app);
        Ok(match found {
            Some((user, identifiers)) => own.and_person(&user.profile, &identifiers),
            None => own,
        })
    }

    /// These, and a person's.
    #[must_use]
    pub fn and_person(self, profile: &Map<String, Value>, identifiers: &[Identifier]) -> Self {
        let names = NAMES.iter().filter_map(|claim| profile.get(*claim)?.as_str());
        names.chain(identifiers.iter().map(|identifier| identifier.as_written.as_str())).fold(self, Self::and)
    }

    /// These, and the words of a text: a name, or an email address.
    #[must_use]
    pub fn and(self, text: &str) -> Self {
        match text.rsplit_once('@') {
            Some((local, host)) => self.and_words(local).and_host(host).and_word(&shortened(text)).and_text(text),
            None => self.and_words(text).and_text(text),
        }
    }

    /// These, a host, and its labels without the last one, which is no name.
    fn and_host(self, host: &str) -> Self {
        self.and_words(host.rsplit_once('.').map_or(host, |(labels, _)| labels)).and_word(&shortened(host))
    }

    fn and_text(mut self, text: &str) -> Self {
        let text: String = text.chars().take(LONGEST).collect();
        if !text.is_empty() && !self.texts.contains(&text) {
            self.texts.push(text);
        }
        self
    }

    fn and_words(self, text: &str) -> Self {
        let text = shortened(text);
        let parts = text.split(|c: char| !c.is_alphanumeric());
        let whole: String = text.chars().filter(|c| c.is_alphanumeric()).collect();
        parts.chain([whole.as_str()]).fold(self, Self::and_word)
    }

    fn and_word(mut self, word: &str) -> Self {
        // Two letters are in every other password; two signs of a script with thousands are a name.
        let shortest = if word.is_ascii() { 3 } else { 2 };
        let word: Vec<char> = word.chars().collect();
        if word.len() >= shortest && !self.words.contains(&word) {
            self.words.push(word);
        }
        self
    }

    /// The texts and their words, for an estimate of guesses.
    pub fn hints(&self) -> Vec<String> {
        self.texts.iter().cloned().chain(self.words.iter().map(|word| word.iter().collect())).collect()
    }

    /// Whether a password is made of these words: it has one of them, forwards or backwards, perhaps with digits for
    /// letters, and little beside them.
    pub fn make_up(&self, password: &str) -> bool {
        let typed: Vec<char> = folded(password).collect();
        let read: Vec<char> = typed.iter().map(|c| letter_for(*c)).collect();
        let mut covered = vec![false; typed.len()];
        for word in &self.words {
            let backwards: Vec<char> = word.iter().rev().copied().collect();
            for (start, place) in (0..typed.len()).map(|start| (start, start..start + word.len())) {
                let is_here = |text: &[char]| text[start..].starts_with(word) || text[start..].starts_with(&backwards);
                if is_here(&typed) || is_here(&read) {
                    covered[place].fill(true);
                }
            }
        }
        covered.contains(&true) && is_little(typed.iter().zip(covered).filter_map(|(c, own)| (!own).then_some(*c)))
    }
}

/// A text in the form in which words are compared: without the case, and without accents.
fn folded(text: &str) -> impl Iterator<Item = char> {
    text.nfkd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase)
}

/// The same for a name.
fn shortened(text: &str) -> String {
    folded(text).take(LONGEST).collect()
}

/// The letter that people write as this digit or sign.
pub(super) fn letter_for(c: char) -> char {
    match c {
        '0' => 'o',
        '1' | '!' => 'i',
        '3' => 'e',
        '4' | '@' => 'a',
        '5' | '$' => 's',
        '7' => 't',
        c => c,
    }
}

/// Whether what stands beside the words is too little to be a password. A sign counts once, however often it comes, and
/// the first three not at all: they part words and end passwords.
fn is_little(rest: impl Iterator<Item = char>) -> bool {
    let (mut letters, mut digits, mut signs) = (0, 0, Vec::new());
    for c in rest.filter(|c| !c.is_whitespace()) {
        match c {
            c if c.is_numeric() => digits += 1,
            c if c.is_alphanumeric() => letters += 1,
            c if !signs.contains(&c) => signs.push(c),
            _ => {}
        }
    }
    let others = letters + signs.len().saturating_sub(SIGNS_BESIDE);
    others + digits < FEWEST_BESIDE || (others <= 1 && digits <= DIGITS_BESIDE)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words() -> OwnWords {
        let name = Map::from_iter([("name".to_owned(), Value::from("Zoë Ångström"))]);
        let words = OwnWords::default().and("alice.liddell@mail.wonder.example").and("Crane Books");
        words.and("Чебурашка").and("王明").and_person(&name, &[])
    }

    #[test]
    fn a_password_made_of_own_words_is_found_in_every_disguise() {
        for password in [
            "alice.liddell@mail.wonder.example",
            "mail.wonder.example.1",
            "AliceLiddell",
            "alice liddell 2024!",
            "liddell-alice-1865",
            "alice.liddell2024!",
            "wonderwonderwonder",
            "lleddilecila",
            "l1dd3ll@l1c3",
            "!!!!!!alice!!!!!!",
            "Latchkey04051999",
            "crane-books-crane",
            "cranebooks12345",
            "zoeangstrom!",
            "ZOE\u{308} A\u{30a}NGSTRÖM",
            "чебурашка2024",
            "ａｌｉｃｅ２０２４",
            "王明王明1234",
        ] {
            assert!(words().make_up(password), "{password}");
        }
    }

    #[test]
    fn a_password_that_only_mentions_them_is_none() {
        for password in [
            "five tame herons drift",
            "alice paints tall barns",
            "my crane eats books and rust",
            "latchkey of the old mill",
            "example com wanderer",
            "alice#$%^&*()_+",
            "",
        ] {
            assert!(!words().make_up(password), "{password}");
        }
    }

    #[test]
    fn a_long_name_costs_no_more_than_a_short_one() {
        let long = OwnWords::default().and(&"x".repeat(60_000));
        assert!(long.hints().iter().all(|text| text.len() <= LONGEST));
    }
}
