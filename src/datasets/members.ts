/** The profiles that a dataset reads: those of a segment, or all of the space. */

import type { Database } from "../db/core/database.ts";
import { listSegments } from "../db/profiles/segments.ts";
import { didYouMean } from "../suggestion.ts";
import { type MemberRange, MEMBERS } from "../db/profiles/member-scan.ts";
import { compileSegment } from "../segments/compile.ts";
import type { SegmentFilter } from "../segments/filter.ts";
import { maxProfilesPerQuery } from "../segments/limits.ts";
import type { Fault } from "../errors.ts";
import type { Snapshot } from "./dataset.ts";

/** Profiles that one query reads where there is no rule to test. */
const MAX_PROFILES_PER_QUERY = 20_000;
/** Segments that are compared with an unknown one. */
const MAX_SUGGESTED = 200;

/** @param segment null: every profile. @param lower inclusive. @param upper exclusive; null: to the last profile. */
export const memberRange = (
  { spaceId, seq, since }: Pick<Snapshot, "spaceId" | "seq" | "since">,
  segment: SegmentFilter | null,
  lower: string,
  upper: string | null,
): MemberRange => ({
  spaceId,
  seq,
  since: since?.seq ?? 0,
  condition: segment === null ? null : compileSegment(segment, MEMBERS),
  slice: segment === null ? MAX_PROFILES_PER_QUERY : maxProfilesPerQuery(segment.rule),
  lower,
  upper,
});

/** The fault of a segment that the space does not have, with the one that may have been meant. */
export async function unknownSegment(db: Database, spaceId: string, id: string): Promise<Fault> {
  const segments = await listSegments(db, spaceId, null, MAX_SUGGESTED);
  const suggestion = didYouMean(
    id,
    segments.map((segment) => segment.id),
  );
  return { pointer: "/segment", detail: `The space has no segment ${id}.${suggestion}` };
}
