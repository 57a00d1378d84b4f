/**
 * No call shows or touches another space's data. The table below has every route there is: one that is added without a
 * line here fails the first test.
 */

import { beforeAll, describe, expect, it } from "vitest";
import { ROUTES } from "../../src/http/routes.ts";
import { AWS_VARS, KEYS } from "../support/aws.ts";
import { ADMIN, orders, Service, type Space } from "../support/service.ts";

/** Ids in a path: those of the other space, or unknown ids. */
interface Ids {
  export: string;
  file: string;
  definition: string;
  person: string;
  deletion: string;
  /** Of a tag and a topic too. */
  attribute: string;
  key: string;
  space: string;
  endpoint: string;
  delivery: string;
  destination: string;
  segment: string;
  schedule: string;
}

/**
 * `foreign`: takes an id. `list`: shows many; `query` is what it needs beside. `own`: shows what is the caller's, by
 * default the external id. A text says why a route can show nothing of another space's.
 */
type Line =
  | { foreign: (ids: Ids) => string; status: number; body?: unknown }
  | { list: string; query?: string }
  | { own: string; ours?: string; theirs?: string }
  | string;

/** A name in its path that the caller gives to something of its own space: see tenancy-data.test.ts too. */
const ownDefinition = (kind: string): Line => ({
  foreign: (ids) => `/v1/${kind}/${ids.attribute}`,
  status: 422,
  body: { name: "" },
});

const TABLE: Record<string, Line> = {
  createExport: "reads the caller's own space: tenancy-data.test.ts",
  listExports: { list: "/v1/exports" },
  estimateExport: "reads the caller's own space: tenancy-data.test.ts",
  getExport: { foreign: (ids) => `/v1/exports/${ids.export}`, status: 404 },
  cancelExport: { foreign: (ids) => `/v1/exports/${ids.export}/cancel`, status: 404 },
  retryExport: { foreign: (ids) => `/v1/exports/${ids.export}/retry`, status: 404 },
  listVerificationProblems: { foreign: (ids) => `/v1/exports/${ids.export}/verification/problems`, status: 404 },
  verifyExport: { foreign: (ids) => `/v1/exports/${ids.export}/verify`, status: 404 },
  deleteExport: { foreign: (ids) => `/v1/exports/${ids.export}`, status: 404 },
  getExportTimeline: { foreign: (ids) => `/v1/exports/${ids.export}/events`, status: 404 },
  listExportFiles: { foreign: (ids) => `/v1/exports/${ids.export}/files`, status: 404 },
  getExportFile: { foreign: (ids) => `/v1/exports/${ids.export}/files/${ids.file}`, status: 404 },
  getExportContent: { foreign: (ids) => `/v1/exports/${ids.export}/content`, status: 410 },
  getExportManifest: { foreign: (ids) => `/v1/exports/${ids.export}/manifest`, status: 404 },
  getExportLoadStatements: { foreign: (ids) => `/v1/exports/${ids.export}/load?for=duckdb`, status: 404 },
  sendEvents: "names things in its body: tenancy-data.test.ts",
  listEvents: { list: "/v1/events", query: "start=2026-03-01T11:00:00Z&end=2026-03-01T12:00:00Z" },
  putFlows: "writes to the caller's own space: tenancy-data.test.ts",
  listFlows: { list: "/v1/flows" },
  sendTouchpoints: "names persons in its body: tenancy-data.test.ts",
  putAdObjects: "writes to the caller's own space: tenancy-data.test.ts",
  listAdObjects: { list: "/v1/ad-objects", query: "level=ad" },
  createEventDefinition: "writes to the caller's own space: tenancy-data.test.ts",
  listEventDefinitions: { list: "/v1/event-definitions" },
  getEventDefinition: { foreign: (ids) => `/v1/event-definitions/${ids.definition}`, status: 404 },
  listEventDefinitionVersions: { foreign: (ids) => `/v1/event-definitions/${ids.definition}/versions`, status: 404 },
  getEventDefinitionVersion: { foreign: (ids) => `/v1/event-definitions/${ids.definition}/versions/1`, status: 404 },
  deleteEventDefinition: { foreign: (ids) => `/v1/event-definitions/${ids.definition}`, status: 404 },
  growEventDefinition: {
    foreign: (ids) => `/v1/event-definitions/${ids.definition}`,
    status: 404,
    body: { enabled: false, properties: [{ name: "spy", type: "text" }] },
  },
  mergeProfiles: "writes to the caller's own space: tenancy-data.test.ts",
  mergePeople: "names persons in its body: ingest/merge.test.ts",
  listProfiles: { list: "/v1/profiles" },
  getProfile: { foreign: (ids) => `/v1/profiles/${ids.person}`, status: 404 },
  putSegment: "makes what it names, in the caller's own space: tenancy-data.test.ts",
  listSegments: { list: "/v1/segments" },
  getSegment: { foreign: (ids) => `/v1/segments/${ids.segment}`, status: 404 },
  deleteSegment: { foreign: (ids) => `/v1/segments/${ids.segment}`, status: 404 },
  countSegment: { foreign: (ids) => `/v1/segments/${ids.segment}/count`, status: 404 },
  loadReachabilityEvents: "names things in its body: tenancy-data.test.ts",
  deleteProfile: { foreign: (ids) => `/v1/profiles/${ids.person}`, status: 404 },
  listProfileDeletions: { list: "/v1/profile-deletions" },
  getProfileDeletion: { foreign: (ids) => `/v1/profile-deletions/${ids.deletion}`, status: 404 },
  putAttribute: ownDefinition("attributes"),
  listAttributes: { list: "/v1/attributes" },
  getAttribute: { foreign: (ids) => `/v1/attributes/${ids.attribute}`, status: 404 },
  putTag: ownDefinition("tags"),
  listTags: { list: "/v1/tags" },
  getTag: { foreign: (ids) => `/v1/tags/${ids.attribute}`, status: 404 },
  putTopic: ownDefinition("topics"),
  listTopics: { list: "/v1/topics" },
  getTopic: { foreign: (ids) => `/v1/topics/${ids.attribute}`, status: 404 },
  listSections: { list: "/v1/sections" },
  createSpace: "the operator's: it makes a new space",
  listSpaces: { list: "/v1/spaces" },
  listHomes: { list: "/v1/homes" },
  getSpace: { foreign: (ids) => `/v1/spaces/${ids.space}`, status: 401 },
  changeSpace: { foreign: (ids) => `/v1/spaces/${ids.space}`, status: 401, body: { status: "inactive" } },
  deleteSpace: { foreign: (ids) => `/v1/spaces/${ids.space}`, status: 401 },
  querySpace: { foreign: (ids) => `/v1/spaces/${ids.space}/query`, status: 401, body: { sql: "SELECT 1" } },
  moveSpace: { foreign: (ids) => `/v1/spaces/${ids.space}/move`, status: 401, body: { home: "object" } },
  cancelMove: { foreign: (ids) => `/v1/spaces/${ids.space}/move`, status: 401 },
  getOwnSpace: "has no id: the key says which space",
  getOwnApiKey: "has no id: the key itself is shown",
  changeOwnSpace: "has no id: the key says which space",
  createApiKey: "makes a key of the caller's own space",
  listApiKeys: { list: "/v1/api-keys" },
  createSpaceApiKey: {
    foreign: (ids) => `/v1/spaces/${ids.space}/api-keys`,
    status: 401,
    body: { name: "spy", scopes: ["events:read"] },
  },
  listSpaceApiKeys: { foreign: (ids) => `/v1/spaces/${ids.space}/api-keys`, status: 401 },
  deleteSpaceApiKey: { foreign: (ids) => `/v1/spaces/${ids.space}/api-keys/${ids.key}`, status: 401 },
  deleteApiKey: { foreign: (ids) => `/v1/api-keys/${ids.key}`, status: 404 },
  createDestination: "makes a destination of the caller's own space",
  listDestinations: { list: "/v1/destinations" },
  getDestinationPolicies: { own: "/v1/destinations/policies?bucket=acme-exports" },
  getDestination: { foreign: (ids) => `/v1/destinations/${ids.destination}`, status: 404 },
  changeDestination: {
    foreign: (ids) => `/v1/destinations/${ids.destination}`,
    status: 404,
    body: { bucket: "spy-bucket" },
  },
  deleteDestination: { foreign: (ids) => `/v1/destinations/${ids.destination}`, status: 404 },
  testDestination: { foreign: (ids) => `/v1/destinations/${ids.destination}/test`, status: 404 },
  createSchedule: "makes a schedule of the caller's own space",
  listSchedules: { list: "/v1/schedules" },
  getSchedule: { foreign: (ids) => `/v1/schedules/${ids.schedule}`, status: 404 },
  changeSchedule: { foreign: (ids) => `/v1/schedules/${ids.schedule}`, status: 404, body: { paused: true } },
  deleteSchedule: { foreign: (ids) => `/v1/schedules/${ids.schedule}`, status: 404 },
  listScheduleExports: { foreign: (ids) => `/v1/schedules/${ids.schedule}/exports`, status: 404 },
  createWebhookEndpoint: "makes an endpoint of the caller's own space",
  listWebhookEndpoints: { list: "/v1/webhook-endpoints" },
  getWebhookEndpoint: { foreign: (ids) => `/v1/webhook-endpoints/${ids.endpoint}`, status: 404 },
  changeWebhookEndpoint: {
    foreign: (ids) => `/v1/webhook-endpoints/${ids.endpoint}`,
    status: 404,
    body: { url: "https://spy.example/", enabled: false },
  },
  deleteWebhookEndpoint: { foreign: (ids) => `/v1/webhook-endpoints/${ids.endpoint}`, status: 404 },
  rotateWebhookEndpointSecret: {
    foreign: (ids) => `/v1/webhook-endpoints/${ids.endpoint}/rotate-secret`,
    status: 404,
  },
  rotateSpaceWebhookSecret: "has no id: the key says which space",
  listWebhookDeliveries: { list: "/v1/webhook-deliveries" },
  redeliverWebhook: { foreign: (ids) => `/v1/webhook-deliveries/${ids.delivery}/redeliver`, status: 404 },
  mcp: "makes calls of the other lines, with the caller's key: mcp/tools.test.ts",
  getStats: { own: "/v1/stats", ours: "Europe/London", theirs: "Africa/Nairobi" },
  createPortalLink: "makes a link to the caller's own space: portal/portal.test.ts",
  openPortalLink: "the link says which space: portal/portal.test.ts",
  getPortalSession: "has no id: the cookie says which session",
  endPortalSession: "has no id: the cookie says which session",
  health: "shows nothing of any space",
  openapi: "shows nothing of any space",
  problem: "shows nothing of any space",
  root: "shows nothing of any space",
  docs: "shows nothing of any space",
  docsSearch: "shows nothing of any space",
  docsSearchIndex: "shows nothing of any space",
  trackerScript: "is the same for every caller",
  docsScript: "shows nothing of any space",
  console: "shows nothing of any space",
  portal: "shows nothing of any space",
  spacePortal: "shows which pages may frame the portal of a space, to a caller who knows its id",
  asset: "shows nothing of any space",
};

const service = new Service({ CREATE_LIMIT: "10000", POLL_LIMIT: "10000", LIST_LIMIT: "10000", ...AWS_VARS });
const NOBODY: Ids = {
  export: crypto.randomUUID(),
  file: `${crypto.randomUUID()}.json.gz`,
  definition: "nobodys_event",
  person: "nobody",
  attribute: "nobodys-attribute",
  deletion: crypto.randomUUID(),
  key: "0".repeat(24),
  space: crypto.randomUUID(),
  endpoint: crypto.randomUUID(),
  delivery: `evt_${crypto.randomUUID()}_completed_0.callback`,
  destination: crypto.randomUUID(),
  segment: "nobodys-segment",
  schedule: crypto.randomUUID(),
};
let theirs: Ids;
let them: Space;
let us: Space;

/** A space in which every text contains zebra. */
beforeAll(async () => {
  us = await service.shop();
  them = await service.space({ name: "Zebra crossing", timezone: "Africa/Nairobi" });
  const key = { key: them.key };
  const definition = { id: "zebra_seen", name: "Zebra seen", properties: [{ name: "zebra", type: "text" }] };
  await service.json("POST", "/v1/event-definitions", 201, { ...key, body: definition });
  const profile = { person_id: "zebra-1", external_person_id: "zebra-x", attributes: { name: "Zebra" } };
  await service.json("PUT", "/v1/profiles", 200, { ...key, body: { profiles: [profile] } });
  const [order] = orders(1);
  await service.send(them, [
    { ...order, definition_id: "zebra_seen", person_id: "zebra-1", properties: { zebra: "Zebra" } },
  ]);
  const flow = { id: "zebra-flow", campaign_name: "Zebra", elements: [{ id: "zebra-1", name: "Zebra" }] };
  await service.json("PUT", "/v1/flows", 200, { ...key, body: { flows: [flow] } });
  const ads = [{ id: "zebra-1", name: "Zebra", adset_id: "zebra-1" }];
  await service.json("PUT", "/v1/ad-objects", 200, { ...key, body: { ads } });
  const segment = { name: "Zebra", rule: { attribute: "name", op: "eq", value: "Zebra" } };
  await service.json("PUT", "/v1/segments/zebra-segment", 200, { ...key, body: segment });
  const defined = { name: "Zebra", section_id: "zebra-section" };
  await service.json("PUT", "/v1/attributes/zebra-stripes", 200, { ...key, body: { ...defined, type: "number" } });
  for (const kind of ["tags", "topics"])
    await service.json("PUT", `/v1/${kind}/zebra-stripes`, 200, { ...key, body: defined });
  const profiles = [{ person_id: "zebra-gone", external_person_id: "zebra-y" }];
  await service.json("PUT", "/v1/profiles", 200, { ...key, body: { profiles } });
  const deletion = await service.json<{ id: string }>("DELETE", "/v1/profiles/zebra-gone", 202, key);
  const created = { name: "zebra key", scopes: ["events:read"] };
  const apiKey = await service.json<{ id: string }>("POST", "/v1/api-keys", 201, { ...key, body: created });
  const endpoint = await service.json<{ id: string }>("POST", "/v1/webhook-endpoints", 201, {
    ...key,
    body: { url: "https://zebra.example/hooks" },
  });
  const destination = await service.json<{ id: string }>("POST", "/v1/destinations", 201, {
    ...key,
    body: { name: "Zebra", bucket: "zebra-exports", region: "eu-central-1", auth: { type: "keys", ...KEYS } },
  });
  const schedule = await service.json<{ id: string }>("POST", "/v1/schedules", 201, {
    ...key,
    body: { name: "Zebra", cron: "0 3 * * *", timezone: "UTC", request: { dataset: "activity_events" } },
  });
  const done = await service.export(them, { event_names: ["zebra*"] });
  expect(done).toMatchObject({ status: "completed", progress: { rows_written: 1 } });
  theirs = {
    export: done.id,
    file: done.files[0]?.name ?? "",
    definition: "zebra_seen",
    person: "zebra-1",
    attribute: "zebra-stripes",
    deletion: deletion.id,
    key: apiKey.id,
    space: them.id,
    endpoint: endpoint.id,
    delivery: `evt_${done.id}_completed_0.${endpoint.id}`,
    destination: destination.id,
    segment: "zebra-segment",
    schedule: schedule.id,
  };
});

const entries = ROUTES.flatMap((route) => {
  const line = TABLE[route.operationId];
  return line === undefined || typeof line === "string" ? [] : [{ ...route, name: route.operationId, line }];
});

it("knows every route there is, those with an id and those that list above all", () => {
  expect(Object.keys(TABLE).toSorted()).toEqual(ROUTES.map((route) => route.operationId).toSorted());
  // A PUT creates the object that it names.
  const exposed = ROUTES.filter(
    (route) =>
      route.auth !== "none" &&
      ((/\{/.test(route.path) && route.method !== "PUT") || (route.method === "GET" && route.query !== undefined)),
  );
  const puts = new Set(ROUTES.filter((route) => route.method === "PUT").map((route) => route.operationId));
  const others = entries.map((entry) => entry.name).filter((name) => !puts.has(name));
  expect(exposed.map((route) => route.operationId).toSorted()).toEqual(others.toSorted());
});

/** An answer as a reader sees it, without what differs from call to call; each id is replaced by its name. */
async function answer(method: string, path: string, ids: Ids, key: string, body?: unknown) {
  const response = await service.call(method, path, { key, ...(body === undefined ? {} : { body }) });
  const headers = [...response.headers].filter(([name]) => name !== "x-request-id" && !name.includes("ratelimit"));
  let text = JSON.stringify([response.status, headers, await response.text()]);
  text = text.replaceAll(response.headers.get("x-request-id") ?? "", "<request>");
  for (const [name, id] of Object.entries(ids)) text = text.replaceAll(id, `<${name}>`);
  return { status: response.status, text };
}

const foreign = entries.flatMap(({ name, method, line }) => ("foreign" in line ? [{ name, method, line }] : []));

describe("another space's id", () => {
  it.each(foreign)("$name answers it exactly like an unknown id", async ({ method, line }) => {
    const theirAnswer = await answer(method, line.foreign(theirs), theirs, us.key, line.body);
    const nobodys = await answer(method, line.foreign(NOBODY), NOBODY, us.key, line.body);
    expect(theirAnswer.text).toBe(nobodys.text);
    expect(theirAnswer.status).toBe(line.status);
  });

  it.each(foreign)("$name shows nothing of the other space", async ({ method, line }) => {
    const { text } = await answer(method, line.foreign(theirs), theirs, us.key, line.body);
    expect(text).not.toMatch(/zebra/i);
    for (const id of [theirs.export, theirs.space, theirs.key, them.external_id]) expect(text).not.toContain(id);
  });

  it("is found by its own space, so that the calls above looked for something that is there", async () => {
    const readable = foreign.filter((entry) => entry.method === "GET" && entry.line.status !== 401);
    const statuses = readable.map(
      async (entry) => (await answer("GET", entry.line.foreign(theirs), theirs, them.key)).status,
    );
    expect(new Set(await Promise.all(statuses))).toEqual(new Set([200, 302]));
  });

  it("is left as it was by calls that would change it", async () => {
    for (const { method, line } of foreign)
      if (method !== "GET") await answer(method, line.foreign(theirs), theirs, us.key, line.body);
    const definition = await service.json("GET", "/v1/event-definitions/zebra_seen", 200, { key: them.key });
    const keys = await service.json<{ data: { id: string }[] }>("GET", "/v1/api-keys", 200, { key: them.key });
    const space = await service.json("GET", `/v1/spaces/${them.id}`, 200, { key: ADMIN });
    expect(definition).toMatchObject({ version: 1, enabled: true });
    expect(keys.data.map((each) => each.id)).toContain(theirs.key);
    expect(space).toMatchObject({ status: "active", name: "Zebra crossing" });
    const endpoint = await service.json("GET", `/v1/webhook-endpoints/${theirs.endpoint}`, 200, { key: them.key });
    const deliveries = await service.json("GET", "/v1/webhook-deliveries", 200, { key: them.key });
    expect(endpoint).toMatchObject({ url: "https://zebra.example/hooks", enabled: true });
    const destination = await service.json("GET", `/v1/destinations/${theirs.destination}`, 200, { key: them.key });
    expect(destination).toMatchObject({ name: "Zebra", bucket: "zebra-exports" });
    const schedule = await service.json("GET", `/v1/schedules/${theirs.schedule}`, 200, { key: them.key });
    expect(schedule).toMatchObject({ name: "Zebra", status: "active" });
    expect(deliveries).toMatchObject({ data: [{ id: theirs.delivery, attempts: [] }] });
  });
});

describe("what is the caller's own", () => {
  const own = entries.flatMap(({ name, line }) => ("own" in line ? [{ name, ...line }] : []));

  it.each(own)("$name shows nothing of another space", async ({ own: path, ours, theirs }) => {
    const { text, status } = await answer("GET", path, NOBODY, us.key);
    expect(status).toBe(200);
    expect(text).toContain(ours ?? us.external_id);
    expect(text).not.toContain(theirs ?? them.external_id);
  });
});

const lists = entries.flatMap(({ name, auth, line }) =>
  "list" in line ? [{ name, auth, path: `${line.list}?${line.query ?? ""}&limit=200` }] : [],
);

describe("a list", () => {
  it.each(lists)("$name shows nothing of another space", async ({ path, auth }) => {
    const { text, status } = await answer("GET", path, NOBODY, us.key);
    expect(status).toBe(auth === "admin" ? 401 : 200);
    expect(text).not.toMatch(/zebra/i);
    for (const id of Object.values(theirs)) expect(text).not.toContain(id);
  });

  it.each(lists.filter((each) => each.auth !== "admin"))(
    "$name shows nothing of another space behind its cursor",
    async ({ path }) => {
      const position = Buffer.from(JSON.stringify([9_999_999_999_999, "0"])).toString("base64url");
      const { text } = await answer("GET", `${path}&cursor=${position}`, NOBODY, us.key);
      expect(text).not.toMatch(/zebra/i);
    },
  );
});
