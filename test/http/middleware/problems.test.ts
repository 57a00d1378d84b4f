/** Every refusal is a problem document with a request id, links to a page that exists, and reveals no internals. */

import { beforeAll, describe, expect, it } from "vitest";
import { Budget } from "../../../src/budget.ts";
import { D1Driver } from "../../../src/db/core/d1-driver.ts";
import { Database } from "../../../src/db/core/database.ts";
import { ERRORS } from "../../../src/errors.ts";
import type { Route } from "../../../src/http/route.ts";
import { ROUTES } from "../../../src/http/routes.ts";
import { ADMIN, type CallOptions, type ProblemView, Service, type Space } from "../../support/service.ts";

const service = new Service({ CREATE_LIMIT: "10000", POLL_LIMIT: "10000" });
let space: Space;

beforeAll(async () => {
  space = await service.shop();
});

const UNKNOWN = "/v1/exports/00000000-0000-4000-8000-000000000000";
const NEW_DEFINITION = { id: "taken", name: "Taken" };

/** One call that is refused with each code a client can meet here. */
const REFUSALS: [code: string, status: number, method: string, path: string, options: () => CallOptions][] = [
  ["malformed_request", 400, "POST", "/v1/events", () => ({ key: space.key, body: "{" })],
  ["unauthenticated", 401, "GET", "/v1/space", () => ({})],
  ["not_found", 404, "GET", "/v1/nothing", () => ({})],
  ["not_found", 404, "GET", UNKNOWN, () => ({ key: space.key })],
  ["method_not_allowed", 405, "PUT", "/v1/space", () => ({ key: space.key })],
  ["conflict", 409, "POST", "/v1/event-definitions", () => ({ key: space.key, body: NEW_DEFINITION })],
  ["gone", 410, "GET", `${UNKNOWN}/content`, () => ({ key: space.key })],
  [
    "payload_too_large",
    413,
    "PATCH",
    "/v1/space",
    () => ({ key: space.key, body: JSON.stringify({ name: "n".repeat(70_000) }) }),
  ],
  ["unsupported_media_type", 415, "PATCH", "/v1/space", () => ({ key: space.key, raw: "name=Shop" })],
  ["invalid_request", 422, "PATCH", "/v1/space", () => ({ key: space.key, body: { colour: "red" } })],
];

describe("a refusal", () => {
  it.each(REFUSALS)("as %s (%i) of %s %s is a problem document", async (code, status, method, path, options) => {
    if (code === "conflict") await service.call(method, path, options());
    const response = await service.call(method, path, options());
    const problem = await response.json<ProblemView>();
    expect(response.status).toBe(status);
    expect(response.headers.get("content-type")).toBe("application/problem+json");
    expect(problem).toMatchObject({ type: `/problems/${code}`, status, code, request_id: expect.any(String) });
    expect([problem.title.length, problem.detail.length].every((length) => length > 0)).toBe(true);
    expect(problem.request_id).toBe(response.headers.get("x-request-id"));
  });

  it.each(REFUSALS)("as %s (%i) of %s %s has nothing but what it should have", async (...refusal) => {
    const [code, , method, path, options] = refusal;
    if (code === "conflict") await service.call(method, path, options());
    const problem = await (await service.call(method, path, options())).json<ProblemView>();
    const names = ["type", "title", "status", "detail", "code", "retryable", "request_id"];
    // The definition's id is taken: its pointer is among the errors.
    if (["invalid_request", "malformed_request", "conflict"].includes(code)) names.push("errors");
    expect(Object.keys(problem).toSorted()).toEqual(names.toSorted());
  });

  it("names each fault with a pointer and a sentence", async () => {
    const body = { colour: "red", retention_days: 0 };
    const problem = await service.json<ProblemView>("PATCH", "/v1/space", 422, { key: space.key, body });
    expect(problem.errors?.map((fault) => fault.pointer).toSorted()).toEqual(["/colour", "/retention_days"]);
    expect(problem.errors?.every((fault) => fault.detail.length > 10)).toBe(true);
  });

  it("escapes names in pointers as RFC 6901 says", async () => {
    const body = { "a/b~c": 1 };
    expect(await service.faults("PATCH", "/v1/space", { key: space.key, body })).toEqual(["/a~1b~0c"]);
  });
});

describe("an address that no resource has", () => {
  it.each([
    ["/v1/export", "/v1/exports"],
    ["/v1/exports/", "/v1/exports"],
    ["/exports", "/v1/exports"],
    ["/v1/Exports/abc/Content", "/v1/exports/abc/content"],
    ["/v1/event_definitions", "/v1/event-definitions"],
    ["/v1/webhook-endpoint/abc/rotate-secret", "/v1/webhook-endpoints/abc/rotate-secret"],
    ["/v1/segments/abc/counts", "/v1/segments/abc/count"],
    ["/healtz", "/healthz"],
  ])("%s is answered with %s", async (path, near) => {
    const problem = await service.json<ProblemView>("GET", path, 404);
    expect(problem.detail).toBe(
      `No resource has this address. Did you mean ${near}? GET /openapi.json lists them all.`,
    );
  });

  it.each(["/v1", "/wp-login.php", "/v1/exports/abc/content/more", `/${"x/".repeat(2_000)}`])(
    "%s is near to none",
    async (path) => {
      const problem = await service.json<ProblemView>("GET", path, 404);
      expect(problem.detail).toBe("No resource has this address. GET /openapi.json lists them all.");
    },
  );
});

const paths = [...Map.groupBy(ROUTES, (route) => route.path)].map(([path, routes]) => ({
  path: path.replaceAll(/\{\w+\}/g, "gone"),
  methods: methodsAt(path, routes),
}));

/** The methods of a path, with those of the path in which its last word is an id, where it may be one. */
function methodsAt(path: string, routes: readonly Route[]): string[] {
  const pattern = new RegExp(`^${path.replace(/\w+$/, "\\{\\w+\\}")}$`);
  const ofIds = routes.some(({ isAlsoId }) => isAlsoId === true)
    ? ROUTES.filter((each) => pattern.test(each.path))
    : [];
  return [...routes, ...ofIds].map(({ method }) => method);
}

describe.each(paths)("$path", ({ path, methods }) => {
  const allowed = [...methods, ...(methods.includes("GET") ? ["HEAD"] : []), "OPTIONS"].join(", ");

  it("answers OPTIONS with its methods, to anyone", async () => {
    const response = await service.call("OPTIONS", path);
    expect([response.status, response.headers.get("allow")]).toEqual([204, allowed]);
    expect(await response.text()).toBe("");
  });

  if (methods.includes("GET"))
    it("answers HEAD as GET, without a body", async () => {
      const [get, head] = [await service.call("GET", path), await service.call("HEAD", path)];
      await get.arrayBuffer();
      expect([head.status, await head.text()]).toEqual([get.status, ""]);
      const names = (response: Response) => [...response.headers.keys()].toSorted();
      expect(names(head)).toEqual(names(get));
    });

  it("is not sniffed for another type, and is not stored unless it says so", async () => {
    for (const method of [...methods, "OPTIONS", "PROPFIND"]) {
      const response = await service.call(method, path, { key: space.key });
      await response.arrayBuffer();
      expect(response.headers.get("x-content-type-options")).toBe("nosniff");
      expect(response.headers.get("cache-control")).toMatch(path.startsWith("/v1") ? /^no-store$/ : /./);
    }
  });
});

describe("X-Request-Id", () => {
  it("is on answers that are no refusal too, another one each time", async () => {
    const answers = await Promise.all([service.call("GET", "/healthz"), service.call("GET", "/healthz")]);
    const ids = answers.map((answer) => answer.headers.get("x-request-id"));
    expect(new Set(ids).size).toBe(2);
    expect(ids).not.toContain(null);
  });
});

describe("the page of a problem", () => {
  it.each(Object.keys(ERRORS))("exists for %s", async (code) => {
    const response = await service.call("GET", `/problems/${code}`);
    const page = await response.text();
    expect([response.status, response.headers.get("content-type")]).toEqual([200, "text/html; charset=utf-8"]);
    expect(page).toContain(`<code>${code}</code>`);
    const { status, title } = ERRORS[code as keyof typeof ERRORS];
    for (const text of [title, String(status)]) expect(page).toContain(text);
  });

  it.each(["nothing", "__proto__", "constructor", "toString"])("does not exist for %s", async (code) => {
    expect((await service.call("GET", `/problems/${code}`)).status).toBe(404);
  });
});

describe("an address", () => {
  it.each(["/v1", "/v1/", "/v1/space/", "/v1/exports/", "/v2/space", "/V1/space", "//v1/space", "/v1/profiles/"])(
    "%s is unknown",
    async (path) => {
      const problem = await service.json<ProblemView>("GET", path, 404, { key: space.key });
      expect(problem.code).toBe("not_found");
    },
  );

  const byPath = [...Map.groupBy(ROUTES, (route) => route.path)];
  it.each(byPath)("%s says which methods it takes, and refuses others", async (path, routes) => {
    const methods = methodsAt(path, routes);
    const allowed = [...methods, ...(methods.includes("GET") ? ["HEAD"] : []), "OPTIONS"];
    const other = ["PUT", "DELETE", "POST", "PATCH"].find((method) => !allowed.includes(method)) ?? "";
    const response = await service.call(other, path.replaceAll(/\{\w+\}/g, "x"), { key: ADMIN });
    expect([response.status, (await response.json<ProblemView>()).code]).toEqual([405, "method_not_allowed"]);
    expect((response.headers.get("allow") ?? "").split(", ").toSorted()).toEqual(allowed.toSorted());
  });

  it("that takes GET takes HEAD", async () => {
    const response = await service.call("HEAD", "/v1/space", { key: space.key });
    expect(response.status).toBe(200);
  });
});

describe("a failure inside", () => {
  const secret = "D1_ERROR: near table api_keys at 10.0.0.7 key spw_topsecret";

  /** A service whose control database throws. */
  function broken(thrown: unknown): Service {
    const failing = new Service();
    const d1 = {
      prepare() {
        throw thrown;
      },
    } as unknown as D1Database;
    failing.context.databases = { ...failing.context.databases, control: new Database(new D1Driver(d1), new Budget()) };
    return failing;
  }

  it.each([
    ["an Error", new Error(secret, { cause: new Error(secret) })],
    ["a text", secret],
    ["nothing", undefined],
  ])("with %s says `internal` and nothing of the cause", async (_, thrown) => {
    const response = await broken(thrown).call("GET", "/v1/space", { key: space.key });
    const { request_id, ...problem } = await response.json<ProblemView>();
    expect(problem).toEqual({
      retryable: true,
      type: "/problems/internal",
      title: ERRORS.internal.title,
      status: 500,
      detail: ERRORS.internal.title,
      code: "internal",
    });
    expect(response.headers.get("x-request-id")).toBe(request_id);
    expect([...response.headers].join()).not.toMatch(/D1|topsecret/);
  });
});
