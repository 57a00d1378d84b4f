/** Downloads against a real HTTP server that breaks connections, forgets ranges, and sends wrong bytes. */

import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Spillway } from "../../client/src/index.ts";
import { downloadTo } from "../../client/src/node/index.ts";
import { cut, faultyServer, type FaultyServer, half, ok, problem, type Seen, type Step } from "./faulty-server.ts";

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
const CONTENTS = ["first ", "second ", "third "].map((text) => Buffer.from(text.repeat(1_000)));
const names = CONTENTS.map((_, n) => `file-${n}.ndjson.gz`);

let server: FaultyServer;
let folder: string;
let spillway: Spillway;
/** What the bucket does with the next requests; then it gives the file. */
let bucket: Step[];
/** What the bucket has. */
let stored: Buffer[];
/** What the service lists. */
let listed: { name: string; rows: number; bytes: number; sha256: string; uncompressed_bytes: number; url?: string }[];
/** Links are valid that have this number. */
let generation: number;

beforeEach(async () => {
  bucket = [];
  stored = [...CONTENTS];
  generation = 1;
  folder = await mkdtemp(join(tmpdir(), "spillway-download-"));
  server = await faultyServer(answer);
  spillway = new Spillway({ origin: server.origin, key: "sk_test", random: () => 0, sleep: async () => {} });
  listed = CONTENTS.map((bytes, n) => ({
    name: names[n] ?? "",
    rows: 1,
    bytes: bytes.byteLength,
    uncompressed_bytes: bytes.byteLength,
    sha256: sha256(bytes),
  }));
});

afterEach(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});

function answer({ path }: Seen): Step {
  const { pathname, searchParams } = new URL(path, server.origin);
  const sum = (figure: "rows" | "bytes") => listed.reduce((total, file) => total + file[figure], 0);
  if (pathname.endsWith("/manifest"))
    return ok({ files: listed, totals: { files: listed.length, rows: sum("rows"), bytes: sum("bytes") } });
  if (pathname.endsWith("/files")) {
    // Two files a page.
    const from = Number(searchParams.get("cursor") ?? 0);
    const data = listed
      .slice(from, from + 2)
      .map((file, n) => ({ ...file, url: `${server.origin}/bucket/${from + n}?generation=${generation}` }));
    return ok({ data, next_cursor: from + 2 < listed.length ? String(from + 2) : null });
  }
  const bytes = stored[Number(pathname.split("/").at(-1))];
  if (bytes === undefined) return problem(404, "not_found");
  return Number(searchParams.get("generation")) < generation ? problem(403, "x") : (bucket.shift() ?? give(bytes));
}

const give =
  (bytes: Buffer): Step =>
  (response, { headers }) => {
    const [, from] = /^bytes=(\d+)-$/.exec(headers.range ?? "") ?? [];
    const start = Number(from ?? 0);
    if (start >= bytes.byteLength) return void response.writeHead(416).end();
    response.writeHead(from === undefined ? 200 : 206).end(bytes.subarray(start));
  };

/** The downloaded files, by name. */
async function inFolder(): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const name of (await readdir(folder)).toSorted()) found[name] = sha256(await readFile(join(folder, name)));
  return found;
}

const complete = () => Object.fromEntries(CONTENTS.map((bytes, n) => [names[n], sha256(bytes)]));
const fromBucket = () => server.seen.filter(({ path }) => path.startsWith("/bucket/"));

describe("a download into a folder", () => {
  it("has every file of every page, in the order of the export", async () => {
    const files = await downloadTo(spillway, "x", join(folder, "new"), { concurrency: 2 });
    expect(files.map(({ file }) => file.name)).toEqual(names);
    folder = join(folder, "new");
    expect(await inFolder()).toEqual(complete());
  });

  it("sends the key to the service alone", async () => {
    await downloadTo(spillway, "x", folder);
    expect(fromBucket().map(({ headers }) => headers.authorization)).toEqual([undefined, undefined, undefined]);
  });

  it("reports files and bytes until all are there", async () => {
    const seen: { files: number; bytes: number }[] = [];
    await downloadTo(spillway, "x", folder, { onProgress: ({ files, bytes }) => seen.push({ files, bytes }) });
    expect(seen.at(-1)).toEqual({ files: 3, bytes: CONTENTS.reduce((sum, { byteLength }) => sum + byteLength, 0) });
  });

  it("leaves files that are right as they are, when it is repeated", async () => {
    await downloadTo(spillway, "x", folder);
    const again = await downloadTo(spillway, "x", folder);
    expect(again.map(({ wasThere }) => wasThere)).toEqual([true, true, true]);
    expect(fromBucket()).toHaveLength(3);
  });

  it("replaces a file that has other bytes", async () => {
    await writeFile(join(folder, "file-1.ndjson.gz"), Buffer.alloc(CONTENTS[1]?.byteLength ?? 0));
    await downloadTo(spillway, "x", folder);
    expect(await inFolder()).toEqual(complete());
  });

  it("goes on where a process before was killed", async () => {
    await writeFile(join(folder, "file-0.ndjson.gz.part"), CONTENTS[0]?.subarray(0, 1_234) ?? "");
    await downloadTo(spillway, "x", folder);
    expect(fromBucket()[0]?.headers.range).toBe("bytes=1234-");
    expect(await inFolder()).toEqual(complete());
  });

  it("takes a part that has every byte", async () => {
    await writeFile(join(folder, "file-0.ndjson.gz.part"), CONTENTS[0] ?? "");
    await downloadTo(spillway, "x", folder);
    expect(await inFolder()).toEqual(complete());
  });

  it("leaves nothing of a part with wrong bytes, so that the next call begins again", async () => {
    await writeFile(join(folder, "file-0.ndjson.gz.part"), "something else");
    await expect(downloadTo(spillway, "x", folder)).rejects.toMatchObject({ code: "file_damaged" });
    expect(await readdir(folder)).toEqual([]);
    await downloadTo(spillway, "x", folder);
    expect(await inFolder()).toEqual(complete());
  });

  it("has files without a byte", async () => {
    stored = [Buffer.alloc(0)];
    listed = [{ name: "empty.csv", rows: 0, bytes: 0, uncompressed_bytes: 0, sha256: sha256(Buffer.alloc(0)) }];
    await downloadTo(spillway, "x", folder);
    expect(await inFolder()).toEqual({ "empty.csv": sha256(Buffer.alloc(0)) });
  });

  it.each(["../evil", "a/b", "..", "a\\b", ""])("refuses the name %j, which leads out of the folder", async (name) => {
    listed = listed.slice(0, 1).map((file) => ({ ...file, name }));
    await expect(downloadTo(spillway, "x", folder)).rejects.toThrow(TypeError);
    expect(await readdir(folder)).toEqual([]);
  });

  it("says so when the folder cannot be one", async () => {
    await writeFile(join(folder, "taken"), "");
    await expect(downloadTo(spillway, "x", join(folder, "taken"))).rejects.toThrow(/EEXIST|ENOTDIR/);
    await mkdir(join(folder, "file-0.ndjson.gz"));
    await expect(downloadTo(spillway, "x", folder)).rejects.toThrow(/EISDIR|EEXIST|ENOTEMPTY|directory/);
    expect((await stat(join(folder, "file-0.ndjson.gz"))).isDirectory()).toBe(true);
  });
});

describe("a file on its way", () => {
  it("is continued where the connection broke, as often as it breaks", async () => {
    const [first] = CONTENTS;
    bucket = [half(first?.subarray(0, 100) ?? ""), cut, half(first?.subarray(100, 300) ?? "", 206)];
    await downloadTo(spillway, "x", folder);
    expect(fromBucket().map(({ headers }) => headers.range)).toEqual([
      undefined,
      "bytes=100-",
      "bytes=100-",
      "bytes=300-",
      undefined,
      undefined,
    ]);
    expect(await inFolder()).toEqual(complete());
  });

  it("is whole where the bucket forgets ranges", async () => {
    const [first] = CONTENTS;
    bucket = [half(first?.subarray(0, 100) ?? ""), (response) => void response.writeHead(200).end(first)];
    await downloadTo(spillway, "x", folder);
    expect(await inFolder()).toEqual(complete());
  });

  it("has a fresh link where the first one has expired", async () => {
    bucket = [
      (response, request) => {
        generation = 2;
        give(stored[0] ?? Buffer.alloc(0))(response, request);
      },
    ];
    await downloadTo(spillway, "x", folder);
    expect(fromBucket().map(({ path }) => path)).toEqual([
      "/bucket/0?generation=1",
      "/bucket/1?generation=1",
      "/bucket/1?generation=2",
      "/bucket/2?generation=2",
    ]);
  });

  it.each([
    ["shorter", (bytes: Buffer) => bytes.subarray(0, 100)],
    ["longer", (bytes: Buffer) => Buffer.concat([bytes, bytes])],
    ["changed in one byte", (bytes: Buffer) => Buffer.from(bytes.map((byte, n) => (n === 50 ? byte ^ 1 : byte)))],
  ])("that is %s in the bucket is damaged, and is not kept", async (_how, damage) => {
    stored = stored.map((bytes, n) => (n === 1 ? damage(bytes) : bytes));
    await expect(downloadTo(spillway, "x", folder)).rejects.toMatchObject({
      code: "file_damaged",
      file: "file-1.ndjson.gz",
    });
    expect(await readdir(folder)).toEqual(["file-0.ndjson.gz"]);
  });

  it("is given up after six tries without a byte", async () => {
    bucket = Array.from({ length: 20 }, () => cut);
    await expect(downloadTo(spillway, "x", folder)).rejects.toMatchObject({ code: "unreachable" });
    expect(fromBucket()).toHaveLength(6);
  });

  it("ends with its signal", async () => {
    const controller = new AbortController();
    bucket = [
      (response) => {
        response.writeHead(200).write("first ");
        controller.abort(new Error("The user left."));
      },
    ];
    await expect(downloadTo(spillway, "x", folder, { signal: controller.signal })).rejects.toThrow("The user left.");
  });

  it("can be read alone, by its name", async () => {
    const bytes = new Uint8Array(
      await new Response(await spillway.exports.file("x", "file-2.ndjson.gz")).arrayBuffer(),
    );
    expect(sha256(bytes)).toBe(listed[2]?.sha256);
    await expect(spillway.exports.file("x", "file-9")).rejects.toMatchObject({ code: "not_found" });
  });
});

it("an export in a customer's bucket says where its files are", async () => {
  const own = new Spillway({
    origin: server.origin,
    key: "sk_test",
    fetch: async (request) => {
      const response = await fetch(request);
      if (!request.url.includes("/files")) return response;
      const page: { data: { url?: string }[] } = await response.json();
      for (const file of page.data) delete file.url;
      return Response.json(page);
    },
  });
  await expect(downloadTo(own, "x", folder)).rejects.toMatchObject({ code: "conflict" });
});
