//! The request that causes a change: `tx.record` adds it to the events of the change.
//!
//! The layer `http::layers::origin` puts it around the handler of a request, as a value of its task, and `Db::write` takes it
//! from the task that calls it. So the functions between a handler and its events need not hand it on, and what a command or a
//! job does has no origin.

use std::future::Future;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crate::base::reference::Reference;
use crate::oidc::steps::Step;

/// Where a change comes from.
#[derive(Debug, Default)]
pub struct Origin {
    /// The address of the client.
    pub address: String,
    /// The `User-Agent`, cut to 256 characters.
    pub user_agent: Option<String>,
    /// The id of the request, as in the log.
    pub request_id: String,
    /// The client that the request is about, as soon as it is known.
    client_id: OnceLock<String>,
    explained: Explained,
}

/// What is kept of a request if it is refused.
#[derive(Debug, Default)]
pub struct Explained {
    /// What was asked for, in words; `None` if no explanation is kept of it.
    pub about: Option<&'static str>,
    /// The bucket in which limits count its requests.
    pub bucket: String,
    steps: Mutex<Vec<Step>>,
    reference: OnceLock<Reference>,
}

impl Explained {
    /// Nothing yet, of a request of this kind.
    pub fn of(about: Option<&'static str>, bucket: String) -> Self {
        Self { about, bucket, ..Self::default() }
    }

    /// The steps so far.
    pub fn steps(&self) -> Vec<Step> {
        self.steps.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The reference under which the explanation was kept.
    pub fn reference(&self) -> Option<&Reference> {
        self.reference.get()
    }

    /// Remembers the reference, unless there is one.
    pub fn keep(&self, reference: Reference) {
        let _ = self.reference.set(reference);
    }

    /// Adds a step. A change that is tried again after a conflict adds it once.
    fn note(&self, step: Step) {
        if self.about.is_none() {
            return;
        }
        let mut steps = self.steps.lock().unwrap_or_else(PoisonError::into_inner);
        if !steps.contains(&step) {
            steps.push(step);
        }
    }
}

tokio::task_local! {
    static ORIGIN: Arc<Origin>;
}

impl Origin {
    /// The origin of a request.
    pub fn new(address: String, user_agent: Option<String>, request_id: String) -> Self {
        Self { address, user_agent, request_id, client_id: OnceLock::new(), explained: Explained::default() }
    }

    /// The same with what is kept if the request is refused.
    #[must_use]
    pub fn explained(self, explained: Explained) -> Self {
        Self { explained, ..self }
    }

    /// Does this work on behalf of this request.
    pub async fn around<W: Future>(self, work: W) -> W::Output {
        ORIGIN.scope(Arc::new(self), work).await
    }

    /// Does this work, in another task, on behalf of the request that the present task works for.
    pub fn carried<W: Future>(work: W) -> impl Future<Output = W::Output> {
        let origin = Self::current();
        async move {
            match origin {
                Some(origin) => ORIGIN.scope(origin, work).await,
                None => work.await,
            }
        }
    }

    /// The request that the present task works for, if it works for one.
    pub fn current() -> Option<Arc<Self>> {
        ORIGIN.try_with(Arc::clone).ok()
    }

    /// Notes which client the present request is about; only a registered one. The first one counts.
    pub fn name_client(client_id: &str) {
        let _ = ORIGIN.try_with(|origin| origin.client_id.set(client_id.to_owned()));
    }

    /// Notes a step by which the present request is judged. Nothing is written unless it is refused.
    pub fn note(step: Step) {
        let _ = ORIGIN.try_with(|origin| origin.explained.note(step));
    }

    /// Notes a step from within a change, whose task is not the request's.
    pub fn also_note(&self, step: Step) {
        self.explained.note(step);
    }

    /// What is kept of the request if it is refused.
    pub fn explanation(&self) -> &Explained {
        &self.explained
    }

    /// The client that the request is about, if it is known.
    pub fn client_id(&self) -> Option<&str> {
        self.client_id.get().map(String::as_str)
    }
}
