/**
 * CSV and Parquet have a schema that only grows: columns follow from the definitions as of the snapshot, never from the
 * rows of the window, and a new column is always the last.
 */

import { beforeAll, describe, expect, it } from "vitest";
import { DATASETS } from "../../src/datasets/index.ts";
import { retain } from "../../src/maintenance/retention.ts";
import { MANDATORY, readCsv, tablesOf } from "../support/formats.ts";
import { type Row, rowsOf, textOf } from "../support/pipeline.ts";
import { columns, grown, sent, service, spaceWith } from "../support/schemas.ts";
import type { Service, Space } from "../support/service.ts";

const DAY_MS = 86_400_000;
describe("the columns", () => {
  it("are in the order of each definition's first event, and a property that is added later is the last", async () => {
    const space = await spaceWith(["b", "b1"], ["a", "a1"], ["never", "n1"]);
    expect(await columns(space)).toEqual([]);
    await sent(space, "b");
    expect(await columns(space)).toEqual(["b1"]);
    await grown(space, "a", "a2");
    await grown(space, "b", "b2");
    expect(await columns(space)).toEqual(["b1", "b2"]);
    await sent(space, "a");
    expect(await columns(space)).toEqual(["b1", "b2", "a1", "a2"]);
    await grown(space, "b", "b3");
    await sent(space, "b");
    expect(await columns(space)).toEqual(["b1", "b2", "a1", "a2", "b3"]);
  });

  it("of definitions that are asked for are in the order in which they were defined, used or not", async () => {
    const space = await spaceWith(["b", "b1"], ["a", "a1"]);
    await sent(space, "a");
    await grown(space, "b", "b2");
    await grown(space, "a", "a2");
    for (const event_names of [["a", "b"], ["b", "a"], ["*"]])
      expect((await columns(space, { event_names })).filter((name) => /^[ab]\d$/.test(name))).toEqual([
        "b1",
        "a1",
        "b2",
        "a2",
      ]);
  });

  it("begin with those of built-in definitions where these are asked for, and what a space adds comes later", async () => {
    const space = await spaceWith(["mine", "m1"]);
    await grown(space, "itemViewed", "added");
    const names = ["itemViewed", "mine"];
    expect(await columns(space, { event_names: names })).toEqual(["itemID", "duration", "m1", "added"]);
  });

  it("are there for an event of any kind of write: one that the service derives from a profile too", async () => {
    const space = await spaceWith(["mine", "m1"]);
    await service.json("PATCH", "/v1/event-definitions/nameChanged", 200, { key: space.key, body: { enabled: true } });
    const body = { profiles: [{ person_id: "p-1", attributes: { $first_name: "Ada" } }] };
    await service.json("PUT", "/v1/profiles", 200, { key: space.key, body });
    expect(await columns(space)).toEqual(["attribute", "oldValue", "newValue"]);
  });

  it("do not come with a call whose events are all duplicates", async () => {
    const space = await spaceWith(["a", "a1"], ["b", "b1"]);
    await sent(space, "a", {}, { id: "e" });
    await sent(space, "b", {}, { id: "e" });
    expect(await columns(space)).toEqual(["a1"]);
  });

  it("are those of the snapshot", async () => {
    const space = await spaceWith(["a", "a1"], ["b", "b1"]);
    await sent(space, "a");
    const id = await service.ask(space, { format: "csv" });
    await grown(space, "a", "a2");
    await sent(space, "b");
    await service.pump();
    const [header] = readCsv(await textOf(service, await service.poll(space, id)));
    expect(header?.slice(MANDATORY.length)).toEqual(["a1"]);
  });

  it("stay when retention and the erasure of a person have deleted every event", async () => {
    const space = await spaceWith(["a", "a1"], ["b", "b1"]);
    await sent(space, "a");
    await sent(space, "b");
    service.now += 181 * DAY_MS;
    await retain(service.context);
    await service.json("DELETE", "/v1/profiles/p-1", 202, { key: space.key });
    const done = await service.export(space, { format: "csv" });
    const [header, ...rows] = readCsv(await textOf(service, done));
    expect([header?.slice(MANDATORY.length), rows]).toEqual([["a1", "b1"], []]);
  });
});

describe("a name that a later definition types differently", () => {
  let space: Space;

  beforeAll(async () => {
    space = await spaceWith(["order", "amount:number", "city"], ["refund", "amount", "city"], ["gift", "amount"]);
    await sent(space, "order", { amount: 5, city: "Oslo" }, { id: "1" });
    await sent(space, "refund", { amount: "n/a", city: "Bergen" }, { id: "2" });
    await sent(space, "gift", { amount: "two" }, { id: "3" });
    service.now += 1;
  });

  it("is a column of its own for each such definition, with that definition's values alone", async () => {
    const [table] = await tablesOf(service, await service.export(space, { format: "parquet" }));
    expect(table?.columns.slice(MANDATORY.length)).toEqual([
      ["amount", "DOUBLE"],
      ["city", "STRING"],
      ["refund_amount", "STRING"],
      ["gift_amount", "STRING"],
    ]);
    const values = table?.rows.map((row) =>
      ["amount", "city", "refund_amount", "gift_amount"].map((name) => row[name]),
    );
    expect(values).toEqual([
      [5, "Oslo", null, null],
      [null, "Bergen", "n/a", null],
      [null, null, null, "two"],
    ]);
  });

  it("keeps its own name in NDJSON", async () => {
    expect((await rowsOf(service, await service.export(space))).map((row) => row["amount"])).toEqual([5, "n/a", "two"]);
    const columnsOf = async (paths: string[]) =>
      rowsOf(service, await service.export(space, { columns: paths.map((path) => ({ path })) }));
    expect(await columnsOf(["amount", "refund_amount"])).toEqual([
      { amount: 5, refund_amount: null },
      { amount: "n/a", refund_amount: "n/a" },
      { amount: "two", refund_amount: null },
    ]);
  });

  it("can be named in nested rows and in those of profile_events", async () => {
    for (const [request, prefix] of [
      [{ row_format: "nested" }, "properties."],
      [{ dataset: "profile_events", from: new Date(service.now - 60_000).toISOString() }, "event.attributes."],
    ] as const) {
      const picked = ["amount", "refund_amount"].map((name) => ({ path: `${prefix}${name}`, as: name }));
      const body = { format: "parquet", columns: picked, ...request };
      const id =
        "dataset" in body
          ? (await service.json<{ id: string }>("POST", "/v1/exports", 202, { key: space.key, body })).id
          : await service.ask(space, body);
      await service.pump();
      const [table] = await tablesOf(service, await service.poll(space, id));
      expect(table?.rows).toEqual([
        { amount: 5, refund_amount: null },
        { amount: null, refund_amount: "n/a" },
        { amount: null, refund_amount: null },
      ]);
    }
  });

  it("is redacted in every row by its name, and in its own rows by the name of its column", async () => {
    const shown = async (redact: Record<string, string>, format = "csv") => {
      const done = await service.export(space, { format, redact });
      if (format === "ndjson") return (await rowsOf(service, done)).map((row) => row["amount"] ?? null);
      const [header = [], ...rows] = readCsv(await textOf(service, done));
      return rows.map((row) => row.filter((_, index) => header[index]?.endsWith("amount")));
    };
    const hash = expect.stringMatching(/^[0-9a-f]{64}$/) as string;
    expect(await shown({ amount: "drop" })).toEqual([[], [], []]);
    expect(await shown({ amount: "sha256" })).toEqual([
      [hash, null, null],
      [null, hash, null],
      [null, null, hash],
    ]);
    expect(await shown({ refund_amount: "drop" })).toEqual([
      ["5", null],
      [null, null],
      [null, "two"],
    ]);
    expect(await shown({ refund_amount: "sha256" }, "ndjson")).toEqual([5, hash, "two"]);
  });
});

describe("every dataset with columns", () => {
  const start = () => new Date(service.now - 3_600_000).toISOString();
  const end = () => new Date(service.now).toISOString();
  const REQUESTS = new Map<string, () => Row>([
    ["activity_events", () => ({ start: start(), end: end() })],
    ["conversion_events", () => ({ date: end().slice(0, 10), fields: ["event_name", "amount"] })],
    ["profile_attributes", () => ({ attributes: ["points", "free"], identifiers: ["custom_id"] })],
    ["profile_events", () => ({ from: start() })],
    ["reachability_events", () => ({ from: start() })],
  ]);

  it("is walked here", () => {
    const tabular = DATASETS.filter((dataset) => dataset.tabular !== undefined).map(({ name }) => name);
    expect([...REQUESTS.keys()].toSorted()).toEqual(tabular.toSorted());
  });

  it.each([...REQUESTS.keys()])("%s has the same columns and types with rows and without", async (dataset) => {
    const space = await spaceWith();
    const put = (...profiles: Row[]) =>
      service.json("PUT", "/v1/profiles", 200, { key: space.key, body: { profiles } });
    const body = { name: "Points", type: "number" };
    await put({ person_id: "p-1", attributes: { points: "many", $phone_number: "+441632960001", free: 1 } });
    await service.json("PUT", "/v1/attributes/points", 200, { key: space.key, body });
    await sent(space, "purchase", { amount: 1 });
    const ask = async (more: Row) => {
      service.now += 1;
      const request = { dataset, ...REQUESTS.get(dataset)?.(), ...more };
      const { id } = await service.json<{ id: string }>("POST", "/v1/exports", 202, { key: space.key, body: request });
      await service.pump();
      return service.poll(space, id);
    };
    const shapes = async () => {
      const [table] = await tablesOf(service, await ask({ format: "parquet", layout: "single" }));
      const [header] = readCsv(await textOf(service, await ask({ format: "csv" })));
      return { header, columns: table?.columns };
    };
    const before = await shapes();
    expect(before.columns?.map(([name]) => name)).toEqual(before.header);
    await put({ person_id: "p-1", attributes: { points: null, $phone_number: null } });
    await put({ person_id: "p-2", attributes: { points: 5, free: "x" }, identifiers: { custom_id: "c" } });
    expect(await shapes()).toEqual(before);
    for (const id of ["p-1", "p-2"]) await service.json("DELETE", `/v1/profiles/${id}`, 202, { key: space.key });
    expect(await shapes()).toEqual(before);
  });

  it.each([...REQUESTS.keys()])("%s has its columns in the manifest, in every format", async (dataset) => {
    const space = await spaceWith();
    await sent(space, "purchase", { amount: 1 });
    for (const format of ["ndjson", "csv", "parquet"]) {
      service.now += 1;
      const body = { dataset, format, ...REQUESTS.get(dataset)?.() };
      const { id } = await service.json<{ id: string }>("POST", "/v1/exports", 202, { key: space.key, body });
      await service.pump();
      const manifest = await manifestOf(service, space, id);
      expect(manifest.columns.length).toBeGreaterThan(2);
      for (const { path, ...column } of manifest.columns) {
        expect(column).toEqual({
          name: expect.stringMatching(/^\w[\w.]*$/),
          type: expect.stringMatching(/^(text|number|boolean|date|json)$/),
          nullable: expect.any(Boolean),
        });
        const isDeeper = format === "ndjson" && column.name.includes(".");
        expect(path).toEqual(isDeeper ? column.name.split(".") : undefined);
      }
      const done = await service.poll(space, id);
      if (format !== "csv" || done.files.length === 0) continue;
      const [header] = readCsv(await textOf(service, done));
      expect(manifest.columns.map(({ name }) => name)).toEqual(header);
    }
  });
});

const manifestOf = (of: Service, space: Space, id: string) =>
  of.json<{ columns: { name: string; type: string; nullable: boolean; path?: string[] }[] }>(
    "GET",
    `/v1/exports/${id}/manifest`,
    200,
    {
      key: space.key,
    },
  );

describe("the manifest's columns", () => {
  it("say which columns may be null, and follow columns and redact", async () => {
    const space = await spaceWith(["order", "amount:number"], ["refund", "amount"]);
    await sent(space, "order", { amount: 5 });
    await sent(space, "refund", { amount: "n/a" });
    service.now += 1;
    const shown = async (request: Row) =>
      (await manifestOf(service, space, (await service.export(space, request)).id)).columns.map(
        ({ name, type, nullable }) => `${name} ${type}${nullable ? "?" : ""}`,
      );
    const mandatory = [
      "definitionId text",
      "eventId text",
      "sessionId text?",
      "personId text",
      "externalPersonId text?",
    ];
    const times = ["occuredTime date", "occurredAt date"];
    expect(await shown({})).toEqual([...mandatory, ...times, "amount json?"]);
    expect(await shown({ format: "csv" })).toEqual([...mandatory, ...times, "amount number?", "refund_amount text?"]);
    expect(await shown({ redact: { occurredAt: "drop", personId: "sha256", amount: "sha256" } })).toEqual([
      ...mandatory,
      "occuredTime date",
      "amount text?",
    ]);
    expect(await shown({ columns: [{ path: "occurredAt", as: "at" }, { path: "amount" }] })).toEqual([
      "at date",
      "amount json?",
    ]);
    expect(await shown({ row_format: "nested" })).toEqual([
      "definitionId text",
      "eventId text",
      "personId text",
      "externalPersonId text?",
      "timestamp date",
      "properties json",
    ]);
  });
});
