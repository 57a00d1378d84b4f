/** Lists with a filter that few rows pass: no query scans more than a fixed number of rows. */

import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { filteredIds, type Position } from "../../src/db/core/pagination.ts";
import { listDeliveries } from "../../src/db/webhooks/deliveries.ts";
import { watched } from "../support/watched.ts";

const COUNT = 2_000;
const SCAN = 100;
/** One in 500 is failed; two are created in each millisecond. */
const FAILED = ["w-01999", "w-01499", "w-00999", "w-00499"];

beforeAll(async () => {
  await env.CONTROL_DB.prepare(
    `WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < ?1 - 1)
     INSERT INTO webhook_deliveries (id, space_id, subject_type, subject_id, event_id, event_type, event_at, status,
       created_at, data)
     SELECT printf('w-%05d', i), 's', 'export', 'e-' || i, 'v', 'export.completed', 0,
       iif(i % 500 = 499, 'failed', 'delivered'), i / 2, '{}' FROM n`,
  )
    .bind(COUNT)
    .run();
});

const failed = async (limit: number, after: Position | null = null, maxScan = SCAN) => {
  const { db, most } = watched(env.CONTROL_DB);
  const listed = { filter: "status = ?6", values: ["failed"] };
  const ids = await filteredIds(db, "webhook_deliveries", "s", listed, { limit, after }, maxScan);
  expect(most.read).toBeLessThan(5 * maxScan);
  return ids;
};

describe("Scans are bounded: lists with a filter that few rows pass", () => {
  it("go on behind the rows that a query has scanned, until the page is full or the list ends", async () => {
    for (const limit of [1, 2, 4, 5]) expect(await failed(limit)).toEqual(FAILED.slice(0, limit));
    expect(await failed(9, { time: 749, id: "w-01499" })).toEqual(FAILED.slice(2));
    expect(await failed(9, null, COUNT)).toEqual(FAILED);
  });

  it("show the rows of the page alone", async () => {
    const { db, most } = watched(env.CONTROL_DB);
    const filter = { subjectId: null, endpointId: null, status: "failed", limit: 2, after: null } as const;
    expect((await listDeliveries(db, "s", filter)).map(({ id }) => id)).toEqual(FAILED.slice(0, 2));
    expect(await listDeliveries(db, "other", filter)).toEqual([]);
    expect(most.read).toBeLessThan(5 * COUNT);
  });
});
