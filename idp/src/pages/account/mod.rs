//! The account pages: one file per section.

pub mod applications;
pub mod password;
pub mod profile;
pub mod sessions;
pub mod switch;

use crate::base::clock::Timestamp;

/// A time as these pages show it: to the minute, in UTC.
pub fn moment(time: Timestamp) -> String {
    let text = time.to_string();
    let (day, rest) = text.split_once('T').unwrap_or((&text, ""));
    format!("{day} {} UTC", rest.get(..5).unwrap_or_default())
}
