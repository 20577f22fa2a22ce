//! What an authenticator says of itself and of a key: WebAuthn §6.1, read before the library reads it, and more strictly.

use openssl::bn::{BigNum, BigNumContext};
use openssl::ec::{EcGroup, EcKey};
use openssl::nid::Nid;

use crate::base::cbor::{Item, write_bytes};
use crate::base::encoding::base64url;

/// How many bytes the identifier of a credential has at most: WebAuthn §4, "credential ID".
pub const LONGEST_ID: usize = 1023;

/// The algorithms of keys that are accepted: `ES256`, which every authenticator has, `RS256`, for those of Windows, and `EdDSA` with Ed25519,
/// which many libraries ask for first, so that people who move here have such keys. WebAuthn §5.4.
const ES256: i64 = -7;
pub(super) const EDDSA: i64 = -8;
const RS256: i64 = -257;

/// The bits of the flags: WebAuthn §6.1.
const USER_PRESENT: u8 = 0x01;
const USER_VERIFIED: u8 = 0x04;
const BACKUP_ELIGIBLE: u8 = 0x08;
const BACKED_UP: u8 = 0x10;
const HAS_CREDENTIAL: u8 = 0x40;
const HAS_EXTENSIONS: u8 = 0x80;

/// The data.
#[derive(Debug)]
pub struct AuthenticatorData<'a> {
    flags: u8,
    /// How often the key has signed, if the authenticator counts.
    pub counter: u32,
    /// The credential that was made, at a registration.
    pub credential: Option<Credential<'a>>,
}

/// A credential that was made.
#[derive(Debug)]
pub struct Credential<'a> {
    /// The model of the authenticator, or who made it; zeroes for who does not tell.
    pub aaguid: [u8; 16],
    /// The identifier.
    pub id: &'a [u8],
    /// The public key: a `COSE_Key`, RFC 9052 §7.
    pub public_key: &'a [u8],
}

impl<'a> AuthenticatorData<'a> {
    /// Reads the data; an error is the reason, for the log.
    pub fn read(bytes: &'a [u8]) -> Result<Self, &'static str> {
        let (head, mut rest) = bytes.split_at_checked(37).ok_or("authenticator data that is too short")?;
        let flags = head[32];
        let counter = head[33..].iter().fold(0, |number, byte| (number << 8) | u32::from(*byte));
        let credential = match flags & HAS_CREDENTIAL {
            0 => None,
            _ => {
                let (credential, behind) = Credential::read(rest).ok_or("a credential that cannot be read")?;
                rest = behind;
                Some(credential)
            }
        };
        if flags & HAS_EXTENSIONS != 0 {
            let extensions = Item::read(rest).filter(|(item, _)| matches!(item, Item::Map(_)));
            rest = extensions.ok_or("extensions that cannot be read")?.1;
        }
        if !rest.is_empty() {
            return Err("something behind the authenticator data");
        }
        Ok(Self { flags, counter, credential })
    }

    /// Why its flags do not show that the person was there and was verified by the authenticator.
    pub fn problem(&self) -> Option<&'static str> {
        let has = |flag| self.flags & flag != 0;
        match () {
            () if !has(USER_PRESENT) => Some("nobody who was present"),
            () if !has(USER_VERIFIED) => Some("a person who was not verified"),
            () => self.problem_of_backup(),
        }
    }

    /// Why its flags contradict each other, whoever was there.
    pub fn problem_of_backup(&self) -> Option<&'static str> {
        let has = |flag| self.flags & flag != 0;
        (has(BACKED_UP) && !has(BACKUP_ELIGIBLE)).then_some("a backup of a key that cannot have one")
    }

    /// Whether the key can leave its device.
    pub fn is_backup_eligible(&self) -> bool {
        self.flags & BACKUP_ELIGIBLE != 0
    }

    /// Whether the key has left its device.
    pub fn is_backed_up(&self) -> bool {
        self.flags & BACKED_UP != 0
    }
}

impl<'a> Credential<'a> {
    fn read(bytes: &'a [u8]) -> Option<(Self, &'a [u8])> {
        let (aaguid, rest) = bytes.split_first_chunk::<16>()?;
        let (length, rest) = rest.split_first_chunk::<2>()?;
        let (id, rest) = rest.split_at_checked(u16::from_be_bytes(*length).into())?;
        let (_, behind) = Item::read(rest)?;
        let public_key = &rest[..rest.len() - behind.len()];
        let fits = !id.is_empty() && id.len() <= LONGEST_ID;
        fits.then_some((Self { aaguid: *aaguid, id, public_key }, behind))
    }
}

/// The authenticator data in an attestation object. Nothing is asked for that the statement beside it would prove, so that is not
/// looked into: whatever it holds goes no further than here.
pub fn authenticator_data(object: &[u8]) -> Option<&[u8]> {
    let item = Item::whole(object)?;
    let is_object = matches!(item.get(&Item::Text("fmt"))?, Item::Text(_))
        && matches!(item.get(&Item::Text("attStmt"))?, Item::Map(_));
    item.get(&Item::Text("authData"))?.bytes().filter(|_| is_object)
}

/// An attestation object with these authenticator data, and without a statement.
pub fn without_attestation(data: &[u8]) -> Vec<u8> {
    let mut bare = b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData".to_vec();
    bare.extend(write_bytes(data));
    bare
}

/// The same authenticator data, as if somebody had been there and been verified.
pub fn with_person(data: &[u8]) -> Vec<u8> {
    let mut data = data.to_vec();
    if let Some(flags) = data.get_mut(32) {
        *flags |= USER_PRESENT | USER_VERIFIED;
    }
    data
}

/// A public key that is accepted.
#[derive(Debug, PartialEq, Eq)]
pub enum PublicKey {
    /// A point of P-256.
    Es256 {
        /// Its first coordinate, in base64url.
        x: String,
        /// The second one.
        y: String,
    },
    /// RSA of 2048 bits, whose exponent is 65537.
    Rs256 {
        /// The modulus, in base64url.
        n: String,
    },
    /// A point of edwards25519.
    Ed25519 {
        /// It, in base64url: RFC 8032 §5.1.2.
        x: String,
    },
}

impl PublicKey {
    /// Reads a `COSE_Key`; an error is the reason, for the log. Key type, algorithm and curve must belong together, and the key
    /// must be a good one: RFC 9053 §2.1 and §7.1, RFC 8230 §4.
    pub fn read(bytes: &[u8]) -> Result<Self, &'static str> {
        let item = Item::whole(bytes).ok_or("a key that cannot be read")?;
        let number = |key: i64| match item.get(&Item::Integer(key)) {
            Some(Item::Integer(number)) => Some(*number),
            _ => None,
        };
        let string = |key: i64| item.get(&Item::Integer(key)).and_then(Item::bytes).unwrap_or_default();
        match (number(1), number(3)) {
            (Some(2), Some(ES256)) => {
                let (x, y) = (string(-2), string(-3));
                if number(-1) != Some(1) || x.len() != 32 || y.len() != 32 {
                    return Err("a key of another curve than P-256");
                }
                if !is_on_p256(x, y) {
                    return Err("a key that is no point of its curve");
                }
                Ok(Self::Es256 { x: base64url(x), y: base64url(y) })
            }
            (Some(3), Some(RS256)) => {
                let (n, e) = (string(-1), string(-2));
                let is_good = n.len() == 256 && n[0] & 0x80 != 0 && n[255] & 1 == 1 && e == [1, 0, 1];
                if is_good { Ok(Self::Rs256 { n: base64url(n) }) } else { Err("an RSA key of another size") }
            }
            (Some(1), Some(EDDSA)) => {
                let x = string(-2);
                if number(-1) != Some(6) || x.len() != 32 {
                    return Err("a key of another curve than Ed25519");
                }
                if !is_on_ed25519(x) {
                    return Err("a key that is no point of its curve");
                }
                Ok(Self::Ed25519 { x: base64url(x) })
            }
            _ => Err("a key for another algorithm than ES256, EdDSA (Ed25519) and RS256"),
        }
    }
}

/// Whether these bytes are a point of edwards25519 that a key can be: RFC 8032 §5.1.3. One whose order divides 8 is none, since signatures
/// under it say nothing.
fn is_on_ed25519(encoded: &[u8]) -> bool {
    let check = || {
        let mut context = BigNumContext::new()?;
        let mut big_endian: Vec<u8> = encoded.iter().rev().copied().collect();
        if let Some(first) = big_endian.first_mut() {
            // The sign of the other coordinate.
            *first &= 0x7f;
        }
        let y = BigNum::from_slice(&big_endian)?;
        let (one, p) = (BigNum::from_u32(1)?, BigNum::from_hex_str(P25519)?);
        // x² = (y² - 1) / (d·y² + 1) has to be a square: Euler's criterion, of the product, which is one if the quotient is.
        let (mut square, mut above, mut below) = (BigNum::new()?, BigNum::new()?, BigNum::new()?);
        square.mod_sqr(&y, &p, &mut context)?;
        above.mod_sub(&square, &one, &p, &mut context)?;
        let mut product = BigNum::new()?;
        product.mod_mul(&square, &*BigNum::from_hex_str(D25519)?, &p, &mut context)?;
        below.mod_add(&product, &one, &p, &mut context)?;
        product.mod_mul(&above, &below, &p, &mut context)?;
        let (mut half, mut residue) = (BigNum::new()?, BigNum::new()?);
        half.rshift1(&p)?;
        residue.mod_exp(&product, &half, &p, &mut context)?;
        let mut is_small = false;
        for small in SMALL_ORDER {
            is_small |= y == BigNum::from_hex_str(small)?;
        }
        Ok::<_, openssl::error::ErrorStack>(y < p && residue == one && !is_small)
    };
    check().unwrap_or(false)
}

/// 2^255 - 19.
const P25519: &str = "7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffed";

/// -121665 / 121666: RFC 7748 §4.1.
const D25519: &str = "52036cee2b6ffe738cc740797779e89800700a4d4141d8ab75eb4dca135978a3";

/// The coordinates `y` of the points whose order divides 8, but for those with `x = 0`, which the criterion leaves out.
const SMALL_ORDER: [&str; 3] = [
    "0",
    "05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826",
    "7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7",
];

fn is_on_p256(x: &[u8], y: &[u8]) -> bool {
    let check = || {
        let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1)?;
        let (x, y) = (BigNum::from_slice(x)?, BigNum::from_slice(y)?);
        EcKey::from_public_key_affine_coordinates(&group, &x, &y)?.check_key()
    };
    check().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The generator of P-256: SEC 2 §2.4.2.
    const X: [u8; 32] = [
        0x6b, 0x17, 0xd1, 0xf2, 0xe1, 0x2c, 0x42, 0x47, 0xf8, 0xbc, 0xe6, 0xe5, 0x63, 0xa4, 0x40, 0xf2, 0x77, 0x03,
        0x7d, 0x81, 0x2d, 0xeb, 0x33, 0xa0, 0xf4, 0xa1, 0x39, 0x45, 0xd8, 0x98, 0xc2, 0x96,
    ];
    const Y: [u8; 32] = [
        0x4f, 0xe3, 0x42, 0xe2, 0xfe, 0x1a, 0x7f, 0x9b, 0x8e, 0xe7, 0xeb, 0x4a, 0x7c, 0x0f, 0x9e, 0x16, 0x2b, 0xce,
        0x33, 0x57, 0x6b, 0x31, 0x5e, 0xce, 0xcb, 0xb6, 0x40, 0x68, 0x37, 0xbf, 0x51, 0xf5,
    ];

    fn ec2(algorithm: u8, curve: u8, x: &[u8], y: &[u8]) -> Vec<u8> {
        let mut key = vec![0xa5, 0x01, 0x02, 0x03, algorithm, 0x20, curve, 0x21];
        key.extend(write_bytes(x));
        key.push(0x22);
        key.extend(write_bytes(y));
        key
    }

    /// The key of RFC 8032 §7.1, test 1.
    const ED25519: [u8; 32] = [
        0xd7, 0x5a, 0x98, 0x01, 0x82, 0xb1, 0x0a, 0xb7, 0xd5, 0x4b, 0xfe, 0xd3, 0xc9, 0x64, 0x07, 0x3a, 0x0e, 0xe1,
        0x72, 0xf3, 0xda, 0xa6, 0x23, 0x25, 0xaf, 0x02, 0x1a, 0x68, 0xf7, 0x07, 0x51, 0x1a,
    ];

    /// A point of order 8.
    const ORDER_8: [u8; 32] = [
        0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5, 0xdf,
        0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05,
    ];

    fn okp(curve: u8, x: &[u8]) -> Vec<u8> {
        let mut key = vec![0xa4, 0x01, 0x01, 0x03, 0x27, 0x20, curve, 0x21];
        key.extend(write_bytes(x));
        key
    }

    fn rsa(n: &[u8], e: &[u8]) -> Vec<u8> {
        let mut key = vec![0xa4, 0x01, 0x03, 0x03, 0x39, 0x01, 0x00, 0x20];
        key.extend(write_bytes(n));
        key.push(0x21);
        key.extend(write_bytes(e));
        key
    }

    #[test]
    fn h6_a_key_is_looked_into_before_it_is_kept() {
        assert!(PublicKey::read(&ec2(0x26, 1, &X, &Y)).is_ok());
        assert!(PublicKey::read(&okp(6, &ED25519)).is_ok());
        let modulus = [0xff; 256];
        assert!(PublicKey::read(&rsa(&modulus, &[1, 0, 1])).is_ok());
        let mut even = modulus;
        even[255] = 0xfe;
        let off_the_curve = [1; 32];
        for (title, key) in [
            ("a point off the curve", ec2(0x26, 1, &X, &off_the_curve)),
            ("the point at infinity", ec2(0x26, 1, &[0; 32], &[0; 32])),
            ("coordinates beyond the field", ec2(0x26, 1, &[0xff; 32], &Y)),
            ("a short coordinate", ec2(0x26, 1, &X[..31], &Y)),
            ("another curve", ec2(0x26, 2, &X, &Y)),
            ("another algorithm", ec2(0x38, 1, &X, &Y)),
            ("Ed448", okp(7, &[1; 57])),
            ("a short Ed25519 key", okp(6, &ED25519[..31])),
            ("an Ed25519 key off the curve", okp(6, &[2; 32])),
            ("an Ed25519 key of order 1", okp(6, &[&[1][..], &[0; 31]].concat())),
            ("an Ed25519 key of order 4", okp(6, &[0; 32])),
            ("an Ed25519 key of order 8", okp(6, &ORDER_8)),
            ("an Ed25519 key beyond the field", okp(6, &[0xff; 32])),
            ("RSA of 65,536 bits", rsa(&[0xff; 8192], &[1, 0, 1])),
            ("RSA of 1024 bits", rsa(&[0xff; 128], &[1, 0, 1])),
            ("RSA whose first bits are zero", rsa(&[&[0; 128][..], &[0xff; 128]].concat(), &[1, 0, 1])),
            ("an even modulus", rsa(&even, &[1, 0, 1])),
            ("the exponent one", rsa(&modulus, &[1])),
            ("another exponent", rsa(&modulus, &[0, 0, 3])),
            ("nothing", Vec::new()),
            ("no map", vec![0x00]),
        ] {
            assert!(PublicKey::read(&key).is_err(), "{title}");
        }
    }

    fn data(flags: u8, rest: &[u8]) -> Vec<u8> {
        [&[7; 32][..], &[flags], &[0, 0, 0, 1], rest].concat()
    }

    #[test]
    fn h3_h6_the_data_are_whole_and_say_who_was_there() {
        let problem = |flags| AuthenticatorData::read(&data(flags, &[])).unwrap().problem();
        assert_eq!((problem(0x05), problem(0x0d), problem(0x1d)), (None, None, None));
        for flags in [0x00, 0x01, 0x04, 0x15] {
            assert!(problem(flags).is_some(), "{flags:#x}");
        }
        let key = ec2(0x26, 1, &X, &Y);
        let credential = [&[9; 16][..], &[0, 3], &[1, 2, 3], &key].concat();
        let bytes = data(0x45, &credential);
        let read = AuthenticatorData::read(&bytes).unwrap().credential.unwrap();
        assert_eq!((read.aaguid, read.id, read.public_key), ([9; 16], &[1, 2, 3][..], &key[..]));
        for (title, bytes) in [
            ("too short", data(0x05, &[])[..36].to_vec()),
            ("something behind it", data(0x05, &[0])),
            ("something behind the key", data(0x45, &[&credential[..], &[0]].concat())),
            ("extensions that are no map", data(0x85, &[0x00])),
            ("extensions without end", data(0x85, &[0xbf, 0xff])),
            ("no key", data(0x45, &credential[..21])),
            ("no identifier", data(0x45, &[&[9; 16][..], &[0, 0], &key].concat())),
            ("an identifier beyond the end", data(0x45, &[&[9; 16][..], &[0xff, 0xff], &key].concat())),
        ] {
            assert!(AuthenticatorData::read(&bytes).is_err(), "{title}");
        }
    }

    #[test]
    fn h6_a_statement_of_attestation_goes_no_further() {
        let bytes = data(0x05, &[]);
        let mut object = b"\xa3\x63fmt\x66packed\x67attStmt\xa1\x63sig\x41\x00\x68authData".to_vec();
        object.extend(write_bytes(&bytes));
        let read = authenticator_data(&object).unwrap();
        assert_eq!(read, bytes);
        let bare = without_attestation(read);
        let item = Item::whole(&bare).unwrap();
        assert_eq!(item.get(&Item::Text("fmt")), Some(&Item::Text("none")));
        assert_eq!(item.get(&Item::Text("attStmt")), Some(&Item::Map(vec![])));
        object.push(0);
        assert!(authenticator_data(&object).is_none(), "something behind it");
        assert!(authenticator_data(b"\xa1\x68authData\x40").is_none());
    }
}
