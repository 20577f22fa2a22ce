//! F6, Q1, Q4, Q5. More than there is room for.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use latchkey::config::Config;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::harness::{Alone, DISPLACED, OPEN, PASSWORD, Process, REFUSED, SILENT, TestApp, latchkey, peak, processor};

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
    assert_eq!(log.matches("a connection could not be accepted").count(), 0, "{log}");
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
    let told = log.matches("a connection could not be accepted").count();
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
