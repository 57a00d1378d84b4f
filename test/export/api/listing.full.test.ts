/** Exports among others: lists and their pages, estimates, and the limit of exports in flight. */

import { describe, expect, it, vi } from "vitest";
import { totalsOf } from "../../../src/db/exports/totals.ts";
import { sweep } from "../../support/sweep.ts";
import { Customer } from "../../support/customer.ts";
import { gunzip, lines } from "../../support/gunzip.ts";
import { deliver, onlyFile, roomyService, take } from "../../support/pipeline.ts";
import { type ExportView, orders, type Service, type Space, START } from "../../support/service.ts";

async function shop(events = 0, vars: Record<string, string> = {}): Promise<{ service: Service; space: Space }> {
  const service = roomyService(vars);
  const space = await service.shop();
  if (events > 0) await service.send(space, orders(events));
  return { service, space };
}

describe("the list of exports", () => {
  const list = (service: Service, space: Space, query: string) =>
    service.json<{ data: ExportView[]; next_cursor: string | null }>("GET", `/v1/exports${query}`, 200, {
      key: space.key,
    });

  it("is newest first, and is paged by a cursor without losing or doubling one", async () => {
    const { service, space } = await shop();
    const created: string[] = [];
    for (let n = 0; n < 5; n += 1) {
      // Two of the same moment too.
      if (n !== 3) service.now += 1000;
      created.push(await service.ask(space));
    }
    const seen: string[] = [];
    let query = "?limit=2";
    for (let pages = 0; pages < 3; pages += 1) {
      const { data, next_cursor } = await list(service, space, query);
      seen.push(...data.map((each) => each.id));
      query = `?limit=2&cursor=${next_cursor ?? ""}`;
      expect(next_cursor === null).toBe(pages === 2);
    }
    const sameMoment = created.slice(2, 4).toSorted().toReversed();
    expect(seen).toEqual([created[4], ...sameMoment, created[1], created[0]]);
  });

  it("is narrowed by status and by dataset", async () => {
    const { service, space } = await shop();
    const done = await service.export(space);
    const queued = await service.ask(space);
    const found = async (query: string) => (await list(service, space, query)).data.map((each) => each.id);
    expect(await found("?status=completed")).toEqual([done.id]);
    expect(await found("?status=queued&dataset=activity_events")).toEqual([queued]);
    expect(await found("?dataset=conversion_events")).toEqual([]);
    expect(await found("?status=failed")).toEqual([]);
  });

  it("links to its next page, and shows no other space's exports", async () => {
    const { service, space } = await shop();
    for (let n = 0; n < 2; n += 1) await service.ask(space);
    const other = await service.shop();
    const response = await service.call("GET", "/v1/exports?limit=1", { key: space.key });
    const next = /^<([^>]+)>; rel="next"$/.exec(response.headers.get("link") ?? "")?.[1] ?? "";
    const { data } = await list(service, space, new URL(next).search);
    expect(data).toHaveLength(1);
    expect((await list(service, other, "")).data).toEqual([]);
  });

  it("leaves out what it does not load: files, links and verifications", async () => {
    const { service, space } = await shop(1);
    const done = await service.export(space);
    const [listed] = (await list(service, space, "")).data;
    expect(Object.keys(done).filter((member) => !Object.hasOwn(listed ?? {}, member))).toEqual([
      "files",
      "download_url",
      "url_expires_at",
      "verification",
    ]);
    expect(done).toMatchObject(listed ?? {});
  });

  it("reads the totals of all its exports in one query, however many it lists: 200 take as many queries as 2", async () => {
    const { service, space } = await shop(1, { PENDING_LIMIT: "1000" });
    for (let n = 0; n < 20; n += 1) await service.ask(space);
    const queriesOf = async (limit: number) => {
      const before = service.meter.statements;
      expect((await list(service, space, `?limit=${limit}`)).data).toHaveLength(Math.min(limit, 20));
      return service.meter.statements - before;
    };
    expect(await queriesOf(200)).toBe(await queriesOf(2));
    expect(await queriesOf(200)).toBeLessThanOrEqual(3);
  });

  it("scans a bounded number of ledger rows a query, and has the same totals", async () => {
    const { service, space } = await shop(4);
    const ids: string[] = [];
    for (const file_rows of [1, 2, 3]) ids.push((await service.export(space, { layout: "files", file_rows })).id);
    const { control } = service.context.databases;
    const whole = await totalsOf(control, space.id, ids);
    expect(ids.map((id) => whole.get(id)?.files_written)).toEqual([4, 2, 2]);
    for (const maxRows of [9, 12, 13, 17]) {
      const before = service.meter.statements;
      expect(await totalsOf(control, space.id, ids, maxRows)).toEqual(whole);
      expect(service.meter.statements - before).toBeGreaterThan(maxRows < 16 ? 1 : 0);
    }
  });

  it.each(["status=done", "limit=0", "limit=201", "cursor=x"])("refuses the query %s", async (query) => {
    const { service, space } = await shop();
    const problem = await service.json("GET", `/v1/exports?${query}`, 422, { key: space.key });
    expect(problem).toMatchObject({ errors: [{ pointer: `#query/${query.split("=")[0] ?? ""}` }] });
  });
});

describe("the files of an export", () => {
  interface Page {
    data: ExportView["files"];
    next_cursor: string | null;
  }
  const list = (service: Service, space: Space, id: string, query: string) =>
    service.json<Page>("GET", `/v1/exports/${id}/files${query}`, 200, { key: space.key });
  const FILES = 205;

  async function inFiles() {
    const { service, space } = await shop(FILES);
    service.chunkPerFile = false;
    const done = await service.export(space, { layout: "files", file_rows: 1 });
    return { service, space, done };
  }

  it("are listed whole, page by page in their order, each with a link that opens it", async () => {
    const { service, space, done } = await inFiles();
    const pages: Page[] = [];
    for (let cursor: string | null = ""; cursor !== null; cursor = pages.at(-1)?.next_cursor ?? null)
      pages.push(await list(service, space, done.id, `?limit=100${cursor === "" ? "" : `&cursor=${cursor}`}`));
    expect(pages.map(({ data }) => data.length)).toEqual([100, 100, 5]);
    const files = pages.flatMap(({ data }) => data);
    const ids = await Promise.all(
      files.map(async (file) => lines(gunzip(await service.fetchFile(file))).map((row) => row["eventId"])),
    );
    expect(ids.flat()).toEqual(orders(FILES).map((event) => event["id"]));
    const named = ({ name, sha256 }: { name: string; sha256: string }) => [name, sha256];
    expect(done.files.map(named)).toEqual(files.slice(0, 100).map(named));
  });

  it("are signed a hundred at most for a poll, which says how many there are", async () => {
    const { service, space, done } = await inFiles();
    const sign = vi.spyOn(service.context.bucket, "presign");
    const polled = await service.poll(space, done.id);
    expect([polled.files.length, sign.mock.calls.length]).toEqual([100, 100]);
    expect(polled).toMatchObject({ progress: { files_total: FILES }, download_url: null });
  });

  it("are none until the export is completed, and gone when it has expired", async () => {
    const { service, space } = await shop(3);
    const id = await service.ask(space, { layout: "files", file_rows: 1 });
    await deliver(service, take(service));
    expect(await list(service, space, id, "")).toEqual({ data: [], next_cursor: null });
    await service.pump();
    expect((await list(service, space, id, "")).data).toHaveLength(3);
    service.now += 8 * 86_400_000;
    await sweep(service.context);
    const problem = await service.json("GET", `/v1/exports/${id}/files`, 410, { key: space.key });
    expect(problem).toMatchObject({ code: "gone" });
  });

  it("have no link in a customer's own bucket, and are stored by no cache", async () => {
    const customer = await Customer.open();
    const { id } = await customer.export();
    const response = await customer.service.call("GET", `/v1/exports/${id}/files`, { key: customer.space.key });
    const { data } = await response.json<Page>();
    expect(data.map((file) => [file.name.startsWith("spillway/"), "url" in file])).toEqual([
      [true, false],
      [true, false],
      [true, false],
    ]);
    expect(response.headers.get("cache-control")).toBe("no-store");
  });
});

describe("an estimate", () => {
  const estimate = (service: Service, space: Space, more: Record<string, unknown> = {}) =>
    service.json<{ rows: number; files: number; bytes_estimate: number }>("POST", "/v1/exports/estimate", 200, {
      key: space.key,
      body: {
        dataset: "activity_events",
        start: new Date(START - 3_600_000).toISOString(),
        end: new Date(START).toISOString(),
        ...more,
      },
    });

  it("counts rows and files exactly, and comes near the bytes", async () => {
    const { service, space } = await shop(2_000);
    const guess = await estimate(service, space, { layout: "files", file_rows: 300 });
    expect(guess).toMatchObject({ rows: 2_000, files: 7 });
    const done = await service.export(space);
    const { bytes } = onlyFile(done);
    expect(await estimate(service, space)).toMatchObject({ rows: 2_000, files: 1 });
    expect(guess.bytes_estimate / bytes).toBeGreaterThan(0.5);
    expect(guess.bytes_estimate / bytes).toBeLessThan(2);
  });

  it("of nothing is nothing", async () => {
    const { service, space } = await shop();
    expect(await estimate(service, space, { layout: "files" })).toEqual({
      rows: 0,
      files: 0,
      bytes_estimate: 0,
      warnings: [],
    });
  });

  it("creates no export and sends no message", async () => {
    const { service, space } = await shop(1);
    await estimate(service, space);
    const row = await service.context.databases.control.first<{ n: number }>(
      "SELECT count(*) AS n FROM exports WHERE space_id = ?1",
      [space.id],
    );
    expect([row?.n, service.queue]).toEqual([0, []]);
  });
});

describe("the limit of exports in flight", () => {
  const body = (service: Service) => ({
    dataset: "activity_events",
    start: new Date(service.now - 1000).toISOString(),
    end: new Date(service.now).toISOString(),
  });

  it("refuses the next one with Retry-After, and accepts one when another has finished", async () => {
    const { service, space } = await shop(0, { PENDING_LIMIT: "2" });
    const create = () => service.call("POST", "/v1/exports", { key: space.key, body: body(service) });
    await service.ask(space);
    await service.ask(space);
    await deliver(service, take(service));
    const refused = await create();
    expect([refused.status, Number(refused.headers.get("retry-after")) > 0]).toEqual([429, true]);
    expect(await refused.json()).toMatchObject({ code: "too_many_pending_exports" });
    await service.pump();
    expect((await create()).status).toBe(202);
  });

  it("applies to creates that come at once, and to each space by itself", async () => {
    const { service, space } = await shop(0, { PENDING_LIMIT: "2" });
    const other = await service.shop();
    const statuses = await Promise.all(
      Array.from({ length: 8 }, async () =>
        service.call("POST", "/v1/exports", { key: space.key, body: body(service) }).then((answer) => answer.status),
      ),
    );
    expect(statuses.toSorted((a, b) => a - b)).toEqual([202, 202, 429, 429, 429, 429, 429, 429]);
    expect((await service.call("POST", "/v1/exports", { key: other.key, body: body(service) })).status).toBe(202);
  });
});
