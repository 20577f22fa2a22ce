//! Languages of the operator: added, wrong, changed and taken away while people use the pages.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use latchkey::base::language_file::LanguageFile;
use latchkey::base::messages::Messages;
use latchkey::site::Site;

use crate::harness::{PASSWORD, Process, TestApp, empty_config, latchkey, run};

fn portuguese() -> LanguageFile {
    let source = "language-name = Português (Brasil)\nsign-in-title = Entrar\naccount-saved = Alterações salvas.\n";
    LanguageFile { id: "pt-BR".parse().unwrap(), source: source.into() }
}

#[tokio::test]
async fn a_language_of_the_operator_is_offered_and_chosen() {
    let app = TestApp::with(|config| config.languages = vec![portuguese()]).await;
    let document = app.get("/.well-known/openid-configuration").await.json();
    assert!(document["ui_locales_supported"].to_string().contains("\"pt-BR\""), "{document}");
    let rp = app.relying_party().await;
    let mut browser = app.browser();
    let page = browser.get(&rp.request().set("ui_locales", "pt-BR").path()).await;
    assert!(page.reply.body.contains("<html lang=\"pt-BR\" dir=\"ltr\""), "{}", page.reply.body);
    assert!(page.text().contains("Entrar"), "{}", page.text());
    browser.language = "pt-BR, en;q=0.5".to_owned();
    assert!(browser.get("/sign-in").await.text().contains("Entrar"));
    browser.language = "pt-PT, ru;q=0.5".to_owned();
    assert!(browser.get("/sign-in").await.reply.body.contains("<html lang=\"ru\""));
}

#[tokio::test]
async fn people_whose_language_was_taken_away_go_on_in_the_next_one() {
    let app = TestApp::with(|config| config.languages = vec![portuguese()]).await;
    let mut alice = app.browser().sign_in("alice").await;
    let form = alice.get("/account").await.form_to("/account").fill("locale", "pt-BR");
    let saved = form.submit(&mut alice).await;
    assert!(saved.text().contains("Alterações salvas."), "{}", saved.text());
    // Somebody else is in the middle of a sign-in, and has chosen the language there.
    let (rp, mut bob) = (app.relying_party().await, app.browser());
    app.user("bob").await;
    "bob".clone_into(&mut bob.user);
    bob.language = "ru".to_owned();
    let page = bob.get(&rp.request().path()).await;
    let page = page.form_to("/language").fill("language", "pt-BR").submit(&mut bob).await;
    assert!(page.text().contains("Entrar"), "{}", page.text());

    let config = &app.app.config;
    app.app.site.replace(Site::new(&config.issuer, &config.pages, Arc::new(Messages::new(&[]).unwrap())).unwrap());

    let refused = page.form().fill("identifier", "bob").fill("password", "wrong").submit(&mut bob).await;
    assert!(refused.reply.body.contains("<html lang=\"ru\""), "{}", refused.reply.body);
    let again = refused.form().fill("identifier", "bob").fill("password", PASSWORD).submit(&mut bob).await;
    bob.go_on(again).await.code();
    let account = alice.get("/account").await;
    assert!(account.reply.body.contains("<html lang=\"en\""), "{}", account.reply.body);
    let tokens = rp.exchange(&alice.authorize(&rp).await.code()).await.tokens();
    let claims = rp.userinfo(&tokens.access_token).await.expect(200).json();
    assert_eq!(claims["locale"], "pt-BR", "what a person has chosen is not changed for them");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sighup_reads_language_files_again_and_takes_none_that_is_wrong() {
    let app = TestApp::beside_a_process().await;
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("tlh.ftl", "sign-in-title = yI'el\n");
    let environment =
        [("LATCHKEY__PAGES__LANGUAGES_DIR", folder.path().to_str().unwrap()), ("LATCHKEY__PAGES__LANGUAGE", "tlh")];
    let server = Process::start(&app.app.config, &environment).await;
    let shows = async |text: &str| {
        let began = std::time::Instant::now();
        while !server.text(&server.url("/sign-in")).await.contains(text) {
            assert!(began.elapsed() < Duration::from_secs(60), "{text} is shown");
        }
    };
    shows("yI&#39;el").await;
    server.logs("messages are missing, and pages show them in English", 1).await;
    write("tlh.ftl", "language-direction = rtl\nsign-in-title = Qapla\n");
    server.hang_up();
    shows("<html lang=\"tlh\" dir=\"rtl\"").await;
    shows("Qapla").await;
    // Wrong in one file: nothing of any is taken.
    write("tlh.ftl", "sign-in-title = nuqneH\n");
    write("de.ftl", "sign-in-title = { $x\n");
    server.hang_up();
    server.logs("the configuration was not reloaded, the previous one stays in force: pages.languages_dir (", 1).await;
    assert!(server.text(&server.url("/sign-in")).await.contains("Qapla"));
    write("de.ftl", "language-name = Deutsch\n");
    server.hang_up();
    shows("nuqneH").await;
    assert!(server.text(&server.url("/sign-in")).await.contains(">Deutsch</"));
}

#[tokio::test]
async fn a_wrong_language_file_stops_the_start_and_config_check() {
    let config = empty_config().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("de.ftl");
    std::fs::write(&file, "sign-in = A\nsign-in = B\n").unwrap();
    // The harness gives a configuration by its values; this key comes by a file.
    let written = folder.path().join("latchkey.toml");
    std::fs::write(&written, format!("[pages]\nlanguages_dir = '{}'\n", folder.path().display())).unwrap();
    let checked = run(latchkey(&config).args(["config", "check", "--config", written.to_str().unwrap()]));
    assert_eq!(checked.status.code(), Some(78));
    let expected = format!("pages.languages_dir ({}:2): found sign-in; this key is in the file twice", file.display());
    assert!(String::from_utf8_lossy(&checked.stderr).contains(&expected), "{checked:?}");
    let started = run(latchkey(&config).args(["serve", "--config", written.to_str().unwrap()]));
    assert_eq!(started.status.code(), Some(78), "{started:?}");
    std::fs::write(&file, "sing-in = A\n").unwrap();
    let checked = run(latchkey(&config).args(["config", "check", "--json", "--config", written.to_str().unwrap()]));
    let told: serde_json::Value = serde_json::from_slice(&checked.stdout).unwrap();
    assert_eq!(told["warnings"][1]["found"], "sing-in", "{told}");
    assert_eq!(told["warnings"][1]["place"], format!("{}:1", file.display()));
}

#[tokio::test]
async fn the_pages_can_be_seen_without_a_server_or_a_database() {
    let config = empty_config().await;
    let folder = tempfile::tempdir().unwrap();
    let preview = folder.path().join("preview");
    let args = ["pages", "preview", preview.to_str().unwrap(), "--language", "ru", "--theme", "dark", "--json"];
    let written = run(latchkey(&config).args(args));
    assert!(written.status.success(), "{written:?}");
    let told: serde_json::Value = serde_json::from_slice(&written.stdout).unwrap();
    let page = std::fs::read_to_string(preview.join("ru/dark/sign_in.html")).unwrap();
    assert!(page.contains("<html lang=\"ru\""), "{page}");
    assert!(Path::new(told["index"].as_str().unwrap()).exists(), "{told}");
    let pages = std::fs::read_dir(preview.join("ru/dark")).unwrap().count();
    assert_eq!(told["pages"], pages, "{told}");
    let texts = run(latchkey(&config).args(["pages", "texts", "ru"]));
    assert!(String::from_utf8_lossy(&texts.stdout).contains("language-name = Русский"), "{texts:?}");
    let unknown = run(latchkey(&config).args(["pages", "texts", "tlh"]));
    assert_eq!(unknown.status.code(), Some(2), "{unknown:?}");
}
