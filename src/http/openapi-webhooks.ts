/** The webhooks of the OpenAPI document, from the registry of event types. */

import * as z from "zod";
import type { ZodOpenApiOperationObject } from "zod-openapi";
import { EVENT_TYPES, type EventType, familyOf } from "../webhooks/events/index.ts";
import { taggedUnion } from "./composed-schemas.ts";

/** A webhook as its receiver gets it. The signature is its only authentication. */
export function webhookOperation(type: EventType): ZodOpenApiOperationObject {
  const family = familyOf(type);
  return {
    operationId: type.replace(/\.(.)/, (_, first: string) => first.toUpperCase()),
    summary: family.summaries[type] ?? type,
    description:
      "Signed as [Standard Webhooks](https://www.standardwebhooks.com) define. A webhook may be delivered more than once, with the same `webhook-id` and body. Redirects are not followed.",
    tags: ["Webhooks"],
    security: [],
    requestParams: { header: WEBHOOK_HEADERS },
    requestBody: {
      required: true,
      content: { "application/json": { schema: bodyOf(type), example: family.example(type) } },
    },
    responses: {
      "204": { description: "Accepted; any 2xx counts as delivered." },
      "410": { description: "The endpoint no longer exists: it is disabled, and this delivery is not sent again." },
      "503": {
        description:
          "Not accepted, like every status but 2xx. The delivery is sent again later, not before `Retry-After` has passed.",
      },
    },
  };
}

const bodyOf = (type: EventType): z.ZodType => {
  const { body, bodies } = familyOf(type);
  return bodies?.[type] ?? body;
};

/** The body of any webhook. */
export const WebhookEvent = taggedUnion(
  "WebhookEvent",
  "type",
  Object.fromEntries(EVENT_TYPES.map((type) => [type, bodyOf(type)])),
);

const WEBHOOK_HEADERS = z.object({
  "webhook-id": z.string().meta({ description: "The event's id. Process each id once." }),
  "webhook-timestamp": z.string().meta({ description: "The time of this attempt, in seconds since 1970." }),
  "webhook-signature": z.string().meta({
    description:
      "`v1,<base64>`: HMAC-SHA256 over `<webhook-id>.<webhook-timestamp>.<body>`, keyed with the bytes after `whsec_`. While a secret is being rotated there are two signatures, with a space between them.",
  }),
});
