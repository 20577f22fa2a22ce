// Every page in all its states, in each language and theme, as `latchkey pages preview` writes them: files that need no
// server, break no rule of accessibility, have nothing that touches a button, and fit 320 px. Screenshots are left in target/screenshots/preview.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { after, before, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { launch } from "./browser.mjs";
import { crooked } from "./crooked.mjs";
import { BIN } from "./provider.mjs";

const axe = readFileSync(new URL("../node_modules/axe-core/axe.min.js", import.meta.url), "utf8");
const shots = fileURLToPath(new URL("../../../target/screenshots/preview/", import.meta.url));
export const directions = { en: "ltr", ru: "ltr", ar: "rtl" };

// Tests the previews in these languages. Several files do so, so that they run beside each other.
export function previews(name, languages) {
  const folder = fileURLToPath(new URL(`../../../target/preview/${name}/`, import.meta.url));
  let browser;
  before(async () => {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(shots, { recursive: true });
    const env = {
      PATH: process.env.PATH,
      LATCHKEY__PAGES__OPERATOR_NAME: "Northwind",
      LATCHKEY__PAGES__SUPPORT: "mailto:help@northwind.example",
      LATCHKEY__PAGES__POLICY_URI: "https://northwind.example/privacy",
      LATCHKEY__PAGES__TOS_URI: "https://northwind.example/terms",
    };
    const done = spawnSync(BIN, ["pages", "preview", folder, "--json"], { env, encoding: "utf8" });
    assert.equal(done.status, 0, done.stderr);
    assert.deepEqual(JSON.parse(done.stdout).languages.toSorted(), Object.keys(directions).toSorted());
    browser = await launch();
  });
  after(() => browser?.close());

  for (const language of languages) {
    const direction = directions[language];
    for (const theme of ["light", "dark"]) {
      // Structure and colours do not depend on the words, and axe takes most of the time: one theme of each translation.
      const judged = language === "en" || theme === (direction === "rtl" ? "light" : "dark");
      test(`the preview in ${language} and ${theme} is whole, ${judged ? "breaks no rule " : ""}and fits 320 px`, async () => {
        // The system's theme is the other one, which must not matter.
        const colorScheme = theme === "light" ? "dark" : "light";
        const page = await browser.newPage({ colorScheme, reducedMotion: "reduce", viewport: { width: 320, height: 800 } });
        const missing = [];
        page.on("requestfailed", (request) => missing.push(request.url()));
        const names = readdirSync(`${folder}${language}/${theme}`);
        assert.ok(names.length > 50, `${names.length} pages`);
        for (const name of names) {
          const where = `${name} in ${language}, ${theme}`;
          await page.goto(pathToFileURL(`${folder}${language}/${theme}/${name}`).href);
          assert.equal(await page.evaluate(() => getComputedStyle(document.querySelector("h1")).direction), direction);
          const ground = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
          const lightness = ground.match(/\d+/g).slice(0, 3).reduce((sum, channel) => sum + Number(channel), 0) / 3;
          assert.equal(lightness > 128, theme === "light", `${where} has the ground ${ground}`);
          for (const width of [1280, 375, 320]) {
            await page.setViewportSize({ width, height: 800 });
            const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
            assert.ok(overflow <= 0, `${where} is ${overflow} px too wide at ${width} px`);
            if (theme === "light") assert.deepEqual(await page.evaluate(crooked), [], `${where} at ${width} px`);
          }
          await page.screenshot({ path: `${shots}${language}-${theme}-${name.replace(".html", ".png")}`, fullPage: true });
          if (!judged) continue;
          await page.evaluate(axe);
          // Without a server, axe cannot ask for the style sheets again.
          const options = { resultTypes: ["violations"], preload: false };
          const { violations } = await page.evaluate((options) => axe.run(document, options), options);
          const told = violations.map((v) => `${v.id}: ${v.help} at ${v.nodes.map((n) => n.target).join(", ")}`);
          assert.deepEqual(told, [], where);
        }
        assert.deepEqual(missing, []);
        await page.close();
      });
    }
  }

  test("the index links every page", async () => {
    const page = await browser.newPage();
    await page.goto(pathToFileURL(`${folder}index.html`).href);
    assert.ok((await page.locator("li").count()) > 150);
    await page.click("#ar + ul >> text=dark >> nth=0");
    assert.equal(await page.getAttribute("html", "lang"), "ar");
    await page.close();
  });
}
