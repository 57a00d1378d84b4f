/** The table of docs/dialects/batch.md, row by row. */

import { beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { statement } from "../../../../src/db/core/database.ts";
import { batchExportId, readExportId } from "../../../../src/http/dialects/batch/ids.ts";
import { gunzip } from "../../../support/gunzip.ts";
import { deliver, roomyService, take } from "../../../support/pipeline.ts";
import { ORIGIN, orders, Service, type Space } from "../../../support/service.ts";
import { sweep } from "../../../support/sweep.ts";

type Json = Record<string, unknown>;

interface Viewed {
  id: string;
  status: string;
  files: { id: string; part: number; size: number; url: string }[];
  request: Json;
}

const ID = /^export_[0-9a-hjkmnp-tv-z]{32}$/;
const ATTRIBUTES = { export_type: "ATTRIBUTES", attributes: ["first_name"] };
const EVENTS = { export_type: "EVENTS", from: "2026-03-01T00:00:00Z" };
const REACHABILITY = { export_type: "REACHABILITY", from: "2026-02-28T00:00:00Z" };

let service: Service;
let space: Space;
let project: string;

const projectOf = async (of: Space) =>
  (await service.json<{ project_key: string }>("GET", "/v1/space", 200, { key: of.key })).project_key;

beforeAll(async () => {
  service = roomyService({ DIALECTS: "batch" });
  space = await service.shop();
  project = await projectOf(space);
  const profiles = [{ person_id: "p-1", identifiers: { custom_id: "User1" }, attributes: { first_name: "Ada" } }];
  await service.json("PUT", "/v1/profiles", 200, { key: space.key, body: { profiles } });
  await service.json("PUT", "/v1/segments/gold", 200, {
    key: space.key,
    body: { name: "Gold", rule: { attribute: "first_name", op: "eq", value: "Ada" } },
  });
  await service.send(space, orders(2));
});

// Ended exports do not count as pending.
beforeEach(async () => {
  await service.pump();
});

const send = <Body = Json>(method: string, path: string, status: number, options: Json = {}) =>
  service.json<Body>(method, path, status, { key: space.key, headers: { "x-batch-project": project }, ...options });
const create = async (body: Json, version = "2.4") =>
  (await send<{ id: string }>("POST", `/${version}/profiles/export`, 202, { body })).id;
const view = (id: string) => send<Viewed>("GET", `/2.4/exports/view?id=${id}`, 200);
const core = async (id: string) => service.poll(space, readExportId(id) ?? "");

async function exported(body: Json): Promise<Viewed> {
  const id = await create(body);
  await service.pump();
  return view(id);
}

/** The path of a new link to a file. */
async function linkOf(file: Viewed["files"][number] | undefined): Promise<string> {
  const { pathname, search } = new URL(file?.url ?? "");
  const headers = { "x-batch-project": project };
  const redirect = await service.call("GET", pathname + search, { key: space.key, headers });
  expect([redirect.status, redirect.headers.get("cache-control")]).toEqual([307, "no-store"]);
  const location = redirect.headers.get("location") ?? "";
  expect(location).toMatch(/^https:\/\/spillway\.test\/2\.4\/exports\/files\//);
  return location.slice(ORIGIN.length);
}

async function linesOf({ files }: Viewed): Promise<string[]> {
  const texts: string[] = [];
  for (const file of files) {
    const read = await service.call("GET", await linkOf(file));
    texts.push(new TextDecoder().decode(await read.arrayBuffer()));
  }
  return texts.join("").trimEnd().split("\n");
}

const refusal = (error_code: string, message: RegExp = /./) => ({
  error_code,
  error_message: expect.stringMatching(message) as string,
});

describe("authentication", () => {
  const LIST = "/2.4/exports/list";

  it("takes the project key that the space shows, which has the product's form and is the space's own", async () => {
    expect(project).toMatch(/^project_[0-9a-hjkmnp-tv-z]{32}$/);
    expect(await projectOf(space)).toBe(project);
    expect(await projectOf(await service.space())).not.toBe(project);
    await send("GET", LIST, 200);
  });

  it.each([
    ["without a project key", {}, /X-Batch-Project is missing/],
    ["with another project key", { "x-batch-project": `project_${"0".repeat(32)}` }, /not one of this project/],
  ])("is 401 %s", async (_, headers, message) => {
    const body = await send("GET", LIST, 401, { headers });
    expect(body).toEqual(refusal("AUTHENTICATION_INVALID", message));
  });

  it("is 401 with another space's project key", async () => {
    const headers = { "x-batch-project": await projectOf(await service.space()) };
    expect(await send("GET", LIST, 401, { headers })).toEqual(refusal("AUTHENTICATION_INVALID"));
  });

  it("is 401 without a REST key, with an unknown one, and with one that lacks the scope", async () => {
    const narrow = await service.keyWith(space, ["events:read"]);
    for (const [key, message] of [
      [undefined, /Authorization is missing/],
      ["wrong", /form of an API key/],
      [narrow, /lacks the scope exports:read/],
    ] as const)
      expect(await send("GET", LIST, 401, { key })).toEqual(refusal("AUTHENTICATION_INVALID", message));
  });
});

describe("a create", () => {
  it.each<[string, Json, Json]>([
    [
      "attributes",
      { ...ATTRIBUTES, identifiers: ["custom_id"], filter: { segment: "gold" } },
      {
        dataset: "profile_attributes",
        attributes: ["first_name"],
        identifiers: ["custom_id"],
        segment: "gold",
        include_profile_id: false,
      },
    ],
    [
      "events",
      { ...EVENTS, to: "2026-03-01T11:30:00Z", events: ["order_*"], identifiers: ["custom_id"] },
      {
        dataset: "profile_events",
        from: "2026-03-01T00:00:00Z",
        to: "2026-03-01T11:30:00Z",
        event_names: ["order_*"],
        identifiers: ["custom_id"],
      },
    ],
    [
      "reachability events",
      { ...REACHABILITY, channels: ["SMS"] },
      { dataset: "reachability_events", from: "2026-02-28T00:00:00Z", channels: ["SMS"] },
    ],
  ])("of %s is 202 with an id, and an export in files", async (_, body, request) => {
    const created = await send<{ id: string }>("POST", "/2.4/profiles/export", 202, { body });
    expect(created).toEqual({ id: expect.stringMatching(ID) as string });
    const exported = await core(created.id);
    expect(exported.request).toMatchObject({ ...request, layout: "files", format: "ndjson" });
    expect((await view(created.id)).request).toEqual(body);
  });

  it.each(["2.2", "2.4", "2.7", "2.11"])("is served at version %s, and files keep the version", async (version) => {
    const id = await create(ATTRIBUTES, version);
    await service.pump();
    const viewed = await send<Viewed>("GET", `/${version}/exports/view?id=${id}`, 200);
    expect(viewed.files[0]?.url).toMatch(new RegExp(`^https://spillway\\.test/${version}/exports/download\\?id=file_`));
  });

  it.each(["1.0", "2", "2.x", "3.0"])("is not served at version %s", async (version) => {
    await send("POST", `/${version}/profiles/export`, 404, { body: ATTRIBUTES });
  });

  it("ignores members that are null, and those that are unknown, which the log names", async () => {
    const lines: string[] = [];
    const log = vi.spyOn(console, "log").mockImplementation((line: string) => void lines.push(line));
    const id = await create({ ...ATTRIBUTES, identifiers: null, filter: null, from: "2026-01-01", debug: true });
    log.mockRestore();
    expect((await view(id)).request).toEqual(ATTRIBUTES);
    const logged = lines.map((line) => JSON.parse(line) as Json);
    expect(logged).toContainEqual(expect.objectContaining({ event: "request", ignored: "/from /debug" }));
  });

  it.each<[string, unknown, RegExp]>([
    ["no type", { attributes: ["first_name"] }, /export_type must be one of/],
    ["a type that there is not", { export_type: "ORDERS" }, /one of ATTRIBUTES, EVENTS, REACHABILITY/],
    ["neither attributes nor identifiers", { export_type: "ATTRIBUTES" }, /attributes, identifiers or both are/],
    ["no identifier alone", { export_type: "ATTRIBUTES", identifiers: [] }, /attributes, identifiers or both are/],
    ["no attribute", { ...ATTRIBUTES, attributes: [] }, /attributes must have at least 1 item/],
    ["attributes of another type", { ...ATTRIBUTES, attributes: "first_name" }, /attributes must be a list/],
    ["an attribute twice", { ...ATTRIBUTES, attributes: ["a", "a"] }, /\ba\b/],
    ["201 attributes", { ...ATTRIBUTES, attributes: Array.from({ length: 201 }, (_, n) => `a${n}`) }, /at most 200/],
    ["an unknown segment", { ...ATTRIBUTES, filter: { segment: "golf" } }, /no segment golf\. Did you mean gold/i],
    ["a filter without a segment", { ...ATTRIBUTES, filter: {} }, /segment is required/],
    ["events without a start", { export_type: "EVENTS" }, /from is required/],
    ["a start that is no time", { ...EVENTS, from: "yesterday" }, /from must be a time/],
    ["a start older than 90 days", { ...EVENTS, from: "2025-11-30T00:00:00Z" }, /from is more than 90 days ago/],
    ["a window that is empty", { ...EVENTS, to: EVENTS.from }, /to must be later than from/],
    ["an unknown event", { ...EVENTS, events: ["order_lost"] }, /order_lost/],
    ["an unknown channel", { ...REACHABILITY, channels: ["FAX"] }, /must be one of SMS, EMAIL, PUSH/],
    ["reachability before it began", { ...REACHABILITY, from: "2024-10-09T23:59:59Z" }, /before 2024-10-10/],
    ["a list for a body", [], /./],
    ["no JSON", "{", /./],
    ["nothing", undefined, /./],
    ["a body of 100,000 bytes", { ...ATTRIBUTES, note: "n".repeat(100_000) }, /at most 65536 bytes/],
  ])("is 400 with %s, and the message says why", async (_, body, message) => {
    const refused = await send("POST", "/2.4/profiles/export", 400, { body });
    expect(refused).toEqual(refusal("MALFORMED_PARAMETER", message));
  });

  it("is 405 with another method, which says what the address accepts", async () => {
    const message = /accepts POST, OPTIONS, not GET/;
    expect(await send("GET", "/2.4/profiles/export", 405)).toEqual(refusal("METHOD_NOT_ALLOWED", message));
  });

  it("makes two exports of a request that is sent twice", async () => {
    expect(await create(ATTRIBUTES)).not.toBe(await create(ATTRIBUTES));
  });
});

describe("a view", () => {
  it("has the documented members in each state, with times of whole seconds", async () => {
    const id = await create(ATTRIBUTES);
    const facts = { id, scope: "PROFILE_ATTRIBUTES", request: ATTRIBUTES, request_date: "2026-03-01T12:00:00Z" };
    expect(await view(id)).toEqual({ ...facts, status: "PENDING", files: [] });
    await deliver(service, take(service, "plan"));
    const started = { ...facts, start_date: "2026-03-01T12:00:00Z" };
    expect(await view(id)).toEqual({ ...started, status: "RUNNING", files: [] });
    await service.pump();
    expect(await view(id)).toEqual({
      ...started,
      status: "SUCCESS",
      completion_date: "2026-03-01T12:00:00Z",
      files: [
        {
          id: expect.stringMatching(/^file_[0-9a-hjkmnp-tv-z]{32}$/) as string,
          part: 1,
          size: '{"identifiers":{},"attributes":{"first_name":"Ada"}}\n'.length,
          url: expect.stringMatching(/^https:\/\/spillway\.test\/2\.4\/exports\/download\?id=file_/) as string,
        },
      ],
    });
  });

  it.each([
    ["PROFILE_EVENTS", EVENTS],
    ["PROFILE_REACHABILITY", REACHABILITY],
  ])("has the scope %s", async (scope, body) => {
    expect(await view(await create(body))).toMatchObject({ scope });
  });

  it("is SUCCESS without files where nothing was found, and when the files have expired", async () => {
    const empty = await exported({ ...EVENTS, to: "2026-03-01T01:00:00Z" });
    expect([empty.status, empty.files]).toEqual(["SUCCESS", []]);
    const { id, files } = await exported(ATTRIBUTES);
    expect(files).toHaveLength(1);
    const { now } = service;
    service.now += 8 * 86_400_000;
    await sweep(service.context);
    expect(await view(id)).toMatchObject({ status: "SUCCESS", files: [] });
    expect(await send("GET", new URL(files[0]?.url ?? "").pathname + new URL(files[0]?.url ?? "").search, 404)).toEqual(
      refusal("NOT_FOUND"),
    );
    service.now = now;
  });

  it("is ERROR for a canceled export, and says so", async () => {
    const id = await create(ATTRIBUTES);
    await service.json("POST", `/v1/exports/${readExportId(id)}/cancel`, 202, { key: space.key });
    expect(await view(id)).toMatchObject({ status: "ERROR", error_msg: "The export was canceled.", files: [] });
  });

  it("is ERROR for a failed export, and says why", async () => {
    const tight = roomyService({ DIALECTS: "batch", MAX_EXPORT_BYTES: "1000" });
    const own = await tight.shop();
    await tight.send(own, orders(100));
    const options = { key: own.key, headers: { "x-batch-project": await projectOf(own) } };
    const created = { ...options, body: EVENTS };
    const { id } = await tight.json<{ id: string }>("POST", "/2.4/profiles/export", 202, created);
    await tight.pump();
    const viewed = await tight.json<Viewed>("GET", `/2.4/exports/view?id=${id}`, 200, options);
    const why = expect.stringMatching(/larger than an export may be/) as string;
    expect(viewed).toMatchObject({ status: "ERROR", error_msg: why, files: [] });
  });

  it("is 404 for an unknown id, and for an export of another dataset, form or space", async () => {
    const ask = (of: Space, request: Json) => service.ask(of, { start: undefined, end: undefined, ...request });
    const profiles = { dataset: "profile_attributes", attributes: ["first_name"] };
    const other = await service.space();
    const ids = [
      await service.ask(space),
      await ask(space, profiles),
      await ask(space, { ...profiles, layout: "files", format: "csv" }),
      await ask(other, { ...profiles, layout: "files" }),
      "4c959f87-6c1d-4f2e-9a7b-3d5e8f0a1b2c",
    ].map(batchExportId);
    const file = (await exported(ATTRIBUTES)).files[0]?.id;
    for (const id of [...ids, "x", "", "export_", file, `${ids[0]}0`, (ids[0] ?? "").toUpperCase()])
      expect([id, await send("GET", `/2.4/exports/view?id=${id}`, 404)]).toEqual([id, refusal("NOT_FOUND")]);
  });

  it("is 400 without an id, and with two", async () => {
    const message = refusal("MALFORMED_PARAMETER", /id /);
    expect(await send("GET", "/2.4/exports/view", 400)).toEqual(message);
    expect(await send("GET", "/2.4/exports/view?id=a&id=b", 400)).toEqual(message);
  });
});

describe("a list", () => {
  interface Page {
    exports: Viewed[];
    count: number;
    has_more: boolean;
    next_from?: string;
  }
  // None of its exports is worked on.
  const listing = roomyService({ DIALECTS: "batch", PENDING_LIMIT: "100" });
  let options: { key: string; headers: Record<string, string> };
  const ids: string[] = [];
  const page = (query: string, status = 200, by = options) =>
    listing.json<Page>("GET", `/2.4/exports/list${query}`, status, by);

  beforeAll(async () => {
    const own = await listing.space();
    options = { key: own.key, headers: { "x-batch-project": await projectOf(own) } };
    for (let n = 0; n < 11; n += 1) {
      listing.now += 1_000;
      const created = { ...options, body: ATTRIBUTES };
      ids.unshift((await listing.json<{ id: string }>("POST", "/2.4/profiles/export", 202, created)).id);
      // Exports of other datasets lie between.
      await listing.ask(own);
    }
  });

  it("has ten exports at first, newest first, as a view has them, and leads to the rest", async () => {
    const first = await page("");
    expect(first.exports.map(({ id }) => id)).toEqual(ids.slice(0, 10));
    expect(first).toMatchObject({ count: 10, has_more: true });
    expect(first.exports[0]).toEqual(await listing.json("GET", `/2.4/exports/view?id=${ids[0]}`, 200, options));
    const rest = await page(`?from=${first.next_from}`);
    expect(rest).toEqual({ exports: [expect.objectContaining({ id: ids[10] })], count: 1, has_more: false });
  });

  it("has as many as asked for, 1 to 100", async () => {
    expect(await page("?limit=100")).toMatchObject({ count: 11, has_more: false });
    expect(await page("?limit=1")).toMatchObject({ count: 1, has_more: true });
    for (const query of ["?limit=0", "?limit=101", "?limit=x", "?from=x", "?from="])
      expect([query, await page(query, 400)]).toEqual([query, refusal("MALFORMED_PARAMETER", /limit|from/)]);
  });

  it("ends a page after exports with very many files, and goes on with the next export", async () => {
    const own = await listing.space();
    const by = { key: own.key, headers: { "x-batch-project": await projectOf(own) } };
    const created = { ...by, body: { export_type: "ATTRIBUTES", identifiers: ["custom_id"] } };
    for (let n = 0; n < 2; n += 1) {
      listing.now += 1_000;
      await listing.json("POST", "/2.4/profiles/export", 202, created);
    }
    await listing.context.databases.control.batch([
      statement("UPDATE exports SET status = 'completed' WHERE space_id = ?1", [own.id]),
      statement(
        `WITH RECURSIVE numbers(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n < 19999)
         INSERT INTO export_files (space_id, export_id, n, name, done, uncompressed_bytes)
         SELECT ?1, (SELECT id FROM exports WHERE space_id = ?1 ORDER BY created_at DESC LIMIT 1), n, n, 1, 1 FROM numbers`,
        [own.id],
      ),
    ]);
    const first = await page("", 200, by);
    expect(first.exports.map(({ files }) => files.length)).toEqual([20_000]);
    expect(first.exports[0]?.files.at(-1)).toMatchObject({ part: 20_000, size: 1 });
    expect(first).toMatchObject({ count: 1, has_more: true });
    expect(await page(`?from=${first.next_from}`, 200, by)).toMatchObject({ count: 1, has_more: false });
  });
});

describe("a download", () => {
  it("is a redirect to a link that needs no key, for 20 minutes, another one each time", async () => {
    const { files } = await exported(ATTRIBUTES);
    const [link, another] = [await linkOf(files[0]), await linkOf(files[0])];
    expect(another).not.toBe(link);
    const { now } = service;
    service.now = now + 1_199_999;
    expect((await service.call("GET", link)).status).toBe(200);
    service.now = now + 1_200_000;
    expect(await service.json("GET", link, 401)).toEqual(refusal("AUTHENTICATION_INVALID", /has ended/));
    service.now = now;
  });

  it("sends lines as they are, and as gzip to clients that accept it", async () => {
    const { files } = await exported(ATTRIBUTES);
    const line = '{"identifiers":{},"attributes":{"first_name":"Ada"}}\n';
    const read = async (accepted: string) => {
      const answer = await service.call("GET", await linkOf(files[0]), { headers: { "accept-encoding": accepted } });
      const { headers } = answer;
      expect([headers.get("content-type"), headers.get("vary")]).toEqual(["application/x-ndjson", "Accept-Encoding"]);
      return { coding: headers.get("content-encoding"), bytes: new Uint8Array(await answer.arrayBuffer()) };
    };
    const [plain, packed] = [await read("identity"), await read("gzip, br")];
    expect([plain.coding, new TextDecoder().decode(plain.bytes)]).toEqual([null, line]);
    expect([packed.coding, gunzip(packed.bytes)]).toEqual(["gzip", line]);
    expect(plain.bytes.length).toBe(files[0]?.size);
  });

  it("is not read by a link that was changed, or is none", async () => {
    const { files } = await exported(ATTRIBUTES);
    const link = await linkOf(files[0]);
    const changed = link.replace(/.{2}$/, (end) => (end === "AA" ? "BB" : "AA"));
    for (const none of [changed, `${link}A`, `${link}=`, "/2.4/exports/files/x", "/2.4/exports/files/a.b.c"])
      expect(await service.json("GET", none, 401)).toEqual(refusal("AUTHENTICATION_INVALID", /link is not valid/));
  });

  it("is 404 by a link whose export was deleted", async () => {
    const { id, files } = await exported(ATTRIBUTES);
    const link = await linkOf(files[0]);
    await service.json("DELETE", `/v1/exports/${readExportId(id)}`, 204, { key: space.key });
    expect(await service.json("GET", link, 404)).toEqual(refusal("NOT_FOUND"));
    await send("GET", `/2.4/exports/view?id=${id}`, 404);
  });

  it("is 409 until the export has succeeded", async () => {
    const done = await exported(ATTRIBUTES);
    const id = await create(ATTRIBUTES);
    const file = `${id.replace("export", "file").slice(0, -6)}${done.files[0]?.id.slice(-6)}`;
    expect(await send("GET", `/2.4/exports/download?id=${file}`, 409)).toEqual(
      refusal("CONFLICT", /not completed yet/),
    );
  });

  it("is 404 for an unknown file, another space's, or an export's id", async () => {
    const { id, files } = await exported(ATTRIBUTES);
    const file = files[0]?.id ?? "";
    const beyond = file.replace(/.$/, (digit) => (digit === "1" ? "2" : "1"));
    for (const unknown of [id, "file_x", "", beyond])
      expect(await send("GET", `/2.4/exports/download?id=${unknown}`, 404)).toEqual(refusal("NOT_FOUND"));
    const other = await service.space();
    const headers = { "x-batch-project": await projectOf(other) };
    const options = { key: other.key, headers };
    expect(await send("GET", `/2.4/exports/download?id=${file}`, 404, options)).toEqual(refusal("NOT_FOUND"));
  });
});

describe("files", () => {
  it("of exports that other calls create in files are shown, and downloaded as lines", async () => {
    const body = { dataset: "profile_attributes", attributes: ["first_name"], layout: "files", compression: "zstd" };
    const { id } = await service.json<{ id: string }>("POST", "/v1/exports", 202, { key: space.key, body });
    await service.pump();
    const viewed = await view(batchExportId(id));
    expect(viewed.request).toEqual(ATTRIBUTES);
    expect((await linesOf(viewed))[0]).toBe('{"identifiers":{"profile_id":"p-1"},"attributes":{"first_name":"Ada"}}');
  });

  it("of attributes have the identifiers that were asked for alone", async () => {
    const both = await exported({ ...ATTRIBUTES, identifiers: ["custom_id"] });
    expect(await linesOf(both)).toEqual(['{"identifiers":{"custom_id":"User1"},"attributes":{"first_name":"Ada"}}']);
    const named = await exported({ export_type: "ATTRIBUTES", identifiers: ["custom_id", "profile_id"] });
    expect(await linesOf(named)).toEqual(['{"identifiers":{"profile_id":"p-1","custom_id":"User1"},"attributes":{}}']);
  });

  it("of a segment have its profiles alone", async () => {
    const profiles = [{ person_id: "p-9", attributes: { first_name: "Zoe" } }];
    await service.json("PUT", "/v1/profiles", 200, { key: space.key, body: { profiles } });
    const gold = await exported({ ...ATTRIBUTES, filter: { segment: "gold" } });
    expect(await linesOf(gold)).toEqual(['{"identifiers":{},"attributes":{"first_name":"Ada"}}']);
  });

  it("have contiguous parts, whose lines follow each other", async () => {
    const { sizes } = service.context;
    service.context.sizes = { ...sizes, fileBytes: 200 };
    const split = await exported(EVENTS);
    service.context.sizes = sizes;
    expect(split.files.map(({ part }) => part)).toEqual([1, 2]);
    const ids = (await linesOf(split)).map((line) => (JSON.parse(line) as { event: { id: string } }).event.id);
    expect(ids).toEqual(["e-0000000", "e-0000001"]);
  });
});

describe("limits", () => {
  it("are 429 for more exports under way than a space may have", async () => {
    const busy = roomyService({ DIALECTS: "batch", PENDING_LIMIT: "1" });
    const own = await busy.space();
    const options = { key: own.key, headers: { "x-batch-project": await projectOf(own) }, body: ATTRIBUTES };
    await busy.json("POST", "/2.4/profiles/export", 202, options);
    const refused = await busy.json("POST", "/2.4/profiles/export", 429, options);
    expect(refused).toEqual(refusal("TOO_MANY_REQUESTS", /queued or processing/));
  });

  it("are the space's creates and polls, with Retry-After and the product's error", async () => {
    const limited = new Service({ DIALECTS: "batch" });
    const own = await limited.space();
    const shown = await limited.json<{ project_key: string }>("GET", "/v1/space", 200, { key: own.key });
    const headers = { "x-batch-project": shown.project_key };
    const post = () => limited.call("POST", "/2.4/profiles/export", { key: own.key, headers, body: ATTRIBUTES });
    for (let n = 0; n < 5; n += 1) expect((await post()).status).toBe(202);
    const refused = await post();
    expect([refused.status, Number(refused.headers.get("retry-after"))]).toEqual([429, expect.any(Number)]);
    expect(await refused.json()).toEqual(refusal("TOO_MANY_REQUESTS", /Retry-After/));
    for (let n = 0; n < 30; n += 1)
      expect((await limited.call("GET", "/2.4/exports/list", { key: own.key, headers })).status).toBe(200);
    expect((await limited.call("GET", "/2.4/exports/list", { key: own.key, headers })).status).toBe(429);
  });
});
