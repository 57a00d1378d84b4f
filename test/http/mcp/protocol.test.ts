/** The endpoint itself: who may call it, and what it answers to requests that no client of the SDK sends. */

import { beforeAll, describe, expect, it } from "vitest";
import { type CallOptions, type ProblemView, Service, type Space } from "../../support/service.ts";

const service = new Service();
let space: Space;
beforeAll(async () => void (space = await service.space()));

const LIST = { jsonrpc: "2.0", id: 7, method: "tools/list" };

async function post(body: unknown, options: CallOptions = {}) {
  const response = await service.call("POST", "/mcp", { key: space.key, body, ...options });
  const text = await response.text();
  const json = text.startsWith("event:") ? (/^data: (.*)$/m.exec(text)?.[1] ?? "") : text;
  return { response, status: response.status, body: (json === "" ? {} : JSON.parse(json)) as Answer };
}

interface Answer extends Partial<ProblemView> {
  id?: unknown;
  result?: { tools?: unknown[]; protocolVersion?: string };
  error?: { code: number; message: string; data?: { supported?: string[] } };
}

/** A request of a revision without a handshake: each one says what the handshake said. */
function ofRevision(revision: string, method: string, params = {}): [unknown, CallOptions] {
  const _meta = {
    "io.modelcontextprotocol/protocolVersion": revision,
    "io.modelcontextprotocol/clientCapabilities": {},
    "io.modelcontextprotocol/clientInfo": { name: "x", version: "1" },
  };
  const headers = { "mcp-protocol-version": revision, "mcp-method": method };
  return [{ ...LIST, method, params: { ...params, _meta } }, { headers }];
}

describe("a caller", () => {
  it("without a key, or with a wrong one, is told to authenticate", async () => {
    for (const key of [undefined, "spw_x", `spw_${"0".repeat(24)}_${"A".repeat(43)}`]) {
      const response = await service.call("POST", "/mcp", { body: LIST, ...(key === undefined ? {} : { key }) });
      expect([response.status, response.headers.get("www-authenticate")]).toEqual([401, 'Bearer realm="spillway"']);
    }
  });

  it("with a key for web pages is refused, from its page too", async () => {
    const origins = ["https://shop.example"];
    const made = await service.json<{ key: string }>("POST", "/v1/api-keys", 201, {
      key: space.key,
      body: { name: "page", scopes: ["events:write"], origins },
    });
    const headers = { origin: "https://shop.example" };
    expect((await post(LIST, { key: made.key, headers })).status).toBe(403);
  });

  it.each(["https://elsewhere.example", "http://spillway.test.elsewhere.example", "null", "", "not an origin"])(
    "that is a page of another origin is refused, and one without an origin is not: %j",
    async (origin) => {
      const { status } = await post(LIST, { headers: { origin } });
      expect(status).toBe(origin === "" ? 200 : 403);
    },
  );

  it.each(["https://spillway.test", "http://localhost:6274", "http://127.0.0.1", "http://[::1]:3000"])(
    "may be a page of the service or of the own machine: %s",
    async (origin) => {
      const { status, response } = await post(LIST, { headers: { origin } });
      expect([status, response.headers.get("access-control-allow-origin")]).toEqual([200, null]);
    },
  );
});

describe("a message", () => {
  it("is answered whatever media types the client takes, unless one of the protocol's is missing", async () => {
    for (const headers of [{}, { accept: "*/*" }, { accept: "application/json, text/event-stream" }])
      expect((await post(LIST, { headers })).body).toMatchObject({ id: 7, result: { tools: expect.any(Array) } });
    expect((await post(LIST, { headers: { accept: "application/json" } })).status).toBe(406);
  });

  it("that is a notification is accepted without an answer", async () => {
    const { status, body } = await post({ jsonrpc: "2.0", method: "notifications/initialized" });
    expect([status, body]).toEqual([202, {}]);
  });

  it("that opens a session gets none: the next request needs no id of it", async () => {
    const params = { protocolVersion: "2025-06-18", capabilities: {}, clientInfo: { name: "x", version: "1" } };
    const { response, body } = await post({ ...LIST, method: "initialize", params });
    expect(body.result?.protocolVersion).toBe("2025-06-18");
    expect(response.headers.get("mcp-session-id")).toBeNull();
  });

  it.each([
    ["a list of messages", [LIST, LIST], 422, "invalid_request"],
    ["an empty list", [], 422, "invalid_request"],
    ["a number", 7, 422, "invalid_request"],
    ["one without a version", { id: 1, method: "tools/list" }, 422, "invalid_request"],
    ["one without a method", { jsonrpc: "2.0", id: 1 }, 422, "invalid_request"],
    ["one with an unknown member", { ...LIST, more: 1 }, 422, "invalid_request"],
    ["one with an id of a wrong type", { ...LIST, id: {} }, 422, "invalid_request"],
    ["no JSON", "{", 400, "malformed_request"],
    ["nothing", "", 400, "malformed_request"],
    ["one with a member twice", '{"jsonrpc":"2.0","id":1,"id":2,"method":"tools/list"}', 422, "invalid_request"],
    ["a large one", { ...LIST, params: { text: "x".repeat(70_000) } }, 413, "payload_too_large"],
  ])("that is %s is refused as in every other call", async (_, body, status, code) => {
    expect(await post(body)).toMatchObject({ status, body: { code } });
  });

  it("of another media type is refused", async () => {
    const { status } = await post(JSON.stringify(LIST), { headers: { "content-type": "text/plain" } });
    expect(status).toBe(415);
  });

  it("for a revision that is not known is refused with those that are", async () => {
    const old = await post(LIST, { headers: { "mcp-protocol-version": "1999-01-01" } });
    expect([old.status, old.body.error?.message]).toEqual([400, expect.stringContaining("1999-01-01")]);
    const future = await post(...ofRevision("2099-01-01", "tools/list"));
    expect(future).toMatchObject({ status: 400, body: { id: 7 } });
    expect(future.body.error?.data?.supported).toContain("2026-07-28");
  });

  it("that asks for a stream of changes is refused at once: nothing is held open", async () => {
    const listen = ofRevision("2026-07-28", "subscriptions/listen", { notifications: { toolsListChanged: true } });
    const { status, body } = await post(...listen);
    expect([status, body.error?.code]).toEqual([200, -32_603]);
  });

  it.each([
    [{ ...LIST, method: "resources/list" }, -32_601],
    [{ ...LIST, method: "tools/call", params: { name: "delete_export", arguments: {} } }, -32_602],
    [{ ...LIST, method: "tools/call", params: { name: "__proto__", arguments: {} } }, -32_602],
    [{ ...LIST, method: "tools/call", params: { name: 7 } }, -32_602],
    [{ ...LIST, method: "tools/call", params: { name: "list_datasets", arguments: [] } }, -32_602],
  ])("that asks for what is not there gets an error of the protocol: %j", async (message, code) => {
    const { status, body } = await post(message);
    expect([status, body.id, body.error?.code]).toEqual([200, 7, code]);
  });
});

it.each(["GET", "DELETE", "PUT"])(
  "%s is not a method of the address: there are no sessions and no streams",
  async (method) => {
    const response = await service.call(method, "/mcp", { key: space.key, headers: { accept: "text/event-stream" } });
    expect([response.status, response.headers.get("allow")]).toEqual([405, "POST, OPTIONS"]);
  },
);
