import { describe, expect, it } from "vitest";
import { ROUTES } from "../../../src/http/routes.ts";
import { withResponses } from "../../support/openapi.ts";
import { Service } from "../../support/service.ts";

const service = new Service();

describe("the reference page", () => {
  it("is HTML that anyone may read", async () => {
    const response = await service.call("GET", "/docs");

    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toBe("text/html; charset=utf-8");
    expect(await response.text()).toContain('<openapi-explorer spec-url="/openapi.json"');
  });

  it("answers HEAD like GET", async () => {
    const response = await service.call("HEAD", "/docs");

    expect(response.status).toBe(200);
    expect(response.headers.get("content-security-policy")).not.toBeNull();
  });

  it("names no other host", async () => {
    const html = await (await service.call("GET", "/docs")).text();

    const addresses = [...html.matchAll(/(?:src|href|url|action)="([^"]*)"/g)].map(([, address]) => address);
    expect(addresses).toEqual(["/docs/openapi-explorer.js", "/docs/search.js", "/openapi.json", "/openapi.json"]);
    expect(html).not.toMatch(/\/\/|@import|url\(/);
  });

  it("has a policy under which it can talk to this origin alone", async () => {
    const response = await service.call("GET", "/docs");

    const policy = (response.headers.get("content-security-policy") ?? "").split("; ");
    const directives = Object.fromEntries(policy.map((each) => each.split(/ (.*)/s)));
    expect(directives).toEqual({
      "default-src": "'none'",
      "script-src": "'self'",
      "style-src": "'unsafe-inline'",
      "img-src": "data:",
      "connect-src": "'self'",
      "base-uri": "'none'",
      "form-action": "'none'",
      "frame-ancestors": "'none'",
    });
  });

  it("sends no referrer to other hosts", async () => {
    const response = await service.call("GET", "/docs");

    expect(response.headers.get("referrer-policy")).toBe("no-referrer");
  });
});

describe("the page's search", () => {
  interface Entry {
    route: string;
    call: string;
    fields: string[];
  }

  it("has each operation of the document, once", async () => {
    const response = await service.call("GET", "/docs/search.json");
    const entries = await response.json<Entry[]>();
    const calls = ROUTES.map((route) => `${route.method} ${route.path}`);
    expect(entries.map((entry) => entry.call).toSorted()).toEqual(calls.toSorted());
    expect(new Set(entries.map((entry) => entry.route)).size).toBe(entries.length);
    expect(entries.flatMap((entry) => entry.fields)).not.toContain(null);
  });

  it("finds the fields of bodies, in all their forms and depths, and parameters", async () => {
    const entries = await (await service.call("GET", "/docs/search.json")).json<Entry[]>();
    const fieldsOf = (call: string) => entries.find((entry) => entry.call === call)?.fields;
    expect(fieldsOf("POST /v1/exports")).toEqual(
      expect.arrayContaining(["attribution_model", "include_topics", "role_arn", "redact", "event_names"]),
    );
    expect(fieldsOf("POST /v1/event-definitions")).toEqual(expect.arrayContaining(["properties", "required"]));
    expect(fieldsOf("GET /v1/events")).toEqual(expect.arrayContaining(["row_format", "event_names"]));
    expect(entries.find((entry) => entry.call === "GET /v1/exports/{id}")?.route).toBe("get-/v1/exports/-id-");
  });

  it("sends a script that asks this origin alone, and writes texts as texts", async () => {
    const script = await (await service.call("GET", "/docs/search.js")).text();
    expect(script).toContain('fetch("/docs/search.json")');
    expect(script).not.toMatch(/innerHTML|\/\/[a-z]|eval/);
  });
});

describe("the page's script", () => {
  async function addressOfScript(): Promise<string> {
    const html = await (await service.call("GET", "/docs")).text();
    return /<script type="module" src="([^"]+)">/.exec(html)?.[1] ?? "";
  }

  it("is served where the page looks for it, and defines the element that the page uses", async () => {
    const response = await service.call("GET", await addressOfScript());

    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toMatch(/^text\/javascript/);
    expect(await response.text()).toContain('customElements.define("openapi-explorer"');
  });

  it("answers HEAD like GET, without the script", async () => {
    const response = await service.call("HEAD", await addressOfScript());

    expect(response.status).toBe(200);
    expect(await response.text()).toBe("");
  });

  it("is not sent again to a reader who has it", async () => {
    const address = await addressOfScript();
    const first = await service.call("GET", address);
    await first.arrayBuffer();

    const again = await service.call("GET", address, { headers: { "if-none-match": first.headers.get("etag") ?? "" } });

    expect(again.status).toBe(304);
  });

  it.each([
    "/openapi-explorer.min.js",
    "/docs/openapi-explorer.min.js",
    "/docs/",
    "/index.html",
    "/docs/..%2fpackage.json",
  ])("is the only asset that can be reached: %s is not", async (path) => {
    const response = await service.call("GET", path);

    expect(response.status).toBe(404);
    expect(response.headers.get("content-type")).toBe("application/problem+json");
    await response.arrayBuffer();
  });
});

interface Media {
  schema?: unknown;
  example?: unknown;
  examples?: Record<string, { $ref: string }>;
}

interface Header {
  required?: boolean;
}

interface Answer {
  headers: Record<string, Header & { $ref?: string }>;
  content?: Record<string, Media>;
}

interface Operation {
  operationId: string;
  requestBody?: { content: Record<string, Media> };
  responses: Record<string, Answer>;
}

interface Document {
  openapi: string;
  paths: Record<string, Record<string, Operation>>;
  components: {
    examples: Record<string, { value: { code: string; status: number } }>;
    headers: Record<string, Header>;
  };
}

describe("the document", () => {
  const read = async () => withResponses(await service.json<Document>("GET", "/openapi.json", 200));
  const operations = async () => Object.values((await read()).paths).flatMap((item) => Object.values(item));

  it("is OpenAPI 3.1 and has every route", async () => {
    const { openapi, paths } = await read();

    expect(openapi).toBe("3.1.0");
    const described = Object.entries(paths).flatMap(([path, item]) =>
      Object.keys(item).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect(described.toSorted()).toEqual(ROUTES.map(({ method, path }) => `${method} ${path}`).toSorted());
  });

  it("has an example of every request body", async () => {
    const bodies = (await operations()).flatMap((each) => Object.values(each.requestBody?.content ?? {}));

    expect(bodies.length).toBeGreaterThan(0);
    for (const media of bodies) expect(media.example).toBeTruthy();
  });

  it("has an example of every JSON answer that has a schema of its own", async () => {
    for (const { operationId, responses } of await operations()) {
      const media = Object.values(responses).flatMap(({ content }) => content?.["application/json"] ?? []);
      for (const { schema, example } of media)
        expect(example !== undefined || JSON.stringify(schema) === '{"type":"object"}', operationId).toBe(true);
    }
  });

  it("shows each error under the status that it is answered with", async () => {
    const { components } = await read();
    const failures = (await operations()).flatMap(({ responses }) =>
      Object.entries(responses).filter(([status]) => Number(status) >= 400),
    );

    expect(failures.length).toBeGreaterThan(0);
    for (const [status, { content }] of failures)
      for (const [code, { $ref }] of Object.entries(content?.["application/problem+json"]?.examples ?? {})) {
        expect($ref).toBe(`#/components/examples/${code}`);
        expect(components.examples[code]?.value).toMatchObject({ code, status: Number(status) });
      }
  });

  it("promises the limit's fields where a limit counts, and only there", async () => {
    const all = new Map((await operations()).map((each) => [each.operationId, each.responses]));
    const has = (operationId: string, status: string) => "RateLimit" in (all.get(operationId)?.[status]?.headers ?? {});

    expect(has("createExport", "202")).toBe(true);
    expect(has("createExport", "422")).toBe(true);
    expect(has("createExport", "401")).toBe(false);
    expect(has("createExport", "403")).toBe(true);
    expect(has("sendEvents", "202")).toBe(true);
    expect(has("listSpaces", "200")).toBe(false);
  });

  const asked = { dataset: "activity_events", start: "2026-02-01T00:00:00Z", end: "2026-02-02T00:00:00Z" };

  it.each<[call: string, path: string, status: number, body?: unknown]>([
    ["POST /v1/exports", "/v1/exports", 202, asked],
    ["POST /v1/exports", "/v1/exports", 400, "{"],
    ["POST /v1/exports", "/v1/exports", 422, { ...asked, end: asked.start }],
    ["POST /v1/exports", "/v1/exports", 429, asked],
    ["GET /v1/exports", "/v1/exports", 200],
    ["GET /v1/exports/{id}", "/v1/exports/:id", 200],
    ["GET /v1/exports/{id}", "/v1/exports/unknown", 404],
    ["GET /v1/exports/{id}/content", "/v1/exports/:id/content", 404],
    ["GET /v1/exports/{id}/content", "/v1/exports/unknown/content", 410],
    ["GET /v1/event-definitions", "/v1/event-definitions", 200],
    ["GET /v1/space", "/v1/space", 200],
    ["GET /v1/spaces", "/v1/spaces", 401],
    ["GET /problems/{code}", "/problems/gone", 200],
    ["GET /docs", "/docs", 200],
  ])(
    "says of %s at %s what a %i has: its type, and each field that is always there",
    async (call, path, status, body) => {
      const limited = new Service(status === 429 ? { CREATE_LIMIT: "1" } : {});
      const space = await limited.shop();
      const id = await limited.ask(space);
      const { paths, components } = await read();
      const [method, route] = call.split(" ") as [string, string];

      const response = await limited.call(method, path.replace(":id", id), { key: space.key, body });
      await response.arrayBuffer();

      const described = paths[route]?.[method.toLowerCase()]?.responses[status];
      const always = Object.entries(described?.headers ?? {})
        .filter(([name, header]) => (header.$ref === undefined ? header : components.headers[name])?.required)
        .map(([name]) => name.toLowerCase());
      expect(response.status).toBe(status);
      expect(Object.keys(described?.content ?? {})).toContain(response.headers.get("content-type")?.split(";")[0]);
      expect(always).toContain("x-request-id");
      expect([...response.headers.keys()]).toEqual(expect.arrayContaining(always));
    },
  );
});
