"use strict";
// Looks every three seconds whether somebody has answered in the chat, and shows the page again as soon as that is so. Browsers without scripts
// have a <meta> for it, or a link, and a button.
const waits = document.getElementById("waits");
const approved = document.getElementById("approved");
if (approved) approved.requestSubmit(approved.querySelector("button"));
if (waits) {
  setInterval(async () => {
    try {
      const answer = await fetch(waits.dataset.again, { credentials: "same-origin" });
      if (answer.redirected || !(await answer.text()).includes('id="waits"')) location.replace(waits.dataset.again);
    } catch {
      // The next look may find the server again.
    }
  }, 3000);
}
