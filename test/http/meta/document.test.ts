/** The OpenAPI document is sent once to who keeps it, and is written for every reader of such documents. */

import { beforeAll, describe, expect, it } from "vitest";
import { DATASETS } from "../../../src/datasets/index.ts";
import { ERRORS } from "../../../src/errors.ts";
import { SCOPES } from "../../../src/http/route.ts";
import { Service } from "../../support/service.ts";

const service = new Service();

type Schema = Record<string, unknown>;

/** Every object of the document, with its path. */
let objects: [path: string, object: Schema][];

beforeAll(async () => {
  const document = await service.json<Schema>("GET", "/openapi.json", 200);
  const walk = (value: unknown, path: string): [string, Schema][] => {
    if (typeof value !== "object" || value === null || /\/examples?$/.test(path)) return [];
    const inner = Object.entries(value).flatMap(([name, each]) => walk(each, `${path}/${name}`));
    return Array.isArray(value) ? inner : [[path, value as Schema], ...inner];
  };
  objects = walk(document, "");
});

describe("what the document says", () => {
  it("has no pattern that needs the flag u, or differs under it", () => {
    const patterns = objects.flatMap(([, { pattern }]) => (typeof pattern === "string" ? [pattern] : []));
    expect(patterns.length).toBeGreaterThan(10);
    for (const pattern of new Set(patterns)) {
      expect(pattern).not.toMatch(/\\[pP]\{|\\u\{/);
      expect(() => [new RegExp(pattern), new RegExp(pattern, "u")]).not.toThrow();
    }
  });

  it("requires no property of a request that has a default", () => {
    const inRequest = objects.filter(([path]) => /\/schemas\/(?!Resolved)\w+Request(\/|$)/.test(path));
    expect(inRequest.length).toBeGreaterThan(100);
    const required = inRequest.flatMap(([path, { properties, required: names }]) =>
      Object.entries((properties ?? {}) as Record<string, Schema>).flatMap(([name, property]) =>
        typeof property === "object" && "default" in property && Array.isArray(names) && names.includes(name)
          ? [`${path}: ${name}`]
          : [],
      ),
    );
    expect(required).toEqual([]);
  });

  it("enumerates datasets, error codes and scopes wherever they are", () => {
    const listed = { dataset: DATASETS.map(({ name }) => name), code: Object.keys(ERRORS), scopes: SCOPES };
    const open: string[] = [];
    for (const [path, { properties }] of objects)
      for (const [name, property] of Object.entries((properties ?? {}) as Record<string, Schema>)) {
        if (!Object.hasOwn(listed, name)) continue;
        const items = (property["items"] ?? property) as Schema;
        const reference = items["$ref"];
        const target = typeof reference === "string" ? reference.replace("#/components/schemas/", "") : "";
        const schema = objects.find(([each]) => each === `/components/schemas/${target}`)?.[1] ?? items;
        const values = (schema["enum"] ?? [schema["const"]]) as unknown[];
        const known: readonly string[] = listed[name as keyof typeof listed];
        if (values.length === 0 || !values.every((value) => known.includes(String(value))))
          open.push(`${path}/${name}`);
      }
    expect(open).toEqual([]);
  });

  it("enumerates every status", () => {
    const open = objects.filter(
      ([path, { type, enum: values, ...rest }]) =>
        /\/(status|phase|owner|category)$/.test(path) &&
        type === "string" &&
        values === undefined &&
        !("const" in rest),
    );
    expect(open.map(([path]) => path)).toEqual([]);
  });
});

describe("the document is sent", () => {
  const ask = (etag?: string) =>
    service.call("GET", "/openapi.json", etag === undefined ? {} : { headers: { "if-none-match": etag } });

  it("with an ETag that stays the same, and may be kept for a while", async () => {
    const [first, second] = [await ask(), await ask()];
    expect(await first.text()).toBe(await second.text());
    expect(first.headers.get("etag")).toMatch(/^"[\w-]{27}"$/);
    expect(first.headers.get("etag")).toBe(second.headers.get("etag"));
    expect(first.headers.get("cache-control")).toBe("public, max-age=300");
  });

  it("not again to who has it", async () => {
    const etag = (await ask()).headers.get("etag") ?? "";
    for (const sent of [etag, `W/${etag}`, `"other", ${etag}`, "*"]) {
      const response = await ask(sent);
      expect([response.status, await response.text(), response.headers.get("etag")]).toEqual([304, "", etag]);
    }
    expect((await ask('"other"')).status).toBe(200);
  });
});

it("the root leads to the reference page", async () => {
  const response = await service.call("GET", "/");
  expect([response.status, response.headers.get("location")]).toEqual([302, "/docs"]);
});
