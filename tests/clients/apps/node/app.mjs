// A web application and an API in JavaScript: openid-client signs people in, jose validates access tokens.

import { randomBytes } from "node:crypto";
import { createServer } from "node:http";
import { createRemoteJWKSet, jwtVerify } from "jose";
import * as client from "openid-client";

const { ISSUER, CLIENT_ID, CLIENT_SECRET, API, PORT } = process.env;
const HOME = `http://localhost:${PORT}`;

// [sign-in]
const options = ISSUER.startsWith("http://localhost") ? { execute: [client.allowInsecureRequests] } : {};
const config = await client.discovery(new URL(ISSUER), CLIENT_ID, CLIENT_SECRET, undefined, options);
client.enableNonRepudiationChecks(config); // the signature of ID tokens, too
const sessions = new Map(); // by the value of a cookie; in earnest: with an end, and only so many

async function login(session) {
  const begun = {
    pkceCodeVerifier: client.randomPKCECodeVerifier(),
    expectedState: client.randomState(),
    expectedNonce: client.randomNonce(),
  };
  session.begun = begun;
  return client.buildAuthorizationUrl(config, {
    redirect_uri: `${HOME}/callback`,
    scope: "openid profile email",
    code_challenge: await client.calculatePKCECodeChallenge(begun.pkceCodeVerifier),
    code_challenge_method: "S256",
    state: begun.expectedState,
    nonce: begun.expectedNonce,
  });
}

async function callback(session, url) {
  const { begun } = session;
  delete session.begun;
  if (!begun) throw new Refused(400, "this sign-in did not begin here");
  // Checks state, iss, PKCE, and the ID token: signature, issuer, audience, time, nonce.
  session.tokens = await client.authorizationCodeGrant(config, url, begun);
  // Who it is is in the ID token; the rest of the profile is at UserInfo.
  const { sub } = session.tokens.claims();
  const { name, email } = await client.fetchUserInfo(config, session.tokens.access_token, sub);
  session.user = { sub, name, email };
}
// [end]

// [refresh]
async function refresh(session) {
  const fresh = await client.refreshTokenGrant(config, session.tokens.refresh_token);
  // The answer may bring a new refresh token; the one before is of no use then.
  session.tokens = Object.assign(session.tokens, fresh);
  return session.tokens.access_token;
}
// [end]

// [sign-out]
function logout(session) {
  const { id_token } = session.tokens;
  delete session.tokens;
  return client.buildEndSessionUrl(config, { id_token_hint: id_token, post_logout_redirect_uri: `${HOME}/` });
}
// [end]

// [api]
const keys = createRemoteJWKSet(new URL(`${ISSUER}/jwks`)); // fetched once, and again for a key that it does not know

// The claims of an access token for this API, by RFC 9068 section 4.
async function validated(authorization) {
  const [scheme, token] = (authorization ?? "").split(" ");
  if (scheme.toLowerCase() !== "bearer") throw new Refused(401, "no token");
  const checks = { issuer: ISSUER, audience: API, typ: "at+jwt", algorithms: ["RS256"] };
  try {
    return (await jwtVerify(token, keys, { ...checks, requiredClaims: ["sub", "exp", "client_id"] })).payload;
  } catch (error) {
    throw new Refused(401, error.message);
  }
}
// [end]

class Refused extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

function sessionOf(request, response) {
  let id = request.headers.cookie?.match(/(?:^|; )session=([^;]+)/)?.[1];
  if (!sessions.has(id)) {
    id = randomBytes(32).toString("base64url");
    sessions.set(id, {});
    response.setHeader("set-cookie", `session=${id}; Path=/; HttpOnly; SameSite=Lax`);
  }
  return sessions.get(id);
}

async function answer(request, response) {
  const url = new URL(request.url, HOME);
  const redirect = (to) => response.writeHead(302, { location: to }).end();
  const json = (value) => response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(value));
  if (url.pathname === "/api") {
    const { sub, scope } = await validated(request.headers.authorization);
    return json({ sub, scope });
  }
  const session = sessionOf(request, response);
  if (url.pathname === "/login") return redirect(await login(session));
  if (url.pathname === "/callback") {
    await callback(session, url);
    return redirect("/");
  }
  if (!session.tokens) throw new Refused(401, "not signed in");
  if (url.pathname === "/refresh") return json({ access_token: await refresh(session) });
  if (url.pathname === "/logout") return redirect(logout(session));
  json(session.user);
}

createServer((request, response) => {
  answer(request, response).catch((error) => response.writeHead(error.status ?? 400).end(error.message));
}).listen(PORT, "localhost");
