/** `spillway events import` and `spillway profiles import`: what they print, how they end, and `npm run import`. */

import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { zstdCompressSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { ROOT } from "../../../scripts/stack.ts";
import { folder } from "../import/support.ts";
import { problem, spillway } from "./spillway.ts";

const KEY = "spw_secret";
const env = { SPILLWAY_KEY: KEY, SPILLWAY_ORIGIN: "http://exports.test" };
const EVENTS =
  '{"id":"e-1","definition_id":"visit","person_id":"p-1"}\n{"id":"e-2","definition_id":"visit","person_id":"p-2"}\n';
const put = folder();
const inFolder = put(".");

/** A space that takes everything, and remembers the bodies of its events. */
function space(bodies: string[] = [], refuse: (call: string) => Response | null = () => null): typeof fetch {
  return async (input, init) => {
    const request = new Request(input, init);
    const call = `${request.method} ${new URL(request.url).pathname}`;
    const refused = refuse(call);
    if (refused !== null) return refused;
    if (call === "GET /v1/space")
      return Response.json({ id: "s-1", name: "Shop", timezone: "Europe/London", retention_days: 180 });
    if (call === "GET /v1/event-definitions") return Response.json({ data: [], next_cursor: null });
    if (request.method === "GET") return Response.json(problem(404, "not_found", "There is none."), { status: 404 });
    const body = await request.text();
    bodies.push(body);
    const accepted = body.trim().split("\n").length;
    return Response.json({ accepted, duplicates: 0 }, { status: 202 });
  };
}

const summary = (rows: object) => ({
  space: { id: "s-1", name: "Shop" },
  dry_run: false,
  stopped: false,
  rows: expect.objectContaining(rows) as object,
});

describe("a file of events", () => {
  it("is loaded, and the result with --json is one document on stdout", async () => {
    put("events.ndjson", EVENTS);
    const bodies: string[] = [];
    const ran = await spillway(["events", "import", "events.ndjson", "--json"], {
      env,
      folder: inFolder,
      fetch: space(bodies),
    });
    expect(ran.code).toBe(0);
    expect(JSON.parse(ran.stdout)).toMatchObject({
      ...summary({ read: 2, accepted: 2, duplicates: 0, rejected: 0 }),
      file: "events.ndjson",
      format: "ndjson",
    });
    expect(bodies).toEqual([EVENTS.trim()]);
    expect(ran.stdout + ran.stderr).not.toContain(KEY);
  });

  it("continues where it stopped: the second run sends nothing", async () => {
    put("again.ndjson", EVENTS);
    const bodies: string[] = [];
    const run = () => spillway(["events", "import", "again.ndjson"], { env, folder: inFolder, fetch: space(bodies) });
    await run();
    const second = await run();
    expect(second).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("2 accepted by an earlier run") as string,
    });
    expect(bodies).toHaveLength(1);
  });

  it("is read from the standard input, and leaves no state behind", async () => {
    const bodies: string[] = [];
    const ran = await spillway(["events", "import", "-", "--json"], {
      env,
      folder: inFolder,
      stdin: EVENTS,
      fetch: space(bodies),
    });
    expect(ran.code).toBe(0);
    expect(JSON.parse(ran.stdout)).toMatchObject({ file: "stdin", rows: { accepted: 2 } });
    expect(existsSync(put("-.import.json"))).toBe(false);
  });

  it("is read where it is compressed by zstd", async () => {
    put("events.zst", zstdCompressSync(EVENTS));
    const bodies: string[] = [];
    const ran = await spillway(["events", "import", "events.zst"], { env, folder: inFolder, fetch: space(bodies) });
    expect(ran).toMatchObject({ code: 0, stdout: expect.stringContaining("zstd-compressed NDJSON") as string });
    expect(bodies).toEqual([EVENTS.trim()]);
  });

  it("with a wrong line ends with 1, and the others are loaded", async () => {
    put("wrong.ndjson", `${EVENTS}{"id":\n`);
    const ran = await spillway(["events", "import", "wrong.ndjson"], { env, folder: inFolder, fetch: space() });
    expect(ran.code).toBe(1);
    expect(ran.stderr).toContain("wrong.ndjson:3: The line is not valid JSON");
    expect(ran.stdout).toContain("3 rows read: 2 accepted, 0 duplicates, 1 rejected");
  });

  it.each([
    ["a key that the service does not accept", 401, "unauthenticated", 4],
    ["a key that may not write events", 403, "forbidden", 4],
  ])("with %s is not loaded", async (_, status, code, exitCode) => {
    put("refused.ndjson", EVENTS);
    const refuse = (call: string) =>
      call === "POST /v1/events" ? Response.json(problem(status, code, "It may not."), { status }) : null;
    const ran = await spillway(["events", "import", "refused.ndjson"], {
      env,
      folder: inFolder,
      fetch: space([], refuse),
    });
    expect(ran.code).toBe(exitCode);
    expect(ran.stderr).toContain("It may not.");
    expect(existsSync(put("refused.ndjson.import.json"))).toBe(false);
  });

  it.each([
    ["nowhere.csv", [], "does not exist"],
    [".", [], "is a folder: name a file"],
    ["header.csv", [], "header.csv has no row that can be read"],
    ["events.ndjson", ["--batch", "0"], "--batch must be a whole number from 1 to 5000"],
    ["events.ndjson", ["--format", "xml"], "--format must be one of ndjson, csv, parquet"],
    ["events.ndjson", ["--encoding", "klingon"], "--encoding klingon is not a known encoding"],
    ["events.ndjson", ["--delimiter", ";;"], "--delimiter must be one character, or tab"],
    ["events.ndjson", ["--allow-new-ids"], "--allow-new-ids needs --restart"],
    ["events.ndjson", ["--space", "Other"], "not to Other. Nothing was sent"],
    ["events.ndjson", ["--map", "nowhere.json"], "nowhere.json does not exist"],
  ])("%s %j is a wrong command", async (file, args, message) => {
    put("events.ndjson", EVENTS);
    put("header.csv", "a,b\n");
    const bodies: string[] = [];
    const ran = await spillway(["events", "import", file, ...args], { env, folder: inFolder, fetch: space(bodies) });
    expect(ran.code).toBe(2);
    expect(ran.stderr).toContain(message);
    expect(bodies).toEqual([]);
  });

  it("without a key says how to get one", async () => {
    put("events.ndjson", EVENTS);
    const ran = await spillway(["events", "import", "events.ndjson"], { folder: inFolder });
    expect(ran).toMatchObject({ code: 4, stderr: expect.stringContaining("spillway login") as string });
  });

  it("whose columns are no fields gets a mapping, and the command that loads it does", async () => {
    put("orders.csv", "OrderNo,CustomerID,Placed,Amount\nA-17,c-1,2026-11-03T10:00:00,19.90\n");
    const bodies: string[] = [];
    const run = (args: readonly string[]) => spillway(args, { env, folder: inFolder, fetch: space(bodies) });
    const first = await run(["events", "import", "orders.csv", "--json"]);
    expect(first.code).toBe(2);
    const { next, mapping, columns } = JSON.parse(first.stdout) as { next: string; mapping: object; columns: object[] };
    expect(JSON.parse(readFileSync(put("orders.mapping.json"), "utf8"))).toEqual(mapping);
    expect(columns).toContainEqual({ name: "CustomerID", filled: 1, example: "c-1", becomes: "person_id" });
    expect(bodies).toEqual([]);

    expect(next).toBe("spillway events import orders.csv --map orders.mapping.json --define --create-profiles");
    const second = await run(next.split(" ").slice(1));
    expect(second.code).toBe(0);
    expect(JSON.parse(bodies.at(-1) ?? "")).toMatchObject({
      id: "orders-A-17",
      definition_id: "orders",
      person_id: "c-1",
      occurred_at: "2026-11-03T10:00:00.000Z",
      properties: { OrderNo: "A-17", Amount: 19.9 },
    });
  });
});

it("npm run import is the same command, with --key and --profiles", () => {
  put("people.csv", "person_id,attributes.tier\np-1,gold\n");
  const map = put(
    "people.json",
    '{"person_id":{"column":"person_id"},"attributes":{"tier":{"column":"attributes.tier"}}}',
  );
  const script = join(ROOT, "scripts", "import.ts");
  const run = (...args: string[]) =>
    spawnSync(process.execPath, [script, ...args], { cwd: inFolder, encoding: "utf8" });
  const dry = run("people.csv", "--profiles", "--key", "k", "--map", map, "--dry-run", "--quiet");
  expect(dry.stdout).toContain('line 2: {"person_id":"p-1","attributes":{"tier":"gold"}}');
  expect(dry.status).toBe(0);
  expect(run("--help").stdout).toContain("Usage: spillway events import");
  expect(run("--profiles", "--help").stdout).toContain("Usage: spillway profiles import");
});
