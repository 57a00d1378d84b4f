/** Access by scope: each route is called with a key of that scope alone, and with a key of all the others. */

import { beforeAll, describe, expect, it } from "vitest";
import { type Route, type Scope, SCOPES } from "../../../src/http/route.ts";
import { ROUTES } from "../../../src/http/routes.ts";
import { type ProblemView, Service } from "../../support/service.ts";

/**
 * Written by hand: independent of the routes, so that a wrong scope of a route is found. `any`: each key of the space.
 */
const OPENS: Record<string, Scope | "any"> = {
  createExport: "exports:write",
  listExports: "exports:read",
  estimateExport: "exports:read",
  getExport: "exports:read",
  cancelExport: "exports:write",
  retryExport: "exports:write",
  verifyExport: "exports:write",
  listVerificationProblems: "exports:read",
  deleteExport: "exports:write",
  getExportTimeline: "exports:read",
  listExportFiles: "exports:read",
  getExportFile: "exports:read",
  getExportContent: "exports:read",
  getExportManifest: "exports:read",
  getExportLoadStatements: "exports:read",
  sendEvents: "events:write",
  listEvents: "events:read",
  putFlows: "events:write",
  listFlows: "events:read",
  sendTouchpoints: "events:write",
  putAdObjects: "events:write",
  listAdObjects: "events:read",
  createEventDefinition: "events:write",
  listEventDefinitions: "events:read",
  getEventDefinition: "events:read",
  listEventDefinitionVersions: "events:read",
  getEventDefinitionVersion: "events:read",
  growEventDefinition: "events:write",
  mergeProfiles: "profiles:write",
  mergePeople: "profiles:write",
  getProfile: "profiles:read",
  putSegment: "profiles:write",
  listProfiles: "profiles:read",
  listSegments: "profiles:read",
  getSegment: "profiles:read",
  deleteSegment: "profiles:write",
  countSegment: "profiles:read",
  loadReachabilityEvents: "profiles:write",
  deleteProfile: "profiles:write",
  listProfileDeletions: "profiles:read",
  getProfileDeletion: "profiles:read",
  putAttribute: "profiles:write",
  listAttributes: "profiles:read",
  getAttribute: "profiles:read",
  putTag: "profiles:write",
  listTags: "profiles:read",
  getTag: "profiles:read",
  putTopic: "profiles:write",
  listTopics: "profiles:read",
  getTopic: "profiles:read",
  listSections: "profiles:read",
  getOwnSpace: "any",
  changeOwnSpace: "settings:write",
  getOwnApiKey: "any",
  createApiKey: "settings:write",
  listApiKeys: "settings:write",
  deleteApiKey: "settings:write",
  createDestination: "settings:write",
  listDestinations: "settings:write",
  getDestinationPolicies: "settings:write",
  getDestination: "settings:write",
  changeDestination: "settings:write",
  deleteEventDefinition: "events:write",
  deleteDestination: "settings:write",
  testDestination: "settings:write",
  createSchedule: "settings:write",
  listSchedules: "settings:write",
  getSchedule: "settings:write",
  changeSchedule: "settings:write",
  deleteSchedule: "settings:write",
  listScheduleExports: "settings:write",
  createWebhookEndpoint: "settings:write",
  listWebhookEndpoints: "settings:write",
  getWebhookEndpoint: "settings:write",
  changeWebhookEndpoint: "settings:write",
  deleteWebhookEndpoint: "settings:write",
  rotateWebhookEndpointSecret: "settings:write",
  rotateSpaceWebhookSecret: "settings:write",
  listWebhookDeliveries: "settings:write",
  redeliverWebhook: "settings:write",
  mcp: "any",
  getStats: "exports:read",
  createPortalLink: "settings:write",
};

const service = new Service({ CREATE_LIMIT: "10000", POLL_LIMIT: "10000", LIST_LIMIT: "10000" });
/** Calls of the portal take no key: portal/access.test.ts. */
const routes = ROUTES.filter(({ auth }) => auth !== "none" && auth !== "admin" && auth !== "portal");
const alone = new Map<Scope, string>();
const without = new Map<Scope, string>();

beforeAll(async () => {
  const space = await service.space();
  for (const scope of SCOPES) {
    alone.set(scope, await service.keyWith(space, [scope]));
    without.set(
      scope,
      await service.keyWith(
        space,
        SCOPES.filter((each) => each !== scope),
      ),
    );
  }
});

it("names the scope of every route", () => {
  expect(Object.keys(OPENS).toSorted()).toEqual(routes.map((route) => route.operationId).toSorted());
});

/** Which of these routes answer anything but 403 `forbidden` to a key. Bodies are empty: what is opened answers 422. */
async function opened(key: string | undefined, among: readonly Route[]): Promise<string[]> {
  const answers = await Promise.all(
    among.map(async (route) => {
      const path = route.path.replaceAll(/\{\w+\}/g, crypto.randomUUID());
      const response = await service.call(route.method, path, {
        key: key ?? "",
        ...(route.body === undefined ? {} : { body: { unknown: true } }),
      });
      const text = await response.text();
      const refused = response.status === 403 && (JSON.parse(text) as ProblemView).code === "forbidden";
      if (!refused && ![200, 404, 410, 422].includes(response.status)) throw new Error(`${path}: ${text}`);
      return refused ? [] : [route.operationId];
    }),
  );
  return answers.flat().toSorted();
}

describe.each(SCOPES)("%s", (scope) => {
  it("alone opens its own calls and no other", async () => {
    const own = Object.keys(OPENS).filter((id) => OPENS[id] === scope || OPENS[id] === "any");
    expect(await opened(alone.get(scope), routes)).toEqual(own.toSorted());
  });

  it("is needed for its own calls, also by a key with every other scope", async () => {
    const others = Object.keys(OPENS).filter((id) => OPENS[id] !== scope);
    expect(await opened(without.get(scope), routes)).toEqual(others.toSorted());
  });
});

it("is named by the refusal", async () => {
  const problem = await service.json<ProblemView>("PATCH", "/v1/space", 403, {
    key: alone.get("events:read") ?? "",
    body: {},
  });
  expect(problem.detail).toContain("settings:write");
});
