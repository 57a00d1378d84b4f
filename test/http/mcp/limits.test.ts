/** A tool takes the places of the call behind it, and errors tell the assistant how long to wait. */

import { describe, expect, it } from "vitest";
import { LAST_HOUR, Service } from "../../support/service.ts";
import { connect } from "./connect.ts";

const { start, end } = LAST_HOUR;

describe.each([
  ["create_export", "create", LAST_HOUR, "POST", "/v1/exports"],
  ["estimate_export", "list", LAST_HOUR, "POST", "/v1/exports/estimate"],
  ["list_events", "list", { start, end }, "GET", `/v1/events?start=${start}&end=${end}`],
  ["list_exports", "poll", {}, "GET", "/v1/exports"],
] as const)("%s", (tool, policy, sent, method, path) => {
  it(`shares the limit of ${policy} with the call over HTTP`, async () => {
    const service = new Service({ CREATE_LIMIT: "2", LIST_LIMIT: "2", POLL_LIMIT: "2" });
    const space = await service.space();
    const assistant = await connect(service, space.key);
    await assistant.read(tool, sent);
    const direct = await service.call(method, path, { key: space.key, ...(method === "POST" ? { body: sent } : {}) });
    expect(direct.ok).toBe(true);
    const error = await assistant.fail(tool, sent);
    expect(error).toMatchObject({ code: "rate_limited", status: 429, retryable: true });
    expect(error.detail).toContain(`The policy ${policy} allows`);
    expect(error.retry_after_seconds).toBeGreaterThan(0);
  });
});

it("what a tool refuses by its schema takes no place", async () => {
  const service = new Service({ CREATE_LIMIT: "1" });
  const assistant = await connect(service, (await service.space()).key);
  await assistant.fail("create_export", { dataset: "activity_events" });
  await assistant.read("create_export", LAST_HOUR);
});

it("an assistant that repeats a create with its key is answered from the places of poll", async () => {
  const service = new Service({ CREATE_LIMIT: "1" });
  const assistant = await connect(service, (await service.space()).key);
  const sent = { ...LAST_HOUR, idempotency_key: "k" };
  expect(await assistant.read("create_export", sent)).toEqual(await assistant.read("create_export", sent));
});

it("at most the space's pending exports can be created", async () => {
  const service = new Service({ PENDING_LIMIT: "1" });
  const assistant = await connect(service, (await service.space()).key);
  await assistant.read("create_export", LAST_HOUR);
  expect((await assistant.fail("create_export", LAST_HOUR)).code).toBe("too_many_pending_exports");
});

it("the handshake and the list of tools count as calls of the space", async () => {
  const service = new Service({ API_LIMIT: "1" });
  const { key } = await service.space();
  const body = { jsonrpc: "2.0", id: 1, method: "tools/list" };
  const [first, second] = [
    await service.call("POST", "/mcp", { key, body }),
    await service.call("POST", "/mcp", { key, body }),
  ];
  expect([first.status, second.status]).toEqual([200, 429]);
  expect(first.headers.get("ratelimit-policy")).toBe('"api";q=1;w=60');
  expect(Number(second.headers.get("retry-after"))).toBeGreaterThan(0);
});
