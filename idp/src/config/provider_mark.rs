//! The marks of other providers on the buttons that lead to them.

use super::value::named;

/// The mark of a provider. Each is drawn in `templates/parts/provider_mark.html`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProviderMark {
    /// Apple.
    Apple,
    /// Discord.
    Discord,
    /// Facebook.
    Facebook,
    /// GitHub.
    Github,
    /// GitLab.
    Gitlab,
    /// Google.
    Google,
    /// Another Latchkey.
    Latchkey,
    /// LinkedIn.
    Linkedin,
    /// Microsoft.
    Microsoft,
    /// Any other one.
    Other,
    /// Telegram.
    Telegram,
    /// VK.
    Vk,
    /// X.
    X,
    /// Yandex.
    Yandex,
}

impl ProviderMark {
    /// All of them.
    pub const ALL: [Self; 14] = [
        Self::Apple,
        Self::Discord,
        Self::Facebook,
        Self::Github,
        Self::Gitlab,
        Self::Google,
        Self::Latchkey,
        Self::Linkedin,
        Self::Microsoft,
        Self::Other,
        Self::Telegram,
        Self::Vk,
        Self::X,
        Self::Yandex,
    ];

    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Apple => "apple",
            Self::Discord => "discord",
            Self::Facebook => "facebook",
            Self::Github => "github",
            Self::Gitlab => "gitlab",
            Self::Google => "google",
            Self::Latchkey => "latchkey",
            Self::Linkedin => "linkedin",
            Self::Microsoft => "microsoft",
            Self::Other => "other",
            Self::Telegram => "telegram",
            Self::Vk => "vk",
            Self::X => "x",
            Self::Yandex => "yandex",
        }
    }

    /// The mark of the provider at this host.
    fn of_host(host: &str) -> Option<Self> {
        let is_at = |domain: &str| host.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
        let domains = [
            ("apple.com", Self::Apple),
            ("discord.com", Self::Discord),
            ("facebook.com", Self::Facebook),
            ("github.com", Self::Github),
            ("gitlab.com", Self::Gitlab),
            ("accounts.google.com", Self::Google),
            ("linkedin.com", Self::Linkedin),
            ("microsoftonline.com", Self::Microsoft),
            ("oauth.telegram.org", Self::Telegram),
            ("id.vk.com", Self::Vk),
            ("x.com", Self::X),
            ("yandex.com", Self::Yandex),
            ("yandex.ru", Self::Yandex),
        ];
        domains.into_iter().find(|(domain, _)| is_at(domain)).map(|(_, mark)| mark)
    }

    /// The mark of a provider that the configuration names none for: that of its host, or of the provider that it is called after.
    pub(super) fn of(name: &str, issuer: &str) -> Self {
        let host = url::Url::parse(issuer).ok().and_then(|url| url.host_str().and_then(Self::of_host));
        host.or_else(|| Self::ALL.into_iter().find(|mark| mark.as_str() == name)).unwrap_or(Self::Other)
    }
}

named!(ProviderMark);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_provider_is_known_by_its_host_and_then_by_its_name() {
        for (name, issuer, mark) in [
            ("work", "https://accounts.google.com", ProviderMark::Google),
            ("work", "https://login.microsoftonline.com/common/v2.0", ProviderMark::Microsoft),
            ("work", "https://gitlab.com", ProviderMark::Gitlab),
            ("gitlab", "https://git.northwind.example", ProviderMark::Gitlab),
            ("work", "https://notgitlab.com", ProviderMark::Other),
            ("work", "https://gitlab.com.northwind.example", ProviderMark::Other),
            ("work", "https://id.northwind.example", ProviderMark::Other),
        ] {
            assert_eq!(ProviderMark::of(name, issuer), mark, "{name} {issuer}");
        }
    }
}
