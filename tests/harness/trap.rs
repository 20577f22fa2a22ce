//! An address on this machine that nobody should ever come to.

use std::net::{TcpListener, TcpStream};

/// A listener that counts who connects.
pub struct Trap(TcpListener);

impl Trap {
    pub fn set() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        Self(listener)
    }

    /// A URL that leads here.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.0.local_addr().unwrap())
    }

    /// Nobody has come; and whoever comes is seen.
    #[track_caller]
    pub fn untouched(&self) {
        assert_eq!(self.visitors(), 0, "somebody came to {}", self.url("/"));
        let _visitor = TcpStream::connect(self.0.local_addr().unwrap()).unwrap();
        assert_eq!(self.visitors(), 1, "the trap sees visitors");
    }

    fn visitors(&self) -> usize {
        std::iter::from_fn(|| self.0.accept().ok()).count()
    }
}
