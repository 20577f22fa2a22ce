// openid-client, a certified library for Node: a web application with a secret.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import * as client from "openid-client";
import { Person } from "../lib/person.mjs";
import { Provider } from "../lib/provider.mjs";

const REDIRECT_URI = "https://rp.example/callback";
let provider, alice, config;

before(async () => {
  provider = await Provider.start();
  alice = provider.user("alice");
  const rp = provider.client("web", REDIRECT_URI, "--post-logout-redirect-uri", "https://rp.example/bye");
  const options = { execute: [client.allowInsecureRequests] };
  config = await client.discovery(new URL(provider.issuer), rp.client_id, rp.client_secret, undefined, options);
});
after(() => provider?.stop());

async function signIn(person, parameters = {}) {
  const pkceCodeVerifier = client.randomPKCECodeVerifier();
  const [expectedState, expectedNonce] = [client.randomState(), client.randomNonce()];
  const url = client.buildAuthorizationUrl(config, {
    redirect_uri: REDIRECT_URI,
    scope: "openid profile email",
    code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: "S256",
    state: expectedState,
    nonce: expectedNonce,
    ...parameters,
  });
  const callback = await person.follow(url.href);
  assert.equal(callback instanceof Request, parameters.response_mode === "form_post", "the way that was asked for");
  const checks = { pkceCodeVerifier, expectedState, expectedNonce, idTokenExpected: true };
  return client.authorizationCodeGrant(config, callback, checks);
}

test("discovery names the issuer, and every endpoint begins with it", () => {
  const metadata = config.serverMetadata();
  assert.equal(metadata.issuer, provider.issuer);
  for (const [name, value] of Object.entries(metadata)) {
    if (/_endpoint$|^jwks_uri$/.test(name)) assert.ok(value.startsWith(`${provider.issuer}/`), `${name}: ${value}`);
  }
});

test("code and PKCE, an ID token verified by the key set, refresh, userinfo, introspection, revocation", async () => {
  client.enableNonRepudiationChecks(config); // verifies the signature by jwks_uri as well
  const tokens = await signIn(new Person(provider.issuer, "alice"));
  assert.equal(tokens.claims().sub, alice.sub);

  const userinfo = await client.fetchUserInfo(config, tokens.access_token, alice.sub);
  assert.equal(userinfo.email, "alice@example.com");

  const refreshed = await client.refreshTokenGrant(config, tokens.refresh_token);
  assert.equal(refreshed.claims().sub, alice.sub);
  assert.equal(refreshed.claims().auth_time, tokens.claims().auth_time);

  assert.equal((await client.tokenIntrospection(config, refreshed.access_token)).active, true);
  await client.tokenRevocation(config, refreshed.refresh_token);
  assert.equal((await client.tokenIntrospection(config, refreshed.access_token)).active, false);
  await assert.rejects(client.refreshTokenGrant(config, refreshed.refresh_token), { error: "invalid_grant" });
});

test("form_post brings the code by POST, and the library takes it from there", async () => {
  const tokens = await signIn(new Person(provider.issuer, "alice"), { response_mode: "form_post" });
  assert.equal(tokens.claims().sub, alice.sub);
});

test("prompt=none within a session, and nothing after sign-out", async () => {
  const person = new Person(provider.issuer, "alice");
  const tokens = await signIn(person);
  const again = await signIn(person, { prompt: "none" });
  assert.equal(again.claims().sub, alice.sub);

  const out = client.buildEndSessionUrl(config, {
    id_token_hint: tokens.id_token,
    post_logout_redirect_uri: "https://rp.example/bye",
    state: "out",
  });
  assert.equal((await person.follow(out.href)).href, "https://rp.example/bye?state=out");
  await assert.rejects(signIn(person, { prompt: "none" }), { error: "login_required" });
  await assert.rejects(client.refreshTokenGrant(config, again.refresh_token), { error: "invalid_grant" });
});

test("client credentials give a service a token of its own", async () => {
  const service = provider.client("service", undefined, "--scope", "read");
  const options = { execute: [client.allowInsecureRequests] };
  const own = await client.discovery(new URL(provider.issuer), service.client_id, service.client_secret, undefined, options);
  const tokens = await client.clientCredentialsGrant(own, { scope: "read" });
  assert.equal(tokens.scope, "read");
  assert.equal(tokens.refresh_token, undefined);
});
