//! A person's authenticator app, made after RFC 6238 and not of the code that it is to test.

use openssl::hash::MessageDigest;
use openssl::pkey::PKey;
use openssl::sign::Signer;

use super::app::{TestApp, minutes};
use super::browser::{Browser, Page};

/// An app, and the recovery codes that came with it.
#[derive(Clone)]
pub struct Authenticator {
    secret: Vec<u8>,
    pub recovery_codes: Vec<String>,
}

impl Authenticator {
    /// The app that is set up with a key as a page shows it.
    pub fn with_key(key: &str) -> Self {
        let (mut bits, mut held, mut secret) = (0_u32, 0, Vec::new());
        for letter in key.bytes().filter(|letter| !letter.is_ascii_whitespace()) {
            let value = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".iter().position(|one| *one == letter).unwrap();
            bits = (bits << 5) | u32::try_from(value).unwrap();
            held += 5;
            if held >= 8 {
                held -= 8;
                secret.push(u8::try_from((bits >> held) & 0xff).unwrap());
            }
        }
        assert_eq!(secret.len(), 20, "{key}");
        Self { secret, recovery_codes: Vec::new() }
    }

    /// The code that it shows at this moment.
    pub fn code(&self, app: &TestApp) -> String {
        self.code_at(app.app.now().micros() / 30_000_000)
    }

    /// The code of a time step.
    pub fn code_at(&self, step: i64) -> String {
        let key = PKey::hmac(&self.secret).unwrap();
        let mut signer = Signer::new(MessageDigest::sha1(), &key).unwrap();
        signer.update(&step.to_be_bytes()).unwrap();
        let hash = signer.sign_to_vec().unwrap();
        let at = usize::from(hash[19] & 0xf);
        let number = u32::from_be_bytes(hash[at..at + 4].try_into().unwrap()) & 0x7fff_ffff;
        format!("{:06}", number % 1_000_000)
    }

    /// Another code than the right one.
    pub fn wrong_code(&self, app: &TestApp) -> String {
        let step = app.app.now().micros() / 30_000_000;
        let right: Vec<_> = (step - 1..=step + 1).map(|step| self.code_at(step)).collect();
        (0..).map(|number| format!("{number:06}")).find(|code| !right.contains(code)).unwrap()
    }
}

impl Page {
    /// The texts of the `code` elements in `main`.
    pub fn codes(&self) -> Vec<String> {
        let html = scraper::Html::parse_document(&self.reply.body);
        let codes = scraper::Selector::parse("main code").unwrap();
        html.select(&codes).map(|code| code.text().collect::<String>().trim().to_owned()).collect()
    }
}

impl Browser {
    /// Sets up an authenticator app for the person who has just signed in here. Time goes on until its next code counts.
    pub async fn set_up_authenticator(&mut self) -> Authenticator {
        let page = self.get("/account/authenticator").await;
        let mut authenticator = Authenticator::with_key(&page.expect("authenticator").codes()[0]);
        let code = authenticator.code(&self.app);
        let page = page.form().fill("code", &code).submit(self).await;
        authenticator.recovery_codes = page.expect("authenticator").codes();
        assert_eq!(authenticator.recovery_codes.len(), 10, "{}", page.text());
        self.app.pass(minutes(2)).await;
        authenticator
    }

    /// Removes the app from the account of whoever is signed in, on its page.
    pub async fn remove_authenticator(&mut self) {
        let form = self.get("/account/authenticator").await.form_to("/account/authenticator");
        form.fill("remove", "yes").submit(self).await.reply.expect(200);
        assert_eq!(self.app.rows("totp").await, 0, "the app of {} is there", self.user);
    }

    /// Signs in with the password, and returns the page that comes then.
    pub async fn type_password(&mut self, user: &str, password: &str) -> Page {
        let page = self.get("/sign-in?account=another").await;
        page.form().fill("identifier", user).fill("password", password).submit(self).await
    }

    /// Signs in with the password and the code of the app, and stays in front of the browser as that person.
    pub async fn sign_in_with(mut self, user: &str, authenticator: &Authenticator) -> Self {
        let page = self.type_password(user, super::app::PASSWORD).await;
        let code = authenticator.code(&self.app);
        page.expect("second-factor").form().fill("code", &code).submit(&mut self).await.reply.expect(200);
        self.user = user.to_owned();
        self
    }
}
