/** API keys with origins: what pages may do with them, and what no one else may. */

import { beforeEach, describe, expect, it } from "vitest";
import type { Route } from "../../../src/http/route.ts";
import { ROUTES } from "../../../src/http/routes.ts";
import { ADMIN, orders, type ProblemView, Service, type Space } from "../../support/service.ts";

const SHOP = "https://shop.example";
const NEW = { name: "shop", scopes: ["events:write"], origins: [SHOP] };

const service = new Service();
let space: Space;
let key: string;

/** A key with origins. */
const keyOf = async (body: Record<string, unknown> = NEW, of = service) =>
  (await of.json<{ key: string }>("POST", "/v1/api-keys", 201, { key: space.key, body })).key;

/** Sends an event as a browser does for a page of this origin. */
const send = (more: { origin?: string | null; key?: string; path?: string; body?: unknown } = {}, by = service) =>
  by.call("POST", more.path ?? "/v1/events", {
    key: more.key ?? key,
    body: more.body ?? { events: orders(1) },
    headers: more.origin === null ? {} : { origin: more.origin ?? SHOP },
  });

const cors = ({ headers }: Response) => [...headers.keys()].filter((name) => name.startsWith("access-control-"));
const allowed = ({ headers }: Response) => headers.get("access-control-allow-origin");

beforeEach(async () => {
  space = await service.shop();
  key = await keyOf();
});

describe("a new key with origins", () => {
  it.each<[string, unknown, string]>([
    ["an empty list", [], "/origins"],
    ["a text", SHOP, "/origins"],
    ["21 origins", Array.from({ length: 21 }, (_, n) => `https://shop${n}.example`), "/origins"],
    ["an origin twice", [SHOP, SHOP], "/origins"],
    ["a path", [`${SHOP}/cart`], "/origins/0"],
    ["a slash at the end", [`${SHOP}/`], "/origins/0"],
    ["a wildcard", [SHOP, "https://*.shop.example"], "/origins/1"],
    ["any origin", ["*"], "/origins/0"],
    ["no scheme", ["shop.example"], "/origins/0"],
    ["the scheme's own port", [`${SHOP}:443`], "/origins/0"],
    ["capital letters", ["https://Shop.example"], "/origins/0"],
    ["Unicode in the host", ["https://bücher.example"], "/origins/0"],
    ["a user", ["https://me@shop.example"], "/origins/0"],
    ["no web page", ["ftp://shop.example"], "/origins/0"],
    ["null, as pages in a sandbox have it", ["null"], "/origins/0"],
    ["a host that no page has", ["https://shop.example;x"], "/origins/0"],
    ["http", [SHOP, "http://shop.example"], "/origins/1"],
    ["a host that only looks like this machine", ["http://localhost.example"], "/origins/0"],
  ])("with %s is refused", async (_, origins, pointer) => {
    const sent = { key: space.key, body: { ...NEW, origins } };
    expect(await service.faults("POST", "/v1/api-keys", sent)).toEqual([pointer]);
  });

  it("with another scope is refused, by an operator too, and with each wrong origin", async () => {
    const body = { ...NEW, scopes: ["events:read", "events:write"], origins: ["http://shop.example"] };
    const pointers = ["/scopes/0", "/origins/0"];
    expect(await service.faults("POST", "/v1/api-keys", { key: space.key, body })).toEqual(pointers);
    expect(await service.faults("POST", `/v1/spaces/${space.id}/api-keys`, { key: ADMIN, body })).toEqual(pointers);
  });

  it("shows them, where a key without origins shows null", async () => {
    const origins = [SHOP, "https://shop.example:8443", "https://xn--bcher-kva.example"];
    const made = await service.json<object>("POST", "/v1/api-keys", 201, { key: space.key, body: { ...NEW, origins } });
    expect(made).toMatchObject({ scopes: ["events:write"], origins });
    const { data } = await service.json<{ data: object[] }>("GET", "/v1/api-keys", 200, { key: space.key });
    expect(data).toContainEqual(expect.objectContaining({ origins }));
    expect(data).toContainEqual(expect.objectContaining({ name: "first key", origins: null }));
  });

  it("may have pages of this machine with http in local development, and there alone", async () => {
    const local = { ...NEW, origins: ["http://localhost:3000", "http://127.0.0.1", "http://[::1]:8080"] };
    expect(await keyOf(local)).toMatch(/^spw_/);
    const production = new Service({ ALLOW_INSECURE_TARGETS: "false", BUCKET_ENDPOINT: "https://s3.example" });
    const pointers = await production.faults("POST", "/v1/api-keys", { key: space.key, body: local });
    expect(pointers).toEqual(["/origins/0", "/origins/1", "/origins/2"]);
  });
});

describe("a key with origins", () => {
  it("sends events from a page of its origin, which may read the answer", async () => {
    const answer = await send();
    expect([answer.status, allowed(answer), answer.headers.get("vary")]).toEqual([202, SHOP, "Origin"]);
    expect(answer.headers.get("access-control-expose-headers")).toContain("retry-after");
    expect(answer.headers.get("access-control-allow-credentials")).toBeNull();
  });

  it.each<[string, string | null, RegExp]>([
    ["another host", "https://evil.example", /origins do not include https:\/\/evil\.example/],
    ["a host below its own", "https://a.shop.example", /do not include/],
    ["another scheme", "http://shop.example", /do not include/],
    ["another port", "https://shop.example:8443", /do not include/],
    ["a sandbox", "null", /do not include null/],
    ["nowhere: a server", null, /Origin must name one of its origins, and is missing/],
  ])("is refused from %s", async (_, origin, detail) => {
    const answer = await send({ origin });
    const problem = await answer.json<ProblemView>();
    expect([answer.status, problem.code, allowed(answer)]).toEqual([403, "forbidden", origin]);
    expect(problem.detail).toMatch(detail);
  });

  it("may not try events", async () => {
    const answer = await send({ path: "/v1/events?dry_run=true" });
    expect([answer.status, (await answer.json<ProblemView>()).detail]).toEqual([
      403,
      expect.stringContaining("may not send dry_run"),
    ]);
  });

  it("may call no other operation, whatever its scope", async () => {
    const others = ROUTES.filter(
      ({ auth, operationId }) => !["none", "admin"].includes(auth) && operationId !== "sendEvents",
    );
    const call = ({ method, path }: Route) =>
      service.call(method, path.replaceAll(/\{\w+\}/g, "x"), { key, headers: { origin: SHOP } });
    const answers = await Promise.all(
      others.map(async (route) => {
        const answer = await call(route);
        return [route.operationId, answer.status, cors(answer)];
      }),
    );
    expect(answers).toEqual(others.map(({ operationId }) => [operationId, 403, []]));
  });

  it.each<[string, () => Promise<Response>, number]>([
    ["a body that is not valid", () => send({ body: { events: [{}] } }), 422],
    ["a body of more bytes than a browser sends when a page is left", () => send({ body: " ".repeat(65_537) }), 413],
    ["an unknown key", () => send({ key: `spw_${"0".repeat(24)}_${"x".repeat(43)}` }), 401],
    ["no key", () => send({ key: "" }), 401],
  ])("lets the page read the refusal of %s", async (_, refused, status) => {
    const answer = await refused();
    expect([answer.status, allowed(answer)]).toEqual([status, SHOP]);
  });
});

it("a key without origins is answered without a word for pages", async () => {
  const answer = await send({ key: space.key });
  expect([answer.status, cors(answer), answer.headers.get("vary")]).toEqual([202, [], null]);
});

describe("a preflight request", () => {
  const ask = (method: string, path = "/v1/events") =>
    service.call("OPTIONS", path, { headers: { origin: SHOP, "access-control-request-method": method } });

  it("for POST /v1/events lets the browser go on", async () => {
    const answer = await ask("POST");
    const sent = ["allow-methods", "allow-headers", "max-age"].map((name) =>
      answer.headers.get(`access-control-${name}`),
    );
    expect([answer.status, allowed(answer), ...sent]).toEqual([
      204,
      SHOP,
      "POST",
      "authorization, content-type, content-encoding",
      "86400",
    ]);
  });

  it.each([
    ["GET", "/v1/events"],
    ["POST", "/v1/touchpoints"],
  ])("for %s %s does not", async (method, path) => {
    const answer = await ask(method, path);
    expect([answer.status, cors(answer)]).toEqual([204, []]);
  });
});

describe("calls from pages", () => {
  it("have a limit of their own, and take no place of the space's", async () => {
    const narrow = new Service({ TRACKER_LIMIT: "2", API_LIMIT: "3", WRITE_LIMIT: "3" });
    space = await narrow.space();
    key = await keyOf(NEW, narrow);
    const invalid = { body: { events: [] } };
    const statuses = [(await send(invalid, narrow)).status, (await send({ origin: null }, narrow)).status];
    const refused = await send({}, narrow);
    expect([...statuses, refused.status]).toEqual([422, 403, 429]);
    expect([allowed(refused), refused.headers.get("ratelimit-policy")]).toEqual([SHOP, '"tracker";q=2;w=60']);
    const own = await narrow.call("POST", "/v1/events", { key: space.key, body: { events: [] } });
    expect([own.status, own.headers.get("ratelimit")]).toEqual([422, '"api";r=1;t=60']);
  });
});
