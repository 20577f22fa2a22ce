//! `latchkey health`: asks the server of this configuration whether it can serve.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use anyhow::Context;
use hyper::StatusCode;
use rustls::pki_types::ServerName;
use serde_json::{Value, json};
use tokio::net::TcpStream;

use crate::commands::ask::{Question, Way, send};
use crate::commands::{Failure, Outcome, Output};
use crate::config::Config;

/// Asks the server, and reports the result.
pub(super) async fn ask(config: &Config, timeout: Duration) -> Outcome {
    let address = reachable(config.listen());
    let answered = tokio::time::timeout(timeout, ready(config, address));
    let (status, body) = match answered.await {
        Ok(answer) => answer.with_context(|| format!("Not ready: no answer from {address}"))?,
        Err(_) => return Err(Failure::Failed(format!("Not ready: no answer from {address} within {timeout:?}"))),
    };
    judge(address, status, &body)
}

/// The address under which a server that listens here is reachable from this machine.
fn reachable(listens: SocketAddr) -> SocketAddr {
    let ip = match listens.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, listens.port())
}

async fn ready(config: &Config, address: SocketAddr) -> anyhow::Result<(StatusCode, Value)> {
    let way = Way {
        // Any certificate will do: it is issued for the public name and not for this address, nothing secret is sent, and an
        // expired certificate is no reason to restart the server.
        tls: config.tls.certificate_file.is_some().then(|| ServerName::from(address.ip())),
        proxy_protocol: config.http.proxy_protocol,
    };
    let question = Question { host: config.issuer.authority(), path: "/health/ready", headers: &[] };
    let answer = send(TcpStream::connect(address).await?, way, question).await?;
    Ok((answer.status, answer.body))
}

fn judge(address: SocketAddr, status: StatusCode, body: &Value) -> Outcome {
    let told = ["database", "redis"].into_iter().filter_map(|part| Some(format!("{part} {}", body[part].as_str()?)));
    let told = told.collect::<Vec<_>>().join(", ");
    match (status, body["status"].as_str()) {
        (StatusCode::OK, Some("ready")) => {
            let data = json!({ "ready": true, "address": address, "answer": body });
            Ok(Output::new(format!("Ready at {address}: {told}."), &data))
        }
        (_, Some("not ready")) => Err(Failure::Failed(format!("Not ready at {address}: {told}."))),
        _ => Err(Failure::Failed(format!("Not ready: the server at {address} is not Latchkey (status {status})."))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(address: &str) -> SocketAddr {
        address.parse().unwrap()
    }

    #[test]
    fn a_server_on_every_address_is_asked_on_loopback() {
        assert_eq!(reachable(at("0.0.0.0:8080")), at("127.0.0.1:8080"));
        assert_eq!(reachable(at("[::]:8080")), at("[::1]:8080"));
        assert_eq!(reachable(at("10.1.2.3:443")), at("10.1.2.3:443"));
    }

    #[test]
    fn what_is_wrong_is_told() {
        let judged = |status, body: Value| match judge(at("127.0.0.1:8080"), status, &body) {
            Ok(output) => (0, output.text),
            Err(Failure::Failed(text)) => (1, text),
            Err(other) => panic!("{other:?}"),
        };
        assert_eq!(
            judged(StatusCode::OK, json!({ "status": "ready", "database": "ok", "redis": "unavailable" })),
            (0, "Ready at 127.0.0.1:8080: database ok, redis unavailable.".to_owned())
        );
        assert_eq!(
            judged(StatusCode::SERVICE_UNAVAILABLE, json!({ "status": "not ready", "database": "unavailable" })),
            (1, "Not ready at 127.0.0.1:8080: database unavailable.".to_owned())
        );
        for (status, body) in [
            (StatusCode::OK, Value::Null),
            (StatusCode::NOT_FOUND, json!({ "error": "not_found" })),
            (StatusCode::SERVICE_UNAVAILABLE, json!({ "status": "ready" })),
        ] {
            let (code, text) = judged(status, body);
            assert!(code == 1 && text.contains("is not Latchkey"), "{text}");
        }
    }
}
