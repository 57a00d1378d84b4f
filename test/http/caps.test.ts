/** How many definitions and segments a space may have. */

import { expect, it } from "vitest";
import { type ProblemView, Service } from "../support/service.ts";

const property = { name: "x", type: "text" };
const PUTS = [
  ["event definition", (id: string) => ["POST", "/v1/event-definitions", { id, name: id, properties: [property] }]],
  ["attribute", (id: string) => ["PUT", `/v1/attributes/${id}`, { name: id, type: "text" }]],
  ["tag", (id: string) => ["PUT", `/v1/tags/${id}`, { name: id }]],
  ["topic", (id: string) => ["PUT", `/v1/topics/${id}`, { name: id }]],
  ["segment", (id: string) => ["PUT", `/v1/segments/${id}`, { name: id, rule: { tag: "x" } }]],
] as const satisfies [string, (id: string) => [method: string, path: string, body: unknown]][];

/** kind → how to make room, where its members can be deleted. */
const WAYS_OUT = new Map<string, string>([
  ["event definition", "Delete one that never had an event"],
  ["segment", "Delete one first"],
]);

it.each(PUTS)("a space has no more of the kind %s than the setting says", async (kind, put) => {
  const wayOut = WAYS_OUT.get(kind) ?? "Use one that exists.";
  const service = new Service({ DEFINITION_LIMIT: "2" });
  const space = await service.space();
  const send = (id: string) => {
    const [method, path, body] = put(id);
    return service.call(method, path, { key: space.key, body });
  };
  const made = [(await send("a1")).ok, (await send("a2")).ok];
  const refused = await send("a3");
  expect([...made, refused.status]).toEqual([true, true, 409]);
  expect((await refused.json<ProblemView>()).detail).toContain(`at most 2 ${kind}s. ${wayOut}`);
  // What was made and never used makes room, where it can be deleted.
  const [, path] = put("a2");
  const own = kind === "event definition" ? `${path}/a2` : path;
  const deletable = WAYS_OUT.has(kind);
  const deleted = await service.call("DELETE", own, { key: space.key });
  expect([deleted.status, (await send("a3")).ok]).toEqual([deletable ? 204 : 405, deletable]);
  // What exists may be written again.
  if (kind !== "event definition") expect((await send("a1")).ok).toBe(true);
});

it("is 1,000 by default, and built-in definitions do not count", async () => {
  expect(new Service().config.definitionLimit).toBe(1_000);
  const service = new Service({ DEFINITION_LIMIT: "1" });
  const space = await service.space();
  const key = { key: space.key };
  await service.json("PATCH", "/v1/event-definitions/custom_event_1", 200, { ...key, body: { name: "Trip booked" } });
  const [method, path, body] = PUTS[0][1]("own");
  expect((await service.call(method, path, { ...key, body })).status).toBe(201);
});
