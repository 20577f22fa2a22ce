//! Which addresses may be asked: those of the public internet, and those that the operator names.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{Ipv4Net, Ipv6Net};

use crate::base::network::Network;

const fn ipv4(a: u8, b: u8, c: u8, d: u8, bits: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), bits)
}

const fn ipv6(first: [u16; 3], bits: u8) -> Ipv6Net {
    Ipv6Net::new_assert(Ipv6Addr::new(first[0], first[1], first[2], 0, 0, 0, 0, 0), bits)
}

/// What is no part of the public internet: the IANA IPv4 Special-Purpose Address Registry (RFC 6890), multicast (RFC 5771) and what
/// is reserved (RFC 1112 §4).
const SPECIAL_V4: [Ipv4Net; 15] = [
    ipv4(0, 0, 0, 0, 8),
    ipv4(10, 0, 0, 0, 8),
    ipv4(100, 64, 0, 0, 10),
    ipv4(127, 0, 0, 0, 8),
    ipv4(169, 254, 0, 0, 16),
    ipv4(172, 16, 0, 0, 12),
    ipv4(192, 0, 0, 0, 24),
    ipv4(192, 0, 2, 0, 24),
    ipv4(192, 88, 99, 0, 24),
    ipv4(192, 168, 0, 0, 16),
    ipv4(198, 18, 0, 0, 15),
    ipv4(198, 51, 100, 0, 24),
    ipv4(203, 0, 113, 0, 24),
    ipv4(224, 0, 0, 0, 4),
    ipv4(240, 0, 0, 0, 4),
];

/// Global unicast addresses: RFC 4291 §2.4. All others are special.
const UNICAST_V6: Ipv6Net = ipv6([0x2000, 0, 0], 3);

/// What of those is no part of the public internet: the IANA IPv6 Special-Purpose Address Registry. Teredo and 6to4 lead to an IPv4
/// address inside them, wherever that is.
const SPECIAL_V6: [Ipv6Net; 4] =
    [ipv6([0x2001, 0, 0], 23), ipv6([0x2001, 0xdb8, 0], 32), ipv6([0x2002, 0, 0], 16), ipv6([0x3fff, 0, 0], 20)];

/// The well-known prefix by which hosts without IPv4 reach it: RFC 6052 §2.1.
const NAT64: Ipv6Net = ipv6([0x64, 0xff9b, 0], 96);

/// Whether an address is one of the public internet. An IPv4 address inside an IPv6 one is judged by itself.
pub fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => !SPECIAL_V4.iter().any(|range| range.contains(&address)),
        IpAddr::V6(address) if NAT64.contains(&address) => {
            let [.., a, b, c, d] = address.octets();
            is_public(Ipv4Addr::new(a, b, c, d).into())
        }
        IpAddr::V6(address) => {
            UNICAST_V6.contains(&address) && !SPECIAL_V6.iter().any(|range| range.contains(&address))
        }
    }
}

/// The addresses that may be asked.
#[derive(Clone, Debug)]
pub(super) struct Reach {
    /// Those of the operator's own networks, besides the public internet.
    pub(super) own: Vec<Network>,
    /// Whether the public internet is meant at all: not for what goes without encryption.
    pub(super) includes_internet: bool,
}

impl Reach {
    /// Whether this address may be asked.
    pub(super) fn includes(&self, address: IpAddr) -> bool {
        let is_own = self.own.iter().any(|network| network.contains(address));
        is_own || self.includes_internet && is_public(address)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_the_public_internet_are_told_from_all_others() {
        let public = |text: &str| is_public(text.parse().unwrap_or_else(|_| panic!("{text}")));
        for address in ["8.8.8.8", "1.1.1.1", "100.63.255.255", "172.32.0.1", "2606:4700::1111", "64:ff9b::808:808"] {
            assert!(public(address), "{address}");
        }
        for address in [
            "0.0.0.0",
            "0.1.2.3",
            "10.1.2.3",
            "100.64.0.1",
            "127.0.0.1",
            "127.255.255.254",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.170",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::127.0.0.1",
            "64:ff9b::7f00:1",
            "64:ff9b::a9fe:a9fe",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "3fff::1",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ] {
            assert!(!public(address), "{address}");
        }
    }

    #[test]
    fn the_operators_networks_are_reached_also_where_the_internet_is_not() {
        let own = vec![Network::parse("10.0.0.0/8").unwrap()];
        let of = |includes_internet| Reach { own: own.clone(), includes_internet };
        for (address, with, without) in [
            ("10.1.2.3", true, true),
            ("::ffff:10.1.2.3", true, true),
            ("8.8.8.8", true, false),
            ("127.0.0.1", false, false),
        ] {
            let address = address.parse().unwrap();
            assert_eq!((of(true).includes(address), of(false).includes(address)), (with, without), "{address}");
        }
    }
}
