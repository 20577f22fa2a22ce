//! The only HTTP client: everything that Latchkey fetches goes through it, and nothing else opens a connection to another server's
//! web port.
//!
//! What is fetched may be named by somebody who wants to reach what only this machine reaches (server-side request forgery). So only
//! the public internet is asked, by https, and what the operator allows beside it; redirects are not followed, and time, size and
//! number are bounded.

pub mod address;
pub mod failure;
pub mod host;
pub mod names;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use http::{Request, Response};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};
use reqwest::redirect::Policy;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use tokio::sync::{AcquireError, OwnedSemaphorePermit, Semaphore};
use url::{Host, Url};

use crate::base::network::Network;

use address::Reach;
use failure::{Failure, OUTCOMES, Refusal};
use host::HostRule;
use names::{Names, Resolver};

/// How long a connection may take to be there.
const CONNECT: Duration = Duration::from_secs(3);

/// How long a request waits for its turn: as long as a person does who sees nothing happen.
pub const TURN: Duration = Duration::from_secs(5);

/// How long a connection is kept for the next request.
const IDLE: Duration = Duration::from_secs(10);

/// What something is fetched for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// What another provider says about itself: its metadata and its keys.
    UpstreamMetadata,
    /// A code exchanged for tokens at another provider.
    UpstreamToken,
    /// What another provider says about somebody.
    UpstreamUserinfo,
    /// Tokens revoked at another provider.
    UpstreamRevocation,
    /// What another provider answers to a request that is tried out.
    UpstreamTest,
    /// A call of a bot at Telegram.
    TelegramBot,
}

impl Purpose {
    /// All purposes.
    pub const ALL: [Self; 6] = [
        Self::UpstreamMetadata,
        Self::UpstreamToken,
        Self::UpstreamUserinfo,
        Self::UpstreamRevocation,
        Self::UpstreamTest,
        Self::TelegramBot,
    ];

    /// The name in metrics and logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::UpstreamMetadata => "upstream_metadata",
            Self::UpstreamToken => "upstream_token",
            Self::UpstreamUserinfo => "upstream_userinfo",
            Self::UpstreamRevocation => "upstream_revocation",
            Self::UpstreamTest => "upstream_test",
            Self::TelegramBot => "telegram_bot",
        }
    }
}

/// Labels of a metric: names and values.
type Labels<const N: usize> = [(&'static str, &'static str); N];

/// What was fetched, by purpose and outcome, and how long it took.
#[derive(Clone, Debug)]
pub struct Tally {
    requests: Family<Labels<2>, Counter>,
    seconds: Family<Labels<1>, Histogram, fn() -> Histogram>,
}

impl Default for Tally {
    fn default() -> Self {
        let latencies: fn() -> Histogram = || Histogram::new([0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0]);
        let tally = Self { requests: Family::default(), seconds: Family::new_with_constructor(latencies) };
        // Whatever can be counted is there from the start.
        for purpose in Purpose::ALL {
            for outcome in OUTCOMES {
                drop(tally.requests.get_or_create(&[("purpose", purpose.as_str()), ("outcome", outcome)]));
            }
            drop(tally.seconds.get_or_create(&[("purpose", purpose.as_str())]));
        }
        tally
    }
}

impl Tally {
    /// Registers the metrics.
    pub fn register(&self, registry: &mut Registry) {
        registry.register("outbound", "Requests to other servers, by purpose and outcome", self.requests.clone());
        registry.register_with_unit(
            "outbound_duration",
            "How long requests to other servers take, by purpose",
            Unit::Seconds,
            self.seconds.clone(),
        );
    }
}

/// What the client is made of.
pub struct Options {
    /// Networks that may be asked beside the public internet, also without encryption.
    pub allowed_networks: Vec<Network>,
    /// The hosts that may be asked; if empty, all.
    pub allowed_hosts: Vec<HostRule>,
    /// Certificates in PEM that are trusted besides those of the known authorities.
    pub trusted: Vec<Vec<u8>>,
    /// How long an answer may take, from the beginning to its end.
    pub timeout: Duration,
    /// The largest body of an answer, in bytes.
    pub largest: usize,
    /// How many requests run at once.
    pub at_once: usize,
    /// Where names are looked up.
    pub names: Names,
    /// Where it is counted.
    pub tally: Tally,
}

/// The client.
#[derive(Clone)]
pub struct Outbound(Arc<Parts>);

struct Parts {
    encrypted: Way,
    plain: Way,
    allowed_hosts: Vec<HostRule>,
    timeout: Duration,
    largest: usize,
    places: Arc<Semaphore>,
    /// Half of the places each: one host that is slow leaves room for others.
    of_hosts: OfHosts,
    tally: Tally,
}

/// A client, and the addresses that it asks.
struct Way {
    client: reqwest::Client,
    reach: Reach,
}

impl Way {
    fn new(options: &Options, includes_internet: bool, tls: rustls::ClientConfig) -> Result<Self, String> {
        let reach = Reach { own: options.allowed_networks.clone(), includes_internet };
        let resolver = Resolver { names: options.names.clone(), reach: reach.clone() };
        let client = reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            .https_only(includes_internet)
            .http1_only()
            .no_proxy()
            .redirect(Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .dns_resolver(resolver)
            .user_agent("Latchkey")
            .connect_timeout(CONNECT.min(options.timeout))
            .timeout(options.timeout)
            .pool_idle_timeout(IDLE)
            .build();
        Ok(Self { client: client.map_err(|error| error.to_string())?, reach })
    }
}

impl Outbound {
    /// A client with these options; an error says what cannot be used.
    pub fn new(options: Options) -> Result<Self, String> {
        let mut roots = rustls::RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        for pem in &options.trusted {
            let mut any = false;
            for certificate in CertificateDer::pem_slice_iter(pem) {
                let certificate = certificate.map_err(|error| format!("it holds no certificate: {error}"))?;
                roots.add(certificate).map_err(|error| error.to_string())?;
                any = true;
            }
            if !any {
                return Err("it holds no certificate".to_owned());
            }
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let tls = builder.map_err(|error| error.to_string())?.with_root_certificates(roots).with_no_client_auth();
        Ok(Self(Arc::new(Parts {
            encrypted: Way::new(&options, true, tls.clone())?,
            plain: Way::new(&options, false, tls)?,
            allowed_hosts: options.allowed_hosts,
            timeout: options.timeout,
            largest: options.largest,
            places: Arc::new(Semaphore::new(options.at_once)),
            of_hosts: OfHosts::new(options.at_once.div_ceil(2)),
            tally: options.tally,
        })))
    }

    /// Asks a server, and reads its whole answer, whatever its status, unless that sends on to another address.
    pub async fn fetch(&self, purpose: Purpose, request: Request<Vec<u8>>) -> Result<Response<Vec<u8>>, Failure> {
        let host = request.uri().host().unwrap_or_default().to_owned();
        let fetched = self.fetch_quietly(purpose, request).await;
        if let Err(failure) = &fetched {
            tracing::warn!(purpose = purpose.as_str(), host, why = %failure, "something could not be fetched");
        }
        fetched
    }

    /// Does the same for a caller that asks again and again, and reports itself when that begins to fail.
    pub async fn fetch_quietly(
        &self,
        purpose: Purpose,
        request: Request<Vec<u8>>,
    ) -> Result<Response<Vec<u8>>, Failure> {
        let unless_redirected = |answer: Response<Vec<u8>>| match answer.status().is_redirection() {
            true => Err(Failure::Redirect),
            false => Ok(answer),
        };
        self.tallied(purpose, async { self.try_to_fetch(request).await.and_then(unless_redirected) }).await
    }

    /// Asks a server, and also returns an answer that sends on to another address, for a caller who wants to know which one. That one
    /// is not asked.
    pub async fn fetch_unfollowed(
        &self,
        purpose: Purpose,
        request: Request<Vec<u8>>,
    ) -> Result<Response<Vec<u8>>, Failure> {
        self.tallied(purpose, self.try_to_fetch(request)).await
    }

    /// Counts how something ends that is fetched.
    async fn tallied(
        &self,
        purpose: Purpose,
        fetching: impl Future<Output = Result<Response<Vec<u8>>, Failure>>,
    ) -> Result<Response<Vec<u8>>, Failure> {
        let began = Instant::now();
        let fetched = fetching.await;
        let outcome = fetched.as_ref().map_or_else(Failure::outcome, |_| "answered");
        let (tally, purpose) = (&self.0.tally, ("purpose", purpose.as_str()));
        tally.requests.get_or_create(&[purpose, ("outcome", outcome)]).inc();
        tally.seconds.get_or_create(&[purpose]).observe(began.elapsed().as_secs_f64());
        fetched
    }

    async fn try_to_fetch(&self, request: Request<Vec<u8>>) -> Result<Response<Vec<u8>>, Failure> {
        let parts = &*self.0;
        let url = Url::parse(&request.uri().to_string()).map_err(|_| Failure::Refused(Refusal::NotAnAddress))?;
        let way = self.way(&url).map_err(Failure::Refused)?;
        let _turn = self.turn(url.host_str().unwrap_or_default()).await?;
        let request = reqwest::Request::try_from(request).map_err(|_| Failure::Refused(Refusal::NotAnAddress))?;
        let failed = |error: reqwest::Error| Failure::of(&error, parts.timeout);
        let mut answer = way.client.execute(request).await.map_err(failed)?;
        let mut body = Vec::new();
        // Of a redirect only its address counts.
        while !answer.status().is_redirection()
            && let Some(chunk) = answer.chunk().await.map_err(failed)?
        {
            if body.len() + chunk.len() > parts.largest {
                return Err(Failure::TooLarge(parts.largest));
            }
            body.extend_from_slice(&chunk);
        }
        let mut response = Response::new(body);
        *response.status_mut() = answer.status();
        *response.headers_mut() = answer.headers().clone();
        Ok(response)
    }

    /// The client that asks an address, if that may be asked.
    fn way(&self, url: &Url) -> Result<&Way, Refusal> {
        let way = match url.scheme() {
            "https" => &self.0.encrypted,
            "http" => &self.0.plain,
            _ => return Err(Refusal::NotAnAddress),
        };
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Refusal::Credentials);
        }
        if url.port_or_known_default().is_none_or(|port| port < 1024 && port != 80 && port != 443) {
            return Err(Refusal::Port);
        }
        let host = url.host_str().ok_or(Refusal::NotAnAddress)?;
        if !self.0.allowed_hosts.is_empty() && !self.0.allowed_hosts.iter().any(|rule| rule.admits(host)) {
            return Err(Refusal::Host);
        }
        // A literal address is no name, and so the resolver is not asked.
        let literal = match url.host() {
            Some(Host::Ipv4(address)) => Some(address.into()),
            Some(Host::Ipv6(address)) => Some(address.into()),
            _ => None,
        };
        let private = if url.scheme() == "https" { Refusal::Private } else { Refusal::NotEncrypted };
        match literal {
            Some(address) if !way.reach.includes(address) => Err(private),
            // Where the operator names no network, nothing goes without encryption.
            _ if way.reach.own.is_empty() && !way.reach.includes_internet => Err(Refusal::NotEncrypted),
            _ => Ok(way),
        }
    }

    /// Waits for a place among the requests to one host, and then among all.
    async fn turn(&self, host: &str) -> Result<Turn, Failure> {
        let of_host = self.0.of_hosts.get(host);
        let places = Arc::clone(&self.0.places);
        let wait = async { Ok::<_, AcquireError>((of_host.acquire_owned().await?, places.acquire_owned().await?)) };
        let permits = tokio::time::timeout(TURN, wait).await.map_err(|_| Failure::Busy)?.map_err(|_| Failure::Busy)?;
        Ok(Turn { _permits: permits })
    }
}

/// A place among the requests that run.
struct Turn {
    _permits: (OwnedSemaphorePermit, OwnedSemaphorePermit),
}

/// The places of each host, for as long as something is fetched there.
struct OfHosts {
    each: usize,
    hosts: Mutex<HashMap<String, Weak<Semaphore>>>,
}

impl OfHosts {
    fn new(each: usize) -> Self {
        Self { each, hosts: Mutex::default() }
    }

    fn get(&self, host: &str) -> Arc<Semaphore> {
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(places) = hosts.get(host).and_then(Weak::upgrade) {
            return places;
        }
        hosts.retain(|_, places| places.strong_count() > 0);
        let places = Arc::new(Semaphore::new(self.each));
        hosts.insert(host.to_owned(), Arc::downgrade(&places));
        places
    }
}
