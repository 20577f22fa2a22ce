"use strict";
// A button beside each password that shows what was typed. The form needs none of it.
for (const box of document.querySelectorAll(".secret")) {
  const input = box.querySelector("input");
  const button = document.createElement("button");
  button.type = "button";
  button.className = "reveal";
  button.setAttribute("aria-controls", input.id);
  const set = (shown) => {
    input.type = shown ? "text" : "password";
    button.textContent = shown ? box.dataset.hide : box.dataset.show;
  };
  button.addEventListener("click", () => {
    set(input.type === "password");
    input.focus();
  });
  // A password is never sent, nor kept by the browser, as plain text.
  input.form.addEventListener("submit", () => set(false));
  set(false);
  input.spellcheck = false;
  box.append(button);
}
