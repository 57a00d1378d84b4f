/** The lists that map the ids in a file to definitions: sections, and the attributes, tags and events of each. */

import * as z from "zod";
import type { Database } from "../../../db/core/database.ts";
import { versionTimes } from "../../../db/events/definition-lists.ts";
import { hasSection, listSections } from "../../../db/core/sections.ts";
import type { SpaceRow } from "../../../db/tenants/spaces.ts";
import { everyDefinition } from "../../../ingest/definition-lists.ts";
import type { Definition } from "../../../ingest/definitions.ts";
import { listDefined } from "../../../ingest/profile-definitions.ts";
import { isoSeconds } from "../../../time/names.ts";
import { type Call, found, json, type Operation, route, type Scope } from "../../route.ts";
import { versionId } from "./ids.ts";

/** Definitions that one query reads. */
const PAGE = 1_000;
/** Of an event, the newest versions that are listed. */
const MAX_VERSIONS = 100;

const Item = z.object({
  discriminator: z.string(),
  name: z.string(),
  versions: z.array(
    z.object({
      id: z.string().meta({ description: "The id in files and in requests." }),
      deprecated_at: z.string().nullable().meta({ description: "Null: the version in use." }),
    }),
  ),
});

type Item = z.output<typeof Item>;

const List = z.object({ items: z.array(Item) }).meta({ id: "Definitions" });

/** What has no versions has one, whose id is its own. */
const unversioned = ({ id, name }: { id: string; name: string }): Item => ({
  discriminator: id,
  name,
  versions: [{ id, deprecated_at: null }],
});

/** A version is deprecated from the time on at which the next one was written. */
function versioned({ id, name, version, times }: DefinedEvent): Item {
  const numbers = Array.from({ length: Math.min(version, MAX_VERSIONS) }, (_, n) => version - n);
  return {
    discriminator: id,
    name,
    versions: numbers.map((each) => {
      const next = times.get(each + 1);
      return { id: versionId(id, each), deprecated_at: next === undefined ? null : isoSeconds(next) };
    }),
  };
}

/** Reads page by page, to the end. */
async function all<Row extends { id: string }>(read: (page: Page) => Promise<Row[]>): Promise<Row[]> {
  const rows: Row[] = [];
  for (let afterId: string | null = null; ;) {
    const page: Row[] = await read({ q: null, afterId, limit: PAGE });
    rows.push(...page);
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE) return rows;
    afterId = last.id;
  }
}

interface Page {
  q: null;
  afterId: string | null;
  limit: number;
}

const listAllSections = route({
  method: "GET",
  path: "/sections",
  operationId: "getSections",
  summary: "Get sections",
  auth: "profiles:read",
  responses: { 200: { description: "Every section of the space.", schema: List } },
  async handle(call, { space }) {
    const rows = await all((page) => listSections(call.databases.space(space.id), space.id, page));
    return json({ items: rows.map(unversioned) });
  },
});

/** A list of what a section has. @param read all of the space. */
const listOf = <Row extends { section_id: string }>(
  what: string,
  auth: Scope,
  read: (call: Call, space: SpaceRow) => Promise<Row[]>,
  show: (row: Row) => Item,
): Operation =>
  route({
    method: "GET",
    path: `/sections/{section}/${what}`,
    operationId: `get${what.charAt(0).toUpperCase()}${what.slice(1)}`,
    summary: `Get ${what}`,
    auth,
    params: z.object({ section: z.string().meta({ description: "The discriminator of a section." }) }),
    responses: { 200: { description: `Definitions of ${what} of the section.`, schema: List } },
    async handle(call, { space, params: { section } }) {
      const db = call.databases.space(space.id);
      found((await hasSection(db, space.id, section)) ? section : null);
      const rows = await read(call, space);
      return json({ items: rows.filter((row) => row.section_id === section).map(show) });
    },
  });

const definedAs = (kind: "attribute" | "tag") => (call: Call, space: SpaceRow) =>
  all((page) => listDefined(call.databases.space(space.id), space, kind, page));

type DefinedEvent = Pick<Definition, "id" | "name" | "version" | "section_id"> & {
  /** When its newest versions were written: version → epoch ms. */
  times: ReadonlyMap<number, number>;
};

/** Without the properties, which may be large. */
async function definedEvents(db: Database, space: SpaceRow): Promise<DefinedEvent[]> {
  const events: Omit<DefinedEvent, "times">[] = [];
  for await (const { id, name, version, section_id } of everyDefinition(db, space))
    events.push({ id, name, version, section_id });
  const changed = events.filter(({ version }) => version > 1).map(({ id }) => id);
  const times = await versionTimes(db, space.id, changed, MAX_VERSIONS);
  return events.map((each) => ({ ...each, times: times.get(each.id) ?? new Map<number, number>() }));
}

export const lists: readonly Operation[] = [
  listAllSections,
  listOf("attributes", "profiles:read", definedAs("attribute"), unversioned),
  listOf("tags", "profiles:read", definedAs("tag"), unversioned),
  listOf("events", "events:read", (call, space) => definedEvents(call.databases.space(space.id), space), versioned),
];
