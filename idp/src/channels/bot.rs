//! What our bot at Telegram says to whoever writes to it or presses one of its buttons.

use std::sync::Arc;
use std::time::Duration;

use fluent_bundle::FluentValue;

use crate::app::App;
use crate::base::clock::minutes_up;
use crate::base::id::Id;
use crate::base::language::Language;
use crate::channels::answer::{Answer, Answered};
use crate::channels::approval;
use crate::channels::bind::Bound;
use crate::channels::deep_link::{self, Opened};
use crate::channels::person::{self, Registered};
use crate::channels::sender::Sender;
use crate::channels::{code, question, ticket};
use crate::config::{ChannelKind, DeclaredChannel};
use crate::login::Error;
use crate::site::Site;
use crate::store::ephemeral::Rate;
use crate::store::people::channel_binding::{self, ChannelBinding};
use crate::store::people::user;
use crate::telegram::api::{Button, Buttons, Does};
use crate::telegram::update::{CallbackQuery, Message, Update, User};

/// How often a sender is answered.
const ANSWERS: Rate = Rate { burst: 20, period: Duration::from_secs(3) };

/// Something that the bot does in a chat.
#[derive(Clone, Debug)]
pub struct Say {
    /// The chat, which is private.
    pub chat: i64,
    /// What it does there.
    pub what: What,
}

/// What the bot does in a chat.
#[derive(Clone, Debug)]
pub enum What {
    /// It writes.
    Write(String, Buttons),
    /// It puts another text in the place of a message.
    Edit(i64, String),
    /// It takes note of a button.
    Note(String),
}

/// The language in which somebody is spoken to.
struct Tongue {
    site: Arc<Site>,
    language: Language,
}

impl Tongue {
    fn of(app: &App, tag: Option<&str>) -> Self {
        let site = app.site.get();
        let language = site.language_of(tag);
        Self { site, language }
    }

    /// A text, in which the operator is named.
    fn say(&self, key: &str) -> String {
        self.say_with(key, &[])
    }

    fn say_with(&self, key: &str, values: &[(&str, &str)]) -> String {
        let operator = ("operator", FluentValue::from(self.site.operator_name.as_str()));
        let values = values.iter().map(|(name, value)| (*name, FluentValue::from(*value)));
        let values: Vec<_> = std::iter::once(operator).chain(values).collect();
        self.site.messages.text_with(&self.language, key, &values)
    }

    fn button(&self, key: &str, data: String) -> Button {
        Button { text: self.say(key), does: Does::Tells(data) }
    }
}

/// What the bot does about an update. Groups, channels and other bots get no answer.
pub async fn hear(app: &App, channel: &DeclaredChannel, update: &Update) -> Result<Vec<Say>, Error> {
    if let Some(message) = &update.message {
        return hear_message(app, channel, message).await;
    }
    match &update.callback_query {
        Some(query) => hear_button(app, channel, query).await,
        None => Ok(Vec::new()),
    }
}

/// Who has written, if it is a person who is not too loud.
async fn heard(app: &App, channel: &DeclaredChannel, user: &User) -> Option<(i64, Sender, Tongue)> {
    let person = user.person()?;
    let sender = Sender::parse(ChannelKind::Telegram, &person.to_string(), Some(&user.shown()))?;
    let bucket = format!("channel-heard:{}:{person}", channel.name);
    app.ephemeral.limit(&bucket, ANSWERS).await.ok()?;
    Some((person, sender, Tongue::of(app, user.language_code.as_deref())))
}

async fn hear_message(app: &App, channel: &DeclaredChannel, message: &Message) -> Result<Vec<Say>, Error> {
    let Some(from) = message.from.as_ref().filter(|from| message.is_private_of(from.id)) else {
        return Ok(Vec::new());
    };
    let Some((chat, sender, tongue)) = heard(app, channel, from).await else { return Ok(Vec::new()) };
    let mut words = message.text.as_deref().unwrap_or_default().split_whitespace();
    // In some programs, a command names the bot: `/link@northwind_bot`.
    let command = words.next().unwrap_or_default().split('@').next().unwrap_or_default();
    let (text, buttons) = match (command, words.next()) {
        ("/start", Some(payload)) => opened(&tongue, deep_link::open(app, channel, payload, &sender).await?),
        ("/link", _) => link(app, channel, &sender, &tongue).await?,
        ("/login", _) => login(app, channel, &sender, &tongue).await?,
        ("/register", _) => register(app, channel, &sender, (&tongue, from.language_code.as_deref())).await?,
        _ => (help(app, channel, &tongue), Buttons::default()),
    };
    Ok(vec![Say { chat, what: What::Write(text, buttons) }])
}

/// What the bot can do.
fn help(app: &App, channel: &DeclaredChannel, tongue: &Tongue) -> String {
    let mut lines = vec![tongue.say("bot-hello"), tongue.say("bot-help-link"), tongue.say("bot-help-login")];
    if person::is_offered(app, channel) {
        lines.push(tongue.say("bot-help-register"));
    }
    lines.join("\n")
}

type Said = (String, Buttons);

fn alone(text: String) -> Said {
    (text, Buttons::default())
}

/// What somebody is asked, or told, who has come by a link.
fn opened(tongue: &Tongue, opened: Opened) -> Said {
    match opened {
        Opened::Bind(question) => {
            let text = tongue.say_with("bot-bind-ask", &[("account", &question.account)]);
            let button = |key, says: &str| tongue.button(key, format!("b:{}:{says}", question.name));
            (text, Buttons(vec![vec![button("bot-yes", "y"), button("bot-no", "n")]]))
        }
        Opened::SignIn(question) => sign_in(tongue, &question),
        Opened::NotBound => alone(tongue.say("bot-not-bound")),
        Opened::Nothing => alone(tongue.say("bot-over")),
    }
}

/// The question whether a sign-in is approved, with the numbers.
fn sign_in(tongue: &Tongue, question: &approval::Question) -> Said {
    let place: Vec<_> = [question.browser, question.system, Some(&*question.address)].into_iter().flatten().collect();
    let text = tongue.say_with("bot-sign-in-ask", &[("place", &place.join(", "))]);
    let number =
        |number: &u8| Button { text: number.to_string(), does: Does::Tells(format!("a:{}:{number}", question.name)) };
    let not_me = tongue.button("bot-sign-in-not-me", format!("a:{}:n", question.name));
    (text, Buttons(vec![question.numbers.iter().map(number).collect(), vec![not_me]]))
}

async fn link(app: &App, channel: &DeclaredChannel, sender: &Sender, tongue: &Tongue) -> Result<Said, Error> {
    Ok(match code::begin(app, channel, sender).await? {
        Ok(begun) => {
            let open = Button { text: tongue.say("bot-code-open"), does: Does::Opens(begun.url) };
            (tongue.say_with("bot-code", &[("code", &begun.code)]), Buttons(vec![vec![open]]))
        }
        Err(wait) => alone(tongue.say_with("bot-too-many", &[("minutes", &minutes_up(wait).to_string())])),
    })
}

async fn login(app: &App, channel: &DeclaredChannel, sender: &Sender, tongue: &Tongue) -> Result<Said, Error> {
    Ok(match ticket::begin(app, channel, sender).await? {
        Some(url) => {
            let open = Button { text: tongue.say("bot-login-open"), does: Does::Opens(url) };
            (tongue.say("bot-login"), Buttons(vec![vec![open]]))
        }
        None => alone(tongue.say("bot-not-bound")),
    })
}

async fn register(
    app: &App,
    channel: &DeclaredChannel,
    sender: &Sender,
    (tongue, language): (&Tongue, Option<&str>),
) -> Result<Said, Error> {
    Ok(alone(tongue.say(match person::register(app, channel, sender, language).await? {
        Registered::Here { is_new: true, .. } => "bot-registered",
        Registered::Here { is_new: false, .. } => "bot-registered-before",
        Registered::Known => "bot-register-known",
        Registered::Closed => "bot-register-closed",
    })))
}

/// Takes note of a button. Whoever has pressed it counts, and not what their program says.
async fn hear_button(app: &App, channel: &DeclaredChannel, query: &CallbackQuery) -> Result<Vec<Say>, Error> {
    let Some((chat, sender, tongue)) = heard(app, channel, &query.from).await else { return Ok(Vec::new()) };
    let said = query.data.as_deref().unwrap_or_default();
    let text = match said.split(':').collect::<Vec<_>>()[..] {
        ["b" | "a", name, answer] => match answer_of(answer) {
            Some(answer) => words_for(question::answer(app, channel, name, &sender, answer).await?),
            None => "bot-over",
        },
        _ => "bot-over",
    };
    let mut says = vec![Say { chat, what: What::Note(query.id.clone()) }];
    if let Some(message) = query.message.as_ref().filter(|message| message.is_private_of(chat)) {
        says.push(Say { chat, what: What::Edit(message.message_id, tongue.say(text)) });
    }
    Ok(says)
}

/// The answer that a button stands for.
fn answer_of(data: &str) -> Option<Answer> {
    match data {
        "y" => Some(Answer::Yes),
        "n" => Some(Answer::No),
        number => number.parse().ok().map(Answer::Number),
    }
}

/// What the chat is told about an answer. One that does not fit is of no button of ours.
const fn words_for(answered: Answered) -> &'static str {
    match answered {
        Answered::ToBeConfirmed => "bot-bind-confirm",
        Answered::BindingRefused => "bot-bind-refused",
        Answered::Approved => "bot-sign-in-approved",
        Answered::SignInRefused => "bot-sign-in-refused",
        Answered::Unfit(_) | Answered::Over => "bot-over",
    }
}

/// Asks a person in their chat whether they approve a sign-in that a browser has begun with their name.
pub async fn call(app: &App, channel: &DeclaredChannel, request: &Id, user: &Id) -> Result<Option<Say>, Error> {
    let mut conn = app.db.read().await?;
    let bound = channel_binding::of_user(&mut conn, user).await?;
    let Some(binding) = bound.into_iter().find(|one| one.channel == channel.name) else { return Ok(None) };
    let locale = user::find(&mut conn, user).await?.and_then(|user| user.locale().map(str::to_owned));
    drop(conn);
    let Some(chat) = chat_of(&binding) else { return Ok(None) };
    let Some(waiting) = approval::may_be_called(app, request, user).await? else { return Ok(None) };
    let sender = Sender { id: binding.sender, shown_as: binding.shown_as };
    let Some(question) = approval::ask(app, channel, &waiting, &sender).await? else { return Ok(None) };
    let (text, buttons) = sign_in(&Tongue::of(app, locale.as_deref()), &question);
    Ok(Some(Say { chat, what: What::Write(text, buttons) }))
}

/// Tells a chat what has become of it, in the language of the account that it was to be bound to.
pub async fn tell(app: &App, sender: &str, user: &Id, bound: Bound) -> Result<Vec<Say>, Error> {
    let Ok(chat) = sender.parse() else { return Ok(Vec::new()) };
    let locale = user::find(&mut *app.db.read().await?, user).await?.and_then(|user| user.locale().map(str::to_owned));
    let text = Tongue::of(app, locale.as_deref()).say(match bound {
        Bound::Done | Bound::Already => "bot-bound",
        Bound::Taken => "bot-taken",
        Bound::Another => "bot-another",
        Bound::Over => "bot-over",
    });
    Ok(vec![Say { chat, what: What::Write(text, Buttons::default()) }])
}

/// The private chat of a sender has their number.
fn chat_of(binding: &ChannelBinding) -> Option<i64> {
    binding.sender.parse().ok()
}
