// A service that knows nothing of Latchkey but its key set validates access tokens with jose.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { createRemoteJWKSet, jwtVerify } from "jose";
import { Provider } from "../lib/provider.mjs";

const API = "https://api.example";
let provider, token, keys;

before(async () => {
  provider = await Provider.start();
  const caller = provider.client("service", undefined, "--scope", "read", "--resource", API);
  const response = await fetch(`${provider.issuer}/token`, {
    method: "POST",
    body: new URLSearchParams({ grant_type: "client_credentials", client_id: caller.client_id, client_secret: caller.client_secret }),
  });
  token = (await response.json()).access_token;
  keys = createRemoteJWKSet(new URL(`${provider.issuer}/jwks`));
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

test("after a rotation a token that was signed before is still valid, and a new one is too", async () => {
  const before = await jwtVerify(token, keys, options());
  const next = provider.command(["keys", "rotate"]);
  const published = await (await fetch(`${provider.issuer}/jwks`)).json();
  assert.ok(published.keys.some((key) => key.kid === before.protectedHeader.kid));
  assert.notEqual(next.kid, before.protectedHeader.kid);
  await jwtVerify(token, keys, options());
});
