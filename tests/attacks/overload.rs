//! F6, Q1. More than there is room for.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::harness::{PASSWORD, Process, TestApp};

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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn q1_an_address_that_opens_more_connections_than_it_may_leaves_room_for_others() {
    let app = TestApp::beside_a_process().await;
    let port = app.app.config.issuer.port();
    let limit = [
        ("LATCHKEY__HTTP__CONNECTIONS_PER_ADDRESS", "8"),
        ("LATCHKEY__HTTP__CONNECTIONS", "16"),
        // Here the client is not behind the proxy that the other tests play.
        ("LATCHKEY__HTTP__TRUSTED_PROXIES", "192.0.2.1"),
    ];
    let process = Process::start(&app.app.config, &limit).await;
    let address: SocketAddr = ([127, 0, 0, 1], port).into();
    let held = tokio::task::spawn_blocking(move || {
        // Kept connections of the process's own client may be among the eight.
        let mut held: Vec<TcpStream> = Vec::new();
        let closed = (0..40).any(|_| {
            let mut stream = TcpStream::connect(address).unwrap();
            stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
            let asked = stream.write_all(b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n");
            let mut answer = [0; 12];
            let answered = asked.and_then(|()| stream.read_exact(&mut answer)).is_ok();
            held.push(stream);
            !answered
        });
        assert!(closed, "the ninth is closed");
        assert!(held.len() <= 9, "{}", held.len());
        held
    })
    .await
    .unwrap();
    // Another address of this machine is served.
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind(([127, 0, 0, 2], 0).into()).unwrap();
    let mut stream = socket.connect(address).await.unwrap();
    stream.write_all(b"GET /health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    drop((held, process));
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
