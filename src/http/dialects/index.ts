/** Every dialect, by its name in the setting `DIALECTS`. A new one is a folder beside this file, and a line here. */

import type { DialectName } from "../../config.ts";
import type { Dialect } from "./dialect.ts";
import { apsis } from "./apsis/dialect.ts";
import { batch } from "./batch/dialect.ts";
import { cometly } from "./cometly/dialect.ts";
import { infobip } from "./infobip/dialect.ts";

export const DIALECTS: { readonly [Name in DialectName]: Dialect } = { infobip, cometly, apsis, batch };
