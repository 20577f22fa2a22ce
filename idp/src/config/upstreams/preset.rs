//! Well-known providers: what `[[upstreams]]` has to say about each is a file of `presets/`.

use super::words::words;
use crate::config::value::named;

words! {
    /// A well-known provider.
    pub enum Preset {
        /// <https://developer.apple.com/documentation/signinwithapplerestapi>.
        Apple = "apple",
        /// <https://docs.discord.com/developers/topics/oauth2>.
        Discord = "discord",
        /// <https://developers.facebook.com/docs/facebook-login>.
        Facebook = "facebook",
        /// <https://docs.github.com/en/apps/oauth-apps>.
        Github = "github",
        /// <https://docs.gitlab.com/integration/openid_connect_provider/>.
        Gitlab = "gitlab",
        /// <https://developers.google.com/identity/openid-connect/openid-connect>.
        Google = "google",
        /// <https://learn.microsoft.com/linkedin/consumer/integrations/self-serve/sign-in-with-linkedin-v2>.
        Linkedin = "linkedin",
        /// <https://learn.microsoft.com/entra/identity-platform/v2-protocols-oidc>.
        Microsoft = "microsoft",
        /// <https://core.telegram.org/bots/telegram-login>.
        Telegram = "telegram",
        /// <https://id.vk.com/about/business/go/docs>.
        Vk = "vk",
        /// <https://docs.x.com/resources/fundamentals/authentication>.
        X = "x",
        /// <https://yandex.com/dev/id/doc/>.
        Yandex = "yandex",
    }
}

named!(Preset);

impl Preset {
    /// Its file.
    pub const fn document(self) -> &'static str {
        match self {
            Self::Apple => include_str!("presets/apple.toml"),
            Self::Discord => include_str!("presets/discord.toml"),
            Self::Facebook => include_str!("presets/facebook.toml"),
            Self::Github => include_str!("presets/github.toml"),
            Self::Gitlab => include_str!("presets/gitlab.toml"),
            Self::Google => include_str!("presets/google.toml"),
            Self::Linkedin => include_str!("presets/linkedin.toml"),
            Self::Microsoft => include_str!("presets/microsoft.toml"),
            Self::Telegram => include_str!("presets/telegram.toml"),
            Self::Vk => include_str!("presets/vk.toml"),
            Self::X => include_str!("presets/x.toml"),
            Self::Yandex => include_str!("presets/yandex.toml"),
        }
    }

    /// The keys that it sets, with their values.
    pub fn keys(self) -> toml::Table {
        // A test reads all of them.
        self.document().parse().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use josekit::jwk::alg::ec::{EcCurve, EcKeyPair};

    use super::*;
    use crate::config::{Problems, Upstream};

    fn read(preset: &str, more: &[(&str, &str)]) -> Result<Upstream, Problems> {
        let keys = [&[("preset", preset), ("client_id", "x")], more].concat();
        let keys: BTreeMap<_, _> = keys.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        Upstream::of_keys(preset, &keys)
    }

    #[test]
    fn every_preset_is_whole_with_a_name_and_a_client() {
        let key = String::from_utf8(EcKeyPair::generate(EcCurve::P256).unwrap().to_pem_private_key()).unwrap();
        for preset in Preset::ALL {
            let name = preset.as_str();
            let read = match preset {
                Preset::Apple => {
                    let key = [("apple_team_id", "T"), ("apple_key_id", "K"), ("apple_private_key", key.as_str())];
                    read(name, &key)
                }
                _ => read(name, &[("client_secret", "a secret of thirty-two characters")]),
            };
            let read = read.unwrap_or_else(|problems| panic!("{name}: {problems}"));
            assert!(read.label.is_some(), "{name} has no label");
            assert!(preset.keys().contains_key("label"), "{name} is not TOML");
        }
    }

    #[test]
    fn what_was_set_is_what_differs_from_the_preset_and_a_secret_is_not_shown() {
        let more =
            [("scope", "openid profile email"), ("allowed", "hd=x.example"), ("label", "Work"), ("sign_up", "false")];
        let one = read("google", &[&more[..], &[("client_secret", "a secret of thirty-two characters")]].concat());
        let written = |text: &str| Some(text.to_owned());
        let expected = [
            ("preset", written("\"google\"")),
            ("label", written("\"Work\"")),
            ("client_id", written("\"x\"")),
            ("client_secret", None),
            ("allowed", written("[\"hd=x.example\"]")),
            ("sign_up", written("false")),
        ];
        assert_eq!(one.unwrap().set_keys(), expected);
    }

    #[test]
    fn what_is_written_beside_a_preset_wins_over_it() {
        let read = read("google", &[("label", "Work"), ("scope", "openid")]).unwrap();
        assert_eq!((read.label(), read.scope.to_string().as_str()), ("Work", "openid"));
        assert_eq!(read.issuer, "https://accounts.google.com");
    }

    #[test]
    fn a_preset_that_there_is_not_is_refused_with_those_that_there_are() {
        let wrong = read("gogle", &[]).unwrap_err().to_string();
        assert!(wrong.contains("upstreams.0.preset") && wrong.contains("\"google\""), "{wrong}");
    }
}
