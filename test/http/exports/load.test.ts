/** Statements that load an export: which are answered, and what is refused. test/live/load runs them. */

import { beforeAll, describe, expect, it } from "vitest";
import { Customer, DAY_MS, PREFIX } from "../../support/customer.ts";
import { roomyService } from "../../support/pipeline.ts";
import { orders, type ProblemView, type Space } from "../../support/service.ts";
import { sweep } from "../../support/sweep.ts";

const service = roomyService({ PENDING_LIMIT: "100" });
let space: Space;

beforeAll(async () => {
  space = await service.shop();
  await service.send(space, orders(130));
});

const addressOf = (id: string, query: Record<string, string>) =>
  `/v1/exports/${id}/load?${new URLSearchParams(query).toString()}`;

async function statements(id: string, query: Record<string, string>): Promise<string> {
  const response = await service.call("GET", addressOf(id, query), { key: space.key });
  const text = await response.text();
  expect([response.status, response.headers.get("content-type")], text).toEqual([200, "text/plain; charset=utf-8"]);
  return text;
}

const refused = (id: string, query: Record<string, string>, status = 422) =>
  service.json<ProblemView>("GET", addressOf(id, query), status, { key: space.key });

describe("the statements of a download", () => {
  it("name the table, its columns with their types, and the files of the current folder", async () => {
    const { id, files } = await service.export(space, { format: "csv" });
    const text = await statements(id, { for: "duckdb" });
    expect(text).toContain('CREATE TABLE "spillway_activity_events" (\n  "definitionId" VARCHAR NOT NULL,');
    expect(text).toContain('  "amount" DOUBLE\n);');
    expect(text).toContain(`'${files[0]?.name}'`);
    expect(text).toContain("count(*) = 130");
  });

  it("take another table and another folder", async () => {
    const { id, files } = await service.export(space);
    const text = await statements(id, { for: "postgres", table: "Sales.Orders", path: "größe 1/orders" });
    expect(text).toContain('CREATE TABLE "sales"."orders" (');
    expect(text).toContain(`"größe 1/orders/${files[0]?.name}"`);
  });

  it("have one pattern for many files, of which all names begin alike", async () => {
    const { id } = await service.export(space, { layout: "files", file_rows: 1 });
    const text = await statements(id, { for: "duckdb" });
    expect(text).toContain(`'${id}-events-2026030111`);
    expect(text).toMatch(/\*\.json\.gz'/);
    expect(text.length).toBeLessThan(3_000);
  });

  it("of no rows only make the table", async () => {
    const { id } = await service.export(space, { layout: "files", start: "2026-03-01T11:59:59Z" });
    const text = await statements(id, { for: "postgres" });
    expect(text).toContain("CREATE TABLE");
    expect(text).not.toContain("copy");
  });

  it("have no link and no secret", async () => {
    const { id } = await service.export(space);
    const text = await statements(id, { for: "duckdb" });
    expect(text).not.toMatch(/X-Amz|https?:|Signature/);
  });

  it("are of the columns that the export has, whatever is defined later", async () => {
    const other = await service.shop();
    await service.send(other, orders(1));
    const { id } = await service.export(other);
    const read = async () => (await service.call("GET", addressOf(id, { for: "duckdb" }), { key: other.key })).text();
    const before = await read();
    const body = { properties: [{ name: "colour", type: "text" }] };
    await service.json("PATCH", "/v1/event-definitions/order_placed", 200, { key: other.key, body });
    expect(await read()).toBe(before);
  });
});

describe("the statements of an export to a bucket", () => {
  it("name its objects, with credentials to fill in", async () => {
    const customer = await Customer.open();
    const { id, files } = await customer.export({ format: "parquet" });
    const address = addressOf(id, { for: "duckdb" });
    const text = await (await customer.service.call("GET", address, { key: customer.space.key })).text();
    for (const { name } of files) expect(text).toContain(`'s3://acme-exports/${name}'`);
    expect(files[0]?.name.startsWith(PREFIX)).toBe(true);
    expect(text).toContain("KEY_ID 'YOUR_ACCESS_KEY_ID'");
    expect(text).toContain("REGION 'eu-central-1'");
  });
});

describe("refused is", () => {
  let id: string;

  beforeAll(async () => {
    ({ id } = await service.export(space, { format: "parquet", compression: "snappy" }));
  });

  it.each([
    [{}, "#query/for", /for/],
    [{ for: "oracle" }, "#query/for", /duckdb/],
    [
      { for: "postgres" },
      "#query/for",
      /cannot read .* parquet .*snappy.*It can read ndjson \(gzip, zstd, none\); csv/,
    ],
    [{ for: "duckdb", table: "a b" }, "#query/table", /letters/],
    [{ for: "duckdb", table: "" }, "#query/table", /letters/],
    [{ for: "duckdb", table: "a.b.c.d" }, "#query/table", /one to three/],
    [{ for: "duckdb", table: "x".repeat(64) }, "#query/table", /63/],
    [{ for: "duckdb", path: "a'; DROP TABLE x" }, "#query/path", /letters/],
    [{ for: "duckdb", path: "$(id)" }, "#query/path", /letters/],
    [{ for: "duckdb", path: "a*" }, "#query/path", /letters/],
    [{ for: "duckdb", path: "-rf" }, "#query/path", /begin/],
    [{ for: "duckdb", path: "p".repeat(501) }, "#query/path", /500/],
    [{ for: "duckdb", path: "ftp://host/folder" }, "#query/path", /s3:\/\//],
    [{ for: "duckdb", path: "s3://" }, "#query/path", /address/],
    [{ for: "duckdb", tabel: "x" }, "#query/tabel", /Did you mean table/],
  ])("%j, at its place", async (query: Record<string, string>, pointer, detail) => {
    const { errors } = await refused(id, query);
    expect(errors).toEqual([{ pointer, detail: expect.stringMatching(detail) as string }]);
  });

  it("a table's name with more parts than the system has", async () => {
    const { id: csv } = await service.export(space, { format: "csv" });
    expect((await refused(csv, { for: "postgres", table: "a.b.c" })).errors?.[0]?.pointer).toBe("#query/table");
  });

  it("an export that is not completed, failed or canceled", async () => {
    const queued = await service.ask(space);
    expect((await refused(queued, { for: "duckdb" }, 404)).detail).toContain("not completed yet");
    await service.json("POST", `/v1/exports/${queued}/cancel`, 202, { key: space.key });
    expect((await refused(queued, { for: "duckdb" }, 404)).detail).toContain("canceled");
  });

  it("an export that expired", async () => {
    const other = roomyService();
    const own = await other.shop();
    const { id: old } = await other.export(own);
    other.now += 8 * DAY_MS;
    await sweep(other.context);
    const response = await other.call("GET", addressOf(old, { for: "duckdb" }), { key: own.key });
    expect([response.status, await response.json()]).toEqual([410, expect.objectContaining({ code: "gone" })]);
  });
});
