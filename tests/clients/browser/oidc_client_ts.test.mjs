// oidc-client-ts in headless Chromium: an application in the browser, on an origin of its own, so that CORS and popups
// are real.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, afterEach, before, test } from "node:test";
import { launch, site } from "../lib/browser.mjs";
import { PASSWORD, Provider } from "../lib/provider.mjs";

const library = readFileSync(new URL("../node_modules/oidc-client-ts/dist/browser/oidc-client-ts.min.js", import.meta.url));
let provider, alice, app, browser, clientId, context;

before(async () => {
  provider = await Provider.start();
  alice = provider.user("alice");
  app = await site("127.0.0.1", ({ url }) =>
    url.pathname === "/oidc-client-ts.js"
      ? { type: "text/javascript", body: library }
      : {
          body: `<!doctype html><title>App</title><script src="/oidc-client-ts.js"></script><script>
            var manager = new oidc.UserManager({
              authority: ${JSON.stringify(provider.issuer)}, client_id: ${JSON.stringify(clientId)},
              redirect_uri: location.origin + "/callback", popup_redirect_uri: location.origin + "/popup",
              post_logout_redirect_uri: location.origin + "/bye", scope: "openid profile email",
              loadUserInfo: true, automaticSilentRenew: false, monitorSession: false,
            });
            if (location.pathname === "/callback") var done = manager.signinRedirectCallback();
            if (location.pathname === "/popup") manager.signinPopupCallback();
          </script>`,
        },
  );
  const uris = ["--redirect-uri", `${app.origin}/popup`, "--post-logout-redirect-uri", `${app.origin}/bye`];
  clientId = provider.client("spa", `${app.origin}/callback`, "--first-party", ...uris).client_id;
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await app?.close();
  await provider?.stop();
});
afterEach(() => context?.close());

async function open() {
  context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(app.origin);
  return page;
}

async function signIn(page) {
  await page.fill("[name=identifier]", "alice");
  await page.fill("[name=password]", PASSWORD);
  await page.click("button.primary", { noWaitAfter: true });
}

async function signInByRedirect(page) {
  await page.evaluate(() => void manager.signinRedirect());
  await page.waitForURL(`${provider.issuer}/sign-in**`);
  await signIn(page);
  await page.waitForURL(`${app.origin}/callback**`);
  return page.evaluate(async () => {
    const user = await done;
    return { profile: user.profile, access: user.access_token, refresh: user.refresh_token };
  });
}

test("redirect, refresh, userinfo, revocation and sign-out", async () => {
  const page = await open();
  const user = await signInByRedirect(page);
  assert.equal(user.profile.sub, alice.sub);
  assert.equal(user.profile.email, "alice@example.com", "from UserInfo, across origins");

  const renewed = await page.evaluate(async () => {
    const user = await manager.signinSilent();
    return { sub: user.profile.sub, access: user.access_token, refresh: user.refresh_token };
  });
  assert.equal(renewed.sub, alice.sub);
  assert.notEqual(renewed.refresh, user.refresh, "a public client's refresh token rotates");

  await page.evaluate(() => manager.revokeTokens(["refresh_token"]));
  const answer = await fetch(`${provider.issuer}/userinfo`, { headers: { authorization: `Bearer ${renewed.access}` } });
  assert.equal(answer.status, 401, "a revoked refresh token takes its access tokens along");

  await page.evaluate(() => void manager.signoutRedirect());
  await page.waitForURL(`${app.origin}/bye`);
  await page.evaluate(() => void manager.signinRedirect({ prompt: "none" }));
  await page.waitForURL(`${app.origin}/callback?**error=login_required**`);
});

test("a popup signs in, tells its opener and closes", async () => {
  const page = await open();
  const opened = page.waitForEvent("popup");
  const signedIn = page.evaluate(async () => (await manager.signinPopup()).profile.sub);
  const popup = await opened;
  await popup.waitForURL(`${provider.issuer}/sign-in**`);
  await signIn(popup);
  assert.equal(await signedIn, alice.sub);
  if (!popup.isClosed()) await popup.waitForEvent("close");
});

test("scripts of an origin that no client has are not answered", async () => {
  const stranger = await site("127.0.0.1", () => ({ body: "<!doctype html><title>Stranger</title>" }));
  context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(stranger.origin);
  const asked = (path) => page.evaluate((url) => fetch(url, { method: "POST" }).then((r) => r.status, () => "blocked"), provider.issuer + path);
  assert.equal(await asked("/token"), "blocked");
  assert.equal(await asked("/revoke"), "blocked");
  const document = await page.evaluate(
    (url) => fetch(url).then((r) => r.status, () => "blocked"),
    `${provider.issuer}/.well-known/openid-configuration`,
  );
  assert.equal(document, 200, "discovery is for everybody");
  await stranger.close();
});
