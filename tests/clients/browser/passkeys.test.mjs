// Passkeys in headless Chromium, with the virtual authenticator of its developer tools: added, used by autofill and by the button,
// on a second device, and removed.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch } from "../lib/browser.mjs";
import { PASSWORD, Provider } from "../lib/provider.mjs";

let provider, browser;

before(async () => {
  provider = await Provider.start();
  for (const name of ["alice", "bob", "carol", "dora", "erin"]) provider.user(name);
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await provider?.stop();
});

// What the page tells the browser (the Signal API) is kept, across pages. `autofill` is whether the browser offers it: a virtual
// authenticator chooses at once.
const record = ({ autofill }) => {
  for (const name of ["signalUnknownCredential", "signalAllAcceptedCredentials", "signalCurrentUserDetails"]) {
    PublicKeyCredential[name] = async (told) => sessionStorage.setItem(name, JSON.stringify(told));
  }
  if (!autofill) PublicKeyCredential.isConditionalMediationAvailable = async () => false;
};

// A device: a browser with an authenticator within.
async function device({ autofill = false } = {}) {
  const context = await browser.newContext({ locale: "en" });
  const page = await context.newPage();
  page.problems = [];
  page.on("pageerror", (error) => page.problems.push(error.message));
  page.on("console", (message) => message.type() === "error" && page.problems.push(message.text()));
  await page.addInitScript(record, { autofill });
  const devtools = await context.newCDPSession(page);
  await devtools.send("WebAuthn.enable");
  const { authenticatorId } = await devtools.send("WebAuthn.addVirtualAuthenticator", {
    options: {
      protocol: "ctap2", ctap2Version: "ctap2_1", transport: "internal", hasResidentKey: true, hasUserVerification: true,
      isUserVerified: true, automaticPresenceSimulation: true, defaultBackupEligibility: true, defaultBackupState: true,
    },
  });
  const keys = async () => (await devtools.send("WebAuthn.getCredentials", { authenticatorId })).credentials;
  const told = (name) => page.evaluate((name) => JSON.parse(sessionStorage.getItem(name)), name);
  return { context, page, keys, told, devtools, authenticatorId };
}

async function signIn(page, name, target = "/account/passkeys") {
  await page.goto(`${provider.issuer}${target}`);
  await page.fill("[name=identifier]", name);
  await page.fill("[name=password]", PASSWORD);
  await page.click("main form:has([name=password]) button.primary");
  await page.waitForURL(`**${target}`);
}

async function add(page) {
  await page.click("form.passkey button");
  await page.waitForURL("**/account/passkeys?done=added");
  assert.match(await page.innerText("main"), /The passkey is added\./);
}

const signedInAs = async (page, name) => {
  await page.goto(`${provider.issuer}/account`);
  assert.match(await page.innerText("main"), new RegExp(`${name}@example\\.com`));
};

test("a passkey is added, and signs in by the button without a name", async () => {
  const { context, page, keys, told } = await device();
  await signIn(page, "alice");
  await add(page);
  const [key] = await keys();
  assert.equal(key.isResidentCredential, true);
  assert.equal(key.rpId, "localhost");
  assert.match(await page.innerText(".rows"), /Passkey\s+On several devices[\s\S]*Not used yet/);
  const accepted = await told("signalAllAcceptedCredentials");
  assert.equal(accepted.rpId, "localhost");
  assert.equal(accepted.allAcceptedCredentialIds.length, 1);
  assert.deepEqual((await told("signalCurrentUserDetails")).displayName, "alice Example");

  await context.clearCookies();
  await page.goto(`${provider.issuer}/sign-in`);
  await page.evaluate(() => sessionStorage.clear());
  await page.click("text=Sign in with a passkey");
  await page.waitForURL(`${provider.issuer}/`);
  // The page after the sign-in tells the browser which passkeys there are, and the account page under which name.
  const isTold = () => page.waitForFunction(() => sessionStorage.getItem("signalCurrentUserDetails"));
  await isTold();
  assert.deepEqual(await told("signalAllAcceptedCredentials"), accepted);
  await signedInAs(page, "alice");
  await page.evaluate(() => sessionStorage.clear());
  await page.fill("[name=name]", "Alice Liddell");
  await page.click("main form:has([name=name]) button.primary");
  await page.waitForURL("**/account?done=saved");
  await isTold();
  assert.equal((await told("signalCurrentUserDetails")).displayName, "Alice Liddell");
  // The step-up is done, too.
  await page.goto(`${provider.issuer}/account/passkeys`);
  assert.match(await page.innerText(".rows"), /Last used/);
  // One device makes no second one for the same person.
  await page.click("form.passkey button");
  await page.waitForSelector("text=No passkey was created.");
  assert.deepEqual(page.problems, []);
  await context.close();
});

test("a passkey is offered in the field of the name", async () => {
  const { context, page } = await device({ autofill: true });
  await signIn(page, "bob");
  await add(page);
  await context.clearCookies();
  await page.goto(`${provider.issuer}/sign-in`);
  assert.match(await page.getAttribute("[name=identifier]", "autocomplete").catch(() => "webauthn"), /webauthn/);
  await page.waitForURL(`${provider.issuer}/`);
  await signedInAs(page, "bob");
  assert.deepEqual(page.problems, []);
  await context.close();
});

test("a second device has a passkey of its own, and the first one is renamed and removed", async () => {
  const first = await device();
  await signIn(first.page, "carol");
  await add(first.page);
  const second = await device();
  // The password is not enough here any more to change what protects the account.
  await second.page.goto(`${provider.issuer}/account/passkeys`);
  await second.page.fill("[name=identifier]", "carol");
  await second.page.fill("[name=password]", PASSWORD);
  await second.page.click("main form:has([name=password]) button.primary");
  await second.page.waitForSelector("text=Use your passkey");
  // The first device adds it to the second one, as a person would by a QR code: the key is copied.
  const [key] = await first.keys();
  const { devtools, authenticatorId } = second;
  await devtools.send("WebAuthn.addCredential", { authenticatorId, credential: key });
  await second.page.click("text=Sign in with a passkey");
  await second.page.waitForURL("**/account/passkeys");
  await devtools.send("WebAuthn.clearCredentials", { authenticatorId });

  const { page, told } = first;
  await page.reload();
  await page.click("summary:has-text('Rename')");
  await page.fill(".rows [name=name]", "Old phone");
  await page.click(".rows button[name=rename]");
  await page.waitForURL("**/account/passkeys?done=renamed");
  assert.match(await page.innerText(".rows"), /Old phone/);
  await page.click(".rows button[name=remove]");
  await page.waitForURL("**/account/passkeys?done=removed");
  assert.deepEqual((await told("signalAllAcceptedCredentials")).allAcceptedCredentialIds, []);

  await first.context.clearCookies();
  await page.goto(`${provider.issuer}/sign-in`);
  await page.click("text=Sign in with a passkey");
  await page.waitForSelector("text=not known here any more");
  assert.equal((await told("signalUnknownCredential")).rpId, "localhost");
  assert.deepEqual(page.problems.filter((problem) => !problem.includes("400")), []);
  await Promise.all([first, second].map(({ context }) => context.close()));
});

// Signs in for the front page, once the script has found out what the browser can do.
async function signInAtFront(page, name) {
  await page.goto(`${provider.issuer}/sign-in`);
  await page.waitForFunction(() => document.querySelector("[name=passkeys]").value);
  await page.fill("[name=identifier]", name);
  await page.fill("[name=password]", PASSWORD);
  await page.click("main form:has([name=password]) button.primary");
}

test("a passkey is offered after a sign-in, once", async () => {
  const { context, page, keys } = await device();
  await signInAtFront(page, "dora");
  await page.waitForURL("**/passkey-offer?**");
  await page.click("text=Create a passkey");
  await page.waitForURL(`${provider.issuer}/`);
  assert.equal((await keys()).length, 1);
  await context.clearCookies();
  await page.goto(`${provider.issuer}/sign-in`);
  await page.click("text=Sign in with a passkey");
  await page.waitForURL(`${provider.issuer}/`);
  await signedInAs(page, "dora");
  await context.clearCookies();
  await signInAtFront(page, "dora");
  await page.waitForURL(`${provider.issuer}/`);
  assert.deepEqual(page.problems, []);
  await context.close();
});

// A password manager that makes a passkey without asking, which no virtual authenticator is.
const passwordManager = () => {
  const create = navigator.credentials.create.bind(navigator.credentials);
  PublicKeyCredential.getClientCapabilities = async () => ({ conditionalCreate: true });
  navigator.credentials.create = ({ mediation, ...options }) => {
    sessionStorage.setItem("mediation", mediation);
    return create(options);
  };
};

test("a browser makes a passkey by itself after a sign-in by password", async () => {
  const { context, page, keys } = await device();
  await page.addInitScript(passwordManager);
  await signInAtFront(page, "erin");
  await page.waitForURL(`${provider.issuer}/`);
  assert.equal(await page.evaluate(() => sessionStorage.getItem("mediation")), "conditional");
  assert.equal((await keys()).length, 1);
  await page.goto(`${provider.issuer}/account/passkeys`);
  assert.match(await page.innerText(".rows"), /Created automatically/);
  assert.deepEqual(page.problems, []);
  await context.close();
});

test("without scripts there is no button, and the password still signs in", async () => {
  const context = await browser.newContext({ locale: "en", javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto(`${provider.issuer}/sign-in`);
  assert.equal(await page.locator("form.passkey button").isVisible(), false);
  await page.fill("[name=identifier]", "alice");
  await page.fill("[name=password]", PASSWORD);
  await page.click("main form:has([name=password]) button.primary");
  await page.waitForURL(`${provider.issuer}/`);
  await context.close();
});
