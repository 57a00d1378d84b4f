/** Commands of people and segments: stored rules, and exports of profiles as lines and as a document. */

import * as fc from "fast-check";
import { ask, earlier } from "./asking.ts";
import { command, expectSame, expectStatus, nth } from "./command.ts";
import { isIn } from "./people-rows.ts";
import { bound, windowOf } from "./times.ts";
import { workAll } from "./work.ts";
import { type ExportRecord, type Rule, type World, withEntry } from "./world.ts";

const nat = fc.nat({ max: 59 });

const simple: fc.Arbitrary<Rule> = fc.oneof(
  fc.record({
    attribute: fc.constant("tier"),
    op: fc.constant("eq" as const),
    value: fc.constantFrom("gold", "silver"),
  }),
  fc.record({ attribute: fc.constant("age"), op: fc.constant("exists" as const), value: fc.constant(true) }),
  fc.record({ tag: fc.constantFrom("vip", "new") }),
  fc.record({ event: fc.constantFrom("bought", "seen"), at_least: fc.constantFrom(1, 2) }),
);

const rules: fc.Arbitrary<Rule> = fc.oneof(
  simple,
  fc.record({ all: fc.array(simple, { minLength: 1, maxLength: 2 }) }),
  fc.record({ none: fc.array(simple, { minLength: 1, maxLength: 2 }) }),
);

const SEGMENTS = ["one", "two"] as const;

export const putSegment = command(
  "put a segment",
  fc.record({ id: nat, rule: rules }),
  async ({ id, rule }, world, stage) => {
    const segment = nth(SEGMENTS, id);
    expectStatus(await stage.call("PUT", `/v1/segments/${segment}`, { name: segment, rule }), 200);
    world.write(({ segments }) => ({ segments: withEntry(segments, segment, rule) }));
  },
);

/** Events that retention may have taken make the members of a segment of events unsure. */
const isSure = ({ data, goneBefore }: Readonly<World>) => data.events.every((event) => event.occurredAt >= goneBefore);

export const countSegment = command(
  "count a segment",
  nat,
  async (n, world, stage) => {
    const { data, now: at, retentionDays } = world;
    const [id, rule] = nth([...data.segments], n);
    const answer = await stage.call("GET", `/v1/segments/${id}/count`);
    expectStatus(answer, 200);
    const members = [...data.people].filter(([person, who]) => isIn({ data, at, retentionDays }, person, who, rule));
    expectSame("the count", answer.body["count"], members.length);
  },
  (world) => world.data.segments.size > 0 && isSure(world),
);

const common = fc.record({
  segment: fc.option(nat),
  attributes: fc.constantFrom(undefined, ["tier"], ["tier", "age"]),
  since: fc.option(nat, { freq: 3 }),
  atOnce: fc.boolean(),
});

function segmentOf(world: World, n: number | null): string | undefined {
  const ids = [...world.data.segments.keys()];
  return n === null || ids.length === 0 ? undefined : nth(ids, n);
}

/** The earlier export of the same request: of another one, the increments mean nothing. */
function sinceOf(world: World, dataset: string, n: number | null): ExportRecord | null {
  const found = earlier(world, dataset).filter(({ request }) => request["events"] === undefined);
  return n === null || found.length === 0 ? null : nth(found, n);
}

export const exportAttributes = command(
  "export profile_attributes",
  fc.record({
    common,
    identifiers: fc.constantFrom(["custom_id"], ["external_person_id", "custom_id"]),
    files: fc.boolean(),
  }),
  async ({ common, identifiers, files }, world, stage) => {
    const request = {
      attributes: common.attributes,
      identifiers,
      segment: segmentOf(world, common.segment),
      layout: files ? "files" : "single",
      file_rows: files ? 1 : undefined,
    };
    const since = sinceOf(world, "profile_attributes", common.since);
    await ask(world, stage, { dataset: "profile_attributes", request, from: null, since });
    if (common.atOnce) await workAll(world, stage);
  },
  isSure,
);

export const exportDocument = command(
  "export segment_profiles",
  fc.record({
    common,
    tags: fc.constantFrom(undefined, ["vip"], ["vip", "new"]),
    events: fc.option(fc.constantFrom(["bought"], ["bought", "seen"])),
    bounds: fc.tuple(bound, bound),
    topics: fc.boolean(),
  }),
  async ({ common, tags, events, bounds, topics }, world, stage) => {
    const window = windowOf(bounds, world);
    const request = {
      attributes: common.attributes,
      tags,
      segment: segmentOf(world, common.segment),
      include_topics: topics ? true : undefined,
      ...(events === null ? {} : { events, start_at: window.start, end_at: window.end }),
    };
    // An increment is not for documents with events.
    const since = events === null ? sinceOf(world, "segment_profiles", common.since) : null;
    await ask(world, stage, {
      dataset: "segment_profiles",
      request,
      from: events === null ? null : window.from,
      since,
    });
    if (common.atOnce) await workAll(world, stage);
  },
  isSure,
);
