//! The expiry of a certificate: the one field of X.509 (RFC 5280 §4.1.2.5) that an operator needs a warning about.

use openssl::asn1::Asn1Time;
use openssl::x509::X509;

use crate::base::clock::Timestamp;

/// When a certificate in DER expires; `None` if its encoding is not as expected.
pub(crate) fn of(der: impl AsRef<[u8]>) -> Option<Timestamp> {
    let certificate = X509::from_der(der.as_ref()).ok()?;
    let since_1970 = Asn1Time::from_unix(0).ok()?.diff(certificate.not_after()).ok()?;
    Some(Timestamp::from_seconds(i64::from(since_1970.days) * 86_400 + i64::from(since_1970.secs)))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_end_of_a_certificate_is_read() {
        // Years until 2049 are written with two digits, later ones with four.
        for (year, month, day, seconds) in
            [(2001, 1, 1, 978_307_200), (2020, 1, 1, 1_577_836_800), (2051, 3, 1, 2_561_241_600)]
        {
            let mut params = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
            params.not_before = rcgen::date_time_ymd(2000, 1, 1);
            params.not_after = rcgen::date_time_ymd(year, month, day);
            let certificate = params.self_signed(&rcgen::KeyPair::generate().unwrap()).unwrap();
            assert_eq!(of(certificate.der()), Some(Timestamp::from_seconds(seconds)), "{year}");
        }
    }

    #[test]
    fn the_end_is_read_to_the_second_and_what_is_no_certificate_has_none() {
        let mut params = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        params.not_after = rcgen::date_time_ymd(2024, 2, 29) + Duration::from_secs(86_399);
        let certificate = params.self_signed(&rcgen::KeyPair::generate().unwrap()).unwrap();
        assert_eq!(of(certificate.der()), Some(Timestamp::from_seconds(1_709_251_199)));
        assert_eq!(of(b"soon"), None);
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = of(bytes);
        }
    }
}
