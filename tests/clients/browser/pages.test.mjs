// The hosted pages in headless Chromium: no violation of accessibility rules, no scroll bar at 320 px, usable without
// scripts; keyboard.test.mjs has the journeys over them. Screenshots are left in target/screenshots.

import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { crooked } from "../lib/crooked.mjs";
import { launch } from "../lib/browser.mjs";
import { PASSWORD, Provider } from "../lib/provider.mjs";
import { totp } from "../lib/totp.mjs";

const axe = readFileSync(new URL("../node_modules/axe-core/axe.min.js", import.meta.url), "utf8");
const shots = fileURLToPath(new URL("../../../target/screenshots/", import.meta.url));
const looks = [320, 1280].flatMap((width) => ["light", "dark"].map((colorScheme) => ({ width, colorScheme })));
// Colours and widths are the same for all languages: each look is seen in English, and the others in the two that differ most.
const looksIn = (locale) => (locale === "en" ? looks : looks.filter(({ width, colorScheme }) => (width === 320) === (colorScheme === "dark")));
const BILLING = "https://billing.example.com";
let provider, joining, browser, rp, trial, native, link;

before(async () => {
  mkdirSync(shots, { recursive: true });
  // An operator who links below each page, and an application with papers of its own and an interface without a name.
  provider = await Provider.start({
    LATCHKEY__PAGES__OPERATOR_NAME: "Northwind",
    LATCHKEY__PAGES__SUPPORT: "mailto:help@northwind.example",
    LATCHKEY__PAGES__POLICY_URI: "https://northwind.example/privacy",
    LATCHKEY__PAGES__TOS_URI: "https://northwind.example/terms",
    LATCHKEY__RESOURCES__0__IDENTIFIER: BILLING,
    LATCHKEY__CLIENTS__0__CLIENT_ID: "papers",
    LATCHKEY__CLIENTS__0__NAME: "The Herons' Club",
    LATCHKEY__CLIENTS__0__KIND: "spa",
    LATCHKEY__CLIENTS__0__REDIRECT_URIS: "https://rp.example/callback",
    LATCHKEY__CLIENTS__0__RESOURCES: BILLING,
    LATCHKEY__CLIENTS__0__CLIENT_URI: "https://rp.example/",
    LATCHKEY__CLIENTS__0__POLICY_URI: "https://rp.example/privacy",
    LATCHKEY__CLIENTS__0__TOS_URI: "https://rp.example/terms",
    // All sign-ups come from one network here; sign_up_challenge.test.mjs has the pages with the challenge.
    LATCHKEY__LOGIN__SIGN_UP_CHALLENGE: "never",
  });
  // One that people join by invitation, with a username alone, and whose terms they accept.
  joining = await Provider.start({
    LATCHKEY__PAGES__OPERATOR_NAME: "Northwind",
    LATCHKEY__PAGES__POLICY_URI: "https://northwind.example/privacy",
    LATCHKEY__PAGES__TOS_URI: "https://northwind.example/terms",
    LATCHKEY__TERMS__VERSION: "2026-01",
    LATCHKEY__LOGIN__SIGN_UP: "invitation",
    LATCHKEY__LOGIN__SIGN_UP_IDENTIFIER: "username",
    LATCHKEY__LOGIN__SIGN_UP_CHALLENGE: "never",
  });
  for (const name of ["alice", "bob"]) joining.user(name);
  joining.command(["client", "add", "--kind", "spa", "--client-id", "herons", "--redirect-uri", "https://rp.example/callback", "--name", "The Herons' Club"]);
  for (const name of ["alice", "bob", "dora", "erin", "fred"]) provider.user(name);
  link = provider.command(["user", "add", "--email", "carol@example.com"]).link.url;
  const uris = ["--post-logout-redirect-uri", "https://rp.example/bye", "--name", "The Herons' Club"];
  rp = provider.client("web", "https://rp.example/callback", ...uris);
  trial = provider.client("web", "https://rp.example/callback", ...uris, "--anonymous-accounts");
  native = provider.client("native", "http://127.0.0.1/callback", "--first-party", "--name", "The Herons' Club");
  browser = await launch();
  await setUp(await open(), "erin");
});
after(async () => {
  await browser?.close();
  await provider?.stop();
  await joining?.stop();
});

const authorize = (more = {}) => `${provider.issuer}/authorize?${new URLSearchParams({
  client_id: rp.client_id, redirect_uri: "https://rp.example/callback", response_type: "code", state: "s",
  scope: "openid profile email address phone offline_access", prompt: "consent",
  code_challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", code_challenge_method: "S256", ...more,
})}`;

async function open(options = {}) {
  const context = await browser.newContext({ locale: "en", ...options });
  const page = await context.newPage();
  page.violations = [];
  page.on("console", (message) => {
    if (/Content Security Policy|Trusted/i.test(message.text())) page.violations.push(message.text());
  });
  // Where a client would be there is nothing.
  await page.route("https://rp.example/**", (route) => route.fulfill({ body: "the client", contentType: "text/plain" }));
  return page;
}

async function signIn(page, name = "alice") {
  await page.fill("[name=identifier]", name);
  await page.fill("[name=password]", PASSWORD);
  await Promise.all([page.waitForNavigation(), page.click("main button.primary")]);
}

const signedIn = async (page) => {
  await page.goto(`${provider.issuer}/sign-in`);
  await signIn(page);
};

// Signs a person in and sets up an authenticator app, with the password alone so far; returns the key and the recovery codes.
async function setUp(page, name) {
  await page.goto(`${provider.issuer}/sign-in?return=authenticator`);
  await signIn(page, name);
  const key = await page.textContent(".key");
  await page.fill("[name=code]", totp(key));
  await Promise.all([page.waitForNavigation(), page.click("main form button.primary")]);
  const codes = await page.$$eval(".codes code", (codes) => codes.map((code) => code.textContent));
  assert.equal(codes.length, 10);
  return { key, codes };
}

// The address of a sign-up by an invitation.
const invitation = () => joining.command(["invitation", "create"]).link;
let herons = 0;
// Goes on to a client without an account.
const visit = async (page) => {
  await page.goto(authorize({ client_id: trial.client_id }));
  await Promise.all([page.waitForNavigation(), page.click("form[action$='/sign-in/anonymous'] button")]);
};

// Each page, and how a person gets there.
const pages = {
  "sign-in": (page) => page.goto(authorize()),
  "sign-in-anonymous": (page) => page.goto(authorize({ client_id: trial.client_id })),
  "account-anonymous": async (page) => {
    await visit(page);
    await page.goto(`${provider.issuer}/account`);
  },
  "home-anonymous": async (page) => {
    await visit(page);
    await page.goto(`${provider.issuer}/`);
  },
  "end_session-anonymous": async (page) => {
    await visit(page);
    await page.goto(`${provider.issuer}/end_session`);
  },
  "sign-up-anonymous": async (page) => {
    await visit(page);
    await page.goto(`${provider.issuer}/sign-up`);
  },
  "sign-in-refused": async (page) => {
    await page.goto(authorize());
    await page.fill("[name=identifier]", "nobody");
    await page.fill("[name=password]", "not the password");
    await Promise.all([page.waitForNavigation(), page.click("main button.primary")]);
  },
  "sign-up": (page) => page.goto(authorize({ prompt: "create" })),
  "sign-up-refused": async (page) => {
    await page.goto(authorize({ prompt: "create" }));
    await page.evaluate(() => document.querySelectorAll("[required]").forEach((field) => field.removeAttribute("required")));
    await page.fill("[name=email]", "alice@example.com");
    await page.fill("[name=password]", "too short");
    await Promise.all([page.waitForNavigation(), page.click("main button.primary")]);
  },
  "sign-up-invited": (page) => page.goto(invitation()),
  "sign-up-invited-refused": async (page) => {
    await page.goto(invitation());
    await page.evaluate(() => document.querySelectorAll("[required]").forEach((field) => field.removeAttribute("required")));
    await page.fill("[name=invitation]", "00000-00000-00000-00000-00000");
    await Promise.all([page.waitForNavigation(), page.click("main button.primary")]);
  },
  "sign-up-done": async (page) => {
    await page.goto(invitation());
    await page.fill("[name=username]", `heron${(herons += 1)}`);
    await page.fill("[name=password]", PASSWORD);
    await page.check("[name=terms]");
    await Promise.all([page.waitForNavigation(), page.click("main button.primary")]);
    assert.equal(await page.locator(".codes li").count(), 10);
  },
  "recovery-code": (page) => page.goto(`${joining.issuer}/forgot-password/recovery-code`),
  "recovery-code-refused": async (page) => {
    await pages["recovery-code"](page);
    await page.fill("[name=identifier]", "nobody");
    await page.fill("[name=recovery_code]", "00000-00000-00000-00000-00000");
    await Promise.all([page.waitForNavigation(), page.click("main button.primary")]);
  },
  terms: async (page, name = "alice") => {
    await page.goto(authorize({ client_id: "herons" }).replace(provider.issuer, joining.issuer));
    await signIn(page, name);
    await page.waitForURL("**/terms?**");
  },
  consent: async (page) => {
    await page.goto(authorize());
    await signIn(page);
  },
  "consent-papers": async (page) => {
    await page.goto(authorize({ client_id: "papers", resource: BILLING }));
    await signIn(page);
  },
  "select-account": async (page) => {
    await signedIn(page);
    await page.goto(authorize({ prompt: "select_account" }));
  },
  "continue-as": async (page) => {
    await signedIn(page);
    const client = { client_id: native.client_id, redirect_uri: "http://127.0.0.1/callback", prompt: "" };
    await page.goto(authorize({ ...client, scope: "openid" }));
    await page.waitForSelector("button[value=continue]");
  },
  "set-password": (page) => page.goto(link),
  "home-signed-out": (page) => page.goto(`${provider.issuer}/`),
  home: signedIn,
  account: async (page) => {
    await signedIn(page);
    await page.goto(`${provider.issuer}/account`);
  },
  "account-password": async (page) => {
    await signedIn(page);
    await page.goto(`${provider.issuer}/account/password`);
    await page.fill("[name=current]", "not the password");
    await page.fill("[name=password]", "seven slow barges turn");
    await Promise.all([page.waitForNavigation(), page.click("main button.primary")]);
  },
  "account-data": async (page) => {
    await signedIn(page);
    await page.goto(`${provider.issuer}/account/data`);
  },
  "account-security": async (page) => {
    await signedIn(page);
    await page.goto(`${provider.issuer}/account/security`);
  },
  "account-passkeys": async (page) => {
    await signedIn(page);
    await page.goto(`${provider.issuer}/account/passkeys`);
  },
  "account-authenticator": async (page) => {
    await signedIn(page);
    await page.goto(`${provider.issuer}/account/authenticator`);
  },
  "second-factor": async (page) => {
    await page.goto(authorize());
    await signIn(page, "erin");
  },
  "second-factor-refused": async (page) => {
    await pages["second-factor"](page);
    await page.click("main .more summary");
    await page.fill("[name=recovery_code]", "00000-00000-00000-00000-00000");
    await Promise.all([page.waitForNavigation(), page.click("main button.primary")]);
  },
  "passkey-offer": async (page) => {
    await page.addInitScript(() => {
      PublicKeyCredential.isUserVerifyingPlatformAuthenticatorAvailable = async () => true;
      PublicKeyCredential.getClientCapabilities = async () => ({});
    });
    await page.goto(authorize());
    await page.waitForFunction(() => document.querySelector("[name=passkeys]").value);
    await signIn(page);
    await page.waitForURL("**/passkey-offer?**");
  },
  "account-activity": async (page) => {
    await signedIn(page);
    await page.goto(`${provider.issuer}/account/activity`);
  },
  "account-sessions": async (page) => {
    await signedIn(page);
    await page.goto(`${provider.issuer}/account/sessions`);
  },
  "account-applications": async (page) => {
    await page.goto(authorize());
    await signIn(page);
    await Promise.all([page.waitForURL("https://rp.example/**"), page.click("button[value=allow]")]);
    await page.goto(`${provider.issuer}/account/applications`);
  },
  "sign-out": async (page) => {
    await signedIn(page);
    await page.goto(`${provider.issuer}/end_session?client_id=${rp.client_id}`);
  },
  "signed-out": (page) => page.goto(`${provider.issuer}/end_session`),
  error: (page) => page.goto(authorize({ redirect_uri: "https://evil.example/" })),
  "not-found": async (page) => {
    await page.goto(`${provider.issuer}/nowhere`);
    await page.click("main .more summary");
  },
};

for (const [name, go] of Object.entries(pages)) {
  for (const locale of ["en", "ar", "ru"]) {
    test(`${name} in ${locale} breaks no rule of accessibility, fits 320 px, and keeps to its policy`, async () => {
      const page = await open({ locale, viewport: { width: 1280, height: 800 } });
      await go(page);
      assert.equal(await page.getAttribute("html", "lang"), locale);
      for (const { width, colorScheme } of looksIn(locale)) {
        await page.setViewportSize({ width, height: 800 });
        await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
        const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
        assert.ok(overflow <= 0, `${name} is ${overflow} px too wide at ${width} px`);
        assert.deepEqual(await page.evaluate(crooked), [], `${name} at ${width} px`);
        await page.screenshot({ path: `${shots}${name}-${locale}-${width}-${colorScheme}.png`, fullPage: true });
        // What can be folded out is judged, too.
        await page.evaluate(() => document.querySelectorAll("details").forEach((details) => (details.open = true)));
        const folded = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
        assert.ok(folded <= 0, `${name} is ${folded} px too wide at ${width} px when all is folded out`);
        // By the debugger's protocol, which a page's own policy does not concern.
        await page.evaluate(axe);
        const { violations } = await page.evaluate(() => axe.run(document, { resultTypes: ["violations"] }));
        const told = violations.map((v) => `${v.id}: ${v.help} at ${v.nodes.map((n) => n.target).join(", ")}`);
        assert.deepEqual(told, [], `${name} at ${width} px, ${colorScheme}`);
      }
      assert.deepEqual(page.violations, []);
      await page.context().close();
    });
  }
}

test("a visitor goes on without scripts and without an account, and is the same person after signing up", async () => {
  const page = await open({ javaScriptEnabled: false });
  await visit(page);
  await page.click("button[value=allow]");
  await page.waitForURL("https://rp.example/callback?code=**");
  await page.goto(`${provider.issuer}/account`);
  assert.match(await page.innerText("main"), /You are here as a visitor/);
  assert.equal(await page.locator("nav a[href$='/account/security']").count(), 0);
  await page.click("text=Keep this account");
  assert.ok(await page.isChecked("[name=keep]"), "it is kept unless the person says otherwise");
  await page.fill("[name=email]", "visitor@example.com");
  await page.fill("[name=password]", PASSWORD);
  await Promise.all([page.waitForNavigation(), page.click("main button.primary")]);
  await page.goto(`${provider.issuer}/account`);
  assert.match(await page.innerText("main"), /visitor@example\.com/);
  assert.doesNotMatch(await page.innerText("main"), /as a visitor/);
  // Scopes with data of the person are asked for once more.
  await page.goto(authorize({ client_id: trial.client_id }));
  await page.click("button[value=allow]");
  await page.waitForURL("https://rp.example/callback?code=**");
  await page.context().close();
});

test("an account by invitation, with a username alone, is made, lost and found again without scripts", async () => {
  const page = await open({ javaScriptEnabled: false });
  await pages["sign-up-done"](page);
  const codes = await page.locator(".codes code").allInnerTexts();
  // Loaded again, which sends the form again: the codes are not shown again, and nobody is told that the name is taken.
  await page.reload();
  assert.match(await page.innerText("main"), /Your account is ready/);
  assert.doesNotMatch(await page.innerText("main"), /Somebody has this username/);
  await page.click("text=Continue");
  await page.context().clearCookies();
  await page.goto(`${joining.issuer}/sign-in`);
  await page.click("main .more summary");
  await page.click("text=Set a new password with a recovery code");
  await page.fill("[name=identifier]", `heron${herons}`);
  await page.fill("[name=recovery_code]", codes[0]);
  await Promise.all([page.waitForNavigation(), page.click("main button.primary")]);
  await page.fill("[name=password]", "seven slow barges turn");
  await Promise.all([page.waitForNavigation(), page.click("main button.primary")]);
  await page.goto(`${joining.issuer}/account/recovery-codes`);
  assert.match(await page.innerText("main"), /9 codes are unused/);
  await page.context().close();
});

test("who accepts the terms goes on to the application, and who does not goes back to it", async () => {
  const page = await open({ javaScriptEnabled: false });
  await pages.terms(page, "bob");
  await page.click("button[value=deny]");
  await page.waitForURL("https://rp.example/callback?error=access_denied**");
  await page.context().clearCookies();
  await pages.terms(page, "bob");
  await page.click("button[value=accept]");
  await page.waitForURL("**/consent?**");
  await page.context().close();
});

test("one's own account works without scripts", async () => {
  const page = await open({ javaScriptEnabled: false });
  await page.goto(`${provider.issuer}/account`);
  await signIn(page, "bob");
  await page.fill("[name=name]", "Bob the Heron");
  await Promise.all([page.waitForNavigation(), page.click("main button.primary")]);
  assert.match(await page.textContent("[role=status]"), /saved/);
  assert.match(await page.textContent(".account"), /Bob the Heron/);
  await page.click("nav >> text=Security");
  await page.click("main [aria-label='Change: Password']");
  await page.fill("[name=current]", PASSWORD);
  await page.fill("[name=password]", "seven slow barges turn");
  await Promise.all([page.waitForNavigation(), page.click("main button.primary")]);
  assert.match(await page.textContent("[role=status]"), /password is changed/);
  await page.context().close();
});

test("a second factor works without scripts, from setting it up to removing it", async () => {
  const page = await open({ javaScriptEnabled: false });
  const { key, codes } = await setUp(page, "fred");
  const download = await page.getAttribute("a[download]", "href");
  const file = Buffer.from(download.split("base64,")[1], "base64").toString();
  for (const code of codes) assert.ok(file.includes(code), file);
  await page.click("text=I have kept them");
  assert.match(await page.innerText("main"), /10 codes are unused/);
  await page.context().clearCookies();
  await page.goto(`${provider.issuer}/sign-in?return=security`);
  await signIn(page, "fred");
  await page.click("main .more summary");
  await page.fill("[name=recovery_code]", codes[0]);
  await Promise.all([page.waitForNavigation(), page.click("main button.primary")]);
  assert.match(await page.innerText("main"), /9 codes are unused/);
  await page.context().clearCookies();
  await page.goto(`${provider.issuer}/sign-in?return=authenticator`);
  await signIn(page, "fred");
  // The code of this half minute has set the app up.
  await page.fill("[name=code]", totp(key, 1));
  await Promise.all([page.waitForNavigation(), page.click("main button.primary")]);
  await Promise.all([page.waitForNavigation(), page.click("button[name=remove]")]);
  assert.match(await page.textContent("[role=status]"), /is removed/);
  await page.context().close();
});

test("a QR code says what the key says, and recovery codes can be printed and kept as a file", async () => {
  const page = await open();
  await page.goto(`${provider.issuer}/sign-in?return=authenticator`);
  await signIn(page, "dora");
  const [width, height] = await page.$eval("svg.qr", (svg) => [svg.clientWidth, svg.clientHeight]);
  assert.ok(width === height && width >= 200, `${width} by ${height}`);
  const uri = new URL(await page.getAttribute("a[href^='otpauth:']", "href"));
  assert.equal(uri.searchParams.get("secret"), (await page.textContent(".key")).replaceAll(/\s/g, ""));
  assert.equal(uri.searchParams.get("issuer"), "Northwind");
  await page.fill("[name=code]", totp(uri.searchParams.get("secret")));
  await Promise.all([page.waitForNavigation(), page.click("main form button.primary")]);
  await page.screenshot({ path: `${shots}new-recovery-codes.png`, fullPage: true });
  await page.evaluate(() => (window.print = () => (window.printed = true)));
  await page.click("text=Print");
  assert.equal(await page.evaluate(() => window.printed), true);
  const [download] = await Promise.all([page.waitForEvent("download"), page.click("text=Download")]);
  assert.equal(download.suggestedFilename(), "recovery-codes.txt");
  assert.match(readFileSync(await download.path(), "utf8"), /^Northwind: recovery codes\r\ndora(@example\.com)?\r\nhttp:\S+\/sign-in\r\n20\d\d-\d\d-\d\d\r\n\r\n([0-9A-Z-]{29}\r\n){10}$/);
  assert.deepEqual(page.violations, []);
  await page.context().close();
  // Removed again, for the other tests.
  provider.command(["user", "reset-factors", "dora"]);
});

test("on the consent page it can be read whose papers are whose", async () => {
  const page = await open({ locale: "en" });
  await pages["consent-papers"](page);
  assert.match(await page.textContent("main .papers"), /The Herons' Club:\s+Privacy policy\s+Terms of service/);
  assert.match(await page.textContent("footer .papers"), /Northwind:\s+Help\s+Privacy\s+Terms/);
  await page.context().close();
});

test("the language can be switched on every page, which stays the same page", async () => {
  // What a page is, whatever its language: its status, its forms, its links, the facts of an error.
  const shapeOf = (page) => page.evaluate(() => ({
    status: performance.getEntriesByType("navigation")[0].responseStatus,
    forms: [...document.querySelectorAll("main form")].map((form) => [form.action, [...form.elements].map((field) => field.name)]),
    links: [...document.querySelectorAll("main a")].map((link) => new URL(link.href).pathname),
    code: document.querySelector("main dd code")?.textContent,
  }));
  for (const [name, go] of Object.entries(pages)) {
    // A page that answers a form is opened again as its form was, before it was sent.
    if (/refused|account-password|sign-up-done/.test(name)) continue;
    // A browser for each: what one page says that its browser can do must not hold for the next.
    const page = await open();
    await go(page);
    const [before, shown] = [new URL(page.url()), await shapeOf(page)];
    await switchTo(page, "ru");
    assert.equal(new URL(page.url()).pathname, before.pathname, name);
    assert.deepEqual(await shapeOf(page), shown, name);
    await page.context().close();
  }
});

test("an error page leads back to the application, and to the account of who is signed in", async () => {
  const page = await open();
  await page.goto(authorize({ client_id: "papers", redirect_uri: "https://evil.example/" }));
  assert.equal(await page.getAttribute("main a.button.primary", "href"), "https://rp.example/");
  await Promise.all([page.waitForURL("https://rp.example/"), page.click("main a.button.primary")]);
  await signedIn(page);
  await page.goto(`${provider.issuer}/nowhere`);
  await Promise.all([page.waitForNavigation(), page.click("main a.button")]);
  assert.equal(page.url(), `${provider.issuer}/account`);
  await page.context().close();
});

test("a page that has expired leads back to the application", async () => {
  const page = await open();
  await page.goto(authorize({ client_id: "papers" }));
  const other = await open();
  await other.goto(page.url());
  await other.goto(page.url());
  assert.match(await other.innerText("h1"), /expired|cookies/);
  assert.equal(await other.getAttribute("main a.button.primary", "href"), "https://rp.example/");
  await page.context().close();
  await other.context().close();
});

test("the eye in a password's field shows it, and it is hidden again when it is sent", async () => {
  const page = await open();
  await page.goto(`${provider.issuer}/sign-in`);
  const eye = page.locator("button.reveal");
  assert.equal(await eye.getAttribute("aria-label"), "Show password");
  await page.fill("[name=password]", PASSWORD);
  await eye.click();
  assert.deepEqual([await eye.getAttribute("aria-pressed"), await page.getAttribute("#password", "type")], ["true", "text"]);
  const inside = await page.evaluate(() => {
    const [field, button] = ["#password", ".reveal"].map((one) => document.querySelector(one).getBoundingClientRect());
    return button.left > field.left && button.right <= field.right && button.top >= field.top && button.bottom <= field.bottom;
  });
  assert.ok(inside, "the eye is within the field");
  await page.evaluate(() => document.querySelector("form").addEventListener("submit", (event) => event.preventDefault()));
  await page.press("[name=password]", "Enter");
  assert.deepEqual([await eye.getAttribute("aria-pressed"), await page.getAttribute("#password", "type")], ["false", "password"]);
  await page.context().close();
});

test("a hint tells that Caps Lock is on", async () => {
  const page = await open();
  await page.goto(`${provider.issuer}/sign-in`);
  const press = (on) => page.dispatchEvent("#password", "keydown", { key: "A", modifierCapsLock: on });
  assert.equal(await page.innerText(".caps-lock"), "");
  await press(true);
  assert.equal(await page.textContent(".caps-lock"), "Caps Lock is on.");
  await press(false);
  assert.equal(await page.textContent(".caps-lock"), "");
  await page.context().close();
});

test("the characters of a new password are counted while it is typed", async () => {
  const page = await open();
  await page.goto(`${provider.issuer}/sign-up`);
  assert.equal(await page.textContent(".count"), "");
  // A character beyond the basic plane, and an accent of its own, count as one each, as for the server.
  await page.fill("[name=password]", "\u{1f980}e\u0301");
  assert.equal(await page.textContent(".count"), "2 of 15 characters");
  await page.fill("[name=password]", "123456789012345");
  assert.equal(await page.textContent(".count"), "Long enough.");
  await page.context().close();
});

test("times are shown in the reader's time zone and form", async () => {
  const page = await open({ timezoneId: "Asia/Tokyo", locale: "en" });
  await signedIn(page);
  await page.goto(`${provider.issuer}/account/sessions`);
  await page.click("main .more summary >> nth=0");
  const [machine, shown] = await page.$eval("time.exact", (time) => [time.dateTime, time.textContent]);
  const expected = new Intl.DateTimeFormat("en", { dateStyle: "long", timeStyle: "short", timeZone: "Asia/Tokyo" });
  assert.equal(shown, expected.format(new Date(machine)));
  assert.match(await page.innerText("main"), /Last activity: (just now|1 minute ago)/);
  await page.context().close();
});

test("each eye says which password it shows, and password managers are told the rule", async () => {
  const page = await open();
  await signedIn(page);
  await page.goto(`${provider.issuer}/account/password`);
  const eyes = await page.$$eval(".reveal", (eyes) => eyes.map((eye) => [eye.getAttribute("aria-controls"), eye.getAttribute("aria-label")]));
  assert.deepEqual(eyes, [["current", "Show current password"], ["password", "Show new password"]]);
  assert.equal(await page.getAttribute("#password", "passwordrules"), "minlength: 15;");
  await page.context().close();
});

test("who has trouble signing in finds what to try and where to get help", async () => {
  const page = await open();
  await page.goto(`${provider.issuer}/sign-in`);
  assert.equal(await page.isVisible("text=Caps Lock is off"), false);
  await page.click("text=Trouble signing in?");
  assert.match(await page.innerText("main details"), /Forgot your password\? Ask Northwind/);
  assert.equal(await page.getAttribute("main details a", "href"), "mailto:help@northwind.example");
  await page.context().close();
});

test("who is signed in sees that at the sign-in page, and can use another account", async () => {
  const page = await open();
  await signedIn(page);
  await page.goto(`${provider.issuer}/sign-in`);
  assert.match(await page.innerText("main"), /You are signed in[\s\S]*alice/);
  await Promise.all([page.waitForNavigation(), page.click("text=Use another account")]);
  await signIn(page, "dora");
  assert.match(await page.innerText("main"), /Sign out of dora[\s\S]*Sign out of all accounts/);
  await page.click("text=Sign out of dora");
  await page.waitForURL("**/signed-out");
  assert.match(await page.innerText("main"), /Other accounts in this browser are still signed in/);
  await page.goto(`${provider.issuer}/account`);
  assert.match(await page.innerText("main .account"), /alice/);
  await page.context().close();
});

test("staying signed in leads back to the application that asked", async () => {
  const page = await open();
  await signedIn(page);
  await page.goto(`${provider.issuer}/end_session?client_id=papers`);
  await Promise.all([page.waitForURL("https://rp.example/"), page.click("button[value=stay]")]);
  await page.goto(`${provider.issuer}/`);
  assert.match(await page.innerText("main"), /alice/);
  await page.context().close();
});

test("all problems of a form are told at once, and the first field that has one has the focus", async () => {
  const page = await open();
  await signedIn(page);
  for (const [path, fields] of [
    ["/sign-in?account=another", ["identifier", "password"]],
    ["/sign-up", ["email", "password"]],
    ["/account/password", ["current", "password"]],
  ]) {
    await page.goto(provider.issuer + path);
    await Promise.all([page.waitForNavigation(), page.click("main form button.primary")]);
    const told = await page.$$eval(".problem a", (links) => links.map((link) => link.getAttribute("href").slice(1)));
    assert.deepEqual(told, fields, path);
    assert.equal(await page.evaluate(() => document.activeElement.id), fields[0], path);
    assert.equal(await page.locator("[aria-invalid=true]").count(), fields.length, path);
  }
  await page.context().close();
});

test("an error page leads on to the front page", async () => {
  const page = await open();
  await page.goto(`${provider.issuer}/nowhere`);
  await Promise.all([page.waitForNavigation(), page.click("main a.button")]);
  assert.equal(page.url(), `${provider.issuer}/`);
  await page.context().close();
});

async function switchTo(page, language) {
  await page.click("footer .languages summary");
  await Promise.all([page.waitForNavigation(), page.click(`button[name=language][value=${language}]`)]);
  assert.equal(await page.getAttribute("html", "lang"), language, page.url());
}

test("the language can be switched, and the choice lasts", async () => {
  const page = await open();
  await page.goto(authorize({ ui_locales: "en" }));
  await switchTo(page, "ru");
  await signIn(page);
  assert.equal(await page.getAttribute("html", "lang"), "ru", "the next page of the same sign-in");
  await page.context().close();
});
