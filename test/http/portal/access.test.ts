/** What a portal session may call: each route is called with a session of each scope alone. */

import { beforeAll, describe, expect, it } from "vitest";
import { type Route, PORTAL_SCOPES } from "../../../src/http/route.ts";
import { ROUTES } from "../../../src/http/routes.ts";
import { PAGE, Portal } from "../../support/portal.ts";
import { type ProblemView, Service, type Space } from "../../support/service.ts";

type PortalScope = (typeof PORTAL_SCOPES)[number];

/** Written by hand: independent of the routes. What is not here, no session may call. */
const OPENS: Record<PortalScope, readonly string[]> = {
  "exports:read": [
    "listExports",
    "estimateExport",
    "getExport",
    "getExportTimeline",
    "listExportFiles",
    "getExportFile",
    "getExportContent",
    "getExportManifest",
    "getExportLoadStatements",
    "listVerificationProblems",
    "getStats",
  ],
  "exports:write": [
    "createExport",
    "cancelExport",
    "retryExport",
    "deleteExport",
    "verifyExport",
    // Names for the forms.
    "listEventDefinitions",
    "listAttributes",
    "listTags",
    "listSegments",
    "listDestinations",
  ],
  "settings:write": [
    "createDestination",
    "listDestinations",
    "getDestinationPolicies",
    "getDestination",
    "changeDestination",
    "deleteDestination",
    "testDestination",
    "createSchedule",
    "listSchedules",
    "getSchedule",
    "changeSchedule",
    "deleteSchedule",
    "listScheduleExports",
    "createWebhookEndpoint",
    "listWebhookEndpoints",
    "getWebhookEndpoint",
    "changeWebhookEndpoint",
    "deleteWebhookEndpoint",
    "rotateWebhookEndpointSecret",
    "listWebhookDeliveries",
    "redeliverWebhook",
  ],
};

/** Whatever its scopes are. */
const ALWAYS = ["getOwnSpace", "getPortalSession", "endPortalSession"];

const service = new Service({ CREATE_LIMIT: "10000", POLL_LIMIT: "10000", LIST_LIMIT: "10000" });
const routes = ROUTES.filter((route) => route.auth !== "none" && route.auth !== "admin");
let space: Space;

beforeAll(async () => {
  space = await service.space();
});

/** Does the route answer anything but 403 `forbidden` to a session? Bodies are empty: what is opened answers 422. */
async function isOpened(portal: Portal, route: Route): Promise<boolean> {
  const path = route.path.replaceAll(/\{\w+\}/g, crypto.randomUUID());
  const response = await portal.call(route.method, path, route.body === undefined ? undefined : { unknown: true });
  const text = await response.text();
  const isRefused = response.status === 403 && (JSON.parse(text) as ProblemView).code === "forbidden";
  if (!isRefused && ![200, 204, 404, 409, 410, 422].includes(response.status)) throw new Error(`${path}: ${text}`);
  return !isRefused;
}

describe.each(PORTAL_SCOPES)("a session of %s alone", (scope) => {
  it("opens its own calls and no other", async () => {
    const opened: string[] = [];
    for (const route of routes) {
      // A session of its own for the call that ends it.
      const portal = await Portal.open(service, space, { scopes: [scope] });
      if (await isOpened(portal, route)) opened.push(route.operationId);
    }
    expect(opened.toSorted()).toEqual([...OPENS[scope], ...ALWAYS].toSorted());
  });
});

it("a session of every scope makes no key, no link and no session, and changes neither the space nor its secret", async () => {
  const portal = await Portal.open(service, space);
  const calls: [string, string, object?][] = [
    ["POST", "/v1/api-keys", { name: "mine", scopes: ["exports:read"] }],
    ["GET", "/v1/api-keys"],
    ["GET", "/v1/api-key"],
    ["DELETE", `/v1/api-keys/${space.key.slice(4, 28)}`],
    ["POST", "/v1/portal-links", { scopes: ["exports:read"] }],
    ["PATCH", "/v1/space", { retention_days: 1 }],
    ["POST", "/v1/space/rotate-webhook-secret"],
    ["POST", "/mcp", { jsonrpc: "2.0", id: 1, method: "tools/list" }],
  ];
  for (const [method, path, body] of calls) {
    const problem = await portal.json<ProblemView>(method, path, 403, body);
    expect([path, problem.detail]).toEqual([
      path,
      expect.stringMatching("A portal session may not make this call: GET /v1/portal-session shows"),
    ]);
  }
});

it("the operator's calls take no session", async () => {
  const portal = await Portal.open(service, space);
  await portal.json("GET", "/v1/spaces", 401);
});

it("calls of the portal need a session, and take no API key", async () => {
  await service.json("GET", "/v1/portal-session", 401);
  await service.json("GET", "/v1/portal-session", 403, { key: space.key });
  await service.json("DELETE", "/v1/portal-session", 403, { key: space.key, headers: PAGE });
});
