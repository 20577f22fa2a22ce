//! `keys::vault`: master keys and what they wrap.

use latchkey::base::random::Random;
use latchkey::base::seal::SealingKey;
use latchkey::keys::vault::{Error, Vault};

use crate::harness::TestApp;

#[tokio::test]
async fn another_master_key_opens_nothing_and_a_new_one_takes_over_from_the_one_before() {
    let app = TestApp::new().await;
    let present = app.app.config.secrets.master_key.clone().unwrap();
    let stranger = SealingKey::generate(&Random::System);
    let open = |keys: Vec<SealingKey>| {
        let app = app.clone();
        async move { Vault::open(&app.app.db, &keys, &app.app.random).await }
    };
    assert!(matches!(open(vec![stranger.clone()]).await, Err(Error::WrongMasterKey)));
    let sealed = app.app.vault.seal(&Random::System, "here", b"secret");
    let rotated = open(vec![stranger.clone(), present.clone()]).await.unwrap();
    assert_eq!(rotated.unseal("here", &sealed).unwrap().as_slice(), b"secret", "nothing was sealed again");
    assert!(open(vec![stranger]).await.is_ok(), "the new key alone opens it now");
    assert!(matches!(open(vec![present]).await, Err(Error::WrongMasterKey)), "and the old one no longer");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_that_open_an_empty_database_all_have_the_same_keys() {
    for round in 0..5 {
        let opened = TestApp::opened_at_once(8).await;
        let Some(first) = opened.first() else { return };
        let sealed = first.vault.seal(&first.random, "a place", b"what all must open");
        for other in &opened {
            assert!(other.vault.unseal("a place", &sealed).is_some(), "round {round}: two data keys");
            assert_eq!(
                other.keys.ring().public.to_json(),
                first.keys.ring().public.to_json(),
                "round {round}: two signing keys"
            );
        }
    }
}
