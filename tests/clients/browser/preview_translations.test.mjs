// The previews in the other languages.

import { directions, previews } from "../lib/previews.mjs";

previews("translations", Object.keys(directions).filter((language) => language !== "en"));
