// The hosted pages in headless Chromium: no violation of accessibility rules, no scroll bar at 320 px, usable without
// scripts and without a mouse. Screenshots are left in target/screenshots.

import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { launch } from "../lib/browser.mjs";
import { PASSWORD, Provider } from "../lib/provider.mjs";

const axe = readFileSync(new URL("../node_modules/axe-core/axe.min.js", import.meta.url), "utf8");
const shots = fileURLToPath(new URL("../../../target/screenshots/", import.meta.url));
const looks = [320, 1280].flatMap((width) => ["light", "dark"].map((colorScheme) => ({ width, colorScheme })));
let provider, browser, rp, native, link;

before(async () => {
  mkdirSync(shots, { recursive: true });
  provider = await Provider.start();
  for (const name of ["alice", "bob"]) provider.user(name);
  link = provider.command(["user", "add", "--email", "carol@example.com"]).link.url;
  const uris = ["--post-logout-redirect-uri", "https://rp.example/bye", "--name", "The Herons' Club"];
  rp = provider.client("web", "https://rp.example/callback", ...uris);
  native = provider.client("native", "http://127.0.0.1/callback", "--first-party", "--name", "The Herons' Club");
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await provider?.stop();
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

// Each page, and how a person gets there.
const pages = {
  "sign-in": (page) => page.goto(authorize()),
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
  consent: async (page) => {
    await page.goto(authorize());
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
  "not-found": (page) => page.goto(`${provider.issuer}/nowhere`),
};

for (const [name, go] of Object.entries(pages)) {
  for (const locale of ["en", "ru"]) {
    test(`${name} in ${locale} breaks no rule of accessibility, fits 320 px, and keeps to its policy`, async () => {
      const page = await open({ locale, viewport: { width: 1280, height: 800 } });
      await go(page);
      assert.equal(await page.getAttribute("html", "lang"), locale);
      for (const { width, colorScheme } of looks) {
        await page.setViewportSize({ width, height: 800 });
        await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
        const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
        assert.ok(overflow <= 0, `${name} is ${overflow} px too wide at ${width} px`);
        await page.screenshot({ path: `${shots}${name}-${locale}-${width}-${colorScheme}.png`, fullPage: true });
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

test("everything works without scripts: sign-in, consent, and the way back to the client", async () => {
  const page = await open({ javaScriptEnabled: false });
  await page.goto(authorize());
  await signIn(page);
  await page.click("button[value=allow]");
  await page.waitForURL("https://rp.example/callback?code=**");
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
  await page.click("nav >> text=Password");
  await page.fill("[name=current]", PASSWORD);
  await page.fill("[name=password]", "seven slow barges turn");
  await Promise.all([page.waitForNavigation(), page.click("main button.primary")]);
  assert.match(await page.textContent("[role=status]"), /new password is set/);
  await page.context().close();
});

test("everything works by keyboard alone", async () => {
  const page = await open();
  await page.goto(authorize());
  assert.equal(await page.evaluate(() => document.activeElement.name), "identifier", "the first field has the focus");
  await page.keyboard.type("alice");
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.name), "password");
  await page.keyboard.type(PASSWORD);
  await page.keyboard.press("Enter");
  await page.waitForURL("**/consent**");
  for (let n = 0; n < 20; n++) {
    await page.keyboard.press("Tab");
    if (await page.evaluate(() => document.activeElement.value === "allow")) break;
  }
  const outline = await page.evaluate(() => {
    const style = getComputedStyle(document.activeElement);
    return `${style.outlineStyle} ${style.outlineWidth} ${style.boxShadow}`;
  });
  assert.ok(!/^none 0px none$/.test(outline), `the focus can be seen: ${outline}`);
  await page.keyboard.press("Enter");
  await page.waitForURL("https://rp.example/callback?code=**");
  await page.context().close();
});

test("the language can be switched, and the choice lasts", async () => {
  const page = await open();
  await page.goto(authorize({ ui_locales: "en" }));
  await Promise.all([page.waitForNavigation(), page.click("button[name=language][value=ru]")]);
  assert.equal(await page.getAttribute("html", "lang"), "ru");
  await signIn(page);
  assert.equal(await page.getAttribute("html", "lang"), "ru", "the next page of the same sign-in");
  await page.context().close();
});
