/**
 * Every operation refuses query parameters that it does not have, and any that is sent twice; but for the addresses of
 * the page that a browser shows, whose parameters the page itself reads.
 */

import { beforeAll, describe, expect, it } from "vitest";
import type { Route } from "../../src/http/route.ts";
import { ROUTES } from "../../src/http/routes.ts";
import { Portal } from "../support/portal.ts";
import { ADMIN, type ProblemView, Service, type Space } from "../support/service.ts";

const MANY = "10000";
const service = new Service({ CREATE_LIMIT: MANY, POLL_LIMIT: MANY, LIST_LIMIT: MANY });
let space: Space;

beforeAll(async () => {
  space = await service.shop();
});

/** Addresses of the console and the portal. */
const PAGES = ["console", "portal", "spacePortal"];
const isPage = ({ operationId }: Route) => PAGES.includes(operationId);

const named = (routes: readonly Route[]) => routes.map((route) => [route.operationId, route] as const);

/** A call that the operation would accept but for its query. */
async function ask(route: Route, query: string): Promise<ProblemView> {
  const path = route.path
    .replace("{code}", "gone")
    .replace("{file}", "index.js")
    .replace("{version}", "1")
    .replaceAll(/\{\w+\}/g, crypto.randomUUID());
  if (route.auth === "portal")
    return (await Portal.open(service, space)).json<ProblemView>(route.method, `${path}?${query}`, 422);
  const key = route.auth === "none" ? {} : { key: route.auth === "admin" ? ADMIN : space.key };
  const body = route.body === undefined ? {} : { body: route.body.example };
  return service.json<ProblemView>(route.method, `${path}?${query}`, 422, { ...key, ...body });
}

/** The faults other than those of parameters that the operation requires. */
const pointers = ({ errors = [] }: ProblemView) =>
  errors.filter(({ detail }) => !detail.endsWith(" is required.")).map(({ pointer }) => pointer);

it.each(named(ROUTES.filter(isPage)))("%s shows the page with any parameters", async (_, { path }) => {
  const response = await service.call("GET", `${path.replace("{space}", space.id)}?status=failed&status=failed&x=1`);
  expect(response.headers.get("content-type")).toContain("text/html");
  expect(response.status).toBe(200);
});

describe.each(named(ROUTES.filter((route) => !isPage(route))))("%s", (_, route) => {
  it("refuses a parameter that it does not have", async () => {
    expect(pointers(await ask(route, "colour=red&dry=maybe"))).toEqual(["#query/colour", "#query/dry"]);
  });

  it("refuses a parameter that is sent twice", async () => {
    expect(pointers(await ask(route, "limit=1&limit=2"))).toEqual(["#query/limit"]);
  });

  it("refuses __proto__ and an empty name", async () => {
    expect(pointers(await ask(route, "__proto__=1"))).toEqual(["#query/__proto__"]);
    expect(pointers(await ask(route, "=1"))).toEqual(["#query/"]);
  });
});

it("a call that is refused for its query writes nothing", async () => {
  const event = { definition_id: "order_placed", person_id: "p-1", properties: {} };
  const body = { events: [event] };
  expect(await service.faults("POST", "/v1/events?dry_run=yes", { key: space.key, body })).toEqual(["#query/dry_run"]);
  await service.json("PUT", "/v1/profiles?dry_run=true", 422, {
    key: space.key,
    body: { profiles: [{ person_id: "x" }] },
  });
  const hour = `start=2026-03-01T11:00:00Z&end=2026-03-01T12:00:00Z`;
  expect(await service.json("GET", `/v1/events?${hour}`, 200, { key: space.key })).toMatchObject({ data: [] });
  await service.json("GET", "/v1/profiles/x", 404, { key: space.key });
});

it.each([
  ["/v1/exports", "Limit=3", "Did you mean limit?"],
  ["/v1/exports", "datset=activity_events", "Did you mean dataset?"],
  ["/v1/events", "eventnames=a", "Did you mean event_names?"],
])("%s?%s: %s", async (path, query, suggestion) => {
  const problem = await service.json<ProblemView>("GET", `${path}?${query}`, 422, { key: space.key });
  expect(problem.detail).toContain(suggestion);
});

it("a parameter that resembles no other gets no suggestion", async () => {
  const problem = await service.json<ProblemView>("GET", "/v1/exports?colour=red", 422, { key: space.key });
  expect(problem.detail).toBe("The parameter colour is unknown here. Remove it or correct its name.");
});
