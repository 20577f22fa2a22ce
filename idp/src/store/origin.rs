//! The request that causes a change: `tx.record` adds it to the events of the change.
//!
//! The layer `http::layers::origin` puts it around the handler of a request, as a value of its task, and `Db::write` takes it
//! from the task that calls it. So the functions between a handler and its events need not hand it on, and what a command or a
//! job does has no origin.

use std::future::Future;
use std::sync::{Arc, OnceLock};

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
}

tokio::task_local! {
    static ORIGIN: Arc<Origin>;
}

impl Origin {
    /// The origin of a request.
    pub fn new(address: String, user_agent: Option<String>, request_id: String) -> Self {
        Self { address, user_agent, request_id, client_id: OnceLock::new() }
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

    /// The client that the request is about, if it is known.
    pub fn client_id(&self) -> Option<&str> {
        self.client_id.get().map(String::as_str)
    }
}
