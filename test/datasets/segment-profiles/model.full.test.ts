/**
 * The document compared with a plain model of it, on random data: random segments, sections and numbers of events, in
 * one chunk or in many, as of the export's creation.
 */

import { beforeAll, describe, expect, it } from "vitest";
import type { Page } from "../../../src/datasets/dataset.ts";
import { datasetNamed } from "../../../src/datasets/index.ts";
import { gunzip } from "../../support/gunzip.ts";
import { bytesOf, deliver, onlyFile, pumpCarelessly, roomyService, take } from "../../support/pipeline.ts";
import { between, dice, pick, shuffled } from "../../support/random.ts";
import { type ExportView, type Space, START } from "../../support/service.ts";

const PEOPLE = 45;
const SECTIONS = ["default", "north", "south"];
const ATTRIBUTES = ["tier", "points", "7", "$city", "undefined_one"];
const TAGS = ["vip", "early", "tier"];
const EVENTS = ["walked", "rode", "sailed"];
const TOPICS = ["news", "sales", "nobody's"];
interface Person {
  person_id: string;
  attributes: Map<string, unknown>;
  tags: string[];
  topics: Record<string, Record<string, string>>;
}

interface Happened {
  id: string;
  definition_id: string;
  person_id: string;
  time: number;
  properties: { note: string };
}

const service = roomyService();
const roll = dice(7);
const sectionOf = new Map<string, string>();
const people: Person[] = [];
const events: Happened[] = [];
let space: Space;
const iso = (time: number) => new Date(time).toISOString();

beforeAll(async () => {
  space = await service.space();
  const put = (path: string, body: object) => service.json("PUT", path, 200, { key: space.key, body });
  const place = (kind: string, id: string) => {
    const section = pick(roll, SECTIONS);
    sectionOf.set(`${kind}/${id}`, section);
    return section;
  };
  sectionOf.set("attributes/tier", "north");
  await put("/v1/attributes/tier", { section_id: "north", name: "Tier", type: "text" });
  sectionOf.set("tags/tier", "south");
  await put("/v1/tags/tier", { section_id: "south", name: "Tier" });
  await put("/v1/attributes/points", { section_id: place("attributes", "points"), name: "Points", type: "number" });
  await put("/v1/tags/vip", { section_id: place("tags", "vip"), name: "VIP" });
  await put("/v1/topics/news", { section_id: place("topics", "news"), name: "News" });
  for (const id of EVENTS)
    await service.json("POST", "/v1/event-definitions", 201, {
      key: space.key,
      body: { id, name: id, section_id: place("events", id), properties: [{ name: "note", type: "text" }] },
    });
  for (let n = 0; n < PEOPLE; n += 1)
    people.push({
      person_id: pick(roll, ["", 'q"', "é", "😀", "Z"]) + `p-${n}`,
      attributes: new Map(
        ATTRIBUTES.filter(() => roll() < 0.5).map((name) => [
          name,
          name === "points" ? between(roll, -5, 5) / 4 : pick(roll, ["gold", "silver", 'a "quoted" line\n']),
        ]),
      ),
      tags: shuffled(roll, TAGS).filter(() => roll() < 0.5),
      topics: Object.fromEntries(
        TOPICS.filter(() => roll() < 0.4).map((topic) => [topic, { email: pick(roll, ["opt-in", "opt-out"]) }]),
      ),
    });
  const happened = (person: Person, note: string) =>
    events.push({
      id: `e-${String(events.length).padStart(5, "0")}-${between(roll, 0, 9)}`,
      definition_id: pick(roll, EVENTS),
      person_id: person.person_id,
      // Many at one time.
      time: START - 3_600_000 + between(roll, 0, 400),
      properties: { note },
    });
  for (const person of people) {
    const count = pick(roll, [0, 0, 3, 20]);
    for (let n = 0; n < count; n += 1) happened(person, roll() < 0.02 ? "x".repeat(50_000) : `n ${n}`);
  }
  // Some have more than a page has beside others, one more than a page has.
  for (const [at, count, length] of [
    [20, 350, 10],
    [21, 350, 10],
    [30, 200, 20_000],
  ] as const) {
    const person = people[at];
    if (person === undefined) throw new Error("there are too few people");
    for (let n = 0; n < count; n += 1) happened(person, "y".repeat(length));
  }
  await put("/v1/profiles", {
    profiles: people.map((person) => ({ ...person, attributes: Object.fromEntries(person.attributes) })),
  });
  await service.send(
    space,
    shuffled(roll, events).map(({ time, ...event }) => ({ ...event, occurred_at: iso(time) })),
  );
  await put("/v1/segments/some", {
    name: "Some",
    rule: {
      any: [
        { attribute: "tier", op: "eq", value: "gold" },
        { event: "sailed", at_least: 5 },
      ],
    },
  });
});

const REQUEST = {
  attributes: ATTRIBUTES,
  tags: TAGS,
  events: ["rode", "walked"],
  include_topics: true,
  start_at: iso(START - 3_600_000 + 10),
  end_at: iso(START - 3_600_000 + 390),
};

const byBytes = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));

/** Entries, as an object's members would lose their order. */
function modelOf(inSegment: boolean): [string, unknown][] {
  const some = people.filter(
    (person) =>
      !inSegment ||
      person.attributes.get("tier") === "gold" ||
      events.filter((each) => each.person_id === person.person_id && each.definition_id === "sailed").length >= 5,
  );
  return some
    .toSorted((a, b) => byBytes(a.person_id, b.person_id))
    .map((person) => [person.person_id, SECTIONS.flatMap((section) => sectionModel(person, section))]);
}

function sectionModel(person: Person, section: string): unknown[] {
  const here = (kind: string) => (id: string) => (sectionOf.get(`${kind}/${id}`) ?? "default") === section;
  const attributes = [
    ...ATTRIBUTES.filter(here("attributes"))
      .filter((id) => person.attributes.has(id))
      .map((id) => [id, person.attributes.get(id)]),
    ...TAGS.filter(here("tags"))
      .filter((id) => person.tags.includes(id))
      .map((id) => [id, null]),
  ];
  const asked = REQUEST.events.filter(here("events"));
  const window = { start: Date.parse(REQUEST.start_at), end: Date.parse(REQUEST.end_at) };
  const own = events
    .filter(
      (each) =>
        each.person_id === person.person_id &&
        asked.includes(each.definition_id) &&
        each.time >= window.start &&
        each.time < window.end,
    )
    .toSorted((a, b) => a.time - b.time || byBytes(a.id, b.id))
    .map(({ id, definition_id, time, properties }) => ({
      correlationId: id,
      sourceEventTime: time,
      typeId: `${definition_id}:1`,
      createdAt: START,
      data: properties,
    }));
  const topics = Object.entries(person.topics).filter(([topic]) => here("topics")(topic));
  if (attributes.length + own.length + topics.length === 0) return [];
  return [[section, attributes, asked.length === 0 ? undefined : own, Object.fromEntries(topics)]];
}

interface Document {
  profiles: Record<
    string,
    {
      sections: Record<
        string,
        { attributes: Record<string, { value: unknown }>; events?: unknown[]; topics?: unknown }
      >;
    }
  >;
}

function entriesOf(text: string): [string, unknown][] {
  const { profiles } = JSON.parse(text) as Document;
  return Object.entries(profiles).map(([id, { sections }]) => [
    id,
    Object.entries(sections).map(([section, { attributes, events, topics }]) => [
      section,
      inAnyOrder(Object.entries(attributes).map(([name, { value }]) => [name, value])),
      events,
      topics,
    ]),
  ]);
}

/** A numeric key comes first in an object, wherever it is in the text. */
const inAnyOrder = (entries: [string, unknown][]) => {
  const place = (name: string) => ATTRIBUTES.indexOf(name);
  const tags = entries.filter(([, value]) => value === null);
  return [...entries.filter(([, value]) => value !== null).toSorted(([a], [b]) => place(a) - place(b)), ...tags];
};

async function ask(more: object = {}): Promise<string> {
  const body = { dataset: "segment_profiles", ...REQUEST, ...more };
  return (await service.json<{ id: string }>("POST", "/v1/exports", 202, { key: space.key, body })).id;
}

async function documentOf(id: string): Promise<{ text: string; done: ExportView }> {
  const done = await service.poll(space, id);
  return { text: gunzip(await service.fetchFile(onlyFile(done))), done };
}

describe("the document", () => {
  it.each([
    ["everybody", {}],
    ["a segment", { segment: "some" }],
  ])("of %s is what the model says, in one chunk or in many", async (_, more) => {
    const model = modelOf("segment" in more);
    const whole = await ask(more);
    await service.pump();
    const { text, done } = await documentOf(whole);
    expect(entriesOf(text)).toEqual(model);
    expect(done.progress).toMatchObject({ rows_total: model.length, rows_written: model.length });

    service.context.sizes = { ...service.context.sizes, chunkRows: 13 };
    const cut = await ask(more);
    await service.pump();
    service.context.sizes = { ...service.context.sizes, chunkRows: 50_000 };
    expect((await documentOf(cut)).text === text).toBe(true);
  });

  it("has the same bytes when its steps are repeated, in any order", async () => {
    service.context.sizes = { ...service.context.sizes, chunkRows: 5 };
    const once = await ask({ segment: "some" });
    await service.pump();
    const again = await ask({ segment: "some" });
    await pumpCarelessly(service, { times: 2, order: (waiting) => shuffled(roll, waiting), width: 2 });
    service.context.sizes = { ...service.context.sizes, chunkRows: 50_000 };
    expect(bytesOf(await service.poll(space, again))).toEqual(bytesOf(await service.poll(space, once)));
  });

  it("has everything as of the export's creation", async () => {
    const before = await ask({ segment: "some" });
    await service.pump();
    const late = await ask({ segment: "some" });
    await deliver(service, take(service, "plan"));
    const { key } = space;
    await service.json("PUT", "/v1/profiles", 200, {
      key,
      body: {
        profiles: people.map(({ person_id }) => ({ person_id, attributes: { tier: "gold", $city: "Ys" }, tags: [] })),
      },
    });
    await service.json("PUT", "/v1/tags/vip", 200, { key, body: { section_id: "elsewhere", name: "VIP" } });
    await service.json("PUT", "/v1/topics/news", 200, { key, body: { section_id: "elsewhere", name: "News" } });
    await service.json("PUT", "/v1/segments/some", 200, { key, body: { name: "None", rule: { any: [] } } });
    await service.send(space, [
      {
        id: "late",
        definition_id: "rode",
        person_id: people[0]?.person_id,
        occurred_at: REQUEST.start_at,
        properties: { note: "late" },
      },
    ]);
    await service.pump();
    expect((await documentOf(late)).text === (await documentOf(before)).text).toBe(true);
  });

  it("comes in pieces where one profile has very many events, and counts it once", async () => {
    const sql = "SELECT query, snapshot_seq FROM exports WHERE id = ?1";
    const row = await service.context.databases.control.first<{ query: string; snapshot_seq: number }>(sql, [
      await ask(),
    ]);
    const source = datasetNamed("segment_profiles").open(JSON.parse(row?.query ?? ""), {
      db: service.context.databases.space(space.id),
      events: service.context.databases.events(space.id),
      spaceId: space.id,
      seq: row?.snapshot_seq ?? 0,
      since: null,
    });
    const pages: Page[] = [];
    for await (const page of source.pages(source.bounds)) pages.push(page);
    expect(pages.filter((page) => page.continues).length).toBeGreaterThan(1);
    expect(pages.reduce((sum, page) => sum + page.records, 0)).toBe(PEOPLE);
    for (const page of pages) for (const line of page.lines) expect(line.length).toBeLessThan(1_100_000);
    service.queue.length = 0;
  });

  it("with since has the profiles that were written later, and takes no events then", async () => {
    const earlier = await ask();
    await service.pump();
    const body = { profiles: [{ person_id: people[21]?.person_id, attributes: { tier: "new" } }] };
    await service.json("PUT", "/v1/profiles", 200, { key: space.key, body });
    const asked = { key: space.key, body: { dataset: "segment_profiles", ...REQUEST, since: earlier } };
    expect(await service.faults("POST", "/v1/exports", asked)).toEqual(["/since"]);
    const id = await ask({ since: earlier, events: undefined });
    await service.pump();
    const { text } = await documentOf(id);
    const { profiles } = JSON.parse(text) as Document;
    expect(Object.keys(profiles)).toEqual([people[21]?.person_id]);
    expect(text).toContain('"tier":{"value":"new"}');
  });
});
