/**
 * `npm run import` against the whole service: files of every kind, killed in the middle and taken up again, and
 * exported again.
 */

import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { DuckDBInstance } from "@duckdb/node-api";
import { describe, expect, test } from "vitest";
import { receive, rowsOf } from "../../scripts/proof.ts";
import { folder, gzipped, runImport, startImport } from "../client/import/support.ts";
import { ALL_ORDERS, liveStack, openShop, orderId, type Shop } from "./support.ts";

type Json = Record<string, unknown>;

const ROWS = 20_000;
const FIRST = Date.parse("2026-01-01T00:00:00.000Z");
const stack = liveStack();
const put = folder();

const isWrong = (n: number) => n % 1_500 === 77;
const timeOf = (n: number) => new Date(FIRST + n).toISOString();
const numbers = Array.from({ length: ROWS }, (_, n) => n);

const MAPPING = {
  id: { template: "e-{#row:7}" },
  definition_id: { constant: "order_placed" },
  external_person_id: { template: "CRM-{customer}" },
  occurred_at: { column: "at", type: "date", format: "dd.MM.yyyy HH:mm:ss.SSS", timezone: "UTC" },
  properties: { order_id: { column: "order" }, amount: { column: "amount", type: "number", decimal: "," } },
};

/** `1.1.2026` as the CSV has it. */
const german = (n: number) => `01.01.2026 ${timeOf(n).slice(11, 23)}`;

/**
 * Kinds of files with the same orders, some of them wrong: the file, how it is imported, and the line of the order `n`.
 */
const KINDS = [
  {
    name: "NDJSON without a mapping",
    lineOf: (n: number) => n + 1,
    args: [] as string[],
    write: () => {
      const line = (n: number) =>
        JSON.stringify({
          id: orderId(n),
          definition_id: "order_placed",
          person_id: "p-1",
          occurred_at: timeOf(n),
          properties: { order_id: `A-${n}`, amount: isWrong(n) ? "much" : n / 4 },
        });
      return put("orders.ndjson", numbers.map(line).join("\n"));
    },
    wrong: { pointer: "/properties/amount", detail: "amount must be a number." },
  },
  {
    name: "gzipped CSV with a mapping",
    lineOf: (n: number) => n + 2,
    args: ["--map", put("csv.json", JSON.stringify({ ...MAPPING, id: { template: "{id}" } })), "--delimiter", ";"],
    write: () => {
      const amount = (n: number) => (isWrong(n) ? "much" : String(n / 4).replace(".", ","));
      const lines = numbers.map((n) => `${orderId(n)};1;${german(n)};"A-${n}";${amount(n)}`);
      return put("orders.data", gzipped(`id;customer;at;order;amount\r\n${lines.join("\r\n")}\r\n`));
    },
    wrong: { pointer: "/properties/amount", detail: 'amount: "much" is not a number.' },
  },
  {
    name: "Parquet with a mapping",
    lineOf: (n: number) => n + 1,
    args: [
      "--map",
      put(
        "parquet.json",
        JSON.stringify({
          ...MAPPING,
          id: { template: "e-{n}" },
          occurred_at: { column: "at", timezone: "Etc/UTC" },
          properties: { order_id: { column: "order.id" }, amount: { column: "order.amount" } },
        }),
      ),
    ],
    write: async () => {
      const path = put("orders.parquet");
      const connection = await (await DuckDBInstance.create(":memory:")).connect();
      await connection.run(`
        COPY (
          SELECT lpad(range::VARCHAR, 7, '0') AS n, IF(range % 1500 = 77, 'unknown', '1') AS customer,
            TIMESTAMP '2026-01-01' + to_milliseconds(range) AS at, {'id': 'A-' || range, 'amount': range / 4.0} AS order
          FROM range(${ROWS}))
        TO '${path}' (FORMAT parquet, ROW_GROUP_SIZE 6000)`);
      connection.closeSync();
      return path;
    },
    wrong: { pointer: "/external_person_id", detail: "The space has no profile with the external id CRM-unknown." },
  },
];

/** What the space has, by the ids of events. */
async function exported({ client, space }: Shop): Promise<Map<unknown, Json>> {
  const { id } = await client.exports.create({ ...ALL_ORDERS, row_format: "flat" }).wait();
  const target = stack.file(`export-${space.id}`);
  await mkdir(target, { recursive: true });
  const found = new Map<unknown, Json>();
  for await (const { occuredTime: _, occurredAt: __, ...row } of rowsOf(await receive(client, id, target))) {
    if (found.has(row["eventId"])) throw new Error(`${String(row["eventId"])} came twice`);
    found.set(row["eventId"], row);
  }
  return found;
}

const order = (eventId: string, n: number) => ({
  definitionId: "order_placed",
  eventId,
  sessionId: null,
  personId: "p-1",
  externalPersonId: "CRM-1",
  order_id: `A-${n}`,
  amount: n / 4,
});

const base = (shop: Shop) => ["--space", shop.space.id, "--origin", stack.origin];

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5));
}

function acceptedIn(state: string): number {
  if (!existsSync(state)) return 0;
  const { accepted } = JSON.parse(readFileSync(state, "utf8")) as { accepted: [number, number][] };
  return accepted.reduce((sum, [from, to]) => sum + to - from + 1, 0);
}

describe.each(KINDS)("$name, killed in the middle", ({ write, args, lineOf, wrong }) => {
  test("continues, and every valid line is there once", async () => {
    const shop = await openShop(stack.origin);
    const file = await write();
    const errors = put("errors.ndjson");
    const command = [file, ...base(shop), ...args, "--batch", "250", "--concurrency", "2", "--errors", errors];

    const first = startImport(shop.space.api_key, ...command);
    await until(() => acceptedIn(`${file}.import.json`) > 0 || first.process.exitCode !== null);
    first.process.kill("SIGKILL");
    expect(await first.ended).toMatchObject({ code: null, stderr: expect.any(String) as string });
    const before = acceptedIn(`${file}.import.json`);
    expect(before).toBeGreaterThan(0);
    expect(before).toBeLessThan(ROWS / 2);

    const second = await runImport(shop.space.api_key, ...command);
    const wrongOnes = numbers.filter(isWrong);
    expect(second.stdout).toContain(`20,000 rows read: ${before.toLocaleString("en")} accepted by an earlier run`);
    expect(second.stdout).toContain(`${wrongOnes.length} rejected`);
    expect(second.code).toBe(1);
    expect(second.stdout + second.stderr).not.toContain(shop.space.api_key);
    const rejections = readFileSync(errors, "utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Json & { line: number });
    expect(rejections.toSorted((a, b) => a.line - b.line)).toEqual(
      wrongOnes.map((n) => ({ line: lineOf(n), ...wrong })),
    );

    const right = numbers.filter((n) => !isWrong(n));
    expect(await exported(shop)).toEqual(new Map(right.map((n) => [orderId(n), order(orderId(n), n)])));

    const third = await runImport(shop.space.api_key, ...command, "--restart");
    expect(third.stdout).toContain(`0 accepted, ${right.length.toLocaleString("en")} duplicates`);
  });
});

describe("a file of events", () => {
  const CSV = [
    "definition_id,external_person_id,occurred_at,properties.order_id,properties.amount",
    "order_placed,CRM-1,2026-01-01T00:00:00Z,A-0,0",
    "order_placed,CRM-1,2026-01-01T00:00:00Z,7,1.5",
    "order_placed,CRM-2,2026-01-01T00:00:00Z,,",
  ].join("\n");

  test("in CSV gets the types of its definition; ids derive from the content, independent of file name and compression", async () => {
    const shop = await openShop(stack.origin);
    const [plain, packed] = [put("events.csv", CSV), put("packed", gzipped(CSV))];
    const first = await runImport(shop.space.api_key, plain, ...base(shop));
    expect(first.stdout).toContain("2 accepted, 0 duplicates, 1 rejected");
    expect(first.stderr).toContain(
      "events.csv:4: /external_person_id: The space has no profile with the external id CRM-2.",
    );

    const second = await runImport(shop.space.api_key, packed, ...base(shop), "--create-profiles");
    expect(second).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("1 accepted, 2 duplicates, 0 rejected") as string,
    });
    const rows = [...(await exported(shop)).values()];
    expect(
      rows.map(({ eventId, externalPersonId, order_id, amount }) => [
        String(eventId).slice(24),
        externalPersonId,
        order_id,
        amount,
      ]),
    ).toEqual([
      ["-0000000002", "CRM-1", "A-0", 0],
      ["-0000000003", "CRM-1", "7", 1.5],
      ["-0000000004", "CRM-2", null, null],
    ]);
    expect((await runImport(shop.space.api_key, plain, ...base(shop))).stdout).toContain(
      "2 accepted by an earlier run",
    );

    appendFileSync(plain, "\norder_placed,CRM-1,2026-01-01T00:00:00Z,A-9,9\n");
    const again = [plain, ...base(shop), "--create-profiles", "--restart"];
    const grown = await runImport(shop.space.api_key, ...again);
    expect(grown).toMatchObject({ code: 2, stderr: expect.stringContaining("would get other ids") as string });
    expect((await exported(shop)).size).toBe(3);
    const forced = await runImport(shop.space.api_key, ...again, "--allow-new-ids");
    expect(forced.stdout).toContain("4 accepted, 0 duplicates");
  });

  test("stops at the first invalid line with --strict", async () => {
    const shop = await openShop(stack.origin);
    const lines = ["{}", ...numbers.slice(0, 9).map((n) => JSON.stringify({ id: orderId(n) }))];
    const { code, stderr } = await runImport(
      shop.space.api_key,
      put("strict.ndjson", lines.join("\n")),
      ...base(shop),
      "--strict",
    );
    expect(code).toBe(1);
    expect(stderr.match(/strict\.ndjson:/g)).toHaveLength(1);
    expect(stderr).toContain("The import stopped at the first invalid line");
  });

  test("with --define needs no definition before", async () => {
    const shop = await openShop(stack.origin);
    const map = put(
      "define.json",
      JSON.stringify({
        definition_id: { constant: "visit" },
        person_id: { column: "who" },
        occurred_at: { constant: "2026-01-01T00:00:00Z" },
        properties: { pages: { column: "pages", type: "number" }, late: { constant: true } },
      }),
    );
    const file = put("visits.csv", "who,pages\np-1,3\np-9,4\n");
    const { code } = await runImport(
      shop.space.api_key,
      file,
      ...base(shop),
      "--map",
      map,
      "--define",
      "--create-profiles",
    );
    expect(code).toBe(0);
    expect([...(await exported(shop)).values()]).toMatchObject([
      { definitionId: "visit", personId: "p-1", pages: 3, late: true },
      { definitionId: "visit", personId: "p-9", pages: 4, late: true },
    ]);
  });
});

describe("nothing is sent", () => {
  test.each([
    ["with the key of another space", ["--space", "Another"], "not to Another. Nothing was sent"],
    [
      "with columns that the file has not",
      ["--space", "Shop", "--map", put("other.json", JSON.stringify(MAPPING))],
      "The file has these columns: a, b",
    ],
    ["without a mapping for other columns", ["--space", "Shop"], "has no events: a, b are not fields of an event"],
  ])("%s", async (_, args, message) => {
    const shop = await openShop(stack.origin);
    const file = put("other.csv", "a,b\n1,2\n");
    const { code, stderr } = await runImport(shop.space.api_key, file, "--origin", stack.origin, ...args);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
    expect((await exported(shop)).size).toBe(0);
  });

  test("with a key that may not write events", async () => {
    const shop = await openShop(stack.origin);
    const { key } = await shop.client.apiKeys.create({ name: "reader", scopes: ["events:read"] });
    const file = put(
      "reader.ndjson",
      JSON.stringify({ definition_id: "order_placed", person_id: "p-1", properties: {} }),
    );
    const { code, stderr } = await runImport(key, file, ...base(shop));
    expect({ code, stderr }).toEqual({
      code: 4,
      stderr: expect.stringContaining("lacks the scope") as string,
    });
  });
});

test("Ctrl-C waits for the calls in flight: the next run sends no row twice", async () => {
  const shop = await openShop(stack.origin);
  const event = (n: number) => ({
    definition_id: "order_placed",
    person_id: "p-1",
    occurred_at: timeOf(n),
    properties: {},
  });
  const file = put("interrupted.ndjson", numbers.map((n) => JSON.stringify(event(n))).join("\n"));
  const command = [file, ...base(shop), "--batch", "250"];
  const running = startImport(shop.space.api_key, ...command);
  await until(() => acceptedIn(`${file}.import.json`) > 0 || running.process.exitCode !== null);
  running.process.kill("SIGINT");
  expect(await running.ended).toMatchObject({
    code: 130,
    stderr: "Interrupted.\nRun the same command again to continue: accepted rows are not sent again.\n",
  });
  const before = acceptedIn(`${file}.import.json`);
  const { code, stdout } = await runImport(shop.space.api_key, ...command);
  expect(code).toBe(0);
  expect(stdout).toContain(
    `${before.toLocaleString("en")} accepted by an earlier run, ${(ROWS - before).toLocaleString("en")} accepted, 0 duplicates`,
  );
});

test("a call is retried while the service restarts", async () => {
  const shop = await openShop(stack.origin);
  const event = (n: number) => ({
    id: orderId(n),
    definition_id: "order_placed",
    person_id: "p-1",
    occurred_at: timeOf(n),
    properties: { order_id: `A-${n}`, amount: n / 4 },
  });
  const file = put("away.ndjson", numbers.map((n) => JSON.stringify(event(n))).join("\n"));
  const running = startImport(shop.space.api_key, file, ...base(shop), "--batch", "250");
  await until(() => acceptedIn(`${file}.import.json`) > 0 || running.process.exitCode !== null);
  await stack.kill();
  await stack.start();
  const { code, stderr } = await running.ended;
  expect(stderr).toContain("The call is retried in");
  expect(code).toBe(0);
  expect((await exported(shop)).size).toBe(ROWS);
});
