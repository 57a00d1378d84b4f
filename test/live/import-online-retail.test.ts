/**
 * 541,909 real order lines, loaded by one command from the file as it is: every one is there once, as DuckDB reads the
 * source.
 */

import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { beforeAll, describe, expect, test } from "vitest";
import type { Spillway } from "../../client/src/index.ts";
import { receive } from "../../scripts/proof.ts";
import { createSpace } from "../../scripts/spaces.ts";
import { type Ended, folder, runImport } from "../client/import/support.ts";
import { DEFINITION, OrderLines, SOURCE_FILE } from "./order-lines.ts";
import { liveStack } from "./support.ts";

const WINDOW = { start: "2010-12-01T00:00:00.000Z", end: "2011-12-10T00:00:00.000Z" };
const WITHIN_MS = 480_000;

/** Local times without an offset; a line without a customer; an empty text that is a text. */
const MAPPING = {
  id: { template: "line-{#row:6}" },
  definition_id: { constant: DEFINITION.id },
  person_id: { column: "CustomerID", default: "no-customer" },
  occurred_at: { column: "InvoiceDate", timezone: "Europe/London" },
  properties: Object.fromEntries(
    DEFINITION.properties.map(({ name, type }) => [
      name,
      { column: name, type, ...(name === "Description" ? { if_empty: "keep" } : {}) },
    ]),
  ),
};

const missing = !existsSync(SOURCE_FILE);

if (missing) process.stderr.write(`Skipped: the test of a large import reads ${SOURCE_FILE}, which is not there.\n`);

describe.skipIf(missing)("the order lines of an online retailer", () => {
  const stack = liveStack();
  const put = folder();
  let lines: OrderLines;
  let client: Spillway;
  let ended: Ended;

  beforeAll(async () => {
    lines = await OrderLines.read();
    const created = await createSpace(stack.origin, {
      name: "Retail",
      timezone: "Europe/London",
      retention_days: 36_500,
    });
    const { space } = created;
    client = created.client;
    await client.profiles.put(await lines.profiles());
    const map = put("retail.json", JSON.stringify(MAPPING));
    const where = ["--space", "Retail", "--origin", stack.origin, "--state", put("state")];
    ended = await runImport(space.api_key, SOURCE_FILE, ...where, "--map", map, "--define", "--create-profiles");
    process.stderr.write(`${ended.stdout}\n`);
    return () => lines.close();
  }, WITHIN_MS);

  test("are all accepted", () => {
    expect(ended).toMatchObject({ code: 0, stderr: "" });
    expect(ended.stdout).toContain("541,909 rows read: 541,909 accepted, 0 duplicates, 0 rejected");
  });

  test(
    "are exported as they are in the source, none lost, duplicated or changed",
    async () => {
      const view = await client.exports.create({ dataset: "activity_events", ...WINDOW, row_format: "flat" }).wait();
      await mkdir(stack.file("export"));
      const files = await receive(client, view.id, stack.file("export"));
      await lines.load(
        "flat",
        files.map((file) => file.path),
      );
      expect(await lines.differences("flat")).toEqual({ lost: 0, added: 0 });
    },
    WITHIN_MS,
  );
});
