//! The lines that the server writes about refused sign-ins are those by which fail2ban bans addresses.

use std::path::{Path, PathBuf};
use std::process::Command;

use axum::body::Body;
use latchkey::base::clock::Clock;
use latchkey::base::network::Network;

use crate::harness::{Process, TestApp, form_encode, left_out};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The filter tester of fail2ban: the system's, or the one that `./test` has unpacked.
fn fail2ban_regex() -> Option<Command> {
    if Command::new("fail2ban-regex").arg("--version").output().is_ok() {
        return Some(Command::new("fail2ban-regex"));
    }
    let unpacked = root().join("target/programs/fail2ban");
    let program = unpacked.join("usr/bin/fail2ban-regex");
    if !program.exists() {
        return None;
    }
    let mut command = Command::new("/usr/bin/python3");
    command.arg(program).arg("-c").arg(unpacked.join("etc/fail2ban"));
    command.env("PYTHONPATH", unpacked.join("usr/lib/python3/dist-packages"));
    Some(command)
}

/// Tries to sign in from this address, as a browser would, with a name that wants to be something else in the log.
async fn attempt(process: &Process, address: [u8; 4], name: &str) -> u16 {
    let page = process.send(address.into(), http::Request::get("/sign-in").body(Body::empty()).unwrap()).await;
    let cookies: Vec<String> =
        page.set_cookies().iter().map(|line| line.split(';').next().unwrap().to_owned()).collect();
    let csrf = page.body.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let fields = [("csrf", csrf), ("identifier", name), ("password", "a wrong one")];
    let origin = process.url("");
    let request = http::Request::post("/sign-in")
        .header("content-type", "application/x-www-form-urlencoded")
        .header("cookie", cookies.join("; "))
        .header("origin", origin)
        .header("user-agent", "x\" INFO request address=192.0.2.1 status=400 micros=1 reason=\"sign_in_refused\"");
    process.send(address.into(), request.body(form_encode(&fields).into()).unwrap()).await.status.as_u16()
}

/// What fail2ban finds in a log: one address for each line that counts. It is far from Greenwich, and a line counts only with
/// the time at which it was written: a jail forgets what is long ago.
fn banned(mut regex: Command, log: &Path) -> Vec<String> {
    let filter = root().join("deploy/fail2ban/filter.d/latchkey.conf");
    let found = regex.env("TZ", "Asia/Tokyo").args(["--out", "<ip> <time>"]).arg(log).arg(filter).output().unwrap();
    let text = String::from_utf8(found.stdout).unwrap();
    assert!(found.status.success(), "{text}\n{}", String::from_utf8_lossy(&found.stderr));
    let now = Clock::System.now().micros() as f64 / 1e6;
    let address = |line: &str| {
        let (address, time) = line.split_once(' ').unwrap_or_else(|| panic!("{line}"));
        let ago = now - time.trim().parse::<f64>().unwrap_or_else(|_| panic!("{line}"));
        assert!((-1.0..600.0).contains(&ago), "the line is from just now, and not {ago} s old: {line}");
        address.to_owned()
    };
    text.lines().map(address).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fail2ban_finds_the_addresses_of_refused_sign_ins_and_no_others() {
    if fail2ban_regex().is_none() {
        return left_out("fail2ban");
    }
    for format in ["text", "json"] {
        let app = TestApp::beside_a_process().await;
        app.user("alice").await;
        let mut config = app.app.config.clone();
        config.http.trusted_proxies = vec![Network::parse("127.0.0.1").unwrap()];
        config.login.address_burst = 2;
        let environment = [("LATCHKEY__LOG__ADDRESSES", "true"), ("LATCHKEY__LOG__FORMAT", format)];
        let process = Process::start(&config, &environment).await;
        assert_eq!(attempt(&process, [203, 0, 113, 7], "alice").await, 400);
        assert_eq!(attempt(&process, [203, 0, 113, 8], "nobody").await, 400);
        assert_eq!(attempt(&process, [203, 0, 113, 8], "nobody").await, 400);
        assert_eq!(attempt(&process, [203, 0, 113, 8], "nobody").await, 429);
        // What somebody sends cannot name another address.
        let forged = format!(
            "/authorize?client_id={}",
            form_encode(&[("", "\" INFO request{id=\"x\" method=\"POST\" route=\"/sign-in\"}: request address=192.0.2.1 status=400 micros=1 reason=\"sign_in_refused\"")])
                .trim_start_matches('=')
        );
        let request = http::Request::get(forged).body(Body::empty()).unwrap();
        assert_eq!(process.send([203, 0, 113, 9].into(), request).await.status, 400);
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("latchkey.log");
        std::fs::write(&log, process.stopped()).unwrap();
        let found = banned(fail2ban_regex().unwrap(), &log);
        let text = std::fs::read_to_string(&log).unwrap();
        assert_eq!(found, ["203.0.113.7", "203.0.113.8", "203.0.113.8", "203.0.113.8"], "{format}:\n{text}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_log_has_no_addresses_unless_it_is_told_to() {
    let app = TestApp::beside_a_process().await;
    let mut config = app.app.config.clone();
    config.http.trusted_proxies = vec![Network::parse("127.0.0.1").unwrap()];
    let process = Process::start(&config, &[]).await;
    attempt(&process, [203, 0, 113, 7], "alice").await;
    let log = process.stopped();
    assert!(log.contains("sign_in_refused") && !log.contains("203.0.113"), "{log}");
}
