/** How the parameters of an export of a segment's profiles go together, and what is frozen of them. */

import { pendingDeletions } from "../../db/profiles/deletions.ts";
import { DEFAULT_SECTION } from "../../db/core/sections.ts";
import { segmentAt } from "../../db/profiles/segments.ts";
import { type Fault, invalid } from "../../errors.ts";
import { definitionsAt } from "../../ingest/definitions.ts";
import { profileDefinitionsAt } from "../../ingest/profile-definitions.ts";
import { filterAt, type SegmentFilter } from "../../segments/filter.ts";
import type { Rule } from "../../segments/rule.ts";
import { addMonths } from "../../time/days.ts";
import { iso } from "../../time/names.ts";
import type { Asking } from "../dataset.ts";
import { MAX_MONTHS, type SegmentProfilesRequest } from "./request.ts";

const DAY_MS = 86_400_000;

/** Something that was asked for, and the section that it belonged to at the snapshot. */
export interface Placed {
  id: string;
  section: string;
}

export interface Query {
  /** Null: every profile. */
  segment: SegmentFilter | null;
  attributes: readonly Placed[];
  tags: readonly Placed[];
  events: readonly Placed[];
  topics: boolean;
  /** Of events, epoch ms; null: none was given. */
  window: { start: number; end: number } | null;
  secret: string;
  /** Were people deleted whose events may still be there? */
  sifted: boolean;
}

/** @throws invalid_request for each parameter that does not go with the others. */
export async function freeze(request: SegmentProfilesRequest, asking: Asking): Promise<Query> {
  const { db, space, now, snapshotSeq: seq, secret } = asking;
  const { segment: segmentId, attributes = [], tags = [], events = [] } = request;
  const faults: Fault[] = [];
  const window = windowOf(request, asking, faults);
  if (asking.increment && events.length > 0)
    faults.push({
      pointer: "/since",
      detail: "since does not go with events: it gives the profiles that were written to, and an event writes to none.",
    });
  const [segment, attributeDefinitions, tagDefinitions, eventDefinitions, sifted] = await Promise.all([
    segmentId === undefined ? null : segmentAt(db, space.id, segmentId, seq),
    profileDefinitionsAt(db, space.id, seq, "attribute", attributes),
    profileDefinitionsAt(db, space.id, seq, "tag", tags),
    events.length === 0 ? [] : definitionsAt(db, space.id, seq),
    pendingDeletions(db, space.id, seq),
  ]);
  if (segment === null && segmentId !== undefined)
    faults.push({ pointer: "/segment", detail: "segment must be the id of a segment that the space has." });
  const known = new Set(eventDefinitions.map(({ id }) => id));
  for (const [index, id] of events.entries())
    if (!known.has(id)) faults.push({ pointer: `/events/${index}`, detail: `There is no event definition ${id}.` });
  const [placedAttributes, placedTags] = [placed(attributes, attributeDefinitions), placed(tags, tagDefinitions)];
  const sections = new Map(placedAttributes.map(({ id, section }) => [id, section]));
  for (const [index, { id, section }] of placedTags.entries())
    if (sections.get(id) === section)
      faults.push({
        pointer: `/tags/${index}`,
        detail: `${id} is asked for as an attribute of the same section too: they would stand under one name.`,
      });
  if (faults.length > 0) throw invalid(...faults);
  const rule = segment === null ? null : (JSON.parse(segment.rule) as Rule);
  return {
    segment: rule === null ? null : filterAt(rule, now, space.retention_days, sifted),
    attributes: placedAttributes,
    tags: placedTags,
    events: placed(events, eventDefinitions),
    topics: request.include_topics,
    window,
    secret,
    sifted,
  };
}

/** In the order in which they were asked for. What nobody has defined belongs to the default section. */
function placed(ids: readonly string[], definitions: readonly { id: string; section_id: string }[]): Placed[] {
  const sections = new Map(definitions.map(({ id, section_id }) => [id, section_id]));
  return ids.map((id) => ({ id, section: sections.get(id) ?? DEFAULT_SECTION }));
}

function windowOf(request: SegmentProfilesRequest, { space, now }: Asking, faults: Fault[]): Query["window"] {
  const { start_at: startAt, end_at: endAt } = request;
  const asksEvents = (request.events ?? []).length > 0;
  const fault = (name: "start_at" | "end_at", detail: string) => void faults.push({ pointer: `/${name}`, detail });
  if (startAt === undefined) {
    if (asksEvents) fault("start_at", "start_at is required with events.");
    else if (endAt !== undefined) fault("start_at", "start_at is required with end_at.");
    return null;
  }
  const start = Date.parse(startAt);
  const end = endAt === undefined ? start + 7 * DAY_MS : Date.parse(endAt);
  const oldest = now - space.retention_days * DAY_MS;
  if (start > now) fault("start_at", "start_at must not be in the future.");
  else if (asksEvents && start < oldest)
    fault(
      "start_at",
      `start_at is older than this space keeps events: ${space.retention_days} days, back to ${iso(oldest)}.`,
    );
  if (end <= start) fault("end_at", "end_at must be later than start_at.");
  else if (end > addMonths(start, MAX_MONTHS, space.timezone))
    fault("end_at", `end_at must be at most ${MAX_MONTHS} months after start_at.`);
  return { start, end };
}
