// The operator's name, logo and colour, and the client's logo, under the policy of the pages.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { launch } from "../lib/browser.mjs";
import { Provider } from "../lib/provider.mjs";

const folder = mkdtempSync(join(tmpdir(), "latchkey-logo-"));
const logo = join(folder, "logo.svg");
const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8" width="8" height="8"><circle cx="4" cy="4" r="4"/></svg>`;
let provider, browser;

before(async () => {
  writeFileSync(logo, svg);
  provider = await Provider.start({
    LATCHKEY__PAGES__OPERATOR_NAME: "Northwind",
    LATCHKEY__PAGES__LOGO: logo,
    LATCHKEY__PAGES__ACCENT_COLOR: "#8a2be2",
  });
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await provider?.stop();
  rmSync(folder, { recursive: true });
});

test("a sign-in page carries the operator's brand and the client's logo", async () => {
  const rp = provider.client("web", "https://rp.example/callback", "--name", "The Herons' Club", "--logo", logo);
  const page = await browser.newPage();
  const refused = [];
  page.on("console", (message) => /Content Security Policy/i.test(message.text()) && refused.push(message.text()));
  await page.goto(`${provider.issuer}/authorize?${new URLSearchParams({
    client_id: rp.client_id, redirect_uri: "https://rp.example/callback", response_type: "code", scope: "openid",
    code_challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", code_challenge_method: "S256",
  })}`);
  assert.match(await page.title(), /Northwind/);
  assert.match(await page.innerText("main"), /The Herons' Club/);
  const loaded = await page.$$eval("img", (images) => images.map((image) => image.complete && image.naturalWidth > 0));
  assert.deepEqual(loaded, [true, true], "the operator's logo and the client's");
  const accent = await page.$eval("main button.primary", (button) => getComputedStyle(button).backgroundColor);
  assert.equal(accent, "rgb(138, 43, 226)");
  assert.deepEqual(refused, []);
});
