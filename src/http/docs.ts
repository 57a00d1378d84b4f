/** What the OpenAPI document has beyond operations and schemas: an introduction, the groups of calls, examples of answers. */

import { adObjectExamples } from "./ad-objects/examples.ts";
import { apiKeyExamples } from "./api-keys/examples.ts";
import { destinationExamples } from "./destinations/examples.ts";
import { eventDefinitionExamples } from "./event-definitions/examples.ts";
import { eventExamples } from "./events/examples.ts";
import { exportExamples } from "./exports/examples.ts";
import { flowExamples } from "./flows/examples.ts";
import { metaExamples } from "./meta/examples.ts";
import { profileDefinitionExamples } from "./profile-definitions/examples.ts";
import { profileExamples } from "./profiles/examples.ts";
import { scheduleExamples } from "./schedules/examples.ts";
import { segmentExamples } from "./segments/examples.ts";
import { spaceExamples } from "./spaces/examples.ts";
import { webhookExamples } from "./webhooks/examples.ts";

export const INTRODUCTION = `Customer events go in, files with every one of them come out, with a manifest that proves it.

**Keys.** Send \`Authorization: Bearer <api key>\`. A key belongs to one space and carries scopes; the calls under \`/v1/spaces\` take the operator's token. What belongs to another space answers as if it did not exist.

**Values.** JSON in UTF-8. Times are RFC 3339 in UTC with milliseconds, windows are half-open \`[start, end)\`, ids are opaque. Unknown properties of a body are refused.

**Errors** are [RFC 9457](https://www.rfc-editor.org/rfc/rfc9457) documents: \`code\` says what is wrong, \`errors\` where, and \`type\` leads to a page about it. A method that an address does not take is 405 \`method_not_allowed\`, with \`Allow\`.

**Lists** come in pages: go on with \`next_cursor\`, or with the address in \`Link\`.

**Limits** count the calls of a space in any 60 seconds; the \`RateLimit\` fields say what is left.`;

/** What the calls of a tag are for. A tag that is missing here fails the lint. */
export const TAGS: Record<string, string> = {
  Exports: "Ask for an export, watch it, get its files.",
  Events: "Send what happened, and look at it.",
  "Event definitions": "What an event is called, and which properties it may have.",
  Flows: "The campaigns that events may come from.",
  Touchpoints: "Where people came from before they did something, and the ads behind that.",
  Profiles: "The people that events belong to.",
  Segments: "Groups of profiles, by a rule that says who is in.",
  "Profile definitions":
    "What the attributes, tags and topics of profiles are called, and which section each belongs to. Profiles may have others too.",
  Spaces: "A space is a tenant: its own data, keys, time zone, retention and limits.",
  "API keys": "Who may call for a space, and what for.",
  Destinations:
    "Buckets of your own that exports go to. The service assumes a role of yours, with the external id of your space, or has access keys. What stands in your bucket is never overwritten and never removed.",
  Webhooks:
    "Be told when an export ends, or a schedule is paused, at a `callback_url` or at an endpoint of the space, by [Standard Webhooks](https://www.standardwebhooks.com). A webhook that is not answered with 2xx within 15 seconds is tried ten times, over three days; an event may come more than once, always with the same `webhook-id`.",
  Schedules:
    "Exports that come by themselves, at the times of a cron expression, one after another, without a gap and without anything twice.",
  Service: "The service itself: its state, this document, what errors mean.",
};

/** Examples of answers, by operationId or, for every other operation, by the id of the answer's schema. */
export const EXAMPLES: Record<string, unknown> = {
  ...adObjectExamples,
  ...apiKeyExamples,
  ...destinationExamples,
  ...eventDefinitionExamples,
  ...eventExamples,
  ...exportExamples,
  ...flowExamples,
  ...metaExamples,
  ...profileDefinitionExamples,
  ...profileExamples,
  ...scheduleExamples,
  ...segmentExamples,
  ...spaceExamples,
  ...webhookExamples,
};
