/** Authentication: valid, malformed and revoked keys, the operator's token, inactive spaces. */

import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Route } from "../../../src/http/route.ts";
import { ROUTES } from "../../../src/http/routes.ts";
import { ADMIN, type ProblemView, Service, type Space } from "../../support/service.ts";

const service = new Service({ CREATE_LIMIT: "10000", POLL_LIMIT: "10000" });
let space: Space;
let other: Space;

beforeAll(async () => {
  space = await service.shop();
  other = await service.shop();
});

/** A call of a route with an id that nothing has. */
async function visit(route: Route, headers: Record<string, string> = {}) {
  const path = route.path.replaceAll(/\{\w+\}/g, crypto.randomUUID());
  const response = await service.call(route.method, path, {
    headers,
    ...(route.body === undefined ? {} : { body: {} }),
  });
  const text = await response.text();
  return { status: response.status, response, text };
}

const named = (routes: readonly Route[]) => routes.map((route) => [route.operationId, route] as const);
const guarded = named(ROUTES.filter((route) => route.auth !== "none"));
const forKeys = named(ROUTES.filter((route) => route.auth !== "none" && route.auth !== "admin"));
const forOperators = named(ROUTES.filter((route) => route.auth === "admin"));
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

describe("without credentials", () => {
  it.each(guarded)("%s is refused, with a challenge", async (_, route) => {
    const { status, response, text } = await visit(route);
    expect([status, (JSON.parse(text) as ProblemView).code]).toEqual([401, "unauthenticated"]);
    expect(response.headers.get("www-authenticate")).toMatch(/^Bearer/);
  });

  it("only the calls about the service itself are open, and the one whose body has the token of a link", () => {
    const open = ROUTES.filter((route) => route.auth === "none").map((route) => route.path);
    expect(open.filter((path) => path.startsWith("/v1"))).toEqual(["/v1/portal-session"]);
  });
});

describe("a key that is not one", () => {
  const flip = (text: string) => (text.endsWith("A") ? `${text.slice(0, -1)}Q` : `${text.slice(0, -1)}A`);
  const id = (key: string) => key.slice(0, "spw_".length + 24);
  const secret = (key: string) => key.slice(id(key).length + 1);

  it.each<[string, (key: string, others: string) => string]>([
    ["an empty header", () => ""],
    ["the scheme alone", () => "Bearer"],
    ["the scheme and a blank", () => "Bearer "],
    ["the key without a scheme", (key) => key],
    ["another scheme", (key) => `Basic ${key}`],
    ["the scheme glued to the key", (key) => `Bearer${key}`],
    ["something after the key", (key) => `Bearer ${key} more`],
    ["a character too many", (key) => `Bearer ${key}A`],
    ["a character too few", (key) => `Bearer ${key.slice(0, -1)}`],
    ["an upper-case key id", (key) => `Bearer spw_${id(key).slice(4).toUpperCase()}_${secret(key)}`],
    ["another prefix", (key) => `Bearer sk${key.slice(3)}`],
    ["an unknown key id", (key) => `Bearer spw_${"0".repeat(24)}_${secret(key)}`],
    ["a wrong secret", (key) => `Bearer ${flip(key.slice(0, -1))}A`],
    ["the secret of another space's key", (key, others) => `Bearer ${id(key)}_${secret(others)}`],
    ["the key id alone", (key) => `Bearer ${id(key)}`],
    ["two keys", (key, others) => `Bearer ${key}, Bearer ${others}`],
    ["a token that names a scope", () => "Bearer events:read"],
  ])("%s is refused", async (_, header) => {
    const authorization = header(space.key, other.key);
    const problem = await service.json<ProblemView>("GET", "/v1/space", 401, { headers: { authorization } });
    expect(problem.code).toBe("unauthenticated");
  });

  it.each<[string, (key: string) => string | undefined, detail: string]>([
    ["no header", () => undefined, "The header Authorization is missing"],
    ["the key without a scheme", (key) => key, "The header Authorization has no scheme"],
    ["another scheme", (key) => `Basic ${key}`, "The scheme of the header Authorization must be Bearer"],
    ["the scheme alone", () => "Bearer", "has the scheme Bearer, but nothing after it"],
    ["two tokens", (key) => `Bearer ${key} ${key}`, "has something after the first token"],
    ["a part of the key", (key) => `Bearer ${key.slice(0, -1)}`, "does not have the form of an API key"],
    ["a wrong secret", (key) => `Bearer ${id(key)}_${"A".repeat(43)}`, "This API key is unknown"],
  ])("%s is told as what it is, without the key", async (_, header, detail) => {
    const authorization = header(space.key);
    const headers: Record<string, string> = authorization === undefined ? {} : { authorization };
    const problem = await service.json<ProblemView>("GET", "/v1/space", 401, { headers });
    expect(problem).toMatchObject({ code: "unauthenticated", detail: expect.stringContaining(detail) as string });
    expect(JSON.stringify(problem)).not.toContain(secret(space.key).slice(0, 20));
  });

  it("is told as what it is to operators too", async () => {
    const ask = async (headers: Record<string, string>) =>
      (await service.json<ProblemView>("GET", "/v1/spaces", 401, { headers })).detail;
    expect(await ask({})).toContain("with the operator's token");
    expect(await ask(bearer(space.key))).toBe(
      "This is not the operator's token, which this call needs. It accepts no API key.",
    );
  });

  it("is answered the same whether the key id is known or not", async () => {
    const unknown = await visitText(`spw_${"0".repeat(24)}_${"A".repeat(43)}`);
    const known = await visitText(`${space.key.slice(0, 28)}_${"A".repeat(43)}`);
    expect(known).toBe(unknown);
  });

  async function visitText(key: string) {
    const { request_id: _, ...problem } = await service.json<ProblemView>("GET", "/v1/space", 401, { key });
    return JSON.stringify(problem);
  }
});

describe("a valid key", () => {
  it.each(["Bearer", "bearer", "BEARER"])("is taken behind %s", async (scheme) => {
    const response = await service.call("GET", "/v1/space", { headers: { authorization: `${scheme} ${space.key}` } });
    expect([response.status, (await response.json<Space>()).id]).toEqual([200, space.id]);
  });

  it("opens nothing any more once it is revoked", async () => {
    const key = await service.keyWith(space, ["settings:write"]);
    await service.json("DELETE", `/v1/api-keys/${key.slice(4, 28)}`, 204, { key });
    const statuses = await Promise.all(forKeys.map(async ([, route]) => (await visit(route, bearer(key))).status));
    expect(new Set(statuses)).toEqual(new Set([401]));
  });

  it("continues when another key of its space is revoked", async () => {
    const key = await service.keyWith(space, ["settings:write"]);
    await service.json("DELETE", `/v1/api-keys/${key.slice(4, 28)}`, 204, { key: space.key });
    expect((await service.call("GET", "/v1/space", { key: space.key })).status).toBe(200);
  });
});

describe("operators and spaces", () => {
  it.each(forKeys)("%s does not take the operator's token", async (_, route) => {
    expect((await visit(route, bearer(ADMIN))).status).toBe(401);
  });

  it.each(forOperators)("%s does not take a space's key", async (_, route) => {
    expect((await visit(route, bearer(space.key))).status).toBe(401);
  });

  it.each([`${ADMIN}x`, ADMIN.slice(0, -1), ADMIN.toUpperCase()])("%s is not the operator's token", async (token) => {
    expect((await service.call("GET", "/v1/spaces", { key: token })).status).toBe(401);
  });
});

describe("a wrong operator's token", () => {
  let guarded: Service;
  const from = (address: string, token: string) =>
    guarded.call("GET", "/v1/spaces", { key: token, headers: { "cf-connecting-ip": address } });
  const guess = async (address: string, times: number) => {
    const statuses: number[] = [];
    for (let n = 0; n < times; n += 1) statuses.push((await from(address, `guess-${n}`)).status);
    return statuses;
  };

  beforeEach(() => {
    guarded = new Service();
  });

  it("is answered ten times, then its address has to wait, with the right token too", async () => {
    expect(await guess("192.0.2.1", 11)).toEqual([...Array.from({ length: 10 }, () => 401), 429]);
    const right = await from("192.0.2.1", ADMIN);
    const problem = await right.json<ProblemView>();
    expect([right.status, problem.code, right.headers.get("retry-after")]).toEqual([429, "rate_limited", "60"]);
    expect(problem.detail).toMatch(/Too many wrong operator tokens/);
  });

  it("does not keep operators at other addresses out", async () => {
    await guess("192.0.2.1", 11);
    expect((await from("192.0.2.2", ADMIN)).status).toBe(200);
  });

  it("is answered again at the second that the refusal names", async () => {
    await guess("192.0.2.1", 10);
    guarded.now += 30_500;
    const wait = Number((await from("192.0.2.1", ADMIN)).headers.get("retry-after"));
    guarded.now += wait * 1000 - 1000;
    const early = (await from("192.0.2.1", ADMIN)).status;
    guarded.now += 1000;
    expect([early, (await from("192.0.2.1", ADMIN)).status]).toEqual([429, 200]);
  });

  it("is counted by network: a /64 of IPv6 is one client", async () => {
    await guess("2001:db8:1:2::1", 10);
    expect((await from("2001:db8:1:2:ffff::9", ADMIN)).status).toBe(429);
    expect((await from("2001:db8:1:3::1", ADMIN)).status).toBe(200);
  });

  it("is no missing one, and no API key: these are not counted", async () => {
    for (let n = 0; n < 20; n += 1) {
      await guarded.call("GET", "/v1/spaces", { headers: { "cf-connecting-ip": "x" } });
      await from("x", space.key);
    }
    expect((await from("x", ADMIN)).status).toBe(200);
  });
});

describe("an inactive space", () => {
  it.each(forKeys)("%s is refused", async (_, route) => {
    const asleep = await service.space();
    await service.json("PATCH", `/v1/spaces/${asleep.id}`, 200, { key: ADMIN, body: { status: "inactive" } });
    const { status, text } = await visit(route, bearer(asleep.key));
    expect([status, (JSON.parse(text) as ProblemView).code]).toEqual([403, "space_inactive"]);
  });

  it("is served again once it is active", async () => {
    const asleep = await service.space();
    await service.json("PATCH", `/v1/spaces/${asleep.id}`, 200, { key: ADMIN, body: { status: "inactive" } });
    await service.json("PATCH", `/v1/spaces/${asleep.id}`, 200, { key: ADMIN, body: { status: "active" } });
    expect((await service.call("GET", "/v1/space", { key: asleep.key })).status).toBe(200);
  });
});
