// Headers and cookies as a real browser takes them: on pages that are really left for another origin, which itself goes
// on to a third.

import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { launch, site } from "../lib/browser.mjs";
import { PASSWORD, Provider } from "../lib/provider.mjs";

let provider, browser, context, client, third, ids;
const seen = [];

before(async () => {
  provider = await Provider.start();
  provider.user("alice");
  third = await site("127.0.0.1", () => ({ body: "<!doctype html><title>Third</title>the third origin" }));
  client = await site("127.0.0.1", ({ request, url, body }) => {
    seen.push({ url, body, referer: request.headers.referer, method: request.method });
    if (url.pathname === "/callback") return { status: 302, headers: { location: `${third.origin}/landing${url.search}` } };
    if (url.pathname === "/start") {
      return { body: `<!doctype html><title>Client</title><form method="post" action="${provider.issuer}/authorize">${
        [...url.searchParams].map(([n, v]) => `<input type="hidden" name="${n}" value="${v}">`).join("")}<button>go</button></form>` };
    }
    return { body: "<!doctype html><title>Client</title>" };
  });
  ids = provider.client("web", `${client.origin}/callback`, "--first-party", "--post-logout-redirect-uri", `${client.origin}/bye`);
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await Promise.all([client?.close(), third?.close()]);
  await provider?.stop();
});
afterEach(() => context?.close());

const request = (more = {}) => new URLSearchParams({
  client_id: ids.client_id, redirect_uri: `${client.origin}/callback`, response_type: "code", scope: "openid", state: "s",
  code_challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", code_challenge_method: "S256", ...more,
});

async function open(options = {}) {
  context = await browser.newContext(options);
  seen.length = 0;
  return context.newPage();
}

async function signIn(page) {
  await page.fill("[name=identifier]", "alice");
  await page.fill("[name=password]", PASSWORD);
  await page.click("main button.primary");
}

for (const javaScriptEnabled of [true, false]) {
  test(`form-action does not stop a client whose callback goes on to a third origin (scripts: ${javaScriptEnabled})`, async () => {
    const page = await open({ javaScriptEnabled });
    await page.goto(`${provider.issuer}/authorize?${request()}`);
    await signIn(page);
    await page.waitForURL(`${third.origin}/landing?code=**`);
    const callbacks = seen.filter(({ url }) => url.pathname === "/callback");
    assert.equal(callbacks.length, 1, "the code arrives once");
    assert.equal(callbacks[0].referer, undefined, "no referrer leaves our pages");
  });
}

test("form_post reaches the client by POST, and its callback may go on to a third origin", async () => {
  const page = await open();
  await page.goto(`${provider.issuer}/authorize?${request({ response_mode: "form_post", state: `"><script>alert(1)</script>` })}`);
  await signIn(page);
  await page.waitForURL(`${third.origin}/landing**`);
  const posted = seen.find(({ url, method }) => url.pathname === "/callback" && method === "POST");
  const fields = new URLSearchParams(posted.body);
  assert.equal(fields.get("state"), `"><script>alert(1)</script>`, "the exact state");
  assert.equal(fields.get("iss"), provider.issuer);
  assert.ok(fields.get("code"));
});

test("a cross-site POST to the authorization endpoint, which brings no Lax cookies, finds the session all the same", async () => {
  const page = await open();
  await page.goto(`${provider.issuer}/sign-in`);
  await signIn(page);
  await page.waitForURL(`${provider.issuer}/`);
  await page.goto(`${client.origin}/start?${request({ prompt: "none" })}`);
  await page.click("button");
  await page.waitForURL(`${third.origin}/landing?code=**`);
});

test("a popup keeps its opener on the pages of an interaction", async () => {
  const page = await open();
  await page.goto(`${client.origin}/`);
  const opened = page.waitForEvent("popup");
  await page.evaluate((url) => void (window.popup = window.open(url)), `${provider.issuer}/authorize?${request()}`);
  const popup = await opened;
  await popup.waitForURL(`${provider.issuer}/sign-in**`);
  assert.equal(await page.evaluate(() => window.popup.closed), false, "COOP has not cut the popup off");
  assert.equal(await popup.evaluate(() => window.opener !== null), true);
});

test("no page of ours is shown in a frame", async () => {
  const page = await open();
  await page.goto(`${client.origin}/`);
  await page.setContent(`<iframe src="${provider.issuer}/sign-in"></iframe>`);
  const frame = page.frames()[1];
  await frame.waitForLoadState();
  assert.equal(await frame.locator("input").count(), 0);
});

test("cookies are out of reach of scripts and of other sites' requests", async () => {
  const page = await open();
  await page.goto(`${provider.issuer}/sign-in`);
  await signIn(page);
  await page.waitForURL(`${provider.issuer}/`);
  assert.equal(await page.evaluate(() => document.cookie), "");
  for (const cookie of await context.cookies(provider.issuer)) {
    assert.equal(cookie.httpOnly, true, cookie.name);
    assert.equal(cookie.sameSite, "Lax", cookie.name);
    assert.equal(cookie.path, "/", cookie.name);
  }
});

test("our own forms tell their origin, and signing out by one click works", async () => {
  const page = await open();
  await page.goto(`${provider.issuer}/sign-in`);
  await signIn(page);
  await page.waitForURL(`${provider.issuer}/`);
  const posted = page.waitForRequest((r) => r.method() === "POST");
  await page.click("button[value=sign_out]");
  assert.equal((await (await posted).allHeaders()).origin, provider.issuer);
  await page.goto(`${provider.issuer}/authorize?${request({ prompt: "none" })}`);
  await page.waitForURL(`${third.origin}/landing?error=login_required**`);
});
