//! When a certificate ends: the one field of X.509 (RFC 5280 §4.1.2.5) that an operator has to be warned of.

use crate::base::clock::Timestamp;

/// When a certificate in DER ends; `None` if it is not written as expected.
pub(super) fn of(der: impl AsRef<[u8]>) -> Option<Timestamp> {
    let (_, certificate, _) = element(der.as_ref())?;
    let (_, to_be_signed, _) = element(certificate)?;
    let (tag, _, after_version) = element(to_be_signed)?;
    // The version is left out where it is the first one.
    let serial = if tag == 0xa0 { after_version } else { to_be_signed };
    let (_, _, algorithm) = element(serial)?;
    let (_, _, issuer) = element(algorithm)?;
    let (_, _, validity) = element(issuer)?;
    let (_, validity, _) = element(validity)?;
    let (_, _, end) = element(validity)?;
    let (tag, end, _) = element(end)?;
    time(tag, std::str::from_utf8(end).ok()?)
}

/// The first element: its tag, what is in it, and what comes behind it.
fn element(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = der.split_first()?;
    let (&short, rest) = rest.split_first()?;
    let (length, rest) = match short {
        0..=0x7f => (usize::from(short), rest),
        0x81..=0x84 => {
            let (bytes, rest) = rest.split_at_checked(usize::from(short & 0x7f))?;
            (bytes.iter().fold(0, |length, &byte| length << 8 | usize::from(byte)), rest)
        }
        _ => return None,
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((tag, content, rest))
}

/// `UTCTime` (of the years from 1950 on) or `GeneralizedTime`, both to the second and in UTC.
fn time(tag: u8, text: &str) -> Option<Timestamp> {
    let text = match tag {
        0x17 => format!("{}{text}", if text.get(..2)?.parse::<u8>().ok()? < 50 { "20" } else { "19" }),
        0x18 => text.to_owned(),
        _ => return None,
    };
    let digits = text.strip_suffix('Z').filter(|digits| digits.len() == 14)?;
    let number = |from: usize, to: usize| digits.get(from..to)?.parse::<i64>().ok();
    let (year, month, day) = (number(0, 4)?, number(4, 6)?, number(6, 8)?);
    // Days since 1970 of the proleptic Gregorian calendar, in years that begin in March.
    let year = if month <= 2 { year - 1 } else { year };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let days = era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468;
    Some(Timestamp::from_seconds(days * 86_400 + number(8, 10)? * 3_600 + number(10, 12)? * 60 + number(12, 14)?))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_end_of_a_certificate_is_read() {
        assert_eq!(time(0x17, "700101000000Z"), Some(Timestamp::from_seconds(0)));
        assert_eq!(time(0x17, "260228235959Z"), Some(Timestamp::from_seconds(1_772_323_199)));
        assert_eq!(time(0x18, "20240229120000Z"), Some(Timestamp::from_seconds(1_709_208_000)));
        assert_eq!(time(0x18, "soon"), None);
        for (year, month, day, seconds) in [(2020, 1, 1, 1_577_836_800), (2051, 3, 1, 2_561_241_600)] {
            let mut params = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
            params.not_before = rcgen::date_time_ymd(2000, 1, 1);
            params.not_after = rcgen::date_time_ymd(year, month, day);
            let certificate = params.self_signed(&rcgen::KeyPair::generate().unwrap()).unwrap();
            assert_eq!(of(certificate.der()), Some(Timestamp::from_seconds(seconds)), "{year}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = of(bytes);
        }
    }
}
