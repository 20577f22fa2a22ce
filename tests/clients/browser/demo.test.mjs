// `latchkey demo`: a minute after the build a person has signed in, sees the claims, refreshes and signs out, and gets a letter.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import { test } from "node:test";
import { launch } from "../lib/browser.mjs";
import { freePort } from "../lib/provider.mjs";

test("the demonstration signs a person in, refreshes, and signs out", async () => {
  const [port, appPort] = [await freePort(), await freePort()];
  const bin = resolve(process.env.LATCHKEY_BIN ?? "../../target/debug/latchkey");
  const demo = spawn(bin, ["demo", "--port", port, "--app-port", appPort], { stdio: ["ignore", "pipe", "inherit"] });
  // Read to its end: whoever stops reading closes the pipe, and the program ends when it says more.
  let said = "";
  const url = await new Promise((found, ended) => {
    demo.stdout.on("data", (chunk) => {
      said += chunk;
      const open = said.match(/Open (\S+)\s/);
      if (open) found(open[1]);
    });
    demo.on("exit", () => ended(new Error(`the demonstration ended: ${said}`)));
  });
  const browser = await launch();
  try {
    const page = await browser.newPage();
    await page.goto(url);
    const [, name, password] = (await page.innerText("main")).match(/be: (\S+), with the password ([^.]+)\./);
    await page.click("text=Sign in with Latchkey");
    await page.fill("[name=identifier]", name);
    // The key Enter sends the password, although the buttons of other providers belong to the same form.
    await page.fill("[name=password]", password);
    await page.press("[name=password]", "Enter");
    await page.click("button[value=allow]");
    await page.waitForURL(url);
    assert.match(await page.innerText("main"), /You are signed in[\s\S]*Refreshed 0 times[\s\S]*alice@example\.com/);
    await page.goBack();
    await page.waitForURL(url);
    assert.equal(await page.locator("[role=alert]").count(), 0, "going back after the sign-in is no error");
    assert.match(await page.innerText("main"), /You are signed in/);
    await page.click("text=Refresh the tokens");
    await page.waitForSelector("text=Refreshed 1 times");
    await page.click("text=Sign out");
    await page.waitForSelector("text=Nobody is signed in");
    // By an account at another provider, which makes one here and signs in to it from then on.
    const [, name2, password2] = (await page.innerText("main")).match(/whose user is (\S+), with the password ([^.]+)\./);
    await page.click("text=Sign in with Latchkey");
    await page.click("text=Continue with Northwind");
    await page.waitForURL(/\/northwind\/sign-in/);
    await page.fill("[name=identifier]", name2);
    await page.fill("[name=password]", password2);
    await page.click("main button.primary");
    await page.waitForSelector("h1:has-text('Welcome')");
    await page.click("button[value=create]");
    await page.click("button[value=allow]");
    await page.waitForURL(url);
    assert.match(await page.innerText("main"), /nora@northwind\.example/);
    await page.click("text=Sign out");
    await page.waitForSelector("text=Nobody is signed in");
    await page.click("text=Sign in with Latchkey");
    await page.click("button:has-text('Continue with Northwind'):has-text('Last used')");
    await page.waitForURL(url);
    assert.match(await page.innerText("main"), /Nora Lindqvist/);
    await page.click("text=Sign out");
    await page.waitForSelector("text=Nobody is signed in");
    // A forgotten password: what is sent lies on a page of the demonstration.
    await page.click("text=Sign in with Latchkey");
    await page.click("summary:has-text('Trouble signing in?')");
    await page.click("text=Set a new password by email");
    await page.fill("[name=identifier]", name);
    await page.click("text=Send the email");
    await page.waitForSelector("[role=status]");
    await page.goto(`${url}letters`);
    while ((await page.locator("text=Set a new password").count()) === 0) await page.reload();
    await page.click("pre a");
    await page.waitForSelector("h1:has-text('Choose your password')");
  } finally {
    await browser.close();
    demo.kill("SIGINT");
    if (demo.exitCode === null) await once(demo, "exit");
  }
  assert.equal(demo.exitCode, 0);
});
