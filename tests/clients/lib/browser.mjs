// Headless Chromium, cut off from everything but loopback.

import { existsSync } from "node:fs";
import { createServer } from "node:http";
import { once } from "node:events";
import { chromium } from "playwright-core";

export async function launch() {
  const executablePath = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/snap/bin/chromium"].find(existsSync);
  return chromium.launch({
    executablePath,
    args: [
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE localhost , EXCLUDE 127.0.0.1",
      ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []),
    ],
  });
}

// A server of another origin. `answer` gets the request and its URL, and gives {status, type, body, headers}.
export async function site(host, answer) {
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    const url = new URL(request.url, origin);
    const reply = (await answer({ request, url, body })) ?? { status: 404, body: "" };
    response.writeHead(reply.status ?? 200, { "content-type": reply.type ?? "text/html; charset=utf-8", ...reply.headers });
    response.end(reply.body ?? "");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const origin = `http://${host}:${server.address().port}`;
  return { origin, close: () => new Promise((done) => (server.closeAllConnections(), server.close(done))) };
}
