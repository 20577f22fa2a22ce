//! The outgoing body of an answer, in pieces that report when they have been sent.
//!
//! hyper may have taken bytes that the client has not read: HTTP/2 keeps them until the client opens its window. So
//! each piece holds a marker that is dropped when hyper drops the bytes.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use hyper::body::{Body, Bytes, Frame, SizeHint};

use crate::server::accept::connections::Unread;

/// The largest piece. A client that reads at least one piece per `http.request_timeout` is merely slow; a slower one is
/// disconnected.
const PIECE: usize = 16 * 1024;

/// The body of an answer, in pieces.
pub(super) struct ResponseBody<B> {
    body: B,
    unread: Option<Arc<Unread>>,
    rest: Bytes,
}

impl<B> ResponseBody<B> {
    pub(super) fn new(body: B, unread: Option<Arc<Unread>>) -> Self {
        Self { body, unread, rest: Bytes::new() }
    }
}

/// Some bytes of an answer; dropped when they have been sent.
struct Piece(Bytes, Option<Arc<Unread>>);

impl AsRef<[u8]> for Piece {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl Drop for Piece {
    fn drop(&mut self) {
        if let Some(unread) = &self.1 {
            unread.moves();
        }
    }
}

impl<B: Body<Data = Bytes> + Unpin> Body for ResponseBody<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        if self.rest.is_empty() {
            match ready!(Pin::new(&mut self.body).poll_frame(context)) {
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(bytes) => self.rest = bytes,
                    Err(frame) => return Poll::Ready(Some(Ok(frame))),
                },
                end => return Poll::Ready(end),
            }
        }
        let length = self.rest.len().min(PIECE);
        let piece = Piece(self.rest.split_to(length), self.unread.clone());
        Poll::Ready(Some(Ok(Frame::data(Bytes::from_owner(piece)))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let (rest, inner) = (self.rest.len() as u64, self.body.size_hint());
        let mut hint = SizeHint::new();
        hint.set_lower(inner.lower() + rest);
        if let Some(upper) = inner.upper() {
            hint.set_upper(upper + rest);
        }
        hint
    }
}
