/** The OpenAPI document describes every route, its errors and its limit, and has examples that the service accepts. */

import { beforeAll, describe, expect, it } from "vitest";
import { ERRORS, type ErrorCode } from "../../src/errors.ts";
import type { Route } from "../../src/http/route.ts";
import { ROUTES } from "../../src/http/routes.ts";
import { withResponses } from "../support/openapi.ts";
import { Service } from "../support/service.ts";

interface Answer {
  description: string;
  headers?: Record<string, unknown>;
  content?: Record<string, { schema: unknown }>;
}

interface Operation {
  operationId: string;
  summary: string;
  description?: string;
  security: Record<string, string[]>[];
  parameters?: { name: string; in: string; required?: boolean }[];
  requestBody?: { required: boolean; content: Record<string, { schema: object; example?: unknown }> };
  responses: Record<string, Answer>;
}

interface Document {
  openapi: string;
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, unknown>; securitySchemes: Record<string, unknown> };
}

const service = new Service();
let document: Document;

beforeAll(async () => {
  document = withResponses(await service.json<Document>("GET", "/openapi.json", 200));
});

const operationOf = (route: Route): Operation => {
  const operation = document.paths[route.path]?.[route.method.toLowerCase()];
  if (operation === undefined) throw new Error(`${route.operationId} is not in the document`);
  return operation;
};

const named = (routes: readonly Route[]) => routes.map((route) => [route.operationId, route] as const);

describe("the document", () => {
  it("is OpenAPI 3.1, and needs no key", async () => {
    const response = await service.call("GET", "/openapi.json");
    expect(response.headers.get("content-type")).toMatch(/^application\/json/);
    expect(document.openapi).toMatch(/^3\.1\./);
  });

  it("has every route, and no other", () => {
    const written = Object.entries(document.paths).flatMap(([path, item]) =>
      Object.entries(item).map(([method, operation]) => `${method.toUpperCase()} ${path} ${operation.operationId}`),
    );
    const served = ROUTES.map((route) => `${route.method} ${route.path} ${route.operationId}`);
    expect(written.toSorted()).toEqual(served.toSorted());
  });

  it("names each operation once", () => {
    const ids = ROUTES.map((route) => route.operationId);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it("points to nothing that is not in it", () => {
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map(([, to = ""]) => to);
    const missing = references.filter((to) => pointed(to) === undefined);
    expect(references.length).toBeGreaterThan(20);
    expect(missing).toEqual([]);
  });
});

describe.each(named(ROUTES))("%s", (_, route) => {
  /** Errors of every call of its kind, by the contract; and its own. */
  function codes(): ErrorCode[] {
    const all: ErrorCode[] = [...(route.errors ?? []), "internal", "invalid_request"];
    if (route.auth !== "none") all.push("unauthenticated");
    if (route.auth.includes(":")) all.push("forbidden");
    if (route.auth !== "none" && route.auth !== "admin") all.push("space_inactive");
    if (route.auth !== "none" && route.auth !== "admin") all.push("rate_limited");
    if (route.body !== undefined) all.push("malformed_request", "payload_too_large", "unsupported_media_type");
    return all;
  }

  it("names each code that it can be refused with, under its status, as a problem document", () => {
    const { responses } = operationOf(route);
    const missing = codes().filter((code) => {
      const answer = responses[String(ERRORS[code].status)];
      return !answer?.description.includes(`\`${code}\``) || answer.content?.["application/problem+json"] === undefined;
    });
    expect(missing).toEqual([]);
  });

  it("has an X-Request-Id on every answer", () => {
    const without = Object.entries(operationOf(route).responses).filter(
      ([, answer]) => !answer.headers?.["X-Request-Id"],
    );
    expect(without.map(([status]) => status)).toEqual([]);
  });

  it("names the parameters of its path", () => {
    const inPath = (operationOf(route).parameters ?? []).filter((each) => each.in === "path" && each.required);
    const expected = [...route.path.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => name);
    expect(inPath.map((each) => each.name).toSorted()).toEqual(expected.toSorted());
  });

  it("says whose credentials it takes", () => {
    const schemes = operationOf(route).security.flatMap((each) => Object.keys(each));
    const open = route.auth === "none" && route.operatorsMore !== true;
    expect(schemes).toEqual(open ? [] : [route.auth === "portal" ? "portal" : "bearer"]);
    expect(operationOf(route).description?.includes("operator's token") ?? false).toBe(route.auth === "admin");
    for (const scheme of schemes) expect(document.components.securitySchemes).toHaveProperty(scheme);
  });
});

const LIMIT_HEADERS = ["RateLimit-Policy", "RateLimit", "X-RateLimit-Limit", "X-RateLimit-Remaining"];

const ofSpaces = ROUTES.filter((route) => route.auth !== "none" && route.auth !== "admin");

describe.each(named(ofSpaces))("%s, which is a space's call,", (_, route) => {
  it("has the limit's headers on what it answers", () => {
    const successes = Object.entries(operationOf(route).responses).filter(([status]) => Number(status) < 400);
    expect(successes.length).toBeGreaterThan(0);
    for (const [, answer] of successes)
      expect(Object.keys(answer.headers ?? {})).toEqual(expect.arrayContaining(LIMIT_HEADERS));
  });

  it("has them on the 429 too, with a Retry-After", () => {
    const headers = Object.keys(operationOf(route).responses["429"]?.headers ?? {});
    expect(headers).toEqual(expect.arrayContaining([...LIMIT_HEADERS, "Retry-After"]));
  });
});

describe.each(named(ROUTES.filter((route) => route.body !== undefined)))("the body of %s", (_, route) => {
  it("has an example that the schema in use takes", () => {
    const example = operationOf(route).requestBody?.content["application/json"]?.example;
    expect(example).toBeDefined();
    expect(route.body?.schema.safeParse(example)).toMatchObject({ success: true });
  });

  it("is described by a schema that refuses unknown properties, as the service does", () => {
    const schema = operationOf(route).requestBody?.content["application/json"]?.schema ?? {};
    expect(JSON.stringify(resolve(schema))).toContain('"additionalProperties":false');
    expect(route.body?.schema.safeParse({ ...(route.body.example as object), unknown: 1 }).success).toBe(false);
  });

  it("may be lines where the service takes lines, and only there", () => {
    const types = Object.keys(operationOf(route).requestBody?.content ?? {});
    expect(types.includes("application/x-ndjson")).toBe(route.body?.linesOf !== undefined);
  });
});

/** What a reference within the document points to. */
function pointed(to: string): unknown {
  const names = to.replace(/^#\//, "").split("/");
  return names.reduce<unknown>((at, name) => (at as Record<string, unknown> | undefined)?.[name], document);
}

/**
 * A schema with its references replaced by what they point to, the first time that each comes: some lead back to
 * themselves.
 */
function resolve(schema: object): unknown {
  const replaced = new Set<string>();
  return JSON.parse(
    JSON.stringify(schema, (key, value: unknown) => {
      if (typeof value !== "string" || key !== "$ref" || replaced.has(value)) return value;
      replaced.add(value);
      return pointed(value);
    }),
  );
}
