//! One conversation with one mail server, step by step, so that a failure can say how far it came.

use std::time::Duration;

use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{
    AsyncSmtpConnection, Certificate, CertificateStore, TlsParameters, TlsParametersBuilder,
};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::{ClientId, Extension, MailBodyParameter, MailParameter};

use super::failure::{Failure, Stage};
use super::mailbox::Mailbox;
use super::server::{Encryption, Server};
use super::stop::Stop;
use crate::base::crash_point::crash_point;

/// A mail server with all that a conversation needs.
#[derive(Clone)]
pub(super) struct Way {
    pub(super) server: Server,
    tls: Option<TlsParameters>,
    hello: ClientId,
    timeout: Duration,
}

impl Way {
    /// The way to a server. These certificates are trusted besides those of the known authorities.
    pub(super) fn new(server: Server, trusted: &[Vec<u8>], hello: &str, timeout: Duration) -> Result<Self, String> {
        let tls = match server.encryption {
            Encryption::None => None,
            Encryption::Tls | Encryption::StartTls => {
                let mut builder = TlsParametersBuilder::new(server.host.clone());
                builder = builder.certificate_store(CertificateStore::WebpkiRoots);
                for pem in trusted {
                    builder = builder.add_root_certificate(Certificate::from_pem(pem).map_err(|it| in_words(&it))?);
                }
                Some(builder.build().map_err(|it| in_words(&it))?)
            }
        };
        Ok(Self { server, tls, hello: ClientId::Domain(hello.to_owned()), timeout })
    }

    /// Hands a letter over to the server, within the time limit. What the server does once it has all of the letter, such as looking
    /// for spam, may take longer.
    pub(super) async fn send(
        &self,
        (from, to): (&Mailbox, &Mailbox),
        bytes: &[u8],
        stop: &Stop,
    ) -> Result<(), Failure> {
        let mut stage = Stage::Connect;
        let begun = tokio::select! {
            biased;
            () = stop.told.cancelled() => Err(Why::Stopped),
            begun = self.in_time(self.announce(&mut stage, from, to)) => begun,
        };
        let mut connection = begun.map_err(|why| self.failure(stage, why))?;
        let patience = last_answer(self.timeout);
        let taken = tokio::select! {
            answer = tokio::time::timeout(patience, connection.message(bytes)) => match answer {
                Ok(answer) => answer.map(drop).map_err(Why::Smtp),
                Err(_) => Err(Why::Silent(patience)),
            },
            () = stop.is_over() => Err(Why::Stopped),
        };
        taken.map_err(|why| {
            // Only a reply says what became of the letter; a connection that ends does not.
            let may_have_it = !matches!(&why, Why::Smtp(error) if error.status().is_some());
            Failure { may_have_it, ..self.failure(Stage::Content, why) }
        })?;
        crash_point("letter_sent");
        // The server has the letter, whatever becomes of the farewell: nobody waits for it.
        let farewell = self.timeout;
        tokio::spawn(async move { tokio::time::timeout(farewell, connection.abort()).await });
        Ok(())
    }

    /// Goes as far as a letter would, without one.
    pub(super) async fn reach(&self) -> Result<(), Failure> {
        let mut stage = Stage::Connect;
        let reached = self.in_time(async {
            let mut connection = self.open(&mut stage).await?;
            connection.abort().await;
            Ok(())
        });
        reached.await.map_err(|why| self.failure(stage, why))
    }

    async fn in_time<T>(&self, work: impl Future<Output = Result<T, Why>>) -> Result<T, Why> {
        match tokio::time::timeout(self.timeout, work).await {
            Ok(outcome) => outcome,
            Err(_) => Err(Why::Silent(self.timeout)),
        }
    }

    /// A connection on which letters can be sent.
    async fn open(&self, stage: &mut Stage) -> Result<AsyncSmtpConnection, Why> {
        let at_once = self.tls.clone().filter(|_| self.server.encryption == Encryption::Tls);
        let place = (self.server.host.as_str(), self.server.port);
        let mut connection =
            match AsyncSmtpConnection::connect_tokio1(place, Some(self.timeout), &self.hello, at_once, None).await {
                Ok(connection) => connection,
                Err(error) => {
                    if error.is_tls() {
                        *stage = Stage::Encrypt;
                    }
                    return Err(error.into());
                }
            };
        if let (Encryption::StartTls, Some(tls)) = (self.server.encryption, &self.tls) {
            *stage = Stage::Encrypt;
            if !connection.can_starttls() {
                connection.abort().await;
                return Err(Why::NoStartTls);
            }
            connection.starttls(tls.clone(), &self.hello).await?;
        }
        if let Some((user, password)) = &self.server.credentials {
            *stage = Stage::Authenticate;
            let credentials = Credentials::new(user.clone(), password.expose().to_owned());
            connection.auth(DEFAULT_MECHANISMS, &credentials).await?;
        }
        Ok(connection)
    }

    /// Says who the letter is from and for, up to where the server waits for it.
    async fn announce(&self, stage: &mut Stage, from: &Mailbox, to: &Mailbox) -> Result<AsyncSmtpConnection, Why> {
        let mut connection = self.open(stage).await?;
        let (from, to) = (from.lettre().email, to.lettre().email);
        let has_feature = |extension| connection.server_info().supports_feature(extension);
        let mut options = Vec::new();
        // Only the part before the @ can be other than ASCII.
        if !from.user().is_ascii() || !to.user().is_ascii() {
            if !has_feature(Extension::SmtpUtfEight) {
                *stage = Stage::Recipient;
                return Err(Why::NotAscii);
            }
            options.push(MailParameter::SmtpUtfEight);
            options.push(MailParameter::Body(MailBodyParameter::EightBitMime));
        }
        *stage = Stage::Sender;
        connection.command(Mail::new(Some(from), options)).await?;
        *stage = Stage::Recipient;
        connection.command(Rcpt::new(to, Vec::new())).await?;
        *stage = Stage::Content;
        connection.command(Data).await?;
        Ok(connection)
    }

    fn failure(&self, stage: Stage, why: Why) -> Failure {
        let is_final = match &why {
            Why::Smtp(error) => error.is_permanent(),
            Why::NotAscii => true,
            Why::Silent(_) | Why::NoStartTls | Why::Stopped => false,
        };
        let (is_silent, is_stopped) = (matches!(why, Why::Silent(_)), matches!(why, Why::Stopped));
        let cause = match why {
            Why::Smtp(error) => in_words(&error),
            Why::Silent(time) => format!("no answer within {time:?}"),
            Why::NoStartTls => "it does not offer STARTTLS".to_owned(),
            Why::NotAscii => "it does not take addresses with other letters than ASCII".to_owned(),
            Why::Stopped => "Latchkey was stopped before it answered".to_owned(),
        };
        // Where TLS begins with the connection, the system tells both in one.
        let of_tls = stage == Stage::Connect && cause.contains("certificate");
        let stage = if of_tls { Stage::Encrypt } else { stage };
        Failure { is_final, is_silent, is_stopped, ..Failure::new(self.server.to_string(), stage, cause) }
    }
}

/// How long a server that has all of a letter may take to say that it took it. It is longer than for the rest, since a second copy goes out
/// otherwise: RFC 5321 §4.5.3.2.6.
pub(super) const fn last_answer(timeout: Duration) -> Duration {
    timeout.saturating_mul(3)
}

/// Why a conversation ended early.
enum Why {
    /// The server or the system said so.
    Smtp(Error),
    /// It took too long.
    Silent(Duration),
    /// The server does not encrypt.
    NoStartTls,
    /// The server does not take such addresses.
    NotAscii,
    /// This process was told to stop.
    Stopped,
}

impl From<Error> for Why {
    fn from(error: Error) -> Self {
        Self::Smtp(error)
    }
}

/// What the server or the system said, on one line.
fn in_words(error: &Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    let said = cause.to_string();
    let words = said.split_whitespace().collect::<Vec<_>>().join(" ");
    match error.status() {
        Some(code) => format!("{code} {words}"),
        None => words,
    }
}
