/**
 * Each fault at each effect of a chunk that writes three files, with files cut by size while they are written: the
 * export completes with the bytes of an undisturbed run, sends its event once, and leaves no orphans.
 */

import { afterEach, beforeAll, describe, expect, it } from "vitest";
import type { Fault } from "../support/faults/effects.ts";
import { report } from "../support/faults/figures.ts";
import { openRig, type Rig } from "../support/faults/rig.ts";
import { walk } from "../support/faults/walk.ts";

let rig: Rig;

beforeAll(async () => {
  rig = await openRig("written");
});

afterEach(report);

/** Faults that stop a chunk between two of its files: the other layouts have every fault, at every step. */
const FAULTS: readonly Fault[] = [
  "fails after",
  "cut before",
  "cut after, forgotten",
  "stalled before",
  "long stalled after",
  "twice",
  "500",
];

describe("an export whose files are cut as they are written completes", () => {
  it("is one of several files a chunk, in parts", () => {
    expect(rig.expected.files.map(({ rows }) => rows)).toEqual([9, 9, 3, 6]);
    expect(rig.effects.filter(({ label }) => label === "bucket.PART").length).toBeGreaterThan(0);
  });

  it.each(FAULTS)(
    "with one fault at any effect of its first chunk: %s",
    async (fault) => walk(rig, fault, "chunk 0,"),
    300_000,
  );
});
