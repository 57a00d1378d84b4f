/** What an assistant can do: each tool, by the SDK's client, in both kinds of revisions of the protocol. */

import { beforeAll, describe, expect, it } from "vitest";
import { DATASETS } from "../../../src/datasets/index.ts";
import { SCOPES } from "../../../src/http/route.ts";
import { LAST_HOUR, orders, Service, type Space } from "../../support/service.ts";
import { type Assistant, REVISIONS, textOf } from "./assistant.ts";
import { connect } from "./connect.ts";

const service = new Service({ CREATE_LIMIT: "1000", POLL_LIMIT: "1000", LIST_LIMIT: "1000", PENDING_LIMIT: "1000" });
let space: Space;
let other: Space;

beforeAll(async () => {
  [space, other] = [await service.shop(), await service.shop()];
  await service.send(space, orders(30));
});

interface Shown {
  id: string;
  status: string;
  progress: { rows_written: number };
  files: Record<string, unknown>[];
  content_url: string;
}

describe.each(REVISIONS)("an assistant that connects in the way %s", (mode) => {
  let assistant: Assistant;
  beforeAll(async () => void (assistant = await connect(service, space.key, mode)));

  it("is told how to work, and has the tools of its key", async () => {
    expect(assistant.client.getInstructions()).toContain("estimate_export, then create_export");
    const { tools } = await assistant.client.listTools();
    expect(tools.map(({ name }) => name)).toEqual([
      "list_datasets",
      "describe_dataset",
      "estimate_export",
      "create_export",
      "get_export",
      "verify_export",
      "load_statements",
      "list_exports",
      "list_event_definitions",
      "list_events",
    ]);
  });

  it("exports from the list of datasets to the address of the result", async () => {
    const { datasets } = await assistant.read<{ datasets: { name: string }[] }>("list_datasets");
    expect(datasets.map(({ name }) => name)).toEqual(DATASETS.map(({ name }) => name));
    const described = await assistant.read<{ parameters: { required: string[] } }>("describe_dataset", {
      dataset: "activity_events",
    });
    expect(described.parameters.required).toEqual(["dataset", "start", "end"]);
    expect(await assistant.read("estimate_export", LAST_HOUR)).toMatchObject({ rows: 30, files: 1 });
    const { id, status } = await assistant.read<Shown>("create_export", LAST_HOUR);
    expect(status).toBe("queued");
    const waiting = textOf(await assistant.use("get_export", { id }));
    expect(waiting).toMatch(/: queued\. .*Ask get_export again in \d+ seconds/);
    await service.pump();
    const done = await assistant.read<Shown>("get_export", { id });
    expect(done).toMatchObject({ status: "completed", progress: { rows_written: 30 }, files: [{ rows: 30 }] });
    const content = await service.call("GET", new URL(done.content_url).pathname, { key: space.key });
    expect((await content.text()).trim().split("\n")).toHaveLength(30);
  });

  it("verifies the files, and gets the statements that load them", async () => {
    const { id } = await assistant.read<Shown>("create_export", LAST_HOUR);
    expect((await assistant.fail("verify_export", { id })).code).toBe("conflict");
    await service.pump();
    const verified = await assistant.use("verify_export", { id });
    expect(verified.structuredContent).toMatchObject({ status: "finished", ok: true, missing: 0 });
    expect(textOf(verified)).toContain("All 2 files, the manifest among them, are as they were written.");
    expect(await assistant.read("get_export", { id })).toMatchObject({ verification: { ok: true } });
    const { statements } = await assistant.read<{ statements: string }>("load_statements", { id, for: "duckdb" });
    const direct = await service.call("GET", `/v1/exports/${id}/load?for=duckdb`, { key: space.key });
    expect(statements).toBe(await direct.text());
  });

  it("lists exports and events, page by page", async () => {
    await assistant.read("create_export", LAST_HOUR);
    const exports = await assistant.use("list_exports", { limit: 1 });
    expect(exports.structuredContent).toMatchObject({ data: [{ dataset: "activity_events" }] });
    const { data: definitions } = await assistant.read<Page>("list_event_definitions", { q: "ORDER p" });
    expect(definitions).toMatchObject([{ id: "order_placed", properties: [{ name: "order_id" }, { name: "amount" }] }]);
    const { start, end } = LAST_HOUR;
    const asked = { start, end, event_names: "order_*", extra_fields: "false" };
    const first = await assistant.read<Page>("list_events", asked);
    expect(first.data).toHaveLength(20);
    const second = await assistant.read<Page>("list_events", { ...asked, cursor: first.next_cursor });
    expect(second.data).toHaveLength(10);
    expect(second.next_cursor).toBeNull();
  });
});

interface Page {
  data: Record<string, unknown>[];
  next_cursor: string | null;
  left_out?: number;
}

describe("the tools", () => {
  const withScopes = async (scopes: readonly string[]) => connect(service, await service.keyWith(space, scopes));
  const namesOf = async ({ client }: Assistant) => (await client.listTools()).tools.map(({ name }) => name);

  it.each([
    ["exports:read", ["estimate_export", "get_export", "load_statements", "list_exports"]],
    ["exports:write", ["create_export", "verify_export"]],
    ["events:read", ["list_event_definitions", "list_events"]],
    ["settings:write", []],
  ])("of a key with %s alone are listed, and the others are refused", async (scope, own) => {
    const assistant = await withScopes([scope]);
    expect(await namesOf(assistant)).toEqual(["list_datasets", "describe_dataset", ...own]);
    const sent = { ...LAST_HOUR, id: crypto.randomUUID() };
    for (const tool of await namesOf(await withScopes(SCOPES))) {
      if (tool === "list_datasets" || tool === "describe_dataset") continue;
      const result = await assistant.use(tool, sent);
      const refused = (result.structuredContent as { code?: string } | undefined)?.code === "forbidden";
      expect([tool, refused]).toEqual([tool, !own.includes(tool)]);
    }
  });

  it("say which scope is missing, and who must act", async () => {
    const error = await (await withScopes(["events:read"])).fail("create_export", LAST_HOUR);
    expect(error).toMatchObject({ status: 403, code: "forbidden", must_act: "customer", retryable: false });
    expect(error.detail).toContain("exports:write");
  });

  it("neither cancel nor delete, and say of themselves whether they only read", async () => {
    const { tools } = await (await withScopes(SCOPES)).client.listTools();
    expect(tools.filter(({ name }) => /cancel|delete|remove/.test(name))).toEqual([]);
    const writes = tools.filter(({ annotations }) => annotations?.readOnlyHint !== true).map(({ name }) => name);
    expect(writes).toEqual(["create_export", "verify_export"]);
    expect(tools.every(({ annotations }) => annotations?.destructiveHint === false)).toBe(true);
  });

  it("together take less than 30,000 characters of the assistant's context, without alternatives at the top", async () => {
    const { tools } = await (await withScopes(SCOPES)).client.listTools();
    expect(JSON.stringify(tools).length).toBeLessThan(30_000);
    for (const { inputSchema } of tools) {
      expect(inputSchema.type).toBe("object");
      expect(Object.keys(inputSchema)).not.toContain("anyOf");
    }
  });

  it("know no export of another space", async () => {
    const id = await service.ask(space);
    const assistant = await connect(service, other.key);
    for (const [tool, more] of Object.entries({
      get_export: {},
      verify_export: {},
      load_statements: { for: "duckdb" },
    })) {
      const unknown = await assistant.fail(tool, { id: crypto.randomUUID(), ...more });
      const foreign = await assistant.fail(tool, { id, ...more });
      expect(foreign).toMatchObject({ code: "not_found", status: 404 });
      expect({ ...foreign, request_id: "" }).toEqual({ ...unknown, request_id: "" });
    }
    expect((await assistant.read<Page>("list_exports")).data).toEqual([]);
    expect((await assistant.read<Page>("list_events", { start: LAST_HOUR.start, end: LAST_HOUR.end })).data).toEqual(
      [],
    );
  });

  it("show no presigned link, in no state of an export", async () => {
    const assistant = await connect(service, space.key);
    const created = await assistant.use("create_export", LAST_HOUR);
    const { id } = created.structuredContent as Shown;
    await service.pump();
    const results = [created, await assistant.use("get_export", { id }), await assistant.use("list_exports")];
    const { download_url: link } = await service.poll(space, id);
    expect(link).toContain("X-Amz-Signature");
    expect(JSON.stringify(results)).not.toMatch(/X-Amz|download_url|url_expires_at|spw_/);
  });
});

describe("arguments", () => {
  let assistant: Assistant;
  beforeAll(async () => void (assistant = await connect(service, space.key)));

  it.each([
    ["create_export", { dataset: "activity_events", start: "x" }, ["/start", "/end"]],
    ["create_export", { dataset: "nothing" }, ["/dataset"]],
    ["create_export", {}, ["/dataset"]],
    ["create_export", { ...LAST_HOUR, colour: "red" }, ["/colour"]],
    ["create_export", { ...LAST_HOUR, idempotency_key: "x".repeat(256) }, ["/idempotency_key"]],
    ["create_export", { ...LAST_HOUR, idempotency_key: "a b" }, ["/idempotency_key"]],
    ["create_export", { ...LAST_HOUR, idempotency_key: 7 }, ["/idempotency_key"]],
    ["estimate_export", { ...LAST_HOUR, idempotency_key: "one" }, ["/idempotency_key"]],
    ["get_export", {}, ["/id"]],
    ["get_export", { id: "" }, ["/id"]],
    ["get_export", { id: 7 }, ["/id"]],
    ["get_export", { id: "x", more: true }, ["/more"]],
    ["load_statements", { id: "x" }, ["/for"]],
    ["load_statements", { id: "x", for: "a file" }, ["/for"]],
    ["verify_export", { id: "x", more: true }, ["/more"]],
    ["list_exports", { limit: 51 }, ["/limit"]],
    ["list_exports", { limit: "200" }, ["/limit"]],
    ["list_exports", { limit: [7, 8] }, ["/limit"]],
    ["list_exports", { limit: 0 }, ["/limit"]],
    ["list_exports", { status: "done" }, ["/status"]],
    ["list_events", { start: LAST_HOUR.start, end: LAST_HOUR.end, limit: 101 }, ["/limit"]],
    ["list_events", { end: LAST_HOUR.end }, ["/start"]],
    ["list_datasets", { dataset: "activity_events" }, ["/dataset"]],
    ["describe_dataset", {}, ["/dataset"]],
    ["describe_dataset", { dataset: "activity_event" }, ["/dataset"]],
  ])("of %s are refused by name: %j", async (tool, sent, pointers) => {
    const error = await assistant.fail(tool, sent);
    expect([error.code, error.errors?.map(({ pointer }) => pointer)]).toEqual(["invalid_request", pointers]);
  });

  it.each([".", "..", "../events", "%2e%2e", "a/b"])("lead to no other address: the id %j", async (id) => {
    const { code, detail } = await assistant.fail("get_export", { id });
    expect([code, detail]).toEqual(["not_found", expect.not.stringContaining("address")]);
  });

  it("that are null count as left out", async () => {
    expect(await assistant.read("estimate_export", { ...LAST_HOUR, columns: null })).toMatchObject({ rows: 30 });
    const { start, end } = LAST_HOUR;
    expect((await assistant.read<Page>("list_events", { start, end, cursor: null, limit: null })).data).toHaveLength(
      20,
    );
  });

  it("that name a bucket or a webhook's address of the assistant's choice are refused, and nothing is created", async () => {
    const before = (await service.json<Page>("GET", "/v1/exports?limit=200", 200, { key: space.key })).data.length;
    const bucket = { type: "s3", bucket: "b", region: "eu-central-1", role_arn: "arn:aws:iam::123456789012:role/r" };
    const error = await assistant.fail("create_export", {
      ...LAST_HOUR,
      delivery: bucket,
      callback_url: "https://elsewhere.example/",
    });
    expect(error.errors?.map(({ pointer }) => pointer)).toEqual([
      "/delivery/bucket",
      "/delivery/region",
      "/delivery/role_arn",
      "/callback_url",
    ]);
    const after = (await service.json<Page>("GET", "/v1/exports?limit=200", 200, { key: space.key })).data.length;
    expect(after).toBe(before);
  });

  it("with an idempotency key create one export, however often they are sent; without one, one each", async () => {
    const idOf = async (sent: Record<string, unknown>) => (await assistant.read<Shown>("create_export", sent)).id;
    const twice = { ...LAST_HOUR, idempotency_key: "once" };
    expect(await idOf(twice)).toBe(await idOf(twice));
    expect(await idOf(LAST_HOUR)).not.toBe(await idOf(LAST_HOUR));
    const changed = await assistant.fail("create_export", { ...twice, format: "csv" });
    expect(changed.code).toBe("idempotency_mismatch");
  });
});

describe("a page of events", () => {
  it("that would fill the assistant's context is cut, and says how to go on", async () => {
    const long = await service.shop();
    const assistant = await connect(service, long.key);
    const wide = orders(40).map((event) => ({ ...event, properties: { order_id: "é".repeat(2_000) } }));
    await service.send(long, wide);
    const asked = { start: LAST_HOUR.start, end: LAST_HOUR.end, limit: 35 };
    const result = await assistant.use("list_events", asked);
    const page = result.structuredContent as Page;
    expect(page.data.length + (page.left_out ?? 0)).toBe(35);
    expect(Buffer.byteLength(JSON.stringify(page))).toBeLessThan(60_000);
    expect(page.next_cursor).toBeNull();
    const fitting = await assistant.read<Page>("list_events", { ...asked, limit: page.data.length });
    expect([fitting.data, fitting.left_out]).toEqual([page.data, undefined]);
    expect(fitting.next_cursor).not.toBeNull();
    expect(textOf(result)).toContain(`Ask again with limit ${page.data.length}`);
  });
});
