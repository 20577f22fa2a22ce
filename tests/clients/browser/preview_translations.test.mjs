// The previews in the other languages.

import { previews } from "../lib/previews.mjs";

previews("translations", ["ru", "ar"]);
