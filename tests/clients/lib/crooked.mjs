// What stands where it should not: what is below the page beside the text of the page, a text that touches an account or a button,
// buttons side by side of different widths or one on the other, sections of the account on more than one line, an address that is
// broken within a word. It runs in the page, so that it uses nothing but what the page has.

export const crooked = () => {
  const box = (element) => element.getBoundingClientRect();
  const found = [];
  const main = box(document.querySelector("main"));
  const below = document.querySelector("footer.below");
  if (below) {
    const style = getComputedStyle(below);
    const edges = [box(below).left + parseFloat(style.paddingLeft), box(below).right - parseFloat(style.paddingRight)];
    for (const [off, side] of [[edges[0] - main.left, "left"], [edges[1] - main.right, "right"]]) {
      if (Math.abs(off) > 1.5) found.push(`what is below the page is ${off} px off the text on the ${side}`);
    }
  }
  for (const row of document.querySelectorAll(".pair, .stack")) {
    const widths = [...row.children].map((button) => Math.round(box(button).width));
    if (new Set(widths).size > 1) found.push(`buttons of one weight are ${widths.join(" and ")} px wide`);
  }
  const sections = [...document.querySelectorAll(".sections a")].map((link) => Math.round(box(link).top));
  if (new Set(sections).size > 1) found.push("the sections of the account are on more than one line");
  const shown = document.querySelector(".sections a[aria-current]");
  if (shown && (box(shown).left < 0 || box(shown).right > window.innerWidth)) found.push("the section that is shown is out of sight");
  for (const text of document.querySelectorAll(".account + p")) {
    const gap = box(text).top - box(text.previousElementSibling).bottom;
    if (gap < 8) found.push(`"${text.textContent}" is ${gap} px below the account`);
  }
  // Letters have styles of their own: the code stands close to what it is for.
  for (const text of document.querySelectorAll("main:not([style]) > p + p:not(.lead)")) {
    const gap = box(text).top - box(text.previousElementSibling).bottom;
    if (gap < 7.5) found.push(`"${text.textContent.trim().slice(0, 40)}" is ${gap.toFixed(1)} px below the text before it`);
  }
  const isShown = (element) => element.checkVisibility() && box(element).width > 0 && box(element).height > 0;
  const pieces = [...document.querySelectorAll("main :is(p, button, a.button, input, select, label, li)")].filter(isShown);
  for (const button of pieces.filter((piece) => piece.matches("button, a.button") && !piece.closest(".secret"))) {
    for (const piece of pieces) {
      if (piece === button || piece.contains(button) || button.contains(piece) || piece.closest(".secret")) continue;
      const [a, b] = [box(button), box(piece)];
      if (a.left >= b.right || b.left >= a.right) continue;
      const gap = Math.max(a.top, b.top) - Math.min(a.bottom, b.bottom);
      const words = (element) => element.textContent.trim().replaceAll(/\s+/g, " ").slice(0, 40) || element.name;
      if (gap < 7.5) found.push(`the button "${words(button)}" is ${gap.toFixed(1)} px from "${words(piece)}"`);
    }
  }
  for (const text of document.querySelectorAll(".scope-title, .scope-detail")) {
    const letters = [];
    const walker = document.createTreeWalker(text, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      for (let at = 0; at < walker.currentNode.length; at++) {
        const range = document.createRange();
        range.setStart(walker.currentNode, at);
        range.setEnd(walker.currentNode, at + 1);
        letters.push([range.toString(), range.getBoundingClientRect().top]);
      }
    }
    letters.slice(1).forEach(([letter, top], index) => {
      const [before, height] = letters[index];
      if (top > height + 5 && /[a-z]/.test(letter) && /[a-z]/.test(before)) {
        found.push(`"${text.textContent}" is broken between ${before} and ${letter}`);
      }
    });
  }
  return found;
};
