/** Keys that an isolate keeps: what a look-up saves, and how long a revoked key is accepted. */

import { describe, expect, it } from "vitest";
import { KEPT_MS, KeyCache } from "../../../src/http/middleware/key-cache.ts";
import { LAST_HOUR, Service, type Space } from "../../support/service.ts";

const READ = "/v1/event-definitions";

/** Two isolates of the service: the first has just used a key, which the second has revoked since. */
async function revoked() {
  const [first, second] = [new Service(), new Service()];
  const space = await first.shop();
  const key = await first.keyWith(space, ["events:read", "exports:write"]);
  const { data: keys } = await first.json<{ data: { id: string; name: string }[] }>("GET", "/v1/api-keys", 200, {
    key: space.key,
  });
  const id = keys.find(({ name }) => name === "narrow")?.id;
  expect((await first.call("GET", READ, { key })).status).toBe(200);
  await second.json("DELETE", `/v1/api-keys/${id}`, 204, { key: space.key });
  return { first, second, space, key };
}

async function statusOf(service: Service, key: string): Promise<number> {
  return (await service.call("GET", READ, { key })).status;
}

describe("a key", () => {
  it("is looked up once in five seconds, and not with every call", async () => {
    const service = new Service();
    const space: Space = await service.shop();
    const cost = async () => {
      const before = service.meter.statements;
      expect(await statusOf(service, space.key)).toBe(200);
      return service.meter.statements - before;
    };
    service.now += KEPT_MS;
    const first = await cost();
    expect(await cost()).toBe(first - 1);
    service.now += KEPT_MS - 1;
    expect(await cost()).toBe(first - 1);
    service.now += 1;
    expect(await cost()).toBe(first);
  });

  it("that is revoked is refused at once where it was revoked, and after five seconds everywhere", async () => {
    const { first, second, key } = await revoked();
    expect(await statusOf(second, key)).toBe(401);
    expect(await statusOf(first, key)).toBe(200);
    first.now += KEPT_MS;
    expect(await statusOf(first, key)).toBe(401);
  });

  it("that is revoked begins no export, anywhere", async () => {
    const { first, key } = await revoked();
    await first.json("POST", "/v1/exports", 401, { key, body: LAST_HOUR });
  });

  it("with another secret is refused while the right one is kept", async () => {
    const service = new Service();
    const space = await service.shop();
    expect(await statusOf(service, space.key)).toBe(200);
    const other = `${space.key.slice(0, -1)}${space.key.endsWith("A") ? "B" : "A"}`;
    expect(await statusOf(service, other)).toBe(401);
  });

  it("that expires is refused from that time on, though it is kept", async () => {
    const service = new Service();
    const space = await service.shop();
    const body = { name: "short", scopes: ["events:read"], expires_at: new Date(service.now + 1_000).toISOString() };
    const { key } = await service.json<{ key: string }>("POST", "/v1/api-keys", 201, { key: space.key, body });
    expect(await statusOf(service, key)).toBe(200);
    service.now += 1_000;
    expect(await statusOf(service, key)).toBe(401);
  });
});

it("the keys are bounded: the one that was looked up longest ago is forgotten", () => {
  const cache = new KeyCache();
  const key = { secret_sha256: "", scopes: "[]", expires_at: null } as Parameters<KeyCache["set"]>[1];
  for (let n = 0; n <= 10_000; n += 1) cache.set(String(n), key, 0);
  const known = ["0", "1", "10000"].map((keyId) => cache.get(keyId, 1)?.key);
  expect(known).toEqual([undefined, key, key]);
});
