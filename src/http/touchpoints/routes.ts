/** /v1/touchpoints: contacts of people with ads and channels. */

import * as z from "zod";
import { TouchpointSource } from "../../datasets/conversion-events/request.ts";
import { ingestTouchpoints } from "../../ingest/touchpoints.ts";
import { resource } from "../resource.ts";
import { json, route } from "../route.ts";
import { Accepted, Id } from "../schemas.ts";

const MAX_TOUCHPOINTS = 5_000;
const MAX_BYTES = 15_728_640;

const SentTouchpoint = z.strictObject({
  id: Id.meta({ description: "A touchpoint whose id the space already has is a duplicate." }),
  person_id: Id.nullish(),
  external_person_id: Id.nullish().meta({ description: "Instead of `person_id`." }),
  occurred_at: z.iso
    .datetime({ offset: true })
    .meta({ description: "At most five minutes in the future; any time in the past." }),
  source: TouchpointSource,
  ad_id: Id.nullish(),
  adset_id: Id.nullish().meta({ description: "If omitted, an export uses the ad set of the ad as of its snapshot." }),
  campaign_id: Id.nullish().meta({ description: "If omitted, the campaign of the ad set." }),
  account_id: Id.nullish().meta({ description: "If omitted, the account of the campaign." }),
});

export const touchpointsResource = resource("/v1/touchpoints", [
  route({
    method: "POST",
    path: "/",
    operationId: "sendTouchpoints",
    summary: "Send touchpoints",
    description: `1 to ${MAX_TOUCHPOINTS} touchpoints, all or nothing; also as NDJSON with one touchpoint per line. A touchpoint whose id the space already has counts as a duplicate: the first one stays unchanged. The person must have a profile; the ad objects need not exist yet.`,
    tag: "Touchpoints",
    auth: "events:write",
    body: {
      schema: z.strictObject({ touchpoints: z.array(SentTouchpoint).min(1).max(MAX_TOUCHPOINTS) }),
      maxBytes: MAX_BYTES,
      linesOf: { property: "touchpoints", maxItems: MAX_TOUCHPOINTS },
      example: {
        touchpoints: [
          {
            id: "tp-1",
            person_id: "p-1",
            occurred_at: "2026-01-12T08:15:30.000Z",
            source: "facebook_ads",
            ad_id: "120210000000000001",
          },
        ],
      },
    },
    responses: {
      202: {
        description: "The records are stored. Exports that are created from now on contain them.",
        schema: Accepted,
      },
    },
    errors: ["conflict"],
    async handle(call, { space, body }) {
      const { runtime, databases } = call;
      const ingest = { db: databases.space(space.id), space, now: runtime.now(), uuid: () => runtime.uuid() };
      return json(await ingestTouchpoints(ingest, body.touchpoints, (index) => `/touchpoints/${index}`), 202);
    },
  }),
]);
