//! Who reads letters: what was written to an address, as its owner gets it.

use latchkey::letters::delivery::deliver;
use latchkey::mail::message::Message;

use super::app::TestApp;

impl TestApp {
    /// The letters to an address, oldest first: all that wait are sent before. Several are sent at once and arrive in any order, so
    /// of those that arrived since the last look the order is by their time, subject and text.
    pub async fn letters_to(&self, address: &str) -> Vec<Message> {
        self.settled().await;
        deliver(&self.app).await.unwrap();
        let tray = self.tray.as_ref().expect("a provider that sends letters");
        let mut seen = self.seen.lock().unwrap();
        let mut arrived = tray.letters();
        arrived.retain(|letter| seen.iter().all(|before| before.id != letter.id));
        arrived.sort_by_key(|letter| (letter.written_at, letter.subject.clone(), letter.text.clone()));
        seen.extend(arrived);
        seen.iter().filter(|letter| letter.to.to_string() == address).cloned().collect()
    }

    /// The newest letter to an address.
    pub async fn letter_to(&self, address: &str) -> Message {
        self.letters_to(address).await.pop().unwrap_or_else(|| panic!("no letter to {address}"))
    }

    /// Waits for what goes on after its answer.
    pub async fn settled(&self) {
        while !self.app.requests.is_empty() {
            tokio::task::yield_now().await;
        }
    }
}

/// The link in a letter.
#[track_caller]
pub fn link_in(letter: &Message) -> String {
    let found = letter.text.split_whitespace().find(|word| word.contains("?token="));
    found.unwrap_or_else(|| panic!("no link in {}", letter.text)).to_owned()
}

/// The code in a letter.
#[track_caller]
pub fn code_in(letter: &Message) -> String {
    let is_code = |line: &&str| line.trim().len() == 6 && line.trim().bytes().all(|byte| byte.is_ascii_digit());
    let found = letter.text.lines().find(is_code);
    found.unwrap_or_else(|| panic!("no code in {}", letter.text)).trim().to_owned()
}
