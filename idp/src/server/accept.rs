//! Accepts connections. The loop is our own, because `axum::serve` keeps half-sent headers open for ever.
//!
//! A connection begins with the header of a trusted proxy (PROXY protocol), if there is one, then TLS if there is a
//! certificate, then HTTP/2 if the client speaks it, else HTTP/1. None of this runs in the loop itself, and all of it
//! is bounded in time by `connections`, which tracks what each connection does.

mod connections;
mod files;
mod proxy_protocol;
mod request_body;
mod response_body;
mod stream;
pub mod tls;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{HeaderValue, Request, StatusCode, Version, header};
use axum::response::{IntoResponse, Response};
use hyper::body::{Body as _, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;

use crate::app::App;
use crate::http::layers::request_log;
use crate::http::page::assets::Shared;
use crate::http::request::client_ip;
use crate::server::router;
use connections::{Connection, Connections, Opened, Why};
pub use files::fit;
use request_body::RequestBody;
use response_body::ResponseBody;
use stream::Stream;
use tls::Tls;

/// How many requests one HTTP/2 connection may have under way at once.
const STREAMS: u32 = 100;

/// How many streams a client may reset before they are answered: RFC 9113 §10.5.
const RESETS: usize = 50;

/// How often an HTTP/2 connection is pinged, and how long the reply may take.
const PING: Duration = Duration::from_secs(20);

/// How many bytes of request bodies an HTTP/2 client may send before the server has read them: the window of a connection.
const WINDOW: u32 = 256 * 1024;

/// How many bytes the system buffers for one connection until its client reads them.
const SEND_BUFFER: u32 = 128 * 1024;

/// How many connections may wait to be accepted.
const BACKLOG: u32 = 1024;

/// How long a connection may take to close gracefully.
const GOODBYE: Duration = Duration::from_secs(1);

/// How often the log reports that connections cannot be accepted.
const TELL: Duration = Duration::from_secs(10);

/// All that serving a connection needs.
struct Server {
    app: App,
    router: Router,
    tls: Option<Arc<Tls>>,
    proxy_protocol: bool,
    protocol: auto::Builder<TokioExecutor>,
    connections: Arc<Connections>,
    /// The tasks of the connections.
    tasks: TaskTracker,
    /// Whether shutdown has begun: then each answer is the last on its connection.
    stopping: AtomicBool,
    /// Asks connections to end as soon as they have no request under way.
    finish: CancellationToken,
}

impl Server {
    /// The server for people and applications.
    fn new(app: &App, router: Router, tls: Option<Arc<Tls>>) -> Self {
        let http = &app.config.http;
        // Headers that are slightly too long get an answer that says so.
        let headers = http.header_limit() + 16 * 1024;
        let mut protocol = auto::Builder::new(TokioExecutor::new());
        protocol
            .http1()
            .timer(TokioTimer::new())
            .header_read_timeout(http.header_timeout)
            .max_buf_size(headers)
            .half_close(false);
        protocol
            .http2()
            .timer(TokioTimer::new())
            .max_concurrent_streams(STREAMS)
            .max_header_list_size(u32::try_from(headers).unwrap_or(u32::MAX))
            .max_pending_accept_reset_streams(RESETS)
            .max_local_error_reset_streams(RESETS)
            .initial_connection_window_size(WINDOW)
            .initial_stream_window_size(WINDOW / 2)
            .max_send_buf_size(headers)
            .keep_alive_interval(PING)
            .keep_alive_timeout(PING);
        Self {
            app: app.clone(),
            router,
            tls,
            proxy_protocol: http.proxy_protocol,
            protocol,
            connections: Connections::new(app),
            tasks: TaskTracker::new(),
            stopping: AtomicBool::new(false),
            finish: CancellationToken::new(),
        }
    }

    /// The server for the metrics listener, which has separate places.
    fn watching(app: &App) -> Self {
        let connections = Connections::watching(app);
        Self { proxy_protocol: false, connections, ..Self::new(app, router::watching(app), None) }
    }

    /// Spawns a task for a connection, if there is a place for it.
    fn take(self: &Arc<Self>, (stream, peer): Accepted) {
        let Some(opened) = self.connections.open(peer.ip()) else { return };
        let _ = stream.set_nodelay(true);
        let server = Arc::clone(self);
        self.tasks.spawn(async move { server.begin(stream, peer, &opened).await });
    }

    /// Serves a connection to its end.
    async fn begin(self: &Arc<Self>, mut stream: TcpStream, peer: SocketAddr, opened: &Opened) {
        let Some(peer) = unless_told_to_end(opened, self.whose(&mut stream, peer)).await else { return };
        if !opened.belongs_to(peer.ip()) {
            return;
        }
        let stream = Stream::new(stream, opened);
        match &self.tls {
            None => self.speak(stream, peer, opened).await,
            Some(tls) => {
                if let Some(stream) = unless_told_to_end(opened, tls.acceptor().accept(stream)).await {
                    self.speak(stream, peer, opened).await;
                }
            }
        }
    }

    /// The address of the client: from the PROXY header of a trusted proxy if connections begin with one.
    async fn whose(&self, stream: &mut TcpStream, peer: SocketAddr) -> std::io::Result<SocketAddr> {
        if !self.proxy_protocol {
            return Ok(peer);
        }
        let trusted = client_ip::is_in(&self.app.config.http.trusted_proxies, peer.ip());
        // `latchkey health` connects from this machine, without a proxy.
        if trusted || peer.ip().is_loopback() {
            match proxy_protocol::read(stream).await? {
                None => return Ok(peer),
                Some(client) if trusted => return Ok(client),
                Some(_) => {}
            }
        }
        Err(std::io::Error::other("a connection of nobody who may speak for others"))
    }

    async fn speak<S>(self: &Arc<Self>, stream: S, peer: SocketAddr, connection: &Arc<Connection>)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let service = service_fn(|request| answer(Arc::clone(self), Arc::clone(connection), request, peer));
        let serving = self.protocol.serve_connection(TokioIo::new(stream), service);
        tokio::pin!(serving);
        let mut finishing = false;
        let ended = loop {
            tokio::select! {
                ended = serving.as_mut() => break ended,
                why = connection.ended() => {
                    if matches!(why, Why::Unread | Why::Displaced) {
                        return;
                    }
                    serving.as_mut().graceful_shutdown();
                    let Ok(ended) = tokio::time::timeout(GOODBYE, serving.as_mut()).await else { return };
                    break ended;
                }
                () = self.finish.cancelled(), if !finishing => {
                    finishing = true;
                    serving.as_mut().graceful_shutdown();
                }
            }
        };
        // A broken connection is no error of the server.
        if let Err(error) = ended {
            let error_of_hyper = error.downcast_ref::<hyper::Error>();
            if error_of_hyper.is_some_and(hyper::Error::is_timeout) {
                connection.timed_out();
            }
            if error_of_hyper.is_some_and(hyper::Error::is_parse_too_large) {
                request_log::too_large(&self.app);
            }
            tracing::debug!("connection: {error}");
        }
    }
}

/// Runs the steps before the first request; `None` if they fail, or if the connection has to end.
async fn unless_told_to_end<T>(connection: &Connection, work: impl Future<Output = std::io::Result<T>>) -> Option<T> {
    tokio::select! {
        done = work => done.inspect_err(|error| tracing::debug!("connection: {error}")).ok(),
        _ = connection.ended() => None,
    }
}

async fn answer(
    server: Arc<Server>,
    connection: Arc<Connection>,
    request: Request<Incoming>,
    peer: SocketAddr,
) -> Result<Response<ResponseBody<Body>>, std::convert::Infallible> {
    let version = request.version();
    if version < Version::HTTP_2 {
        connection.drained().await;
    }
    let running = connection.begins();
    let mut response = if connection.reserved && !asks_for_health(request.uri().path()) {
        let wait = [(header::RETRY_AFTER, "2"), (header::CONNECTION, "close")];
        (StatusCode::SERVICE_UNAVAILABLE, wait).into_response()
    } else {
        let mut request = request.map(|body| Body::new(RequestBody::new(body, &connection)));
        request.extensions_mut().insert(ConnectInfo(peer));
        server.router.clone().oneshot(request).await?
    };
    if version < Version::HTTP_2 && server.stopping.load(Ordering::Acquire) {
        // The client should not send another request on a connection that is about to be closed.
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    let bytes = response.body().size_hint().lower();
    let unread = running.answered(bytes, response.extensions().get::<Shared>().is_some());
    Ok(response.map(|body| ResponseBody::new(body, unread)))
}

/// Whether this is the path of a health check, with or without the issuer's path before it.
fn asks_for_health(path: &str) -> bool {
    path.ends_with("/health/live") || path.ends_with("/health/ready")
}

/// Serves until `stop` is ready, then waits for the requests under way. The database stays open.
pub async fn serve(
    app: &App,
    router: Router,
    listener: TcpListener,
    tls: Option<Arc<Tls>>,
    stop: impl Future<Output = ()>,
) {
    let http = &app.config.http;
    let server = Arc::new(Server::new(app, router, tls));
    let looking = tokio::spawn(Arc::clone(&server.connections).look_after());
    server.take_until(stop, &listener).await;
    // From here on, health checks fail, and each answer closes its connection; new connections are still served.
    app.requests.close();
    app.stop.told.cancel();
    server.stopping.store(true, Ordering::Release);
    server.take_until(tokio::time::sleep(http.shutdown_delay), &listener).await;
    // Connections that are already established are served, too.
    while let Some(accepted) = waiting(&listener).await {
        server.take(accepted);
    }
    drop(listener);
    let all = async {
        // The first request on the newest connections may still be on its way.
        tokio::time::sleep(http.shutdown_delay.min(Duration::from_millis(250))).await;
        server.finish.cancel();
        server.tasks.close();
        server.tasks.wait().await;
        app.requests.wait().await;
    };
    if tokio::time::timeout(http.shutdown_timeout, all).await.is_err() {
        tracing::warn!("some requests did not end in time");
    }
    looking.abort();
}

/// Serves the metrics until the process ends, so that the shutdown can be observed.
pub async fn watch(app: App, listener: TcpListener) {
    let server = Arc::new(Server::watching(&app));
    let looking = Arc::clone(&server.connections).look_after();
    tokio::join!(server.take_until(std::future::pending(), &listener), looking);
}

/// Listens at an address.
pub fn listen(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // As every listener of the standard library does: a restarted server finds its port free.
    socket.set_reuseaddr(true)?;
    // By default the system would buffer megabytes for each client that does not read.
    socket.set_send_buffer_size(SEND_BUFFER)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

type Accepted = (TcpStream, SocketAddr);

impl Server {
    async fn take_until(self: &Arc<Self>, end: impl Future<Output = ()>, listener: &TcpListener) {
        tokio::pin!(end);
        let mut told: Option<Instant> = None;
        loop {
            tokio::select! {
                accepted = listener.accept() => match accepted {
                    Ok(accepted) => self.take(accepted),
                    Err(error) => {
                        if told.is_none_or(|it| it.elapsed() >= TELL) {
                            told = Some(Instant::now());
                            tracing::warn!("a connection could not be accepted: {error}");
                        }
                        // Out of file descriptors, for example: one connection has to end, and gets a moment to close.
                        self.connections.make_room();
                        tokio::time::sleep(Duration::from_millis(20)).await;
                    }
                },
                () = &mut end => return,
            }
        }
    }
}

/// A connection that waits to be accepted, if there is one at this moment.
async fn waiting(listener: &TcpListener) -> Option<Accepted> {
    std::future::poll_fn(|context| {
        Poll::Ready(match listener.poll_accept(context) {
            Poll::Ready(Ok(accepted)) => Some(accepted),
            Poll::Ready(Err(_)) | Poll::Pending => None,
        })
    })
    .await
}
