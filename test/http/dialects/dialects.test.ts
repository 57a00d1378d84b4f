/** Dialects: which of them are served, what they ignore, and their documents. */

import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import * as z from "zod";
import { DIALECT_NAMES } from "../../../src/config.ts";
import { ignoredMembers } from "../../../src/http/dialects/ignored-members.ts";
import { DIALECTS } from "../../../src/http/dialects/index.ts";
import { withResponses } from "../../support/openapi.ts";
import { type ProblemView, Service, type Space } from "../../support/service.ts";

const served = new Service({ DIALECTS: DIALECT_NAMES.join(",") });
const without = new Service();
let space: Space;

beforeAll(async () => {
  space = await served.space();
});

afterEach(() => {
  vi.restoreAllMocks();
});

const filled = (path: string) => path.replaceAll(/\{\w+\}/g, "1");
const operations = DIALECT_NAMES.flatMap((name) =>
  DIALECTS[name].routes.map((route) => [`${name}: ${route.method} ${route.path}`, route] as const),
);

describe("a dialect that the setting does not name", () => {
  it.each(operations)("has no address (%s)", async (_, { method, path }) => {
    const problem = await without.json<ProblemView>(method, filled(path), 404);
    expect(problem.detail).toMatch(/^No resource has this address/);
  });

  it.each(DIALECT_NAMES)("has no document (%s)", async (name) => {
    expect((await without.call("GET", `/dialects/${name}/openapi.json`)).status).toBe(404);
  });
});

describe("a dialect that the setting names", () => {
  it.each(operations.filter(([, { auth }]) => auth !== "none"))(
    "refuses callers without a key (%s)",
    async (_, route) => {
      const { conventions } = documentedBy(route.path);
      const refused = await served.call(route.method, filled(route.path));
      expect([refused.status, refused.headers.get("content-type")]).toEqual([
        conventions.errors.statusOf("unauthenticated"),
        conventions.errors.contentType,
      ]);
      expect(refused.headers.get("www-authenticate")).toBe(conventions.credentials.challenge);
    },
  );

  it.each(operations.filter(([, { auth }]) => auth.includes(":")))(
    "refuses a key without its scope (%s)",
    async (_, route) => {
      const { conventions } = documentedBy(route.path);
      const all = ["events:read", "profiles:read", "exports:read", "exports:write"];
      const key = await served.keyWith(space, ["profiles:write", ...all.filter((scope) => scope !== route.auth)]);
      const credential = conventions === DIALECTS.apsis.description.conventions ? await tokenOf(key) : key;
      const authorization = `${conventions.credentials.challenge.split(" ")[0]} ${credential}`;
      const refused = await served.call(route.method, filled(route.path), { headers: { authorization } });
      expect(refused.status).toBe(conventions.errors.statusOf("forbidden"));
    },
  );

  it("leaves the own API as it is", async () => {
    expect((await served.json<ProblemView>("GET", "/v1/space", 401)).code).toBe("unauthenticated");
    expect((await served.json<ProblemView>("GET", "/nothing", 404)).code).toBe("not_found");
  });

  it.each(DIALECT_NAMES)("answers unknown addresses below its own in its own shape (%s)", async (name) => {
    const { routes, description } = DIALECTS[name];
    const { errors } = description.conventions;
    const unknown = await served.call("GET", `${filled(routes[0]?.path ?? "")}/no/such/address`);
    expect([unknown.status, unknown.headers.get("content-type")]).toEqual([
      errors.statusOf("not_found"),
      errors.contentType,
    ]);
    expect(errors.schema.safeParse(await unknown.json()).error).toBeUndefined();
  });
});

describe("what a client sends beyond the schema", () => {
  let lines: string[];

  beforeEach(() => {
    lines = [];
    vi.spyOn(console, "log").mockImplementation((line: string) => void lines.push(line));
  });

  it("in the body is ignored and logged, down to the members of known objects, at most twenty of them", async () => {
    const many = Object.fromEntries(Array.from({ length: 30 }, (_, n) => [`x${n}`, n]));
    const body = { date: "2026-02-28", "no/tify": { url: "secret" }, ...many };
    await served.json("POST", "/public-api/v1/events/exports", 202, { key: space.key, body });
    const logged = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    const names = ["/no~1tify", ...Array.from({ length: 19 }, (_, n) => `/x${n}`)];
    expect(logged).toContainEqual(expect.objectContaining({ event: "request", status: 202, ignored: names.join(" ") }));
    const nested = z.looseObject({ known: z.looseObject({ name: z.string() }).nullish(), list: z.array(z.unknown()) });
    const value = { known: { name: "n", more: 1 }, list: [{ a: 1 }], other: null };
    expect(ignoredMembers(nested, value)).toEqual(["/known/more", "/other"]);
    expect(ignoredMembers(nested, { "ada@example.com": 1, ["x".repeat(41)]: 1 })).toEqual(["/…", "/…"]);
    expect(lines.join()).not.toContain("secret");
  });

  it("in the query is ignored, and the request's log line names it without its value", async () => {
    const options = { headers: { authorization: `App ${space.key}` } };
    const answer = await served.call("GET", "/peopleevents/1/export/definitions?debug=on&tenant=secret", options);
    expect(answer.status).toBe(200);
    expect(lines.map((line) => JSON.parse(line) as Record<string, unknown>)).toContainEqual(
      expect.objectContaining({ event: "request", status: 200, ignored: "/debug /tenant" }),
    );
    expect(lines.join()).not.toContain("secret");
  });
});

describe.each(DIALECT_NAMES)("the document of %s", (name) => {
  const { routes, description } = DIALECTS[name];
  let document: {
    openapi: string;
    info: { title: string };
    paths: Record<string, Record<string, { responses: Record<string, { content?: Record<string, unknown> }> }>>;
    components: { securitySchemes: Record<string, unknown> };
  };

  beforeAll(async () => {
    document = withResponses(await served.json("GET", `/dialects/${name}/openapi.json`, 200));
  });

  it("has every operation of the dialect, and no other", () => {
    const written = Object.entries(document.paths).flatMap(([path, item]) =>
      Object.keys(item).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect(written.toSorted()).toEqual(routes.map(({ method, path }) => `${method} ${path}`).toSorted());
  });

  it("has the dialect's credentials and errors", () => {
    const { credentials, errors } = description.conventions;
    expect(document.components.securitySchemes).toEqual({ [credentials.name]: credentials.document });
    const refusals = Object.values(document.paths).flatMap((item) =>
      Object.values(item).map(({ responses }) => responses[String(errors.statusOf("unauthenticated"))]),
    );
    expect(refusals.length).toBeGreaterThan(0);
    for (const refusal of refusals) expect(refusal?.content).toHaveProperty([errors.contentType]);
  });

  it("has an example of a refusal that names a member of its requests", () => {
    const { exampleFault } = description.conventions.errors;
    const names = routes.flatMap(({ body }) => Object.keys(body?.example ?? {}));
    const member = exampleFault.pointer.slice(1);
    expect(names).toContain(member);
    expect(exampleFault.detail).toMatch(new RegExp(`^${member} .*\\.$`));
  });

  it("has examples of bodies that the schemas in use accept", () => {
    const bodies = routes.flatMap(({ body }) => (body === undefined ? [] : [body]));
    expect(bodies.length).toBeGreaterThan(0);
    for (const { schema, example } of bodies) expect(schema.safeParse(example).error).toBeUndefined();
  });
});

/** The access token that the dialect with tokens has for an API key. */
async function tokenOf(key: string): Promise<string> {
  const body = { grant_type: "client_credentials", client_id: key.split("_")[1], client_secret: key };
  return (await served.json<{ access_token: string }>("POST", "/oauth/token", 200, { body })).access_token;
}

function documentedBy(path: string) {
  const found = Object.values(DIALECTS).find(({ routes }) => routes.some((route) => route.path === path));
  if (found === undefined) throw new Error(`no dialect has ${path}`);
  return found.description;
}
