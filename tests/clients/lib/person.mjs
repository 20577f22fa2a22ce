// A person without a browser: plain requests with a cookie jar, through the forms of the hosted pages.

import { PASSWORD } from "./provider.mjs";
import { totp } from "./totp.mjs";

const text = (html) => html.replaceAll("&quot;", '"').replaceAll("&#34;", '"').replaceAll("&#38;", "&").replaceAll("&amp;", "&");

export class Person {
  cookies = new Map();
  // How many pages this person has seen, and how many apps they have set up.
  pages = 0;
  setUps = 0;

  constructor(issuer, name) {
    this.issuer = issuer;
    this.name = name;
  }

  async request(url, options = {}) {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const response = await fetch(url, { ...options, redirect: "manual", headers: { accept: "text/html,*/*", ...options.headers, cookie } });
    for (const line of response.headers.getSetCookie()) {
      const [name, value] = line.split(";")[0].split(/=(.*)/s);
      this.cookies.set(name, value);
    }
    return response;
  }

  // Goes where the URL leads, signing in, setting up an app and allowing on the way, until it leads away from the provider: to a URL, or by
  // a form to a Request.
  async follow(url) {
    let response = await this.request(url);
    for (let step = 0; step < 15; step++) {
      const location = response.headers.get("location");
      if (location) {
        const next = new URL(location, url).href;
        if (!next.startsWith(this.issuer)) return new URL(next);
        url = next;
        response = await this.request(url);
        continue;
      }
      const html = await response.text();
      const away = html.match(/<a[^>]*data-leave[^>]*>/)?.[0].match(/href="([^"]*)"/)?.[1];
      if (away) return new URL(text(away));
      this.pages += 1;
      const form = html.match(/<main[\s\S]*?<form[^>]*method="post"[\s\S]*?<\/form>/)?.[0];
      const onward = html.match(/<main[\s\S]*?<a class="button primary" href="([^"]*)"/)?.[1];
      if (!form && onward) {
        url = new URL(text(onward), url).href;
        response = await this.request(url);
        continue;
      }
      if (!form) throw new Error(`no form at ${url} (${response.status}):\n${html}`);
      const fields = new URLSearchParams();
      for (const [input] of form.matchAll(/<input[^>]*>/g)) {
        const name = input.match(/name="([^"]*)"/)?.[1];
        if (name && !/type="(checkbox|radio)"/.test(input)) fields.set(name, text(input.match(/value="([^"]*)"/)?.[1] ?? ""));
      }
      const action = new URL(text(form.match(/action="([^"]*)"/)[1]), url);
      if (action.origin !== new URL(this.issuer).origin) return new Request(action, { method: "POST", body: fields });
      if (fields.has("identifier")) {
        fields.set("identifier", this.name);
        fields.set("password", PASSWORD);
      } else if (fields.has("enrolment")) {
        const key = html.match(/<p class="key"[^>]*>([\s\S]*?)<\/p>/)[1].replaceAll(/<[^>]*>/g, "");
        fields.set("code", totp(key));
        this.setUps += 1;
      } else {
        fields.set("decision", "allow");
      }
      response = await this.request(action, { method: "POST", body: fields });
      url = action.href;
    }
    throw new Error(`no end of pages, last ${url}`);
  }
}
