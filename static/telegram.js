"use strict";
// Telegram answers in the part of the address that only a script can read. It leaves the address at once, and goes to the server in a form.
const form = document.getElementById("telegram");
const found = /[#?&]tgAuthResult=([A-Za-z0-9_=-]*)$/.exec(location.hash);
if (form && found) {
  form.elements.namedItem("result").value = found[1];
  history.replaceState(null, "", location.pathname);
  form.submit();
}
