/** /v1/touchpoints: contacts of people with ads and channels. */

import * as z from "zod";
import { TouchpointSource } from "../../datasets/conversion-events/request.ts";
import { ingestTouchpoints } from "../../ingest/touchpoints.ts";
import { MAX_RECORDS, sendRecords } from "../records.ts";
import { resource } from "../resource.ts";
import { Id } from "../schemas.ts";
import { Instant } from "../../time/instant.ts";

const SentTouchpoint = z.strictObject({
  id: Id.meta({ description: "A touchpoint whose id the space already has is a duplicate." }),
  person_id: Id.nullish(),
  external_person_id: Id.nullish().meta({ description: "Instead of `person_id`." }),
  custom_id: Id.nullish().meta({ description: "Instead of `person_id`: the `custom_id` of the profile." }),
  occurred_at: Instant.meta({ description: "At most five minutes in the future; any time in the past." }),
  source: TouchpointSource,
  ad_id: Id.nullish(),
  adset_id: Id.nullish().meta({ description: "If omitted, an export uses the ad set of the ad as of its snapshot." }),
  campaign_id: Id.nullish().meta({ description: "If omitted, the campaign of the ad set." }),
  account_id: Id.nullish().meta({ description: "If omitted, the account of the campaign." }),
});

export const touchpointsResource = resource("/v1/touchpoints", "Touchpoints", [
  sendRecords({
    operationId: "sendTouchpoints",
    summary: "Send touchpoints",
    description: `1 to ${MAX_RECORDS} touchpoints, all or nothing; also as NDJSON with one touchpoint per line. A touchpoint whose id the space already has counts as a duplicate: the first one stays unchanged. The person must have a profile; the ad objects need not exist yet.`,
    auth: "events:write",
    property: "touchpoints",
    record: SentTouchpoint,
    example: {
      id: "tp-1",
      person_id: "p-1",
      occurred_at: "2026-01-12T08:15:30.000Z",
      source: "facebook_ads",
      ad_id: "120210000000000001",
    },
    store: ingestTouchpoints,
  }),
]);
