/** Checks how the parameters of an export of a segment's profiles fit together, and freezes them. */

import { peopleChanges } from "../../db/profiles/merges.ts";
import { DEFAULT_SECTION } from "../../db/core/sections.ts";
import { segmentAt } from "../../db/profiles/segments.ts";
import { type Fault, invalid } from "../../errors.ts";
import { definitionsAt } from "../../ingest/definitions.ts";
import { profileDefinitionsAt } from "../../ingest/profile-definitions.ts";
import { combinedRule, segmentsIn } from "../../segments/combination.ts";
import { freezeFilter, type SegmentFilter } from "../../segments/filter.ts";
import { rejectTooComplex, rejectTooLarge } from "../../segments/limits.ts";
import type { Rule } from "../../segments/rule.ts";
import { addMonths } from "../../time/days.ts";
import { boundMs } from "../../time/bounds.ts";
import { DAY_MS } from "../../time/durations.ts";
import type { FreezeContext, TimeWindow } from "../dataset.ts";
import { unknownSegment } from "../members.ts";
import { warnOfUnknown } from "../unknown-names.ts";
import { unknownDefinition } from "../wildcards.ts";
import { beforeRetention, oldestKept } from "../window.ts";
import { MAX_MONTHS, MAX_SEGMENTS, type SegmentProfilesRequest } from "./request.ts";

/** A requested attribute, tag or event, and its section as of the snapshot. */
interface SectionItem {
  id: string;
  section: string;
}

export interface Query {
  /** Null: every profile. */
  segment: SegmentFilter | null;
  attributes: readonly SectionItem[];
  tags: readonly SectionItem[];
  events: readonly SectionItem[];
  topics: boolean;
  /** The window of events; null: the request has none. */
  window: TimeWindow | null;
  secret: string;
  /** Were people deleted by the snapshot whose events may still be stored? */
  excludeDeleted: boolean;
  /** May people be merged as of the snapshot? Absent: none are. */
  merged?: boolean | undefined;
}

/** @throws invalid_request for each parameter that does not fit the others. */
export async function freeze(request: SegmentProfilesRequest, context: FreezeContext): Promise<Query> {
  const { db, space, now, snapshotSeq: seq, secret } = context;
  const { attributes = [], tags = [], events = [] } = request;
  const faults: Fault[] = [];
  const window = readWindow(request, context, faults);
  if (context.increment && events.length > 0)
    faults.push({
      pointer: "/since",
      detail:
        "since does not go with events: it selects the profiles that were written to, and an event writes to no profile.",
    });
  const [rule, attributeDefinitions, tagDefinitions, eventDefinitions, changes] = await Promise.all([
    ruleOf(request, context, faults),
    profileDefinitionsAt(db, space.id, seq, "attribute", attributes),
    profileDefinitionsAt(db, space.id, seq, "tag", tags),
    events.length === 0 ? [] : definitionsAt(db, space.id, seq),
    peopleChanges(db, space.id, seq),
  ]);
  const known = new Set(eventDefinitions.map(({ id }) => id));
  for (const [index, id] of events.entries())
    if (!known.has(id)) faults.push({ pointer: `/events/${index}`, detail: unknownDefinition(id, known) });
  const attributeItems = withSections(attributes, attributeDefinitions);
  const tagItems = withSections(tags, tagDefinitions);
  const sections = new Map(attributeItems.map(({ id, section }) => [id, section]));
  for (const [index, { id, section }] of tagItems.entries())
    if (sections.get(id) === section)
      faults.push({
        pointer: `/tags/${index}`,
        detail: `${id} is requested as an attribute of the same section too: the document would have the name twice.`,
      });
  if (faults.length > 0) throw invalid(...faults);
  await warnOfUnknown(context, "attribute", "/attributes", attributes);
  await warnOfUnknown(context, "tag", "/tags", tags);
  return {
    segment:
      rule === null ? null : freezeFilter(rule, now, space.retention_days, changes.excludeDeleted, changes.merged),
    attributes: attributeItems,
    tags: tagItems,
    events: withSections(events, eventDefinitions),
    topics: request.include_topics,
    window,
    secret,
    ...changes,
  };
}

/** The rule of the segment, or of the combination of segments, as of the snapshot; null: every profile. */
async function ruleOf(
  { segment, segments }: SegmentProfilesRequest,
  { db, space, snapshotSeq: seq }: FreezeContext,
  faults: Fault[],
): Promise<Rule | null> {
  if (segment !== undefined && segments !== undefined)
    faults.push({
      pointer: "/segments",
      detail: "segments does not go with segment: add the segment to the combination.",
    });
  const combination = segments ?? (segment === undefined ? null : { segment });
  if (combination === null) return null;
  const named = segmentsIn(combination, segments === undefined ? "" : "/segments");
  if (named.size > MAX_SEGMENTS) {
    faults.push({ pointer: "/segments", detail: `segments must have at most ${MAX_SEGMENTS} different segments.` });
    return null;
  }
  const rules = new Map<string, Rule>();
  for (const [id, pointer] of named) {
    const found = await segmentAt(db, space.id, id, seq);
    if (found === null) faults.push({ ...(await unknownSegment(db, space.id, id)), pointer });
    else rules.set(id, JSON.parse(found.rule) as Rule);
  }
  if (rules.size < named.size) return null;
  const rule = combinedRule(combination, (id) => rules.get(id) ?? { any: [] });
  if (segments !== undefined) {
    rejectTooLarge(rule, "/segments");
    rejectTooComplex(rule, "/segments");
  }
  return rule;
}

/** In the requested order. An id without a definition belongs to the default section. */
function withSections(
  ids: readonly string[],
  definitions: readonly { id: string; section_id: string }[],
): SectionItem[] {
  const sections = new Map(definitions.map(({ id, section_id }) => [id, section_id]));
  return ids.map((id) => ({ id, section: sections.get(id) ?? DEFAULT_SECTION }));
}

function readWindow(request: SegmentProfilesRequest, { space, now }: FreezeContext, faults: Fault[]): Query["window"] {
  const { start_at: startAt, end_at: endAt } = request;
  const hasEvents = (request.events ?? []).length > 0;
  const fault = (name: "start_at" | "end_at", detail: string) => void faults.push({ pointer: `/${name}`, detail });
  if (startAt === undefined) {
    if (hasEvents) fault("start_at", "start_at is required with events.");
    else if (endAt !== undefined) fault("start_at", "start_at is required with end_at.");
    return null;
  }
  const start = boundMs(startAt);
  const end = endAt === undefined ? start + 7 * DAY_MS : boundMs(endAt);
  const oldest = oldestKept(space, now);
  if (Date.parse(startAt) > now) fault("start_at", "start_at must not be in the future.");
  else if (hasEvents && start < oldest) fault("start_at", beforeRetention("start_at", space, oldest));
  if (end <= start) fault("end_at", "end_at must be later than start_at.");
  else if (end > addMonths(start, MAX_MONTHS, space.timezone))
    fault(
      "end_at",
      `end_at must be at most ${MAX_MONTHS} months after start_at, by the calendar and clocks of ${space.timezone}.`,
    );
  return { start, end };
}
