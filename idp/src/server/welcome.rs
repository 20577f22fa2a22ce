//! The messages of a server on standard output: text for people, or JSON if the log is JSON, since log collectors read
//! each line.

use std::time::Duration;

use serde_json::{Value, json};

use crate::account::password_link::FirstLink;
use crate::app::App;
use crate::commands::Output;
use crate::config::LogFormat;

/// The final output of a server, as one line in the format of its log.
pub(super) fn line(format: LogFormat, text: &str, data: &Value) -> Output {
    match format {
        LogFormat::Text => Output::new(text, data),
        LogFormat::Json => Output { text: data.to_string(), json: data.clone() },
    }
}

/// Announces that the server is ready, and the link that sets the first password.
pub(super) fn tell(app: &App, took: Duration, first: Option<&FirstLink>) {
    match app.config.log.format {
        LogFormat::Json => println!("{}", object(app, took, first)),
        LogFormat::Text => print!("{}", words(app, took, first)),
    }
}

fn object(app: &App, took: Duration, first: Option<&FirstLink>) -> Value {
    let took = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
    let mut object = json!({ "message": "serving", "issuer": app.issuer(), "started_in_ms": took });
    match first {
        Some(FirstLink::Made(link)) => object["first_password_link"] = link.as_str().into(),
        Some(FirstLink::MadeBefore(until)) => object["first_password_link_until"] = until.to_string().into(),
        None => {}
    }
    object
}

/// The program as it was called, if that was by its path, so that what is printed can be typed.
fn program() -> String {
    let called = std::env::args().next().filter(|called| called.contains('/') && !called.contains(char::is_whitespace));
    called.unwrap_or_else(|| "latchkey".to_owned())
}

fn words(app: &App, took: Duration, first: Option<&FirstLink>) -> String {
    let latchkey = program();
    let mut words = format!("Latchkey serves {} (started in {} ms)\n", app.issuer(), took.as_millis());
    if !app.config.issuer.is_https() {
        words += "Plain http, for this machine only: cookies are set without Secure and without the __Host- prefix.\n";
    }
    match first {
        Some(FirstLink::Made(link)) => {
            words +=
                "\nNo administrator can sign in yet. Set the password of the user \"admin\" (once, within an hour):\n";
            words += &format!("  {link}\n");
        }
        // Another replica, or an earlier start, has printed it.
        Some(FirstLink::MadeBefore(until)) => {
            words += "\nNo administrator can sign in yet. The link for the user \"admin\" was printed before and works until ";
            words += &format!("{until}. For another one:\n  {latchkey} user set-password admin\n");
        }
        None => {}
    }
    if first.is_some() {
        words += &format!(
            "\nAdd an application, and people:\n  \
             {latchkey} client add --kind web --redirect-uri https://app.example.com/callback\n  \
             {latchkey} user add --email alice@example.com\n"
        );
    }
    words + &format!("\nDiscovery: {}\n", app.config.issuer.url("/.well-known/openid-configuration"))
}
