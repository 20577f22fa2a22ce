// The previews in the language in which the pages are written.

import { previews } from "../lib/previews.mjs";

previews("original", ["en"]);
