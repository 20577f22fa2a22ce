//! CBOR as authenticators write it: RFC 8949 within the limits of CTAP 2.1 §8, which has no lengths without end, no tags, no
//! floating-point numbers and four levels of nesting.

/// How deep maps and arrays may be nested.
const DEEPEST: usize = 4;

/// How many items an array may have, and how many entries a map, each of whose keys is compared with those before.
const MOST: u64 = 64;

/// An item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item<'a> {
    /// An integer.
    Integer(i64),
    /// A string of bytes.
    Bytes(&'a [u8]),
    /// A text.
    Text(&'a str),
    /// An array.
    Array(Vec<Item<'a>>),
    /// A map, each of whose keys is there once.
    Map(Vec<(Item<'a>, Item<'a>)>),
    /// `true` or `false`.
    Bool(bool),
    /// `null`.
    Null,
}

impl<'a> Item<'a> {
    /// The item at the beginning of these bytes, and what follows it. What it needs of memory is bounded by the bytes that are
    /// there, whatever lengths they claim.
    pub fn read(bytes: &'a [u8]) -> Option<(Self, &'a [u8])> {
        read(bytes, 0)
    }

    /// The item that these bytes are, with nothing behind it.
    pub fn whole(bytes: &'a [u8]) -> Option<Self> {
        Self::read(bytes).filter(|(_, rest)| rest.is_empty()).map(|(item, _)| item)
    }

    /// The value of a key of a map.
    pub fn get(&self, key: &Item<'_>) -> Option<&Self> {
        let Self::Map(entries) = self else { return None };
        entries.iter().find(|(there, _)| there == key).map(|(_, value)| value)
    }

    /// The bytes, if it is such a string.
    pub fn bytes(&self) -> Option<&'a [u8]> {
        if let Self::Bytes(bytes) = self { Some(bytes) } else { None }
    }
}

/// Writes a string of bytes.
pub fn write_bytes(bytes: &[u8]) -> Vec<u8> {
    let mut written = match bytes.len() {
        short @ 0..=23 => vec![0x40 | short.to_le_bytes()[0]],
        length @ 24..=0xff => vec![0x58, length.to_le_bytes()[0]],
        length => {
            let [.., c, d, e, f] = length.to_be_bytes();
            vec![0x5a, c, d, e, f]
        }
    };
    written.extend_from_slice(bytes);
    written
}

fn read(bytes: &[u8], depth: usize) -> Option<(Item<'_>, &[u8])> {
    let (first, rest) = bytes.split_first()?;
    let (major, minor) = (first >> 5, first & 0x1f);
    if major == 7 {
        let item = match minor {
            20 => Item::Bool(false),
            21 => Item::Bool(true),
            22 => Item::Null,
            _ => return None,
        };
        return Some((item, rest));
    }
    let (argument, rest) = argument(minor, rest)?;
    let take = || rest.split_at_checked(usize::try_from(argument).ok()?);
    match major {
        0 => Some((Item::Integer(i64::try_from(argument).ok()?), rest)),
        1 => Some((Item::Integer(-1 - i64::try_from(argument).ok()?), rest)),
        2 => take().map(|(bytes, rest)| (Item::Bytes(bytes), rest)),
        3 => {
            let (text, rest) = take()?;
            Some((Item::Text(std::str::from_utf8(text).ok()?), rest))
        }
        4 | 5 if depth < DEEPEST && argument <= MOST => {
            let mut rest = rest;
            let mut next = || {
                let (item, behind) = read(rest, depth + 1)?;
                rest = behind;
                Some(item)
            };
            // Nothing is reserved ahead: the number is only a claim, and each item takes at least a byte.
            let item = if major == 4 {
                let mut items = Vec::new();
                for _ in 0..argument {
                    items.push(next()?);
                }
                Item::Array(items)
            } else {
                let mut entries: Vec<(Item<'_>, Item<'_>)> = Vec::new();
                for _ in 0..argument {
                    let (key, value) = (next()?, next()?);
                    if entries.iter().any(|(there, _)| *there == key) {
                        return None;
                    }
                    entries.push((key, value));
                }
                Item::Map(entries)
            };
            Some((item, rest))
        }
        _ => None,
    }
}

/// The number in the head of an item: RFC 8949 §3.
fn argument(minor: u8, rest: &[u8]) -> Option<(u64, &[u8])> {
    let width = match minor {
        0..=23 => return Some((u64::from(minor), rest)),
        24 => 1,
        25 => 2,
        26 => 4,
        27 => 8,
        _ => return None,
    };
    let (number, rest) = rest.split_at_checked(width)?;
    Some((number.iter().fold(0, |number, byte| (number << 8) | u64::from(*byte)), rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn items_are_read_and_what_no_authenticator_writes_is_not() {
        let map = [0xa3, 0x01, 0x02, 0x20, 0x41, 0xff, 0x61, b'a', 0xf5];
        let item = Item::whole(&map).unwrap();
        assert_eq!(item.get(&Item::Integer(1)), Some(&Item::Integer(2)));
        assert_eq!(item.get(&Item::Integer(-1)).and_then(Item::bytes), Some(&[0xff][..]));
        assert_eq!(item.get(&Item::Text("a")), Some(&Item::Bool(true)));
        assert_eq!(Item::whole(&[0x39, 0x01, 0x00]), Some(Item::Integer(-257)));
        assert_eq!(Item::read(&[0x00, 0x01]), Some((Item::Integer(0), &[0x01][..])));
        let deepest = [0x81, 0x81, 0x81, 0x81, 0x00];
        assert!(Item::whole(&deepest).is_some());
        for (title, bytes) in [
            ("nothing", &[][..]),
            ("something behind it", &[0x00, 0x01]),
            ("more items than any authenticator writes", &[&[0x98, 65][..], &[0; 65]].concat()),
            ("a length without end", &[0x9f, 0xff]),
            ("a tag", &[0xc0, 0x00]),
            ("a floating-point number", &[0xf9, 0x00, 0x00]),
            ("a length beyond the end", &[0x5b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
            ("an array of 2^64 - 1 items", &[0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
            ("an integer beyond 2^63", &[0x1b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
            ("a text that is none", &[0x61, 0xff]),
            ("a key that is there twice", &[0xa2, 0x01, 0x02, 0x01, 0x02]),
            ("five levels", &[0x81, 0x81, 0x81, 0x81, 0x81, 0x00]),
        ] {
            assert_eq!(Item::whole(bytes), None, "{title}");
        }
    }

    #[test]
    fn a_string_is_written_as_it_is_read() {
        for length in [0, 23, 24, 255, 256, 70_000] {
            let bytes = vec![7; length];
            assert_eq!(Item::whole(&write_bytes(&bytes)), Some(Item::Bytes(&bytes)));
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = Item::read(&bytes);
        }
    }
}
