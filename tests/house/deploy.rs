//! The files for operators agree with the program, and with each other. Whether each is well formed, `./test --only deploy`
//! finds out.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use latchkey::config::{Config, Loaded};

use super::root;

fn text(name: &str) -> String {
    std::fs::read_to_string(root().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// What a program finds where it is started by one of the files: the secrets, whose places are moved into this folder.
struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (name, content) in [
            ("master_key", "C2cBAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4\n"),
            ("database_url", "postgres://latchkey:hunter2@postgres/latchkey\n"),
            ("redis_url", "rediss://:hunter2@redis:6379/0\n"),
        ] {
            let path = folder.path().join(name);
            std::fs::write(&path, content).unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        }
        Self(folder)
    }

    fn moved(&self, text: &str) -> String {
        let folder = self.0.path().display().to_string();
        let here = |text: String, there: &str| text.replace(there, &folder);
        ["/run/secrets/latchkey", "/run/secrets", "%d", "%S"].into_iter().fold(text.to_owned(), here)
    }

    fn load(&self, document: Option<&str>, variables: &[(String, String)]) -> Loaded {
        let document = document.map(|document| self.moved(document));
        let variables = variables.iter().map(|(name, value)| (name.clone(), self.moved(value)));
        let document = document.as_deref().map(|document| (Path::new("latchkey.toml"), document));
        let loaded = Config::read(document, variables).unwrap_or_else(|problems| panic!("{problems}"));
        assert_eq!(loaded.warnings.iter().map(ToString::to_string).collect::<Vec<_>>(), [""; 0]);
        loaded
    }
}

/// The variables of the program that a file sets, whatever its format: a name, `=` or `: `, and a value without spaces.
fn variables(text: &str) -> Vec<(String, String)> {
    let lines = text.lines().map(str::trim_start).filter(|line| !line.starts_with('#'));
    let found = lines.filter_map(|line| {
        let name = &line[line.find("LATCHKEY__")?..];
        let end = name.find(|c: char| !c.is_ascii_uppercase() && c != '_')?;
        let value = name[end..].trim_start_matches(['=', ':', ' ']).trim_end_matches([' ', '\\']);
        Some((name[..end].to_owned(), value.replace("${LATCHKEY_HOST:-localhost}", "localhost")))
    });
    found.collect()
}

/// A number behind a word.
fn number(text: &str, word: &str) -> u64 {
    let rest = text.split_once(word).unwrap_or_else(|| panic!("no {word}")).1;
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().unwrap_or_else(|_| panic!("{word} has no number"))
}

#[test]
fn the_image_is_built_by_the_toolchain_of_the_project() {
    let toolchain: toml::Table = text("rust-toolchain.toml").parse().unwrap();
    let channel = toolchain["toolchain"]["channel"].as_str().unwrap();
    assert!(text("Dockerfile").contains(&format!("\nFROM rust:{channel}-")), "the image is built by rust:{channel}");
}

#[test]
fn the_image_gets_the_sources_that_are_let_in() {
    let dockerfile = text("Dockerfile");
    let copied =
        dockerfile.lines().filter_map(|line| line.strip_prefix("COPY ")).filter(|line| !line.starts_with("--"));
    let mut copied: Vec<_> = copied.flat_map(|line| line.rsplit_once(' ').unwrap().0.split(' ')).collect();
    let ignore = text(".dockerignore");
    let mut let_in: Vec<_> = ignore.lines().filter_map(|line| line.strip_prefix('!')).collect();
    copied.sort_unstable();
    let_in.sort_unstable();
    assert_eq!(copied, let_in);
    assert!(ignore.lines().any(|line| line == "*"), "and nothing else");
}

#[test]
fn what_the_image_says_is_a_configuration() {
    let (place, dockerfile) = (Place::new(), text("Dockerfile"));
    let image = place.load(None, &variables(&dockerfile)).config;
    assert_eq!(image.data_dir, Path::new("/var/lib/latchkey"));
    assert!(dockerfile.contains("\nVOLUME /var/lib/latchkey\n"));
    assert!(image.listen().ip().is_unspecified());
    assert_eq!(u64::from(image.listen().port()), number(&dockerfile, "\nEXPOSE "));
}

#[test]
fn what_compose_says_is_a_configuration() {
    let (place, image) = (Place::new(), variables(&text("Dockerfile")));
    let compose = text("compose.yaml");
    let latchkey = compose.split("\n  proxy:").next().unwrap();
    let config = place.load(None, &[image, variables(latchkey)].concat()).config;
    assert_eq!(config.issuer.as_str(), "https://localhost");
    assert_eq!(config.http.trusted_proxies.len(), 1);
    assert!(config.ephemeral.redis_url.is_some(), "there are two replicas");
    for name in ["master_key", "database_url", "postgres_password"] {
        assert!(text("deploy/compose/secrets").contains(&format!("[ -e {name} ] || ")), "{name} is made");
    }
    assert!(text(".gitignore").contains("/deploy/compose/secrets.d\n"), "and never committed");
}

#[test]
fn what_kubernetes_is_told_is_a_configuration() {
    let (place, image) = (Place::new(), variables(&text("Dockerfile")));
    let manifests = text("deploy/kubernetes/latchkey.yaml");
    let document = manifests.split_once("  latchkey.toml: |\n").unwrap().1.split("\n---\n").next().unwrap();
    let config = place.load(Some(document), &image).config;
    assert!(config.issuer.is_https());
    assert!(config.ephemeral.redis_url.is_some(), "there are two replicas");
    assert_eq!(u64::from(config.listen().port()), number(&manifests, "containerPort: "));
    let limit = number(&manifests, "limits: { memory: ") << 20;
    let hashing = config.login.hashing_at_once.expect("the cores of the node do not matter");
    let hashing = u64::from(hashing) * config.login.argon2_memory.in_bytes() as u64;
    assert!(hashing < limit / 2, "{hashing} of {limit} bytes are for hashes");
}

#[test]
fn what_the_unit_says_is_a_configuration() {
    let (place, unit) = (Place::new(), text("deploy/systemd/latchkey.service"));
    // The file beside it, as it is in the docs: for the command line it names the key that the unit gets as a copy.
    let install = text("docs/install.md");
    let document = install.split_once("```toml\n").unwrap().1.split("```").next().unwrap();
    let config = place.load(Some(document), &variables(&unit)).config;
    assert!(config.issuer.is_https());
    assert!(config.secrets.master_key.is_some());
    assert_eq!(config.data_dir, place.0.path().join("latchkey"));
    assert_eq!(variables("#   Environment=LATCHKEY__DATABASE__URL_FILE=x\n"), []);
}

#[test]
fn nobody_kills_before_requests_have_ended() {
    let shutdown = Config::default().http.shutdown_timeout;
    let wait = |name: &str, word: &str| Duration::from_secs(number(&text(name), word));
    assert!(wait("compose.yaml", "stop_grace_period: ") > shutdown);
    assert!(wait("deploy/systemd/latchkey.service", "TimeoutStopSec=") > shutdown);
    let kubernetes = "deploy/kubernetes/latchkey.yaml";
    let pause = wait(kubernetes, "sleep: { seconds: ");
    assert!(wait(kubernetes, "terminationGracePeriodSeconds: ") > shutdown + pause);
}

#[test]
fn all_mean_the_same_user() {
    let id = number(&text("Dockerfile"), "\nUSER ");
    assert!(id > 0);
    assert_eq!(number(&text("Dockerfile"), "--chown="), id);
    assert_eq!(number(&text("compose.yaml"), "/var/lib/latchkey:uid="), id);
    for word in ["runAsUser: ", "runAsGroup: ", "fsGroup: "] {
        assert_eq!(number(&text("deploy/kubernetes/latchkey.yaml"), word), id, "{word}");
    }
}

#[test]
fn every_action_of_the_release_is_named_by_its_commit() {
    let workflow = text(".github/workflows/release.yml");
    let actions: Vec<_> = workflow.lines().filter_map(|line| line.split_once("uses: ")).map(|(_, name)| name).collect();
    assert!(!actions.is_empty());
    for action in actions {
        let (name, version) = action.split_once(" # v").unwrap_or_else(|| panic!("{action} tells its version"));
        let commit = name.split_once('@').unwrap().1;
        assert!(commit.len() == 40 && commit.bytes().all(|b| b.is_ascii_hexdigit()), "{action}: a tag can be moved");
        assert!(version.starts_with(|c: char| c.is_ascii_digit()), "{action}");
    }
}

#[test]
fn the_release_runs_scripts_that_are_there() {
    let workflow = text(".github/workflows/release.yml");
    let documents = [workflow, text("docs/releasing.md")].concat();
    let mut named = 0;
    for script in documents.split("deploy/release/").skip(1) {
        let name = script.split(|c: char| !c.is_ascii_lowercase()).next().unwrap();
        let path = root().join("deploy/release").join(name);
        let mode = std::fs::metadata(&path).unwrap_or_else(|error| panic!("{name}: {error}")).permissions().mode();
        assert!(mode & 0o111 != 0 || path.is_dir(), "{name} can be run");
        named += usize::from(!name.is_empty());
    }
    assert!(named > 4, "{named}");
}

#[test]
fn all_name_the_version_of_the_project() {
    let manifest: toml::Table = text("Cargo.toml").parse().unwrap();
    let version = manifest["workspace"]["package"]["version"].as_str().unwrap();
    let kubernetes = text("deploy/kubernetes/latchkey.yaml");
    assert!(kubernetes.contains(&format!("/latchkey:{version}\n")), "the image of {version}");
    let install = text("docs/install.md");
    for name in install.split("latchkey-").skip(1).filter(|name| name.starts_with(|c: char| c.is_ascii_digit())) {
        assert!(name.starts_with(&format!("{version}-")), "docs/install.md names {}", &name[..20]);
    }
}
