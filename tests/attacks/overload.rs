//! F6, Q1, Q4, Q5. More than there is room for.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use http_body_util::{BodyExt, Empty};
use hyper::body::Bytes;
use hyper_util::rt::{TokioExecutor, TokioIo};
use latchkey::config::{Config, Issuer};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::harness::{PASSWORD, Process, TestApp, free_port, latchkey};

/// The most memory that a process has had in use, in MiB.
fn peak(process: &Process) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", process.id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").trim().parse::<u64>().unwrap() / 1024
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f6_five_hundred_sign_ins_at_once_are_queued_or_refused_and_everything_else_goes_on() {
    let app = TestApp::beside_a_process().await;
    app.user("alice").await;
    let service = app.service().await;
    // As much memory for each hash as in earnest.
    let environment = [
        ("LATCHKEY__LOGIN__ADDRESS_BURST", "100000"),
        ("LATCHKEY__LOGIN__HASHING_AT_ONCE", "2"),
        ("LATCHKEY__LOGIN__HASHING_QUEUE", "16"),
    ];
    let process = Arc::new(Process::start(&app.app.config, &environment).await);
    let before = peak(&process);
    let address = [203, 0, 113, 7].into();
    let page = process.send(address, http::Request::get("/sign-in").body(axum::body::Body::empty()).unwrap()).await;
    let cookie = page.set_cookies()[0].split(';').next().unwrap().to_owned();
    let csrf = page.body.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let tasks: Vec<_> = (0..500)
        .map(|n| {
            let (process, cookie, csrf) = (Arc::clone(&process), cookie.clone(), csrf.clone());
            tokio::spawn(async move {
                let body = crate::harness::form_encode(&[
                    ("csrf", &csrf),
                    ("identifier", &format!("nobody{n}")),
                    ("password", PASSWORD),
                ]);
                let request = http::Request::post("/sign-in")
                    .header("content-type", "application/x-www-form-urlencoded")
                    .header("cookie", cookie);
                process.send(address, request.body(body.into()).unwrap()).await
            })
        })
        .collect();
    // In the meantime tokens are given as ever.
    let form = [("grant_type", "client_credentials"), ("client_id", service.id()), ("client_secret", service.secret())];
    for _ in 0..20 {
        assert_eq!(process.post("/token", &form).await.unwrap().0, 200);
    }
    let (mut tried, mut refused) = (0, 0);
    for task in tasks {
        let reply = task.await.unwrap();
        match reply.status.as_u16() {
            400 => tried += 1,
            503 => {
                assert_eq!(reply.header("retry-after"), Some("2"));
                refused += 1;
            }
            other => panic!("{other}: {}", reply.body),
        }
    }
    assert!(tried >= 18 && refused >= 50, "{tried} were tried, {refused} refused");
    let grown = peak(&process) - before;
    assert!(grown < 2 * 19 + 60, "two hashes at once and what 500 requests need: {grown} MiB");
}

/// Processor time that a process has used, in seconds.
fn processor(process: &Process) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", process.id())).unwrap();
    let fields: Vec<f64> =
        stat.rsplit_once(')').unwrap().1.split_whitespace().map(|it| it.parse().unwrap_or(0.0)).collect();
    // Fields 14 and 15, where the first after the name is 3; in ticks of 10 ms.
    (fields[11] + fields[12]) / 100.0
}

/// A server alone that trusts no proxy, with the metrics at a listener of their own.
struct Alone {
    process: Process,
    address: SocketAddr,
    metrics: String,
    _folder: tempfile::TempDir,
}

impl Alone {
    async fn start(environment: &[(&str, &str)]) -> Self {
        Self::start_by(latchkey, environment).await
    }

    async fn start_by(command: impl Fn(&Config) -> std::process::Command, environment: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut config = Config::for_test(Issuer::localhost(free_port()));
        config.data_dir = folder.path().to_owned();
        let (port, watching) = (config.issuer.port(), format!("127.0.0.1:{}", free_port()));
        let mut command = command(&config);
        command.env("LATCHKEY__METRICS__LISTEN", &watching);
        let mut process = Process::spawn(port, command, environment);
        process.ready().await;
        let address = ([127, 0, 0, 1], port).into();
        Self { process, address, metrics: format!("http://{watching}/metrics"), _folder: folder }
    }

    /// A connection from one of the addresses of this machine.
    async fn connect(&self, last: u8) -> std::io::Result<tokio::net::TcpStream> {
        let socket = tokio::net::TcpSocket::new_v4()?;
        socket.bind(([127, 0, 0, last], 0).into())?;
        socket.connect(self.address).await
    }

    /// Connections that have sent this much and no more.
    async fn held(&self, last: u8, count: usize, bytes: &[u8]) -> Vec<tokio::net::TcpStream> {
        let mut held = Vec::new();
        for _ in 0..count {
            let mut stream = self.connect(last).await.unwrap();
            // The server may have closed this connection already.
            let _ = stream.write_all(bytes).await;
            held.push(stream);
        }
        held
    }

    /// The status that GET of a path has for somebody at this address.
    async fn get(&self, last: u8, path: &str) -> String {
        let mut stream = self.connect(last).await.unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", self.host());
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        let read = tokio::time::timeout(Duration::from_secs(20), stream.read_to_end(&mut answer)).await;
        // A connection that finds no place is closed without an answer.
        let _ = read.expect("an answer or an end in time");
        String::from_utf8_lossy(&answer).chars().skip(9).take(3).collect()
    }

    /// Asks until this is the status; fails if that takes too long.
    async fn answers(&self, last: u8, path: &str, status: &str) {
        let began = std::time::Instant::now();
        while self.get(last, path).await != status {
            assert!(began.elapsed() < Duration::from_secs(20), "{path} for 127.0.0.{last}");
        }
    }

    fn host(&self) -> String {
        format!("localhost:{}", self.address.port())
    }

    /// The value of a series of the metrics.
    async fn metric(&self, series: &str) -> u64 {
        let text = self.process.text(&self.metrics).await;
        let line = text.lines().find_map(|line| line.strip_prefix(series));
        line.unwrap_or_else(|| panic!("{series} in {text}")).trim().parse().unwrap()
    }

    /// Waits until a series has reached this; fails if it takes too long.
    async fn reaches(&self, series: &str, least: u64) {
        let began = std::time::Instant::now();
        while self.metric(series).await < least {
            assert!(began.elapsed() < Duration::from_secs(60), "{series}: {}", self.metric(series).await);
            tokio::task::yield_now().await;
        }
    }
}

const UNREAD: &str = "latchkey_http_connections_ended_total{reason=\"unread\"}";
const SILENT: &str = "latchkey_http_connections_ended_total{reason=\"silent\"}";
const REFUSED: &str = "latchkey_http_connections_refused_total{taken=\"address\"}";
const DISPLACED: &str = "latchkey_http_connections_ended_total{reason=\"displaced\"}";
const OPEN: &str = "latchkey_http_connections ";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn q4_half_prefaces_from_four_addresses_leave_room_for_others_with_the_defaults() {
    let server = Alone::start(&[]).await;
    let mut held = Vec::new();
    for last in 2..6 {
        held.push(server.held(last, 1024, b"PRI ").await);
    }
    // Each address has its share; whoever came beyond it is on the way out.
    let began = std::time::Instant::now();
    while server.metric(OPEN).await > 4 * 512 + 64 {
        assert!(began.elapsed() < Duration::from_secs(5), "{}", server.metric(OPEN).await);
    }
    server.answers(7, "/sign-in", "200").await;
    server.answers(1, "/health/ready", "200").await;
    // Somebody behind one of the four is served, too.
    server.answers(2, "/sign-in", "200").await;
    // And nothing of it stays.
    server.reaches(SILENT, 4 * 500).await;
    drop(held);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn q1_an_address_that_opens_more_connections_than_it_may_loses_its_own_and_nobody_elses() {
    let limits = [("LATCHKEY__HTTP__CONNECTIONS_PER_ADDRESS", "8"), ("LATCHKEY__HTTP__CONNECTIONS", "16")];
    let server = Alone::start(&limits).await;
    let mut other = server.connect(2).await.unwrap();
    other.write_all(b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    let mut answer = [0; 12];
    other.read_exact(&mut answer).await.unwrap();
    // Each asks and is answered; the ninth takes the place of the first.
    let mut held = Vec::new();
    let began = std::time::Instant::now();
    while held.len() < 12 {
        let mut stream = server.connect(3).await.unwrap();
        let asked = stream.write_all(b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n").await;
        // One whose request may be on its way is not ended for another.
        if asked.is_ok() && stream.read_exact(&mut answer).await.is_ok() {
            assert_eq!(&answer[9..], b"200");
            held.push(stream);
        }
        assert!(began.elapsed() < Duration::from_secs(9), "the ninth is served: {}", held.len());
    }
    let mut rest = Vec::new();
    let closed = tokio::time::timeout(Duration::from_secs(5), held[0].read_to_end(&mut rest)).await;
    assert!(closed.is_ok(), "the one that was quiet longest is closed");
    other.write_all(b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    let mut rest = vec![0; 4096];
    assert!(other.read(&mut rest).await.unwrap() > 0, "another address keeps what it has");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn q4_when_all_places_are_taken_the_longest_quiet_goes_and_health_has_places_of_its_own() {
    let limits = [("LATCHKEY__HTTP__CONNECTIONS_PER_ADDRESS", "8"), ("LATCHKEY__HTTP__CONNECTIONS", "16")];
    let server = Alone::start(&limits).await;
    let mut quiet = Vec::new();
    for last in 2..6 {
        quiet.push(server.held(last, 8, b"PRI * HTTP/2.0\r\n").await);
    }
    // It takes the place of a quiet connection.
    server.answers(7, "/sign-in", "200").await;
    assert!(
        server.metric(DISPLACED).await > 0,
        "nobody had to wait until the silent ones had been silent for too long"
    );
    // Requests whose bodies never come take no place for good: somebody who asks gets one.
    let request = format!(
        "POST /token HTTP/1.1\r\nHost: {}\r\nContent-Length: 9\r\nContent-Type: application/x-www-form-urlencoded\r\n\r\n",
        server.host()
    );
    let mut busy = Vec::new();
    for last in 10..14 {
        busy.push(server.held(last, 8, request.as_bytes()).await);
    }
    while server.metric("latchkey_http_requests_in_flight ").await < 16 {
        busy.push(server.held(10 + (busy.len() % 4) as u8, 1, request.as_bytes()).await);
        assert!(busy.len() < 5000, "all places are taken");
    }
    server.answers(7, "/health/ready", "200").await;
    server.answers(7, "/sign-in", "200").await;
    assert!(server.process.text(&server.metrics).await.contains("latchkey_build_info"));
    drop((quiet, busy));
    server.answers(7, "/sign-in", "200").await;
}

/// Opens connections that send this much, from one address after the other, until told to stop; keeps the newest hundred.
async fn flood(server: Arc<Alone>, addresses: Vec<u8>, bytes: Vec<u8>, stop: Arc<AtomicBool>) {
    let mut held = std::collections::VecDeque::new();
    for address in addresses.iter().cycle() {
        if stop.load(Ordering::Relaxed) {
            return;
        }
        if let Ok(mut stream) = server.connect(*address).await {
            let _ = stream.write_all(&bytes).await;
            held.push_back(stream);
        }
        if held.len() > 100 {
            held.pop_front();
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn q4_health_is_served_whatever_silent_connections_and_bodies_that_never_come_take() {
    let limits = [("LATCHKEY__HTTP__CONNECTIONS_PER_ADDRESS", "8"), ("LATCHKEY__HTTP__CONNECTIONS", "16")];
    let server = Arc::new(Alone::start(&limits).await);
    let request = format!(
        "POST /token HTTP/1.1\r\nHost: {}\r\nContent-Length: 9\r\nContent-Type: application/x-www-form-urlencoded\r\n\r\n",
        server.host()
    );
    let stop = Arc::new(AtomicBool::new(false));
    let floods: Vec<_> = [((10..14).collect(), request.into_bytes()), (vec![20, 21], Vec::new())]
        .into_iter()
        .map(|(addresses, bytes)| tokio::spawn(flood(Arc::clone(&server), addresses, bytes, Arc::clone(&stop))))
        .collect();
    while server.metric(OPEN).await < 18 {
        tokio::task::yield_now().await;
    }
    let mut answered = 0;
    for _ in 0..40 {
        answered += usize::from(server.get(7, "/health/live").await == "200");
    }
    stop.store(true, Ordering::Relaxed);
    for task in floods {
        task.await.unwrap();
    }
    assert!(answered >= 38, "health was answered {answered} of 40 times");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn q4_the_listener_of_the_metrics_has_limits_too() {
    let server = Alone::start(&[("LATCHKEY__HTTP__HEADER_TIMEOUT", "1s")]).await;
    let watching: SocketAddr =
        server.metrics.trim_start_matches("http://").trim_end_matches("/metrics").parse().unwrap();
    let mut held = Vec::new();
    for _ in 0..200 {
        let mut stream = tokio::net::TcpStream::connect(watching).await.unwrap();
        let _ = stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: x").await;
        held.push(stream);
    }
    // It takes the place of one of them.
    let began = std::time::Instant::now();
    loop {
        let mut stream = tokio::net::TcpStream::connect(watching).await.unwrap();
        let asked = stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await;
        let mut answer = String::new();
        if asked.is_ok() && stream.read_to_string(&mut answer).await.is_ok() && answer.starts_with("HTTP/1.1 200") {
            break;
        }
        assert!(began.elapsed() < Duration::from_secs(20), "who watches is served");
    }
    server.reaches(REFUSED, 100).await;
    for stream in &mut held {
        let closed = tokio::time::timeout(Duration::from_secs(20), stream.read(&mut [0; 64])).await;
        assert!(closed.is_ok(), "it is closed in time");
    }
}

/// The shortest times that there are.
const SHORT: [(&str, &str); 3] = [
    ("LATCHKEY__HTTP__HEADER_TIMEOUT", "2s"),
    ("LATCHKEY__HTTP__BODY_TIMEOUT", "2s"),
    ("LATCHKEY__HTTP__REQUEST_TIMEOUT", "2s"),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn q4_answers_that_nobody_reads_are_few_and_their_connections_end() {
    let server = Alone::start(&SHORT).await;
    let before = peak(&server.process);
    for path in ["/sign-in", "/brand.css"] {
        let ended = server.metric(UNREAD).await;
        let request = format!("GET {path} HTTP/1.1\r\nHost: {}\r\n\r\n", server.host()).repeat(3000);
        let mut held = Vec::new();
        for n in 0..64 {
            let mut stream = server.connect(2 + n % 4).await.unwrap();
            let request = request.clone();
            held.push(tokio::spawn(async move {
                // Until the server takes no more, and then until it has had enough.
                loop {
                    if stream.write_all(request.as_bytes()).await.is_err() {
                        return;
                    }
                }
            }));
        }
        server.answers(7, "/sign-in", "200").await;
        server.reaches(UNREAD, ended + 64).await;
        for task in held {
            task.await.unwrap();
        }
    }
    server.answers(2, "/sign-in", "200").await;
    let grown = peak(&server.process) - before;
    assert!(grown < 120, "{grown} MiB");
}

/// The beginning of an HTTP/2 connection with this window for each answer.
fn preface(window: u32) -> Vec<u8> {
    let mut bytes = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\x06\x04\0\0\0\0\0\0\x04".to_vec();
    bytes.extend(window.to_be_bytes());
    bytes
}

/// GET of a path as a stream of its own.
fn stream(host: &str, id: u32, path: &str) -> Vec<u8> {
    let mut block = vec![0x82, 0x86, 0x04, path.len() as u8];
    block.extend(path.bytes());
    block.extend([0x01, host.len() as u8]);
    block.extend(host.bytes());
    let mut bytes = vec![0, 0, block.len() as u8, 0x01, 0x05];
    bytes.extend(id.to_be_bytes());
    bytes.extend(&block);
    bytes
}

/// An HTTP/2 connection that asks for all of these at once.
fn asking<'a>(host: &str, window: u32, paths: impl Iterator<Item = &'a str>) -> Vec<u8> {
    let mut bytes = preface(window);
    for (number, path) in (0..).zip(paths) {
        bytes.extend(stream(host, number * 2 + 1, path));
    }
    bytes
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn q4_a_client_that_reads_nothing_ends_whatever_streams_it_resets() {
    let server = Alone::start(&SHORT).await;
    let mut connection = server.connect(2).await.unwrap();
    connection.write_all(&asking(&server.host(), 0, std::iter::repeat_n("/sign-in", 90))).await.unwrap();
    let (mut reading, mut writing) = connection.into_split();
    let ended = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&ended);
    let reader = tokio::spawn(async move {
        while reading.read(&mut [0; 4096]).await.is_ok_and(|count| count > 0) {}
        seen.store(true, Ordering::Relaxed);
    });
    // One is given up and another begun each half of the time that an answer may wait.
    let (mut next, mut ticks) = (0, tokio::time::interval(Duration::from_secs(1)));
    while !ended.load(Ordering::Relaxed) {
        ticks.tick().await;
        let mut bytes = vec![0, 0, 4, 0x03, 0];
        bytes.extend((next * 2 + 1_u32).to_be_bytes());
        bytes.extend(8_u32.to_be_bytes());
        bytes.extend(stream(&server.host(), 181 + next * 2, "/sign-in"));
        let _ = writing.write_all(&bytes).await;
        next += 1;
        assert!(next < 12, "it is alive after {next} s");
    }
    reader.await.unwrap();
    assert_eq!(server.metric(UNREAD).await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn q4_whoever_leaves_most_unread_ends_and_not_a_neighbour_who_reads() {
    let server = Alone::start(&[]).await;
    let bytes = asking(&server.host(), 0, std::iter::repeat_n("/sign-in", 100));
    let mut honest = Vec::new();
    for _ in 0..4 {
        let connection = server.connect(2).await.unwrap();
        let builder = hyper::client::conn::http2::Builder::new(TokioExecutor::new());
        let (sender, driver) = builder.handshake::<_, Empty<Bytes>>(TokioIo::new(connection)).await.unwrap();
        tokio::spawn(driver);
        honest.push(sender);
    }
    let mut held = Vec::new();
    let url = format!("http://{}/sign-in", server.host());
    // Each asks for some 300 KiB; the address may leave 4 MiB unread.
    while server.metric(UNREAD).await < 10 {
        held.extend(server.held(2, 2, &bytes).await);
        for sender in &mut honest {
            let answer = sender.send_request(http::Request::get(&url).body(Empty::new()).unwrap()).await;
            let answer = answer.expect("whoever reads is answered");
            assert_eq!(answer.status(), 200);
            answer.into_body().collect().await.expect("as a whole");
        }
        assert!(held.len() < 200, "the address has its limit");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn q4_windows_that_stay_shut_hold_little_and_not_for_long() {
    // A logo as large as there may be.
    let folder = tempfile::tempdir().unwrap();
    let logo = folder.path().join("logo.svg");
    std::fs::write(&logo, format!("<svg>{}</svg>", " ".repeat(255 * 1024))).unwrap();
    let logo = [("LATCHKEY__PAGES__LOGO", logo.to_str().unwrap())];
    let environment: Vec<_> = SHORT.into_iter().chain(logo).collect();
    for window in [0_u32, 1] {
        let server = Alone::start(&environment).await;
        let before = peak(&server.process);
        let paths = ["/brand-logo", "/sign-in"].into_iter().cycle().take(100);
        let bytes = asking(&server.host(), window, paths);
        let mut held = Vec::new();
        for last in 2..6 {
            held.push(server.held(last, 10, &bytes).await);
        }
        server.answers(7, "/sign-in", "200").await;
        server.reaches(UNREAD, 40).await;
        let grown = peak(&server.process) - before;
        assert!(grown < 150, "a window of {window}: {grown} MiB");
        while server.metric(OPEN).await > 10 {
            tokio::task::yield_now().await;
        }
        drop(held);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn q1_connections_that_sent_one_byte_take_no_processor_time() {
    let server = Alone::start(&[("LATCHKEY__HTTP__HEADER_TIMEOUT", "4s")]).await;
    let mut held = Vec::new();
    for last in 2..6 {
        held.extend(server.held(last, 250, b"P").await);
    }
    let (began, before) = (std::time::Instant::now(), processor(&server.process));
    // They stay until the server has waited long enough.
    for mut stream in held {
        drop(stream.read(&mut [0; 1]).await);
    }
    let (wall, used) = (began.elapsed().as_secs_f64(), processor(&server.process) - before);
    assert!(used < wall * 0.15, "{used} s of {wall} s");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn q5_connections_are_fitted_to_the_files_that_the_system_allows() {
    let limited = |config: &Config| {
        let serving = latchkey(config);
        let mut command = std::process::Command::new("sh");
        // The soft limit is lower still, and is raised.
        command.args(["-c", "ulimit -Sn 100 && ulimit -Hn 400 && exec \"$0\" \"$@\""]).arg(serving.get_program());
        command.env_clear().envs(serving.get_envs().filter_map(|(name, value)| Some((name, value?))));
        command
    };
    let server = Alone::start_by(limited, &[("LATCHKEY__HTTP__CONNECTIONS_PER_ADDRESS", "90")]).await;
    let mut held = Vec::new();
    for last in 2..8 {
        held.push(server.held(last, 80, b"PRI ").await);
    }
    server.answers(8, "/sign-in", "200").await;
    assert!(server.metric(OPEN).await < 120);
    let log = server.process.stopped();
    assert_eq!(log.matches("http.connections is 98 here").count(), 1, "{log}");
    assert_eq!(log.matches("a connection could not be taken").count(), 0, "{log}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn q5_without_descriptors_the_longest_quiet_connection_goes_and_the_log_stays_short() {
    use rustix::process::{Pid, Resource, Rlimit, prlimit};
    let server = Alone::start(&[]).await;
    server.answers(9, "/sign-in", "200").await;
    let files = std::fs::read_dir(format!("/proc/{}/fd", server.process.id())).unwrap().count() as u64;
    let allow = |now: u64| {
        let limit = Rlimit { current: Some(now), maximum: Some(files + 10) };
        prlimit(Pid::from_raw(i32::try_from(server.process.id()).unwrap()), Resource::Nofile, limit).unwrap();
    };
    // Somebody waits, and nobody is there who could go: that is no reason to turn in circles.
    allow(10);
    let mut waiting = server.connect(9).await.unwrap();
    let before = processor(&server.process);
    let answer = tokio::time::timeout(Duration::from_secs(3), waiting.read(&mut [0; 1])).await;
    let used = processor(&server.process) - before;
    assert!(answer.is_err() && used < 0.5, "{answer:?}, {used} s of 3 s");
    drop(waiting);
    allow(files + 10);
    let before = processor(&server.process);
    let held = server.held(2, 200, b"PRI ").await;
    server.answers(9, "/sign-in", "200").await;
    let used = processor(&server.process) - before;
    assert!(used < 5.0, "{used} s");
    drop(held);
    let log = server.process.stopped();
    let told = log.matches("a connection could not be taken").count();
    assert!((1..=4).contains(&told), "{told} lines: {log}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_floods_does_not_keep_others_from_being_served() {
    let app = TestApp::beside_a_process().await;
    let (loud, quiet) = (app.service().await, app.service().await);
    let process = Arc::new(Process::start(&app.app.config, &[]).await);
    let stop = Arc::new(AtomicBool::new(false));
    let floods: Vec<_> = (0..100)
        .map(|_| {
            let (process, stop) = (Arc::clone(&process), Arc::clone(&stop));
            let (id, secret) = (loud.id().to_owned(), loud.secret().to_owned());
            tokio::spawn(async move {
                let form = [("grant_type", "client_credentials"), ("client_id", &*id), ("client_secret", &*secret)];
                let mut served = 0;
                while !stop.load(Ordering::SeqCst) {
                    let status = process.post("/token", &form).await.unwrap().0;
                    assert!(status == 200 || status == 503, "{status}");
                    served += 1;
                }
                served
            })
        })
        .collect();
    let form = [("grant_type", "client_credentials"), ("client_id", quiet.id()), ("client_secret", quiet.secret())];
    for _ in 0..30 {
        assert_eq!(process.post("/token", &form).await.unwrap().0, 200);
    }
    stop.store(true, Ordering::SeqCst);
    let mut served = 0;
    for flood in floods {
        served += flood.await.unwrap();
    }
    assert!(served > 300, "there was a flood: {served}");
}
