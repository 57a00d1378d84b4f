/**
 * The statements that load an export are run, by DuckDB and by PostgreSQL, on exports of every dataset in every format
 * and compression that they read: the table has the rows of the files, with the types of the manifest.
 */

import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { liveStack } from "../support.ts";
import { contentOf, plain, type Row } from "./content.ts";
import { missingPrograms, type Postgres, startPostgres } from "./postgres.ts";
import { type Delivered, END, NAMES, Scene, START } from "./scene.ts";

const VISITS = 150;
const CODECS = { ndjson: ["gzip", "zstd", "none"], csv: ["gzip", "zstd", "none"], parquet: ["snappy", "zstd", "none"] };
const FORMS = Object.entries(CODECS).flatMap(([format, codecs]) => codecs.map((each) => [format, each] as const));

const PATHS = ["eventId", "page", "amount", "club member", "at", "items", "items.sku", "personId"];
const NAMED = NAMES.map((as, n) => ({ path: PATHS[n % PATHS.length], as }));
const WINDOW = { start: START, end: END };
const FILES = { layout: "files", file_rows: 60 };

const REQUESTS: Record<string, Record<string, unknown>> = {
  "flat events": { dataset: "activity_events", ...WINDOW, ...FILES },
  "nested events": { dataset: "activity_events", ...WINDOW, row_format: "nested" },
  "columns with hostile names": {
    dataset: "activity_events",
    ...WINDOW,
    columns: NAMED,
    redact: { personId: "sha256" },
  },
  "one column": { dataset: "activity_events", ...WINDOW, columns: [{ path: "amount" }], event_names: ["visit"] },
  conversions: { dataset: "conversion_events", ...WINDOW },
  attributes: {
    dataset: "profile_attributes",
    attributes: ["tier", "score", "member", "since", "$email_address", "$phone_number"],
    identifiers: ["custom_id", "installation_ids"],
    include_deletions: true,
  },
  "profiles' events": { dataset: "profile_events", from: START, to: END, identifiers: ["custom_id"] },
  reachability: { dataset: "reachability_events", from: START },
  "no events": { dataset: "activity_events", ...WINDOW, event_names: ["view_content"] },
  "no files": { dataset: "activity_events", ...WINDOW, event_names: ["view_content"], ...FILES },
};
const DOCUMENT = { dataset: "segment_profiles", attributes: ["tier", "score"], include_topics: true };

const TYPES = {
  duckdb: { text: "VARCHAR", number: "DOUBLE", boolean: "BOOLEAN", date: "TIMESTAMP WITH TIME ZONE", json: "JSON" },
  postgres: { text: "text", number: "numeric", boolean: "boolean", date: "timestamp with time zone", json: "jsonb" },
};

/** `aws s3 cp ADDRESS -` and `aws s3 ls ADDRESS --recursive`, of the current folder. */
const AWS = `#!/bin/sh
case "$2" in
  cp) exec cat "\${3##*/}" ;;
  ls) for file in "\${3##*/}"*; do echo "2026-01-01 00:00:00 1 a folder/$file"; done ;;
esac
`;

const missing = missingPrograms();
if (missing.length > 0 && process.env["SPILLWAY_INTEROP"] === "required")
  throw new Error(`statements must be run in PostgreSQL: ${missing.join(", ")} must be installed`);
const NEEDS = missing.length === 0 ? "" : ` (skipped: install postgresql and zstd)`;

const stack = liveStack("--var", "CREATE_LIMIT:1000", "--var", "POLL_LIMIT:1000");
let scene: Scene;
let postgres: Postgres;
const stops: (() => void)[] = [];
const delivered = new Map<string, Promise<Delivered>>();

/** Each export is made once, for both systems. */
function exported(request: Record<string, unknown>): Promise<Delivered> {
  const key = JSON.stringify(request);
  const made = delivered.get(key) ?? scene.export(request);
  delivered.set(key, made);
  return made;
}

beforeAll(async () => {
  scene = new Scene(stack.origin, (name) => stack.file(name));
  await scene.fill(VISITS);
  if (missing.length > 0) return;
  postgres = startPostgres();
  stops.push(() => postgres.stop());
}, 120_000);

afterAll(() => stops.forEach((stop) => stop()));

interface Loaded {
  types: string[];
  rows: Row[];
}

const SYSTEMS = {
  async duckdb({ id, folder, columns }: Delivered): Promise<Loaded> {
    const duck = await (await DuckDBInstance.create(":memory:")).connect();
    try {
      // A plain day is its midnight in UTC, wherever the reader is.
      await duck.run("SET TimeZone = 'America/New_York'");
      // The process of the tests is in another folder.
      await duck.run(await scene.statements(id, { for: "duckdb", path: folder, table: "loaded" }));
      const described = await duck.runAndReadAll("SELECT column_type AS type FROM (DESCRIBE loaded)");
      const read = (await duck.runAndReadAll("FROM loaded")).getRowsJS();
      const parse = (value: unknown, n: number) => {
        const type = columns?.[n]?.type ?? "json";
        return plain(type === "json" && typeof value === "string" ? JSON.parse(value) : value, type);
      };
      return {
        types: described.getRowObjectsJS().map((row) => row["type"] as string),
        rows: read.map((row) => row.map(parse)),
      };
    } finally {
      duck.closeSync();
    }
  },
  async postgres({ id, folder, columns }: Delivered): Promise<Loaded> {
    postgres.paste('DROP TABLE IF EXISTS "loaded";', folder);
    postgres.paste(await scene.statements(id, { for: "postgres", table: "loaded" }), folder);
    const described = postgres.rows(
      "SELECT data_type AS type FROM information_schema.columns WHERE table_name = 'loaded' ORDER BY ordinal_position",
    );
    const rows = postgres.rows("SELECT to_jsonb(l) AS row FROM loaded l");
    const names = postgres.rows(
      "SELECT column_name AS name FROM information_schema.columns WHERE table_name = 'loaded' ORDER BY ordinal_position",
    );
    return {
      types: described.map(({ type }) => String(type)),
      rows: rows.map(({ row }) =>
        names.map(({ name }, n) => plain((row as Record<string, unknown>)[String(name)], columns?.[n]?.type ?? "json")),
      ),
    };
  },
};

async function compare(system: keyof typeof SYSTEMS, request: Record<string, unknown>): Promise<Row[]> {
  const files = await exported(request);
  const expected = await contentOf(files);
  const { types, rows } = await SYSTEMS[system](files);
  expect(types).toEqual((files.columns ?? [{ type: "json" as const }]).map(({ type }) => TYPES[system][type]));
  // PostgreSQL's tables have no order.
  expect(rows.map(canonical).toSorted()).toEqual(expected.map(canonical).toSorted());
  return rows;
}

/** As text, with the members of objects in one order: that of jsonb is its own. */
const canonical = (value: unknown): string =>
  JSON.stringify(value, (_name, part: unknown) =>
    typeof part === "object" && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );

describe.each(Object.entries(REQUESTS))("%s", (_title, request) => {
  it.each(FORMS)("DuckDB loads %s with %s", async (format, compression) => {
    await compare("duckdb", { ...request, format, compression });
  });

  it.skipIf(missing.length > 0).each(FORMS.filter(([format]) => format !== "parquet"))(
    `PostgreSQL loads %s with %s${NEEDS}`,
    async (format, compression) => {
      await compare("postgres", { ...request, format, compression });
    },
  );
});

describe("one JSON document", () => {
  it.each(CODECS.ndjson)("is a row in DuckDB, with %s", async (compression) => {
    expect(await compare("duckdb", { ...DOCUMENT, compression })).toHaveLength(1);
  });

  it.skipIf(missing.length > 0).each(CODECS.ndjson)(`is a row in PostgreSQL, with %s${NEEDS}`, async (compression) => {
    expect(await compare("postgres", { ...DOCUMENT, compression })).toHaveLength(1);
  });
});

describe("many files", () => {
  const MANY = { dataset: "activity_events", ...WINDOW, layout: "files", file_rows: 1, format: "csv" };

  it.each(["duckdb", "postgres"] as const)("are found by their names in %s", async (system) => {
    if (system === "postgres" && missing.length > 0) return;
    expect((await compare(system, MANY)).length).toBeGreaterThan(VISITS);
  });
});

describe.skipIf(missing.length > 0)(`objects of a bucket, which the command aws fetches${NEEDS}`, () => {
  it.each([FILES, { layout: "files", file_rows: 1 }])("are loaded by PostgreSQL (%j)", async (files) => {
    const made = await exported({ dataset: "activity_events", ...WINDOW, ...files, format: "csv" });
    // A bucket is a folder here, and the command copies and lists its files.
    const query = { for: "postgres", table: "loaded", path: "s3://bucket/a folder/" };
    const commands = stack.file("commands");
    mkdirSync(commands, { recursive: true });
    writeFileSync(join(commands, "aws"), AWS, { mode: 0o755 });
    postgres.paste('DROP TABLE IF EXISTS "loaded";', made.folder);
    postgres.paste(await scene.statements(made.id, query), made.folder, commands);
    expect(postgres.rows("SELECT count(*) AS n FROM loaded")).toEqual([{ n: (await contentOf(made)).length }]);
  });
});

describe("a file that is missing", () => {
  it.each(["duckdb", "postgres"] as const)("fails the load in %s, and leaves no table", async (system) => {
    if (system === "postgres" && missing.length > 0) return;
    const files = await scene.export({ ...REQUESTS["flat events"], compression: "none" });
    rmSync(join(files.folder, files.files[1] ?? ""));
    await expect(SYSTEMS[system](files)).rejects.toThrow();
    if (system === "postgres") expect(postgres.rows("SELECT 1 FROM pg_tables WHERE tablename = 'loaded'")).toEqual([]);
  });
});
