"use strict";
// A button that prints the page. Without scripts there is none, and the browser's menu prints.
for (const button of document.querySelectorAll("button.print")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}
