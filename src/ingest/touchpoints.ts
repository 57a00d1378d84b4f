/** Ingests touchpoints. */

import { kindOf } from "../attribution/sources.ts";
import { insertTouchpoints, type NewTouchpoint } from "../db/events/touchpoints.ts";
import { eventTimeFault, ingestPersonItems } from "./all-or-none.ts";
import type { Naming } from "./persons.ts";

/** A touchpoint as it was sent, after the schema's checks. */
interface SentTouchpoint extends Naming {
  id: string;
  occurred_at: string;
  /** One of the 52 sources of attribution/sources.ts. */
  source: string;
  ad_id?: string | null | undefined;
  adset_id?: string | null | undefined;
  campaign_id?: string | null | undefined;
  account_id?: string | null | undefined;
}

export const ingestTouchpoints = ingestPersonItems<SentTouchpoint, NewTouchpoint>({
  table: "touchpoints",
  changed: "Other calls changed the profiles of these touchpoints at the same time. Send the touchpoints again.",
  timeField: "occurred_at",
  // A touchpoint may have any age.
  timeFault: (sent, { now }) => eventTimeFault("occurred_at", Date.parse(sent.occurred_at), now, Infinity),
  toRow: (sent, personId) => ({
    id: sent.id,
    person_id: personId,
    kind: kindOf(sent.source),
    occurred_at: Date.parse(sent.occurred_at),
    source: sent.source,
    ad_id: sent.ad_id ?? null,
    adset_id: sent.adset_id ?? null,
    campaign_id: sent.campaign_id ?? null,
    account_id: sent.account_id ?? null,
  }),
  insert: insertTouchpoints,
});
