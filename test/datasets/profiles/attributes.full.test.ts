/** `profile_attributes`: a line is a profile, with the requested columns. */

import { beforeAll, describe, expect, it } from "vitest";
import { readCsv, tablesOf } from "../../support/formats.ts";
import { roomyService, type Row, rowsOf, textOf } from "../../support/pipeline.ts";
import { type ExportView, orders, type Service, type Space } from "../../support/service.ts";

const NONE = { dataset: "profile_attributes", start: undefined, end: undefined };
const TIER = { ...NONE, attributes: ["tier"] };

let service: Service;
let space: Space;

const put = (profiles: readonly object[], of = space) =>
  service.json("PUT", "/v1/profiles", 200, { key: of.key, body: { profiles } });
const ask = (request: Record<string, unknown>, of = space) => service.export(of, { ...NONE, ...request });
const rows = async (request: Record<string, unknown>, of = space) => rowsOf(service, await ask(request, of));
const faults = (request: Record<string, unknown>) =>
  service.faults("POST", "/v1/exports", { key: space.key, body: { dataset: "profile_attributes", ...request } });
const idOf = (row: Row) => (row["identifiers"] as { profile_id: string }).profile_id;
const define = (id: string, type: string, of = space) =>
  service.json("PUT", `/v1/attributes/${encodeURIComponent(id)}`, 200, { key: of.key, body: { name: id, type } });
const segment = (id: string, rule: unknown, of = space) =>
  service.json("PUT", `/v1/segments/${id}`, 200, { key: of.key, body: { name: id, rule } });

const ADA = {
  person_id: "p-1",
  external_person_id: "CRM-1",
  identifiers: { custom_id: "User1", loyalty: "L-7" },
  attributes: {
    $email_address: "ada@example.com",
    $email_marketing: "subscribed",
    tier: "gold",
    visits: 3,
    member: true,
    "last seen.at": "2026-01-02T03:04:05.000Z",
  },
  installations: [
    { installation_id: "828A7D76-3D5E-49DC-A863-2465070184C9", platform: "iOS", push_token: "t", is_optin: true },
    { installation_id: "b", platform: "Webpush", is_optin: false },
  ],
};

beforeAll(async () => {
  service = roomyService();
  space = await service.shop();
  await define("visits", "number");
  await define("member", "boolean");
  await define("last seen.at", "date");
  await put([ADA, { person_id: "p-3", attributes: { tier: "basic", visits: 1.5 } }, { person_id: "p-2" }]);
});

describe("a line", () => {
  it("fact 4.a.2: has native attributes, attributes of the space's own and identifiers, as requested", async () => {
    const done = await ask({
      attributes: ["tier", "$email_address", "member", "visits", "constructor"],
      identifiers: ["installation_ids", "custom_id", "profile_id", "external_person_id", "loyalty"],
    });
    const installations = '["828A7D76-3D5E-49DC-A863-2465070184C9","b"]';
    expect(await textOf(service, done)).toBe(
      [
        `{"identifiers":{"profile_id":"p-1","installation_ids":${installations},"custom_id":"User1","external_person_id":"CRM-1","loyalty":"L-7"},"attributes":{"tier":"gold","$email_address":"ada@example.com","member":true,"visits":3,"constructor":null}}\n`,
        '{"identifiers":{"profile_id":"p-2","installation_ids":[],"custom_id":null,"external_person_id":null,"loyalty":null},"attributes":{"tier":null,"$email_address":null,"member":null,"visits":null,"constructor":null}}\n',
        '{"identifiers":{"profile_id":"p-3","installation_ids":[],"custom_id":null,"external_person_id":null,"loyalty":null},"attributes":{"tier":"basic","$email_address":null,"member":null,"visits":1.5,"constructor":null}}\n',
      ].join(""),
    );
  });

  it("has both objects, also when only one was requested", async () => {
    const [[attributes], [identifiers]] = [await rows(TIER), await rows({ identifiers: ["profile_id"] })];
    expect(attributes).toEqual({ identifiers: { profile_id: "p-1" }, attributes: { tier: "gold" } });
    expect(identifiers).toEqual({ identifiers: { profile_id: "p-1" }, attributes: {} });
  });

  it("has no profile_id where it is left out, unless identifiers names it", async () => {
    const without = { ...TIER, include_profile_id: false };
    const lines = (await textOf(service, await ask({ ...without, identifiers: ["custom_id"] }))).split("\n");
    expect(lines[0]).toBe('{"identifiers":{"custom_id":"User1"},"attributes":{"tier":"gold"}}');
    expect((await rows(without))[0]).toEqual({ identifiers: {}, attributes: { tier: "gold" } });
    const named = await rows({ ...without, identifiers: ["custom_id", "profile_id"] });
    expect(named[0]).toMatchObject({ identifiers: { profile_id: "p-1", custom_id: "User1" } });
    const [header, first] = readCsv(await textOf(service, await ask({ ...without, format: "csv" })));
    expect([header, first]).toEqual([["attributes.tier"], ["gold"]]);
  });
});

describe("a request", () => {
  it("fact 4.a.5: names attributes, identifiers or both", async () => {
    expect(await faults({})).toEqual(["/attributes"]);
    expect(await faults({ attributes: [] })).toEqual(["/attributes"]);
    expect(await faults({ identifiers: [], attributes: ["tier"] })).toEqual(["/identifiers"]);
  });

  it("names each once, and so many at most", async () => {
    const many = (count: number) => Array.from({ length: count }, (_, n) => `a${n}`);
    expect(await faults({ attributes: ["tier", "$city", "tier"] })).toEqual(["/attributes/2"]);
    expect(await faults({ identifiers: ["custom_id", "custom_id"] })).toEqual(["/identifiers/1"]);
    expect(await faults({ attributes: many(201) })).toEqual(["/attributes"]);
    expect(await faults({ identifiers: many(51) })).toEqual(["/identifiers"]);
    expect(await rows({ attributes: many(200), identifiers: many(50) })).toHaveLength(3);
  });

  it("has no window, and takes names alone that there can be", async () => {
    expect(await faults({ attributes: ["tier"], from: "2026-01-01T00:00:00Z" })).toEqual(["/from"]);
    expect(await faults({ attributes: ['a"b'], identifiers: ["custom-id"] })).toEqual([
      "/attributes/0",
      "/identifiers/0",
    ]);
  });

  it("fact 4.a.4: needs no lookback: a profile is there however long ago it was written", async () => {
    const old = await service.space();
    await put([{ person_id: "old" }], old);
    service.now += 400 * 86_400_000;
    expect((await rows(TIER, old)).map(idOf)).toEqual(["old"]);
    service.now -= 400 * 86_400_000;
  });

  it("reports an empty result", async () => {
    const empty = await service.space();
    const done = await ask(TIER, empty);
    expect([done.status, done.message, done.files.map((file) => file.rows)]).toEqual([
      "completed",
      "0 profiles found.",
      [0],
    ]);
    expect((await ask({ ...TIER, layout: "files" }, empty)).files).toEqual([]);
  });
});

describe("a segment", () => {
  it("picks the profiles that are in it at the snapshot", async () => {
    const shop = await service.shop();
    await put(
      Array.from({ length: 9 }, (_, n) => ({ person_id: `q-${n}`, attributes: { n } })),
      shop,
    );
    await service.send(shop, orders(2));
    await segment("big", { attribute: "n", op: "gte", value: 6 }, shop);
    await segment("buyers", { event: "order_placed", at_least: 2 }, shop);
    expect((await rows({ ...TIER, segment: "big" }, shop)).map(idOf)).toEqual(["q-6", "q-7", "q-8"]);
    expect((await rows({ ...TIER, segment: "buyers" }, shop)).map(idOf)).toEqual(["p-1"]);
    const id = await service.ask(shop, { ...TIER, segment: "big", layout: "files", file_rows: 2 });
    await segment("big", { attribute: "n", op: "lt", value: 2 }, shop);
    await put([{ person_id: "q-8", attributes: { n: 0 } }], shop);
    await service.pump();
    const done = await service.poll(shop, id);
    expect(done.files.map((file) => file.rows)).toEqual([2, 1]);
    expect((await rowsOf(service, done)).map(idOf)).toEqual(["q-6", "q-7", "q-8"]);
    expect((await rows({ ...TIER, segment: "big" }, shop)).map(idOf)).toEqual(["q-0", "q-1", "q-8"]);
  });

  it("must be one of the space's own", async () => {
    const other = await service.shop();
    await segment("theirs", { all: [] }, other);
    expect(await faults({ attributes: ["tier"], segment: "theirs" })).toEqual(["/segment"]);
    expect(await faults({ attributes: ["tier"], segment: "none" })).toEqual(["/segment"]);
  });
});

describe("what is read", () => {
  it("is as of the export's creation", async () => {
    const shop = await service.shop();
    await put([{ person_id: "p-1", attributes: { tier: "gold" } }, { person_id: "p-2" }], shop);
    const id = await service.ask(shop, { ...TIER, identifiers: ["custom_id"] });
    await put(
      [{ person_id: "p-1", identifiers: { custom_id: "late" }, attributes: { tier: null } }, { person_id: "p-0" }],
      shop,
    );
    await service.json("DELETE", "/v1/profiles/p-2", 202, { key: shop.key });
    await service.pump();
    expect(await rowsOf(service, await service.poll(shop, id))).toEqual([
      { identifiers: { profile_id: "p-1", custom_id: null }, attributes: { tier: "gold" } },
      { identifiers: { profile_id: "p-2", custom_id: null }, attributes: { tier: null } },
    ]);
    expect((await rows(TIER, shop)).map(idOf)).toEqual(["p-0", "p-1"]);
  });

  it("is the space's own alone", async () => {
    const other = await service.shop();
    await put([{ person_id: "theirs" }], other);
    expect((await rows(TIER)).map(idOf)).toEqual(["p-1", "p-2", "p-3"]);
  });
});

describe("files", () => {
  it("are cut by rows, and their names cannot be guessed", async () => {
    const done = await ask({ ...TIER, layout: "files", file_rows: 2 });
    expect(done.files.map((file) => file.rows)).toEqual([2, 1]);
    for (const { name } of done.files) expect(name).toMatch(/^[0-9a-f-]{36}\.ndjson\.gz$/);
    expect((await rowsOf(service, done)).map(idOf)).toEqual(["p-1", "p-2", "p-3"]);
  });

  it("have less than as many bytes as a file may", async () => {
    const shop = await service.shop();
    const text = "x".repeat(400);
    await put(
      Array.from({ length: 6 }, (_, n) => ({ person_id: `q-${n}`, attributes: { text } })),
      shop,
    );
    const { sizes } = service.context;
    service.context.sizes = { ...sizes, fileBytes: 1_200 };
    const done = await ask({ attributes: ["text"], layout: "files" }, shop);
    service.context.sizes = sizes;
    expect(done.files.map((file) => file.rows)).toEqual([3, 2, 2]);
    for (const file of done.files) expect(file.uncompressed_bytes).toBeLessThan(1_200);
  });

  it("hold a profile as large as one may be, and the pages of several", async () => {
    const shop = await service.space();
    for (let n = 0; n < 3; n += 1)
      await put([{ person_id: `q-${n}`, attributes: { text: `${n}`.repeat(1_880_000) } }], shop);
    const read = await rows({ attributes: ["text"] }, shop);
    expect(read.map((row) => (row["attributes"] as { text: string }).text.slice(-2))).toEqual(["00", "11", "22"]);
  });
});

describe("other formats", () => {
  const request = {
    attributes: ["visits", "member", "last seen.at", "tier"],
    identifiers: ["custom_id", "installation_ids"],
  };

  it("csv has a column for each thing that was requested", async () => {
    const [header, first] = readCsv(await textOf(service, await ask({ ...request, format: "csv" })));
    expect(header).toEqual([
      "identifiers.profile_id",
      "identifiers.custom_id",
      "identifiers.installation_ids",
      "attributes.visits",
      "attributes.member",
      "attributes.last seen.at",
      "attributes.tier",
    ]);
    expect(first).toEqual([
      "p-1",
      "User1",
      '["828A7D76-3D5E-49DC-A863-2465070184C9","b"]',
      "3",
      "true",
      "2026-01-02T03:04:05.000Z",
      "gold",
    ]);
  });

  it("parquet types each column by its definition", async () => {
    const [table] = await tablesOf(service, await ask({ ...request, format: "parquet" }));
    expect(table?.columns.slice(3)).toEqual([
      ["attributes.visits", "DOUBLE"],
      ["attributes.member", "BOOLEAN"],
      ["attributes.last seen.at", "TIMESTAMP"],
      ["attributes.tier", "STRING"],
    ]);
    expect(table?.rows.map((row) => row["attributes.visits"])).toEqual([3, null, 1.5]);
    expect(table?.rows[0]?.["attributes.last seen.at"]).toEqual(new Date("2026-01-02T03:04:05.000Z"));
  });

  it("parquet makes a text of what has values of another type, from before it was defined", async () => {
    const shop = await service.space();
    const values = [
      { n: "no number", b: 1, d: "2026-01-02T03:04:05Z", s: 7 },
      { n: 2, b: true, d: "2026-13-02T03:04:05Z", s: "x" },
    ];
    await put(
      values.map((attributes, n) => ({ person_id: `q-${n}`, attributes: { ...attributes, ok: n } })),
      shop,
    );
    for (const [id, type] of Object.entries({ n: "number", b: "boolean", d: "date", s: "text", ok: "number" }))
      await define(id, type, shop);
    const done = await ask({ attributes: ["n", "b", "d", "s", "ok"], format: "parquet" }, shop);
    const [table] = await tablesOf(service, done);
    expect(table?.columns.map(([, type]) => type)).toEqual([
      "STRING",
      "STRING",
      "STRING",
      "STRING",
      "STRING",
      "DOUBLE",
    ]);
    expect(table?.rows.map((row) => row["attributes.n"])).toEqual(["no number", "2"]);
  });

  it("columns are picked, and redacted, by paths, with any character in an attribute's name", async () => {
    const picked = await rows({
      ...request,
      columns: [{ path: "attributes.last seen.at", as: "seen" }, { path: "identifiers.profile_id" }],
      redact: { "identifiers.profile_id": "sha256" },
    });
    expect(picked[0]).toEqual({
      seen: "2026-01-02T03:04:05.000Z",
      "identifiers.profile_id": expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    const [dropped] = await rows({ ...request, redact: { "attributes.last seen.at": "drop", identifiers: "drop" } });
    expect(dropped).toEqual({ attributes: { visits: 3, member: true, tier: "gold" } });
  });
});

describe("deletions", () => {
  let shop: Space;
  const remove = (id: string) => service.json("DELETE", `/v1/profiles/${id}`, 202, { key: shop.key });
  const at = () => new Date(service.now).toISOString();

  beforeAll(async () => {
    shop = await service.space();
    const profiles = ["a", "b", "c", "d"].map((id) => ({ person_id: id, external_person_id: `x-${id}` }));
    await put(profiles, shop);
    for (const id of ["b", "a", "d"]) await remove(id);
    await put([{ person_id: "d" }], shop);
  });

  const withDeletions = { ...TIER, identifiers: ["external_person_id"], include_deletions: true };

  it("come after the profiles, in their order, of people who have no profile", async () => {
    expect(await textOf(service, await ask(withDeletions, shop))).toBe(
      [
        '{"identifiers":{"profile_id":"c","external_person_id":"x-c"},"attributes":{"tier":null}}\n',
        '{"identifiers":{"profile_id":"d","external_person_id":null},"attributes":{"tier":null}}\n',
        `{"deleted":{"profile_id":"b","external_person_id":"x-b","deleted_at":"${at()}"}}\n`,
        `{"deleted":{"profile_id":"a","external_person_id":"x-a","deleted_at":"${at()}"}}\n`,
      ].join(""),
    );
  });

  it("are left out unless the request asks for them", async () => {
    expect((await rows(TIER, shop)).map(idOf)).toEqual(["c", "d"]);
  });

  it("are rows of files like profiles, and count", async () => {
    for (const file_rows of [1, 2, 3]) {
      const done = await ask({ ...withDeletions, layout: "files", file_rows }, shop);
      expect([done.status, done.progress.rows_total, (await rowsOf(service, done)).length]).toEqual([
        "completed",
        4,
        4,
      ]);
    }
  });

  it("have columns of their own, and are redacted as profiles are", async () => {
    const csv = readCsv(await textOf(service, await ask({ ...withDeletions, format: "csv" }, shop)));
    expect(csv[0]?.slice(-3)).toEqual(["deleted.profile_id", "deleted.external_person_id", "deleted.deleted_at"]);
    expect(csv[3]).toEqual([null, null, null, "b", "x-b", at()]);
    const hashed = await rows(
      { ...withDeletions, redact: { "identifiers.profile_id": "sha256", "identifiers.external_person_id": "drop" } },
      shop,
    );
    expect(hashed[2]).toEqual({
      deleted: { profile_id: expect.stringMatching(/^[0-9a-f]{64}$/), deleted_at: at() },
    });
    const back = await rows({ ...withDeletions, redact: { "deleted.profile_id": "drop" } }, shop);
    expect(back[0]?.["identifiers"]).toEqual({ external_person_id: "x-c" });
  });

  it("are only those after the earlier export, with since", async () => {
    const first: ExportView = await ask(withDeletions, shop);
    await remove("c");
    await put([{ person_id: "e" }], shop);
    const next = await rows({ ...withDeletions, since: first.id }, shop);
    expect(next.map((row) => (row["deleted"] as Row | undefined)?.["profile_id"] ?? idOf(row))).toEqual(["e", "c"]);
  });
});
