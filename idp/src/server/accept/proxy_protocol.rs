//! The PROXY protocol, versions 1 and 2: what a proxy says of a connection before the connection's own first byte.
//! <https://www.haproxy.org/download/3.0/doc/proxy-protocol.txt>

use std::io::{Error, ErrorKind, Result};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use tokio::io::{AsyncRead, AsyncReadExt};

const SIGNATURE: [u8; 12] = *b"\r\n\r\n\0\r\nQUIT\n";

/// The longest line of version 1, with its end.
const LINE: usize = 107;

/// How many bytes may follow the header of version 2: addresses and extensions.
const BLOCK: usize = 4096;

fn broken(what: &'static str) -> Error {
    Error::new(ErrorKind::InvalidData, what)
}

/// Reads the header and no byte after it. `None` if the proxy speaks for itself, as in its health checks.
pub(super) async fn read(stream: &mut (impl AsyncRead + Unpin)) -> Result<Option<SocketAddr>> {
    let mut first = [0; 1];
    stream.read_exact(&mut first).await?;
    if first[0] == SIGNATURE[0] {
        let mut rest = [0; 15];
        stream.read_exact(&mut rest).await?;
        let mut header = [0; 16];
        header[0] = first[0];
        header[1..].copy_from_slice(&rest);
        let length = usize::from(u16::from_be_bytes([header[14], header[15]]));
        if length > BLOCK {
            return Err(broken("a PROXY header that is too long"));
        }
        let mut block = vec![0; length];
        stream.read_exact(&mut block).await?;
        return version_2(&header, &block);
    }
    let mut line = vec![first[0]];
    while !line.ends_with(b"\r\n") {
        if line.len() == LINE {
            return Err(broken("a PROXY line that is too long"));
        }
        line.push(stream.read_u8().await?);
    }
    version_1(&line)
}

fn version_1(line: &[u8]) -> Result<Option<SocketAddr>> {
    let text = std::str::from_utf8(line).map_err(|_| broken("a PROXY line that is no text"))?;
    let words: Vec<&str> = text.trim_end_matches("\r\n").split(' ').collect();
    match words[..] {
        ["PROXY", "UNKNOWN", ..] => Ok(None),
        ["PROXY", family @ ("TCP4" | "TCP6"), source, _, port, _] => {
            let address: IpAddr = source.parse().map_err(|_| broken("a PROXY line without an address"))?;
            let port = port.parse().map_err(|_| broken("a PROXY line without a port"))?;
            if address.is_ipv4() != (family == "TCP4") {
                return Err(broken("a PROXY line whose address is of another family"));
            }
            Ok(Some(SocketAddr::new(address, port)))
        }
        _ => Err(broken("no PROXY header")),
    }
}

fn version_2(header: &[u8; 16], block: &[u8]) -> Result<Option<SocketAddr>> {
    if header[..12] != SIGNATURE || header[12] >> 4 != 2 {
        return Err(broken("no PROXY header"));
    }
    let port = |at: usize| Some(u16::from_be_bytes([*block.get(at)?, *block.get(at + 1)?]));
    match (header[12] & 0x0f, header[13]) {
        // LOCAL, or an address family that is not supported here.
        (0, _) | (1, 0x00 | 0x31 | 0x32) => Ok(None),
        (1, 0x11) => {
            let address: Option<[u8; 4]> = block.get(..4).and_then(|bytes| bytes.try_into().ok());
            let address = address.zip(port(8)).ok_or_else(|| broken("a PROXY header that is too short"))?;
            Ok(Some(SocketAddr::new(Ipv4Addr::from(address.0).into(), address.1)))
        }
        (1, 0x21) => {
            let address: Option<[u8; 16]> = block.get(..16).and_then(|bytes| bytes.try_into().ok());
            let address = address.zip(port(32)).ok_or_else(|| broken("a PROXY header that is too short"))?;
            Ok(Some(SocketAddr::new(Ipv6Addr::from(address.0).into(), address.1)))
        }
        _ => Err(broken("a PROXY header of an unknown kind")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(bytes: &[u8]) -> std::result::Result<(Option<String>, usize), ErrorKind> {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let mut rest = bytes;
        let found = runtime.block_on(read(&mut rest)).map_err(|error| error.kind())?;
        Ok((found.map(|address| address.to_string()), rest.len()))
    }

    #[test]
    fn both_versions_are_read_and_nothing_behind_them() {
        let good = |text: &str, left| Ok((Some(text.to_owned()), left));
        assert_eq!(of(b"PROXY TCP4 192.0.2.7 10.0.0.1 4711 443\r\nGET /"), good("192.0.2.7:4711", 5));
        assert_eq!(of(b"PROXY TCP6 2001:db8::7 fd00::1 4711 443\r\n"), good("[2001:db8::7]:4711", 0));
        assert_eq!(of(b"PROXY UNKNOWN\r\nGET /"), Ok((None, 5)));
        let two = |command: u8, family: u8, block: &[u8]| {
            let mut bytes = SIGNATURE.to_vec();
            bytes.extend([0x20 | command, family]);
            bytes.extend((block.len() as u16).to_be_bytes());
            bytes.extend(block);
            bytes.extend(b"GET /");
            bytes
        };
        let four = [192, 0, 2, 7, 10, 0, 0, 1, 0x12, 0x67, 0x01, 0xbb];
        assert_eq!(of(&two(1, 0x11, &four)), good("192.0.2.7:4711", 5));
        let with_more = [&four[..], &[0x04, 0x00, 0x01, 0x00]].concat();
        assert_eq!(of(&two(1, 0x11, &with_more)), good("192.0.2.7:4711", 5));
        let mut six = [0; 36];
        six[..4].copy_from_slice(&[0x20, 0x01, 0x0d, 0xb8]);
        six[15] = 7;
        six[32..34].copy_from_slice(&[0x12, 0x67]);
        assert_eq!(of(&two(1, 0x21, &six)), good("[2001:db8::7]:4711", 5));
        assert_eq!(of(&two(0, 0x00, &[])), Ok((None, 5)), "a health check");
        for bad in [two(1, 0x11, &four[..8]), two(1, 0x44, &four), two(5, 0x11, &four)] {
            assert_eq!(of(&bad), Err(ErrorKind::InvalidData));
        }
    }

    #[test]
    fn what_is_no_header_is_refused() {
        for bad in [
            "GET / HTTP/1.1\r\n",
            "PROXY TCP4 x 10.0.0.1 1 2\r\n",
            "PROXY TCP4 ::1 ::1 1 2\r\n",
            "PROXY TCP4 1.2.3.4\r\n",
        ] {
            assert_eq!(of(bad.as_bytes()), Err(ErrorKind::InvalidData), "{bad}");
        }
        assert_eq!(of(&[b'P'; 200]), Err(ErrorKind::InvalidData));
        assert_eq!(of(b"PROXY"), Err(ErrorKind::UnexpectedEof));
    }

    proptest! {
        #[test]
        fn no_bytes_panic(mut bytes in prop::collection::vec(any::<u8>(), 0..200), signed in any::<bool>()) {
            if signed {
                bytes.splice(..0, SIGNATURE);
            }
            let _ = of(&bytes);
        }
    }
}
