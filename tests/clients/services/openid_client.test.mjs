// openid-client, a certified library for Node: a web application with a secret.

import assert from "node:assert/strict";
import { createServer } from "node:http";
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

// An API that asks for a class and a recent sign-in: RFC 9470 §3. It knows of classes by their names.
async function api(classes) {
  const server = createServer(async (request, response) => {
    const told = await client.tokenIntrospection(config, request.headers.authorization.replace(/^Bearer /, ""));
    const good = told.active && classes.includes(told.acr) && Date.now() / 1000 - told.auth_time <= 300;
    if (good) return response.end(JSON.stringify({ acr: told.acr }));
    const values = `acr_values="${classes.join(" ")}", max_age="300"`;
    const challenge = `Bearer error="insufficient_user_authentication", error_description="Two factors, please", ${values}`;
    response.writeHead(401, { "www-authenticate": challenge }).end();
  });
  await new Promise((listens) => server.listen(0, "127.0.0.1", listens));
  return { url: new URL(`http://127.0.0.1:${server.address().port}/`), stop: () => server.close() };
}

// Calls an API for a person, and passes its challenge on, once: docs/integrate.md.
async function callFor(person, url, tokens) {
  const call = (token) => client.fetchProtectedResource(config, token, url, "GET");
  try {
    return await call(tokens.access_token);
  } catch (refused) {
    // The library has read the header.
    const challenge = refused.cause.find((one) => one.scheme === "bearer").parameters;
    assert.equal(challenge.error, "insufficient_user_authentication");
    const stronger = await signIn(person, { acr_values: challenge.acr_values, max_age: challenge.max_age });
    return call(stronger.access_token);
  }
}

test("an API asks for two factors: who has none sets one up on the way, and the call is served", async () => {
  provider.user("bob");
  const strict = await api(["urn:latchkey:acr:2fa"]);
  try {
    const bob = new Person(provider.issuer, "bob");
    const weak = await signIn(bob);
    assert.equal(weak.claims().acr, "urn:latchkey:acr:1fa");
    const served = await callFor(bob, strict.url, weak);
    assert.deepEqual(await served.json(), { acr: "urn:latchkey:acr:2fa" });
    assert.equal(bob.setUps, 1);
  } finally {
    strict.stop();
  }
});

test("an API asks for what the person cannot do: the client ends after one round", async () => {
  provider.user("carol");
  const strict = await api(["phr"]);
  try {
    const carol = new Person(provider.issuer, "carol");
    const weak = await signIn(carol);
    carol.pages = 0;
    await assert.rejects(callFor(carol, strict.url, weak), { error: "unmet_authentication_requirements" });
    assert.equal(carol.pages, 0, "nobody is asked for what does not help");
  } finally {
    strict.stop();
  }
});

test("a wrong secret is told with a code by which the operator finds out more", async () => {
  const rp = provider.client("web", REDIRECT_URI);
  const options = { execute: [client.allowInsecureRequests] };
  const wrong = await client.discovery(new URL(provider.issuer), rp.client_id, "wrong", undefined, options);
  await assert.rejects(client.clientCredentialsGrant(wrong), (error) => {
    assert.equal(error.error, "invalid_client");
    assert.match(error.error_description, /reference [0-9A-Z]{4}-[0-9A-Z]{4}/);
    return true;
  });
});
