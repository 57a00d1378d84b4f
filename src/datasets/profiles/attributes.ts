/**
 * `profile_attributes`: a record is a profile, with the attributes and identifiers that are asked for; and, where that is asked
 * too, the deletion of one. Profiles have time 0 and come by `person_id`; deletions have time 1 and come after them, by their number.
 */

import * as z from "zod";
import { type DeletedPerson, pendingDeletions } from "../../db/profiles/deletions.ts";
import { typeMismatches } from "../../db/profiles/type-mismatches.ts";
import {
  countMembers,
  cutMembers,
  listMembers,
  type MemberProfile,
  type MemberRange,
  MEMBERS,
  readMembers,
  batchBySize,
} from "../../db/profiles/segment-members.ts";
import { segmentAt } from "../../db/profiles/segments.ts";
import { countTombstones, cutTombstones, readTombstones, type TombstoneRange } from "../../db/profiles/tombstones.ts";
import { invalid } from "../../errors.ts";
import { ATTRIBUTE_NAME } from "../../ingest/native-attributes.ts";
import { profileDefinitionsAt } from "../../ingest/profile-definitions.ts";
import { compileSegment } from "../../segments/compile.ts";
import { filterAt, type SegmentFilter, segmentReadsFrom } from "../../segments/filter.ts";
import { profilesAtOnce } from "../../segments/limits.ts";
import type { Rule } from "../../segments/rule.ts";
import { iso } from "../../time/names.ts";
import type { Asking, Bounds, Column, Dataset, Key, Opening, Page } from "../dataset.ts";
import { pageOf } from "../page-of.ts";
import { quote, quoteOrNull } from "../json-text.ts";
import { IdentifierRow, Identifiers, IDENTIFIERS_ARE, setOfNames } from "./identifiers.ts";
import { LINES } from "./lines.ts";

const MAX_ATTRIBUTES = 200;
/** Profiles that one query looks at, where each is meant. */
const SLICE = 20_000;
const MIN_SLICE = 100;
const PROFILES = 0;
const DELETIONS = 1;
const END = 2;

const shape = {
  attributes: setOfNames(z.string().regex(ATTRIBUTE_NAME, "This is no name of an attribute."), MAX_ATTRIBUTES)
    .optional()
    .describe(
      "Names of attributes, native (`$email_address`) or the space's own. One that the profile lacks is null. `attributes`, `identifiers` or both must be there.",
    ),
  identifiers: Identifiers.optional().describe(IDENTIFIERS_ARE),
  segment: z
    .string()
    .min(1)
    .max(200)
    .optional()
    .describe(
      "The id of a segment: the profiles that are in it alone. Left out: every profile. With `since` these are the profiles in the segment that were written to after the earlier export; who came into it, or left it, without being written to is not told.",
    ),
  include_deletions: z
    .boolean()
    .default(false)
    .describe(
      'Lines `{"deleted":{"profile_id","deleted_at"}}` (with `external_person_id` between, where `identifiers` names it) come after the profiles: one for each deletion of a person who has no profile at the snapshot; with `since`, for those after the earlier export alone. A deletion does not say whether its person was in the segment.',
    ),
} as const;

interface Query {
  attributes: string[];
  identifiers: string[];
  segment: SegmentFilter | null;
  include_deletions: boolean;
  /** When it was asked for, epoch ms. */
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

  async freeze(request, { db, space, now, snapshotSeq, secret }) {
    const { attributes, identifiers, segment, include_deletions } = request;
    if (attributes === undefined && identifiers === undefined)
      throw invalid({ pointer: "/attributes", detail: "attributes, identifiers or both must be named." });
    const found = segment === undefined ? null : await segmentAt(db, space.id, segment, snapshotSeq);
    const deletions = found !== null && (await pendingDeletions(db, space.id, snapshotSeq));
    if (segment !== undefined && found === null)
      throw invalid({ pointer: "/segment", detail: "segment must be the id of a segment that the space has." });
    return {
      attributes: attributes ?? [],
      identifiers: identifiers ?? [],
      segment: found === null ? null : filterAt(JSON.parse(found.rule) as Rule, now, space.retention_days, deletions),
      include_deletions,
      at: now,
      secret,
    };
  },

  async columns(query, asking, ofRows) {
    const { attributes, identifiers, include_deletions: deletions } = query;
    const types = await typesOf(attributes, asking, ofRows);
    const own = [
      ...new IdentifierRow(identifiers).columns(),
      ...attributes.map((name): Column => ({ path: ["attributes", name], type: types.get(name) ?? "text" })),
    ].map((column) => (column.path[1] === "profile_id" ? { ...column, edge: "id" as const } : column));
    if (!deletions) return own;
    const told = deletedColumns(query).map((column): Column => {
      const twin = own.find(({ path: [around, name] }) => around === "identifiers" && name === column.path[1]);
      return twin === undefined ? column : { ...column, alias: twin.path };
    });
    // What a deletion tells of the person is hidden where a profile's is.
    const twins = new Map(told.flatMap(({ path, alias }) => (alias === undefined ? [] : [[alias, path] as const])));
    return [
      ...own.map((column) => {
        const alias = twins.get(column.path);
        return alias === undefined ? column : { ...column, alias };
      }),
      ...told,
    ];
  },

  open(query, opening) {
    const last = query.include_deletions ? END : DELETIONS;
    return {
      ...LINES,
      bounds: { lower: { time: PROFILES, id: "" }, upper: { time: last, id: "" } },
      window: { start: query.at, end: query.at },
      readsFrom: query.segment === null ? 0 : segmentReadsFrom(query.segment),
      emptyMessage: "0 profiles found.",
      files: { cut: "written", secret: query.secret },
      cut: (bounds, most) => cut(opening, query, bounds, most),
      async count(bounds) {
        const { profiles, deletions } = rangesOf(opening, query, bounds);
        const counts = [
          profiles === null ? 0 : await countMembers(opening.db, profiles),
          deletions === null ? 0 : await countTombstones(opening.db, deletions),
        ];
        return counts.reduce((sum, count) => sum + count, 0);
      },
      pages: (bounds) => pages(opening, query, bounds),
    };
  },
};

/** The types of those that are not texts. @param ofRows a value of another type, from before the definition, makes it a text. */
async function typesOf(
  names: readonly string[],
  { db, space, snapshotSeq }: Asking,
  ofRows: boolean,
): Promise<Map<string, "boolean" | "date" | "number">> {
  if (names.length === 0) return new Map();
  const definitions = await profileDefinitionsAt(db, space.id, snapshotSeq, "attribute", names);
  const types = new Map(
    definitions.flatMap(({ id, type }) => (type === null || type === "text" ? [] : [[id, type] as const])),
  );
  if (ofRows) for (const name of await typeMismatches(db, space.id, snapshotSeq, types)) types.delete(name);
  return types;
}

const tellsExternalId = ({ identifiers }: Query) => identifiers.includes("external_person_id");

const deletedColumns = (query: Query): Column[] => [
  { path: ["deleted", "profile_id"], type: "text" },
  ...(tellsExternalId(query) ? [{ path: ["deleted", "external_person_id"], type: "text" } as const] : []),
  { path: ["deleted", "deleted_at"], type: "date" },
];

/** The profiles and the deletions between two keys; null where there can be none. */
function rangesOf(
  { spaceId, snapshotSeq: seq, since }: Opening,
  { segment }: Query,
  { lower, upper }: Bounds,
): { profiles: MemberRange | null; deletions: TombstoneRange | null } {
  const sinceSeq = since?.seq ?? 0;
  const range = (): MemberRange => ({
    spaceId,
    seq,
    since: sinceSeq,
    condition: segment === null ? null : compileSegment(segment, MEMBERS),
    slice: segment === null ? SLICE : profilesAtOnce(segment.rule),
    lower: lower.id,
    upper: upper.time === PROFILES ? upper.id : null,
  });
  const start = { seq: 0, id: "" };
  return {
    profiles: lower.time === PROFILES ? range() : null,
    deletions:
      upper.time > DELETIONS || (upper.time === DELETIONS && upper.id !== "")
        ? {
            spaceId,
            seq,
            sinceSeq,
            lower: lower.time === DELETIONS ? placeOf(lower.id) : start,
            upper: upper.time === DELETIONS ? placeOf(upper.id) : null,
          }
        : null,
  };
}

async function cut(
  opening: Opening,
  query: Query,
  bounds: Bounds,
  most: number,
): Promise<{ records: number; next: Key | null }> {
  const { profiles, deletions } = rangesOf(opening, query, bounds);
  let records = 0;
  if (profiles !== null) {
    const part = await cutProfiles(opening, profiles, most);
    if (part.next !== null) return { records: part.records, next: { time: PROFILES, id: part.next } };
    records = part.records;
  }
  if (deletions === null) return { records, next: null };
  const part = await cutTombstones(opening.db, deletions, most - records);
  const next = part.next === null ? null : { time: DELETIONS, id: keyId(part.next) };
  return { records: records + part.records, next };
}

/** To the last that there is room for: a single file of some formats is not made of several steps. */
async function cutProfiles(
  { db }: Opening,
  range: MemberRange,
  most: number,
): Promise<{ records: number; next: string | null }> {
  // Where everybody is meant, to look at more than are cut off is of no use.
  const everybody = range.condition === null && range.since === 0;
  const slice = everybody ? Math.min(range.slice, Math.max(most, MIN_SLICE) + 1) : range.slice;
  let records = 0;
  for (let { lower } = range; ;) {
    const part = await cutMembers(db, { ...range, lower, slice }, most - records);
    records += part.records;
    if (part.next === null || records === most) return { records, next: part.next };
    lower = part.next;
  }
}

async function* pages(opening: Opening, query: Query, bounds: Bounds): AsyncGenerator<Page> {
  const { profiles, deletions } = rangesOf(opening, query, bounds);
  const line = profileLine(query);
  if (profiles !== null)
    for await (const members of listMembers(opening.db, profiles))
      for (const ids of batchBySize(members)) {
        const read = await readMembers(opening.db, opening.spaceId, opening.snapshotSeq, ids);
        yield pageOf(read, read.map(line), ({ person_id: id }) => ({ time: PROFILES, id }));
      }
  if (deletions !== null)
    for await (const page of readTombstones(opening.db, deletions))
      yield pageOf(page, page.map(deletionLine(query)), (deletion) => ({ time: DELETIONS, id: keyId(deletion) }));
}

/** Both objects are always there. */
function profileLine({ attributes, identifiers }: Query): (profile: MemberProfile) => string {
  const row = new IdentifierRow(identifiers);
  const names = attributes.map((name) => [name, quote(name)] as const);
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
  const withExternalId = tellsExternalId(query);
  return (deletion) => {
    const external = withExternalId ? `,"external_person_id":${quoteOrNull(deletion.external_person_id)}` : "";
    return `{"deleted":{"profile_id":${quote(deletion.person_id)}${external},"deleted_at":"${iso(deletion.requested_at)}"}}`;
  };
}

/** A deletion's key sorts as its number does, which has 16 digits at most. */
const keyId = ({ seq, id }: { seq: number; id: string }) => `${String(seq).padStart(16, "0")}/${id}`;

const placeOf = (keyId: string) => ({ seq: Number(keyId.slice(0, 16)), id: keyId.slice(17) });
