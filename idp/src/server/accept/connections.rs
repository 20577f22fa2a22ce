//! The open connections: how many there may be, which address each belongs to, and which one has to end.
//!
//! There are three bounds. **Time**: a connection ends if it sends no request in time, is idle for too long, or does
//! not read its answers. **Number**: each address has a share; when all places are taken, a new connection takes the
//! place of the one that has been quiet longest. **Bytes**: the unread bytes of one address, and of all, are limited;
//! beyond the limit, the connection whose client leaves the most unread ends, and not the one that happens to be
//! answered.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

use crate::app::App;
use crate::http::request::client_ip;

/// How often the server looks for connections that have been quiet for too long.
const LOOK: Duration = Duration::from_millis(500);

/// A connection that has been quiet for less than this keeps its place: its request may be on its way.
const FRESH: Duration = Duration::from_millis(500);

/// How many connections are accepted beyond all others, for health checks alone.
pub(super) const RESERVED: u32 = 16;

/// How many of these one address may have.
const RESERVED_OF_ONE: usize = 2;

/// How many connections may be about to close while others take their places.
pub(super) const CLOSING: u32 = 64;

/// How many of these one address may have, so that a client that reconnects all the time does not keep others out.
const CLOSING_OF_ONE: u32 = CLOSING / 8;

/// How many connections the metrics listener may have.
pub(super) const WATCHING: u32 = 64;

/// How many unread bytes one address may have: more than a hundred pages.
const OF_ONE: u64 = 4 << 20;

/// How many unread bytes all addresses together may have.
const OF_ALL: u64 = 64 << 20;

/// Why the server ends a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Why {
    /// Its client did not send a request in time.
    Silent,
    /// It had no request under way for a while.
    Idle,
    /// Its client does not read.
    Unread,
    /// Another connection needed its place.
    Displaced,
}

impl Why {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Silent => "silent",
            Self::Idle => "idle",
            Self::Unread => "unread",
            Self::Displaced => "displaced",
        }
    }
}

/// How many connections there may be, and how long each may be quiet.
struct Limits {
    most: u32,
    share: u32,
    first_request: Duration,
    idle: Duration,
    no_progress: Duration,
}

/// All connections of one listener.
pub(super) struct Connections {
    app: App,
    limits: Limits,
    table: Mutex<Table>,
    /// How many bytes are unread, in all.
    waiting: AtomicU64,
}

#[derive(Default)]
struct Table {
    next: u64,
    open: HashMap<u64, Arc<Connection>>,
    /// How many of them are for health checks alone.
    reserved: u32,
    /// How many connections have not ended yet, those included that were told to.
    alive: u32,
    /// How many of these were asked to end, by network.
    closing: HashMap<Arc<str>, u32>,
    shares: HashMap<String, Arc<Share>>,
}

/// The connections of one address together.
struct Share {
    name: String,
    /// Whether the address is a trusted proxy, which speaks for many clients.
    trusted: bool,
    open: Mutex<u32>,
    waiting: AtomicU64,
}

/// One connection.
pub(super) struct Connection {
    id: u64,
    /// Whether it serves health checks alone, since all other places are taken.
    pub(super) reserved: bool,
    /// The network of the socket's peer address.
    peer: Arc<str>,
    all: Arc<Connections>,
    share: OnceLock<Arc<Share>>,
    state: Mutex<State>,
    ended: OnceLock<Why>,
    end: Notify,
    /// Notified when written bytes have moved on.
    drained: Notify,
}

/// The state of a connection.
struct State {
    asked: bool,
    /// How many of its requests are being answered.
    running: u32,
    /// How many of these wait for the rest of their request bodies.
    awaited: u32,
    /// For each answer that has not been sent completely, when a part of it was last sent. Reading one answer does not
    /// count as reading the others.
    answers: HashMap<u64, Instant>,
    /// The key of the next answer.
    next: u64,
    /// How many bytes of answers its client has not read; `None` once the connection was ended because of them.
    waiting: Option<u64>,
    /// When its last request began, or was answered.
    moved: Instant,
    /// Since when its client has read nothing of what is written.
    stalled: Option<Instant>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Connections {
    /// The connections of the service.
    pub(super) fn new(app: &App) -> Arc<Self> {
        let http = &app.config.http;
        Self::within(app, http.connections, http.share_of_an_address())
    }

    /// The connections of the metrics listener, which has few clients.
    pub(super) fn watching(app: &App) -> Arc<Self> {
        Self::within(app, WATCHING, WATCHING / 2)
    }

    fn within(app: &App, most: u32, share: u32) -> Arc<Self> {
        let http = &app.config.http;
        let limits = Limits {
            most,
            share,
            first_request: http.header_timeout,
            idle: http.idle_timeout,
            no_progress: http.request_timeout,
        };
        Arc::new(Self { app: app.clone(), limits, table: Mutex::default(), waiting: AtomicU64::new(0) })
    }

    /// Takes a place for another connection. If all are taken, the connection that has been quiet longest gives up its
    /// place; `None` if none is quiet.
    pub(super) fn open(self: &Arc<Self>, peer: IpAddr) -> Option<Opened> {
        let trusted = client_ip::is_in(&self.app.config.http.trusted_proxies, peer);
        let peer: Arc<str> = client_ip::network(peer).into();
        let mut table = lock(&self.table);
        if !trusted && table.closing.get(&peer).is_some_and(|closing| *closing >= CLOSING_OF_ONE) {
            return self.refuse("address");
        }
        let mut reserved = false;
        if table.alive >= self.limits.most + RESERVED + CLOSING {
            // The connections that were asked to end have not ended yet.
            return self.refuse("all");
        }
        if table.open.len() as u32 - table.reserved >= self.limits.most && !table.displace(FRESH, |it| !it.reserved) {
            reserved = true;
            if !table.make_reserved(&peer) {
                return self.refuse("all");
            }
        }
        let id = table.next;
        table.next += 1;
        table.alive += 1;
        table.reserved += u32::from(reserved);
        let state = State {
            asked: false,
            running: 0,
            awaited: 0,
            answers: HashMap::new(),
            next: 0,
            waiting: Some(0),
            moved: Instant::now(),
            stalled: None,
        };
        let connection = Arc::new(Connection {
            id,
            reserved,
            peer,
            all: Arc::clone(self),
            share: OnceLock::new(),
            state: Mutex::new(state),
            ended: OnceLock::new(),
            end: Notify::new(),
            drained: Notify::new(),
        });
        table.open.insert(id, Arc::clone(&connection));
        drop(table);
        self.app.metrics.connection_begins();
        Some(Opened(connection))
    }

    fn refuse<T>(&self, what: &'static str) -> Option<T> {
        self.app.metrics.connection_refused(what);
        None
    }

    /// Makes room as the last resort: ends the connection that has been quiet longest.
    pub(super) fn make_room(&self) {
        lock(&self.table).displace(Duration::ZERO, |_| true);
    }

    /// Ends the connection whose client leaves the most bytes unread, of this share or of all.
    fn relieve(&self, of: Option<&Arc<Share>>) {
        let largest = {
            let table = lock(&self.table);
            let own = |it: &&Arc<Connection>| match of {
                Some(share) => it.share.get().is_some_and(|it| Arc::ptr_eq(it, share)),
                None => true,
            };
            let waiting = table.open.values().filter(own).map(|it| (lock(&it.state).waiting.unwrap_or(0), it));
            let largest = waiting.filter(|(bytes, _)| *bytes > 0).max_by_key(|(bytes, _)| *bytes);
            largest.map(|(_, it)| Arc::clone(it))
        };
        if let Some(largest) = largest {
            largest.give_up_waiting();
            largest.end(Why::Unread);
        }
    }

    /// Ends connections that have been quiet for too long, until the process ends.
    pub(super) async fn look_after(self: Arc<Self>) {
        loop {
            tokio::time::sleep(LOOK).await;
            let open: Vec<_> = lock(&self.table).open.values().cloned().collect();
            let now = Instant::now();
            for connection in open {
                if let Some(why) = connection.overdue(&self.limits, now) {
                    connection.end(why);
                }
            }
        }
    }
}

impl Table {
    /// Ends the connection among these that has been quiet longest, if it has been quiet for at least `least`.
    fn displace(&mut self, least: Duration, among: impl Fn(&Connection) -> bool) -> bool {
        let quiet = self.open.values().filter(|it| among(it)).filter_map(|it| Some((it.quiet_since()?, it)));
        let Some((since, longest)) = quiet.min_by_key(|(since, _)| *since) else { return false };
        if since.elapsed() < least {
            return false;
        }
        let longest = Arc::clone(longest);
        self.forget(&longest);
        longest.end(Why::Displaced);
        true
    }

    /// Makes a place for one more connection from this network among those for health checks. None of them keeps its
    /// place: the first to end is another one of the same network, then one of the network that has the most.
    fn make_reserved(&mut self, peer: &Arc<str>) -> bool {
        let mut counts: HashMap<&Arc<str>, usize> = HashMap::new();
        for it in self.open.values().filter(|it| it.reserved) {
            *counts.entry(&it.peer).or_default() += 1;
        }
        let own = counts.get(peer).copied().unwrap_or(0);
        let from = match own >= RESERVED_OF_ONE {
            true => Arc::clone(peer),
            false if self.reserved < RESERVED => return true,
            false => match counts.into_iter().max_by_key(|(_, count)| *count) {
                Some((most, _)) => Arc::clone(most),
                None => return true,
            },
        };
        self.displace(Duration::ZERO, |it| it.reserved && it.peer == from)
    }

    fn forget(&mut self, connection: &Connection) {
        if self.open.remove(&connection.id).is_some() {
            self.reserved -= u32::from(connection.reserved);
            *self.closing.entry(Arc::clone(&connection.peer)).or_default() += 1;
        }
    }
}

/// An open connection; it counts as open until this is dropped.
pub(super) struct Opened(Arc<Connection>);

impl std::ops::Deref for Opened {
    type Target = Arc<Connection>;
    fn deref(&self) -> &Arc<Connection> {
        &self.0
    }
}

impl Opened {
    /// Counts the connection for this address. If the address has used up its share, one of its quiet connections ends
    /// to make room; `false` if none is quiet. A trusted proxy has no share.
    pub(super) fn belongs_to(&self, address: IpAddr) -> bool {
        let all = &self.0.all;
        let name = client_ip::network(address);
        let trusted = client_ip::is_in(&all.app.config.http.trusted_proxies, address);
        let mut table = lock(&all.table);
        let new = || {
            let name = name.clone();
            Arc::new(Share { name, trusted, open: Mutex::new(0), waiting: AtomicU64::new(0) })
        };
        let share = Arc::clone(table.shares.entry(name.clone()).or_insert_with(new));
        let full = !trusted && *lock(&share.open) >= all.limits.share;
        let own = |it: &Connection| it.id != self.0.id && it.share.get().is_some_and(|it| Arc::ptr_eq(it, &share));
        if full && !table.displace(FRESH, own) {
            return all.refuse::<()>("address").is_some();
        }
        *lock(&share.open) += 1;
        self.0.share.set(share).is_ok()
    }
}

impl Drop for Opened {
    fn drop(&mut self) {
        let all = &self.0.all;
        let mut table = lock(&all.table);
        table.alive -= 1;
        table.forget(&self.0);
        if let Some(closing) = table.closing.get_mut(&self.0.peer) {
            *closing -= 1;
            if *closing == 0 {
                table.closing.remove(&self.0.peer);
            }
        }
        if let Some(share) = self.0.share.get() {
            let mut open = lock(&share.open);
            *open -= 1;
            if *open == 0 {
                table.shares.remove(&share.name);
            }
        }
        all.app.metrics.connection_ends();
    }
}

impl Connection {
    /// Asks the connection to end; the first reason counts.
    fn end(&self, why: Why) {
        if self.ended.set(why).is_ok() {
            self.all.app.metrics.connection_ended(why.as_str());
            self.end.notify_one();
        }
    }

    /// Records that the protocol timed out waiting for a request.
    pub(super) fn timed_out(&self) {
        let asked = lock(&self.state).asked;
        self.end(if asked { Why::Idle } else { Why::Silent });
    }

    /// Completes when the connection has to end.
    pub(super) async fn ended(&self) -> Why {
        loop {
            if let Some(why) = self.ended.get() {
                return *why;
            }
            self.end.notified().await;
        }
    }

    fn overdue(&self, limits: &Limits, now: Instant) -> Option<Why> {
        let state = lock(&self.state);
        let since = |moment: Instant| now.saturating_duration_since(moment);
        if state.stalled.is_some_and(|it| since(it) >= limits.no_progress) {
            return Some(Why::Unread);
        }
        if let Some(oldest) = state.answers.values().min() {
            return (since(*oldest) >= limits.no_progress).then_some(Why::Unread);
        }
        let (limit, why) = match *state {
            // The request handlers have separate time limits.
            State { running: 1.., .. } => return None,
            State { asked: true, .. } => (limits.idle, Why::Idle),
            State { asked: false, .. } => (limits.first_request, Why::Silent),
        };
        (since(state.moved) >= limit).then_some(why)
    }

    /// Since when the connection has been quiet; `None` while a request is being processed. Waiting for the rest of a
    /// request does not count as processing.
    fn quiet_since(&self) -> Option<Instant> {
        let state = lock(&self.state);
        let oldest = state.answers.values().copied().chain(state.stalled).chain([state.moved]).min();
        oldest.filter(|_| state.running <= state.awaited)
    }

    /// Stops counting its unread bytes, since it ends because of them.
    fn give_up_waiting(&self) {
        let bytes = lock(&self.state).waiting.take().unwrap_or(0);
        self.left(bytes);
    }

    /// Subtracts bytes that have been sent or dropped.
    fn left(&self, bytes: u64) {
        self.all.waiting.fetch_sub(bytes, Ordering::Relaxed);
        if let Some(share) = self.share.get() {
            share.waiting.fetch_sub(bytes, Ordering::Relaxed);
        }
    }

    /// Notes that one of its requests waits for its body, or no longer does.
    pub(super) fn awaits(&self, body: bool) {
        let mut state = lock(&self.state);
        match body {
            true => state.awaited += 1,
            false => state.awaited -= 1,
        }
    }

    /// A request begins.
    pub(super) fn begins(self: &Arc<Self>) -> Running {
        let mut state = lock(&self.state);
        state.asked = true;
        state.running += 1;
        state.moved = Instant::now();
        Running(Some(Arc::clone(self)))
    }

    /// What was written has moved on, or waits for the client to read.
    pub(super) fn writes(&self, moved: bool) {
        let mut state = lock(&self.state);
        match moved {
            false => state.stalled = state.stalled.or_else(|| Some(Instant::now())),
            true if state.stalled.is_some() => {
                state.stalled = None;
                self.drained.notify_one();
            }
            true => {}
        }
    }

    /// Completes when the written bytes are on their way: if a client sends many requests at once and reads no answer,
    /// the remaining ones are not processed.
    pub(super) async fn drained(&self) {
        while lock(&self.state).stalled.is_some() {
            self.drained.notified().await;
        }
    }
}

/// A request that is being answered; it ends when this is dropped.
pub(super) struct Running(Option<Arc<Connection>>);

impl Running {
    /// The answer is ready and is about to be sent; a body that all answers share takes no extra memory.
    pub(super) fn answered(mut self, bytes: u64, shared: bool) -> Option<Arc<Unread>> {
        let connection = self.0.take()?;
        let bytes = if shared { 0 } else { bytes };
        let mut state = lock(&connection.state);
        state.running -= 1;
        let (key, now) = (state.next, Instant::now());
        state.next += 1;
        state.answers.insert(key, now);
        let counted = state.waiting.as_mut().map(|waiting| *waiting += bytes).is_some();
        drop(state);
        if counted {
            let all = connection.all.waiting.fetch_add(bytes, Ordering::Relaxed) + bytes;
            let share = connection.share.get();
            let of_one = share.map_or(0, |share| share.waiting.fetch_add(bytes, Ordering::Relaxed) + bytes);
            if let Some(share) = share.filter(|share| of_one > OF_ONE && !share.trusted) {
                connection.all.relieve(Some(share));
            } else if all > OF_ALL {
                connection.all.relieve(None);
            }
        }
        Some(Arc::new(Unread { connection, key, bytes }))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(connection) = &self.0 {
            let mut state = lock(&connection.state);
            state.running -= 1;
            state.moved = Instant::now();
        }
    }
}

/// An answer that has not been sent completely.
pub(super) struct Unread {
    connection: Arc<Connection>,
    key: u64,
    bytes: u64,
}

impl Unread {
    /// A piece of the answer has been sent.
    pub(super) fn moves(&self) {
        if let Some(moved) = lock(&self.connection.state).answers.get_mut(&self.key) {
            *moved = Instant::now();
        }
    }
}

impl Drop for Unread {
    fn drop(&mut self) {
        let mut state = lock(&self.connection.state);
        state.answers.remove(&self.key);
        state.moved = Instant::now();
        let counted = state.waiting.as_mut().map(|waiting| *waiting -= self.bytes).is_some();
        drop(state);
        if counted {
            self.connection.left(self.bytes);
        }
    }
}
