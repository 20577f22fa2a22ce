//! The incoming body of a request.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use hyper::body::{Body, Bytes, Frame, Incoming, SizeHint};

use crate::server::accept::connections::Connection;

/// A body that notes on its connection when it waits for the client.
pub(super) struct RequestBody {
    body: Incoming,
    connection: Arc<Connection>,
    awaited: bool,
}

impl RequestBody {
    pub(super) fn new(body: Incoming, connection: &Arc<Connection>) -> Self {
        Self { body, connection: Arc::clone(connection), awaited: false }
    }

    fn note(&mut self, awaited: bool) {
        if self.awaited != awaited {
            self.awaited = awaited;
            self.connection.awaits(awaited);
        }
    }
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(context);
        self.note(polled.is_pending());
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for RequestBody {
    fn drop(&mut self) {
        self.note(false);
    }
}
