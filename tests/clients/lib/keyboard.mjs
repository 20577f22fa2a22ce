// A person who has a keyboard and nothing else. Wherever they go by Tab, the focus has to be where the order of the page says, and to be
// seen; each new page is gone through once, to its end and back.

import assert from "node:assert/strict";

// What can have the focus, in the order of the page, and where it is. It runs in the page, so that it uses nothing but what the page has.
const look = () => {
  const isShown = (element) => element.checkVisibility({ visibilityProperty: true, opacityProperty: true });
  const all = [...document.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex]")];
  const stops = all.filter((one) => isShown(one) && one.tabIndex >= 0 && !one.disabled && one.type !== "hidden");
  const tidy = (words) => words.replaceAll(/\s+/g, " ").trim();
  const name = (element) => tidy(element.getAttribute("aria-label") ?? element.labels?.[0]?.textContent ?? element.textContent);
  const named = stops.map((one) => ({ words: name(one), field: one.name ?? "", type: one.type ?? one.localName }));
  const focus = document.activeElement;
  const at = stops.indexOf(focus);

  const light = (colour) => {
    const [red, green, blue] = colour.match(/[\d.]+/g).map((channel) => channel / 255)
      .map((channel) => (channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const groundOf = (element) => {
    const colour = element && getComputedStyle(element).backgroundColor;
    return !element ? "rgb(255, 255, 255)" : /^rgb\(/.test(colour) ? colour : groundOf(element.parentElement);
  };
  // WCAG 2.4.7, 2.4.11 and 1.4.11: a ring of its own, with enough contrast, and nothing before it.
  const unseen = () => {
    const style = getComputedStyle(focus);
    if (!focus.matches(":focus-visible") || style.outlineStyle === "none" || parseFloat(style.outlineWidth) < 2) return "has no ring";
    const inside = parseFloat(style.outlineOffset) < 0;
    const [one, other] = [light(style.outlineColor), light(groundOf(inside ? focus : focus.parentElement))].toSorted((a, b) => b - a);
    if ((one + 0.05) / (other + 0.05) < 3) return `has a ring that is ${style.outlineColor}, which can hardly be seen`;
    const box = focus.getClientRects()[0];
    const ring = Math.max(0, parseFloat(style.outlineWidth) + parseFloat(style.outlineOffset));
    if (box.top < ring || box.left < ring || box.bottom > innerHeight - ring || box.right > innerWidth - ring) return "is at the edge";
    const above = document.elementFromPoint(box.left + box.width / 2, Math.min(box.top + box.height / 2, innerHeight - 1));
    return focus.contains(above) ? undefined : `is below ${above?.outerHTML.slice(0, 80)}`;
  };
  // Down the page, and along a line as it is read.
  const turns = stops.slice(1).flatMap((stop, index) => {
    const [a, b] = [stops[index], stop].map((one) => one.getBoundingClientRect());
    const start = ({ left, right }) => (document.dir === "rtl" ? -right : left);
    const isSameLine = b.top < a.bottom - 1 && b.bottom > a.top + 1;
    const isFine = isSameLine ? start(b) >= start(a) - 1 : b.top >= a.bottom - 1;
    return isFine ? [] : [`"${name(stop)}" comes after "${name(stops[index])}"`];
  });
  const told = (field) => {
    const ids = (field.getAttribute("aria-describedby") ?? "").split(" ");
    return tidy(ids.map((id) => document.getElementById(id)?.innerText ?? "").join(" "));
  };
  const wrong = [...document.querySelectorAll("[aria-invalid=true]")].map((field) => ({ field: field.name, told: told(field) }));
  return {
    stops: named, at, unseen: at < 0 ? undefined : unseen(), turns, wrong,
    focus: { field: focus.name ?? "", tag: focus.localName, isEmpty: !focus.value, told: told(focus) },
    first: stops.find((one) => one.matches("main input:not([type=checkbox])"))?.name,
    title: document.title, heading: tidy(document.querySelector("h1")?.innerText ?? ""),
    alerts: [...document.querySelectorAll("[role=alert]")].filter(isShown).length,
  };
};

// The pages that have been gone through, by what is on them.
const known = new Set();

export class Keyboard {
  constructor(page) {
    this.page = page;
  }

  look() {
    return this.page.evaluate(look);
  }

  // What a page itself puts into focus gets it with the first frame, which is after the page is loaded.
  async settle() {
    const isLate = () => document.querySelector("[autofocus]") && document.activeElement === document.body;
    for (let tries = 0; tries < 500 && (await this.page.evaluate(isLate)); tries++);
  }

  // Types an address into the browser.
  async open(url) {
    await this.page.goto(url);
    await this.arrive();
  }

  // Looks at a page that has just been opened.
  async arrive() {
    await this.settle();
    const seen = await this.look();
    const where = `${new URL(this.page.url()).pathname} ("${seen.title}")`;
    assert.ok(seen.heading, `${where} has a heading`);
    assert.notEqual(seen.title, this.last?.heading !== seen.heading ? this.last?.title : undefined, `${where}: the title tells the pages apart`);
    assert.equal(seen.title.startsWith("Error:"), seen.alerts > 0, `${where}: the title tells of a problem`);
    this.last = seen;
    if (seen.wrong.length > 0) {
      const focused = seen.wrong.find(({ field }) => field === seen.focus.field);
      assert.ok(focused, `${where}: what is wrong has the focus, and not ${JSON.stringify(seen.focus)}`);
    } else if (seen.at >= 0) {
      assert.equal(seen.focus.tag, "input", `${where}: only a field has the focus at first`);
      assert.ok(seen.focus.field === seen.first || seen.focus.isEmpty, `${where}: what is typed first has the focus, and not ${seen.focus.field}`);
    }
    for (const { field, told } of seen.wrong) assert.ok(told, `${where}: ${field} is described by what is wrong with it`);
    if (seen.alerts > 0 && seen.at >= 0) assert.ok(seen.focus.told, `${where}: where the focus is, it is told what is wrong`);
    const kind = JSON.stringify([where, seen.stops.map(({ words, type }) => [words.slice(0, 12), type])]);
    if (known.has(kind)) return;
    known.add(kind);
    assert.deepEqual(seen.turns, [], `${where}: the order of the focus is that of reading`);
    const { at, stops } = seen;
    await this.go(stops.length - 1, where);
    await this.page.keyboard.press("Tab");
    assert.notEqual((await this.look()).at, stops.length - 1, `${where}: there is a way out`);
    await this.page.keyboard.press("Shift+Tab");
    await this.go(Math.max(at, 0), where);
  }

  // By Tab or Shift+Tab to this stop, looking at each one on the way.
  async go(stop, where = this.page.url()) {
    for (let seen = await this.look(), from = seen.at; from !== stop; from = seen.at) {
      const forward = from < stop;
      await this.page.keyboard.press(forward ? "Tab" : "Shift+Tab");
      seen = await this.look();
      const next = seen.stops[seen.at];
      assert.equal(seen.at, from + (forward ? 1 : -1), `${where}: after "${seen.stops[from]?.words}" the focus is at "${next?.words}"`);
      assert.equal(seen.unseen, undefined, `${where}: "${next.words}" ${seen.unseen}`);
    }
  }

  async goTo(what, fits) {
    const { stops } = await this.look();
    const stop = stops.findIndex(fits);
    assert.ok(stop >= 0, `${this.page.url()} has "${what}": ${stops.map(({ words, field }) => words || field).join(" | ")}`);
    await this.go(stop);
  }

  // Types into the field of this name, in place of what is there.
  async type(name, text) {
    await this.goTo(name, ({ field }) => field === name);
    await this.page.keyboard.press("Control+a");
    await this.page.keyboard.type(text);
  }

  // Enter at a link or a button, which leads to another page.
  async press(words, away) {
    await this.goTo(words, ({ words: shown, type }) => (words.test?.(shown) ?? shown === words) && !["text", "checkbox"].includes(type));
    await this.enter(away);
  }

  // Enter where the focus is. Away is where another server answers, or a script goes on: nobody can look around there.
  async enter(away) {
    const gone = away ? this.page.waitForURL(away) : this.page.waitForEvent("load");
    await Promise.all([gone, this.page.keyboard.press("Enter")]);
    if (!away) await this.arrive();
  }

  // Space on a checkbox.
  async tick(name, isTicked = true) {
    await this.goTo(name, ({ field }) => field === name);
    await this.page.keyboard.press("Space");
    assert.equal(await this.page.evaluate(() => document.activeElement.checked), isTicked, name);
  }

  // Unfolds what has these words.
  async unfold(words) {
    await this.goTo(words, ({ words: shown, type }) => shown.startsWith(words) && type === "summary");
    await this.page.keyboard.press("Enter");
  }

  // The page says this.
  async reads(words) {
    assert.match(await this.page.innerText("main"), words);
  }

  // The focus is at this field, and what is wrong with it is told with it.
  async isTold(name, words) {
    const { focus } = await this.look();
    assert.equal(focus.field, name);
    assert.match(focus.told, words);
  }
}
