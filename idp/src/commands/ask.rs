//! One question to a running server, over HTTP/1 with or without TLS.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::anyhow;
use axum::body::Body;
use http_body_util::{BodyExt, Limited};
use hyper::client::conn::http1;
use hyper::{Request, StatusCode, header};
use hyper_util::rt::TokioIo;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, SignatureScheme};
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

/// The longest response that is read, in bytes; Latchkey's own is shorter.
const LONGEST_ANSWER: usize = 64 * 1024;

/// What is asked.
#[derive(Clone, Debug)]
pub(super) struct Question<'a> {
    /// The `Host`.
    pub(super) host: &'a str,
    /// The path.
    pub(super) path: &'a str,
    /// Further headers.
    pub(super) headers: &'a [(&'static str, &'a str)],
}

/// How the server is reached.
#[derive(Clone, Debug)]
pub(super) struct Way {
    /// The name for TLS; `None` for a plain connection.
    pub(super) tls: Option<ServerName<'static>>,
    /// Whether the connection begins with the PROXY protocol.
    pub(super) proxy_protocol: bool,
}

/// What came back.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    /// The status.
    pub(super) status: StatusCode,
    /// The body, if it is JSON.
    pub(super) body: Value,
    /// The certificate of the server, in DER.
    pub(super) certificate: Option<Vec<u8>>,
    /// The address and port from which it was asked.
    pub(super) from: SocketAddr,
}

/// Sends one request over this connection.
pub(super) async fn send(mut stream: TcpStream, way: Way, question: Question<'_>) -> anyhow::Result<Answer> {
    let from = stream.local_addr()?;
    if way.proxy_protocol {
        stream.write_all(b"PROXY UNKNOWN\r\n").await?;
    }
    let Some(name) = way.tls else {
        let (status, body) = exchange(stream, question).await?;
        return Ok(Answer { status, body, certificate: None, from });
    };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier = Arc::new(AnyCertificate { provider: Arc::clone(&provider), seen: Mutex::new(None) });
    let client = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(Arc::clone(&verifier) as Arc<dyn ServerCertVerifier>)
        .with_no_client_auth();
    let (status, body) = exchange(TlsConnector::from(Arc::new(client)).connect(name, stream).await?, question).await?;
    let certificate = verifier.seen.lock().unwrap_or_else(PoisonError::into_inner).take();
    Ok(Answer { status, body, certificate, from })
}

/// Accepts any certificate, and keeps it: whoever asks looks at it, and nothing is sent that another server could use.
#[derive(Debug)]
struct AnyCertificate {
    provider: Arc<CryptoProvider>,
    seen: Mutex<Option<Vec<u8>>>,
}

impl ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = Some(end_entity.to_vec());
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, cert, signed, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, cert, signed, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

/// One request over a connection of any kind.
async fn exchange(
    stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    question: Question<'_>,
) -> anyhow::Result<(StatusCode, Value)> {
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    // An error of the connection can be ignored: without a response the request itself fails.
    let connection = tokio::spawn(connection);
    let mut request = Request::get(question.path).header(header::HOST, question.host);
    for (name, value) in question.headers {
        request = request.header(*name, *value);
    }
    let answer = sender.send_request(request.body(Body::empty())?).await?;
    let status = answer.status();
    let body = Limited::new(answer.into_body(), LONGEST_ANSWER).collect().await.map_err(|error| anyhow!(error))?;
    connection.abort();
    Ok((status, serde_json::from_slice(&body.to_bytes()).unwrap_or_default()))
}
