"use strict";
// What helps with typing a password: an eye that shows it, a hint for Caps Lock, a count of its characters. The form needs
// none of it.
for (const box of document.querySelectorAll(".secret")) {
  const input = box.querySelector("input");
  const button = box.querySelector(".reveal");
  const field = box.closest(".field");
  const show = (shown) => {
    input.type = shown ? "text" : "password";
    button.setAttribute("aria-pressed", String(shown));
  };
  button.hidden = false;
  button.addEventListener("click", () => {
    show(input.type === "password");
    input.focus();
  });
  // A password is never sent, nor kept by the browser, as plain text.
  input.form.addEventListener("submit", () => show(false));
  input.spellcheck = false;

  const hint = field.querySelector(".caps-lock");
  const warn = (event) => {
    const on = event.getModifierState?.("CapsLock") ?? false;
    const text = on ? hint.dataset.text : "";
    if (hint.textContent !== text) hint.textContent = text;
  };
  input.addEventListener("keydown", warn);
  input.addEventListener("keyup", warn);
  input.addEventListener("blur", () => (hint.textContent = ""));

  const count = field.querySelector(".count");
  if (!count) continue;
  const { least, count: text, enough } = count.dataset;
  const tell = () => {
    // As the server counts: the characters of the composed form.
    const typed = [...input.value.normalize("NFC")].length;
    const long = typed >= Number(least);
    count.textContent = typed === 0 ? "" : long ? enough : text.replace("#", String(typed));
    count.classList.toggle("enough", long);
  };
  input.addEventListener("input", tell);
  tell();
}
