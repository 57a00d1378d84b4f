/** What the document tells its readers beyond the routes and schemas: an introduction, the groups of calls, and examples of answers. */

import { destinationExamples } from "./destinations/examples.ts";
import { scheduleExamples } from "./schedules/examples.ts";

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

const AT = "2026-01-15T10:23:45.123Z";

const EXPORT_ID = "4c959f87-6c1d-4f2e-9a7b-3d5e8f0a1b2c";
const EXPORT_ADDRESS = `https://spillway.example/v1/exports/${EXPORT_ID}`;
const FILE = {
  name: `${EXPORT_ID}-events-20260101000000000-20260108000000000.json.gz`,
  rows: 541_909,
  bytes: 25_164_113,
  uncompressed_bytes: 146_315_430,
  sha256: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
};
const URL_OF_FILE = `https://bucket.example/exports/${FILE.name}?X-Amz-Expires=900&X-Amz-Signature=5d1c`;

const QUEUED_EXPORT = {
  id: EXPORT_ID,
  dataset: "activity_events",
  status: "queued",
  created_at: AT,
  started_at: null,
  completed_at: null,
  expires_at: null,
  snapshot_at: AT,
  progress: {
    phase: "planning",
    rows_written: 0,
    rows_total: null,
    files_written: 0,
    files_total: null,
    bytes_written: 0,
    percent: null,
    eta_seconds: null,
  },
  message: null,
  error: null,
  next_retry_at: null,
  request: {
    dataset: "activity_events",
    start: "2026-01-01T00:00:00.000Z",
    end: "2026-01-08T00:00:00.000Z",
    event_names: ["order_*"],
    row_format: "flat",
    enrich_with_moments_info: false,
    delivery: { type: "download" },
    layout: "single",
    format: "ndjson",
    file_rows: 50_000,
  },
  delivery: { type: "download" },
  files: [],
  content_url: `${EXPORT_ADDRESS}/content`,
  download_url: null,
  url_expires_at: null,
  manifest_url: null,
};

/** As a list shows it: without its files. */
const COMPLETED_EXPORT = {
  ...QUEUED_EXPORT,
  status: "completed",
  started_at: "2026-01-15T10:23:45.310Z",
  completed_at: "2026-01-15T10:23:58.902Z",
  expires_at: "2026-01-22T10:23:58.902Z",
  progress: {
    phase: "done",
    rows_written: FILE.rows,
    rows_total: FILE.rows,
    files_written: 1,
    files_total: 1,
    bytes_written: FILE.bytes,
    percent: 100,
    eta_seconds: null,
  },
  manifest_url: `${EXPORT_ADDRESS}/manifest`,
};

const SPACE = {
  id: "9a4d1c6e-2f7b-4a55-8d3e-1b0c5e7f6a21",
  name: "Shop",
  timezone: "Europe/London",
  retention_days: 180,
  status: "active",
  external_id: "spillway-3e5b8c1a-7d40-4f6b-9c2e-0a1d8f7b6c54",
  created_at: AT,
};

const DEFINITION = {
  id: "order_placed",
  name: "Order placed",
  description: null,
  section_id: "default",
  category: "custom",
  enabled: true,
  version: 1,
  properties: [
    { name: "order_id", type: "text", required: true },
    { name: "amount", type: "number", required: false },
    { name: "lines", type: "list", required: false, fields: [{ name: "sku", type: "text", required: false }] },
  ],
  created_at: AT,
  updated_at: AT,
};

const DELETION = {
  id: "e0b3a1f6-58c7-4d0e-9b2f-7a6c5d4e3f21",
  person_id: "p-1",
  status: "pending",
  requested_at: AT,
  completed_at: null,
  deleted: { events: 0, touchpoints: 0, reachability_events: 0, profile_versions: 0 },
};

const ATTRIBUTE = {
  id: "points",
  section_id: "loyalty",
  name: "Points",
  type: "number",
  native: false,
  created_at: AT,
  updated_at: AT,
};

const API_KEY = {
  id: "5f0c2a9e7b41d836c0fe12ab",
  name: "nightly export",
  scopes: ["exports:read", "exports:write"],
  created_at: AT,
};

const ENDPOINT = {
  id: "0d5b7e1c-93aa-4c6f-8e21-6f4b2d9c1a37",
  url: "https://shop.example/hooks/spillway",
  event_types: ["export.completed", "export.failed"],
  enabled: true,
  disabled_reason: null,
  created_at: AT,
  updated_at: AT,
};
const NEXT_SECRET = { secret: "whsec_<secret>", previous_secret_expires_at: "2026-01-16T10:23:45.123Z" };
const EVENT_ID = `evt_${EXPORT_ID}_completed_0`;
const DELIVERY = {
  id: `${EVENT_ID}.${ENDPOINT.id}`,
  webhook_id: EVENT_ID,
  type: "export.completed",
  export_id: EXPORT_ID,
  schedule_id: null,
  endpoint_id: ENDPOINT.id,
  status: "delivered",
  created_at: COMPLETED_EXPORT.completed_at,
  next_attempt_at: null,
  attempts: [
    { n: 1, at: "2026-01-15T10:23:58.960Z", duration_ms: 118, status_code: 503, error: "http_status" },
    { n: 2, at: "2026-01-15T10:24:04.611Z", duration_ms: 74, status_code: 204, error: null },
  ],
};

/** Answers, by a call's operationId or, for every other call, by the id of the answer's schema. */
export const EXAMPLES: Record<string, unknown> = {
  createExport: QUEUED_EXPORT,
  listExports: { data: [COMPLETED_EXPORT], next_cursor: null },
  Export: {
    ...COMPLETED_EXPORT,
    files: [{ ...FILE, url: URL_OF_FILE }],
    download_url: URL_OF_FILE,
    url_expires_at: "2026-01-15T10:39:02.000Z",
  },
  getExportTimeline: {
    data: [
      { at: "2026-01-15T10:23:45.123Z", type: "export.created", detail: {} },
      { at: "2026-01-15T10:23:45.310Z", type: "export.started", detail: {} },
      { at: "2026-01-15T10:23:45.702Z", type: "export.planned", detail: { rows: 541_909, chunks: 11 } },
      {
        at: "2026-01-15T10:23:47.020Z",
        type: "export.attempt_failed",
        detail: {
          step: "chunk",
          n: 3,
          attempt: 1,
          code: "destination_unavailable",
          owner: "service",
          retry_in_seconds: 3,
        },
      },
      { at: "2026-01-15T10:23:58.902Z", type: "export.completed", detail: { rows: 541_909 } },
    ],
    next_cursor: null,
  },
  Estimate: { rows: FILE.rows, files: 1, bytes_estimate: 25_000_000 },
  Accepted: { accepted: 1, duplicates: 0 },
  listEvents: {
    data: [
      {
        definitionId: "order_placed",
        eventId: "evt-1",
        sessionId: null,
        personId: "p-1",
        externalPersonId: "CRM-1",
        occuredTime: "2026-01-15T10:23:46.007+0000",
        order_id: "A-17",
        amount: 19.9,
      },
    ],
    next_cursor: null,
  },
  FlowsPut: { put: 1 },
  Flow: {
    id: "10000005271386",
    campaign_name: "Spring sale",
    campaign_start: "2026-01-10T08:00:00.000Z",
    elements: [{ id: "10000005271386-12", name: "Send email" }],
    created_at: AT,
    updated_at: AT,
  },
  AdObjectsPut: { put: 4 },
  AdObject: {
    level: "ad",
    id: "120210000000000001",
    name: "Blue shoes, video",
    adset_id: "120210000000000010",
    created_at: AT,
    updated_at: AT,
  },
  EventDefinition: DEFINITION,
  growEventDefinition: {
    ...DEFINITION,
    version: 2,
    properties: [...DEFINITION.properties, { name: "currency", type: "text", required: false }],
  },
  ProfileDeletion: {
    ...DELETION,
    status: "completed",
    completed_at: "2026-01-15T10:25:02.480Z",
    deleted: { events: 214, touchpoints: 9, reachability_events: 2, profile_versions: 3 },
  },
  deleteProfile: DELETION,
  Attribute: ATTRIBUTE,
  listAttributes: {
    data: [
      {
        ...ATTRIBUTE,
        id: "$email_address",
        section_id: "default",
        name: "Email address",
        type: "text",
        native: true,
      },
      ATTRIBUTE,
    ],
    next_cursor: null,
  },
  Tag: { id: "vip", section_id: "loyalty", name: "Very important", created_at: AT, updated_at: AT },
  Topic: { id: "newsletter", section_id: "default", name: "Newsletter", created_at: AT, updated_at: AT },
  Section: { id: "loyalty", name: "loyalty" },
  Merged: { merged: 1 },
  Profile: {
    person_id: "p-1",
    external_person_id: "CRM-1",
    company_id: null,
    type: null,
    identifiers: {},
    attributes: { $first_name: "Ada", tier: "gold" },
    tags: ["vip"],
    topics: { newsletter: { email: "confirmed-opt-in" } },
    installations: [],
    created_at: AT,
    updated_at: AT,
  },
  Segment: {
    id: "gold-buyers",
    name: "Gold customers who bought lately",
    rule: {
      all: [
        { attribute: "tier", op: "eq", value: "gold" },
        { event: "order_placed", within_days: 30 },
      ],
    },
    created_at: AT,
    updated_at: AT,
  },
  SegmentCount: { count: 1_204, counted_at: AT },
  Space: SPACE,
  NewSpaceAnswer: { ...SPACE, api_key: "spw_<key id>_<secret>", webhook_secret: "whsec_<secret>" },
  changeSpace: { ...SPACE, status: "inactive" },
  changeOwnSpace: { ...SPACE, retention_days: 365 },
  ApiKey: API_KEY,
  NewApiKey: { ...API_KEY, key: "spw_<key id>_<secret>" },
  ...destinationExamples(AT, SPACE.external_id),
  ...scheduleExamples(EXPORT_ID),
  WebhookEndpoint: ENDPOINT,
  changeWebhookEndpoint: { ...ENDPOINT, enabled: false },
  NewWebhookEndpoint: { ...ENDPOINT, secret: "whsec_<secret>" },
  RotatedWebhookEndpoint: { ...ENDPOINT, ...NEXT_SECRET },
  RotatedWebhookSecret: {
    webhook_secret: NEXT_SECRET.secret,
    previous_secret_expires_at: NEXT_SECRET.previous_secret_expires_at,
  },
  WebhookDelivery: DELIVERY,
  redeliverWebhook: { ...DELIVERY, status: "pending", next_attempt_at: "2026-01-15T11:00:00.000Z" },
  Health: { status: "ok" },
};
