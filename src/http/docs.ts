/** What the OpenAPI document of the API below /v1 has beyond operations and schemas. */

import { adObjectExamples } from "./ad-objects/examples.ts";
import { apiKeyExamples } from "./api-keys/examples.ts";
import { destinationExamples } from "./destinations/examples.ts";
import { eventDefinitionExamples } from "./event-definitions/examples.ts";
import { eventExamples } from "./events/examples.ts";
import { exportExamples } from "./exports/examples.ts";
import { EVENT_TYPES } from "../webhooks/events/index.ts";
import { OWN } from "./conventions.ts";
import type { Examples } from "./example-values.ts";
import { ProfileAttributesRow, ProfileEventRow, ReachabilityEventRow } from "./exports/row-schemas.ts";
import { flowExamples } from "./flows/examples.ts";
import { mcpExamples } from "./mcp/examples.ts";
import { metaExamples } from "./meta/examples.ts";
import type { ApiDescription } from "./openapi.ts";
import { WebhookEvent } from "./openapi-webhooks.ts";
import { Problem } from "./problem-schemas.ts";
import { profileDefinitionExamples } from "./profile-definitions/examples.ts";
import { profileExamples } from "./profiles/examples.ts";
import { scheduleExamples } from "./schedules/examples.ts";
import { segmentExamples } from "./segments/examples.ts";
import { homeExamples } from "./homes/examples.ts";
import { spaceExamples } from "./spaces/examples.ts";
import { portalExamples } from "./portal/examples.ts";
import { statsExamples } from "./stats/examples.ts";
import { webhookExamples } from "./webhooks/examples.ts";

const INTRODUCTION = `Send customer events; get files with every one of them, and a manifest that proves it.

**Keys.** Send \`Authorization: Bearer <api key>\`. A key belongs to one space and has scopes; calls for operators, which say so, require the operator's token instead. A resource of another space is answered as if it did not exist.

**Values.** JSON in UTF-8. Times are RFC 3339 in UTC with milliseconds, windows are half-open \`[start, end)\`, ids are opaque. A body with an unknown property is rejected.

**Errors** are [RFC 9457](https://www.rfc-editor.org/rfc/rfc9457) documents: \`code\` says what is wrong, \`errors\` where, and \`type\` links to a page about it. A method that an address does not accept is 405 \`method_not_allowed\`, with \`Allow\`.

**Lists** come in pages. For the next page, send \`next_cursor\` as \`cursor\`, or follow the address in \`Link\`.

**Limits** count the calls of a space in any 60 seconds; the \`RateLimit\` fields report how many are left.`;

const TAGS: Record<string, string> = {
  Exports: "Request an export, follow its progress, download its files.",
  Events: "Send events, and list them.",
  "Event definitions": "Names of events, and the properties that they may have.",
  Flows: "The campaigns that events may come from.",
  Touchpoints: "Contacts of people with ads and channels before a conversion, and the ads themselves.",
  Profiles: "The people that events belong to.",
  Segments: "Groups of profiles, each defined by a rule.",
  "Profile definitions":
    "Names and sections of profiles' attributes, tags and topics. Profiles may also have undefined ones.",
  Spaces: "A space is a tenant: its own data, keys, time zone, retention and limits.",
  "API keys": "Credentials of a space, and the scopes that each has.",
  Destinations:
    "Your own buckets, which exports are written to. The service assumes a role in your account with the external id of your space, or uses access keys. It never overwrites or deletes an existing object.",
  Webhooks:
    "Notifications when an export ends or a schedule is paused, sent to a `callback_url` or to an endpoint of the space as [Standard Webhooks](https://www.standardwebhooks.com) define them. A webhook that is not answered with 2xx within 15 seconds is sent again: ten attempts over three days. An event may be delivered more than once, always with the same `webhook-id`.",
  Schedules:
    "Recurring exports on a cron schedule. Their windows follow one another without a gap and without an overlap.",
  Assistants: "Tools for an assistant that acts for a person: the Model Context Protocol.",
  Portal:
    "Links for your own customers' people, and the sessions that they open: exports, and where asked for settings, in the space's portal, without an API key.",
  Statistics: "What happened in a space, day by day.",
  Service: "The service itself: its health, this document, the pages for people, and what errors mean.",
};

const EXAMPLES: Examples = {
  ...adObjectExamples,
  ...apiKeyExamples,
  ...destinationExamples,
  ...eventDefinitionExamples,
  ...eventExamples,
  ...exportExamples,
  ...flowExamples,
  ...mcpExamples,
  ...metaExamples,
  ...profileDefinitionExamples,
  ...profileExamples,
  ...scheduleExamples,
  ...segmentExamples,
  ...homeExamples,
  ...spaceExamples,
  ...statsExamples,
  ...portalExamples,
  ...webhookExamples,
};

export const OWN_API: ApiDescription = {
  title: "Spillway",
  introduction: INTRODUCTION,
  tags: TAGS,
  examples: EXAMPLES,
  webhooks: EVENT_TYPES,
  conventions: OWN,
  schemas: [ProfileAttributesRow, ProfileEventRow, ReachabilityEventRow, Problem, WebhookEvent],
};
