//! The test suite: one binary, the real router in-process, a database per test. It runs on SQLite, or, with
//! `LATCHKEY_TEST_DATABASE=postgres://…`, on PostgreSQL.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, unreachable_pub, dead_code)]

mod harness;

mod attacks;
mod house;
mod journeys;
mod specs;
mod stores;
