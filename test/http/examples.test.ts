/** Every example of a request in the OpenAPI document is accepted by the API, on the day it is shown. */

import { beforeAll, describe, expect, it } from "vitest";
import { DATASETS } from "../../src/datasets/index.ts";
import { inPascalCase } from "../../src/names.ts";
import type { Route } from "../../src/http/route.ts";
import { ROUTES } from "../../src/http/routes.ts";
import { AWS_VARS } from "../support/aws.ts";
import { ADMIN, Service, type Space } from "../support/service.ts";

const service = new Service({
  ...AWS_VARS,
  CREATE_LIMIT: "1000",
  POLL_LIMIT: "1000",
  LIST_LIMIT: "1000",
  PENDING_LIMIT: "100",
});
let space: Space;
/** A space that has nothing yet, not even the definition that an example creates. */
let empty: Space;

interface Document {
  paths: Record<string, Record<string, { requestBody?: { content: Record<string, { example: unknown }> } }>>;
  components: { schemas: Record<string, { example?: Record<string, unknown> }> };
}

let document: Document;

beforeAll(async () => {
  space = await service.shop();
  empty = await service.space();
  document = await service.json<Document>("GET", "/openapi.json", 200);
  const profiles = [{ person_id: "anonymous-7f3a" }];
  await service.json("PUT", "/v1/profiles", 200, { key: space.key, body: { profiles } });
  const rule = { attribute: "tier", op: "eq", value: "gold" };
  for (const id of ["gold", "gold_customers"])
    await service.json("PUT", `/v1/segments/${id}`, 200, { key: space.key, body: { name: id, rule } });
});

/** What a path leads to: made by the example of a create. */
const CREATES: Record<string, string> = {
  "/v1/spaces/{id}": "/v1/spaces",
  "/v1/spaces/{id}/api-keys": "/v1/spaces",
  "/v1/spaces/{id}/query": "/v1/spaces",
  "/v1/spaces/{id}/move": "/v1/spaces",
  "/v1/destinations/{id}": "/v1/destinations",
  "/v1/schedules/{id}": "/v1/schedules",
  "/v1/webhook-endpoints/{id}": "/v1/webhook-endpoints",
};

function credentials(route: Route) {
  if (route.auth === "admin") return { key: ADMIN };
  return { key: route.operationId === "createEventDefinition" ? empty.key : space.key };
}

const exampleOf = (route: Route, type = "application/json") =>
  document.paths[route.path]?.[route.method.toLowerCase()]?.requestBody?.content[type]?.example;

/** The route's address, with an id that exists, or a new one for a PUT. */
async function addressOf(route: Route): Promise<string> {
  if (route.path === "/v1/event-definitions/{id}") return "/v1/event-definitions/order_placed";
  const create = ROUTES.find((each) => each.method === "POST" && each.path === CREATES[route.path]);
  if (create === undefined) return route.path.replace("{id}", `new-${route.operationId}`);
  // Spaces that share a database are not queried.
  const home = route.operationId === "querySpace" ? { home: "object" } : {};
  const options = { ...credentials(create), body: { ...(exampleOf(create) as object), ...home } };
  const { id } = await service.json<{ id: string }>("POST", create.path, 201, options);
  return route.path.replace("{id}", id);
}

/** The token of a link is a secret that no document has: portal/portal.test.ts opens links. */
const SECRET = "openPortalLink";
const withBody = ROUTES.filter((route) => route.body !== undefined && route.operationId !== SECRET).map(
  (route) => [route.operationId, route] as const,
);

describe.each(withBody)("the example of %s", (_, route) => {
  it("is accepted", async () => {
    const response = await service.call(route.method, await addressOf(route), {
      ...credentials(route),
      body: exampleOf(route),
    });
    expect([response.status, response.ok ? "" : await response.text()]).toEqual([response.status, ""]);
  });

  if (route.body?.linesOf !== undefined)
    it("is accepted as lines", async () => {
      const type = "application/x-ndjson";
      const response = await service.call(route.method, route.path, {
        ...credentials(route),
        body: exampleOf(route, type),
        headers: { "content-type": type },
      });
      expect([response.status, response.ok ? "" : await response.text()]).toEqual([response.status, ""]);
    });
});

it("the example of each dataset is accepted", async () => {
  const examples = Object.entries(document.components.schemas).flatMap(([name, { example }]) =>
    DATASETS.some((dataset) => name === `${inPascalCase(dataset.name)}Request`) && example !== undefined
      ? [example]
      : [],
  );
  expect(examples).toHaveLength(6);
  for (const body of examples) {
    const response = await service.call("POST", "/v1/exports", { key: space.key, body });
    expect([body["dataset"], response.status, response.ok ? "" : await response.text()]).toEqual([
      body["dataset"],
      202,
      "",
    ]);
  }
});

it("shows other days tomorrow", async () => {
  const example = () => JSON.stringify(document.components.schemas["ActivityEventsRequest"]?.example);
  const today = example();
  expect(today).toContain('"2026-02-14T00:00:00.000Z"');
  service.now += 86_400_000;
  document = await service.json<Document>("GET", "/openapi.json", 200);
  expect(example()).toContain('"2026-02-15T00:00:00.000Z"');
});
