//! `latchkey health`, by which containers and operators ask whether the server of a configuration can serve.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::process::Output;

use latchkey::config::Config;

use crate::harness::{Process, TestApp, latchkey, run};

fn health(config: &Config, args: &[&str], env: &[(&str, &str)]) -> Output {
    run(latchkey(config).arg("health").args(args).envs(env.iter().copied()))
}

fn said(text: &[u8]) -> &str {
    std::str::from_utf8(text).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_ready_is_healthy_and_one_that_has_stopped_is_not() {
    let app = TestApp::beside_a_process().await;
    let config = &app.app.config;
    let mut process = Process::start(config, &[]).await;
    let asked = health(config, &[], &[]);
    assert_eq!(asked.status.code(), Some(0), "{}", said(&asked.stderr));
    let address = format!("127.0.0.1:{}", config.issuer.port());
    let redis = if config.ephemeral.redis_url.is_some() { ", redis ok" } else { "" };
    assert_eq!(said(&asked.stdout), format!("Ready at {address}: database ok{redis}.\n"));
    assert_eq!(said(&asked.stderr), "");

    let asked = health(config, &["--json"], &[]);
    let found: serde_json::Value = serde_json::from_slice(&asked.stdout).unwrap();
    assert_eq!((&found["ready"], found["address"].as_str()), (&true.into(), Some(address.as_str())));
    assert_eq!(found["answer"]["database"], "ok");

    process.terminate();
    assert_eq!(process.ended_with(), Some(0));
    let asked = health(config, &[], &[]);
    assert_eq!(asked.status.code(), Some(1));
    assert_eq!(said(&asked.stdout), "");
    assert!(said(&asked.stderr).starts_with(&format!("Not ready: no answer from {address}")), "{asked:?}");
}

#[tokio::test]
async fn what_is_no_latchkey_is_not_healthy() {
    let app = TestApp::new().await;
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let other = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = [0; 1024];
        let length = stream.read(&mut request).unwrap();
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").unwrap();
        String::from_utf8_lossy(&request[..length]).into_owned()
    });
    let asked = health(&app.app.config, &[], &[("LATCHKEY__HTTP__LISTEN", &address)]);
    assert_eq!(asked.status.code(), Some(1));
    assert!(said(&asked.stderr).contains("is not Latchkey"), "{asked:?}");
    assert!(other.join().unwrap().starts_with("GET /health/ready HTTP/1.1\r\n"));
}

#[tokio::test]
async fn who_does_not_answer_in_time_is_not_healthy() {
    let app = TestApp::new().await;
    // Takes the connection, by the backlog, and says nothing.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = silent.local_addr().unwrap().to_string();
    let asked = health(&app.app.config, &["--timeout", "50ms"], &[("LATCHKEY__HTTP__LISTEN", &address)]);
    assert_eq!(asked.status.code(), Some(1));
    assert_eq!(said(&asked.stderr), format!("Not ready: no answer from {address} within 50ms\n"));
}
