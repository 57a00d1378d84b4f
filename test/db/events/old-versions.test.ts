/** Versions that were superseded, before they are pruned: none makes a look-up as of a sequence number longer. */

import { beforeAll, describe, expect, it } from "vitest";
import { versionsAt } from "../../../src/db/core/versions.ts";
import { elementsAt } from "../../../src/db/events/flows.ts";
import { insert, watched } from "../../support/watched.ts";

const NUMBERS = "WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < ?1 - 1)";
/** Versions of each thing, of which each replaces the one before; then it is deleted, or not. */
const VERSIONS = 400;
const IDS = ["a", "b", "c", "d", "e"];
const DELETED = new Set(["b", "e"]);
const MAX_ROWS = 100;

beforeAll(async () => {
  for (const id of IDS) {
    const end = `iif(i < ?1 - 1, i + 2, ${DELETED.has(id) ? "?1 + 1" : "NULL"})`;
    await insert(
      `${NUMBERS} INSERT INTO definitions (space_id, id, seq_from, seq_to, version, name, search, section_id, category, enabled,
         properties, property_seqs, spellings, created_at, updated_at)
       SELECT 's', ?2, i + 1, ${end}, i + 1, 'v' || (i + 1), '', 'default', 'custom', 1, '[]', '[]', '{}', 0, 0 FROM n`,
      VERSIONS,
      id,
    );
    await insert(
      `${NUMBERS} INSERT INTO profile_definitions (space_id, kind, id, seq_from, seq_to, section_id, name, search, created_at, updated_at)
       SELECT 's', 'tag', ?2, i + 1, ${end}, 'default', 'v' || (i + 1), '', 0, 0 FROM n`,
      VERSIONS,
      id,
    );
    // The flow changes the name of its element with each version; each flow has the element `shared` too.
    await insert(
      `${NUMBERS} INSERT INTO flows (space_id, id, seq_from, seq_to, campaign_name, elements, created_at, updated_at)
       SELECT 's', ?2, i + 1, ${end}, 'v' || (i + 1), '[]', 0, 0 FROM n`,
      VERSIONS,
      id,
    );
    for (const element of [`of-${id}`, "shared"])
      await insert(
        `${NUMBERS} INSERT INTO flow_elements (space_id, id, flow_id, seq_from, seq_to, name)
         SELECT 's', ?3, ?2, i + 1, ${end}, ?2 || (i + 1) FROM n`,
        VERSIONS,
        id,
        element,
      );
  }
});

describe("Scans are bounded: look-ups among very many superseded versions", () => {
  it.each([
    { table: "definitions", columns: "id, name" },
    { table: "profile_definitions", columns: "id, name", kind: "tag" },
  ] as const)("of all $table, and of some, take a few seeks for each", async (of) => {
    const at = async (seq: number, ids: readonly string[] | null, idsPerQuery?: number) => {
      const { db, most } = watched();
      const rows = await versionsAt<{ id: string; name: string }>(db, of, "s", seq, ids, idsPerQuery);
      expect(most.read).toBeLessThan(MAX_ROWS);
      return rows.map(({ id, name }) => `${id} ${name}`);
    };
    for (const seq of [0, 1, 7, VERSIONS, VERSIONS + 1]) {
      const expected = IDS.filter((id) => seq > 0 && (seq <= VERSIONS || !DELETED.has(id))).map(
        (id) => `${id} v${Math.min(seq, VERSIONS)}`,
      );
      expect(await at(seq, null)).toEqual(expected);
      for (const idsPerQuery of [1, 2, 5]) expect(await at(seq, null, idsPerQuery)).toEqual(expected);
      expect(await at(seq, ["e", "a", "a", "x"])).toEqual(expected.filter((text) => /^[ae]/.test(text)));
    }
  });

  it("of elements look at a number of versions a query, and find the flow that changed last", async () => {
    const at = async (seq: number, versions?: number) => {
      const { db, most } = watched();
      const rows = await elementsAt(db, "s", seq, ["shared", "of-b", "of-c", "of-x"], versions);
      const found = rows.map(({ id, name, campaign_name: campaign }) => [id, name, campaign]);
      return { found: found.toSorted((a, b) => String(a).localeCompare(String(b))), most: most.read };
    };
    for (const [seq, expected] of [
      [
        7,
        [
          ["of-b", "b7", "v7"],
          ["of-c", "c7", "v7"],
          ["shared", "e7", "v7"],
        ],
      ],
      [
        VERSIONS + 1,
        [
          ["of-c", `c${VERSIONS}`, `v${VERSIONS}`],
          ["shared", `d${VERSIONS}`, `v${VERSIONS}`],
        ],
      ],
    ] as const) {
      expect((await at(seq)).found).toEqual(expected);
      const small = await at(seq, 90);
      expect(small.found).toEqual(expected);
      expect(small.most).toBeLessThan(400);
    }
  });
});
