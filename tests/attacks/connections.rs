//! Q1, Q4, O2, X12. Connections: TLS, HTTP/2, the PROXY protocol, floods, and their end.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use axum::body::Body;
use http_body_util::{BodyExt, Empty};
use hyper::body::Bytes;
use hyper_util::rt::{TokioExecutor, TokioIo};
use latchkey::config::{Config, Issuer};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};

use crate::harness::{Process, free_port, latchkey, run};

/// The configuration of a server alone, in a folder of its own.
fn alone(folder: &tempfile::TempDir) -> Config {
    let mut config = Config::for_test(Issuer::localhost(free_port()));
    config.data_dir = folder.path().to_owned();
    config
}

/// Writes a certificate for localhost and its key.
fn certify(config: &mut Config, folder: &Path) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let (certificate, key) = (folder.join("certificate.pem"), folder.join("key.pem"));
    std::fs::write(&certificate, made.cert.pem()).unwrap();
    std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    config.tls.certificate_file = Some(certificate);
    config.tls.key_file = Some(key);
}

/// A server that speaks TLS, for a test that waits by itself.
fn spawn(config: &Config, more: &[(&str, &str)]) -> Process {
    Process::spawn(config.issuer.port(), latchkey(config), more)
}

fn connector(config: &Config, protocols: &[&[u8]]) -> tokio_rustls::TlsConnector {
    let mut roots = rustls::RootCertStore::empty();
    let file = config.tls.certificate_file.as_ref().unwrap();
    roots.add(CertificateDer::from_pem_file(file).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let mut client = builder.with_root_certificates(roots).with_no_client_auth();
    client.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
    Arc::new(client).into()
}

async fn connect(
    config: &Config,
    protocols: &[&[u8]],
) -> std::io::Result<tokio_rustls::client::TlsStream<tokio::net::TcpStream>> {
    let stream = tokio::net::TcpStream::connect(("127.0.0.1", config.issuer.port())).await?;
    connector(config, protocols).connect(ServerName::try_from("localhost").unwrap(), stream).await
}

/// Waits until a TLS connection can be made.
async fn ready(config: &Config) {
    while connect(config, &[b"http/1.1"]).await.is_err() {
        tokio::task::yield_now().await;
    }
}

type Http2 = hyper::client::conn::http2::SendRequest<Empty<Bytes>>;

async fn http2<S>(stream: S) -> Http2
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
{
    let (sender, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    sender
}

fn get(config: &Config, path: &str) -> http::Request<Empty<Bytes>> {
    let scheme = if config.tls.key_file.is_some() { "https" } else { "http" };
    let url = format!("{scheme}://{}{path}", config.issuer.authority());
    http::Request::get(url).body(Empty::new()).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tls_serves_http_1_and_http_2_and_reads_a_new_certificate_without_dropping_a_connection() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = alone(&folder);
    certify(&mut config, folder.path());
    let process = spawn(&config, &[]);
    ready(&config).await;
    let asked = run(latchkey(&config).arg("health"));
    assert!(asked.status.success(), "the health check speaks TLS: {asked:?}");
    let first = connect(&config, &[b"h2", b"http/1.1"]).await.unwrap();
    assert_eq!(first.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    let mut kept = http2(first).await;
    let answer = kept.send_request(get(&config, "/jwks")).await.unwrap();
    assert_eq!((answer.status(), answer.version()), (200.into_status(), http::Version::HTTP_2));
    let body = answer.into_body().collect().await.unwrap().to_bytes();
    assert!(body.starts_with(b"{\"keys\""), "{body:?}");
    let other = get(&config, "/jwks").map(|body| body);
    let (mut parts, body) = other.into_parts();
    parts.uri = "https://elsewhere.example/jwks".parse().unwrap();
    let refused = kept.send_request(http::Request::from_parts(parts, body)).await.unwrap();
    assert_eq!(refused.status(), 421, "another authority, which HTTP/2 has in the URI");

    // A broken pair changes nothing; a good one is taken, and the connection from before lives on.
    let good = std::fs::read(config.tls.certificate_file.as_ref().unwrap()).unwrap();
    std::fs::write(config.tls.certificate_file.as_ref().unwrap(), "nonsense").unwrap();
    process.hang_up();
    process.logs("the previous one stays in force: tls.certificate_file", 1).await;
    std::fs::write(config.tls.certificate_file.as_ref().unwrap(), good).unwrap();
    connect(&config, &[b"http/1.1"]).await.expect("the certificate from before");
    certify(&mut config, folder.path());
    process.hang_up();
    process.logs("the configuration was reloaded", 1).await;
    connect(&config, &[b"http/1.1"]).await.expect("the new certificate, and not when it is looked at the next time");
    assert_eq!(kept.send_request(get(&config, "/jwks")).await.unwrap().status(), 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sighup_changes_nothing_while_the_certificate_cannot_be_used() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = alone(&folder);
    certify(&mut config, folder.path());
    let path = folder.path().join("latchkey.toml");
    let declare = |client: &str| {
        let uris = "redirect_uris = ['https://app.example.com/']";
        std::fs::write(&path, format!("[[clients]]\nclient_id = '{client}'\nkind = 'spa'\n{uris}\n")).unwrap();
    };
    declare("first");
    let process =
        Process::spawn(config.issuer.port(), latchkey(&config), &[("LATCHKEY_CONFIG", path.to_str().unwrap())]);
    ready(&config).await;
    let declared = |client: &str| run(latchkey(&config).args(["client", "show", client])).status.success();
    let certificate = config.tls.certificate_file.clone().unwrap();
    let good = std::fs::read(&certificate).unwrap();
    std::fs::write(&certificate, "nonsense").unwrap();
    declare("second");
    process.hang_up();
    process.logs("the previous one stays in force: tls.certificate_file", 1).await;
    assert!(declared("first") && !declared("second"));
    std::fs::write(&certificate, good).unwrap();
    process.hang_up();
    process.logs("the configuration was reloaded", 1).await;
    assert!(declared("second"));
}

trait IntoStatus {
    fn into_status(self) -> http::StatusCode;
}

impl IntoStatus for u16 {
    fn into_status(self) -> http::StatusCode {
        http::StatusCode::from_u16(self).unwrap()
    }
}

#[test]
fn a_certificate_that_cannot_be_used_stops_the_start_and_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = alone(&folder);
    certify(&mut config, folder.path());
    let refused = |config: &Config| {
        let output = run(latchkey(config).arg("serve"));
        assert_eq!(output.status.code(), Some(1));
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    let (certificate, key) = (config.tls.certificate_file.clone().unwrap(), config.tls.key_file.clone().unwrap());
    let other = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    std::fs::write(&key, other.signing_key.serialize_pem()).unwrap();
    assert!(refused(&config).contains("tls.key_file does not belong"));
    std::fs::write(&certificate, "nonsense").unwrap();
    assert!(refused(&config).contains("tls.certificate_file"));
    std::fs::remove_file(&certificate).unwrap();
    assert!(refused(&config).contains("tls.certificate_file"));
}

/// The preface of HTTP/2 with the settings that must follow: RFC 9113 §3.4.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";

/// Waits until the server closes the connection; fails if it does not.
fn closed(stream: &mut TcpStream) {
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let mut answer = Vec::new();
    if let Err(error) = stream.read_to_end(&mut answer) {
        assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset, "the server closes the connection");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn q1_handshakes_that_never_end_and_connections_that_say_nothing_are_closed() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = alone(&folder);
    let timeout = [("LATCHKEY__HTTP__HEADER_TIMEOUT", "1s")];
    let address: SocketAddr = ([127, 0, 0, 1], config.issuer.port()).into();
    let plain = Process::start(&config, &timeout).await;
    let mut kept = TcpStream::connect(address).unwrap();
    kept.write_all(b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    let mut half = TcpStream::connect(address).unwrap();
    half.write_all(b"PR").unwrap();
    let mut preface = TcpStream::connect(address).unwrap();
    preface.write_all(b"PRI * HTTP/2.0\r\n\r\nSM").unwrap();
    // The whole preface, without the settings that must follow; and with them, without a request.
    let mut bare = TcpStream::connect(address).unwrap();
    bare.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").unwrap();
    let mut idle = TcpStream::connect(address).unwrap();
    idle.write_all(PREFACE).unwrap();
    let silent = TcpStream::connect(address).unwrap();
    let all = move || [silent, half, kept, preface, bare, idle].iter_mut().for_each(closed);
    tokio::task::spawn_blocking(all).await.unwrap();
    drop(plain);

    certify(&mut config, folder.path());
    let _process = spawn(&config, &timeout);
    ready(&config).await;
    let silent = TcpStream::connect(address).unwrap();
    let mut half = TcpStream::connect(address).unwrap();
    half.write_all(&[0x16, 0x03, 0x01, 0x02, 0x00, 0x01]).unwrap();
    tokio::task::spawn_blocking(move || [silent, half].iter_mut().for_each(closed)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn q4_a_connection_without_a_stream_ends_whatever_pings_it_sends_and_answers() {
    let folder = tempfile::tempdir().unwrap();
    let config = alone(&folder);
    let _process = Process::start(&config, &[("LATCHKEY__HTTP__IDLE_TIMEOUT", "1s")]).await;
    let address: SocketAddr = ([127, 0, 0, 1], config.issuer.port()).into();
    // A connection that had a stream: it asked for a document and got it.
    let stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let mut client = http2(stream).await;
    let answer = client.send_request(get(&config, "/jwks")).await.unwrap();
    assert_eq!(answer.status(), 200);
    answer.into_body().collect().await.unwrap();
    // A connection that answers every ping and sends nothing else.
    let pings = tokio::task::spawn_blocking(move || {
        let mut stream = TcpStream::connect(address).unwrap();
        let mut bytes = PREFACE.to_vec();
        bytes.extend([0, 0, 9 + 4, 0x01, 0x05, 0, 0, 0, 1, 0x82, 0x86, 0x84, 0x01, 9]);
        bytes.extend(b"localhost");
        stream.write_all(&bytes).unwrap();
        stream.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
        let (began, mut seen) = (std::time::Instant::now(), [0; 4096]);
        while began.elapsed() < Duration::from_secs(20) {
            let ping = [0, 0, 8, 0x06, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8];
            let read = stream.write_all(&ping).and_then(|()| stream.read(&mut seen));
            let waits = |error: &std::io::Error| error.kind() == std::io::ErrorKind::WouldBlock;
            if read.as_ref().is_ok_and(|count| *count == 0) || read.as_ref().is_err_and(|error| !waits(error)) {
                return true;
            }
        }
        false
    });
    assert!(pings.await.unwrap(), "the connection ends");
    while client.ready().await.is_ok() {
        tokio::task::yield_now().await;
    }
}

/// The codes of the GOAWAY frames among these bytes: RFC 9113 §6.8.
fn goodbyes(mut bytes: &[u8]) -> Vec<u32> {
    let mut codes = Vec::new();
    while let [a, b, c, kind, _, _, _, _, _, rest @ ..] = bytes {
        let length = u32::from_be_bytes([0, *a, *b, *c]) as usize;
        let Some((payload, next)) = rest.split_at_checked(length) else { break };
        if *kind == 0x07 {
            codes.push(u32::from_be_bytes(payload[4..8].try_into().unwrap()));
        }
        bytes = next;
    }
    codes
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn q1_a_client_that_opens_streams_and_resets_them_is_cut_off_while_others_are_served() {
    let folder = tempfile::tempdir().unwrap();
    let config = alone(&folder);
    let process = Process::start(&config, &[]).await;
    let address = ("127.0.0.1", config.issuer.port());
    // Frames by hand, as an attacker sends them (CVE-2023-44487): HEADERS, RST_STREAM, HEADERS, RST_STREAM …
    let flood = tokio::task::spawn_blocking(move || {
        let mut stream = TcpStream::connect(address).unwrap();
        let mut bytes = PREFACE.to_vec();
        // :method GET, :scheme http, :path / from the static table, and an authority.
        let mut block = vec![0x82, 0x86, 0x84, 0x01, 9];
        block.extend(b"localhost");
        for stream in (1_u32..40_000).step_by(2) {
            bytes.extend([0, 0, block.len() as u8, 0x01, 0x05]);
            bytes.extend(stream.to_be_bytes());
            bytes.extend(&block);
            bytes.extend([0, 0, 4, 0x03, 0]);
            bytes.extend(stream.to_be_bytes());
            bytes.extend(8_u32.to_be_bytes());
        }
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let mut reader = stream.try_clone().unwrap();
        let sent = std::thread::spawn(move || stream.write_all(&bytes));
        let mut answer = Vec::new();
        let read = reader.read_to_end(&mut answer);
        drop(sent.join());
        let ended = read.is_ok() || read.is_err_and(|error| error.kind() == std::io::ErrorKind::ConnectionReset);
        (ended, goodbyes(&answer))
    });
    assert_eq!(process.get("/jwks").await.unwrap().0, 200, "others are served in the meantime");
    const ENHANCE_YOUR_CALM: u32 = 11;
    assert_eq!(flood.await.unwrap(), (true, vec![ENHANCE_YOUR_CALM]), "the flood is cut off, and told why");
    assert_eq!(process.get("/jwks").await.unwrap().0, 200);
    // Whoever behaves may speak HTTP/2 without TLS, as some proxies do.
    let stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let answer = http2(stream).await.send_request(get(&config, "/jwks")).await.unwrap();
    assert_eq!(answer.status(), 200);
}

/// A frame: RFC 9113 §4.1.
fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// Sends something and then the same bytes over and over, until the server ends the connection; an error if it does not within 20 seconds.
fn flood(address: SocketAddr, first: &[u8], again: &[u8]) -> std::io::Result<()> {
    let mut stream = TcpStream::connect(address)?;
    stream.write_all(first)?;
    stream.set_read_timeout(Some(Duration::from_secs(20)))?;
    let mut reader = stream.try_clone()?;
    let again = again.repeat(100);
    let sending = std::thread::spawn(move || while stream.write_all(&again).is_ok() {});
    // What comes meanwhile keeps no time limit of the socket.
    let (began, mut answer) = (std::time::Instant::now(), [0; 65_536]);
    let ended = loop {
        match reader.read(&mut answer) {
            Ok(0) => break Ok(()),
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => break Ok(()),
            Err(error) => break Err(error),
            Ok(_) if began.elapsed() > Duration::from_secs(20) => break Err(std::io::ErrorKind::TimedOut.into()),
            Ok(_) => {}
        }
    };
    reader.shutdown(std::net::Shutdown::Both).ok();
    drop(sending.join());
    ended
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn q1_a_header_without_an_end_and_frames_without_a_request_are_cut_off_while_others_are_served() {
    let folder = tempfile::tempdir().unwrap();
    let config = alone(&folder);
    let process =
        Process::start(&config, &[("LATCHKEY__HTTP__IDLE_TIMEOUT", "1s"), ("LATCHKEY__HTTP__HEADER_TIMEOUT", "1s")])
            .await;
    let address: SocketAddr = ([127, 0, 0, 1], config.issuer.port()).into();
    let (headers, settings, continuation) = (0x01, 0x04, 0x09);
    // A field that is in no table: "a: b" (RFC 7541 §6.2.2).
    let field = [0x00, 1, b'a', 1, b'b'];
    let endless = [PREFACE, &frame(headers, 0, 1, &[0x82, 0x86, 0x84])[..]].concat();
    let floods = [
        ("CONTINUATION", endless.clone(), frame(continuation, 0, 1, &field)),
        ("empty CONTINUATION", endless, frame(continuation, 0, 1, &[])),
        ("SETTINGS", PREFACE.to_vec(), frame(settings, 0, 0, &[])),
    ];
    for (name, first, again) in floods {
        let flood = tokio::task::spawn_blocking(move || flood(address, &first, &again));
        assert_eq!(process.get("/jwks").await.unwrap().0, 200, "{name}: others are served in the meantime");
        flood.await.unwrap().unwrap_or_else(|error| panic!("{name}: the connection did not end: {error}"));
        assert_eq!(process.get("/jwks").await.unwrap().0, 200, "{name}: and afterwards");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn q1_a_body_that_drips_is_given_up_while_others_are_served() {
    let folder = tempfile::tempdir().unwrap();
    let config = alone(&folder);
    let process = Process::start(&config, &[("LATCHKEY__HTTP__BODY_TIMEOUT", "1s")]).await;
    let address: SocketAddr = ([127, 0, 0, 1], config.issuer.port()).into();
    let host = config.issuer.authority().to_owned();
    let dripping = tokio::task::spawn_blocking(move || {
        let mut stream = TcpStream::connect(address).unwrap();
        let form = "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 10000";
        write!(stream, "POST /token HTTP/1.1\r\nHost: {host}\r\n{form}\r\n\r\n").unwrap();
        stream.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
        let (began, mut answer) = (std::time::Instant::now(), [0; 4096]);
        // A byte whenever nothing came for a moment: never silent, never done.
        while began.elapsed() < Duration::from_secs(20) {
            match stream.read(&mut answer) {
                Ok(count) => return String::from_utf8_lossy(&answer[..count]).into_owned(),
                Err(_) => drop(stream.write_all(b"a")),
            }
        }
        "no answer".to_owned()
    });
    assert_eq!(process.get("/jwks").await.unwrap().0, 200, "others are served in the meantime");
    let answer = dripping.await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn o2_the_proxy_protocol_is_believed_of_trusted_proxies_and_needed_from_them() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = alone(&folder);
    config.http.trusted_proxies = vec![latchkey::base::network::Network::parse("127.0.0.1").unwrap()];
    config.login.address_burst = 3;
    let address: SocketAddr = ([127, 0, 0, 1], config.issuer.port()).into();
    let environment = [("LATCHKEY__HTTP__PROXY_PROTOCOL", "true"), ("LATCHKEY__LOGIN__ADDRESS_BURST", "3")];
    let _process = spawn(&config, &environment);
    let host = config.issuer.authority().to_owned();
    let say = move |header: String, request: String| {
        let mut stream = TcpStream::connect(address)?;
        stream.write_all(header.as_bytes())?;
        stream.write_all(request.as_bytes())?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok::<_, std::io::Error>(answer)
    };
    let of = |client: &str| format!("PROXY TCP4 {client} 127.0.0.1 4711 80\r\n");
    let page = format!("GET /sign-in HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    let answer = loop {
        match say(of("198.51.100.1"), page.clone()) {
            Ok(answer) if !answer.is_empty() => break answer,
            _ => tokio::task::yield_now().await,
        }
    };
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    let cookie = answer.split("browser=").nth(1).unwrap().split(';').next().unwrap();
    let csrf = answer.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let mut tries = 0;
    let mut sign_in = |client: &str| {
        tries += 1;
        let body = format!("csrf={csrf}&identifier=nobody{tries}&password=wrong");
        let post = format!(
            "POST /sign-in HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nCookie: browser={cookie}\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        say(of(client), post).unwrap()[9..12].to_owned()
    };
    let statuses: Vec<_> = (0..4).map(|_| sign_in("198.51.100.1")).collect();
    assert_eq!(statuses, ["400", "400", "400", "429"], "counted by the address that the proxy speaks for");
    assert_eq!(sign_in("198.51.100.2"), "400", "and another one is another one");
    assert_eq!(say(String::new(), page).unwrap_or_default(), "", "a connection without the header is closed");
    // The health check says that it speaks for itself, whether proxies of this machine are trusted or not.
    for proxies in ["127.0.0.1", "192.0.2.1"] {
        let mut config = alone(&folder);
        config.data_dir = folder.path().join(proxies);
        let environment = [("LATCHKEY__HTTP__PROXY_PROTOCOL", "true"), ("LATCHKEY__HTTP__TRUSTED_PROXIES", proxies)];
        let _process = spawn(&config, &environment);
        let mut asked = (0..500).map(|_| run(latchkey(&config).arg("health").envs(environment)));
        assert!(asked.any(|it| it.status.success()), "trusted: {proxies}");
    }
}

fn post(config: &Config, path: &str, fields: String) -> http::Request<Body> {
    let request = get(config, path).map(|_| Body::from(fields));
    let (mut parts, body) = request.into_parts();
    parts.method = http::Method::POST;
    parts.headers.insert("content-type", "application/x-www-form-urlencoded".parse().unwrap());
    http::Request::from_parts(parts, body)
}

/// What those who send requests are told, and what they count.
#[derive(Clone, Default)]
struct Told {
    stop: Arc<AtomicBool>,
    dropped: Arc<AtomicUsize>,
    done: Arc<AtomicUsize>,
}

/// Sends requests on one connection (for a page, for tokens, for a revocation) and counts the answers, until the server
/// ends it. The client proves itself by `credentials`.
async fn hammer(config: Config, credentials: String, fresh: bool, Told { stop, dropped, done }: Told) {
    let (mut turn, mut token) = (0, String::new());
    'connections: loop {
        let Ok(stream) = tokio::net::TcpStream::connect(("127.0.0.1", config.issuer.port())).await else {
            // Nobody listens any more: nothing was sent, and nothing is lost.
            assert!(stop.load(Ordering::SeqCst), "refused before the order to stop");
            return;
        };
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.unwrap();
        tokio::spawn(connection);
        loop {
            // A connection that was closed before the request was sent costs nothing.
            if sender.ready().await.is_err() {
                if stop.load(Ordering::SeqCst) {
                    return;
                }
                continue 'connections;
            }
            turn += 1;
            let mut request = match turn % 3 {
                0 => get(&config, "/sign-in").map(|_| Body::empty()),
                // A revocation writes a row.
                1 => post(&config, "/token", format!("grant_type=client_credentials&{credentials}")),
                _ => post(&config, "/revoke", format!("token={token}&{credentials}")),
            };
            request.headers_mut().insert("host", config.issuer.authority().parse().unwrap());
            match sender.send_request(request).await {
                Ok(answer) => {
                    let closes = answer.headers().get("connection").is_some_and(|value| value == "close");
                    let status = answer.status();
                    let whole = answer.into_body().collect().await.map(|body| body.to_bytes());
                    if whole.is_err() || status != 200 {
                        dropped.fetch_add(1, Ordering::SeqCst);
                    }
                    if let Ok(body) = &whole
                        && turn % 3 == 1
                    {
                        let answer: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
                        token = answer["access_token"].as_str().unwrap_or_default().to_owned();
                    }
                    done.fetch_add(1, Ordering::SeqCst);
                    if closes && stop.load(Ordering::SeqCst) {
                        return;
                    }
                }
                Err(error) if error.is_canceled() => {}
                Err(_) => {
                    dropped.fetch_add(1, Ordering::SeqCst);
                }
            }
            if fresh {
                continue 'connections;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn x12_sigterm_under_load_drops_no_request_and_ends_in_time() {
    let folder = tempfile::tempdir().unwrap();
    let config = alone(&folder);
    let mut process = Process::start(&config, &[]).await;
    let added = run(latchkey(&config).args(["client", "add", "--kind", "service", "--json"]));
    let service: serde_json::Value = serde_json::from_slice(&added.stdout).unwrap();
    let credential = |name: &str| service[name].as_str().unwrap().to_owned();
    let credentials = format!("client_id={}&client_secret={}", credential("client_id"), credential("client_secret"));
    let all = Told::default();
    let clients: Vec<_> =
        (0..12).map(|n| tokio::spawn(hammer(config.clone(), credentials.clone(), n % 3 == 0, all.clone()))).collect();
    let Told { stop, dropped, done } = all;
    while done.load(Ordering::SeqCst) < 300 {
        tokio::task::yield_now().await;
    }
    stop.store(true, Ordering::SeqCst);
    let told = std::time::Instant::now();
    process.terminate();
    let code = tokio::task::spawn_blocking(move || process.ended_with()).await.unwrap();
    assert_eq!(code, Some(0));
    assert!(told.elapsed() <= Duration::from_secs(30), "{:?}", told.elapsed());
    for client in clients {
        client.await.unwrap();
    }
    assert_eq!(dropped.load(Ordering::SeqCst), 0, "of {} requests", done.load(Ordering::SeqCst));
}
