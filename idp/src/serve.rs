//! Taking connections. The loop is our own, because `axum::serve` keeps half-sent headers open for ever.
//!
//! A connection is what a trusted proxy says of it (PROXY protocol), then TLS if there is a certificate, then HTTP/2 if the
//! client speaks it, else HTTP/1. Nothing of that happens in the loop itself, and all of it is bounded in time.

mod proxy_protocol;
pub mod tls;

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{HeaderValue, Request, Version, header};
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tower::ServiceExt;

use crate::app::App;
use crate::config::Http;
use crate::http::client_ip;
use crate::router;
use tls::Tls;

/// How many requests one HTTP/2 connection may have under way at once.
const STREAMS: u32 = 100;

/// How many streams a client may reset before they were answered: RFC 9113 §10.5.
const RESETS: usize = 50;

/// How often an HTTP/2 connection is asked whether it still lives, and how long it may take to say so.
const PING: Duration = Duration::from_secs(20);

/// How many connections each address has.
#[derive(Default)]
struct Addresses(Mutex<HashMap<String, u32>>);

/// The place of one connection among those of its address, given up when dropped.
struct Place(Arc<Addresses>, String);

impl Addresses {
    fn counts(&self) -> MutexGuard<'_, HashMap<String, u32>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A place for another connection of this address; `None` if it has as many as it may. A trusted proxy's are bounded by
    /// those of all.
    fn place(self: &Arc<Self>, address: IpAddr, http: &Http) -> Option<Place> {
        let trusted = client_ip::is_in(&http.trusted_proxies, address);
        let most = if trusted { http.connections } else { http.connections_per_address };
        let network = client_ip::network(address);
        let mut counts = self.counts();
        let count = counts.entry(network.clone()).or_default();
        if *count >= most {
            return None;
        }
        *count += 1;
        Some(Place(Arc::clone(self), network))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut counts = self.0.counts();
        if let Some(count) = counts.get_mut(&self.1) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.1);
            }
        }
    }
}

/// All that serving a connection needs.
struct Server {
    app: App,
    router: Router,
    tls: Option<Arc<Tls>>,
    http1: http1::Builder,
    http2: http2::Builder<TokioExecutor>,
    /// Whether the order to stop has come: then each answer is its connection's last.
    stopping: AtomicBool,
}

impl Server {
    fn new(app: &App, router: Router, tls: Option<Arc<Tls>>) -> Self {
        let http = &app.config.http;
        let headers = http.url_limit.in_bytes() * 2 + 32 * 1024;
        let mut one = http1::Builder::new();
        one.timer(TokioTimer::new()).header_read_timeout(http.header_timeout).max_buf_size(headers).half_close(false);
        let mut two = http2::Builder::new(TokioExecutor::new());
        two.timer(TokioTimer::new())
            .max_concurrent_streams(STREAMS)
            .max_header_list_size(u32::try_from(headers).unwrap_or(u32::MAX))
            .max_pending_accept_reset_streams(RESETS)
            .max_local_error_reset_streams(RESETS)
            .keep_alive_interval(PING)
            .keep_alive_timeout(PING);
        Self { app: app.clone(), router, tls, http1: one, http2: two, stopping: AtomicBool::new(false) }
    }

    /// Serves a connection to its end.
    async fn connection(self: Arc<Self>, mut stream: TcpStream, peer: SocketAddr, watcher: Watcher) {
        let patience = self.app.config.http.header_timeout;
        let peer = match tokio::time::timeout(patience, self.whose(&mut stream, peer)).await {
            Ok(Ok(peer)) => peer,
            Ok(Err(error)) => return tracing::debug!("connection: {error}"),
            Err(_) => return,
        };
        match &self.tls {
            None => {
                if let Ok(Ok(http2)) = tokio::time::timeout(patience, begins_as_http2(&stream)).await {
                    self.speak(stream, peer, http2, watcher).await;
                }
            }
            Some(tls) => match tokio::time::timeout(patience, tls.acceptor().accept(stream)).await {
                Ok(Ok(stream)) => {
                    let http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
                    self.speak(stream, peer, http2, watcher).await;
                }
                Ok(Err(error)) => tracing::debug!("connection: {error}"),
                Err(_) => {}
            },
        }
    }

    /// The address that the connection is of: what a trusted proxy says, where connections begin with that.
    async fn whose(&self, stream: &mut TcpStream, peer: SocketAddr) -> std::io::Result<SocketAddr> {
        let http = &self.app.config.http;
        if !http.proxy_protocol {
            return Ok(peer);
        }
        let trusted = client_ip::is_in(&http.trusted_proxies, peer.ip());
        // From this machine `latchkey health` asks, which speaks for itself.
        if trusted || peer.ip().is_loopback() {
            match proxy_protocol::read(stream).await? {
                None => return Ok(peer),
                Some(client) if trusted => return Ok(client),
                Some(_) => {}
            }
        }
        Err(std::io::Error::other("a connection of nobody who may speak for others"))
    }

    async fn speak<S>(self: Arc<Self>, stream: S, peer: SocketAddr, http2: bool, watcher: Watcher)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let server = Arc::clone(&self);
        let service = service_fn(move |request| answer(Arc::clone(&server), request, peer));
        let stream = TokioIo::new(stream);
        let ended = if http2 {
            watcher.watch(self.http2.serve_connection(stream, service)).await
        } else {
            watcher.watch(self.http1.serve_connection(stream, service)).await
        };
        // A connection that breaks is the client's affair.
        if let Err(error) = ended {
            tracing::debug!("connection: {error}");
        }
    }
}

/// Whether the first bytes are the preface of HTTP/2 (RFC 9113 §3.4), which a client may send that knows of it before.
async fn begins_as_http2(stream: &TcpStream) -> std::io::Result<bool> {
    let mut seen = [0; 4];
    loop {
        let count = stream.peek(&mut seen).await?;
        let same = seen.iter().zip(b"PRI ").take(count).all(|(seen, preface)| seen == preface);
        if count == 0 || !same || count == seen.len() {
            return Ok(same && count == seen.len());
        }
        // A few bytes that could still be either; `peek` would answer with them again at once.
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

async fn answer(
    server: Arc<Server>,
    request: Request<Incoming>,
    peer: SocketAddr,
) -> Result<axum::response::Response, std::convert::Infallible> {
    let mut request = request.map(Body::new);
    let version = request.version();
    request.extensions_mut().insert(ConnectInfo(peer));
    let mut response = server.router.clone().oneshot(request).await?;
    if version < Version::HTTP_2 && server.stopping.load(Ordering::Acquire) {
        // The client shall not send another request on a connection that is about to be closed.
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    Ok(response)
}

/// Serves until `stop` is ready, then lets what is under way end.
pub async fn serve(
    app: &App,
    router: Router,
    listener: TcpListener,
    tls: Option<Arc<Tls>>,
    stop: impl Future<Output = ()>,
) {
    let http = &app.config.http;
    let connections = Arc::new(Semaphore::new(http.connections as usize));
    let graceful = GracefulShutdown::new();
    let server = Arc::new(Server::new(app, router, tls));
    let addresses = Arc::new(Addresses::default());
    let take = |(stream, peer, permit): Accepted| {
        let Some(place) = addresses.place(peer.ip(), http) else { return };
        let _ = stream.set_nodelay(true);
        let serving = Arc::clone(&server).connection(stream, peer, graceful.watcher());
        tokio::spawn(async move {
            serving.await;
            drop((permit, place));
        });
    };
    take_until(stop, &listener, &connections, take).await;
    // From here on health checks say no, and each answer closes its connection; new connections are still served.
    app.requests.close();
    server.stopping.store(true, Ordering::Release);
    take_until(tokio::time::sleep(http.shutdown_delay), &listener, &connections, take).await;
    // Whoever has connected by now is served, too.
    while let Some(accepted) = waiting(&listener, &connections).await {
        take(accepted);
    }
    drop(listener);
    let all = async {
        // A request on the newest connections is still on its way.
        tokio::time::sleep(http.shutdown_delay.min(Duration::from_millis(250))).await;
        graceful.shutdown().await;
        app.requests.wait().await;
        app.db.close().await;
    };
    if tokio::time::timeout(http.shutdown_timeout, all).await.is_err() {
        tracing::warn!("some requests did not end in time");
    }
}

/// Serves whoever watches, until the process ends: to the last moment one can see how it ends.
pub async fn watch(app: App, listener: TcpListener) {
    let server = Arc::new(Server::new(&app, router::watching(&app), None));
    loop {
        let Ok((stream, peer)) = listener.accept().await else {
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        let own = Arc::clone(&server);
        let service = service_fn(move |request| answer(Arc::clone(&own), request, peer));
        tokio::spawn(server.http1.serve_connection(TokioIo::new(stream), service));
    }
}

async fn take_until(
    end: impl Future<Output = ()>,
    listener: &TcpListener,
    connections: &Arc<Semaphore>,
    take: impl Fn(Accepted),
) {
    tokio::pin!(end);
    loop {
        tokio::select! {
            accepted = accept(listener, connections) => accepted.map_or((), &take),
            () = &mut end => return,
        }
    }
}

type Accepted = (TcpStream, SocketAddr, OwnedSemaphorePermit);

async fn accept(listener: &TcpListener, connections: &Arc<Semaphore>) -> Option<Accepted> {
    let permit = Arc::clone(connections).acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, peer)) => Some((stream, peer, permit)),
        Err(error) => {
            // Out of file descriptors, say: give the connections that are open a moment to close.
            tracing::warn!("a connection could not be taken: {error}");
            tokio::time::sleep(Duration::from_millis(50)).await;
            None
        }
    }
}

/// A connection that waits to be taken, if there is one at this moment.
async fn waiting(listener: &TcpListener, connections: &Arc<Semaphore>) -> Option<Accepted> {
    let permit = Arc::clone(connections).try_acquire_owned().ok()?;
    let accepted = std::future::poll_fn(|context| {
        Poll::Ready(match listener.poll_accept(context) {
            Poll::Ready(Ok(accepted)) => Some(accepted),
            Poll::Ready(Err(_)) | Poll::Pending => None,
        })
    });
    let (stream, peer) = accepted.await?;
    Some((stream, peer, permit))
}
