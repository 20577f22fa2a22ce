//! The question that a chat was asked, whichever it is: one lookup for all answers, by the API and by the buttons of our own bot.

use crate::app::App;
use crate::channels::answer::{Answer, Answered};
use crate::channels::sender::Sender;
use crate::channels::{approval, bind, names};
use crate::config::DeclaredChannel;
use crate::store::db::Result;
use crate::store::people::channel_request::{self, Purpose};

/// Takes the answer of a sender to a question, by the name of that. One that does not fit the question changes nothing.
pub async fn answer(
    app: &App,
    channel: &DeclaredChannel,
    name: &str,
    sender: &Sender,
    answer: Answer,
) -> Result<Answered> {
    let Some(id) = names(app).id(name) else { return Ok(Answered::Over) };
    let found = channel_request::find_waiting(&mut *app.db.read().await?, &id, app.now()).await?;
    // Whoever was not asked learns nothing about the question.
    let asked = found.filter(|it| it.channel == channel.name && it.sender.as_ref() == Some(&sender.id));
    let Some(request) = asked else { return Ok(Answered::Over) };
    if request.is_for(Purpose::Bind) {
        return match answer {
            Answer::Yes => bind::answer(app, request, true).await,
            Answer::No => bind::answer(app, request, false).await,
            Answer::Number(_) => Ok(Answered::Unfit("yes or no: the question is whether the chat is to be bound")),
        };
    }
    if request.is_for(Purpose::SignIn) {
        return match answer {
            Answer::Number(number) => approval::answer(app, request, Some(number)).await,
            Answer::No => approval::answer(app, request, None).await,
            Answer::Yes => Ok(Answered::Unfit("no, or the number that the sender has chosen")),
        };
    }
    Ok(Answered::Over)
}
