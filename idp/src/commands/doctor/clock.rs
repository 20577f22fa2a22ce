//! Whether this machine's clock agrees with those around it: the database's, Redis's and the file system's.

use std::time::Duration;

use crate::app::App;
use crate::base::clock::{Clock, Timestamp};
use crate::base::encoding::base64url;
use crate::base::random::Random;
use crate::commands::finding::Finding;
use crate::config::Config;
use crate::store::condition;
use crate::store::ephemeral::Examined;

/// How far clocks may be apart: tokens are judged to the second.
const NEAR: Duration = Duration::from_secs(1);

/// From where on people and applications are refused.
const FAR: Duration = Duration::from_secs(5);

/// Compares the clocks.
pub(super) async fn agrees(config: &Config, app: Option<&App>, redis: Option<&mut Examined>) -> Vec<Finding> {
    let mut found = Vec::new();
    if let Some(app) = app {
        let before = Clock::System.now();
        if let Ok(Some(there)) = condition::time(&app.db).await {
            found.push(compared("database", there, before, Clock::System.now()));
        }
    }
    if let Some(redis) = redis {
        let before = Clock::System.now();
        if let Some(there) = redis.time().await {
            found.push(compared("Redis", there, before, Clock::System.now()));
        }
    }
    let before = Clock::System.now();
    if let Some(there) = time_of_files(config) {
        // Linux gives files the time of the last tick.
        found.push(compared("file system", there, before - Duration::from_millis(20), Clock::System.now()));
    }
    found
}

/// The time that a new file in the data folder gets.
fn time_of_files(config: &Config) -> Option<Timestamp> {
    let path = config.data_dir.join(format!(".latchkey-doctor-{}", base64url(&Random::System.bytes::<6>())));
    let made = std::fs::File::options().write(true).create_new(true).open(&path).ok()?;
    let time = made.metadata().and_then(|data| data.modified());
    let _ = std::fs::remove_file(&path);
    time.ok().map(Timestamp::from)
}

/// Compares a clock that was asked between two moments.
fn compared(whose: &str, there: Timestamp, before: Timestamp, after: Timestamp) -> Finding {
    let (ahead, behind) = (there.since(after), before.since(there));
    let apart = ahead.max(behind);
    let direction = if ahead > behind { "ahead of" } else { "behind" };
    let what = format!("the {whose}'s clock is {:.1} s {direction} this machine's", apart.as_secs_f64());
    let finding = match apart {
        _ if apart < NEAR => return Finding::ok("clock", format!("the {whose}'s clock agrees with this machine's")),
        _ if apart < FAR => Finding::advice("clock", what),
        _ => Finding::problem("clock", what),
    };
    finding
        .so("Tokens are judged to the second: a new token may not be valid yet for others, and some end too early or too late.")
        .fix("Keep all clocks by NTP (timedatectl set-ntp true).")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::finding::Level;

    #[test]
    fn clocks_are_apart_by_what_the_question_does_not_explain() {
        let at = |millis: i64| Timestamp::from_micros(millis * 1_000);
        for (there, level) in [
            (100, Level::Ok),
            (-800, Level::Ok),
            (1_500, Level::Ok),
            (3_000, Level::Advice),
            (-4_000, Level::Advice),
            (7_000, Level::Problem),
            (-9_000, Level::Problem),
        ] {
            // The answer took a second: the clock there was read at any moment in it.
            let finding = compared("database", at(there), at(0), at(1_000));
            assert_eq!(finding.level, level, "{there}: {}", finding.what);
        }
        assert!(compared("database", at(7_000), at(0), at(0)).what.contains("7.0 s ahead of"));
        assert!(compared("database", at(-7_000), at(0), at(0)).what.contains("7.0 s behind"));
    }
}
