//! A letter as it goes over the wire: RFC 5322, with a text and an HTML part.

use std::time::{Duration, UNIX_EPOCH};

use lettre::Message as Lettre;
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{MultiPart, SinglePart};

use super::mailbox::Mailbox;
use crate::base::clock::Timestamp;
use crate::base::encoding::sha256_text;

/// A letter, ready to be sent.
#[derive(Clone, Debug)]
pub struct Message {
    /// The recipient.
    pub to: Mailbox,
    /// What is above it.
    pub subject: String,
    /// What it says, as text.
    pub text: String,
    /// The same as HTML.
    pub html: String,
    /// Names it: a second copy has the same, so that programs for mail show one.
    pub id: String,
    /// When it was written.
    pub written_at: Timestamp,
    /// The tag of its language.
    pub language: String,
}

impl Message {
    /// The bytes of the letter with all its headers; `None` if there is no such letter.
    pub(super) fn formatted(&self, from: &Mailbox) -> Option<Vec<u8>> {
        let micros = u64::try_from(self.written_at.micros()).unwrap_or_default();
        let id: String = sha256_text(self.id.as_bytes()).chars().take(32).collect();
        let header =
            |name: &'static str, value: &str| HeaderValue::new(HeaderName::new_from_ascii_str(name), one_line(value));
        let message = Lettre::builder()
            .from(from.lettre())
            .to(self.to.lettre())
            .subject(one_line(&self.subject))
            .date(UNIX_EPOCH + Duration::from_micros(micros))
            .message_id(Some(format!("<{id}@{}>", from.domain())))
            .raw_header(header("Content-Language", &self.language))
            // No robot answers, and none is told that somebody is on holiday: RFC 3834 §5.
            .raw_header(header("Auto-Submitted", "auto-generated"))
            .raw_header(header("X-Auto-Response-Suppress", "All"));
        let parts = MultiPart::alternative()
            .singlepart(SinglePart::plain(self.text.clone()))
            .singlepart(SinglePart::html(self.html.clone()));
        Some(message.multipart(parts).ok()?.formatted())
    }
}

/// A text as the value of a header: whatever could begin another line is a space.
fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn i4_nothing_in_a_letter_makes_a_header_or_a_recipient() {
        let hostile = "Hello\r\nBcc: eve@evil.example\r\n\r\n.\r\nMAIL FROM:<eve@evil.example>\u{2028}x";
        let message = Message {
            to: Mailbox::of_address("alice@example.com").unwrap(),
            subject: hostile.to_owned(),
            text: hostile.to_owned(),
            html: hostile.to_owned(),
            id: hostile.to_owned(),
            written_at: Timestamp::from_seconds(1_767_225_600),
            language: "en\r\nBcc: eve@evil.example".to_owned(),
        };
        let from = Mailbox::parse("Northwind <id@northwind.example>").unwrap();
        let bytes = message.formatted(&from).unwrap();
        let text = String::from_utf8(bytes.clone()).unwrap();
        let head = text.split("\r\n\r\n").next().unwrap();
        // A line that begins with a space continues the header before it.
        let headers: Vec<&str> = head
            .split("\r\n")
            .filter(|line| !line.starts_with([' ', '\t']))
            .map(|line| line.split(':').next().unwrap())
            .collect();
        assert!(headers.contains(&"Subject") && headers.contains(&"Message-ID"), "{headers:?}");
        assert!(!headers.iter().any(|name| name.eq_ignore_ascii_case("bcc")), "{head}");
        assert!(bytes.is_ascii(), "every server takes it");
        assert_eq!(message.formatted(&from).unwrap().len(), bytes.len());
        let id = |text: &str| text.split("Message-ID: ").nth(1).unwrap().split("\r\n").next().unwrap().to_owned();
        let again = String::from_utf8(message.formatted(&from).unwrap()).unwrap();
        assert_eq!(id(&text), id(&again), "a second copy is known as such");
    }
}
