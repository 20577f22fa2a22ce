//! `latchkey health`: asks the server of this configuration whether it can serve.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, anyhow};
use axum::body::Body;
use http_body_util::{BodyExt, Limited};
use hyper::client::conn::http1;
use hyper::{Request, StatusCode, header};
use hyper_util::rt::TokioIo;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, SignatureScheme};
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::commands::{Failure, Outcome, Output};
use crate::config::Config;

/// The longest response that is read, in bytes; Latchkey's own is shorter.
const LONGEST_ANSWER: usize = 64 * 1024;

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
    let mut stream = TcpStream::connect(address).await?;
    if config.http.proxy_protocol {
        stream.write_all(b"PROXY UNKNOWN\r\n").await?;
    }
    let host = config.issuer.authority();
    if config.tls.certificate_file.is_none() {
        return exchange(stream, host).await;
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let client = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(AnyCertificate(provider)))
        .with_no_client_auth();
    let name = ServerName::from(address.ip());
    exchange(TlsConnector::from(Arc::new(client)).connect(name, stream).await?, host).await
}

/// Accepts any certificate: it is issued for the public name and not for this address, nothing secret is sent, and an
/// expired certificate is no reason to restart the server.
#[derive(Debug)]
struct AnyCertificate(Arc<CryptoProvider>);

impl ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, cert, signed, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, cert, signed, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

/// One request over a connection of any kind.
async fn exchange(
    stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    host: &str,
) -> anyhow::Result<(StatusCode, Value)> {
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    // An error of the connection can be ignored: without a response the request itself fails.
    let connection = tokio::spawn(connection);
    let request = Request::get("/health/ready").header(header::HOST, host).body(Body::empty())?;
    let answer = sender.send_request(request).await?;
    let status = answer.status();
    let body = Limited::new(answer.into_body(), LONGEST_ANSWER).collect().await.map_err(|error| anyhow!(error))?;
    connection.abort();
    Ok((status, serde_json::from_slice(&body.to_bytes()).unwrap_or_default()))
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
        _ => Err(Failure::Failed(format!("Not ready: what answers at {address} ({status}) is no Latchkey."))),
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
            assert!(code == 1 && text.contains("is no Latchkey"), "{text}");
        }
    }
}
