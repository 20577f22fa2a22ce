//! `store::ephemeral`: the same promises in memory and on a Redis.

use std::time::Duration;

use latchkey::base::clock::{Clock, Timestamp};
use latchkey::base::random::Random;
use latchkey::base::seal::SealingKey;
use latchkey::store::ephemeral::{Crowd, Ephemeral, Options, Rate, Redis};

use crate::harness::{RedisServer, seconds};

const NOON: Timestamp = Timestamp::from_seconds(1_767_268_800);

/// A store of each kind, with its clock, and the server that must outlive it.
async fn stores() -> Vec<(Clock, Ephemeral, Option<RedisServer>)> {
    let clock = || Clock::manual(NOON);
    let (in_memory, on_server) = (clock(), clock());
    let server = RedisServer::start().await;
    let redis = on(&server, &on_server);
    redis.begin().await.unwrap();
    vec![
        (in_memory.clone(), Ephemeral::memory(in_memory), None),
        (on_server, Ephemeral::Redis(redis.into()), Some(server)),
    ]
}

fn on(server: &RedisServer, clock: &Clock) -> Redis {
    let options = Options { url: server.url().into(), prefix: "test".to_owned(), timeout: seconds(2) };
    Redis::new(&options, SealingKey::new([7; 32]), clock.clone(), Random::System).unwrap()
}

#[tokio::test]
async fn a_proof_is_new_once_until_it_expires() {
    for (clock, store, _server) in stores().await {
        let (made, until) = (clock.now(), clock.now() + seconds(60));
        assert!(store.once("jti", made, until).await.unwrap());
        assert!(!store.once("jti", made, until).await.unwrap(), "{store:?}");
        clock.advance(seconds(61));
        assert!(store.once("jti", clock.now(), until + seconds(60)).await.unwrap(), "{store:?}");
    }
}

#[tokio::test]
async fn a_proof_from_before_the_store_began_may_have_been_seen() {
    for (clock, store, _server) in stores().await {
        let until = clock.now() + seconds(60);
        assert!(!store.once("old", NOON, until).await.unwrap(), "{store:?}");
    }
}

#[tokio::test]
async fn of_many_that_bring_one_proof_one_is_first() {
    for (clock, store, _server) in stores().await {
        let (made, until) = (clock.now(), clock.now() + seconds(60));
        let tasks: Vec<_> = (0..50)
            .map(|_| {
                let store = store.clone();
                tokio::spawn(async move { store.once("jti", made, until).await.unwrap() })
            })
            .collect();
        let mut first = 0;
        for task in tasks {
            first += i32::from(task.await.unwrap());
        }
        assert_eq!(first, 1, "{store:?}");
    }
}

#[tokio::test]
async fn different_members_of_a_key_are_told_once_in_each_window() {
    for (clock, store, _server) in stores().await {
        let crowd = Crowd { least: 5, window: seconds(600) };
        let gather = async |key: &str, member: &str| store.gather(key, member, crowd).await.unwrap();
        for _ in 0..20 {
            assert_eq!(gather("a", "the same").await, None, "{store:?}");
        }
        for member in ["1", "2", "3"] {
            assert_eq!(gather("a", member).await, None, "{store:?}");
            assert_eq!(gather("b", member).await, None, "another key has members of its own");
        }
        assert_eq!(gather("a", "4").await, Some(5), "{store:?}");
        for member in ["5", "6", "7", "1"] {
            assert_eq!(gather("a", member).await, None, "told already: {store:?}");
        }
        clock.advance(seconds(600));
        for member in ["1", "2", "3", "4"] {
            assert_eq!(gather("a", member).await, None, "another window: {store:?}");
        }
        assert_eq!(gather("a", "5").await, Some(5), "{store:?}");
    }
}

#[tokio::test]
async fn a_rate_allows_its_burst_and_then_one_in_each_period() {
    for (clock, store, _server) in stores().await {
        let rate = Rate { burst: 3, period: seconds(6) };
        for _ in 0..3 {
            assert_eq!(store.limit("a", rate).await, Ok(()));
        }
        let wait = store.limit("a", rate).await.unwrap_err();
        assert!(wait > seconds(5) && wait <= seconds(6), "{wait:?} {store:?}");
        assert_eq!(store.limit("b", rate).await, Ok(()), "another key has a bucket of its own");
        clock.advance(seconds(6));
        assert_eq!(store.limit("a", rate).await, Ok(()));
        assert!(store.limit("a", rate).await.is_err(), "{store:?}");
    }
}

#[tokio::test]
async fn what_is_given_back_can_be_taken_again_and_never_makes_more_than_the_burst() {
    for (clock, store, _server) in stores().await {
        let rate = Rate { burst: 3, period: seconds(6) };
        for _ in 0..3 {
            store.limit("a", rate).await.unwrap();
        }
        store.give_back("a", rate).await;
        assert_eq!(store.limit("a", rate).await, Ok(()), "{store:?}");
        assert!(store.limit("a", rate).await.is_err(), "{store:?}");
        store.give_back("nobody has taken", rate).await;
        // Long after the burst is whole again.
        clock.advance(seconds(17));
        for _ in 0..9 {
            store.give_back("a", rate).await;
        }
        let mut taken = 0;
        while store.limit("a", rate).await.is_ok() {
            taken += 1;
        }
        assert_eq!(taken, 3, "{store:?}");
    }
}

#[tokio::test]
async fn x8_a_clock_that_is_set_back_shuts_nobody_out() {
    for (clock, store, _server) in stores().await {
        let rate = Rate { burst: 2, period: seconds(6) };
        while store.limit("a", rate).await.is_ok() {}
        clock.set_back(seconds(3600));
        // One at least within a period, and never more than the burst.
        let mut taken = 0;
        while store.limit("a", rate).await.is_ok() {
            taken += 1;
        }
        clock.advance(seconds(6));
        taken += i32::from(store.limit("a", rate).await.is_ok());
        assert!((1..=2).contains(&taken), "{taken} {store:?}");
        clock.advance(seconds(6));
        assert_eq!(store.limit("a", rate).await, Ok(()), "{store:?}");
        // What is made after the jump can be new, and is new once.
        let made = clock.now();
        store.once("first", made, made + seconds(60)).await.unwrap();
        let made = clock.now();
        assert!(store.once("jti", made, made + seconds(60)).await.unwrap(), "{store:?}");
        assert!(!store.once("jti", made, made + seconds(60)).await.unwrap(), "{store:?}");
    }
}

#[tokio::test]
async fn x8_a_redis_that_rests_does_so_for_a_second_whatever_the_clock_is_set_to() {
    let (server, clock) = (RedisServer::start().await, Clock::manual(NOON));
    let store = Ephemeral::Redis(on(&server, &clock).into());
    let port = server.port();
    drop(server);
    assert!(store.take("a").await.is_err());
    let _server = RedisServer::start_at(port).await;
    clock.set_back(seconds(3600));
    clock.advance(seconds(2));
    // The first question may find the connection that was lost.
    for _ in 0..50 {
        if store.take("a").await.is_ok() {
            return;
        }
        clock.advance(seconds(2));
    }
    panic!("Redis is asked again");
}

#[tokio::test]
async fn a_value_is_there_until_it_is_taken_or_expires() {
    for (clock, store, _server) in stores().await {
        let until = clock.now() + seconds(60);
        store.put("a", b"\x00 bytes", until).await.unwrap();
        assert_eq!(store.take("a").await.unwrap().as_deref(), Some(&b"\x00 bytes"[..]));
        assert_eq!(store.take("a").await.unwrap(), None);
        store.put("b", b"x", until).await.unwrap();
        clock.advance(seconds(60));
        assert_eq!(store.take("b").await.unwrap(), None, "{store:?}");
    }
}

#[tokio::test]
async fn redis_learns_neither_names_nor_values() {
    let (server, clock) = (RedisServer::start().await, Clock::manual(NOON));
    let redis = on(&server, &clock);
    redis.begin().await.unwrap();
    let store = Ephemeral::Redis(redis.into());
    let until = clock.now() + seconds(60);
    store.put("mail:alice@example.com", b"a secret value", until).await.unwrap();
    store.once("proof-of-alice", clock.now(), until).await.unwrap();
    let _ = store.limit("address:203.0.113.7", Rate { burst: 1, period: seconds(1) }).await;
    let everything = server.dump();
    assert_eq!(everything.matches("{test}:").count(), 4, "a value, a proof, a rate, the epoch: {everything}");
    for word in ["alice", "secret", "203.0.113.7"] {
        assert!(!everything.contains(word), "{word} in {everything}");
    }
}

#[tokio::test]
async fn a_redis_that_is_emptied_begins_a_new_epoch() {
    let (server, clock) = (RedisServer::start().await, Clock::manual(NOON));
    let store = Ephemeral::Redis(on(&server, &clock).into());
    assert!(!store.once("first", clock.now(), clock.now() + seconds(60)).await.unwrap(), "the store was empty");
    let (made, until) = (clock.now(), clock.now() + seconds(60));
    assert!(store.once("jti", made, until).await.unwrap());
    server.cli(&["FLUSHALL"]);
    assert!(!store.once("jti", made, until).await.unwrap(), "it was seen, and nobody knows");
    assert!(store.once("jti", clock.now(), until).await.unwrap());
}

#[tokio::test]
async fn without_its_redis_limits_are_counted_here_and_nothing_else_is_known() {
    let (server, clock) = (RedisServer::start().await, Clock::manual(NOON));
    let store = Ephemeral::Redis(on(&server, &clock).into());
    drop(server);
    let rate = Rate { burst: 2, period: seconds(6) };
    let began = std::time::Instant::now();
    assert_eq!(store.limit("a", rate).await, Ok(()));
    assert_eq!(store.limit("a", rate).await, Ok(()));
    assert!(store.limit("a", rate).await.is_err(), "a limit never goes away");
    assert!(store.once("jti", clock.now(), clock.now() + seconds(60)).await.is_err());
    assert!(store.take("a").await.is_err());
    assert_eq!(store.answers().await, Some(false));
    assert!(began.elapsed() < Duration::from_secs(20), "a lost server is not waited for each time");
}
