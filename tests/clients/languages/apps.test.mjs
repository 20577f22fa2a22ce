// The same small web application and API in five languages, each on the libraries that its people use: docs/integrate.md
// shows parts of them.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { resolve } from "node:path";
import { after, before, describe, test } from "node:test";
import { Person } from "../lib/person.mjs";
import { Provider, answers, freePort } from "../lib/provider.mjs";

const TARGET = resolve("../../target");
const APPS = {
  "JavaScript: openid-client, jose": { run: ["node", "apps/node/app.mjs"] },
  "Python: Authlib, PyJWT": { run: [`${TARGET}/clients/python/bin/python`, "apps/python/app.py"] },
  "Go: x/oauth2, go-oidc": { run: [`${TARGET}/clients/go`] },
  "Rust: openidconnect, josekit": { run: [`${TARGET}/debug/examples/client`] },
  "Java: Spring Security": {
    run: ["java", "-Xmx256m", "-jar", `${TARGET}/clients/java/app.jar`],
    login: "/oauth2/authorization/latchkey",
    callback: "/login/oauth2/code/latchkey",
    // Spring takes a POST with a token of its own against forgery.
    csrf: true,
  },
};
const API = "https://api.example";
let provider, alice, caller;

before(async () => {
  // Spring refreshes what ends within a minute.
  provider = await Provider.start({ LATCHKEY__TOKENS__ACCESS_TOKEN: "1m" });
  alice = provider.user("alice");
  caller = provider.client("service", undefined, "--scope", "read", "--resource", API);
});
after(() => provider?.stop());

async function clientCredentials(client) {
  const fields = { grant_type: "client_credentials", client_id: client.client_id, client_secret: client.client_secret };
  const response = await fetch(`${provider.issuer}/token`, { method: "POST", body: new URLSearchParams(fields) });
  return (await response.json()).access_token;
}

// The ID token that alice's sign-in to a client brings.
async function signIn(client, callback) {
  const verifier = randomBytes(32).toString("base64url");
  const challenge = createHash("sha256").update(verifier).digest("base64url");
  const parameters = { response_type: "code", client_id: client.client_id, redirect_uri: callback, scope: "openid" };
  const query = new URLSearchParams({ ...parameters, code_challenge: challenge, code_challenge_method: "S256" });
  const back = await new Person(provider.issuer, "alice").follow(`${provider.issuer}/authorize?${query}`);
  const fields = { grant_type: "authorization_code", code: back.searchParams.get("code"), code_verifier: verifier };
  const secret = { client_id: client.client_id, client_secret: client.client_secret };
  const body = new URLSearchParams({ ...fields, ...secret, redirect_uri: callback });
  return (await (await fetch(`${provider.issuer}/token`, { method: "POST", body })).json()).id_token;
}

// A running application.
class App {
  static async start({ run, login = "/login", callback = "/callback" }, more = {}) {
    const app = new App();
    const port = await freePort();
    app.home = `http://localhost:${port}`;
    const uris = ["--post-logout-redirect-uri", `${app.home}/`];
    const client = provider.client("web", app.home + callback, ...uris);
    const env = { PATH: process.env.PATH, HOME: process.env.HOME, ISSUER: provider.issuer, API, PORT: `${port}` };
    Object.assign(app, { login, callback });
    app.process = spawn(run[0], run.slice(1), {
      env: { ...env, CLIENT_ID: client.client_id, CLIENT_SECRET: client.client_secret, ...more },
      stdio: ["ignore", "pipe", "pipe"],
    });
    app.exited = once(app.process, "exit");
    app.output = "";
    for (const stream of [app.process.stdout, app.process.stderr]) stream.on("data", (chunk) => (app.output += chunk));
    await answers("the application", app.home, app.process, () => app.output);
    return app;
  }

  async stop() {
    this.process.kill("SIGTERM");
    await this.exited;
  }

  async formToken(browser) {
    const { name, value } = await this.json(browser, "/csrf");
    return { [name]: value };
  }

  // Where the application sends a browser, for a form if there is one.
  async sends(browser, path, body) {
    const response = await browser.request(this.home + path, body && { method: "POST", body });
    const location = response.headers.get("location");
    assert.ok(location, `${path} of the application redirects (${response.status}): ${await response.text()}\n${this.output}`);
    return new URL(location, this.home);
  }

  // Signs in, to the callback.
  async comesBack(browser, person) {
    return person.follow((await this.sends(browser, this.login)).href);
  }

  async json(browser, path) {
    const response = await browser.request(this.home + path);
    const text = await response.text();
    assert.equal(response.status, 200, `${path}: ${text}\n${this.output}`);
    return JSON.parse(text);
  }

  async api(token) {
    const headers = token ? { authorization: `Bearer ${token}` } : {};
    return fetch(`${this.home}/api`, { headers });
  }
}

for (const [name, kind] of Object.entries(APPS)) {
  describe(name, () => {
    let app;
    before(async () => (app = await App.start(kind)));
    after(() => app?.stop());

    test("a person signs in, the tokens are refreshed, and after signing out nobody is signed in anywhere", async () => {
      const [browser, person] = [new Person(app.home, "alice"), new Person(provider.issuer, "alice")];
      assert.equal((await browser.request(app.home)).status, 401);
      const back = await app.comesBack(browser, person);
      assert.equal(back.pathname, app.callback);
      assert.equal(new URL(await app.sends(browser, back.pathname + back.search)).pathname, "/");
      const expected = { sub: alice.sub, name: "alice Example", email: "alice@example.com" };
      assert.deepEqual(await app.json(browser, "/"), expected);

      const first = (await app.json(browser, "/refresh")).access_token;
      const second = (await app.json(browser, "/refresh")).access_token;
      assert.notEqual(first, second, "each time another access token");

      const out = await app.sends(browser, "/logout", kind.csrf && new URLSearchParams(await app.formToken(browser)));
      assert.equal((await person.follow(out.href)).href, `${app.home}/`);
      assert.equal((await browser.request(app.home)).status, 401);
      const again = await person.request((await app.sends(browser, app.login)).href);
      assert.match(again.headers.get("location") ?? "", /\/sign-in/, "the provider asks who it is");
    });

    test("a callback that did not begin in this browser signs nobody in", async () => {
      const [browser, other, person] = [new Person(app.home), new Person(app.home), new Person(provider.issuer, "alice")];
      const back = await app.comesBack(browser, person);
      await other.request(app.home + back.pathname + back.search);
      assert.equal((await other.request(app.home)).status, 401);
      const [here, stranger] = [new Person(app.home), new Person(provider.issuer, "alice")];
      const changed = await app.comesBack(here, stranger);
      changed.searchParams.set("state", "another");
      await here.request(app.home + changed.pathname + changed.search);
      assert.equal((await here.request(app.home)).status, 401);
    });

    test("the API takes an access token that is for it, by the key set alone, and nothing else", async () => {
      const token = await clientCredentials(caller);
      const taken = await app.api(token);
      assert.equal(taken.status, 200, `${await taken.clone().text()} ${taken.headers.get("www-authenticate")}\n${app.output}`);
      assert.deepEqual(await taken.json(), { sub: caller.client_id, scope: "read" });

      const [header, payload, signature] = token.split(".");
      const claims = { ...JSON.parse(Buffer.from(payload, "base64url")), scope: "read write" };
      const forged = [header, Buffer.from(JSON.stringify(claims)).toString("base64url"), signature].join(".");
      const none = [Buffer.from('{"alg":"none","typ":"at+jwt"}').toString("base64url"), payload, ""].join(".");
      const elsewhere = provider.client("service", undefined, "--scope", "read", "--resource", "https://other.example");
      const wrong = { "for another API": await clientCredentials(elsewhere), "changed": forged, "not signed": none };
      for (const [why, token] of Object.entries({ ...wrong, "no token": undefined, "no JWT": "x" })) {
        assert.equal((await app.api(token)).status, 401, why);
      }
    });

    test("the API does not take an ID token, even where it is the ID token's audience", async () => {
      // The audience of an ID token is its client; what still keeps the two apart is the type.
      const callback = "https://rp.example/callback";
      const client = provider.client("web", callback);
      const api = await App.start(kind, { API: client.client_id });
      try {
        const idToken = await signIn(client, callback);
        assert.equal(JSON.parse(Buffer.from(idToken.split(".")[1], "base64url")).aud, client.client_id);
        assert.equal((await api.api(idToken)).status, 401);
      } finally {
        await api.stop();
      }
    });
  });
}
