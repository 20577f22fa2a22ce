"use strict";
// Goes on without a place in the history. Browsers without scripts have a <meta> for it, everybody has the link.
const link = document.getElementById("continue");
if (link) location.replace(link.href);
