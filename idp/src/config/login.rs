//! `[login]`: how people sign in.

use std::time::Duration;

use super::reader::{at_least, between, if_set, section};
use super::units::{Size, days, hours, minutes, seconds};

section! {
    /// How people sign in.
    pub struct Login("login") {
        /// Whether people may make accounts for themselves; off by default, since every account is let into every
        /// application that trusts this provider.
        sign_up: bool = false;
        /// After how long without use a session ends.
        session_idle: Duration = hours(24), must(between(minutes(5), days(90)));
        /// After how long a session ends, however much it is used.
        session_absolute: Duration = days(14), must(between(minutes(5), days(365)));
        /// The same for a session of someone who chose to stay signed in.
        session_remembered: Duration = days(30), must(between(minutes(5), days(365)));
        /// After how long without use a session of an administrator ends, whatever they chose.
        administrator_idle: Duration = minutes(15), must(between(minutes(1), hours(24)));
        /// After how long a session of an administrator ends, however much it is used.
        administrator_absolute: Duration = hours(8), must(between(minutes(5), days(14)));
        /// How long a sign-in that was begun can be completed.
        interaction: Duration = minutes(30), must(between(minutes(10), minutes(60)));
        /// How long the link works by which a new person sets a password.
        invitation: Duration = hours(72), must(between(minutes(10), days(14)));
        /// The fewest characters of a password.
        password_min_length: u32 = 15, must(between(8, 64));
        /// The memory that hashing one password takes; a sign-in brings older hashes up to it.
        argon2_memory: Size = Size::mib(19), must(between(Size::mib(19), Size::mib(4096)));
        /// How often argon2 passes over its memory; one pass needs 46 MiB.
        argon2_iterations: u32 = 2, must(between(1, 100));
        /// How many lanes argon2 uses.
        argon2_parallelism: u32 = 1, must(between(1, 16));
        /// How many passwords are hashed at once.
        hashing_at_once: Option<u32> = None, must(if_set(between(1, 1024))),
            otherwise("the number of cores, as far as a quarter of the memory allows");
        /// How many sign-ins may wait for their turn to hash.
        hashing_queue: u32 = 64, must(between(1, 100_000));
        /// How long a sign-in waits for its turn before it is told to try again.
        hashing_wait: Duration = seconds(2), must(between(Duration::from_millis(100), seconds(20)));
        /// How many failures of an account cost no waiting.
        throttle_free: u32 = 4, must(between(1, 20));
        /// The longest wait before the next try counts; it doubles from one second.
        throttle_longest: Duration = seconds(60), must(between(seconds(1), hours(1)));
        /// After how many failures in a row an account no longer takes its password.
        throttle_close: u32 = 100, must(between(10, 1000));
        /// For how long a browser stays known after a user has signed in with it: there, tries of strangers do not lock
        /// the user out.
        known_device: Duration = days(180), must(between(days(1), days(365)));
        /// How many sign-ins an address (IPv4, or IPv6 /64) may try in a minute.
        address_per_minute: u32 = 10, must(at_least(1));
        /// How many sign-ins an address may try at once.
        address_burst: u32 = 20, must(at_least(1));
    }
}
