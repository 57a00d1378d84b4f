/** What a space can set of each dialect. A dialect with settings has a line here. */

import * as z from "zod";
import type { SpaceRow } from "../../db/tenants/spaces.ts";
import { InfobipSettings } from "./infobip/settings.ts";

export const DialectSettings = z.strictObject({ infobip: InfobipSettings.optional() }).meta({
  id: "DialectSettings",
  description: "Settings of APIs of other products, where the operator has turned them on. Default: none.",
});

export type DialectSettings = z.output<typeof DialectSettings>;

/** Those that the space has set. */
export const settingsOf = ({ dialects }: Pick<SpaceRow, "dialects">): DialectSettings =>
  JSON.parse(dialects) as DialectSettings;
