// Proxies that sign people in for a page that knows nothing of it: mod_auth_openidc in Apache, and oauth2-proxy.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { Person } from "../lib/person.mjs";
import { Provider, answers, freePort } from "../lib/provider.mjs";

const here = (file) => fileURLToPath(new URL(file, import.meta.url));
const MODULES = "/usr/lib/apache2/modules";

const PROXIES = {
  mod_auth_openidc: {
    callback: "/callback",
    start({ folder, port, upstream, variables }) {
      const modules = ["mpm_event", "authn_core", "authz_core", "authz_user", "auth_openidc", "proxy", "proxy_http", "headers"];
      const lines = [
        `ServerRoot ${folder}`,
        `ServerName localhost`,
        `Listen 127.0.0.1:${port}`,
        `PidFile ${folder}/pid`,
        `ErrorLog ${folder}/error.log`,
        `DefaultRuntimeDir ${folder}`,
        ...modules.map((it) => `LoadModule ${it}_module ${MODULES}/mod_${it}.so`),
        ...Object.entries(variables).map(([name, value]) => `Define ${name} ${value}`),
        `Define PASSPHRASE ${randomBytes(32).toString("base64url")}`,
        readFileSync(here("mod_auth_openidc.conf"), "utf8"),
        // Node says of itself, always, that it does not navigate as a browser does.
        `RequestHeader unset Sec-Fetch-Mode early`,
        `RequestHeader set X-Remote-User "expr=%{REMOTE_USER}"`,
        `ProxyPass /callback !`,
        `ProxyPass / ${upstream}/`,
      ];
      writeFileSync(join(folder, "httpd.conf"), `${lines.join("\n")}\n`);
      return ["/usr/sbin/apache2", ["-D", "FOREGROUND", "-f", join(folder, "httpd.conf")], {}];
    },
    user: (headers) => headers["x-remote-user"],
    log: (folder) => readFileSync(join(folder, "error.log"), "utf8"),
  },
  "oauth2-proxy": {
    program: process.env.OAUTH2_PROXY,
    callback: "/oauth2/callback",
    start({ port, upstream, variables }) {
      const env = {
        OAUTH2_PROXY_OIDC_ISSUER_URL: variables.ISSUER,
        OAUTH2_PROXY_CLIENT_ID: variables.CLIENT_ID,
        OAUTH2_PROXY_CLIENT_SECRET: variables.CLIENT_SECRET,
        OAUTH2_PROXY_REDIRECT_URL: `${variables.HOME_URL}/oauth2/callback`,
        OAUTH2_PROXY_COOKIE_SECRET: randomBytes(16).toString("hex"),
        OAUTH2_PROXY_COOKIE_SECURE: "false", // this is HTTP
        OAUTH2_PROXY_HTTP_ADDRESS: `127.0.0.1:${port}`,
        OAUTH2_PROXY_UPSTREAMS: `${upstream}/`,
      };
      return [process.env.OAUTH2_PROXY, ["--config", here("oauth2-proxy.cfg")], env];
    },
    user: (headers) => headers["x-forwarded-user"],
    log: () => "",
  },
};

for (const [name, kind] of Object.entries(PROXIES)) {
  const without = "program" in kind && !kind.program && `${name} is not to be had here`;
  describe(`${name} in front of a page`, { skip: without }, () => {
    let provider, alice, page, folder, home, proxy, exited;
    let output = "";
    const seen = [];

    before(async () => {
      provider = await Provider.start();
      alice = provider.user("alice");
      page = createServer((request, response) => {
        seen.push(request.headers);
        response.end(`the page of ${kind.user(request.headers)}`);
      }).listen(0, "127.0.0.1");
      await once(page, "listening");
      folder = mkdtempSync(join(tmpdir(), "latchkey-front-"));
      const port = await freePort();
      home = `http://localhost:${port}`;
      const client = provider.client("web", home + kind.callback);
      const variables = { ISSUER: provider.issuer, CLIENT_ID: client.client_id, CLIENT_SECRET: client.client_secret, HOME_URL: home };
      const [command, args, env] = kind.start({ folder, port, upstream: `http://127.0.0.1:${page.address().port}`, variables });
      proxy = spawn(command, args, { env: { PATH: process.env.PATH, ...env }, stdio: ["ignore", "pipe", "pipe"] });
      exited = once(proxy, "exit");
      for (const stream of [proxy.stdout, proxy.stderr]) stream.on("data", (chunk) => (output += chunk));
      await answers(name, home, proxy, () => output + kind.log(folder));
    });
    after(async () => {
      await provider?.stop();
      page?.close();
      page?.closeAllConnections();
      proxy?.kill("SIGTERM");
      await exited;
      rmSync(folder, { recursive: true, force: true });
    });

    test("nobody sees the page before signing in, and the page then knows who it is", async () => {
      const [browser, person] = [new Person(home), new Person(provider.issuer, "alice")];
      const first = await browser.request(`${home}/a/page`);
      assert.equal(first.status, 302, `${await first.text()}\n${output}`);
      assert.equal(seen.length, 0, "the page was not asked");
      const to = new URL(first.headers.get("location"), home);
      assert.equal(to.origin, provider.issuer);
      assert.equal(to.searchParams.get("code_challenge_method"), "S256");
      const back = await person.follow(to.href);
      assert.equal(back.pathname, kind.callback);
      const signedIn = await browser.request(home + back.pathname + back.search);
      assert.equal(signedIn.status, 302, `${await signedIn.text()}\n${output}${kind.log(folder)}`);
      assert.equal(new URL(signedIn.headers.get("location"), home).pathname, "/a/page");
      const shown = await browser.request(`${home}/a/page`);
      assert.equal(await shown.text(), `the page of ${alice.sub}`);
    });

    test("a callback of another browser signs nobody in", async () => {
      const [browser, other, person] = [new Person(home), new Person(home), new Person(provider.issuer, "alice")];
      const first = await browser.request(`${home}/`);
      const back = await person.follow(new URL(first.headers.get("location"), home).href);
      const count = seen.length;
      await other.request(home + back.pathname + back.search);
      assert.notEqual((await other.request(`${home}/`)).status, 200);
      assert.equal(seen.length, count, "the page was not asked");
    });
  });
}
