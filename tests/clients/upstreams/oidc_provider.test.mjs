// node-oidc-provider, a certified provider, as the one by whose accounts people sign in: honest, and lying in each way by which accounts
// were stolen elsewhere. Every lie ends on the sign-in page, and signs nobody in.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Provider, freePort } from "../lib/provider.mjs";
import { Upstream, Visitor } from "../lib/upstream.mjs";

let latchkey;
const upstreams = {};

// A token response whose ID token is another one.
const withToken = (change) => async (context, honestly, upstream) => {
  await honestly();
  if (context.path === "/token") context.body = { ...context.body, id_token: await change(context.body.id_token, upstream) };
};
const withClaims = (claims) => withToken((token, upstream) => upstream.signed(token, claims));

const lies = {
  honest: undefined,
  other: undefined,
  // No lie, but told in the way of those that follow, which are refused for their fault then.
  signed: withClaims({}),
  issuer: withClaims({ iss: "https://accounts.example" }),
  audience: withClaims({ aud: "another" }),
  nonce: withClaims({ nonce: "of another sign-in" }),
  key: withToken(async (token, upstream) => upstream.signed(token, {}, await upstream.anotherKey())),
  unsigned: withToken((token) => `${Buffer.from('{"alg":"none"}').toString("base64url")}.${token.split(".")[1]}.`),
  userinfo: async (context, honestly) => {
    await honestly();
    if (context.path === "/me") context.body = { ...context.body, sub: "bob" };
  },
  // The honest one's client, and the state that was meant for this one.
  mixed: async (context, honestly) => {
    if (context.path !== "/auth") return honestly();
    const honest = new URL(upstreams.honest.issuer);
    const query = new URLSearchParams(context.querystring);
    query.set("redirect_uri", callback("honest"));
    context.redirect(`${honest.origin}/auth?${query}`);
  },
  slow: async (context, honestly) => {
    if (context.path !== "/token") return honestly();
    context.respond = false;
  },
  huge: async (context, honestly) => {
    if (context.path !== "/token") return honestly();
    context.type = "application/json";
    context.body = JSON.stringify({ access_token: "a".repeat(2 << 20) });
  },
  redirecting: async (context, honestly) => {
    if (context.path !== "/token") return honestly();
    context.status = 307;
    context.set("location", `${upstreams.other.issuer}/token`);
  },
};
const callback = (name) => `${latchkey.issuer}/upstream/${name}/callback`;

before(async () => {
  // The addresses are known before the server runs.
  latchkey = { issuer: `http://localhost:${await freePort()}` };
  for (const [name, lie] of Object.entries(lies)) upstreams[name] = await Upstream.start(name, callback(name), lie);
  const declared = Object.values(upstreams).map((upstream, index) => upstream.settings(index));
  latchkey = await Provider.start(Object.assign({
    LATCHKEY__ISSUER: latchkey.issuer,
    LATCHKEY__OUTBOUND__ALLOWED_NETWORKS: "127.0.0.0/8,::1/128",
    LATCHKEY__OUTBOUND__TIMEOUT: "1s",
  }, ...declared));
});
after(async () => {
  await latchkey?.stop?.();
  await Promise.all(Object.values(upstreams).map((upstream) => upstream.close()));
});

// Goes to a provider and up to the address by which it sends people back.
async function there(visitor, name) {
  const page = await visitor.open(`${latchkey.issuer}/sign-in`);
  const away = Visitor.away(await visitor.press(page, "upstream", name, { keep_signed_in: "yes" }));
  assert.ok(away.startsWith(upstreams[name].issuer), `to the other provider, not ${away}`);
  const { url } = await visitor.open(away, { end: `${latchkey.issuer}/upstream/` });
  assert.ok(url.startsWith(`${latchkey.issuer}/upstream/`), `back here, not at ${url}`);
  return url;
}

async function nobodyIsSignedIn(visitor) {
  const page = await visitor.open(`${latchkey.issuer}/account`);
  assert.match(page.url, /\/sign-in\?/, "nobody is signed in");
}

test("who comes by it makes an account, and is signed in to it from then on", async () => {
  const visitor = new Visitor();
  const page = await visitor.open(await there(visitor, "honest"));
  assert.match(page.html, /ann@honest\.example/, "the address is from its UserInfo");
  await visitor.press(page, "answer", "create");
  const account = await visitor.open(`${latchkey.issuer}/account`);
  assert.match(account.html, /Ann Example/);
  const again = new Visitor();
  await again.open(await there(again, "honest"));
  assert.match((await again.open(`${latchkey.issuer}/account`)).html, /Ann Example/);
});

test("the same subject at another provider is somebody else", async () => {
  for (const name of ["other", "signed"]) {
    const visitor = new Visitor();
    const page = await visitor.open(await there(visitor, name));
    assert.match(page.url, /\/sign-up\/upstream\?/);
    await nobodyIsSignedIn(visitor);
  }
});

const WRONG = /Signing in with the other provider did not work/;
const SILENT = /The other provider does not answer/;
for (const [name, what, says, because] of [
  ["issuer", "an ID token of another issuer", WRONG, /issuer/],
  ["audience", "an ID token for another client", WRONG, /audience/],
  ["nonce", "an ID token of another sign-in", WRONG, /nonce/],
  ["key", "an ID token that is signed with another key of the same name", WRONG, /signature/i],
  ["unsigned", "an ID token that is not signed", WRONG, /sign/],
  ["userinfo", "a UserInfo of another person", WRONG, /another sub/],
  ["slow", "an answer that does not come", SILENT, /within 1 s/],
  ["huge", "an answer without end", SILENT, /large/],
  ["redirecting", "an answer that leads elsewhere", SILENT, /redirect/],
]) {
  test(`${what} signs nobody in`, async () => {
    const visitor = new Visitor();
    const page = await visitor.open(await there(visitor, name));
    assert.equal(page.status, 502, page.html);
    assert.match(page.html, says);
    assert.match(page.html, /name="keep_signed_in" value="yes" checked/, "and the page is as it was");
    const [, code] = page.html.match(/<p class="reference">.*<code[^>]*>(.*)<\/code>/);
    assert.match(JSON.stringify(latchkey.command(["explain", code])), because);
    await nobodyIsSignedIn(visitor);
    assert.ok(upstreams[name].asked.includes("POST /token"), "it was asked");
  });
}

test("a redirect is not followed, with the code and the secret", async () => {
  const before = upstreams.other.asked.length;
  const visitor = new Visitor();
  await visitor.open(await there(visitor, "redirecting"));
  assert.deepEqual(upstreams.other.asked.slice(before), []);
});

test("a code that was used signs nobody in again", async () => {
  const visitor = new Visitor();
  const first = await there(visitor, "honest");
  await visitor.open(first);
  const thief = new Visitor();
  const second = new URL(await there(thief, "honest"));
  second.searchParams.set("code", new URL(first).searchParams.get("code"));
  const page = await thief.open(second.href);
  assert.equal(page.status, 502, page.html);
  assert.match(page.html, WRONG);
  await nobodyIsSignedIn(thief);
  // Nor does the address by which somebody has come back.
  assert.equal((await new Visitor().open(first)).status, 400);
  assert.equal((await visitor.open(first)).status, 400);
});

test("an answer of one provider that was asked of another one goes to neither", async () => {
  const visitor = new Visitor();
  const asked = () => upstreams.honest.asked.filter((one) => one === "POST /token").length;
  const [before, back] = [asked(), await there(visitor, "mixed")];
  assert.ok(back.startsWith(callback("honest")), `the honest provider answers, at ${back}`);
  const page = await visitor.open(back);
  assert.equal(page.status, 400, page.html);
  // At the place of the one that was asked, it is not its answer.
  const again = await there(visitor, "mixed");
  const swapped = await visitor.open(again.replace("/honest/", "/mixed/"));
  assert.equal(swapped.status, 502, swapped.html);
  assert.match(swapped.html, WRONG);
  assert.equal(asked(), before, "the code was exchanged nowhere");
  assert.ok(!upstreams.mixed.asked.includes("POST /token"), "the code was given to nobody else");
  await nobodyIsSignedIn(visitor);
});
