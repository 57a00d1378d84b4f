/**
 * GET /v1/segments/{id}/count. A count scans the profiles of a space, and the events that the rule needs, beside the
 * calls of every other space: so it has a budget, a space runs one at a time, and a count of unchanged profiles is
 * answered again for a minute. Turns and counts are kept by isolate; the policy `list` bounds a space's counts
 * everywhere.
 */

import * as z from "zod";
import { readSequence } from "../../db/core/sequences.ts";
import { peopleChanges } from "../../db/profiles/merges.ts";
import { MEMBERS } from "../../db/profiles/member-scan.ts";
import { countMembers } from "../../db/profiles/segment-members.ts";
import { findSegment } from "../../db/profiles/segments.ts";
import type { SpaceRow } from "../../db/tenants/spaces.ts";
import { SpillwayError } from "../../errors.ts";
import { compileSegment } from "../../segments/compile.ts";
import { freezeFilter } from "../../segments/filter.ts";
import { maxProfilesPerQuery } from "../../segments/limits.ts";
import { eachRule, type Rule } from "../../segments/rule.ts";
import { iso } from "../../time/names.ts";
import { type Call, found, json, route } from "../route.ts";
import { BUDGET_HELP, MAX_SCAN_MS, scanBudget } from "../scan-budget.ts";
import { IdInPath, Time } from "../schemas.ts";

const Count = z
  .object({
    count: z.number().int().optional(),
    count_at_least: z
      .number()
      .int()
      .optional()
      .meta({ description: "Instead of `count`, where counting every profile would scan too much." }),
    counted_at: Time,
  })
  .meta({ id: "SegmentCount" });

/** How long a count of unchanged data is answered again. A rule about events counts back from now: never. */
const FRESH_MS = 60_000;
const MAX_KNOWN = 1_000;
/** A call whose client left may never end: its turn does, a while after its last slice must have begun. */
const TURN_MS = MAX_SCAN_MS + 5_000;
const RETRY_AFTER_SECONDS = 5;

interface Known {
  seq: number;
  countedAt: number;
  answer: z.output<typeof Count>;
}

/** By space and segment. */
const known = new Map<string, Known>();
/** Space → the time at which its turn ends at the latest, epoch ms. */
const turns = new Map<string, number>();

export const countSegment = route({
  method: "GET",
  path: "/{id}/count",
  operationId: "countSegment",
  summary: "Count the profiles of a segment",
  description: `Counts the profiles that match the rule now. ${BUDGET_HELP} Then \`count_at_least\` replaces \`count\`: an export of the segment has all. A space counts one segment at a time: another call meanwhile is 429. While nothing is written, the count of a rule without events is repeated for up to a minute: \`counted_at\` tells its time.`,
  auth: "profiles:read",
  limit: "list",
  params: IdInPath,
  responses: { 200: { description: "The number of matching profiles.", schema: Count } },
  async handle(call, { space, params }) {
    const db = call.databases.space(space.id);
    const row = found(await findSegment(db, space.id, params.id));
    const seq = await readSequence(db, space.id);
    const now = call.runtime.now();
    const key = JSON.stringify([space.id, row.id]);
    const before = known.get(key);
    if (before?.seq === seq && now < before.countedAt + FRESH_MS) return json(before.answer);
    if (now < (turns.get(space.id) ?? 0))
      throw new SpillwayError(
        "rate_limited",
        "This space counts a segment already, and counts one at a time. Wait for Retry-After.",
        { retryAfterSeconds: RETRY_AFTER_SECONDS },
      );
    turns.set(space.id, now + TURN_MS);
    try {
      const rule = JSON.parse(row.rule) as Rule;
      const answer = await count(call, space, rule, seq, now);
      const readsEvents = [...eachRule(rule)].some((each) => "event" in each);
      if (!readsEvents && !call.request.signal.aborted) remember(key, { seq, countedAt: now, answer });
      return json(answer);
    } finally {
      turns.delete(space.id);
    }
  },
});

async function count(call: Call, space: SpaceRow, rule: Rule, seq: number, now: number): Promise<Known["answer"]> {
  const db = call.databases.space(space.id);
  const { excludeDeleted, merged } = await peopleChanges(db, space.id, seq);
  const condition = compileSegment(freezeFilter(rule, now, space.retention_days, excludeDeleted, merged), MEMBERS);
  const slice = maxProfilesPerQuery(rule);
  const whole = { spaceId: space.id, seq, since: 0, condition, slice, lower: "", upper: null };
  const { records, next } = await countMembers(db, whole, scanBudget(call));
  return { ...(next === null ? { count: records } : { count_at_least: records }), counted_at: iso(now) };
}

function remember(key: string, count: Known): void {
  known.delete(key);
  known.set(key, count);
  const [oldest] = known.keys();
  if (known.size > MAX_KNOWN && oldest !== undefined) known.delete(oldest);
}
