//! Sends what is in the outbox. Every process does so; each try of a letter belongs to one of them.

use std::time::Duration;

use tokio::task::JoinSet;

use crate::app::App;
use crate::base::clock::{SKEW, Timestamp};
use crate::base::id::Id;
use crate::letters::word;
use crate::mail::failure::{Failure, HAS_IT};
use crate::mail::mailbox::Mailbox;
use crate::mail::message::Message;
use crate::oidc::difference::shown;
use crate::store::db::Result;
use crate::store::people::outbox::{self, Claim, Note, Outcome, Waiting};
use crate::store::people::user::{self, User};

use super::content::{Content, Letter};
use super::kind::Kind;
use super::written::{Facts, Secrets};

/// How many letters are sent at once.
const AT_ONCE: i64 = 8;

/// How long a letter waits before its next try: after the first failure, the second, and so on; after those always the last.
const WAITS: [u64; 8] = [15, 30, 60, 2 * 60, 5 * 60, 10 * 60, 20 * 60, 40 * 60];

/// How long a letter is tried again at a server that closes the connection before its answer. It is most likely being restarted, and has
/// taken nothing before it says so (RFC 5321 §4.2.5); but one that always does this would get a copy at each try.
const RESTARTS: Duration = Duration::from_secs(10 * 60);

/// How long a letter of a kind that this release does not know is left to others.
const UNKNOWN: Duration = Duration::from_secs(60);

/// Sends the letters that are due, until there are none; returns how many tries there were.
pub async fn deliver(app: &App) -> Result<u64> {
    let (mut tries, mut sending) = (0, JoinSet::new());
    loop {
        // One that a mail server keeps waiting does not keep those that could be sent beside it.
        let free = AT_ONCE - i64::try_from(sending.len()).unwrap_or(AT_ONCE);
        // A process that was told to stop leaves the others to the next one.
        let may_begin = app.mailer.is_on() && !app.stop.told.is_cancelled();
        let letters = if may_begin { claim(app, free).await? } else { Vec::new() };
        tries += letters.len() as u64;
        for (letter, claim) in letters {
            // A task of its own, and tracked, so that a process that stops ends what it has begun.
            sending.spawn(app.requests.spawn(attempt(app.clone(), letter, claim)));
        }
        match sending.join_next().await {
            None => break,
            Some(Ok(Ok(noted))) => noted?,
            // A task that has stopped leaves its letter to the next try.
            Some(_) => {}
        }
    }
    let (waiting, dead) = outbox::counts(&mut *app.db.read().await?).await?;
    app.metrics.outbox(waiting, dead);
    Ok(tries)
}

/// Claims letters that are due, each with the claim under which its outcome is noted.
async fn claim(app: &App, limit: i64) -> Result<Vec<(Waiting, String)>> {
    if limit == 0 || !outbox::is_due(&mut *app.db.read().await?, app.now()).await? {
        return Ok(Vec::new());
    }
    let claim = app.random.name::<16>();
    // Nobody else may begin while this process can still be sending, whatever their clock says.
    let longest = app.mailer.longest() + SKEW;
    let letters = app.db.write_one(Claim { claim: claim.clone(), limit, longest }).await?;
    Ok(letters.into_iter().map(|letter| (letter, claim.clone())).collect())
}

/// Tries to send a letter, and notes the outcome.
async fn attempt(app: App, letter: Waiting, claim: String) -> Result<()> {
    let Tried { outcome, may_have_it } = send(&app, &letter).await?;
    let perhaps_taken_at = perhaps_taken_at(&letter).or_else(|| may_have_it.then(|| app.now()));
    let note = Note { letter: letter.id.clone(), claim, perhaps_taken_at, outcome: outcome.clone() };
    let noted = app.db.write_one(note).await?;
    let (kind, tries) = (letter.kind.as_str(), letter.tries);
    match outcome {
        // Somebody has discarded it, or another one took its place, while it was sent.
        _ if !noted => {}
        Outcome::Done => app.metrics.letter("sent"),
        Outcome::Again(_, why) => {
            app.metrics.letter("failed");
            tracing::warn!(kind, tries, why = shown(&why), "a letter was not taken, and is tried again");
        }
        Outcome::Dead(why) => {
            app.metrics.letter("dead");
            tracing::error!(kind, tries, why = shown(&why), "a letter was given up: see latchkey mail outbox");
        }
        Outcome::Expired(why) => {
            app.metrics.letter("expired");
            tracing::error!(kind, tries, why = shown(&why), "a letter was not taken before its link or code expired");
        }
        Outcome::Left(_) => {}
    }
    Ok(())
}

/// When a mail server had a letter and did not say whether it took it. The release before says so in its reason alone.
fn perhaps_taken_at(letter: &Waiting) -> Option<Timestamp> {
    let of_release_before = || letter.last_error.as_deref().is_some_and(|last| last.contains(HAS_IT));
    letter.perhaps_taken_at.or_else(|| of_release_before().then_some(letter.created_at))
}

/// What became of a try.
struct Tried {
    outcome: Outcome,
    /// Whether a mail server has the letter and did not say whether it took it.
    may_have_it: bool,
}

impl From<Outcome> for Tried {
    fn from(outcome: Outcome) -> Self {
        Self { outcome, may_have_it: false }
    }
}

async fn send(app: &App, letter: &Waiting) -> Result<Tried> {
    let now = app.now();
    let Some(kind) = Kind::from_name(&letter.kind) else { return Ok(Outcome::Left(now + UNKNOWN).into()) };
    if letter.expires_at <= now {
        let last = letter.last_error.clone().unwrap_or_else(|| "it was not tried in time".to_owned());
        return Ok(Outcome::Expired(last).into());
    }
    let message = match message(app, kind, letter).await? {
        Ok(message) => message,
        Err(why) => return Ok(Outcome::Dead(why).into()),
    };
    // A server that may have it is not asked again while there is another one.
    let left_open = perhaps_taken_at(letter);
    let first = usize::try_from(letter.first_server).unwrap_or_default() + usize::from(left_open.is_some());
    Ok(match app.mailer.send(&message, first, now, &app.stop).await {
        Ok(server) => {
            tracing::info!(kind = kind.as_str(), server, tries = letter.tries, "a letter was sent");
            Outcome::Done.into()
        }
        Err(failures) => {
            let why = failures.iter().map(Failure::to_string).collect::<Vec<_>>().join("; ");
            let refused = !failures.is_empty() && failures.iter().all(Failure::is_of_the_address);
            let may_have_it = failures.iter().any(|failure| failure.may_have_it);
            // It may have arrived twice by now.
            let perhaps_twice =
                left_open.is_some_and(|since| may_have_it && !(hangs_up(&failures) && now < since + RESTARTS));
            let outcome = match next_wait(letter.tries, app.config.mail.give_up) {
                // Nobody has it: the next process sends it as if it had not been tried.
                _ if !may_have_it && failures.iter().any(|failure| failure.is_stopped) => Outcome::Left(app.now()),
                Some(wait) if !refused && !perhaps_twice => Outcome::Again(app.now() + wait, why),
                _ => Outcome::Dead(why),
            };
            Tried { outcome, may_have_it }
        }
    })
}

/// Whether a server closes the connection instead of saying whether it took the letter.
fn hangs_up(failures: &[Failure]) -> bool {
    failures.iter().any(|failure| failure.may_have_it && !failure.is_silent && !failure.is_stopped)
}

/// How long to wait after so many tries; `None` once the tries have lasted this long.
fn next_wait(tries: i64, give_up: Duration) -> Option<Duration> {
    let wait = |number: usize| WAITS.get(number).or(WAITS.last()).copied().unwrap_or_default();
    let tries = usize::try_from(tries).unwrap_or_default().max(1);
    let waited: u64 = (0..tries).map(wait).sum();
    (Duration::from_secs(waited) <= give_up).then(|| Duration::from_secs(wait(tries - 1)))
}

/// The letter in words; the error says why it cannot be written.
async fn message(app: &App, kind: Kind, letter: &Waiting) -> Result<std::result::Result<Message, String>> {
    let site = app.site.get();
    let reader = match &letter.user_id {
        Some(id) => user::find(&mut *app.db.read().await?, id).await?,
        None => None,
    };
    let own = reader.as_ref().and_then(User::locale);
    let language = site.language_of([letter.language.as_deref(), own].into_iter().flatten());
    let data = serde_json::Value::Object(letter.data.clone());
    let Ok(facts) = serde_json::from_value::<Facts>(data) else {
        return Ok(Err("what it says cannot be read".to_owned()));
    };
    let Some(secrets) = Secrets::open(&app.vault, &letter.id, letter.sealed.as_deref()) else {
        return Ok(Err("what is sealed in it cannot be opened".to_owned()));
    };
    let Some(to) = Mailbox::of_address(&letter.recipient) else {
        return Ok(Err("its address is none that a mail server can take".to_owned()));
    };
    // Not to an address that somebody has merely typed: its reader would learn the word.
    let word = match &letter.user_id {
        _ if secrets.word.is_some() => secrets.word.as_ref().map(|word| word.expose().to_owned()),
        Some(user) if is_proven(app, user, &letter.recipient).await? => word::of(app, user).await?,
        _ => None,
    };
    let words = Letter { kind, recipient: &letter.recipient, facts: &facts, secrets: &secrets, word: word.as_deref() };
    let content = Content::new(&site, &app.config.issuer, &language, &words);
    let (Ok(text), Ok(html)) = (content.plain(), content.html()) else {
        return Ok(Err("it cannot be rendered".to_owned()));
    };
    Ok(Ok(Message {
        to,
        subject: content.subject,
        text,
        html,
        id: letter.id.to_string(),
        written_at: letter.created_at,
        language: language.tag().to_owned(),
    }))
}

/// Whether an address is a verified one of a user.
async fn is_proven(app: &App, user: &Id, address: &str) -> Result<bool> {
    let own = user::identifiers(&mut *app.db.read().await?, user).await?;
    Ok(own.iter().any(|it| it.as_written == address && it.verified_at.is_some()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_waits_grow_and_end() {
        let (mut tries, mut waited) = (1, Duration::ZERO);
        let a_day = Duration::from_secs(24 * 60 * 60);
        while let Some(wait) = next_wait(tries, a_day) {
            assert!(wait >= Duration::from_secs(15) && wait <= Duration::from_secs(40 * 60));
            waited += wait;
            tries += 1;
        }
        assert!(waited <= a_day && waited > a_day - Duration::from_secs(40 * 60), "{waited:?} after {tries} tries");
        assert_eq!(next_wait(1, Duration::from_secs(10)), None);
    }
}
