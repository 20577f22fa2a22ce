// Another provider, by node-oidc-provider, on a free port: one that is honest, and is made a liar by what is put in front of it.

import { once } from "node:events";
import { createServer } from "node:http";
import { SignJWT, decodeJwt, exportJWK, generateKeyPair, importJWK } from "jose";
import Oidc from "oidc-provider";
import { freePort } from "./provider.mjs";

export const KID = "k1";

async function key() {
  const { privateKey } = await generateKeyPair("ES256", { extractable: true });
  return { ...(await exportJWK(privateKey)), kid: KID, alg: "ES256", use: "sig" };
}

export class Upstream {
  // What was asked, such as "POST /token".
  asked = [];

  // `lie` gets the context of a request, and a function that has it answered honestly.
  static async start(name, callback, lie = (_, honestly) => honestly()) {
    const upstream = new Upstream();
    const port = await freePort();
    Object.assign(upstream, { name, issuer: `http://localhost:${port}`, secret: "a secret of thirty-two characters", key: await key() });
    const oidc = new Oidc(upstream.issuer, {
      jwks: { keys: [upstream.key] },
      clients: [{
        client_id: "latchkey",
        client_secret: upstream.secret,
        redirect_uris: [callback],
        id_token_signed_response_alg: "ES256",
      }],
      cookies: { keys: ["a key of the tests"] },
      claims: { openid: ["sub"], profile: ["name"], email: ["email", "email_verified"] },
      features: { devInteractions: { enabled: false } },
      interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
      ttl: { AccessToken: 600, AuthorizationCode: 60, IdToken: 600, Interaction: 600, Session: 600, Grant: 600 },
      findAccount: (_, sub) => ({
        accountId: sub,
        claims: () => ({ sub, name: "Ann Example", email: `ann@${name}.example`, email_verified: true }),
      }),
    });
    oidc.use(async (context, next) => {
      upstream.asked.push(`${context.method} ${context.path}`);
      if (!context.path.startsWith("/interaction/")) return lie(context, next, upstream);
      await upstream.#allow(oidc, context);
    });
    upstream.server = createServer(oidc.callback());
    upstream.server.listen(port, "localhost");
    await once(upstream.server, "listening");
    return upstream;
  }

  // Signs Ann in and gives what was asked for, without a page.
  async #allow(oidc, { req, res }) {
    const { params, session } = await oidc.interactionDetails(req, res);
    const accountId = session?.accountId ?? "ann";
    const grant = new oidc.Grant({ accountId, clientId: params.client_id });
    grant.addOIDCScope(params.scope);
    await oidc.interactionFinished(req, res, { login: { accountId }, consent: { grantId: await grant.save() } });
  }

  // The same ID token with other claims, signed with this key.
  async signed(token, claims, jwk = this.key) {
    const header = { alg: "ES256", kid: KID };
    return new SignJWT({ ...decodeJwt(token), ...claims }).setProtectedHeader(header).sign(await importJWK(jwk, "ES256"));
  }

  anotherKey() {
    return key();
  }

  // The settings by which Latchkey lets people sign in by it.
  settings(index) {
    const all = { NAME: this.name, ISSUER: this.issuer, CLIENT_ID: "latchkey", CLIENT_SECRET: this.secret, EMAIL_PROOF: "claim" };
    return Object.fromEntries(Object.entries(all).map(([key, value]) => [`LATCHKEY__UPSTREAMS__${index}__${key}`, value]));
  }

  close() {
    return new Promise((done) => (this.server.closeAllConnections(), this.server.close(done)));
  }
}

const text = (html) => html.replaceAll("&quot;", '"').replaceAll("&#34;", '"').replaceAll("&#38;", "&").replaceAll("&amp;", "&");

// A browser without scripts, with a cookie jar for each origin.
export class Visitor {
  #jars = new Map();

  async request(url, options = {}) {
    const { origin } = new URL(url);
    const jar = this.#jars.get(origin) ?? new Map();
    this.#jars.set(origin, jar);
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join("; ");
    const response = await fetch(url, { ...options, redirect: "manual", headers: { accept: "text/html", ...options.headers, cookie } });
    for (const line of response.headers.getSetCookie()) {
      const [name, value] = line.split(";")[0].split(/=(.*)/s);
      jar.set(name, value);
    }
    return response;
  }

  // Opens an address and follows redirects, up to one that begins with `end`, which is not asked any more: a page, or that address.
  async open(url, { end, ...options } = {}) {
    for (let step = 0; step < 10; step++) {
      if (end && url.startsWith(end)) return { url };
      const response = await this.request(url, options);
      const location = response.headers.get("location");
      const html = await response.text();
      if (!location) return { url, status: response.status, html };
      url = new URL(location, url).href;
      options = {};
    }
    throw new Error(`redirects without end, last to ${url}`);
  }

  // Sends the form that a button belongs to, as the button sends it.
  press({ url, html }, name, value, more = {}) {
    const button = html.match(new RegExp(`<button[^>]*name="${name}" value="${value}"[^>]*>`))?.[0];
    if (!button) throw new Error(`no button ${name}=${value} at ${url}:\n${html}`);
    const id = button.match(/ form="([^"]*)"/)?.[1];
    const forms = html.match(/<form[\s\S]*?<\/form>/g);
    const form = forms.find((form) => (id ? form.includes(`id="${id}"`) : form.includes(button)));
    const fields = new URLSearchParams();
    for (const [input] of form.matchAll(/<input[^>]*type="hidden"[^>]*>/g)) {
      fields.set(input.match(/name="([^"]*)"/)[1], text(input.match(/value="([^"]*)"/)?.[1] ?? ""));
    }
    for (const [field, typed] of Object.entries({ ...more, [name]: value })) fields.set(field, typed);
    const action = button.match(/formaction="([^"]*)"/)?.[1] ?? form.match(/action="([^"]*)"/)[1];
    const headers = { origin: new URL(url).origin };
    return this.open(new URL(text(action), url).href, { method: "POST", body: fields, headers });
  }

  // Where a page leads that leads away.
  static away({ url, html }) {
    const link = html.match(/<a[^>]*data-leave[^>]*>/)?.[0].match(/href="([^"]*)"/)?.[1];
    if (!link) throw new Error(`${url} leads nowhere:\n${html}`);
    return text(link);
  }
}
