/** Links to a space's portal and their sessions: opened once, in time, with the key that made them, by their page. */

import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { roomyService } from "../../support/pipeline.ts";
import { ADMIN, LAST_HOUR, ORIGIN, orders, type ProblemView, type Service, type Space } from "../../support/service.ts";
import { linkFor, openLink, PAGE, Portal } from "../../support/portal.ts";

let service: Service;
let space: Space;

beforeEach(async () => {
  service = roomyService();
  space = await service.shop();
});

const ALL = ["exports:read", "exports:write", "settings:write"];

/** What opening a link answers. */
async function refusal(token: string, status: number, headers: Record<string, string> = PAGE): Promise<string> {
  const body = { token };
  return (await service.json<ProblemView>("POST", "/v1/portal-session", status, { body, headers })).detail;
}

describe("a link", () => {
  it("has its token in the fragment of the address of the space's portal, and when it expires", async () => {
    const body = { scopes: ["exports:read"], expires_in_seconds: 60 };
    const link = await service.json<{ url: string; expires_at: string }>("POST", "/v1/portal-links", 201, {
      key: space.key,
      body,
    });
    expect(link.url).toMatch(new RegExp(`^${ORIGIN}/portal/${space.id}#spl_[0-9a-f]{24}_[\\w-]{43}$`));
    expect(link.expires_at).toBe(new Date(service.now + 60_000).toISOString());
  });

  it("opens a session of its scopes, for its length, with how the portal looks", async () => {
    const change = { branding: { name: "Acme", accent: "#0b5fff" } };
    await service.json("PATCH", "/v1/space", 200, { key: space.key, body: change });
    const token = await linkFor(service, space, { scopes: ["exports:read"], expires_in_seconds: 120 });
    service.now += 60_000;
    const response = await openLink(service, token);
    expect(await response.json()).toEqual({
      id: token.split("_")[1],
      scopes: ["exports:read"],
      destination_ids: null,
      expires_at: new Date(service.now + 120_000).toISOString(),
      space: {
        id: space.id,
        name: "Shop",
        timezone: "Europe/London",
        branding: { name: "Acme", accent: "#0b5fff", accent_text: "#ffffff" },
      },
    });
  });

  it("sets a cookie that scripts and other sites do not get", async () => {
    const response = await openLink(service, await linkFor(service, space, { expires_in_seconds: 120 }));
    expect(response.headers.get("cache-control")).toBe("no-store");
    expect(response.headers.get("set-cookie")).toMatch(
      /^__Host-spillway_portal=sps_[0-9a-f]{24}_[\w-]{43}; Max-Age=120; Path=\/; HttpOnly; Secure; SameSite=Lax$/,
    );
  });

  it("sets a partitioned cookie in a frame, where the space lists who may frame it", async () => {
    const token = await linkFor(service, space);
    const body = { token, framed: true };
    expect(await service.faults("POST", "/v1/portal-session", { body, headers: PAGE })).toEqual(["/framed"]);
    const origins = { portal_origins: ["https://app.acme.example"] };
    await service.json("PATCH", "/v1/space", 200, { key: space.key, body: origins });
    const response = await openLink(service, token, { framed: true });
    expect(response.headers.get("set-cookie")).toMatch(/; HttpOnly; Secure; SameSite=None; Partitioned$/);
  });

  it("at the address of another space is refused, and stays unopened", async () => {
    const token = await linkFor(service, space);
    const other = { token, space_id: crypto.randomUUID() };
    expect(await service.faults("POST", "/v1/portal-session", { body: other, headers: PAGE })).toEqual(["/space_id"]);
    await openLink(service, token, { space_id: space.id });
  });

  it("opened twice says that it was opened, and when", async () => {
    const token = await linkFor(service, space);
    await openLink(service, token);
    const openedAt = new Date(service.now).toISOString();
    service.now += 1_000;
    expect(await refusal(token, 410)).toContain(`opened already, at ${openedAt}`);
  });

  it("opened twice at once opens one session", async () => {
    const token = await linkFor(service, space);
    const body = { token };
    const calls = Array.from({ length: 5 }, () => service.call("POST", "/v1/portal-session", { body, headers: PAGE }));
    const statuses = (await Promise.all(calls)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 201)).toHaveLength(1);
    expect(statuses.filter((status) => status === 410)).toHaveLength(4);
  });

  it("opens in its last millisecond, and opened late says when it expired", async () => {
    const inTime = await linkFor(service, space, { expires_in_seconds: 60 });
    const late = await linkFor(service, space, { expires_in_seconds: 60 });
    service.now += 59_999;
    await openLink(service, inTime);
    service.now += 1;
    expect(await refusal(late, 410)).toContain(`expired at ${new Date(service.now).toISOString()}`);
  });

  it("whose key was revoked or has expired says so", async () => {
    const made = await service.json<{ id: string; key: string }>("POST", "/v1/api-keys", 201, {
      key: space.key,
      body: { name: "portal", scopes: ALL, expires_at: new Date(service.now + 60_000).toISOString() },
    });
    const owner = { ...space, key: made.key };
    const [first, second] = [await linkFor(service, owner), await linkFor(service, owner)];
    service.now += 60_000;
    expect(await refusal(first, 410)).toContain("revoked or has expired");
    await service.json("DELETE", `/v1/api-keys/${made.id}`, 204, { key: space.key });
    expect(await refusal(second, 410)).toContain("revoked or has expired");
  });

  it.each(["", "#", "spl_", `spl_${"0".repeat(24)}_${"A".repeat(43)}`, "💥", "spw_x"])(
    "that is unknown (%j) is refused",
    async (token) => {
      const response = await service.call("POST", "/v1/portal-session", { body: { token }, headers: PAGE });
      expect(response.status).toBe(token === "" ? 422 : 401);
    },
  );

  it("with a wrong secret is as unknown as one that never was", async () => {
    const token = await linkFor(service, space);
    const wrong = token.slice(0, -4) + (token.endsWith("AAAA") ? "BBBB" : "AAAA");
    expect(await refusal(wrong, 401)).toBe(await refusal(`spl_${"0".repeat(24)}_${"A".repeat(43)}`, 401));
  });

  it("is not opened by a page of another origin, nor without the portal's header", async () => {
    const token = await linkFor(service, space);
    expect(await refusal(token, 403, { ...PAGE, origin: "https://evil.example" })).toContain("another origin");
    expect(await refusal(token, 403, { "spillway-portal": "1" })).toContain("is missing");
    expect(await refusal(token, 403, { origin: ORIGIN })).toContain("Spillway-Portal: 1");
    await openLink(service, token);
  });

  it("of an inactive space is refused, and opens when the space is active again", async () => {
    const token = await linkFor(service, space);
    const change = (status: string) =>
      service.json("PATCH", `/v1/spaces/${space.id}`, 200, { key: ADMIN, body: { status } });
    await change("inactive");
    await refusal(token, 403);
    await change("active");
    await openLink(service, token);
  });

  it("is stored without its secret, and so is its session", async () => {
    const token = await linkFor(service, space);
    const cookie = (await openLink(service, token)).headers.get("set-cookie") ?? "";
    const { results } = await env.CONTROL_DB.prepare("SELECT * FROM portal_sessions WHERE space_id = ?1")
      .bind(space.id)
      .all();
    const stored = JSON.stringify(results);
    expect(results).toHaveLength(1);
    const secrets = [token, cookie].map((text) => /_([\w-]{43})(;|$)/.exec(text)?.[1]);
    for (const secret of secrets) expect([secret, stored.includes(secret ?? "")]).toEqual([expect.anything(), false]);
  });
});

describe("a link is not made", () => {
  it.each<[string, object, string]>([
    ["without scopes", { scopes: [] }, "/scopes"],
    ["with another scope", { scopes: ["events:read"] }, "/scopes/0"],
    ["with a scope twice", { scopes: ["exports:read", "exports:read"] }, "/scopes"],
    ["for 59 seconds", { expires_in_seconds: 59 }, "/expires_in_seconds"],
    ["for more than a day", { expires_in_seconds: 86_401 }, "/expires_in_seconds"],
    ["for half a second more", { expires_in_seconds: 60.5 }, "/expires_in_seconds"],
    ["with a destination that no space has", { destination_ids: [crypto.randomUUID()] }, "/destination_ids/0"],
    ["with a destination that is no id", { destination_ids: ["x"] }, "/destination_ids/0"],
    ["with an unknown property", { name: "x" }, "/name"],
  ])("%s", async (_, more, pointer) => {
    const body = { scopes: ["exports:read"], ...more };
    expect(await service.faults("POST", "/v1/portal-links", { key: space.key, body })).toEqual([pointer]);
  });

  it("with another space's destination", async () => {
    const other = await service.space();
    const body = { scopes: ["exports:read"], destination_ids: [await destination(other)] };
    expect(await service.faults("POST", "/v1/portal-links", { key: space.key, body })).toEqual(["/destination_ids/0"]);
  });

  it("with a scope that its maker lacks", async () => {
    const key = await service.keyWith(space, ["settings:write", "exports:read"]);
    const body = { scopes: ["exports:read", "exports:write"] };
    const problem = await service.json<ProblemView>("POST", "/v1/portal-links", 403, { key, body });
    expect(problem.errors?.map(({ pointer }) => pointer)).toEqual(["/scopes/1"]);
  });
});

async function destination(of: Space, bucket = "acme-exports"): Promise<string> {
  const auth = { type: "keys", access_key_id: "AKIDEXAMPLE", secret_access_key: "secret-access-key" };
  const body = { name: bucket, bucket, region: "eu-central-1", auth };
  return (await service.json<{ id: string }>("POST", "/v1/destinations", 201, { key: of.key, body })).id;
}

describe("a session", () => {
  it("shows itself, creates an export, follows it and downloads it", async () => {
    await service.send(space, orders(3));
    const portal = await Portal.open(service, space, { scopes: ["exports:read", "exports:write"] });
    expect(await portal.json("GET", "/v1/portal-session", 200)).toMatchObject({ space: { name: "Shop" } });
    const { id } = await portal.json<{ id: string }>("POST", "/v1/exports", 202, LAST_HOUR);
    await service.pump();
    expect(await portal.json("GET", `/v1/exports/${id}`, 200)).toMatchObject({ status: "completed" });
    const content = await portal.call("GET", `/v1/exports/${id}/content`);
    expect((await content.text()).trim().split("\n")).toHaveLength(3);
    expect(content.headers.get("ratelimit-policy")).toContain('"api"');
  });

  it("ends after its length, in the millisecond", async () => {
    const portal = await Portal.open(service, space, { expires_in_seconds: 60 });
    service.now += 59_999;
    await portal.json("GET", "/v1/exports", 200);
    service.now += 1;
    expect((await portal.json<ProblemView>("GET", "/v1/exports", 401)).detail).toContain("ended at");
  });

  it("ends at once with the key that made its link", async () => {
    const made = await service.json<{ id: string; key: string }>("POST", "/v1/api-keys", 201, {
      key: space.key,
      body: { name: "portal", scopes: ALL },
    });
    const portal = await Portal.open(service, { ...space, key: made.key });
    await portal.json("GET", "/v1/exports", 200);
    await service.json("DELETE", `/v1/api-keys/${made.id}`, 204, { key: space.key });
    expect((await portal.json<ProblemView>("GET", "/v1/exports", 401)).detail).toContain("revoked");
  });

  it("ends when its holder signs out, and the cookie is removed", async () => {
    const portal = await Portal.open(service, space);
    const response = await portal.call("DELETE", "/v1/portal-session");
    expect(response.status).toBe(204);
    expect(response.headers.getSetCookie().every((cookie) => cookie.includes("Max-Age=0"))).toBe(true);
    expect((await portal.json<ProblemView>("GET", "/v1/portal-session", 401)).detail).toContain("was ended");
  });

  it("ends with its space", async () => {
    const portal = await Portal.open(service, space);
    await service.json("DELETE", `/v1/spaces/${space.id}`, 202, { key: ADMIN });
    await portal.json("GET", "/v1/exports", 401);
  });

  it("writes only from its own page: with its header and the service's origin", async () => {
    const portal = await Portal.open(service, space);
    const { cookie } = portal;
    for (const headers of [
      { cookie },
      { cookie, origin: ORIGIN },
      { cookie, "spillway-portal": "1" },
      { cookie, ...PAGE, origin: "https://evil.example" },
      { cookie, ...PAGE, origin: "null" },
    ])
      await service.json("POST", "/v1/exports", 403, { headers, body: LAST_HOUR });
    await portal.json("POST", "/v1/exports", 202, LAST_HOUR);
  });

  it("makes no call for a page that shows another session, which a second link replaced", async () => {
    const shown = await Portal.open(service, space);
    const { id } = await shown.json<{ id: string }>("GET", "/v1/portal-session", 200);
    const { cookie } = await Portal.open(service, await service.space({ name: "Other" }));
    const headers = { ...PAGE, cookie, "spillway-portal": id };
    const { detail } = await service.json<ProblemView>("GET", "/v1/exports", 401, { headers });
    expect(detail).toContain("Another link was opened in this browser");
    await service.json("POST", "/v1/exports", 401, { headers, body: LAST_HOUR });
    await service.json("DELETE", "/v1/portal-session", 401, { headers });
    await service.json("POST", "/v1/exports", 202, { headers: { ...headers, cookie: shown.cookie }, body: LAST_HOUR });
  });

  it("is told of refusals in words that are true of a session", async () => {
    const portal = await Portal.open(service, space, { scopes: ["exports:read"] });
    const { title, detail } = await portal.json<ProblemView>("POST", "/v1/exports", 403, LAST_HOUR);
    expect(title).toContain("portal session");
    expect(detail).toBe("This portal session lacks the scope exports:write. Ask for a link that has it.");
    await portal.json("DELETE", "/v1/portal-session", 204);
    const ended = await portal.json<ProblemView>("GET", "/v1/exports", 401);
    expect(`${ended.title} ${ended.detail}`).toMatch(/portal session.*open a new link.*ended/);
  });

  it("gives way to an API key in the same request", async () => {
    const portal = await Portal.open(service, space);
    const other = await service.space({ name: "Other" });
    const headers = { cookie: portal.cookie };
    expect(await service.json("GET", "/v1/space", 200, { key: other.key, headers })).toMatchObject({ name: "Other" });
  });

  it.each(["", "x", `sps_${"0".repeat(24)}_${"A".repeat(43)}`])("is not the cookie %j", async (token) => {
    const headers = { cookie: `__Host-spillway_portal=${token}` };
    await service.json("GET", "/v1/exports", 401, { headers });
  });

  it("is not the token of a link", async () => {
    const token = await linkFor(service, space);
    await service.json("GET", "/v1/exports", 401, { headers: { cookie: `__Host-spillway_portal=${token}` } });
  });

  it("of one space sees nothing of another", async () => {
    const other = await service.shop();
    const id = await service.ask(other);
    const portal = await Portal.open(service, space);
    await portal.json("GET", `/v1/exports/${id}`, 404);
    expect(await portal.json("GET", "/v1/exports", 200)).toMatchObject({ data: [] });
  });
});

describe("a session that creates exports, and changes no settings,", () => {
  it("lists ids and names for its forms, and nothing more", async () => {
    const rule = { attribute: "tier", op: "eq", value: "gold" };
    await service.json("PUT", "/v1/segments/gold", 200, { key: space.key, body: { name: "Gold", rule } });
    await service.json("PUT", "/v1/tags/vip", 200, { key: space.key, body: { name: "VIP" } });
    const id = await destination(space);
    const portal = await Portal.open(service, space, { scopes: ["exports:write"] });
    expect(await portal.json("GET", "/v1/segments", 200)).toMatchObject({ data: [{ id: "gold", name: "Gold" }] });
    expect(await portal.json("GET", "/v1/destinations", 200)).toEqual({
      data: [{ id, name: "acme-exports" }],
      next_cursor: null,
    });
    for (const path of ["/v1/segments", "/v1/tags", "/v1/attributes", "/v1/event-definitions"]) {
      const { data } = await portal.json<{ data: object[] }>("GET", path, 200);
      expect(data.length).toBeGreaterThan(0);
      for (const item of data) expect(Object.keys(item)).toEqual(["id", "name"]);
    }
  });
});

describe("a session of one destination", () => {
  it("sees and changes it alone, and makes no other", async () => {
    const [own, foreign] = [await destination(space), await destination(space, "other-exports")];
    const portal = await Portal.open(service, space, { destination_ids: [own] });
    const { data } = await portal.json<{ data: { id: string }[] }>("GET", "/v1/destinations?limit=1", 200);
    expect(data.map(({ id }) => id)).toEqual([own]);
    await portal.json("PATCH", `/v1/destinations/${own}`, 200, { name: "Renamed" });
    await portal.json("GET", `/v1/destinations/${foreign}`, 404);
    await portal.json("PATCH", `/v1/destinations/${foreign}`, 404, { name: "Renamed" });
    await portal.json("POST", `/v1/destinations/${foreign}/test`, 404);
    await portal.json("DELETE", `/v1/destinations/${foreign}`, 404);
    const auth = { type: "role", role_arn: "arn:aws:iam::123456789012:role/x" };
    const body = { name: "New", bucket: "new-exports", region: "eu-central-1", auth };
    await portal.json("POST", "/v1/destinations", 403, body);
  });

  it("leads it nowhere else, and does not delete it; a session of all destinations may", async () => {
    const own = await destination(space);
    const path = `/v1/destinations/${own}`;
    const before = await service.json("GET", path, 200, { key: space.key });
    const portal = await Portal.open(service, space, { destination_ids: [own] });
    const auth = { type: "role", role_arn: "arn:aws:iam::999999999999:role/mine" };
    for (const change of [
      { bucket: "my-exports" },
      { region: "eu-west-1" },
      { endpoint: "https://objects.mine.example" },
      { directory_path: "mine/" },
      { auth },
      { auth: { type: "keys", access_key_id: "AKIDMINE", secret_access_key: "secret-access-key" } },
      { encryption: { sse: "aws:kms", kms_key_id: "mine" } },
      { provider: "generic" },
      { path_style: true },
      { storage_class: "GLACIER" },
      { key_template: "mine/" },
    ]) {
      const problem = await portal.json<ProblemView>("PATCH", path, 403, { name: "Renamed", ...change });
      expect(problem.errors?.map(({ pointer }) => pointer)).toEqual([`/${Object.keys(change)[0]}`]);
    }
    await portal.json("DELETE", path, 403);
    expect(await service.json("GET", path, 200, { key: space.key })).toEqual(before);
    const unlimited = await Portal.open(service, space);
    await unlimited.json("PATCH", path, 200, { directory_path: "theirs/" });
    await unlimited.json("DELETE", path, 204);
  });

  it("delivers to it alone: exports, estimates, retries and schedules", async () => {
    const [own, foreign] = [await destination(space), await destination(space, "other-exports")];
    const portal = await Portal.open(service, space, { destination_ids: [own] });
    const to = (id: string) => ({ ...LAST_HOUR, delivery: { type: "s3", destination_id: id } });
    const pointers = async (path: string, body: object, method = "POST") =>
      (await portal.json<ProblemView>(method, path, 403, body)).errors?.map(({ pointer }) => pointer);
    await portal.json("POST", "/v1/exports", 202, to(own));
    await portal.json("POST", "/v1/exports", 202, LAST_HOUR);
    expect(await pointers("/v1/exports", to(foreign))).toEqual(["/delivery/destination_id"]);
    expect(await pointers("/v1/exports/estimate", to(foreign))).toEqual(["/delivery/destination_id"]);
    const role = {
      type: "s3",
      bucket: "x-exports",
      region: "eu-central-1",
      role_arn: "arn:aws:iam::123456789012:role/x",
    };
    expect(await pointers("/v1/exports", { ...LAST_HOUR, delivery: role })).toEqual(["/delivery"]);
    const schedule = (id: string) => ({
      name: "Nightly",
      cron: "0 3 * * *",
      timezone: "UTC",
      request: { dataset: "activity_events", delivery: { type: "s3", destination_id: id } },
    });
    expect(await pointers("/v1/schedules", schedule(foreign))).toEqual(["/request/delivery/destination_id"]);
    const theirs = await service.json<{ id: string }>("POST", "/v1/schedules", 201, {
      key: space.key,
      body: schedule(foreign),
    });
    const mine = await portal.json<{ id: string }>("POST", "/v1/schedules", 201, schedule(own));
    await portal.json("GET", `/v1/schedules/${theirs.id}`, 404);
    await portal.json("GET", `/v1/schedules/${theirs.id}/exports`, 404);
    await portal.json("PATCH", `/v1/schedules/${theirs.id}`, 404, { paused: true });
    await portal.json("DELETE", `/v1/schedules/${theirs.id}`, 404);
    const seen = await portal.json<{ data: { id: string }[] }>("GET", "/v1/schedules?limit=1", 200);
    expect(seen.data.map(({ id }) => id)).toEqual([mine.id]);
    const { request } = schedule(foreign);
    await portal.json("PATCH", `/v1/schedules/${mine.id}`, 403, { request });
    await portal.json("DELETE", `/v1/schedules/${mine.id}`, 204);
    const id = await service.ask(space, to(foreign));
    await service.context.databases.control.run(
      "UPDATE exports SET status = 'failed', expires_at = ?3 WHERE space_id = ?1 AND id = ?2",
      [space.id, id, service.now + 1],
    );
    await portal.json("POST", `/v1/exports/${id}/retry`, 403);
  });
});
