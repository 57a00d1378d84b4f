/** What every operation of every dialect answers: to parameters beyond its own, to bad requests, and in an outage. */

import { beforeAll, describe, expect, it, vi } from "vitest";
import { DIALECT_NAMES, type DialectName } from "../../../src/config.ts";
import { DIALECTS } from "../../../src/http/dialects/index.ts";
import type { Route } from "../../../src/http/route.ts";
import { ROUTES } from "../../../src/http/routes.ts";
import { roomyService } from "../../support/pipeline.ts";
import type { CallOptions, Service, Space } from "../../support/service.ts";
import { tokenFor } from "./apsis/token.ts";

const ALL = { DIALECTS: DIALECT_NAMES.join(",") };
let service: Service;
let space: Space;
let headers: Record<DialectName, Record<string, string>>;
/** Statuses that the documents have, by the operations' ids. */
const documented = new Map<string, string[]>();

beforeAll(async () => {
  service = roomyService(ALL);
  space = await service.shop();
  const { project_key: project } = await service.json<{ project_key: string }>("GET", "/v1/space", 200, space);
  headers = {
    infobip: { authorization: `App ${space.key}` },
    cometly: { authorization: `Bearer ${space.key}` },
    apsis: { authorization: `Bearer ${await tokenFor(service, space.key)}` },
    batch: { authorization: `Bearer ${space.key}`, "x-batch-project": project },
  };
  type Document = { paths: Record<string, Record<string, { operationId: string; responses: object }>> };
  for (const name of DIALECT_NAMES) {
    const { paths } = await service.json<Document>("GET", `/dialects/${name}/openapi.json`, 200);
    for (const { operationId, responses } of Object.values(paths).flatMap((item) => Object.values(item)))
      documented.set(operationId, Object.keys(responses));
  }
});

const OPERATIONS = DIALECT_NAMES.flatMap((name) =>
  DIALECTS[name].routes.map((route): [string, DialectName, Route] => [`${route.method} ${route.path}`, name, route]),
);
const withBody = OPERATIONS.filter(([, , { body }]) => body !== undefined);
const withKey = OPERATIONS.filter(([, , { auth }]) => auth !== "none");

/** Asks the operation, without a body by default. An error must be a documented one, in the product's shape. */
async function ask(name: DialectName, route: Route, more: CallOptions & { query?: string; param?: string } = {}) {
  const { query = "", param = "1", ...options } = more;
  const path = route.path.replaceAll(/\{\w+\}/g, param) + query;
  const response = await service.call(route.method, path, { headers: headers[name], ...options });
  const text = await response.text();
  expect(documented.get(route.operationId)).toContain(String(response.status));
  if (response.status < 400) return { status: response.status, text };
  const { errors } = DIALECTS[name].description.conventions;
  expect(response.headers.get("content-type")).toBe(errors.contentType);
  expect(errors.schema.safeParse(JSON.parse(text)).error).toBeUndefined();
  return { status: response.status, text };
}

describe("parameters beyond its own", () => {
  it.each(OPERATIONS)("do not change what %s answers, whatever they are", async (_, name, route) => {
    const without = await ask(name, route);
    for (const query of ["?expand[]=a&expand[]=b", "?debug&debug=1&=2&=3", "?a=%00&b=%ff", "?__proto__=1"])
      expect(await ask(name, route, { query })).toEqual(without);
  });
});

describe("a body", () => {
  const LARGE = JSON.stringify({ text: "x".repeat(200_000) });

  it.each<[string, CallOptions]>([
    ["that is missing", {}],
    ["that is empty", { body: "" }],
    ["that breaks off", { body: "{" }],
    ["that is a list", { body: [] }],
    ["of another media type", { body: "{}", headers: { "content-type": "text/plain" } }],
    ["that is too large", { body: LARGE }],
  ])("%s is refused with the reason", async (_, { body, headers: more }) => {
    for (const [, name, route] of withBody) {
      const { status, text } = await ask(name, route, { body, headers: { ...headers[name], ...more } });
      expect([400, 413, 422]).toContain(status);
      expect(text).toMatch(/\bbody\b/);
    }
  });
});

describe("a caller", () => {
  it.each(withKey)("without a key, or with a broken one, is refused by %s", async (_, name, route) => {
    const { conventions } = DIALECTS[name].description;
    const scheme = conventions.credentials.challenge.split(" ")[0];
    for (const sent of [
      {},
      { authorization: `${scheme} ` },
      { authorization: `${scheme} \u00ff` },
      { authorization: "x" },
    ])
      expect(await ask(name, route, { headers: sent })).toMatchObject({
        status: conventions.errors.statusOf("unauthenticated"),
      });
  });
});

it.each(OPERATIONS.filter(([, , { params }]) => params !== undefined))(
  "an id that no id can be is unknown to %s",
  async (_, name, route) => {
    const { statusOf } = DIALECTS[name].description.conventions.errors;
    for (const param of ["%00", "%F0%9F%98%80", ".", "x".repeat(2_000)]) {
      const { status } = await ask(name, route, { param });
      expect([statusOf("not_found"), statusOf("gone"), statusOf("unauthenticated")]).toContain(status);
    }
  },
);

it("a key that is sent in the place of an id is in no line of the log", async () => {
  const lines: string[] = [];
  for (const method of ["log", "error"] as const)
    vi.spyOn(console, method).mockImplementation((line: string) => void lines.push(line));
  const bearer = { authorization: `Bearer ${space.key}` };
  const own = ROUTES.filter(({ auth }) => auth !== "admin").map((route) => [route, bearer] as const);
  for (const [route, sent] of [...own, ...OPERATIONS.map(([, name, each]) => [each, headers[name]] as const)]) {
    const path = route.path.replaceAll(/\{\w+\}/g, space.key);
    const answer = await service.call(route.method, `${path}?id=${space.key}&${space.key}=1`, { headers: sent });
    await answer.body?.cancel();
  }
  vi.restoreAllMocks();
  expect(lines.length).toBeGreaterThan(50);
  expect(lines.filter((line) => line.includes(space.key))).toEqual([]);
});

describe("while the bucket cannot be reached", () => {
  const away = roomyService({ ...ALL, BUCKET_ENDPOINT: "http://127.0.0.1:9" });
  let addresses: Record<"own" | "apsis" | "batch", string>;

  beforeAll(async () => {
    await service.send(space, [{ definition_id: "order_placed", person_id: "p-1", properties: {} }]);
    service.now += 1_000;
    const own = await service.export(space, { end: new Date(service.now).toISOString() });
    const { file_download_url: poll } = await service.json<{ file_download_url: string }>(
      "POST",
      "/audience/profiles/exports",
      202,
      { headers: headers.apsis, body: { sections: [] } },
    );
    const body = { export_type: "EVENTS", from: "2026-02-01T00:00:00Z" };
    const batch = { headers: headers.batch };
    const { id } = await service.json<{ id: string }>("POST", "/2.4/profiles/export", 202, { ...batch, body });
    await service.pump();
    const file = `/2.4/exports/download?id=${id.replace("export", "file")}`;
    const location = (await service.call("GET", file, batch)).headers.get("location") ?? "";
    addresses = {
      own: `/v1/exports/${own.id}/content`,
      apsis: new URL(poll).pathname,
      batch: new URL(location).pathname,
    };
  });

  it.each(["own", "apsis", "batch"] as const)(
    "a result is 503 in the API's shape, plain and gzip (%s)",
    async (name) => {
      const sent = name === "own" ? { authorization: `Bearer ${space.key}` } : headers[name];
      for (const coding of ["identity", "gzip"]) {
        const options = { headers: { ...sent, "accept-encoding": coding } };
        const there = await service.call("GET", addresses[name], options);
        await there.body?.cancel();
        const gone = await away.call("GET", addresses[name], options);
        expect([there.status, gone.status]).toEqual([200, 503]);
        expect(await gone.text()).toContain("The object store is not available");
      }
    },
  );
});
