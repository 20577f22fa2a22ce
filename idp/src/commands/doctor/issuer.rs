//! How a request arrives that goes the way of everybody's: through the issuer's URL, and the proxies in front.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use anyhow::{Context, anyhow};
use hyper::StatusCode;
use openssl::x509::X509;
use rustls::pki_types::ServerName;
use serde::Deserialize;
use tokio::net::TcpStream;
use url::Url;

use crate::app::App;
use crate::base::clock::Clock;
use crate::commands::ask::{Answer, Question, Way, send};
use crate::commands::doctor::files;
use crate::commands::finding::Finding;
use crate::config::{Config, ForwardedHeader};
use crate::endpoints::seen::Seen;
use crate::keys::probe;
use crate::server::accept::tls::ends_in_der;

/// An address that nobody has (RFC 5737): a client that invents it must not be believed.
const INVENTED: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 77));

/// Reads a URL from the command line.
pub(super) fn url(text: &str) -> Result<Url, &'static str> {
    let url = Url::parse(text).ok().filter(|url| ["http", "https"].contains(&url.scheme()) && url.has_host());
    url.ok_or("a URL that begins with http:// or https://")
}

/// Asks the running server what it sees, and judges that.
pub(super) async fn arrives(url: Option<&Url>, patience: Duration, config: &Config, app: Option<&App>) -> Vec<Finding> {
    let issuer = Url::parse(config.issuer.as_str()).ok();
    let Some(url) = url.cloned().or(issuer) else { return Vec::new() };
    let Some(app) = app else {
        return vec![Finding::advice("issuer", "the server was not asked, since the database could not be opened")];
    };
    let to = Target { url: &url, proof: probe::make(&app.vault, &app.random, app.now()), patience };
    let answer = match to.ask(&[]).await {
        Ok(answer) => answer,
        Err(error) => {
            let finding = Finding::problem("issuer", format!("{url} does not answer: {error:#}"));
            return vec![
                finding.so("Nobody can sign in.").fix(
                    "Start the server, and check DNS, firewall and proxy. If this machine cannot reach the issuer's URL but others \
                     can, name another one with --url.",
                ),
            ];
        }
    };
    let mut found = of_certificate(&url, &answer);
    match seen(&url, &answer) {
        Err(finding) => found.push(finding),
        Ok(first) => {
            found.extend(of_host(&first, config));
            found.extend(of_address(&first, answer.from, config.http.forwarded_header));
            if first.trusted && first.readable && !first.lines.is_empty() {
                found.extend(of_invention(&to).await);
            }
        }
    }
    found
}

/// Where the server is asked.
struct Target<'a> {
    url: &'a Url,
    proof: String,
    patience: Duration,
}

impl Target<'_> {
    async fn ask(&self, headers: &[(&'static str, &str)]) -> anyhow::Result<Answer> {
        let host = self.url.host_str().unwrap_or_default();
        let port = self.url.port_or_known_default().unwrap_or(443);
        let authority = match self.url.port() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        };
        let tls = match self.url.scheme() {
            "https" => Some(ServerName::try_from(host.trim_matches(['[', ']']).to_owned())?),
            _ => None,
        };
        let mut all = vec![(probe::HEADER, self.proof.as_str())];
        all.extend(headers.iter().copied());
        let path = format!("{}/health/seen", self.url.path().trim_end_matches('/'));
        let question = Question { host: &authority, path: &path, headers: &all };
        let asked = async {
            let stream = TcpStream::connect((host.trim_matches(['[', ']']), port)).await?;
            send(stream, Way { tls, proxy_protocol: false }, question).await
        };
        let answered = tokio::time::timeout(self.patience, asked).await;
        answered.map_err(|_| anyhow!("no answer within {:?}", self.patience)).and_then(|it| it.context("no answer"))
    }
}

/// What the server saw, or why that is not known.
fn seen(url: &Url, answer: &Answer) -> Result<Seen, Finding> {
    if let Ok(seen) = Seen::deserialize(&answer.body) {
        return Ok(seen);
    }
    let finding = match answer.status {
        StatusCode::NOT_FOUND => Finding::problem("issuer", format!("{url} did not recognise this command (404)")).fix(
            "Check that the proxy passes the whole path on, that the server runs this release with the same database and master key, \
             and that the clocks of both machines agree.",
        ),
        status => Finding::problem("issuer", format!("{url} answers with {status}, and not as Latchkey does"))
            .fix("Check where the proxy sends requests for this URL."),
    };
    Err(finding.so("How requests arrive at the server is not known."))
}

fn of_certificate(url: &Url, answer: &Answer) -> Vec<Finding> {
    let Some(der) = &answer.certificate else { return Vec::new() };
    let host = url.host_str().unwrap_or_default();
    let mut found = vec![files::ends("issuer", &format!("of {url}"), ends_in_der(der), Clock::System.now())];
    let names = names(der);
    if !names.iter().any(|name| covers(name, host)) {
        found.push(
            Finding::problem("issuer", format!("the certificate is for {} and not for {host}", names.join(", ")))
                .so("Browsers and applications refuse to connect.")
                .fix("Get a certificate for this name."),
        );
    }
    found
}

/// The names and addresses in a certificate.
fn names(der: &[u8]) -> Vec<String> {
    let Ok(certificate) = X509::from_der(der) else { return Vec::new() };
    let names = certificate.subject_alt_names().into_iter().flatten().filter_map(|name| {
        let address = name.ipaddress().and_then(|bytes| match bytes.len() {
            4 => <[u8; 4]>::try_from(bytes).ok().map(|bytes| std::net::IpAddr::from(bytes).to_string()),
            _ => <[u8; 16]>::try_from(bytes).ok().map(|bytes| std::net::IpAddr::from(bytes).to_string()),
        });
        name.dnsname().map(str::to_owned).or(address)
    });
    names.collect()
}

/// Whether a name in a certificate is good for a host: RFC 6125 §6.4.
fn covers(name: &str, host: &str) -> bool {
    let host = host.trim_matches(['[', ']']);
    match name.strip_prefix("*.") {
        Some(below) => host.split_once('.').is_some_and(|(_, rest)| rest.eq_ignore_ascii_case(below)),
        None => name.eq_ignore_ascii_case(host),
    }
}

fn of_host(seen: &Seen, config: &Config) -> Vec<Finding> {
    let mut found = Vec::new();
    let host = seen.host.as_deref().unwrap_or("none");
    let own = config.issuer.authority();
    let known =
        host.eq_ignore_ascii_case(own) || config.http.extra_hosts.iter().any(|it| it.eq_ignore_ascii_case(host));
    if !known {
        found.push(
            Finding::problem("proxy", format!("requests arrive with the host {host}, and the issuer is at {own}"))
                .so("All of them are refused with 421.")
                .fix("Let the proxy pass on the Host header that it gets, or add this host to http.extra_hosts."),
        );
    }
    if config.issuer.is_https() && seen.scheme != "https" {
        found.push(Finding::ok(
            "proxy",
            "the last hop to the server is plain http and has no X-Forwarded-Proto; Latchkey does not need it",
        ));
    }
    found
}

/// Judges the address that the server believes, of a request that came from `from`.
fn of_address(seen: &Seen, from: SocketAddr, header: ForwardedHeader) -> Vec<Finding> {
    let header = header.as_str();
    let peer = seen.peer.map(|peer| peer.ip().to_string()).unwrap_or_default();
    let alike = "Limits count by address: all people together are held to the limits of one, and events and logs show the proxy's \
                 address.";
    let finding = match (seen.lines.len(), seen.trusted) {
        (0, _) if seen.peer == Some(from) => Finding::ok("proxy", format!("the server is reached directly, from {peer}")),
        (0, true) => Finding::problem("proxy", format!("the trusted proxy {peer} sends no {header}"))
            .so(alike)
            .fix(match seen.other_lines {
                0 => format!("Let the proxy send {header}."),
                _ => "It sends the other header: change http.forwarded_header.".to_owned(),
            }),
        (0, false) => Finding::advice("proxy", format!("requests arrive from {peer}, and this machine asked from {from}"))
            .so(format!("If {peer} is a proxy: {alike}"))
            .fix(format!("If it is one, let it send {header} and add it to http.trusted_proxies. A router that translates addresses is fine.")),
        (_, false) => Finding::problem("proxy", format!("{header} comes from {peer}, which is not in http.trusted_proxies"))
            .so(alike)
            .fix(format!("If {peer} is your proxy: http.trusted_proxies = [\"{peer}\"]")),
        (2.., true) => Finding::problem("proxy", format!("the proxy {peer} sends {header} in {} lines", seen.lines.len()))
            .so("Neither is believed, and all people share one set of limits.")
            .fix("Let the proxy send one line: replace what the client sent, or append to it."),
        (1, true) if !seen.readable => {
            Finding::problem("proxy", format!("the proxy {peer} sends a {header} that cannot be read: {}", seen.lines[0]))
                .so("It is not believed, and all people share one set of limits.")
                .fix("Let the proxy send the address of the client.")
        }
        (1, true) => Finding::ok(
            "proxy",
            format!("the server sees {} {} through {peer}", seen.scheme, seen.address),
        ),
    };
    vec![finding]
}

/// Claims an address that nobody has, as a client could, and sees whether the server believes it.
async fn of_invention(to: &Target<'_>) -> Option<Finding> {
    let (address, forwarded) = (INVENTED.to_string(), format!("for={INVENTED}"));
    let headers = [("x-forwarded-for", address.as_str()), ("forwarded", forwarded.as_str())];
    let answer = to.ask(&headers).await.ok()?;
    let seen = Seen::deserialize(&answer.body).ok()?;
    let believed = Finding::problem("proxy", format!("a client that sends {} itself is believed", seen.header))
        .so("Anybody can choose the address by which limits count, and which events and logs show.")
        .fix("Let the proxy replace what the client sent, or append the address that it sees.");
    let hidden = Finding::problem("proxy", format!("a client that sends {} itself hides its address", seen.header))
        .so("The server believes none of the lines: all who send it share one set of limits, and logs and events show the proxy's address.")
        .fix("Let the proxy send one line: replace what the client sent, or append to it.");
    if seen.address == INVENTED {
        return Some(believed);
    }
    (seen.trusted && !seen.readable).then_some(hidden)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::finding::Level;

    fn sees(lines: &[&str], trusted: bool) -> Seen {
        Seen {
            latchkey: String::new(),
            address: [198, 51, 100, 7].into(),
            readable: true,
            peer: Some(SocketAddr::from(([10, 0, 0, 2], 40_000))),
            trusted,
            header: "x-forwarded-for".to_owned(),
            lines: lines.iter().map(|&line| line.to_owned()).collect(),
            other_lines: 0,
            host: Some("id.example.com".to_owned()),
            scheme: "https".to_owned(),
        }
    }

    #[test]
    fn each_way_in_which_a_proxy_hides_the_address_is_told() {
        let (elsewhere, here) = (SocketAddr::from(([198, 51, 100, 7], 1)), SocketAddr::from(([10, 0, 0, 2], 40_000)));
        let judged = |seen: &Seen, from| of_address(seen, from, ForwardedHeader::XForwardedFor).remove(0);
        let unreadable = Seen { readable: false, ..sees(&["unknown"], true) };
        for (seen, from, level, words) in [
            (sees(&[], false), here, Level::Ok, "directly"),
            (sees(&[], false), elsewhere, Level::Advice, "10.0.0.2"),
            (sees(&[], true), elsewhere, Level::Problem, "sends no x-forwarded-for"),
            (sees(&["198.51.100.7"], false), elsewhere, Level::Problem, "not in http.trusted_proxies"),
            (sees(&["198.51.100.7"], true), elsewhere, Level::Ok, "198.51.100.7 through 10.0.0.2"),
            (sees(&["1.2.3.4", "198.51.100.7"], true), elsewhere, Level::Problem, "in 2 lines"),
            (unreadable, elsewhere, Level::Problem, "cannot be read"),
        ] {
            let finding = judged(&seen, from);
            assert_eq!(finding.level, level, "{finding:?}");
            assert!(finding.what.contains(words), "{finding:?}");
        }
        let other = judged(&Seen { other_lines: 1, ..sees(&[], true) }, elsewhere);
        assert!(other.action.is_some_and(|action| action.contains("http.forwarded_header")));
    }

    #[test]
    fn a_host_that_is_refused_is_told() {
        let config =
            Config { issuer: crate::config::Issuer::parse("https://id.example.com").unwrap(), ..Config::default() };
        assert!(of_host(&sees(&[], false), &config).is_empty());
        let found = of_host(&Seen { host: Some("10.0.0.3:8080".to_owned()), ..sees(&[], false) }, &config);
        assert!(found[0].what.contains("10.0.0.3:8080") && found[0].level == Level::Problem, "{found:?}");
    }

    #[test]
    fn the_certificate_of_the_issuer_is_read() {
        let made = |end: i32| {
            let names = ["id.example.com", "*.apps.example.com", "192.0.2.1"].map(str::to_owned).to_vec();
            let mut params = rcgen::CertificateParams::new(names).unwrap();
            params.not_before = rcgen::date_time_ymd(2000, 1, 1);
            params.not_after = rcgen::date_time_ymd(end, 1, 1);
            params.self_signed(&rcgen::KeyPair::generate().unwrap()).unwrap().der().to_vec()
        };
        assert_eq!(names(&made(2099)), ["id.example.com", "*.apps.example.com", "192.0.2.1"]);
        assert_eq!(names(b"nothing"), [""; 0]);
        let judged = |end, url: &str| {
            let answer = Answer {
                status: StatusCode::OK,
                body: serde_json::Value::Null,
                certificate: Some(made(end)),
                from: SocketAddr::from(([127, 0, 0, 1], 1)),
            };
            let found = of_certificate(&Url::parse(url).unwrap(), &answer);
            found
                .iter()
                .filter(|finding| finding.level == Level::Problem)
                .map(|finding| finding.what.clone())
                .collect::<Vec<_>>()
        };
        assert_eq!(judged(2099, "https://id.example.com"), [""; 0]);
        assert_eq!(judged(2099, "https://shop.apps.example.com"), [""; 0]);
        assert!(judged(2001, "https://id.example.com")[0].contains("expired on 2001-01-01"));
        assert!(judged(2099, "https://other.example.com")[0].contains("and not for other.example.com"));
    }

    #[test]
    fn a_name_of_a_certificate_is_good_for_its_hosts() {
        assert!(covers("id.example.com", "ID.example.com") && covers("*.example.com", "id.example.com"));
        assert!(covers("127.0.0.1", "127.0.0.1") && covers("::1", "[::1]"));
        assert!(!covers("*.example.com", "example.com") && !covers("*.example.com", "a.b.example.com"));
    }
}
