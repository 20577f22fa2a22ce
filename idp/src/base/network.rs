//! Ranges of addresses, and rules about where requests may come from.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use serde::{Deserialize, Serialize};

/// A range of addresses: RFC 4632 §3.1, RFC 4291 §2.3.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Network(IpNet);

impl Network {
    /// Reads `10.0.0.0/8`, or a single address.
    pub fn parse(text: &str) -> Option<Self> {
        // The standard library reads the address: it refuses a leading zero, which some programs read as octal.
        let network = match text.trim().split_once('/') {
            Some((address, bits)) => IpNet::new(address.parse().ok()?, bits.parse().ok()?).ok()?,
            None => text.trim().parse::<IpAddr>().ok()?.into(),
        };
        // An IPv4 range written as IPv6 becomes the IPv4 range.
        match network.addr().to_canonical() {
            address if address.is_ipv4() && network.addr().is_ipv6() => {
                IpNet::new(address, network.prefix_len().checked_sub(96)?).ok().map(Self)
            }
            _ => Some(Self(network)),
        }
    }

    /// Whether the address lies in this range; an IPv4 address written as IPv6 (`::ffff:…`) counts as IPv4.
    pub fn contains(&self, address: IpAddr) -> bool {
        self.0.contains(&address.to_canonical())
    }

    /// Whether every address of the other range lies in this one, too.
    fn holds(&self, other: &Self) -> bool {
        self.0.contains(&other.0)
    }

    /// Whether the range is the whole internet.
    pub fn is_everything(&self) -> bool {
        self.0.prefix_len() == 0
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl TryFrom<String> for Network {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("no address or range of addresses")
    }
}

impl From<Network> for String {
    fn from(network: Network) -> Self {
        network.to_string()
    }
}

/// Where requests may come from.
#[derive(Clone, Copy, Debug)]
pub struct NetworkRule<'a> {
    /// The ranges that they may come from; if empty, every address but the denied ones.
    pub allowed: &'a [Network],
    /// The ranges that they may not come from, even if they lie within an allowed one.
    pub denied: &'a [Network],
}

impl NetworkRule<'_> {
    /// Whether a request from this address is admitted. Without a rule every request is; with one, a request whose address is
    /// not known for certain (`None`) is not.
    pub fn admits(&self, address: Option<IpAddr>) -> bool {
        let is_in = |networks: &[Network], address| networks.iter().any(|network| network.contains(address));
        match address {
            _ if self.allowed.is_empty() && self.denied.is_empty() => true,
            None => false,
            Some(address) => (self.allowed.is_empty() || is_in(self.allowed, address)) && !is_in(self.denied, address),
        }
    }

    /// Which rule a request from this address meets that is not admitted, in words.
    pub fn why_not(&self, address: Option<IpAddr>) -> Option<String> {
        let Some(address) = address.filter(|_| !self.admits(address)) else {
            return (!self.admits(address)).then(|| "The address of the request is not known for certain.".to_owned());
        };
        Some(match self.denied.iter().find(|network| network.contains(address)) {
            Some(network) => format!("It lies in {network}, which is denied."),
            None => {
                let allowed: Vec<String> = self.allowed.iter().map(ToString::to_string).collect();
                format!("It lies in none of the allowed ranges: {}.", allowed.join(", "))
            }
        })
    }

    /// Whether no address is admitted, since each allowed range lies within a denied one.
    pub fn admits_nobody(&self) -> bool {
        let everything = [
            Network(IpNet::V4(Ipv4Net::new_assert(Ipv4Addr::UNSPECIFIED, 0))),
            Network(IpNet::V6(Ipv6Net::new_assert(Ipv6Addr::UNSPECIFIED, 0))),
        ];
        let allowed = if self.allowed.is_empty() { &everything[..] } else { self.allowed };
        allowed.iter().all(|allowed| self.denied.iter().any(|denied| denied.holds(allowed)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_network_holds_its_addresses_and_no_others() {
        let inside = |network: &str, address: &str| Network::parse(network).unwrap().contains(address.parse().unwrap());
        assert!(inside("10.0.0.0/8", "10.255.0.1"));
        assert!(inside("10.0.0.0/8", "::ffff:10.1.2.3"));
        assert!(!inside("10.0.0.0/8", "11.0.0.1"));
        assert!(inside("192.0.2.7", "192.0.2.7"));
        assert!(!inside("192.0.2.7", "192.0.2.6"));
        assert!(inside("fd00::/8", "fdff::1"));
        assert!(!inside("fd00::/8", "10.0.0.1"));
        assert!(inside("0.0.0.0/0", "203.0.113.9"));
        assert!(inside("::/0", "2001:db8::1"));
        for text in
            ["", "10.0.0.0/33", "fd00::/129", "10.0.0.0/", "10.0.0/8", "localhost", "010.0.0.0/8", "192.168.010.0/24"]
        {
            assert!(Network::parse(text).is_none(), "{text}");
        }
    }

    fn networks(texts: &[&str]) -> Vec<Network> {
        texts.iter().map(|text| Network::parse(text).unwrap()).collect()
    }

    #[test]
    fn what_is_denied_is_denied_and_what_is_allowed_is_all_there_is() {
        for (allowed, denied, address, admitted) in [
            (&[][..], &[][..], "203.0.113.7", true),
            (&["203.0.113.0/24"], &[], "203.0.113.7", true),
            (&["203.0.113.0/24"], &[], "::ffff:203.0.113.7", true),
            (&["::ffff:203.0.113.0/120"], &[], "203.0.113.7", true),
            (&["203.0.113.0/24"], &[], "198.51.100.1", false),
            (&["203.0.113.0/24"], &[], "2001:db8::1", false),
            (&["203.0.113.0/24", "2001:db8::/32"], &[], "2001:db8::1", true),
            (&[], &["203.0.113.0/24"], "203.0.113.7", false),
            (&[], &["203.0.113.0/24"], "::ffff:203.0.113.7", false),
            (&[], &["203.0.113.0/24"], "198.51.100.1", true),
            (&["203.0.113.0/24"], &["203.0.113.7"], "203.0.113.7", false),
            (&["203.0.113.7"], &["203.0.113.0/24"], "203.0.113.7", false),
            (&["203.0.113.0/24"], &["203.0.113.7"], "203.0.113.8", true),
        ] {
            let (allow, deny) = (networks(allowed), networks(denied));
            let rule = NetworkRule { allowed: &allow, denied: &deny };
            assert_eq!(rule.admits(address.parse().ok()), admitted, "{address} by {allowed:?} {denied:?}");
            assert_eq!(rule.admits(None), allowed.is_empty() && denied.is_empty(), "{allowed:?} {denied:?}");
        }
    }

    #[test]
    fn a_rule_that_admits_nobody_is_seen() {
        for (allowed, denied, nobody) in [
            (&[][..], &[][..], false),
            (&["10.0.0.0/8"], &[], false),
            (&["10.0.0.0/8"], &["10.0.0.0/9"], false),
            (&["10.0.0.0/8"], &["10.0.0.0/8"], true),
            (&["10.1.0.0/16", "10.2.0.0/16"], &["10.0.0.0/8"], true),
            (&["10.1.0.0/16", "fd00::/8"], &["10.0.0.0/8"], false),
            (&[], &["0.0.0.0/0"], false),
            (&[], &["0.0.0.0/0", "::/0"], true),
        ] {
            let (allow, deny) = (networks(allowed), networks(denied));
            let rule = NetworkRule { allowed: &allow, denied: &deny };
            assert_eq!(rule.admits_nobody(), nobody, "{allowed:?} {denied:?}");
        }
    }

    #[test]
    fn a_network_is_stored_as_text() {
        let read: Network = serde_json::from_str("\"::ffff:10.0.0.0/104\"").unwrap();
        assert_eq!(serde_json::to_string(&read).unwrap(), "\"10.0.0.0/8\"");
        assert!(serde_json::from_str::<Network>("\"10.0.0.0/33\"").is_err());
    }

    proptest! {
        #[test]
        fn strangers_text_never_panics(text in "\\PC{0,40}", address in any::<IpAddr>()) {
            let _ = Network::parse(&text).map(|network| network.contains(address));
        }

        #[test]
        fn a_network_of_any_width_holds_its_own_address(address in any::<IpAddr>(), bits in 0u8..=128) {
            if let Some(network) = Network::parse(&format!("{address}/{bits}")) {
                prop_assert!(network.contains(address));
            }
        }
    }
}
