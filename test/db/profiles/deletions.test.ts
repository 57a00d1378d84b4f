/** However many people are deleted, and however much they do afterwards, no query on deletions scans many rows. */

import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { erasedSince, listDeletions, pendingDeletions } from "../../../src/db/profiles/deletions.ts";
import { eraseSlice } from "../../../src/db/profiles/erasure.ts";
import { insert, watched } from "../../support/watched.ts";

const NUMBERS = "WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < ?1 - 1)";

describe("Scans are bounded: erasure of a person who was created again, and has very many newer rows", () => {
  const COUNT = 3_000;
  const ROWS = 200;
  const DELETION = { space_id: "again", id: "d", person_id: "p", seq: 1 };
  /** The last and the middle one of each table are the deleted person's. */
  const seq = "iif(i IN (?1 / 2, ?1 - 1), 1, 2)";

  beforeAll(async () => {
    await insert("INSERT INTO sequences (space_no, space_id, seq) VALUES (1, 'again', 2)");
    await insert(
      `${NUMBERS} INSERT INTO events (space_no, occurred_at, id, seq, definition_id, definition_version, person_id, received_at, properties)
       SELECT 1, i / 7, printf('e-%05d', i), ${seq}, 'x', 1, 'p', 0, '{}' FROM n`,
      COUNT,
    );
    await insert(
      `${NUMBERS} INSERT INTO touchpoints (space_no, person_id, kind, occurred_at, id, seq, source, received_at)
       SELECT 1, 'p', i * 3 / ?1, i / 7 - 9000, printf('t-%05d', i), ${seq}, 'direct', 0 FROM n`,
      COUNT,
    );
    await insert(
      `${NUMBERS} INSERT INTO reachability_events (space_no, occurred_at, id, seq, person_id, channel, received_at, event)
       SELECT 1, i / 7, printf('r-%05d', i), ${seq}, 'p', 'SMS', 0, '{}' FROM n`,
      COUNT,
    );
    await insert(
      `INSERT INTO profile_deletions (space_id, id, person_id, seq, requested_at, due_at)
       VALUES ('again', 'd', 'p', 1, 0, 0)`,
    );
  });

  it("goes on behind the rows that it has scanned, and ends when it has seen all", async () => {
    const { db, most } = watched();
    let erased = 0;
    let slices = 0;
    for (let completed = false; !completed; slices += 1) {
      const slice = await eraseSlice(db, DELETION, ROWS, 5);
      erased += slice.rows;
      ({ completed } = slice);
      expect(slices).toBeLessThanOrEqual(COUNT / ROWS);
    }
    expect(erased).toBe(6);
    expect(slices).toBe(COUNT / ROWS);
    expect(most.read).toBeLessThan(10 * ROWS);
    for (const table of ["events", "touchpoints", "reachability_events"]) {
      const sql = `SELECT count(*) AS n, min(seq) AS seq FROM ${table} WHERE space_no = 1`;
      expect(await env.SPACE_DB.prepare(sql).first()).toEqual({ n: COUNT - 2, seq: 2 });
    }
    const sql = "SELECT deleted, completed_at FROM profile_deletions WHERE space_id = 'again'";
    expect(await env.SPACE_DB.prepare(sql).first()).toEqual({
      deleted: '{"events":2,"touchpoints":2,"reachability_events":2,"profile_versions":0}',
      completed_at: 5,
    });
  });
});

describe("Scans are bounded: a space with very many deletions", () => {
  const COUNT = 2_000;
  const MAX_ROWS = 50;

  beforeAll(async () => {
    // Every other deletion is completed, the first and the last two are those that the tests look for.
    await insert(
      `${NUMBERS} INSERT INTO profile_deletions (space_id, id, person_id, seq, requested_at, due_at, completed_at, deleted)
       SELECT iif(i % 2 = 0, 'pending', 'completed'), printf('d-%05d', i), 'p-' || i, i + 10, i, 0,
         iif((i % 2 = 0) = (i > 1), NULL, 0), iif(i % 2 = 0 AND i < ?1 - 2, '{}', '{"events":1}') FROM n`,
      COUNT,
    );
  });

  const ids = async (spaceId: string, completed: boolean | null, after: { time: number; id: string } | null = null) => {
    const { db, most } = watched();
    const rows = await listDeletions(db, spaceId, { completed, limit: 3, after });
    expect(most.read).toBeLessThan(MAX_ROWS);
    return rows.map(({ id }) => id);
  };

  it("lists those of one status without those of the other", async () => {
    expect(await ids("pending", true)).toEqual(["d-00000"]);
    expect(await ids("completed", false)).toEqual(["d-00001"]);
    expect(await ids("completed", true)).toEqual(["d-01999", "d-01997", "d-01995"]);
  });

  it("lists those of both in one order, page by page", async () => {
    expect(await ids("pending", null)).toEqual(["d-01998", "d-01996", "d-01994"]);
    expect(await ids("pending", null, { time: 4, id: "d-00004" })).toEqual(["d-00002", "d-00000"]);
    expect(await ids("completed", null, { time: 5, id: "d-00005" })).toEqual(["d-00003", "d-00001"]);
  });

  it("tells whether any are pending, or begun, with a look at one of them", async () => {
    const { db, most } = watched();
    expect(await pendingDeletions(db, "pending", 11)).toBe(false);
    expect(await pendingDeletions(db, "pending", 12)).toBe(true);
    expect(await erasedSince(db, "pending", 10)).toBe(true);
    expect(await erasedSince(db, "pending", COUNT + 8)).toBe(false);
    expect(most.read).toBeLessThan(MAX_ROWS);
  });
});
