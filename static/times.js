"use strict";
// Shows times in the reader's own time zone and form. Without this they are in UTC.
const form = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "long", timeStyle: "short" });
for (const time of document.querySelectorAll("time[datetime]")) {
  const text = form.format(new Date(time.dateTime));
  if (time.classList.contains("exact")) time.textContent = text;
  else time.title = text;
}
