//! Who made a passkey, by the AAGUID that its authenticator tells. Nobody vouches for it: it helps a person to tell their passkeys
//! apart, and nothing is decided by it. The list has those that many people use, from what their makers publish.

/// The name of the provider or authenticator with this AAGUID, if it is known.
pub fn name(aaguid: &str) -> Option<&'static str> {
    PROVIDERS.iter().find(|(there, _)| *there == aaguid).map(|(_, name)| *name)
}

const PROVIDERS: &[(&str, &str)] = &[
    ("ea9b8d66-4d01-1d21-3ce4-b6b48cb575d4", "Google Password Manager"),
    ("adce0002-35bc-c60a-648b-0b25f1f05503", "Chrome on Mac"),
    ("b5397666-4885-aa6b-cebf-e52262a439a2", "Chromium"),
    ("771b48fd-d3d4-4f74-9232-fc157ab0507a", "Edge on Mac"),
    ("08987058-cadc-4b81-b6e1-30de50dcbe96", "Windows Hello"),
    ("9ddd1817-af5a-4672-a2b9-3e3dd95000a9", "Windows Hello"),
    ("6028b017-b1d4-4c02-b4b3-afcdafc96bb2", "Windows Hello"),
    ("fbfc3007-154e-4ecc-8c0b-6e020557d7bd", "Apple Passwords"),
    ("dd4ec289-e01d-41c9-bb89-70fa845d4bf2", "Apple Passwords"),
    ("53414d53-554e-4700-0000-000000000000", "Samsung Pass"),
    ("bada5566-a7aa-401f-bd96-45619a55120d", "1Password"),
    ("d548826e-79b4-db40-a3d8-11116f7e8349", "Bitwarden"),
    ("531126d6-e717-415c-9320-3d9aa6981239", "Dashlane"),
    ("f3809540-7f14-49c1-a8b3-8f813b225541", "Enpass"),
    ("fdb141b2-5d84-443e-8a35-4698c205a502", "KeePassXC"),
    ("eaecdef2-1c31-5634-8639-f1cbd9c00a08", "KeePassDX"),
    ("0ea242b4-43c4-4a1b-8b17-dd6d0b6baec6", "Keeper"),
    ("b84e4048-15dc-4dd0-8640-f4f60813c8af", "NordPass"),
    ("50726f74-6f6e-5061-7373-50726f746f6e", "Proton Pass"),
    ("cb69481e-8ff7-4039-93ec-0a2729a154a8", "YubiKey"),
    ("ee882879-721c-4913-9775-3dfcce97072a", "YubiKey"),
    ("fa2b99dc-9e39-4257-8f92-4a30d23c4118", "YubiKey"),
    ("2fc0579f-8113-47ea-b116-bb5a8db9202a", "YubiKey"),
    ("c1f9a0bc-1dd2-404a-b27f-8e29047a43fd", "YubiKey"),
    ("a25342c0-3cdc-4414-8e46-f4807fca511c", "YubiKey"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn each_provider_is_a_uuid_that_is_there_once() {
        let all: BTreeSet<_> = PROVIDERS.iter().map(|(aaguid, _)| *aaguid).collect();
        assert_eq!(all.len(), PROVIDERS.len());
        for aaguid in all {
            assert_eq!(uuid::Uuid::parse_str(aaguid).map(|uuid| uuid.to_string()).as_deref(), Ok(aaguid));
        }
        assert_eq!(name("bada5566-a7aa-401f-bd96-45619a55120d"), Some("1Password"));
        assert_eq!(name("00000000-0000-0000-0000-000000000000"), None);
    }
}
