/**
 * 541,909 real order lines through the whole service, with all that real data brings: negative quantities, lines
 * without a customer, empty texts, exact duplicates, clock changes. Every one comes out once, unchanged, in both
 * layouts and row formats.
 */

import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { beforeAll, describe, expect, test } from "vitest";
import type { Accepted, Spillway } from "../../client/src/index.ts";
import { differences, type Manifest, manifestOf, receive, type Received } from "../../scripts/proof.ts";
import { createSpace } from "../../scripts/spaces.ts";
import { DEFINITION, jsonTypes, OrderLines, SOURCE_FILE } from "./order-lines.ts";
import { liveStack, run } from "./support.ts";

const LINES = 541_909;
const ONCE_EACH = { accepted: LINES, duplicates: 0 };
const WINDOW = { start: "2010-12-01T00:00:00.000Z", end: "2011-12-10T00:00:00.000Z" };
const WITHIN_MS = 240_000;

const CASES = [
  {
    layout: "files",
    row_format: "flat",
    rows: [...Array<number>(10).fill(50_000), 41_909],
    fields: { eventId: ["VARCHAR"], sessionId: ["NULL"], occuredTime: ["VARCHAR"], occurredAt: ["VARCHAR"] },
  },
  { layout: "single", row_format: "nested", rows: [LINES], fields: { eventId: ["VARCHAR"], timestamp: ["VARCHAR"] } },
] as const;

const missing = !existsSync(SOURCE_FILE);

if (missing) process.stderr.write(`Skipped: the online retail test reads ${SOURCE_FILE}, which is not there.\n`);

describe.skipIf(missing)("online retail", () => {
  const stack = liveStack();
  let lines: OrderLines;
  let client: Spillway;
  const sent: Accepted = { accepted: 0, duplicates: 0 };

  beforeAll(async () => {
    lines = await OrderLines.read();
    const space = { name: "Online retail", timezone: "Europe/London", retention_days: 36_500 };
    ({ client } = await createSpace(stack.origin, space));
    await client.eventDefinitions.create(DEFINITION);
    await client.profiles.put(await lines.profiles());
    for await (const events of lines.events()) {
      const { accepted, duplicates } = await client.events.send(events, { concurrency: 2 });
      sent.accepted += accepted;
      sent.duplicates += duplicates;
    }
    return () => lines.close();
  }, WITHIN_MS);

  test("every order line is taken in", () => {
    expect(sent).toEqual(ONCE_EACH);
  });

  test("local times are sent as UTC by London's clocks, which change on 27 March and 30 October 2011", async () => {
    expect(await lines.clocks()).toEqual([
      { summer: false, minutes: 0 },
      { summer: true, minutes: 60 },
    ]);
  });

  describe.each(CASES)("as $row_format rows in layout $layout", ({ layout, row_format: format, rows, fields }) => {
    let manifest: Manifest;
    let files: Received[];
    let loaded: number[];

    beforeAll(async () => {
      const view = await client.exports
        .create({ dataset: "activity_events", ...WINDOW, layout, row_format: format })
        .wait();
      manifest = await manifestOf(client, view.id);
      await mkdir(stack.file(layout));
      files = await receive(client, view.id, stack.file(layout));
      loaded = await lines.load(
        format,
        files.map((file) => file.path),
      );
    }, WITHIN_MS);

    test("each file has the rows that its manifest says, 50,000 in all but the last of several", () => {
      expect(manifest.files.map((file) => file.rows)).toEqual(rows);
      expect(loaded).toEqual(rows);
    });

    test("each file is what the manifest says, to the byte", () => {
      expect(differences(manifest, files)).toEqual([]);
    });

    test("each file is whole to gzip", async () => {
      expect(await run("gzip", "--test", ...files.map((file) => file.path))).toMatchObject({ code: 0, stderr: "" });
    });

    test("no line is lost, doubled or changed", async () => {
      expect(await lines.differences(format)).toEqual({ lost: 0, added: 0 });
    });

    test("all lines together have the digest of the source, in the order of time and id", async () => {
      expect(await lines.digest(format, "exported")).toBe(await lines.digest(format, "source"));
    });

    test("quantity × price adds up to the retailer's turnover, to the last decimal", async () => {
      expect(await lines.turnover()).toBe("9747747.934");
    });

    test("every row has these fields and no other: numbers are numbers, a missing customer is null", async () => {
      expect(await jsonTypes(files.map((file) => file.path))).toEqual({
        ...fields,
        definitionId: ["VARCHAR"],
        personId: ["VARCHAR"],
        externalPersonId: ["NULL", "VARCHAR"],
        InvoiceNo: ["VARCHAR"],
        StockCode: ["VARCHAR"],
        Description: ["VARCHAR"],
        Quantity: ["BIGINT", "UBIGINT"],
        InvoiceDate: ["VARCHAR"],
        UnitPrice: ["DOUBLE", "UBIGINT"],
        CustomerID: ["NULL", "UBIGINT"],
        Country: ["VARCHAR"],
      });
    });
  });
});
