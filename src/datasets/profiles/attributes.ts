/**
 * `profile_attributes`: a record is a profile with the requested attributes and identifiers and, with
 * `include_deletions`, the deletion of a person. Profiles have time 0 and are in the order of `person_id`; deletions
 * have time 1 and follow the profiles in the order of their sequence number.
 */

import * as z from "zod";
import type { DeletedPerson } from "../../db/profiles/deletions.ts";
import { peopleChanges } from "../../db/profiles/merges.ts";
import {
  batchBySize,
  countMembers,
  cutMembers,
  listMembers,
  type MemberProfile,
  readMembers,
} from "../../db/profiles/segment-members.ts";
import type { MemberRange } from "../../db/profiles/member-scan.ts";
import { segmentAt } from "../../db/profiles/segments.ts";
import { countTombstones, cutTombstones, readTombstones } from "../../db/profiles/tombstones.ts";
import { mixedAttributes } from "../../db/profiles/value-types.ts";
import { invalid } from "../../errors.ts";
import { ATTRIBUTE_NAME } from "../../ingest/native-attributes.ts";
import { profileDefinitionsAt } from "../../ingest/profile-definitions.ts";
import { freezeFilter, type SegmentFilter, segmentReadsFrom } from "../../segments/filter.ts";
import type { Rule } from "../../segments/rule.ts";
import { iso } from "../../time/names.ts";
import type { ChunkSize } from "../chunk-cost.ts";
import type { Column } from "../column.ts";
import type { AsOf, Bounds, Dataset, Page, Snapshot } from "../dataset.ts";
import { distinctNames } from "../distinct.ts";
import { quote, quoteOrNull } from "../json-text.ts";
import { linePage, NDJSON } from "../lines.ts";
import { memberRange, unknownSegment } from "../members.ts";
import { warnOfUnknown } from "../unknown-names.ts";
import { IdentifierRow, Identifiers, IDENTIFIERS_HELP, warnOfIdentifiers } from "./identifiers.ts";
import { isOneLine, NOT_ONE_LINE } from "../../names.ts";

const MAX_ATTRIBUTES = 200;
/** The fewest profiles that one query scans. */
const MIN_SLICE = 100;
/** Where few profiles are in the segment, a chunk ends after as many profiles as so many slices have. */
const MAX_SLICES = 100;
/** Times of the keys. */
const PROFILES = 0;
const DELETIONS = 1;
const END = 2;

const shape = {
  attributes: distinctNames(
    z.array(z.string().regex(ATTRIBUTE_NAME, "This is not a valid attribute name.")).min(1).max(MAX_ATTRIBUTES),
  )
    .optional()
    .describe(
      "Names of attributes, native (`$email_address`) or the space's own. An attribute that the profile lacks is null. `attributes`, `identifiers` or both are required.",
    ),
  identifiers: Identifiers.optional().describe(IDENTIFIERS_HELP),
  include_profile_id: z
    .boolean()
    .default(true)
    .describe(
      "`false` leaves `profile_id` out of `identifiers`, unless the parameter `identifiers` names it. The manifest names the first and the last profile of each file all the same.",
    ),
  segment: z
    .string()
    .min(1)
    .max(200)
    .refine(isOneLine, NOT_ONE_LINE)
    .optional()
    .describe(
      "The id of a segment: only the profiles in it. Default: every profile. With `since`, the profiles in the segment that were written to after the earlier export; a profile that entered or left the segment without a write is not reported.",
    ),
  include_deletions: z
    .boolean()
    .default(false)
    .describe(
      'Adds lines `{"deleted":{"profile_id","deleted_at"}}` (with `external_person_id` in between, if `identifiers` names it) after the profiles: one for each deletion of a person without a profile at the snapshot, and one for each person whose profile ended by a merge; with `since`, only for deletions after the earlier export. The line does not show whether the person was in the segment.',
    ),
} as const;

interface Query {
  attributes: string[];
  identifiers: string[];
  include_profile_id: boolean;
  segment: SegmentFilter | null;
  include_deletions: boolean;
  /** The time of the request, epoch ms. */
  at: number;
  secret: string;
}

export const profileAttributes: Dataset<typeof shape, Query> = {
  name: "profile_attributes",
  title: "Profiles' attributes and identifiers",
  shape,
  example: {
    attributes: ["$email_address", "$email_marketing", "tier"],
    identifiers: ["custom_id", "installation_ids"],
    segment: "gold",
  },

  async freeze(request, context) {
    const { db, space, now, snapshotSeq, secret } = context;
    const { attributes, identifiers, segment, include_profile_id, include_deletions } = request;
    if (attributes === undefined && identifiers === undefined)
      throw invalid({ pointer: "/attributes", detail: "attributes, identifiers or both are required." });
    const found = segment === undefined ? null : await segmentAt(db, space.id, segment, snapshotSeq);
    if (segment !== undefined && found === null) throw invalid(await unknownSegment(db, space.id, segment));
    await warnOfUnknown(context, "attribute", "/attributes", attributes);
    await warnOfIdentifiers(context, identifiers);
    const filterOf = async (rule: Rule) => {
      const { excludeDeleted, merged } = await peopleChanges(db, space.id, snapshotSeq);
      return freezeFilter(rule, now, space.retention_days, excludeDeleted, merged);
    };
    return {
      attributes: attributes ?? [],
      identifiers: identifiers ?? [],
      include_profile_id,
      segment: found === null ? null : await filterOf(JSON.parse(found.rule) as Rule),
      include_deletions,
      at: now,
      secret,
    };
  },

  tabular: {
    async columns(query, asOf) {
      const { attributes, include_deletions: deletions } = query;
      const types = await typesOf(attributes, asOf);
      const withEdge = (column: Column): Column =>
        column.path[1] === "profile_id" ? { ...column, edge: "id" } : column;
      const ids = identifierRow(query)
        .columns()
        .map(withEdge)
        .map(deletions ? optional : (column) => column);
      const values = attributes
        .map((name): Column => ({ path: ["attributes", name], type: types.get(name) ?? "text" }))
        .map(withEdge);
      if (!deletions) return [...ids, ...values];
      const deleted = deletedColumns(query);
      // Redaction of a profile's identifier applies to the deletions too.
      const aliased = (columns: Column[], twins: Column[]) =>
        columns.map((column) => {
          const twin = twins.find(({ path }) => path[1] === column.path[1]);
          return twin === undefined ? column : { ...column, alias: twin.path };
        });
      return [...aliased(ids, deleted), ...values, ...aliased(deleted, ids)];
    },
  },

  open(query, snapshot) {
    const last = query.include_deletions ? END : DELETIONS;
    return {
      form: NDJSON,
      bounds: { lower: { time: PROFILES, id: "" }, upper: { time: last, id: "" } },
      window: { start: query.at, end: query.at },
      readsFrom: query.segment === null ? 0 : segmentReadsFrom(query.segment),
      emptyMessage: "0 profiles found.",
      files: { cut: "written", secret: query.secret },
      cut: (bounds, max) => cut(snapshot, query, bounds, max),
      async count(bounds, budget) {
        const { profiles, deletions } = rangesOf(snapshot, query, bounds);
        const counted = profiles === null ? NOTHING : await countMembers(snapshot.db, profiles, budget);
        const { records } = counted;
        const first = counted.first === null ? null : { time: PROFILES, id: counted.first };
        if (counted.next !== null) return { records, first, next: { time: PROFILES, id: counted.next } };
        if (deletions === null) return { records, first, next: null };
        const deleted = await countTombstones(snapshot.db, deletions, budget);
        const next = deleted.next === null ? null : { time: DELETIONS, id: keyId(deleted.next) };
        return { records: records + deleted.records, first: first ?? { time: DELETIONS, id: "" }, next };
      },
      pages: (bounds) => pages(snapshot, query, bounds),
    };
  },
};

/** The types of the attributes that are not texts. An attribute that had values of several types is a text. */
async function typesOf(
  names: readonly string[],
  { db, spaceId, seq }: AsOf,
): Promise<Map<string, "boolean" | "date" | "number">> {
  if (names.length === 0) return new Map();
  const definitions = await profileDefinitionsAt(db, spaceId, seq, "attribute", names);
  const types = new Map(
    definitions.flatMap(({ id, type }) => (type === null || type === "text" ? [] : [[id, type] as const])),
  );
  for (const name of await mixedAttributes(db, spaceId, seq, types)) types.delete(name);
  return types;
}

/** A deletion's row has no value in a profile's columns. */
const optional = ({ required: _required, ...column }: Column): Column => column;

const identifierRow = ({ identifiers, include_profile_id: withProfileId }: Query) =>
  new IdentifierRow(identifiers, withProfileId);

const hasExternalId = ({ identifiers }: Query) => identifiers.includes("external_person_id");

const deletedColumns = (query: Query): Column[] => [
  { path: ["deleted", "profile_id"], type: "text" },
  ...(hasExternalId(query) ? [{ path: ["deleted", "external_person_id"], type: "text" } as const] : []),
  { path: ["deleted", "deleted_at"], type: "date" },
];

/** The profiles and the deletions between two keys; null where the bounds exclude them. */
function rangesOf(snapshot: Snapshot, { segment }: Query, { lower, upper }: Bounds) {
  const start = { seq: 0, id: "" };
  return {
    profiles:
      lower.time === PROFILES
        ? memberRange(snapshot, segment, lower.id, upper.time === PROFILES ? upper.id : null)
        : null,
    deletions:
      upper.time > DELETIONS || (upper.time === DELETIONS && upper.id !== "")
        ? {
            spaceId: snapshot.spaceId,
            seq: snapshot.seq,
            sinceSeq: snapshot.since?.seq ?? 0,
            lower: lower.time === DELETIONS ? placeOf(lower.id) : start,
            upper: upper.time === DELETIONS ? placeOf(upper.id) : null,
          }
        : null,
  };
}

const NOTHING = { records: 0, first: null, next: null };

async function cut(snapshot: Snapshot, query: Query, bounds: Bounds, max: ChunkSize) {
  const { profiles, deletions } = rangesOf(snapshot, query, bounds);
  let records = 0;
  if (profiles !== null) {
    const part = await cutProfiles(snapshot, profiles, max);
    if (part.next !== null) return { records: part.records, next: { time: PROFILES, id: part.next } };
    records = part.records;
  }
  if (deletions === null) return { records, next: null };
  const part = await cutTombstones(snapshot.db, deletions, max.records - records);
  const next = part.next === null ? null : { time: DELETIONS, id: keyId(part.next) };
  return { records: records + part.records, next };
}

function cutProfiles({ db }: Snapshot, range: MemberRange, { records, bytes }: ChunkSize) {
  // Without a condition every scanned profile counts: there is no need to scan more than are cut off.
  const takesEvery = range.condition === null && range.since === 0;
  const slice = takesEvery ? Math.min(range.slice, Math.max(records, MIN_SLICE) + 1) : range.slice;
  return cutMembers(db, { ...range, slice }, { records, bytes }, MAX_SLICES);
}

async function* pages(snapshot: Snapshot, query: Query, bounds: Bounds): AsyncGenerator<Page> {
  const { profiles, deletions } = rangesOf(snapshot, query, bounds);
  const line = profileLine(query);
  if (profiles !== null)
    for await (const members of listMembers(snapshot.db, profiles))
      for (const ids of batchBySize(members)) {
        const read = await readMembers(snapshot.db, snapshot.spaceId, snapshot.seq, ids);
        yield linePage(read, read.map(line), ({ person_id: id }) => ({ time: PROFILES, id }));
      }
  if (deletions !== null)
    for await (const page of readTombstones(snapshot.db, deletions))
      yield linePage(page, page.map(deletionLine(query)), (deletion) => ({ time: DELETIONS, id: keyId(deletion) }));
}

/** A line always has both objects. */
function profileLine(query: Query): (profile: MemberProfile) => string {
  const row = identifierRow(query);
  const names = query.attributes.map((name) => [name, quote(name)] as const);
  return (profile) => {
    const named = {
      ...profile,
      identifiers: JSON.parse(profile.identifiers) as Record<string, string>,
      installation_ids: row.hasInstallations ? installationsOf(profile) : [],
    };
    const values = names.length === 0 ? {} : (JSON.parse(profile.attributes) as Record<string, unknown>);
    const pairs = names.map(
      ([name, key]) => `${key}:${Object.hasOwn(values, name) ? JSON.stringify(values[name]) : "null"}`,
    );
    return `{"identifiers":${row.open(named)}},"attributes":{${pairs.join()}}}`;
  };
}

const installationsOf = (profile: MemberProfile) =>
  (JSON.parse(profile.installations) as { installation_id: string }[]).map((each) => each.installation_id);

function deletionLine(query: Query): (deletion: DeletedPerson) => string {
  const withExternalId = hasExternalId(query);
  return (deletion) => {
    const external = withExternalId ? `,"external_person_id":${quoteOrNull(deletion.external_person_id)}` : "";
    return `{"deleted":{"profile_id":${quote(deletion.person_id)}${external},"deleted_at":"${iso(deletion.requested_at)}"}}`;
  };
}

/** The key of a deletion sorts as its sequence number, which has at most 16 digits. */
const keyId = ({ seq, id }: { seq: number; id: string }) => `${String(seq).padStart(16, "0")}/${id}`;

const placeOf = (keyId: string) => ({ seq: Number(keyId.slice(0, 16)), id: keyId.slice(17) });
