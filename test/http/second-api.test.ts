/**
 * A second API next to the first has its own authentication, errors and 404s; both have the request id.
 */

import { Hono } from "hono";
import { beforeAll, describe, expect, it } from "vitest";
import { findSpace } from "../../src/db/tenants/spaces.ts";
import type { AppEnv } from "../../src/http/route.ts";
import { type ProblemView, Service, type Space } from "../support/service.ts";

class Refusal extends Error {
  readonly status: 401 | 400;
  constructor(status: 401 | 400, message: string) {
    super(message);
    this.status = status;
  }
}

/** Callers send a token of their own, and errors are `{"error": "…"}`. */
const legacy = new Hono<AppEnv>();
legacy.use(async (c, next) => {
  const space = await findSpace(c.var.call.databases.control, c.req.header("x-legacy-token") ?? "");
  if (space === null) throw new Refusal(401, "Send a valid X-Legacy-Token.");
  c.set("space", space);
  await next();
});
legacy.onError((error, c) =>
  error instanceof Refusal
    ? c.json({ error: error.message }, error.status)
    : c.json({ error: "The service failed." }, 500),
);
legacy.get("/shop", (c) => c.json({ shop: c.var.space.id }));
legacy.get("/broken", () => {
  throw new TypeError("a secret of the inside");
});
legacy.get("/orders/:id", (c) => {
  throw new Refusal(400, `${c.req.param("id")} is no order's number.`);
});
legacy.all("*", (c) => c.json({ error: `Nothing is at ${c.req.path}.` }, 404));

const service = new Service();
let space: Space;

beforeAll(async () => {
  service.app.route("/legacy", legacy);
  space = await service.shop();
});

const ask = async (path: string, headers: Record<string, string> = { "x-legacy-token": space.id }) => {
  const response = await service.call("GET", path, { headers });
  return { status: response.status, headers: response.headers, body: await response.json() };
};

describe("the second API", () => {
  it("knows its callers by its own token", async () => {
    expect(await ask("/legacy/shop")).toMatchObject({ status: 200, body: { shop: space.id } });
  });

  it.each<[string, Record<string, string>]>([
    ["no token", {}],
    ["another token", { "x-legacy-token": "x" }],
  ])("refuses %s in its own words, without the first API's challenge", async (_, headers) => {
    const refused = await ask("/legacy/shop", headers);
    expect(refused).toMatchObject({ status: 401, body: { error: "Send a valid X-Legacy-Token." } });
    expect(refused.headers.get("www-authenticate")).toBeNull();
  });

  it("does not accept the first API's key", async () => {
    expect((await ask("/legacy/shop", { authorization: `Bearer ${space.key}` })).status).toBe(401);
  });

  it("answers errors in its own shape", async () => {
    expect(await ask("/legacy/orders/x")).toMatchObject({ status: 400, body: { error: "x is no order's number." } });
    expect(await ask("/legacy/broken")).toMatchObject({ status: 500, body: { error: "The service failed." } });
  });

  it("answers its unknown addresses itself", async () => {
    expect(await ask("/legacy/nothing")).toMatchObject({
      status: 404,
      body: { error: "Nothing is at /legacy/nothing." },
    });
  });

  it.each(["/legacy/shop", "/legacy/nothing", "/legacy/broken"])("has a request id at %s", async (path) => {
    expect((await ask(path)).headers.get("x-request-id")).toMatch(/^[0-9a-f-]{36}$/);
  });
});

describe("the first API beside it", () => {
  it("does not accept the second's token", async () => {
    const refused = await ask("/v1/space");
    expect([refused.status, (refused.body as ProblemView).code]).toEqual([401, "unauthenticated"]);
  });

  it.each(["/v1/nothing", "/nothing", "/legacies"])("answers %s with a problem document", async (path) => {
    const unknown = await ask(path);
    expect([unknown.status, (unknown.body as ProblemView).code]).toEqual([404, "not_found"]);
    expect(unknown.headers.get("content-type")).toBe("application/problem+json");
  });
});
