// Latchkey behind the proxies of deploy/proxies, each the real server with the file that operators are given; only names,
// ports and certificates are put in.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:http2";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { Person } from "../lib/person.mjs";
import { Provider, freePort } from "../lib/provider.mjs";

// Where ./test has put them.
const { PROXY_PROGRAMS, PROXY_CERTIFICATE, PROXY_KEY } = process.env;
const read = (file) => readFileSync(new URL(`../../../deploy/proxies/${file}`, import.meta.url), "utf8");

// The text with something in place of something that is there.
function put(text, changes) {
  for (const [from, to] of Object.entries(changes)) {
    assert.ok(text.includes(from), `the file has ${from}`);
    text = text.replaceAll(from, to);
  }
  return text;
}

const certificates = { "/etc/ssl/id.example.com.pem": PROXY_CERTIFICATE, "/etc/ssl/id.example.com.key": PROXY_KEY };

const PROXIES = {
  nginx: ({ folder, port, upstream }) => {
    const changes = { "127.0.0.1:8080": upstream, "listen 443": `listen 127.0.0.1:${port}`, ...certificates };
    const paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((it) => `${it}_temp_path ${folder}/${it};`);
    const here = `pid ${folder}/pid;\nerror_log stderr;\ndaemon off;\n`;
    const http = `http {\n    access_log off;\n    ${paths.join("\n    ")}\n`;
    const text = here + put(read("nginx.conf"), { ...changes, "id.example.com;": "localhost;", "http {\n": http });
    writeFileSync(join(folder, "nginx.conf"), text);
    return [`${PROXY_PROGRAMS}/nginx/usr/sbin/nginx`, "-p", folder, "-c", join(folder, "nginx.conf"), "-e", "stderr"];
  },
  Caddy: ({ folder, port, upstream }) => {
    const site = `https://localhost:${port} {\n\ttls ${PROXY_CERTIFICATE} ${PROXY_KEY}`;
    const changes = { "id.example.com {": site, "127.0.0.1:8080": upstream };
    const here = "{\n\tadmin off\n\tauto_https disable_redirects\n\tdefault_bind 127.0.0.1\n}\n";
    writeFileSync(join(folder, "Caddyfile"), here + put(read("Caddyfile"), changes));
    return [`${PROXY_PROGRAMS}/caddy/usr/bin/caddy`, "run", "--adapter", "caddyfile", "--config", join(folder, "Caddyfile")];
  },
  Traefik: ({ folder, port, upstream }) => {
    const routes = { "id.example.com`": "localhost`", "127.0.0.1:8080": upstream, ...certificates };
    writeFileSync(join(folder, "latchkey.yaml"), put(read("traefik-latchkey.yaml"), routes));
    const changes = { '":443"': `"127.0.0.1:${port}"`, "/etc/traefik/latchkey.yaml": join(folder, "latchkey.yaml") };
    writeFileSync(join(folder, "traefik.yaml"), put(read("traefik.yaml"), changes));
    return [`${PROXY_PROGRAMS}/python/bin/traefik`, `--configFile=${join(folder, "traefik.yaml")}`];
  },
};

// A request from this address of loopback, as a client sends it that says it is somebody else.
function sends(url, { from = "127.0.0.1", headers = {}, body } = {}) {
  return new Promise((resolve, reject) => {
    const options = { localAddress: from, servername: "localhost", headers, method: body ? "POST" : "GET", agent: false };
    const sent = request(url, options, (response) => {
      let text = "";
      response.on("data", (chunk) => (text += chunk));
      response.on("end", () => resolve({ status: response.statusCode, headers: response.headers, text }));
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

for (const [name, configure] of Object.entries(PROXIES)) {
  describe(`behind ${name}`, () => {
    let provider, alice, client, folder, proxy, exited;
    let output = "";

    before(async () => {
      folder = mkdtempSync(join(tmpdir(), "latchkey-proxy-"));
      chmodSync(folder, 0o755); // the workers of nginx are somebody else
      const [port, inner] = [await freePort(), await freePort()];
      const issuer = `https://localhost:${port}`;
      const [command, ...args] = configure({ folder, port, upstream: `127.0.0.1:${inner}` });
      proxy = spawn(command, args, { env: { PATH: process.env.PATH, HOME: folder }, stdio: ["ignore", "pipe", "pipe"] });
      exited = once(proxy, "exit");
      for (const stream of [proxy.stdout, proxy.stderr]) stream.on("data", (chunk) => (output += chunk));
      proxy.on("error", (error) => (output += error));
      try {
        provider = await Provider.start({
          LATCHKEY__ISSUER: issuer,
          LATCHKEY__HTTP__LISTEN: `127.0.0.1:${inner}`,
          LATCHKEY__HTTP__TRUSTED_PROXIES: "127.0.0.1",
          LATCHKEY__LOGIN__ADDRESS_BURST: "6",
        });
      } catch (error) {
        throw new Error(`${error.message}\n${name}: ${output}`);
      }
      alice = provider.user("alice");
      client = provider.client("web", "https://rp.example/callback");
    });
    after(async () => {
      await provider?.stop();
      proxy?.kill("SIGTERM");
      await exited;
      rmSync(folder, { recursive: true, force: true });
    });

    test("a person signs in, and a client gets tokens whose issuer is the proxy's name", async () => {
      const verifier = randomBytes(32).toString("base64url");
      const challenge = createHash("sha256").update(verifier).digest("base64url");
      const parameters = { response_type: "code", client_id: client.client_id, redirect_uri: "https://rp.example/callback" };
      const query = new URLSearchParams({ ...parameters, scope: "openid", code_challenge: challenge, code_challenge_method: "S256" });
      // As much as a client may say: what is under way travels in URLs.
      query.set("state", "s".repeat(512));
      const person = new Person(provider.issuer, "alice");
      const back = await person.follow(`${provider.issuer}/authorize?${query}`);
      assert.equal(back.searchParams.get("iss"), provider.issuer);
      const fields = { grant_type: "authorization_code", code: back.searchParams.get("code"), code_verifier: verifier };
      const secret = { client_id: client.client_id, client_secret: client.client_secret };
      const body = new URLSearchParams({ ...fields, ...secret, redirect_uri: parameters.redirect_uri });
      const tokens = await (await fetch(`${provider.issuer}/token`, { method: "POST", body })).json();
      const claims = JSON.parse(Buffer.from(tokens.id_token.split(".")[1], "base64url"));
      assert.deepEqual([claims.iss, claims.sub], [provider.issuer, alice.sub]);
      const signedIn = (await person.request(`${provider.issuer}/sign-in`)).headers.getSetCookie();
      for (const cookie of signedIn) assert.match(cookie, /; Secure/);
      assert.ok([...person.cookies.keys()].some((it) => it.startsWith("__Host-")), [...person.cookies.keys()].join());
    });

    test("tries are counted by the client's address, whatever it says of itself", async () => {
      const page = await sends(`${provider.issuer}/sign-in`);
      const cookie = page.headers["set-cookie"].map((it) => it.split(";")[0]).join("; ");
      const csrf = page.text.match(/name="csrf" value="([^"]*)"/)[1];
      const attempt = (n, from) =>
        sends(`${provider.issuer}/sign-in`, {
          from,
          headers: {
            cookie,
            "content-type": "application/x-www-form-urlencoded",
            "x-forwarded-for": `203.0.113.${n}`,
            forwarded: `for=203.0.113.${n}`,
          },
          body: new URLSearchParams({ csrf, identifier: `nobody${n}`, password: "a wrong one" }).toString(),
        });
      const statuses = [];
      for (let n = 1; n <= 7; n++) statuses.push((await attempt(n, "127.0.0.2")).status);
      assert.deepEqual(statuses, [400, 400, 400, 400, 400, 400, 429], "six may be tried");
      assert.equal((await attempt(8, "127.0.0.3")).status, 400, "and another client is another one");
    });

    test("HTTP/2 is spoken, and Latchkey's own headers come through", async () => {
      const session = connect(provider.issuer);
      try {
        const stream = session.request({ ":path": "/.well-known/openid-configuration" });
        const [headers] = await once(stream, "response");
        assert.equal(headers[":status"], 200);
        assert.match(headers["strict-transport-security"], /max-age=/);
        stream.resume();
        await once(stream, "end");
      } finally {
        session.close();
      }
    });

    test("a request for another host gets nothing of Latchkey's", async () => {
      const answer = await sends(`${provider.issuer}/.well-known/openid-configuration`, { headers: { host: "evil.example" } });
      assert.ok(!answer.text.includes("token_endpoint"), answer.text);
    });
  });
}
