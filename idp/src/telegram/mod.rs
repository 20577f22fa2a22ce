//! Telegram's Bot API: the few methods that are needed to write to people and to hear from them. <https://core.telegram.org/bots/api>

pub mod api;
pub mod update;
