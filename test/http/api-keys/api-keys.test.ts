/** API keys: validation of their fields, responses, and revocation. */

import { beforeEach, describe, expect, it } from "vitest";
import { SCOPES } from "../../../src/http/route.ts";
import { ADMIN, type ProblemView, Service, type Space, START } from "../../support/service.ts";

const service = new Service();
let space: Space;

beforeEach(async () => {
  space = await service.space();
});

interface Key {
  id: string;
  name: string;
  scopes: string[];
  expires_at: string | null;
  created_at: string;
  key?: string;
}

const NEW = { name: "nightly", scopes: ["exports:read"] };
const make = (body: Record<string, unknown>) =>
  service.json<Key>("POST", "/v1/api-keys", 201, { key: space.key, body });
const list = async () => (await service.json<{ data: Key[] }>("GET", "/v1/api-keys", 200, { key: space.key })).data;

describe("a new key", () => {
  it.each<[string, Record<string, unknown>, string[]]>([
    ["no name", { scopes: NEW.scopes }, ["/name"]],
    ["an empty name", { ...NEW, name: "" }, ["/name"]],
    ["a name of blanks", { ...NEW, name: "  " }, ["/name"]],
    ["a name of zero-width characters", { ...NEW, name: "\u200b\u2060\ufeff\u00ad" }, ["/name"]],
    ["a name of fillers that fonts leave blank", { ...NEW, name: "\u3164\u2800 \u115f" }, ["/name"]],
    ["a name of 201 characters", { ...NEW, name: "n".repeat(201) }, ["/name"]],
    ["a name with an unpaired surrogate", { ...NEW, name: "\udc00" }, ["/name"]],
    ["no scopes", { name: "x" }, ["/scopes"]],
    ["an empty list of scopes", { ...NEW, scopes: [] }, ["/scopes"]],
    ["an unknown scope", { ...NEW, scopes: ["events:read", "admin"] }, ["/scopes/1"]],
    ["a scope twice", { ...NEW, scopes: ["events:read", "events:read"] }, ["/scopes"]],
    ["a scope that is no text", { ...NEW, scopes: [1] }, ["/scopes/0"]],
    ["scopes as a text", { ...NEW, scopes: "events:read" }, ["/scopes"]],
    ["a space of its own choice", { ...NEW, space_id: "x" }, ["/space_id"]],
    ["a key of its own choice", { ...NEW, key: "spw_x" }, ["/key"]],
    ["an expiry that is no time", { ...NEW, expires_at: "tomorrow" }, ["/expires_at"]],
    ["an expiry that is now", { ...NEW, expires_at: new Date(START).toISOString() }, ["/expires_at"]],
    ["two faults", { name: "", scopes: [] }, ["/name", "/scopes"]],
  ])("with %s is refused", async (_, body, pointers) => {
    expect(await service.faults("POST", "/v1/api-keys", { key: space.key, body })).toEqual(pointers);
  });

  it.each(["k", "\u200bk", "👩‍🌾", "n".repeat(200), "Nächtlicher Export 🌙 夜"])("may be called %s", async (name) => {
    expect(await make({ ...NEW, name })).toMatchObject({ name });
  });

  it("is shown with its scopes in the order they were sent, and created_at", async () => {
    const scopes = [...SCOPES].toReversed();
    const created = await make({ name: "all", scopes });
    expect(created).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{24}$/),
      name: "all",
      scopes,
      origins: null,
      expires_at: null,
      created_at: new Date(service.now).toISOString(),
      key: expect.stringMatching(/^spw_[0-9a-f]{24}_[A-Za-z0-9_-]{43}$/),
    });
  });

  it("works at once", async () => {
    const { key = "" } = await make({ name: "x", scopes: ["events:read"] });
    expect((await service.call("GET", "/v1/event-definitions", { key })).status).toBe(200);
  });
});

describe("a key with an expiry", () => {
  it("works until then, and not from then on", async () => {
    const at = service.now + 60_000;
    const { key = "", expires_at: shown } = await make({ ...NEW, expires_at: new Date(at).toISOString() });
    const use = () => service.call("GET", "/v1/space", { key });
    const before = (await use()).status;
    service.now = at - 1;
    const last = (await use()).status;
    service.now = at;
    const after = await use();
    expect([shown, before, last, after.status]).toEqual([new Date(at).toISOString(), 200, 200, 401]);
    expect((await after.json<ProblemView>()).detail).toContain(`expired at ${new Date(at).toISOString()}`);
    service.now = START;
  });
});

describe("the scopes of a new key", () => {
  it.each(SCOPES.filter((scope) => scope !== "settings:write"))(
    "include %s only if its maker has it",
    async (scope) => {
      const own = ["settings:write", ...SCOPES.filter((each) => each !== "settings:write" && each !== scope)];
      const maker = await service.keyWith(space, own);
      const sent = (scopes: readonly string[]) =>
        service.call("POST", "/v1/api-keys", { key: maker, body: { name: "minted", scopes } });
      const refused = await sent(["settings:write", scope]);
      const problem = await refused.json<ProblemView>();
      expect([refused.status, problem.code, problem.errors?.map((fault) => fault.pointer)]).toEqual([
        403,
        "forbidden",
        ["/scopes/1"],
      ]);
      expect(problem.detail).toContain(scope);
      expect((await sent(own)).status).toBe(201);
    },
  );
});

describe("a space's keys", () => {
  it("are at most as many as the setting says", async () => {
    const narrow = new Service({ KEY_LIMIT: "3" });
    const add = () => narrow.call("POST", "/v1/api-keys", { key: space.key, body: NEW });
    const statuses = [(await add()).status, (await add()).status];
    const refused = await add();
    expect([...statuses, refused.status]).toEqual([201, 201, 409]);
    expect((await refused.json<ProblemView>()).detail).toMatch(/at most 3 API keys/);
    expect(await list()).toHaveLength(3);
  });

  it("that have expired make room for others", async () => {
    const narrow = new Service({ KEY_LIMIT: "2" });
    const soon = { ...NEW, expires_at: new Date(narrow.now + 1_000).toISOString() };
    const add = (body: unknown) => narrow.call("POST", "/v1/api-keys", { key: space.key, body });
    await add(soon);
    const full = (await add(NEW)).status;
    narrow.now += 1_000;
    expect([full, (await add(NEW)).status, (await list()).length]).toEqual([409, 201, 2]);
  });
});

describe("the list of keys", () => {
  it("shows all of a key but the key", async () => {
    const { key: _, ...created } = await make(NEW);
    expect(await list()).toContainEqual(created);
  });

  it("has the space's first key, with every scope", async () => {
    expect(await list()).toEqual([expect.objectContaining({ name: "first key", scopes: [...SCOPES] })]);
  });

  it("has a revoked key no longer", async () => {
    const { id } = await make(NEW);
    await service.json("DELETE", `/v1/api-keys/${id}`, 204, { key: space.key });
    expect((await list()).map((each) => each.id)).not.toContain(id);
  });
});

describe("a key that asks for itself", () => {
  const own = (key: string) => service.json<Key>("GET", "/v1/api-key", 200, { key });

  it("gets what its creation showed, but not the key", async () => {
    const expires = new Date(service.now + 60_000).toISOString();
    const { key = "", ...created } = await make({ ...NEW, expires_at: expires });
    expect(await own(key)).toEqual(created);
    expect(await own(space.key)).toMatchObject({ name: "first key", scopes: [...SCOPES], expires_at: null });
  });

  it("is refused once it was revoked, also where an isolate still knows it", async () => {
    const { id, key = "" } = await make(NEW);
    await own(key);
    await service.context.databases.control.run("DELETE FROM api_keys WHERE space_id = ?1 AND id = ?2", [space.id, id]);
    const { detail } = await service.json<ProblemView>("GET", "/v1/api-key", 401, { key });
    expect(detail).toBe("This API key was revoked.");
  });
});

describe("a revocation", () => {
  it("is not found the second time", async () => {
    const { id } = await make(NEW);
    await service.json("DELETE", `/v1/api-keys/${id}`, 204, { key: space.key });
    expect((await service.call("DELETE", `/v1/api-keys/${id}`, { key: space.key })).status).toBe(404);
  });

  it.each(["0".repeat(24), "x", "%00", "%"])("of the unknown key %s is not found", async (id) => {
    expect((await service.call("DELETE", `/v1/api-keys/${id}`, { key: space.key })).status).toBe(404);
  });

  it("is refused for the last key that can change keys, also when two are revoked at once", async () => {
    const second = await make({ name: "x", scopes: ["settings:write"] });
    const expiring = { name: "x", scopes: ["settings:write"], expires_at: new Date(service.now + 1_000).toISOString() };
    await make(expiring);
    service.now += 1_000;
    const revoke = (id: string) => service.call("DELETE", `/v1/api-keys/${id}`, { key: space.key });
    const statuses = await Promise.all(
      [space.key.slice(4, 28), second.id].map(async (id) => (await revoke(id)).status),
    );
    expect(statuses.toSorted((a, b) => a - b)).toEqual([204, 409]);
    service.now = START;
  });

  it("is not refused for a key without settings:write, nor for an expired one", async () => {
    const plain = await make(NEW);
    const soon = await make({
      name: "x",
      scopes: ["settings:write"],
      expires_at: new Date(service.now + 1).toISOString(),
    });
    service.now += 1;
    for (const { id } of [plain, soon]) await service.json("DELETE", `/v1/api-keys/${id}`, 204, { key: space.key });
    const last = await service.json<ProblemView>("DELETE", `/v1/api-keys/${space.key.slice(4, 28)}`, 409, {
      key: space.key,
    });
    expect(last.detail).toMatch(/last key with the scope settings:write/);
    service.now = START;
  });

  it("may be a key's own", async () => {
    const created = await make({ name: "x", scopes: ["settings:write"] });
    await service.json("DELETE", `/v1/api-keys/${created.id}`, 204, { key: created.key ?? "" });
    expect((await service.call("GET", "/v1/space", { key: created.key ?? "" })).status).toBe(401);
  });
});

describe("an operator", () => {
  const keysOf = (id: string) => `/v1/spaces/${id}/api-keys`;

  it("replaces a lost key: makes one with any scopes, lists them, revokes the lost one", async () => {
    const body = { name: "replacement", scopes: [...SCOPES] };
    const made = await service.json<Key>("POST", keysOf(space.id), 201, { key: ADMIN, body });
    const listed = await service.json<{ data: Key[] }>("GET", keysOf(space.id), 200, { key: ADMIN });
    expect(listed.data.map((key) => key.name).toSorted()).toEqual(["first key", "replacement"]);
    expect(JSON.stringify(listed)).not.toContain(made.key);
    await service.json("DELETE", `${keysOf(space.id)}/${space.key.slice(4, 28)}`, 204, { key: ADMIN });
    expect((await service.call("GET", "/v1/space", { key: space.key })).status).toBe(401);
    expect((await service.call("GET", "/v1/api-keys", { key: made.key ?? "" })).status).toBe(200);
  });

  it("does not leave a space without a key that can change keys", async () => {
    const lost = `${keysOf(space.id)}/${space.key.slice(4, 28)}`;
    expect((await service.call("DELETE", lost, { key: ADMIN })).status).toBe(409);
  });

  it("gets the same refusals as a key", async () => {
    const body = { name: "", scopes: ["admin"], expires_at: "never" };
    const pointers = await service.faults("POST", keysOf(space.id), { key: ADMIN, body });
    expect(pointers).toEqual(["/name", "/scopes/0", "/expires_at"]);
  });

  it("finds no keys of an unknown space, nor another space's key in this one", async () => {
    const unknown = crypto.randomUUID();
    const other = await service.space();
    const id = other.key.slice(4, 28);
    const statuses = [
      (await service.call("GET", keysOf(unknown), { key: ADMIN })).status,
      (await service.call("POST", keysOf(unknown), { key: ADMIN, body: NEW })).status,
      (await service.call("DELETE", `${keysOf(unknown)}/${id}`, { key: ADMIN })).status,
      (await service.call("DELETE", `${keysOf(space.id)}/${id}`, { key: ADMIN })).status,
    ];
    expect(statuses).toEqual([404, 404, 404, 404]);
  });
});
