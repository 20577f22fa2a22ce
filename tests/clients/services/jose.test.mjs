// A service that knows nothing of Latchkey but its key set validates access tokens with jose.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { createRemoteJWKSet, jwtVerify } from "jose";
import { Provider } from "../lib/provider.mjs";

const API = "https://api.example";
let provider, caller, token, keys;

async function issue() {
  const response = await fetch(`${provider.issuer}/token`, {
    method: "POST",
    body: new URLSearchParams({ grant_type: "client_credentials", client_id: caller.client_id, client_secret: caller.client_secret }),
  });
  return (await response.json()).access_token;
}

// As a service begins that has fetched nothing yet.
const keySet = () => createRemoteJWKSet(new URL(`${provider.issuer}/jwks`));

before(async () => {
  provider = await Provider.start();
  caller = provider.client("service", undefined, "--scope", "read", "--resource", API);
  token = await issue();
  keys = keySet();
});
after(() => provider?.stop());

const options = (more) => ({ issuer: provider.issuer, audience: API, typ: "at+jwt", algorithms: ["RS256"], ...more });

test("an access token is validated by the key set alone, issuer, audience and type included", async () => {
  const { payload } = await jwtVerify(token, keys, options());
  assert.equal(payload.scope, "read");
  assert.equal(payload.sub, payload.client_id);
});

test("a token for another audience, of another issuer, or of another type is refused", async () => {
  for (const wrong of [{ audience: "https://other.example" }, { issuer: "https://other.example" }, { typ: "JWT" }]) {
    await assert.rejects(jwtVerify(token, keys, options(wrong)), { code: "ERR_JWT_CLAIM_VALIDATION_FAILED" });
  }
});

test("a token with a changed claim is refused", async () => {
  const [header, payload, signature] = token.split(".");
  const claims = JSON.parse(Buffer.from(payload, "base64url"));
  const forged = Buffer.from(JSON.stringify({ ...claims, scope: "read write" })).toString("base64url");
  await assert.rejects(jwtVerify(`${header}.${forged}.${signature}`, keys, options()), {
    code: "ERR_JWS_SIGNATURE_VERIFICATION_FAILED",
  });
});

test("after a rotation a token that was signed before is still valid, and one that the next key signs is too", async () => {
  const before = await jwtVerify(token, keys, options());
  // It returns when the running server signs with the new key.
  const [next] = provider.command(["keys", "rotate", "--now"]);
  const successor = await jwtVerify(await issue(), keySet(), options());
  assert.equal(successor.protectedHeader.kid, next.kid);
  assert.notEqual(next.kid, before.protectedHeader.kid);
  await jwtVerify(token, keySet(), options());
});
