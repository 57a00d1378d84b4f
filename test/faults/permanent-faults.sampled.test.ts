/**
 * A permanent fault ends an export as `failed`, with a code that names the error and who must act. Its finished files
 * are kept, and after the fault is fixed a retry completes the export with the bytes of an undisturbed run.
 */

import { env } from "cloudflare:workers";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { exportPrefix } from "../../src/export/delivery/object-keys.ts";
import type { Effect, Fault } from "../support/faults/effects.ts";
import { count, report } from "../support/faults/figures.ts";
import { bucketDown, type Plan, undisturbed } from "../support/faults/plans.ts";
import type { Play, Tamper } from "../support/faults/play.ts";
import { openRig, type Rig, runPlan } from "../support/faults/rig.ts";
import { everyNth } from "../support/seeds.ts";

let rig: Rig;

beforeAll(async () => {
  rig = await openRig("files");
});

afterEach(report);

/** Checks, while the export has failed, that its finished files still exist. @returns how many. */
function watchGoodFiles(play: Play): { kept: number } {
  const seen = { kept: 0 };
  play.onFailed = async (exportId) => {
    const { results } = await env.CONTROL_DB.prepare(
      "SELECT name, sha256 FROM export_files WHERE export_id = ?1 AND done = 1",
    )
      .bind(exportId)
      .all<{ name: string; sha256: string }>();
    for (const { name, sha256 } of results) {
      const key = play.s3
        .keysBelow(exportPrefix({ space_id: rig.owner.id, id: exportId }))
        .find((each) => each.endsWith(name));
      expect(play.s3.sha256Of(key ?? "")).toBe(sha256);
    }
    seen.kept = results.length;
  };
  return seen;
}

const CODES: [fault: Fault, code: string][] = [
  ["500", "destination_unavailable"],
  ["503 SlowDown", "destination_unavailable"],
  ["429 TooManyRequests", "destination_unavailable"],
  ["no answer before", "destination_unavailable"],
  ["fails before", "destination_unavailable"],
  ["403 AccessDenied", "destination_unavailable"],
  ["403 RequestTimeTooSkewed", "clock_skew"],
  ["404 NoSuchBucket", "destination_unavailable"],
];

const isWrite = ({ label }: Pick<Effect, "label">) => label === "bucket.PUT" || label === "bucket.COMPLETE";

/** The bucket has this fault from a write on, whatever the order of the chunks is. */
function downAfter(fault: Fault, writes: number): Plan {
  let seen = 0;
  return {
    ...bucketDown(fault, 0),
    title: `${fault} for ever, after ${writes} writes`,
    faultAt(effect) {
      if (effect.nature !== "bucket") return null;
      if (isWrite(effect)) seen += 1;
      return seen > writes ? fault : null;
    },
  };
}

describe("the service's own bucket that always refuses", () => {
  it.each(everyNth(CODES, 4, 2))(
    "with %s fails the export: %s, owned by the service; a retry completes it",
    async (fault, code) => {
      // Two chunks of two files, one of one, and the manifest. The files of a chunk are finished together.
      const finished = [0, 0, 2, 2, 4, 5];
      expect(rig.effects.filter(isWrite)).toHaveLength(finished.length);
      for (const [writes, files] of everyNth([...finished.entries()], 3, 1, 2)) {
        let seen = { kept: 0 };
        const { play, facts } = await runPlan(rig, downAfter(fault, writes), (context, started) => {
          if (started.onFailed === null) seen = watchGoodFiles(started);
          return context;
        });
        expect(play.failures).toEqual([{ code, owner: "service" }]);
        expect([facts.status, seen.kept]).toEqual(["completed", files]);
        count(play, facts.status);
      }
    },
  );
});

describe("another object under a name of the export", () => {
  it.each([
    ["a file", ".json.gz"],
    ["the manifest", "-manifest.json"],
  ])("instead of %s fails it and is not overwritten; a retry completes it", async (_what, ending) => {
    let planted: string | null = null;
    const plant: Tamper = (context, play) => {
      const putOnce: typeof context.bucket.putOnce = async (key, ...rest) => {
        if (planted === null && key.endsWith(ending)) {
          planted = key;
          play.s3.plant(key, "another's");
          play.onFailed = async () => {
            expect(new TextDecoder().decode(play.s3.objects.get(key))).toBe("another's");
            play.s3.objects.delete(key);
          };
        }
        return context.bucket.putOnce(key, ...rest);
      };
      const bucket = new Proxy(context.bucket, {
        get(target, name) {
          if (name === "putOnce") return putOnce;
          const value: unknown = Reflect.get(target, name);
          return typeof value === "function" ? value.bind(target) : value;
        },
      });
      return { ...context, bucket };
    };
    const { play, facts } = await runPlan(rig, { ...undisturbed(), mayFail: true }, plant);
    expect(planted).not.toBeNull();
    expect(play.failures).toEqual([{ code: "destination_conflict", owner: "service" }]);
    expect(facts.status).toBe("completed");
    count(play, facts.status);
  });
});
