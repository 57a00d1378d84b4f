/** API keys: validation of their fields, responses, and revocation. */

import { beforeEach, describe, expect, it } from "vitest";
import { SCOPES } from "../../../src/http/route.ts";
import { Service, type Space } from "../../support/service.ts";

const service = new Service();
let space: Space;

beforeEach(async () => {
  space = await service.space();
});

interface Key {
  id: string;
  name: string;
  scopes: string[];
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
    ["two faults", { name: "", scopes: [] }, ["/name", "/scopes"]],
  ])("with %s is refused", async (_, body, pointers) => {
    expect(await service.faults("POST", "/v1/api-keys", { key: space.key, body })).toEqual(pointers);
  });

  it.each(["k", "n".repeat(200), "Nächtlicher Export 🌙 夜"])("may be called %s", async (name) => {
    expect(await make({ ...NEW, name })).toMatchObject({ name });
  });

  it("is shown with its scopes in the order they were sent, and created_at", async () => {
    const scopes = [...SCOPES].toReversed();
    const created = await make({ name: "all", scopes });
    expect(created).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{24}$/),
      name: "all",
      scopes,
      created_at: new Date(service.now).toISOString(),
      key: expect.stringMatching(/^spw_[0-9a-f]{24}_[A-Za-z0-9_-]{43}$/),
    });
  });

  it("works at once", async () => {
    const { key = "" } = await make({ name: "x", scopes: ["events:read"] });
    expect((await service.call("GET", "/v1/event-definitions", { key })).status).toBe(200);
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

describe("a revocation", () => {
  it("is not found the second time", async () => {
    const { id } = await make(NEW);
    await service.json("DELETE", `/v1/api-keys/${id}`, 204, { key: space.key });
    expect((await service.call("DELETE", `/v1/api-keys/${id}`, { key: space.key })).status).toBe(404);
  });

  it.each(["0".repeat(24), "x", "%00", "%"])("of the unknown key %s is not found", async (id) => {
    expect((await service.call("DELETE", `/v1/api-keys/${id}`, { key: space.key })).status).toBe(404);
  });

  it("may be a key's own", async () => {
    const created = await make({ name: "x", scopes: ["settings:write"] });
    await service.json("DELETE", `/v1/api-keys/${created.id}`, 204, { key: created.key ?? "" });
    expect((await service.call("GET", "/v1/space", { key: created.key ?? "" })).status).toBe(401);
  });
});
