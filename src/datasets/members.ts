/** The profiles that a dataset reads: those of a segment, or all of the space. */

import { type MemberRange, MEMBERS } from "../db/profiles/segment-members.ts";
import { compileSegment } from "../segments/compile.ts";
import type { SegmentFilter } from "../segments/filter.ts";
import { maxProfilesPerQuery } from "../segments/limits.ts";
import type { Fault } from "../errors.ts";
import type { Snapshot } from "./dataset.ts";

/** Profiles that one query reads where there is no rule to test. */
const MAX_PROFILES_PER_QUERY = 20_000;

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

export const unknownSegment = (id: string): Fault => ({
  pointer: "/segment",
  detail: `The space has no segment ${id}.`,
});
