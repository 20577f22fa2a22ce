//! What the operator and monitoring are told: metrics, the log, traces.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};

use crate::harness::{PASSWORD, Process, TestApp, free_port, latchkey, seconds};

#[tokio::test]
async fn what_is_counted_begins_at_zero_so_that_the_first_theft_is_an_increase() {
    let app = TestApp::new().await;
    let text = app.app.metrics.text(&app.app.watched()).unwrap();
    for name in [
        "latchkey_replays_total{kind=\"authorization_code\"}",
        "latchkey_replays_total{kind=\"refresh_token\"}",
        "latchkey_sign_ins_total{method=\"password\",outcome=\"done\"}",
        "latchkey_sign_ins_total{method=\"password\",outcome=\"refused\"}",
        "latchkey_sign_ins_total{method=\"password\",outcome=\"throttled\"}",
        "latchkey_sign_ins_total{method=\"password\",outcome=\"limited\"}",
        "latchkey_tokens_issued_total{grant_type=\"authorization_code\"}",
        "latchkey_tokens_issued_total{grant_type=\"client_credentials\"}",
        "latchkey_tokens_issued_total{grant_type=\"refresh_token\"}",
        "latchkey_http_failures_total{status=\"500\"}",
        "latchkey_http_failures_total{status=\"503\"}",
        "latchkey_hashing_total{outcome=\"refused\"}",
        "latchkey_redis_requests_total{outcome=\"failed\"}",
        "latchkey_job_runs_total{job=\"keys\",outcome=\"failed\"}",
        "latchkey_job_runs_total{job=\"clean\",outcome=\"failed\"}",
        "latchkey_database_acquire_timeouts_total",
    ] {
        assert_eq!(value(&text, name), 0.0, "{name} in\n{text}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_a_log_of_json_standard_output_is_json_too() {
    let app = TestApp::beside_a_process().await;
    let mut command = latchkey(&app.app.config);
    let command = command.arg("serve").env("LATCHKEY__LOG__FORMAT", "json");
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut output = String::new();
    let mut lines = BufReader::new(child.stdout.take().unwrap());
    lines.read_line(&mut output).unwrap();
    let address = format!("127.0.0.1:{}", app.app.config.issuer.port());
    for path in ["/health/live", "/static/x/y"] {
        let mut stream = TcpStream::connect(&address).unwrap();
        let host = app.app.config.issuer.authority();
        write!(stream, "GET {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n").unwrap();
        stream.read_to_end(&mut Vec::new()).unwrap();
    }
    assert!(Command::new("kill").arg(child.id().to_string()).status().unwrap().success());
    lines.read_to_string(&mut output).unwrap();
    let mut log = String::new();
    child.stderr.take().unwrap().read_to_string(&mut log).unwrap();
    assert!(child.wait().unwrap().success(), "{log}");
    let objects = |text: &str| -> Vec<serde_json::Value> {
        text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("no object: {line}"))).collect()
    };
    let (told, logged) = (objects(&output), objects(&log));
    assert_eq!(told.len(), 2, "that it serves and that it has stopped: {output}");
    assert_eq!(told[0]["issuer"], app.issuer());
    assert!(told[0]["first_password_link"].as_str().is_some_and(|link| link.contains("/set-password?")), "{output}");
    let requests: Vec<_> = logged.iter().filter(|line| line["message"] == "request").collect();
    // That it lives is asked all the time; that there is no such file is a refusal.
    assert_eq!(requests.len(), 1, "{log}");
    assert_eq!(requests[0]["reason"], "there is no such file");
}

/// The value of a metric with these labels.
fn value(text: &str, name: &str) -> f64 {
    let line = text.lines().find(|line| line.starts_with(name) && line[name.len()..].starts_with(' '));
    line.unwrap_or_else(|| panic!("no {name} in\n{text}")).rsplit(' ').next().unwrap().parse().unwrap()
}

#[tokio::test]
async fn metrics_count_what_happens_by_names_that_are_few() {
    let app = TestApp::new().await;
    let rp = app.spa().await;
    let tokens = rp.tokens_of("alice").await;
    let next = rp.refresh(tokens.refresh()).await.tokens();
    rp.refresh(next.refresh()).await.tokens();
    app.clock.advance(seconds(31));
    rp.refresh(tokens.refresh()).await.error("invalid_grant");
    let mut browser = app.browser();
    let form = browser.get("/sign-in").await.form().fill("identifier", "alice").fill("password", "not the right one");
    form.submit(&mut browser).await;
    app.get("/nobody/knows/this").await.expect(404);
    latchkey::server::jobs::remove_expired(&app.app).await.unwrap();

    let text = app.app.metrics.text(&app.app.watched()).unwrap();
    for (name, least) in [
        ("latchkey_tokens_issued_total{grant_type=\"authorization_code\"}", 1.0),
        ("latchkey_tokens_issued_total{grant_type=\"refresh_token\"}", 2.0),
        ("latchkey_replays_total{kind=\"refresh_token\"}", 1.0),
        ("latchkey_sign_ins_total{method=\"password\",outcome=\"done\"}", 1.0),
        ("latchkey_sign_ins_total{method=\"password\",outcome=\"refused\"}", 1.0),
        ("latchkey_http_requests_total{method=\"POST\",route=\"/token\",status=\"200\"}", 3.0),
        ("latchkey_http_requests_total{method=\"POST\",route=\"/token\",status=\"400\"}", 1.0),
        ("latchkey_http_requests_total{method=\"GET\",route=\"-\",status=\"404\"}", 1.0),
        ("latchkey_http_request_duration_seconds_count{route=\"/token\"}", 4.0),
        ("latchkey_http_requests_in_flight", 0.0),
        ("latchkey_hashing_running", 0.0),
    ] {
        assert_eq!(value(&text, name), least, "{name} in\n{text}");
    }
    assert!(value(&text, "latchkey_hashing_total{outcome=\"done\"}") >= 2.0);
    assert!(value(&text, "latchkey_database_acquired_total") >= 10.0);
    assert!(value(&text, "process_resident_memory_bytes") > 1e6);
    assert!(!text.contains("nobody") && !text.contains("alice"), "what was sent is not told: {text}");
    assert!(text.ends_with("# EOF\n"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn metrics_and_health_have_a_listener_of_their_own() {
    let app = TestApp::beside_a_process().await;
    let port = free_port();
    let listen = format!("127.0.0.1:{port}");
    let process = Process::start(&app.app.config, &[("LATCHKEY__METRICS__LISTEN", &listen)]).await;
    assert_eq!(process.get("/metrics").await.unwrap().0, 404, "not where people and applications come");
    let text = process.text(&format!("http://{listen}/metrics")).await;
    assert!(value(&text, "latchkey_http_requests_total{method=\"GET\",route=\"-\",status=\"404\"}") >= 1.0);
    assert!(process.text(&format!("http://{listen}/health/ready")).await.contains("\"ready\""));
    assert!(process.text(&format!("http://{listen}/health/live")).await.contains("live"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_line_that_is_logged_for_a_request_names_it() {
    let app = TestApp::beside_a_process().await;
    let environment = [("LATCHKEY__LOG__FORMAT", "json"), ("LATCHKEY__LOG__LEVEL", "debug")];
    let process = Process::start(&app.app.config, &environment).await;
    let request = http::Request::post("/token").header("content-type", "application/x-www-form-urlencoded");
    let body = format!("grant_type=password&username=alice&password={}", PASSWORD.replace(' ', "+"));
    let reply = process.send([203, 0, 113, 7].into(), request.body(body.into()).unwrap()).await;
    let id = reply.header("x-request-id").unwrap().to_owned();
    let log = process.stopped();
    let lines: Vec<serde_json::Value> =
        log.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("not JSON: {line}"))).collect();
    // The request came through what claims to be a proxy, which is warned of once and no part of what is looked at here.
    let said = |line: &&serde_json::Value| line["span"]["id"] == id.as_str() && line["level"] != "WARN";
    let own: Vec<_> = lines.iter().filter(said).collect();
    assert_eq!(own.len(), 1, "one line says what came and why it was refused: {log}");
    assert!(own.iter().all(|line| line["span"]["route"] == "/token"), "{log}");
    let ended = own.iter().find(|line| line["message"] == "request").unwrap();
    assert_eq!((ended["status"].as_u64(), ended["level"].as_str()), (Some(reply.status.as_u16().into()), Some("INFO")));
    assert!(ended["span"]["status"].is_null(), "the status is there once: {ended}");
    assert!(ended["reason"].as_str().unwrap().contains("client"), "{ended}");
    assert!(!log.contains("five") && !log.contains("alice"), "{log}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_collector_of_opentelemetry_is_told_of_each_request_and_of_nothing_in_it() {
    let app = TestApp::beside_a_process().await;
    let collector = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}/v1/traces", collector.local_addr().unwrap());
    // OTLP over HTTP: a POST whose body is a protobuf, in which text is as it is.
    let told = tokio::task::spawn_blocking(move || {
        let mut told = Vec::new();
        while !told.windows(6).any(|part| part == b"/token") {
            let (mut stream, _) = collector.accept().unwrap();
            let mut bytes = Vec::new();
            let mut buffer = [0; 4096];
            loop {
                let read = stream.read(&mut buffer).unwrap();
                bytes.extend_from_slice(&buffer[..read]);
                let text = String::from_utf8_lossy(&bytes).into_owned();
                let Some((head, _)) = text.split_once("\r\n\r\n") else { continue };
                let head = head.to_ascii_lowercase();
                let length = head.split("content-length: ").nth(1).and_then(|rest| rest.split("\r\n").next());
                let length: usize = length.unwrap().parse().unwrap();
                let begins = bytes.windows(4).position(|part| part == b"\r\n\r\n").unwrap() + 4;
                if bytes.len() >= begins + length || read == 0 {
                    break;
                }
            }
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").unwrap();
            told.extend(bytes);
        }
        String::from_utf8_lossy(&told).into_owned()
    });
    let environment = [("LATCHKEY__TRACES__OTLP_ENDPOINT", endpoint.as_str()), ("OTEL_BSP_SCHEDULE_DELAY", "100")];
    let process = Process::start(&app.app.config, &environment).await;
    let form = [("grant_type", "refresh_token"), ("refresh_token", "lk_rt_secret"), ("client_id", "somebody")];
    let answer = process.post("/token", &form).await.unwrap();
    // Before the status is judged: the collector waits for the request, and a test that fails must not wait for the collector.
    let told = told.await.unwrap();
    assert_eq!(answer.0, 400);
    for word in ["latchkey", "request", "/token", "POST"] {
        assert!(told.contains(word), "{word} in {told}");
    }
    for word in ["lk_rt", "somebody"] {
        assert!(!told.contains(word), "{word} in {told}");
    }
    drop(process);
}
