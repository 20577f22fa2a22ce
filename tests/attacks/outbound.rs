//! N2. What is fetched from other servers reaches nothing that only this machine reaches, and no server that is asked can harm us.

use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use latchkey::base::network::Network;
use latchkey::outbound::failure::{Failure, Refusal};
use latchkey::outbound::host::HostRule;
use latchkey::outbound::names::{Names, Table};
use latchkey::outbound::{Options, Outbound, Purpose, Tally};

/// An address of this machine that plays one of the internet.
const OUTSIDE: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);

/// An address of this machine that plays one of the own network.
const INSIDE: Ipv4Addr = Ipv4Addr::LOCALHOST;

/// A server that counts its connections and answers each with the same bytes.
struct Listener {
    port: u16,
    connections: Arc<AtomicUsize>,
}

impl Listener {
    fn at(address: impl Into<IpAddr>, port: u16, answer: impl Fn(&mut TcpStream) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind((address.into(), port)).unwrap();
        let (port, connections) = (listener.local_addr().unwrap().port(), Arc::new(AtomicUsize::new(0)));
        let (counted, answer) = (Arc::clone(&connections), Arc::new(answer));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                counted.fetch_add(1, Ordering::SeqCst);
                let (mut stream, answer) = (stream.unwrap(), Arc::clone(&answer));
                std::thread::spawn(move || {
                    let mut request = [0; 4096];
                    let mut read = 0;
                    while !request[..read].windows(4).any(|end| end == b"\r\n\r\n") {
                        match stream.read(&mut request[read..]) {
                            Ok(0) | Err(_) => return,
                            Ok(more) => read += more,
                        }
                    }
                    answer(&mut stream);
                });
            }
        });
        Self { port, connections }
    }

    fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

fn says(text: &'static str) -> impl Fn(&mut TcpStream) + Send + Sync {
    move |stream| {
        let head = format!("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {}\r\n\r\n", text.len());
        let _ = stream.write_all(format!("{head}{text}").as_bytes());
    }
}

fn options(allowed: &[&str], table: &Table) -> Options {
    Options {
        allowed_networks: allowed.iter().map(|text| Network::parse(text).unwrap()).collect(),
        allowed_hosts: Vec::new(),
        trusted: Vec::new(),
        timeout: Duration::from_secs(5),
        largest: 100_000,
        at_once: 8,
        names: Names::Table(table.clone()),
        tally: Tally::default(),
    }
}

async fn fetch(outbound: &Outbound, url: &str) -> Result<String, Failure> {
    let request = http::Request::get(url).body(Vec::new()).unwrap();
    let answer = outbound.fetch(Purpose::UpstreamMetadata, request).await?;
    Ok(String::from_utf8(answer.into_body()).unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn n2_no_packet_reaches_what_only_this_machine_reaches() {
    let inside = Listener::at(INSIDE, 0, says("secret"));
    let (port, table) = (inside.port, Table::default());
    // Not every machine has IPv6.
    let inside_v6 = std::panic::catch_unwind(|| Listener::at(std::net::Ipv6Addr::LOCALHOST, port, says("secret"))).ok();
    let loopback: IpAddr = INSIDE.into();
    table.answer_with("inside.example", [vec![loopback]]);
    table.answer_with("mapped.example", [vec!["::ffff:127.0.0.1".parse().unwrap()]]);
    table.answer_with("six.example", [vec!["::1".parse().unwrap()]]);
    table.answer_with("localhost", [vec![loopback]]);
    table.answer_with("any.example", [vec![Ipv4Addr::UNSPECIFIED.into()]]);
    let outbound = Outbound::new(options(&[], &table)).unwrap();
    for host in [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "0.0.0.0",
        "0",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "127.0.0.1.",
        "localhost",
        "LOCALHOST",
        "inside.example",
        "mapped.example",
        "six.example",
        "any.example",
    ] {
        for scheme in ["https", "http"] {
            let failure = fetch(&outbound, &format!("{scheme}://{host}:{port}/")).await.unwrap_err();
            let wanted = if scheme == "https" { Refusal::Private } else { Refusal::NotEncrypted };
            assert_eq!(failure, Failure::Refused(wanted), "{scheme}://{host}");
        }
    }
    assert_eq!(inside.connections() + inside_v6.map_or(0, |it| it.connections()), 0);
    // The listener does listen.
    assert_eq!(
        fetch(&Outbound::new(options(&["127.0.0.1"], &table)).unwrap(), &format!("http://inside.example:{port}/"))
            .await
            .unwrap(),
        "secret"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn n2_a_name_that_leads_elsewhere_at_the_second_look_leads_nowhere() {
    let outside = Listener::at(OUTSIDE, 0, says("public"));
    let inside = Listener::at(INSIDE, outside.port, says("secret"));
    let table = Table::default();
    table.answer_with("turns.example", [vec![OUTSIDE.into()], vec![INSIDE.into()]]);
    table.answer_with("both.example", [vec![INSIDE.into(), OUTSIDE.into()]]);
    let outbound = Outbound::new(options(&["127.0.0.2"], &table)).unwrap();
    let ask = async |name: &str| fetch(&outbound, &format!("http://{name}:{}/", outside.port)).await;
    assert_eq!(ask("turns.example").await.unwrap(), "public", "what was looked at is what is asked");
    assert_eq!(ask("turns.example").await.unwrap_err(), Failure::Refused(Refusal::Private));
    assert_eq!(ask("both.example").await.unwrap(), "public", "of several addresses the one that may be asked");
    assert_eq!((outside.connections(), inside.connections()), (2, 0));
    assert_eq!(ask("nobody.example").await.unwrap_err(), Failure::Unknown);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn n2_nothing_that_sends_on_is_followed() {
    let inside = Listener::at(INSIDE, 0, says("secret"));
    let port = inside.port;
    let table = Table::default();
    for status in ["301 Moved", "302 Found", "303 See Other", "307 Temporary Redirect", "308 Permanent Redirect"] {
        let outside = Listener::at(OUTSIDE, 0, move |stream| {
            let location = format!("http://127.0.0.1:{port}/");
            let head =
                format!("HTTP/1.1 {status}\r\nConnection: close\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n");
            let _ = stream.write_all(head.as_bytes());
        });
        // Even where it could be.
        let outbound = Outbound::new(options(&["127.0.0.0/8"], &table)).unwrap();
        let url = format!("http://127.0.0.2:{}/", outside.port);
        assert_eq!(fetch(&outbound, &url).await.unwrap_err(), Failure::Redirect, "{status}");
    }
    assert_eq!(inside.connections(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn n2_addresses_that_are_none_of_a_web_server_are_not_asked() {
    let table = Table::default();
    table.answer_with("id.example", [vec![INSIDE.into()]]);
    let mut limited = options(&["127.0.0.0/8"], &table);
    limited.allowed_hosts = vec![HostRule::parse("*.northwind.example").unwrap()];
    let (outbound, limited) =
        (Outbound::new(options(&["127.0.0.0/8"], &table)).unwrap(), Outbound::new(limited).unwrap());
    for (outbound, url, refusal) in [
        (&outbound, "http://id.example:25/", Refusal::Port),
        (&outbound, "https://id.example:22/", Refusal::Port),
        (&outbound, "ftp://id.example/", Refusal::NotAnAddress),
        (&outbound, "http://user:secret@id.example/", Refusal::Credentials),
        (&limited, "https://id.example/", Refusal::Host),
        (&limited, "https://127.0.0.1/", Refusal::Host),
        (&limited, "https://northwind.example/", Refusal::Host),
    ] {
        assert_eq!(fetch(outbound, url).await.unwrap_err(), Failure::Refused(refusal), "{url}");
    }
    assert_eq!(fetch(&limited, "https://id.northwind.example/").await.unwrap_err(), Failure::Unknown);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn n2_an_answer_that_has_no_end_is_given_up() {
    let table = Table::default();
    let silent = Listener::at(OUTSIDE, 0, |stream| {
        // It reads on, and so ends when the other side does.
        let _ = stream.read(&mut [0; 1]);
    });
    let half = Listener::at(OUTSIDE, 0, |stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{");
        let _ = stream.read(&mut [0; 1]);
    });
    let huge = Listener::at(OUTSIDE, 0, |stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 100000000000\r\n\r\n");
        while stream.write_all(&[b' '; 65_536]).is_ok() {}
    });
    let chunks = Listener::at(OUTSIDE, 0, |stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        while stream.write_all(b"1\r\na\r\n").is_ok() {}
    });
    let headers = Listener::at(OUTSIDE, 0, |stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n");
        while stream.write_all(b"a: b\r\n").is_ok() {}
    });
    let timeout = Duration::from_millis(300);
    let outbound = Outbound::new(Options { timeout, ..options(&["127.0.0.2"], &table) }).unwrap();
    let failure = async |it: &Listener| fetch(&outbound, &format!("http://127.0.0.2:{}/", it.port)).await.unwrap_err();
    assert_eq!(failure(&silent).await, Failure::Silent(timeout));
    assert_eq!(failure(&half).await, Failure::Silent(timeout));
    let patient = Outbound::new(options(&["127.0.0.2"], &table)).unwrap();
    let failure = async |it: &Listener| fetch(&patient, &format!("http://127.0.0.2:{}/", it.port)).await.unwrap_err();
    assert_eq!(failure(&huge).await, Failure::TooLarge(100_000));
    assert_eq!(failure(&chunks).await, Failure::TooLarge(100_000));
    assert!(matches!(failure(&headers).await, Failure::Broken(_)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn n2_a_compressed_answer_is_no_larger_than_it_is() {
    let table = Table::default();
    let bomb = Listener::at(OUTSIDE, 0, |stream| {
        let head = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\n";
        let _ = stream.write_all(&[head.as_bytes(), &[0x1f, 0x8b, 8, 0]].concat());
    });
    let outbound = Outbound::new(options(&["127.0.0.2"], &table)).unwrap();
    let request = http::Request::get(format!("http://127.0.0.2:{}/", bomb.port)).body(Vec::new()).unwrap();
    let answer = outbound.fetch(Purpose::UpstreamMetadata, request).await.unwrap();
    assert_eq!(answer.body(), &[0x1f, 0x8b, 8, 0], "nothing is unpacked");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn n2_one_server_gets_half_of_the_requests_at_once_and_no_more() {
    let table = Table::default();
    let (running, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (counted, highest) = (Arc::clone(&running), Arc::clone(&most));
    // Four wait for each other: so many there are, and whoever comes besides is counted.
    let four = std::sync::Barrier::new(4);
    let server = Listener::at(OUTSIDE, 0, move |stream| {
        highest.fetch_max(counted.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        four.wait();
        counted.fetch_sub(1, Ordering::SeqCst);
        says("done")(stream);
    });
    let outbound = Outbound::new(options(&["127.0.0.2"], &table)).unwrap();
    let url = format!("http://127.0.0.2:{}/", server.port);
    let all: Vec<_> = (0..24)
        .map(|_| {
            let (outbound, url) = (outbound.clone(), url.clone());
            tokio::spawn(async move { fetch(&outbound, &url).await })
        })
        .collect();
    for one in all {
        assert_eq!(one.await.unwrap().unwrap(), "done");
    }
    assert_eq!(most.load(Ordering::SeqCst), 4, "at once");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn n2_a_server_is_trusted_by_the_known_authorities_and_those_of_the_operator_alone() {
    let table = Table::default();
    table.answer_with("id.example", [vec![INSIDE.into()]]);
    let made = rcgen::generate_simple_self_signed(["id.example".to_owned()]).unwrap();
    let key = rustls::pki_types::PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let server = rustls::ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let server = Arc::new(server.with_no_client_auth().with_single_cert(vec![made.cert.der().clone()], key).unwrap());
    let listener = TcpListener::bind((INSIDE, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut connection = rustls::ServerConnection::new(Arc::clone(&server)).unwrap();
            let mut stream = stream.unwrap();
            let mut stream = rustls::Stream::new(&mut connection, &mut stream);
            let mut request = [0; 4096];
            if stream.read(&mut request).is_ok() {
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok");
                stream.conn.send_close_notify();
                let _ = stream.flush();
            }
        }
    });
    let url = format!("https://id.example:{port}/");
    let stranger = Outbound::new(options(&["127.0.0.1"], &table)).unwrap();
    let failure = fetch(&stranger, &url).await.unwrap_err();
    assert!(matches!(&failure, Failure::Untrusted(why) if why.contains("certificate")), "{failure}");
    let mut trusting = options(&["127.0.0.1"], &table);
    trusting.trusted = vec![made.cert.pem().into_bytes()];
    let outbound = Outbound::new(trusting).unwrap();
    assert_eq!(fetch(&outbound, &url).await.unwrap(), "ok");
    table.answer_with("other.example", [vec![INSIDE.into()]]);
    let failure = fetch(&outbound, &format!("https://other.example:{port}/")).await.unwrap_err();
    assert!(matches!(&failure, Failure::Untrusted(why) if why.contains("other.example")), "{failure}");
}
