// A sign-up that has to prove work, in Chromium: with scripts nobody notices it, without them it waits.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch } from "../lib/browser.mjs";
import { PASSWORD, Provider } from "../lib/provider.mjs";

let provider, browser;

before(async () => {
  provider = await Provider.start({ LATCHKEY__LOGIN__SIGN_UP_CHALLENGE: "always" });
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await provider?.stop();
});

async function open(options = {}) {
  const page = await (await browser.newContext({ locale: "en", ...options })).newPage();
  page.violations = [];
  page.on("console", (message) => page.violations.push(message.text()));
  page.on("pageerror", (error) => page.violations.push(error.message));
  await page.goto(`${provider.issuer}/sign-up`);
  return page;
}

async function fill(page, email) {
  await page.fill("[name=email]", email);
  await page.fill("[name=password]", PASSWORD);
}

const send = (page) => Promise.all([page.waitForNavigation(), page.click("main button.primary")]);

test("whoever is faster than the calculation waits for it and presses the button once", async () => {
  const page = await open();
  await fill(page, "fast@example.com");
  await send(page);
  assert.equal(await page.locator("[role=alert]").count(), 0, await page.innerText("main"));
  assert.match(await page.innerText("body"), /fast@example\.com/);
  assert.deepEqual(page.violations, []);
  await page.context().close();
});

test("a form that comes back after a mistake is solved again by itself", async () => {
  const page = await open();
  await fill(page, "no address");
  await send(page);
  assert.equal(await page.locator("[role=alert]").count(), 1);
  await fill(page, "careful@example.com");
  await send(page);
  assert.match(await page.innerText("body"), /careful@example\.com/);
  await page.context().close();
});

test("without scripts the form says that it takes a while, and how long if it was sent too early", async () => {
  const page = await open({ javaScriptEnabled: false });
  assert.match(await page.innerText("main"), /at least 20 seconds/);
  await fill(page, "patient@example.com");
  await send(page);
  assert.match(await page.innerText("[role=alert]"), /Wait \d+ seconds?, type your password again/);
  assert.equal(await page.inputValue("[name=email]"), "patient@example.com");
  await page.context().close();
});
