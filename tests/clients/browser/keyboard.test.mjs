// Every journey of a person who has a keyboard and nothing else: once with scripts and, passkeys aside, once without. What the focus has to
// do at each step, lib/keyboard.mjs knows. Letters come by a mail server.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch } from "../lib/browser.mjs";
import { Inbox } from "../lib/inbox.mjs";
import { Keyboard } from "../lib/keyboard.mjs";
import { PASSWORD, Provider } from "../lib/provider.mjs";
import { totp } from "../lib/totp.mjs";

const OTHER_PASSWORD = "seven slow barges turn";
const SIX_DIGITS = /\b\d{6}\b/;
const LINK = /http:\S+/;
const CALLBACK = "https://rp.example/callback";
let inbox, provider, joining, browser, clients;

before(async () => {
  inbox = await Inbox.open();
  // Each browser is in a network of its own, as if it came through a proxy: none waits because of what another did.
  const apart = { LATCHKEY__HTTP__TRUSTED_PROXIES: "127.0.0.0/8,::1/128", LATCHKEY__LOGIN__SIGN_UP_CHALLENGE: "never" };
  const operator = { LATCHKEY__PAGES__OPERATOR_NAME: "Northwind", LATCHKEY__PAGES__TOS_URI: "https://northwind.example/terms" };
  [provider, joining] = await Promise.all([
    Provider.start({
      ...apart, ...operator,
      LATCHKEY__PAGES__SUPPORT: "mailto:help@northwind.example",
      LATCHKEY__MAIL__FROM: "Northwind <id@northwind.example>",
      LATCHKEY__MAIL__TRANSPORTS: inbox.url,
    }),
    // One that people join by invitation, with a username alone, and whose terms they accept.
    Provider.start({
      ...apart, ...operator,
      LATCHKEY__TERMS__VERSION: "2026-01",
      LATCHKEY__LOGIN__SIGN_UP: "invitation",
      LATCHKEY__LOGIN__SIGN_UP_IDENTIFIER: "username",
    }),
  ]);
  const uris = ["--name", "The Herons' Club", "--post-logout-redirect-uri", "https://rp.example/bye"];
  clients = {
    club: provider.client("web", CALLBACK, ...uris),
    trial: provider.client("web", CALLBACK, ...uris, "--anonymous-accounts"),
    careful: provider.client("web", CALLBACK, ...uris, "--require-second-factor", "--first-party"),
    program: provider.client("native", "http://127.0.0.1/callback", "--first-party", ...uris.slice(0, 2)),
    joined: joining.client("web", CALLBACK, ...uris, "--first-party"),
  };
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await Promise.all([provider?.stop(), joining?.stop()]);
  await inbox?.close();
});

const authorize = (client, more = {}, { issuer } = provider) => `${issuer}/authorize?${new URLSearchParams({
  client_id: clients[client].client_id, redirect_uri: CALLBACK, response_type: "code", state: "s", scope: "openid profile email",
  code_challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", code_challenge_method: "S256", ...more,
})}`;
const at = (path, { issuer } = provider) => issuer + path;

// Another browser, in another network.
let networks = 0;
async function open(options) {
  const network = { "x-forwarded-for": `198.51.100.${(networks += 1)}` };
  const context = await browser.newContext({ locale: "en", viewport: { width: 1000, height: 800 }, extraHTTPHeaders: network, ...options });
  const page = await context.newPage();
  // Where a client would be there is nothing.
  await page.route(/^https:\/\/rp\.example\/|^http:\/\/127\.0\.0\.1\/callback/, (route) => route.fulfill({ body: "the client", contentType: "text/plain" }));
  return new Keyboard(page);
}

async function signIn(hand, name, { password = PASSWORD, to } = {}) {
  await hand.type("identifier", name);
  await hand.type("password", password);
  await hand.enter(to);
}

async function signInAt(hand, path, name) {
  await hand.open(at(path));
  await signIn(hand, name);
}

// What is said is an error at this field, which is typed again.
async function retype(hand, name, said, text, away) {
  await hand.isTold(name, said);
  await hand.type(name, text);
  await hand.enter(away);
}

async function signOut(hand, { issuer } = provider) {
  await hand.open(`${issuer}/end_session`);
  await hand.press("Sign out");
  await hand.reads(/You are signed out/);
}

// Sets up an authenticator app on a page that offers it; returns its key and the recovery codes.
async function setUpApp(hand) {
  await hand.unfold("I can’t scan the picture");
  const key = await hand.page.textContent(".key");
  await hand.type("code", "12345");
  await hand.enter();
  await retype(hand, "code", /Enter the code|wrong/, totp(await hand.page.textContent(".key")));
  await hand.reads(/Your authenticator app is set up/);
  return { key, codes: await hand.page.locator(".codes code").allInnerTexts() };
}

// The journeys; each gets a browser, a name that nobody has, and a way to open further browsers.
const journeys = {
  "signing in with a password, after a mistake, and allowing access": async ({ hand, name }) => {
    provider.user(name);
    await hand.open(authorize("club"));
    await hand.enter();
    await retype(hand, "identifier", /Enter your email or username/, "nobody");
    await hand.isTold("password", /Enter a password/);
    await hand.type("password", "not the password");
    await hand.enter();
    await hand.isTold("password", /We couldn’t sign you in/);
    await signIn(hand, name);
    await hand.press("Allow", `${CALLBACK}?code=**`);
  },
  "not allowing access": async ({ hand, name }) => {
    provider.user(name);
    await hand.open(authorize("club"));
    await signIn(hand, name);
    await hand.press("Don’t allow", `${CALLBACK}?error=access_denied**`);
  },
  "choosing among accounts": async ({ hand, name }) => {
    for (const one of [name, `${name}-too`, `${name}-three`]) provider.user(one);
    await signInAt(hand, "/sign-in", name);
    await hand.press("Use another account");
    await signIn(hand, `${name}-too`);
    await hand.open(authorize("club", { prompt: "select_account" }));
    await hand.press(new RegExp(`${name} Example`));
    await hand.press("Use another account");
    await hand.press("+ Use another account");
    await signIn(hand, `${name}-three`);
    await hand.press("Allow", `${CALLBACK}?code=**`);
    await hand.open(at("/account"));
    await hand.press(new RegExp(`${name}-too Example`));
    await hand.press(`Sign out of ${name}-too Example`);
    await hand.reads(/Other accounts in this browser are still signed in/);
  },
  "continuing to a program on the device": async ({ hand, name }) => {
    provider.user(name);
    await signInAt(hand, "/sign-in", name);
    const url = authorize("program", { redirect_uri: "http://127.0.0.1/callback", scope: "openid" });
    await hand.open(url);
    await hand.press("Cancel", "http://127.0.0.1/callback?error=access_denied**");
    await hand.open(url);
    await hand.press("Continue", "http://127.0.0.1/callback?code=**");
  },
  "creating an account, with a code by email": async ({ hand, name }) => {
    const email = `${name}@example.com`;
    await hand.open(authorize("club", { prompt: "create" }));
    await hand.type("email", email);
    await hand.type("password", "too short");
    await hand.enter();
    await retype(hand, "password", /too short.*At least 15/, PASSWORD);
    await hand.type("code", "1234");
    await hand.enter();
    await retype(hand, "code", /wrong/, await inbox.find(email, SIX_DIGITS));
    await hand.press("Allow", `${CALLBACK}?code=**`);
  },
  "joining by an invitation with a username alone, and coming back with a recovery code": async ({ hand, name }) => {
    await hand.open(joining.command(["invitation", "create"]).link);
    await hand.type("username", name);
    await hand.type("password", PASSWORD);
    await hand.enter();
    await hand.isTold("terms", /Accept the terms/);
    await hand.tick("terms");
    await hand.type("password", PASSWORD);
    await hand.enter();
    const codes = await hand.page.locator(".codes code").allInnerTexts();
    assert.equal(codes.length, 10);
    await hand.goTo("the file", ({ words }) => words === "Download");
    await Promise.all([hand.page.waitForEvent("download"), hand.page.keyboard.press("Enter")]);
    await hand.press("I have kept them");
    await signOut(hand, joining);
    await hand.press("Sign in again");
    await hand.unfold("Trouble signing in?");
    await hand.press("Set a new password with a recovery code");
    await hand.type("identifier", name);
    await hand.type("recovery_code", "00000-00000-00000-00000-00000");
    await hand.enter();
    await retype(hand, "recovery_code", /do not belong together/, codes[0]);
    await hand.type("password", OTHER_PASSWORD);
    await hand.enter();
    await hand.open(at("/account/recovery-codes", joining));
    await hand.reads(/9 codes are unused/);
    await hand.press("Create new codes");
    await hand.press("I have kept them");
  },
  "accepting the terms, or not": async ({ hand, name }) => {
    joining.user(name);
    await hand.open(authorize("joined", {}, joining));
    await signIn(hand, name);
    await hand.press("Do not accept", `${CALLBACK}?error=access_denied**`);
    await hand.open(authorize("joined", {}, joining));
    await hand.press("Accept", `${CALLBACK}?code=**`);
  },
  "signing in by a code from an email": async ({ hand, name }) => {
    provider.user(name);
    await hand.open(authorize("club"));
    await hand.press("Sign in with a code by email");
    await hand.type("email", "no address");
    await hand.enter();
    await retype(hand, "email", /valid email address/, `${name}@example.com`);
    await hand.type("code", "1234");
    await hand.enter();
    await retype(hand, "code", /wrong/, await inbox.find(`${name}@example.com`, SIX_DIGITS));
    await hand.press("Allow", `${CALLBACK}?code=**`);
  },
  "signing in by the link in an email, in the same browser and in another": async ({ hand, name, other }) => {
    provider.user(name);
    const ask = async () => {
      await hand.open(at("/sign-in/mail"));
      await hand.type("email", `${name}@example.com`);
      await hand.press("Send the email");
      return inbox.find(`${name}@example.com`, LINK);
    };
    await hand.open(await ask());
    await hand.press("Sign in");
    await hand.reads(/You are signed in/);
    const link = await ask();
    const number = (await hand.page.innerText("main")).match(/asks for this number: (\d+)/)[1];
    const phone = await other();
    await phone.open(link);
    await phone.type("number", String((Number(number) + 1) % 100).padStart(2, "0"));
    await phone.enter();
    await retype(phone, "number", /wrong/, number);
    await phone.reads(/You are signed in/);
  },
  "setting a forgotten password, and waiting when too many emails were asked for": async ({ hand, name }) => {
    const email = `${name}@example.com`;
    provider.user(name);
    await hand.open(authorize("club"));
    await hand.unfold("Trouble signing in?");
    await hand.press("Set a new password by email");
    await hand.enter();
    await retype(hand, "identifier", /Enter your email/, name);
    await hand.press("Send it again");
    await hand.press("Send it again");
    await hand.press("Send it again");
    await hand.isTold("identifier", /Too many emails\. Wait \d+ minutes?/);
    await hand.reads(/You can try again from/);
    await inbox.find(email, LINK);
    await inbox.find(email, LINK);
    await hand.open(await inbox.find(email, LINK));
    await hand.type("password", name);
    await hand.enter();
    await retype(hand, "password", /too short/, OTHER_PASSWORD);
    await hand.open(at("/account"));
    await hand.reads(new RegExp(email));
  },
  "waiting after too many wrong passwords": async ({ hand, name }) => {
    provider.user(name);
    await hand.open(at("/sign-in"));
    const isWaiting = async () => /Too many attempts\. Wait \d+ seconds?/.test((await hand.look()).focus.told);
    while (!(await isWaiting())) await signIn(hand, name, { password: "not the password" });
    // Until then the right one is of no use, either.
    while (await isWaiting()) await signIn(hand, name);
    await hand.reads(/You are signed in/);
  },
  "waiting after too many forms": async ({ hand }) => {
    await hand.open(at("/sign-up"));
    while (!/Wait \d+ second/.test(await hand.page.innerText("main"))) {
      await hand.type("email", "no address");
      await hand.enter();
    }
    // The form stays, with what was typed.
    await hand.reads(/Create your account[\s\S]*Wait \d+ seconds?/);
  },
  "an authenticator app: set up, asked for, not asked for in a trusted browser, and removed": async ({ hand, name }) => {
    provider.user(name);
    await signInAt(hand, "/account/security", name);
    await hand.press("Set up: Authenticator app");
    const { key, codes } = await setUpApp(hand);
    await hand.press("I have kept them");
    await signOut(hand);
    await signInAt(hand, "/account/security", name);
    await hand.type("code", "000000");
    await hand.enter();
    await hand.isTold("code", /wrong/);
    await hand.unfold("I can’t use my app");
    await hand.type("recovery_code", "00000-00000-00000-00000-00000");
    await hand.tick("trust");
    await hand.enter();
    await retype(hand, "recovery_code", /wrong/, codes[0]);
    await hand.reads(/9 codes are unused/);
    await signOut(hand);
    await signInAt(hand, "/account/security", name);
    await hand.reads(/Browsers that don’t ask for a code/);
    await hand.press("Change: Authenticator app");
    // Trust is not enough to change what protects the account. The code of this half minute has set the app up.
    await signIn(hand, name);
    await hand.type("code", totp(key, 1));
    await hand.enter();
    await hand.press("Remove the app");
    await hand.reads(/The authenticator app is removed/);
  },
  "setting up an authenticator app because an application requires one": async ({ hand, name }) => {
    provider.user(name);
    await hand.open(authorize("careful"));
    await signIn(hand, name);
    await setUpApp(hand);
    await hand.press("I have kept them", `${CALLBACK}?code=**`);
  },
  "a passkey: added, renamed, used, and removed": async ({ hand, name }) => {
    provider.user(name);
    await withPasskeys(hand);
    await hand.open(at("/account/passkeys"));
    await signIn(hand, name);
    await hand.press("Add a passkey");
    await hand.reads(/The passkey is added/);
    await hand.unfold("Rename");
    await hand.type("name", "My laptop");
    await hand.press("Save");
    await hand.reads(/The passkey is renamed[\s\S]*My laptop/);
    await signOut(hand);
    await hand.open(authorize("club"));
    await hand.press("Sign in with a passkey");
    await hand.press("Allow", `${CALLBACK}?code=**`);
    await hand.open(at("/account/passkeys"));
    await hand.press("Remove: My laptop");
    await hand.reads(/The passkey is removed/);
  },
  "a passkey that is offered after signing in, and in the field of the name": async ({ hand, name }) => {
    provider.user(name);
    const passkeys = await withPasskeys(hand);
    await hand.open(at("/sign-in"));
    await hand.page.waitForFunction(() => document.querySelector("[name=passkeys]").value);
    await signIn(hand, name);
    await hand.press("Create a passkey");
    await hand.reads(/You are signed in/);
    await signOut(hand);
    // The virtual authenticator chooses as soon as it is asked.
    await passkeys.fill();
    await hand.page.goto(at("/sign-in"));
    await hand.page.waitForURL(at("/"));
    await hand.reads(/You are signed in/);
  },
  "a passkey that is offered, and not wanted": async ({ hand, name }) => {
    provider.user(name);
    await withPasskeys(hand);
    await hand.open(authorize("club"));
    await hand.page.waitForFunction(() => document.querySelector("[name=passkeys]").value);
    await signIn(hand, name);
    await hand.press("Not now");
    await hand.press("Allow", `${CALLBACK}?code=**`);
  },
  "a passkey that the browser does not have": async ({ hand, name }) => {
    provider.user(name);
    const passkeys = await withPasskeys(hand);
    await hand.open(at("/sign-in"));
    await passkeys.refuse();
    await hand.goTo("the button", ({ words }) => words === "Sign in with a passkey");
    await hand.page.keyboard.press("Enter");
    await hand.page.waitForSelector("[role=alert]:visible");
    await hand.reads(/No passkey was used\. Try again, or sign in another way/);
    // The focus is where it was.
    await hand.page.keyboard.press("Shift+Tab");
    await signIn(hand, name);
  },
  "another email address, and the old one put back": async ({ hand, name, other }) => {
    const [old, address] = [`${name}@example.com`, `${name}@example.net`];
    provider.user(name);
    await signInAt(hand, "/account", name);
    await hand.press("Change the email address");
    await hand.type("email", address);
    await hand.type("current", "not the password");
    await hand.enter();
    await retype(hand, "current", /not your current password/, PASSWORD);
    await hand.type("code", "1234");
    await hand.enter();
    await retype(hand, "code", /wrong/, await inbox.find(address, SIX_DIGITS));
    await hand.reads(new RegExp(`Your email address is changed[\\s\\S]*${address}`));
    const owner = await other();
    await owner.open(await inbox.find(old, LINK));
    await owner.reads(/email address of the account again/);
    await owner.type("password", OTHER_PASSWORD);
    await owner.enter();
    await owner.open(at("/account"));
    await owner.reads(new RegExp(old));
  },
  "an email address that is confirmed, by a code and by a link": async ({ hand, name }) => {
    for (const way of ["code", "link"]) {
      const email = `${name}-${way}@example.com`;
      provider.command(["user", "add", "--email", email, "--password", "-"], PASSWORD);
      await signInAt(hand, "/account", email);
      await hand.press(`Verify ${email}`);
      if (way === "code") {
        await hand.type("code", "1234");
        await hand.enter();
        await retype(hand, "code", /wrong/, await inbox.find(email, SIX_DIGITS));
      } else {
        await hand.open(await inbox.find(email, LINK));
        await hand.press("Confirm");
      }
      await hand.reads(/Your email address is verified/);
      await signOut(hand);
    }
  },
  "another password, and other devices that stay signed in or do not": async ({ hand, name, other }) => {
    provider.user(name);
    const phone = await other();
    await signInAt(phone, "/account", name);
    await signInAt(hand, "/account/security", name);
    await hand.press("Change: Password");
    await hand.type("current", PASSWORD);
    await hand.type("password", "too short");
    await hand.enter();
    await hand.isTold("password", /too short/);
    await hand.type("current", PASSWORD);
    await hand.type("password", OTHER_PASSWORD);
    await hand.tick("end_others", false);
    await hand.enter();
    await hand.reads(/Your other devices stay signed in/);
    await phone.open(at("/account"));
    await phone.reads(/Your account/);
    await hand.type("current", OTHER_PASSWORD);
    await hand.type("password", PASSWORD);
    await hand.enter();
    await hand.reads(/You are signed out on all other devices/);
    await phone.open(at("/account"));
    await phone.reads(/Keep me signed in/);
  },
  "devices that are signed out": async ({ hand, name, other }) => {
    provider.user(name);
    for (const one of [await other(), await other()]) await signInAt(one, "/account", name);
    await signInAt(hand, "/account/sessions", name);
    await hand.unfold("Details");
    await hand.press(/^Sign out: /);
    await hand.reads(/Signed out: /);
    await hand.press("Sign out on all other devices");
    await hand.reads(/You are signed out on all other devices/);
  },
  "a word that is in all emails": async ({ hand, name }) => {
    provider.user(name);
    await signInAt(hand, "/account", name);
    await hand.type("name", "Quiet Heron");
    await hand.type("mail_word", "marmalade");
    await hand.enter();
    await hand.reads(/Your changes are saved/);
    await signOut(hand);
    await hand.open(at("/sign-in/mail"));
    await hand.type("email", `${name}@example.com`);
    await hand.enter();
    assert.match(await inbox.find(`${name}@example.com`, /Your word: \w+[\s\S]*\b\d{6}\b/), /marmalade/);
  },
  "what has happened, and all that is stored as a file": async ({ hand, name }) => {
    provider.user(name);
    await signInAt(hand, "/account", name);
    await hand.press("Security");
    await hand.press("What has happened to your account");
    await hand.reads(/Signed in/);
    await hand.press("Back to security");
    await hand.press("Profile");
    await hand.press("Download your data, or delete your account");
    await hand.goTo("the file", ({ words }) => words === "Download your data");
    await Promise.all([hand.page.waitForEvent("download"), hand.page.keyboard.press("Enter")]);
  },
  "an account that is deleted, and kept after all": async ({ hand, name }) => {
    provider.user(name);
    await signInAt(hand, "/account/data", name);
    await hand.press("Delete account");
    await hand.isTold("sure", /Confirm that you want to delete/);
    await hand.tick("sure");
    await hand.press("Delete account");
    await hand.reads(/Your account will be deleted/);
    await hand.press("Sign in and keep the account");
    await signIn(hand, name);
    await inbox.find(`${name}@example.com`, /Your account will not be deleted/);
  },
  "a visitor, who keeps the account": async ({ hand, name }) => {
    const email = `${name}@example.com`;
    await hand.open(authorize("trial"));
    await hand.press("Continue without an account");
    await hand.press("Allow", `${CALLBACK}?code=**`);
    await hand.open(at("/account"));
    await hand.press("Keep this account");
    await hand.type("email", email);
    await hand.type("password", PASSWORD);
    await hand.enter();
    await hand.type("code", await inbox.find(email, SIX_DIGITS));
    await hand.enter();
    await hand.open(at("/account"));
    await hand.reads(new RegExp(email));
  },
  "an application whose access is removed": async ({ hand, name }) => {
    provider.user(name);
    await hand.open(authorize("club"));
    await signIn(hand, name);
    await hand.press("Allow", `${CALLBACK}?code=**`);
    await hand.open(at("/account/applications"));
    await hand.press("Remove access: The Herons' Club");
    await hand.reads(/no longer has access/);
  },
  "staying signed in, and signing out": async ({ hand, name }) => {
    provider.user(name);
    await signInAt(hand, "/sign-in", name);
    await hand.open(at("/end_session"));
    await hand.press("Stay signed in");
    await hand.reads(/You are signed in/);
    const back = { client_id: clients.club.client_id, post_logout_redirect_uri: "https://rp.example/bye" };
    await hand.open(at(`/end_session?${new URLSearchParams(back)}`));
    await hand.press("Sign out", "https://rp.example/bye");
  },
  "another language, there and back": async ({ hand }) => {
    await hand.open(authorize("club"));
    await hand.unfold("Language: English");
    await hand.press("Русский");
    assert.equal(await hand.page.getAttribute("html", "lang"), "ru");
    await hand.unfold("Язык");
    await hand.press("العربية");
    assert.equal(await hand.page.getAttribute("html", "dir"), "rtl");
  },
  "errors, and the way on from them": async ({ hand }) => {
    await hand.open(authorize("club", { redirect_uri: "https://evil.example/" }));
    await hand.reads(/We stopped this to protect you[\s\S]*mention the code \S+/);
    await hand.unfold("Details");
    await hand.press("Go to the home page");
    await hand.reads(/You are not signed in/);
    await hand.open(at("/nowhere"));
    await hand.press("Go to the home page");
    await hand.press("Create account");
  },
};

// An authenticator within the browser, which always knows its person; without autofill, until that is wanted.
async function withPasskeys({ page }) {
  const devtools = await page.context().newCDPSession(page);
  await devtools.send("WebAuthn.enable");
  const options = {
    protocol: "ctap2", ctap2Version: "ctap2_1", transport: "internal", hasResidentKey: true, hasUserVerification: true,
    isUserVerified: true, automaticPresenceSimulation: true, defaultBackupEligibility: true, defaultBackupState: true,
  };
  const { authenticatorId } = await devtools.send("WebAuthn.addVirtualAuthenticator", { options });
  await page.addInitScript(() => {
    if (!sessionStorage.getItem("fills")) PublicKeyCredential.isConditionalMediationAvailable = async () => false;
  });
  return {
    fill: () => page.evaluate(() => sessionStorage.setItem("fills", "yes")),
    refuse: () => devtools.send("WebAuthn.setUserVerified", { authenticatorId, isUserVerified: false }),
  };
}

for (const [title, journey] of Object.entries(journeys)) {
  for (const javaScriptEnabled of /passkey/.test(title) ? [true] : [true, false]) {
    test(`by keyboard ${javaScriptEnabled ? "alone" : "and without scripts"}: ${title}`, { timeout: 120_000 }, async () => {
      const hands = [];
      const other = async () => hands[hands.push(await open({ javaScriptEnabled })) - 1];
      const name = `p${Object.keys(journeys).indexOf(title)}${javaScriptEnabled ? "keys" : "plain"}`;
      try {
        await journey({ hand: await other(), other, name });
      } finally {
        for (const { page } of hands) await page.context().close();
      }
    });
  }
}
