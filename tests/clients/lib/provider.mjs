// A real Latchkey for a test: the binary, in a temporary folder, on a free port.

import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

export const BIN = resolve(process.env.LATCHKEY_BIN ?? "../../target/debug/latchkey");
export const PASSWORD = "five tame herons drift";

// A port that nobody listens on, each of them once in a process. It is below those that Linux gives to outgoing connections: one of
// those could take it before the server does that it is meant for.
const ports = { first: 20_000, several: 12_768, taken: process.pid * 61 };
export async function freePort() {
  const port = ports.first + (ports.taken++ % ports.several);
  const server = createServer();
  try {
    await new Promise((listens, fails) => server.once("error", fails).listen(port, "127.0.0.1", listens));
  } catch {
    return freePort();
  }
  server.close();
  await once(server, "close");
  return port;
}

// Waits until a process answers at a URL as it should; an error with what it has said if it ends instead, or takes too long.
export async function answers(name, url, process, said, good = () => true) {
  const until = Date.now() + 60_000;
  while (Date.now() < until && process.exitCode === null) {
    try {
      if (good(await fetch(url, { redirect: "manual" }))) return;
    } catch {
      // Not listening yet.
    }
    await new Promise((next) => setImmediate(next));
  }
  // Otherwise the test runner would wait for it for ever.
  process.kill("SIGKILL");
  throw new Error(`${name} does not serve:\n${said()}`);
}

export class Provider {
  static async start(settings = {}) {
    const provider = new Provider();
    provider.folder = mkdtempSync(join(tmpdir(), "latchkey-client-"));
    const port = await freePort();
    provider.issuer = settings.LATCHKEY__ISSUER ?? `http://localhost:${port}`;
    provider.env = {
      PATH: process.env.PATH,
      LATCHKEY__ISSUER: provider.issuer,
      LATCHKEY__DATA_DIR: provider.folder,
      LATCHKEY__LOGIN__SIGN_UP: "true",
      LATCHKEY__SCOPES__0__NAME: "read",
      LATCHKEY__LOGIN__ADDRESS_BURST: "1000",
      ...settings,
    };
    await provider.serve();
    return provider;
  }

  async serve() {
    this.process = spawn(BIN, ["serve"], { env: this.env, cwd: this.folder, stdio: ["ignore", "pipe", "pipe"] });
    this.exited = once(this.process, "exit");
    this.output = "";
    for (const stream of [this.process.stdout, this.process.stderr]) {
      stream.on("data", (chunk) => (this.output += chunk));
    }
    await this.ready();
  }

  // Another process on the same folder and port.
  async restart() {
    await this.end();
    await this.serve();
  }

  async end() {
    this.process.kill("SIGTERM");
    await this.exited;
  }

  ready() {
    const ok = (response) => response.ok;
    return answers("latchkey", `${this.issuer}/health/ready`, this.process, () => this.output, ok);
  }

  command(args, input = "") {
    const done = spawnSync(BIN, [...args, "--json"], { env: this.env, cwd: this.folder, input, encoding: "utf8" });
    if (done.status !== 0) throw new Error(`latchkey ${args.join(" ")} exited with ${done.status}: ${done.stderr}`);
    return JSON.parse(done.stdout);
  }

  client(kind, redirectUri, ...more) {
    const redirect = redirectUri ? ["--redirect-uri", redirectUri] : [];
    return this.command(["client", "add", "--kind", kind, ...redirect, ...more]);
  }

  user(name) {
    const args = ["user", "add", "--username", name, "--email", `${name}@example.com`, "--email-verified", "--name", `${name} Example`];
    return this.command([...args, "--password", "-"], PASSWORD);
  }

  async stop() {
    await this.end();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
