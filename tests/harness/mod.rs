//! Who plays in the tests: an app with a clock of its own, browsers with cookie jars, relying parties.

mod alone;
mod app;
mod authenticator;
mod bot_api;
mod browser;
mod database;
mod http;
mod inbox;
mod log;
mod passkey;
mod process;
mod relying_party;
mod servers;
mod telegram;
mod trap;
mod upstream;
mod well_known;

pub use alone::{Alone, DISPLACED, OPEN, REFUSED, SILENT, UNREAD, peak, processor};
pub use app::{PASSWORD, TestApp, made_up, minutes, seconds, sender};
pub use authenticator::Authenticator;
pub use bot_api::{BotApi, Person, Said, TOKEN as BOT_TOKEN, number_on, poll};
pub use browser::{Authorize, Browser, Form, Page};
pub use database::{as_by_default, empty_config, server};
pub use database::{left_out, server_or_left_out};
pub use http::{Reply, form_encode};
pub use inbox::{code_in, link_in};
pub use log::{keep_log, kept_log};
pub use passkey::{BACKED_UP, CeremonyForm, ELIGIBLE, PRESENT, Passkey, VERIFIED, base64url, from_base64url};
pub use process::{Answer, Process, answer, answer_to, binary, free_port, latchkey, refused, run};
pub use relying_party::{RelyingParty, Tokens, pkce};
pub use servers::{PostgresServer, RedisServer, SmtpServer, Speaks, postgres_client};
pub use telegram::{BOT_TOKEN as TELEGRAM_TOKEN, MINI_APP_GRANT, Telegram, ann, bot};
pub use trap::Trap;
pub use upstream::{Behaviour, Double, Signed, Upstream};
pub use well_known::{CLIENT, SECRET, WellKnown, apple_key, basic, opened};
