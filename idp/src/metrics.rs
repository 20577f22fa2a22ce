//! The metrics, in OpenMetrics terms. Every metric is registered here, once, and is listed in `docs/operate.md`.

use std::fmt::Write;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use prometheus_client::encoding::{EncodeLabelSet, LabelSetEncoder};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

use crate::base::clock::Timestamp;
use crate::hashing::Hashing;
use crate::jose::Algorithm;
use crate::keys::signing::Keys;
use crate::oidc::token::grant_type::GrantType;
use crate::outbound::Tally;
use crate::store::db::Db;
use crate::store::ephemeral::Ephemeral;

/// One to three labels of a metric, whose values are few: routes, outcomes, kinds. They never hold what a client sent.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Labels<const N: usize>([(&'static str, String); N]);

impl<const N: usize> EncodeLabelSet for Labels<N> {
    fn encode(&self, encoder: &mut LabelSetEncoder<'_>) -> Result<(), std::fmt::Error> {
        for pair in &self.0 {
            EncodeLabelSet::encode(&std::slice::from_ref(pair), encoder)?;
        }
        Ok(())
    }
}

type Counters<const N: usize> = Family<Labels<N>, Counter>;
type Seconds = Family<Labels<1>, Histogram, fn() -> Histogram>;
type Level = Gauge<i64>;
type Measure = Gauge<f64, AtomicU64>;

/// From a tenth of a millisecond, which a key set takes, to ten seconds, after which clients have given up.
fn latencies() -> Histogram {
    Histogram::new([0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0])
}

/// The outcomes of attempts to sign in.
const SIGN_INS: [&str; 5] = ["done", "half", "refused", "throttled", "limited"];

/// The ways to sign in.
const METHODS: [&str; 9] =
    ["password", "email", "upstream", "mini_app", "channel", "passkey", "totp", "recovery_code", "anonymous"];

/// The statuses of requests that failed because of the server.
const FAILURES: [u16; 2] = [500, 503];

/// The kinds of tokens whose replay is detected.
const REPLAYS: [&str; 2] = ["authorization_code", "refresh_token"];

/// The attacks that failed sign-ins are suspected to be.
const SUSPICIONS: [&str; 3] = ["stuffing", "spraying", "guessing"];

/// What becomes of letters, try by try.
const LETTERS: [&str; 4] = ["sent", "failed", "dead", "expired"];

/// What becomes of the updates of bots.
const UPDATES: [&str; 3] = ["done", "repeated", "failed"];

/// What becomes of the messages of bots.
const MESSAGES: [&str; 5] = ["sent", "refused", "flood", "conflict", "failed"];

/// The jobs.
const JOBS: [&str; 3] = ["keys", "clean", "audit"];

/// What is read when the metrics are scraped.
pub struct Watched<'a> {
    /// The place where passwords are hashed.
    pub hashing: &'a Hashing,
    /// The database.
    pub db: &'a Db,
    /// The ephemeral store.
    pub ephemeral: &'a Ephemeral,
    /// The signing keys.
    pub keys: &'a Keys,
    /// The algorithms that tokens are signed with.
    pub signing_algorithms: &'a [Algorithm],
    /// The present moment.
    pub now: Timestamp,
}

/// All that is counted.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    requests: Counters<3>,
    failures: Counters<1>,
    request_duration: Seconds,
    in_flight: Level,
    http_connections: Level,
    http_ended: Counters<1>,
    http_refused: Counters<1>,
    sign_ins: Counters<2>,
    deadline: Measure,
    refusals: Counters<1>,
    tokens: Counters<1>,
    replays: Counters<1>,
    suspicions: Counters<1>,
    audit_lost: Counter,
    hashing: Counters<1>,
    hashing_running: Level,
    hashing_waiting: Level,
    connections: Level,
    connections_most: Level,
    acquired: Counter,
    acquire_timeouts: Counter,
    acquire_wait: Counter<f64, AtomicU64>,
    redis: Counters<1>,
    letters: Counters<1>,
    letters_waiting: Level,
    letters_dead: Level,
    channel_updates: Counters<1>,
    channel_messages: Counters<1>,
    /// What is fetched from other servers.
    pub outbound: Tally,
    jobs: Counters<2>,
    job_success: Family<Labels<1>, Measure>,
    removed: Counter,
    key_age: Family<Labels<1>, Measure>,
    memory: Level,
    files: Level,
    processor: Counter<f64, AtomicU64>,
    started: Measure,
}

/// Registers what becomes of letters, and of what bots hear and say.
fn register_messages(own: &mut Registry, letters: &Counters<1>, (updates, messages): (&Counters<1>, &Counters<1>)) {
    own.register("letters", "Tries to send letters, by outcome: sent, failed, dead or expired", letters.clone());
    own.register("channel_updates", "Updates of bots, by outcome: done, repeated or failed", updates.clone());
    own.register(
        "channel_messages",
        "Messages of bots, by outcome: sent, refused, flood, conflict or failed",
        messages.clone(),
    );
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl Metrics {
    /// Nothing counted yet.
    pub fn new() -> Self {
        let seconds: fn() -> Histogram = latencies;
        let mut metrics = Self {
            registry: Registry::default(),
            requests: Family::default(),
            failures: Family::default(),
            request_duration: Family::new_with_constructor(seconds),
            in_flight: Level::default(),
            http_connections: Level::default(),
            http_ended: Family::default(),
            http_refused: Family::default(),
            sign_ins: Family::default(),
            deadline: Measure::default(),
            refusals: Family::default(),
            tokens: Family::default(),
            replays: Family::default(),
            suspicions: Family::default(),
            audit_lost: Counter::default(),
            hashing: Family::default(),
            hashing_running: Level::default(),
            hashing_waiting: Level::default(),
            connections: Level::default(),
            connections_most: Level::default(),
            acquired: Counter::default(),
            acquire_timeouts: Counter::default(),
            acquire_wait: Counter::default(),
            redis: Family::default(),
            letters: Family::default(),
            letters_waiting: Level::default(),
            letters_dead: Level::default(),
            channel_updates: Family::default(),
            channel_messages: Family::default(),
            outbound: Tally::default(),
            jobs: Family::default(),
            job_success: Family::default(),
            removed: Counter::default(),
            key_age: Family::default(),
            memory: Level::default(),
            files: Level::default(),
            processor: Counter::default(),
            started: Measure::default(),
        };
        metrics.register();
        metrics.begin_at_zero();
        metrics
    }

    /// Creates every series whose labels are known in advance. A series that begins with its first event shows no
    /// increase, so that an alert would miss the first theft.
    fn begin_at_zero(&self) {
        fn at_zero<const N: usize>(counters: &Counters<N>, labels: [(&'static str, &str); N]) {
            drop(counters.get_or_create(&Labels(labels.map(|(name, value)| (name, value.to_owned())))));
        }
        for (method, outcome) in METHODS.into_iter().flat_map(|method| SIGN_INS.map(|outcome| (method, outcome))) {
            at_zero(&self.sign_ins, [("method", method), ("outcome", outcome)]);
        }
        for grant_type in GrantType::ALL {
            at_zero(&self.tokens, [("grant_type", grant_type.as_str())]);
        }
        for kind in REPLAYS {
            at_zero(&self.replays, [("kind", kind)]);
        }
        for kind in SUSPICIONS {
            at_zero(&self.suspicions, [("kind", kind)]);
        }
        for status in FAILURES {
            at_zero(&self.failures, [("status", &status.to_string())]);
        }
        for reason in ["silent", "idle", "unread", "displaced"] {
            at_zero(&self.http_ended, [("reason", reason)]);
        }
        for taken in ["address", "all"] {
            at_zero(&self.http_refused, [("taken", taken)]);
        }
        for outcome in ["done", "refused"] {
            at_zero(&self.hashing, [("outcome", outcome)]);
        }
        for outcome in ["answered", "failed"] {
            at_zero(&self.redis, [("outcome", outcome)]);
        }
        for outcome in LETTERS {
            at_zero(&self.letters, [("outcome", outcome)]);
        }
        for outcome in UPDATES {
            at_zero(&self.channel_updates, [("outcome", outcome)]);
        }
        for outcome in MESSAGES {
            at_zero(&self.channel_messages, [("outcome", outcome)]);
        }
        for job in JOBS {
            for outcome in ["done", "failed"] {
                at_zero(&self.jobs, [("job", job), ("outcome", outcome)]);
            }
        }
    }

    fn register(&mut self) {
        let process = self.registry.sub_registry_with_prefix("process");
        process.register("resident_memory_bytes", "Memory that the process has in use", self.memory.clone());
        process.register("open_fds", "Files and connections that are open", self.files.clone());
        process.register("cpu_seconds", "Processor time that was used", self.processor.clone());
        process.register("start_time_seconds", "When the process began, since 1970", self.started.clone());

        let own = self.registry.sub_registry_with_prefix("latchkey");
        let build = Family::<Labels<1>, Level>::default();
        build.get_or_create(&Labels([("version", env!("CARGO_PKG_VERSION").to_owned())])).set(1);
        own.register("build_info", "The version that runs", build);
        own.register(
            "http_requests",
            "Requests that were answered, by method, route and status",
            self.requests.clone(),
        );
        own.register("http_failures", "Requests that were answered with 500 or 503, by status", self.failures.clone());
        own.register_with_unit(
            "http_request_duration",
            "How long answers took, by route",
            Unit::Seconds,
            self.request_duration.clone(),
        );
        own.register("http_requests_in_flight", "Requests that are being answered", self.in_flight.clone());
        own.register("http_connections", "Connections that are open", self.http_connections.clone());
        own.register("http_connections_ended", "Connections that were ended, by reason", self.http_ended.clone());
        own.register(
            "http_connections_refused",
            "Connections that found no place, by what was taken",
            self.http_refused.clone(),
        );
        own.register("sign_ins", "Tries to sign in, by method and outcome", self.sign_ins.clone());
        own.register("sign_in_deadline_seconds", "After how long a refused sign-in is answered", self.deadline.clone());
        own.register("sign_in_refusals", "Refused sign-ins, by outcome: in_time or late", self.refusals.clone());
        own.register("tokens_issued", "Token responses, by grant type", self.tokens.clone());
        own.register("replays", "Codes and refresh tokens that were used again, by kind", self.replays.clone());
        let suspicions = "Attacks that failed sign-ins are suspected to be, by kind";
        own.register("attacks_suspected", suspicions, self.suspicions.clone());
        let lost = "Times that an audit checkpoint which was signed was not there any more, or was another one";
        own.register("audit_checkpoints_lost", lost, self.audit_lost.clone());
        own.register("hashing", "Passwords that were to be hashed, by outcome: done or refused", self.hashing.clone());
        own.register("hashing_running", "Passwords that are being hashed", self.hashing_running.clone());
        own.register("hashing_waiting", "Passwords that wait for their turn", self.hashing_waiting.clone());
        own.register(
            "database_connections_in_use",
            "Connections for reading that are in use",
            self.connections.clone(),
        );
        own.register(
            "database_connections_max",
            "Connections for reading that there may be",
            self.connections_most.clone(),
        );
        own.register("database_acquired", "Connections that were got from the pool", self.acquired.clone());
        own.register(
            "database_acquire_timeouts",
            "Connections that were not got in time",
            self.acquire_timeouts.clone(),
        );
        own.register(
            "database_acquire_wait_seconds",
            "Time that was waited for connections",
            self.acquire_wait.clone(),
        );
        own.register("redis_requests", "Questions to Redis, by outcome: answered or failed", self.redis.clone());
        register_messages(own, &self.letters, (&self.channel_updates, &self.channel_messages));
        self.outbound.register(own);
        own.register("letters_waiting", "Letters that wait to be sent", self.letters_waiting.clone());
        own.register("letters_dead", "Letters that no mail server took", self.letters_dead.clone());
        own.register("job_runs", "Runs of the jobs, by job and outcome", self.jobs.clone());
        own.register("job_last_success_timestamp_seconds", "When a job last ended well", self.job_success.clone());
        own.register("rows_removed", "Rows that had expired and were removed", self.removed.clone());
        own.register(
            "signing_key_age_seconds",
            "How long the key that signs has signed, by algorithm",
            self.key_age.clone(),
        );
    }

    /// A request begins.
    pub fn request_begins(&self) {
        self.in_flight.inc();
    }

    /// A request was answered; the route is the pattern that it matched.
    pub fn request_ends(&self, method: &str, route: &str, status: u16, took: Duration) {
        self.in_flight.dec();
        let labels =
            Labels([("method", method.to_owned()), ("route", route.to_owned()), ("status", status.to_string())]);
        self.requests.get_or_create(&labels).inc();
        if FAILURES.contains(&status) {
            self.failures.get_or_create(&Labels([("status", status.to_string())])).inc();
        }
        self.request_duration.get_or_create(&Labels([("route", route.to_owned())])).observe(took.as_secs_f64());
    }

    /// A connection begins.
    pub fn connection_begins(&self) {
        self.http_connections.inc();
    }

    /// A connection is over.
    pub fn connection_ends(&self) {
        self.http_connections.dec();
    }

    /// A connection was asked to end, for this reason.
    pub fn connection_ended(&self, reason: &'static str) {
        self.http_ended.get_or_create(&Labels([("reason", reason.to_owned())])).inc();
    }

    /// A connection was refused because the places of its address, or all places, are taken.
    pub fn connection_refused(&self, taken: &'static str) {
        self.http_refused.get_or_create(&Labels([("taken", taken.to_owned())])).inc();
    }

    /// Somebody tried to sign in.
    pub fn sign_in(&self, method: &'static str, outcome: &'static str) {
        self.sign_ins.get_or_create(&Labels([("method", method.to_owned()), ("outcome", outcome.to_owned())])).inc();
    }

    /// Tokens were given for a grant of this type.
    pub fn tokens_issued(&self, grant_type: &str) {
        self.tokens.get_or_create(&Labels([("grant_type", grant_type.to_owned())])).inc();
    }

    /// A code or a refresh token was presented that had been used before.
    pub fn replay(&self, kind: &'static str) {
        self.replays.get_or_create(&Labels([("kind", kind.to_owned())])).inc();
    }

    /// An attack is suspected.
    pub fn suspect(&self, kind: &'static str) {
        self.suspicions.get_or_create(&Labels([("kind", kind.to_owned())])).inc();
    }

    /// An audit checkpoint that was signed is not there any more, or is another one.
    pub fn audit_lost(&self) {
        self.audit_lost.inc();
    }

    /// A try to send a letter has ended.
    pub fn letter(&self, outcome: &'static str) {
        self.letters.get_or_create(&Labels([("outcome", outcome.to_owned())])).inc();
    }

    /// An update of a bot has come.
    pub fn channel_update(&self, outcome: &'static str) {
        self.channel_updates.get_or_create(&Labels([("outcome", outcome.to_owned())])).inc();
    }

    /// A message of a bot was sent, or not.
    pub fn channel_message(&self, outcome: &'static str) {
        self.channel_messages.get_or_create(&Labels([("outcome", outcome.to_owned())])).inc();
    }

    /// How many letters wait, and how many no mail server took.
    pub fn outbox(&self, waiting: i64, dead: i64) {
        self.letters_waiting.set(waiting);
        self.letters_dead.set(dead);
    }

    /// A job has run; how many rows it removed.
    pub fn job(&self, job: &'static str, ended_well: bool, removed: u64, now: f64) {
        let outcome = if ended_well { "done" } else { "failed" };
        self.jobs.get_or_create(&Labels([("job", job.to_owned()), ("outcome", outcome.to_owned())])).inc();
        if ended_well {
            self.job_success.get_or_create(&Labels([("job", job.to_owned())])).set(now);
        }
        self.removed.inc_by(removed);
    }

    /// Everything as OpenMetrics text, with the values that are read on each scrape.
    pub fn text(&self, watched: &Watched<'_>) -> Result<String, std::fmt::Error> {
        self.look(watched);
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &self.registry)?;
        Ok(text)
    }

    fn look(&self, watched: &Watched<'_>) {
        let level = |gauge: &Level, value: u64| {
            gauge.set(i64::try_from(value).unwrap_or(i64::MAX));
        };
        let hashing = watched.hashing.usage();
        level(&self.hashing_running, hashing.running);
        level(&self.hashing_waiting, hashing.waiting);
        set(&self.hashing.get_or_create(&Labels([("outcome", "done".to_owned())])), hashing.done);
        set(&self.hashing.get_or_create(&Labels([("outcome", "refused".to_owned())])), hashing.refused);
        let (in_time, late) = watched.hashing.deadline().usage();
        set(&self.refusals.get_or_create(&Labels([("outcome", "in_time".to_owned())])), in_time);
        set(&self.refusals.get_or_create(&Labels([("outcome", "late".to_owned())])), late);
        self.deadline.set(watched.hashing.deadline().time().as_secs_f64());
        let database = watched.db.usage();
        level(&self.connections, database.in_use.into());
        level(&self.connections_most, database.most.into());
        set(&self.acquired, database.acquired);
        set(&self.acquire_timeouts, database.timeouts);
        let waited = database.waited.as_secs_f64();
        self.acquire_wait.inc_by(waited - self.acquire_wait.get());
        if let Some((answered, failed)) = watched.ephemeral.usage() {
            set(&self.redis.get_or_create(&Labels([("outcome", "answered".to_owned())])), answered);
            set(&self.redis.get_or_create(&Labels([("outcome", "failed".to_owned())])), failed);
        }
        let now = watched.now;
        let configured = watched.signing_algorithms;
        let ring = watched.keys.ring();
        for (algorithm, since) in ring.signing_since(now).filter(|(algorithm, _)| configured.contains(algorithm)) {
            let labels = Labels([("algorithm", algorithm.as_str().to_owned())]);
            self.key_age.get_or_create(&labels).set(now.since(since).as_secs_f64());
        }
        if let Some(process) = Process::look() {
            level(&self.memory, process.memory);
            level(&self.files, process.files);
            self.processor.inc_by((process.processor - self.processor.get()).max(0.0));
            self.started.set(process.started);
        }
    }
}

/// Raises a counter to a value that was counted elsewhere.
fn set(counter: &Counter, value: u64) {
    counter.inc_by(value.saturating_sub(counter.get()));
}

/// What Linux tells of a process.
struct Process {
    memory: u64,
    files: u64,
    processor: f64,
    started: f64,
}

impl Process {
    fn look() -> Option<Self> {
        // Linux counts these in pages of 4 KiB and ticks of 10 ms on all machines that we build for.
        let (page, ticks) = (4096, 100.0);
        let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
        // The process name, which may contain spaces, ends with the last bracket; the state is field 3.
        let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
        let number = |field: usize| fields.get(field - 3)?.parse::<f64>().ok();
        let boot = std::fs::read_to_string("/proc/stat").ok()?;
        let boot: f64 = boot.lines().find_map(|line| line.strip_prefix("btime "))?.trim().parse().ok()?;
        Some(Self {
            memory: fields.get(24 - 3)?.parse::<u64>().ok()? * page,
            files: std::fs::read_dir("/proc/self/fd").ok()?.count() as u64,
            processor: (number(14)? + number(15)?) / ticks,
            started: boot + number(22)? / ticks,
        })
    }
}

/// The names and types of all metrics, one a line, as the table in the docs has them.
pub fn catalogue() -> String {
    let metrics = Metrics::new();
    // A family is written only once it has a member.
    metrics.request_begins();
    metrics.request_ends("GET", "/", 200, Duration::ZERO);
    metrics.sign_in("password", "done");
    metrics.tokens_issued("refresh_token");
    metrics.replay("refresh_token");
    metrics.job("clean", true, 0, 0.0);
    let one = |labels: &'static str| Labels([(labels, String::new())]);
    drop(metrics.hashing.get_or_create(&one("outcome")));
    drop(metrics.refusals.get_or_create(&one("outcome")));
    drop(metrics.redis.get_or_create(&one("outcome")));
    drop(metrics.key_age.get_or_create(&one("algorithm")));
    let mut text = String::new();
    if prometheus_client::encoding::text::encode(&mut text, &metrics.registry).is_err() {
        return text;
    }
    let mut names = String::new();
    for line in text.lines().filter_map(|line| line.strip_prefix("# TYPE ")) {
        let _ = writeln!(names, "{line}");
    }
    names
}
