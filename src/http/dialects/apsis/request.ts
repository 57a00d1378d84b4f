/** The request of an export in APSIS One's words, and the request that the core knows. */

import * as z from "zod";
import { type Fault, invalid, pointerTo } from "../../../errors.ts";
import type { ExportRequest } from "../../../export/api/request.ts";
import { isOneLine, NOT_ONE_LINE } from "../../../names.ts";
import { type Combination, segmentsIn } from "../../../segments/combination.ts";
import { exportRequest, type FieldNames } from "../core-request.ts";
import { readFilter } from "./filter.ts";
import { definitionIn } from "./ids.ts";

/** The dataset that the dialect exports. */
export const DATASET = "segment_profiles";

/** Of all sections together. */
const MAX = { attributes: 75, tags: 25, events: 200 };

const Id = z.string().min(1).max(200).refine(isOneLine, NOT_ONE_LINE);
const ids = (description: string) => z.array(Id).nullish().meta({ description });

const Section = z.looseObject({
  section_discriminator: Id,
  attributes: ids("Ids of attributes of the section."),
  tags: ids("Ids of tags of the section."),
  events: ids("Ids of versions of events of the section. Events of all versions are exported."),
  include_topic_state: z
    .boolean()
    .nullish()
    .meta({ description: "Adds the consents to topics. One section that asks adds those of every section." }),
});

const SegmentFilter = z
  .union([
    Id.meta({ description: "The discriminator of a segment." }),
    z.looseObject({
      timezone: z.string().nullish(),
      segment_discriminators: z.record(z.string(), Id).meta({ description: "Names of the filter → discriminators." }),
      filter: z.string().nullish().meta({
        description: "Names of `segment_discriminators`, joined by `&` and `|`, with `!` and brackets: `!(a) & b`.",
      }),
    }),
  ])
  .meta({ id: "SegmentFilter" });

/** The schemas have the names and types; the core has most rules. Null is a member that is left out. */
export const ApsisRequest = z
  .looseObject({
    segment_filter: SegmentFilter.nullish().meta({ description: "Only profiles of the segment. Default: all." }),
    sections: z.array(Section).max(100).meta({ description: "What is exported of each section." }),
    start_at: z.string().nullish().meta({
      description: "Start of the events' window, inclusive. Required with events.",
      example: "2026-01-01T00:00:00Z",
    }),
    end_at: z.string().nullish().meta({
      description: "End, exclusive, at most three months later. Default: one week.",
      example: "2026-01-08T00:00:00Z",
    }),
  })
  .meta({ id: "ProfileExportRequest" });

type Sent = z.output<typeof ApsisRequest>;

/** The lists of a section. */
export type ListName = keyof typeof MAX;
const LISTS = Object.keys(MAX) as ListName[];

/** Something that a section names: an attribute, a tag or an event definition, by the core's id. */
export interface Named {
  id: string;
  section: string;
  /** The pointer to its place in the request. */
  at: string;
}

/** A request, read. */
export interface ReadRequest extends Record<ListName, Named[]> {
  request: ExportRequest;
  /** The request's places of the core's parameters. */
  fields: FieldNames;
}

/** @throws invalid_request whose faults name the fields of the request. */
export function readRequest(sent: Sent): ReadRequest {
  const named = { attributes: namesOf(sent, "attributes"), tags: namesOf(sent, "tags"), events: definitionsOf(sent) };
  const faults = LISTS.flatMap((list) => [...tooMany(list, named[list]), ...repeated(named[list])]);
  if (faults.length > 0) throw invalid(...faults);
  const selection = selectionOf(sent.segment_filter ?? null);
  const fields = new Map<string, string>([
    ...LISTS.flatMap((list) => named[list].map(({ at }, n) => [`/${list}/${n}`, at] as const)),
    ...selection.fields,
  ]);
  const request = exportRequest(
    {
      dataset: DATASET,
      ...selection.parameters,
      ...Object.fromEntries(LISTS.map((list) => [list, named[list].map(({ id }) => id)])),
      include_topics: sent.sections.some((section) => section.include_topic_state === true),
      start_at: sent.start_at,
      end_at: sent.end_at,
    },
    fields,
  );
  return { ...named, request, fields };
}

const tooMany = (list: ListName, named: readonly Named[]): Fault[] =>
  named.length <= MAX[list]
    ? []
    : [{ pointer: "/sections", detail: `sections must have at most ${MAX[list]} ${list}, in all of them together.` }];

function repeated(named: readonly Named[]): Fault[] {
  const seen = new Set<string>();
  return named.flatMap(({ id, at }) => {
    if (seen.has(id)) return [{ pointer: at, detail: `${id} is requested already: remove it.` }];
    seen.add(id);
    return [];
  });
}

const namesOf = ({ sections }: Sent, list: ListName): Named[] =>
  sections.flatMap(({ section_discriminator: section, [list]: names }, n) =>
    (names ?? []).map((id, index) => ({ id, section, at: `/sections/${n}/${list}/${index}` })),
  );

/** Several versions of an event are one definition. */
function definitionsOf(sent: Sent): Named[] {
  const first = new Map<string, Named>();
  for (const each of namesOf(sent, "events")) {
    const id = definitionIn(each.id);
    const key = JSON.stringify([each.section, id]);
    if (!first.has(key)) first.set(key, { ...each, id });
  }
  return [...first.values()];
}

/** Which profiles, in the core's words, and the request's places of them. */
interface Selection {
  parameters: { segment?: string; segments?: Combination };
  fields: [core: string, pointer: string][];
}

/** @throws invalid_request for an expression that cannot be read. */
function selectionOf(filter: z.output<typeof SegmentFilter> | null): Selection {
  if (filter === null) return { parameters: {}, fields: [] };
  if (typeof filter === "string") return { parameters: { segment: filter }, fields: [["/segment", "/segment_filter"]] };
  const discriminators = new Map(Object.entries(filter.segment_discriminators));
  const combination = combinationOf(filter.filter ?? null, discriminators);
  const names = new Map([...discriminators].map(([name, id]) => [id, name]));
  const places = [...segmentsIn(combination, "/segments")].map(([id, core]): [string, string] => [
    core,
    pointerTo(["segment_filter", "segment_discriminators", names.get(id) ?? ""]),
  ]);
  return { parameters: { segments: combination }, fields: [...places, ["/segments", "/segment_filter"]] };
}

/** Without an expression the only segment is meant, whatever its name. */
function combinationOf(expression: string | null, discriminators: ReadonlyMap<string, string>): Combination {
  const [only, ...others] = discriminators.values();
  if (expression === null && only !== undefined && others.length === 0) return { segment: only };
  const read = readFilter(expression ?? "", (name) => discriminators.get(name));
  if ("combination" in read) return read.combination;
  throw invalid({ pointer: "/segment_filter/filter", detail: read.wrong });
}
