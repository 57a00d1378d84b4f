/** The machine goes down in the middle of an export: it comes back, goes on, and the file is the one it would have been. */

import { expect, test } from "vitest";
import type { ExportView } from "../../scripts/answers.ts";
import type { Client } from "../../scripts/client.ts";
import { downloadTo } from "../../scripts/download.ts";
import { ALL_ORDERS, liveStack, onlyFile, openShop, orders } from "./support.ts";

const EVENTS = 200_000;

// Work is taken for stuck sooner than by default; the poll may be asked until the right moment comes.
const stack = liveStack("--var", "LEASE_SECONDS:5", "--var", "RESEND_AFTER_SECONDS:1", "--var", "POLL_LIMIT:5000");

/** Polls until some rows are written. @throws when the export ends before that was seen. */
async function untilWriting(client: Client, id: string): Promise<ExportView> {
  for (;;) {
    const view = await client.getExport(id);
    if (view.status !== "queued" && view.status !== "processing")
      throw new Error(`the export was ${view.status} before it could be cut off`);
    if (view.progress.rows_written > 0) return view;
  }
}

test("an export that is cut off by a kill goes on after the restart, and gives the same file", async () => {
  const { client } = await openShop(stack.origin);
  await client.sendEvents(orders(EVENTS), { concurrency: 2 });

  const { id } = await client.createExport(ALL_ORDERS);
  const before = await untilWriting(client, id);
  await stack.kill();
  expect(before.progress.rows_written).toBeLessThan(EVENTS);

  await stack.start();
  const after = await client.getExport(id);
  expect(after.status).toBe("processing");
  const resumed = await client.waitForExport(id);
  expect(resumed).toMatchObject({ status: "completed", error: null, progress: { rows_written: EVENTS, percent: 100 } });

  const undisturbed = onlyFile(await client.export(ALL_ORDERS));
  const file = onlyFile(resumed);
  expect(file).toMatchObject({ rows: EVENTS, sha256: undisturbed.sha256 });
  const stored = await downloadTo(file.url, stack.file("resumed.gz"));
  expect(stored.sha256).toBe(undisturbed.sha256);
});
