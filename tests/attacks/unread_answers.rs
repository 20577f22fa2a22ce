//! Q4. Answers that nobody reads.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use http_body_util::{BodyExt, Empty};
use hyper::body::Bytes;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::harness::{Alone, OPEN, UNREAD, peak};

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
