/**
 * What every store of events promises, on random histories: rows in a database, and sealed segments with hot events
 * beside them. The expected answers are filters of a plain list.
 */

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { EVENTS, type EventRange, type HadStep } from "../../../src/db/events/event-range.ts";
import type { EventStore } from "../../../src/db/events/event-store.ts";
import type { FromKey, PersonEventRange } from "../../../src/db/events/person-events.ts";
import { DAY_MS } from "../../../src/time/durations.ts";
import { ample } from "../../support/ample-budget.ts";
import {
  asRows,
  byKey,
  FIRST_DAY,
  history,
  inTiers,
  PEOPLE,
  type Play,
  TYPES,
  type World,
} from "../../support/event-histories.ts";
import { all, bytesOf, keyOf, type StoredEvent } from "../../support/sealed-events.ts";
import { START } from "../../support/service.ts";

const RUNS = { numRuns: 6 };

/** Which part of a world is read. */
interface Asked {
  from: number;
  to: number;
  /** Of the last sequence number. */
  share: number;
  types: readonly string[] | null;
  had: readonly HadStep[];
  excludeDeleted: EventRange["excludeDeleted"];
}

const asked: fc.Arbitrary<Asked> = fc.record({
  from: fc.integer({ min: -3, max: 4 }),
  to: fc.integer({ min: 2, max: 11 }),
  share: fc.double({ min: 0.2, max: 1, noNaN: true }),
  types: fc.constantFrom(null, ["bought"], [...TYPES], []),
  had: fc.constantFrom(
    [],
    [{ until: FIRST_DAY + DAY_MS, seq: 2 }],
    [
      { until: FIRST_DAY, seq: 3 },
      { until: FIRST_DAY + DAY_MS, seq: 1 },
    ],
  ),
  excludeDeleted: fc.constantFrom(undefined, "at_snapshot", "now"),
});

const rangeOf = ({ spaceId, seq }: World, of: Asked): EventRange => ({
  table: EVENTS,
  spaceId,
  seq: Math.ceil(seq * of.share),
  had: of.had,
  types: of.types,
  lower: { time: FIRST_DAY + of.from * (DAY_MS / 4), id: "" },
  upper: { time: FIRST_DAY + of.to * (DAY_MS / 4), id: "" },
  excludeDeleted: of.excludeDeleted,
});

const wasDeleted = ({ deletions }: World, { personId, seq }: StoredEvent, upTo: number) =>
  deletions.some((each) => each.personId === personId && each.seq >= seq && each.seq <= upTo);

/** The events of the snapshot between the keys, in their order, each with whether it belongs to the range. */
function expectedOf(world: World, range: EventRange): { event: StoredEvent; belongs: boolean }[] {
  const upTo = range.excludeDeleted === undefined ? 0 : range.excludeDeleted === "now" ? Infinity : range.seq;
  return world.events
    .filter(
      (event) =>
        event.seq <= range.seq &&
        !wasDeleted(world, event, upTo) &&
        event.occurredAt >= range.lower.time &&
        event.occurredAt < range.upper.time,
    )
    .toSorted(byKey)
    .map((event) => ({
      event,
      belongs:
        (range.types?.includes(event.definitionId) ?? true) &&
        event.seq > (range.had.find(({ until }) => event.occurredAt < until)?.seq ?? 0),
    }));
}

const matching = (world: World, range: EventRange) =>
  expectedOf(world, range).flatMap(({ event, belongs }) => (belongs ? [event] : []));

const read = async (store: EventStore, range: EventRange) => (await all(store.pages(range))).flat();

/** Checks a property of worlds. */
const always = <Extra>(how: Play, extra: fc.Arbitrary<Extra>, check: (world: World, extra: Extra) => Promise<void>) =>
  fc.assert(
    fc.asyncProperty(history, extra, async (steps, more) => check(await how(steps), more)),
    RUNS,
  );

describe.each<[string, Play]>([
  ["rows of a database", asRows],
  ["sealed segments and hot events", inTiers],
])("events as %s", (_, how) => {
  it("are read in their order as of a sequence number, and counted as they are read", async () => {
    await always(how, asked, async (world, of) => {
      const range = rangeOf(world, of);
      const expected = matching(world, range);
      const found = await read(world.store, range);
      expect(found.map(({ id, personId, properties }) => [id, personId, properties])).toEqual(
        expected.map(({ id, personId, properties }) => [id, personId, properties]),
      );
      expect(await world.store.count(range, ample())).toEqual({
        records: expected.length,
        first: expected[0] === undefined ? null : keyOf(expected[0]),
        next: null,
      });
      expect(await world.store.timesOfEveryNth(range, 3)).toEqual(
        expected.filter((_, n) => n % 3 === 0).map(({ occurredAt }) => occurredAt),
      );
    });
  });

  const limits = fc.record({
    records: fc.integer({ min: 1, max: 9 }),
    bytes: fc.constantFrom(200, 700, Infinity),
    scanned: fc.constantFrom(3, 11, Infinity),
  });

  it("are cut into chunks that depend on the events of the snapshot alone", async () => {
    await always(how, fc.tuple(asked, limits), async (world, [of, max]) => {
      const range = rangeOf(world, of);
      let rest = expectedOf(world, range);
      for (let lower = range.lower; ;) {
        const cut = await world.store.cut({ ...range, lower }, max);
        let [records, bytes] = [0, 0];
        const end = rest.findIndex(({ event, belongs }, n) => {
          if (n >= max.scanned) return true;
          if (!belongs) return false;
          bytes += bytesOf(event);
          if (records === max.records || (records > 0 && bytes > max.bytes)) return true;
          records += 1;
          return false;
        });
        const first = rest.slice(0, end === -1 ? undefined : end).find(({ belongs }) => belongs);
        const next = rest[end];
        expect(cut).toEqual({
          records,
          first: first === undefined ? null : keyOf(first.event),
          next: next === undefined ? null : keyOf(next.event),
        });
        if (cut.next === null) return;
        lower = cut.next;
        rest = rest.slice(end);
      }
    });
  });

  it("are found from the end", async () => {
    await always(how, fc.tuple(asked, fc.integer({ min: 1, max: 9 })), async (world, [of, records]) => {
      const range = rangeOf(world, of);
      const last = matching(world, range).at(-records);
      expect(await world.store.startOfLast(range, { records, scanned: Infinity })).toEqual(
        last === undefined ? range.lower : keyOf(last),
      );
    });
  });

  it("are read and measured by person, from any page to the next", async () => {
    const pages = fc.record({ rows: fc.integer({ min: 1, max: 9 }), scanned: fc.constantFrom(2, 7, 60_000) });
    await always(how, fc.tuple(asked, pages), async (world, [of, max]) => {
      const { spaceId, seq, upper, lower } = rangeOf(world, of);
      const range: PersonEventRange = {
        spaceId,
        seq,
        definitionIds: of.types ?? TYPES,
        before: upper.time,
        excludeDeleted: of.excludeDeleted !== undefined,
      };
      const everyone: FromKey[] = PEOPLE.map((id) => [id, lower.time, ""]);
      const expected = PEOPLE.map((personId) =>
        world.events
          .filter(
            (event) =>
              event.personId === personId &&
              event.seq <= seq &&
              range.definitionIds.includes(event.definitionId) &&
              event.occurredAt >= lower.time &&
              event.occurredAt < upper.time &&
              !(range.excludeDeleted && wasDeleted(world, event, seq)),
          )
          .toSorted(byKey),
      );
      const found: string[][] = PEOPLE.map(() => []);
      for (let [rest, skipped] = [everyone, 0]; ;) {
        const page = await world.store.byPerson(range, rest, { ...max, bytes: 900_000 });
        for await (const part of world.store.fillLarge(spaceId, page.events))
          for (const event of part) found[skipped + event.place]?.push(`${event.id} ${event.properties}`);
        if (page.next === null) break;
        skipped += page.next.place;
        rest = [page.next.from, ...everyone.slice(skipped + 1)];
      }
      expect(found).toEqual(expected.map((own) => own.map(({ id, properties }) => `${id} ${properties}`)));
      const { sizes, rest } = await world.store.sizesByPerson(range, everyone, 60_000);
      expect([sizes.map(({ events }) => events), rest]).toEqual([expected.map((own) => own.length), null]);
      expect(sizes.map(({ events, bytes }) => bytes - 150 * events)).toEqual(
        expected.map((own) => own.reduce((sum, event) => sum + bytesOf(event), 0)),
      );
    });
  });

  it("are known by their ids until retention or erasure deletes them", async () => {
    await always(how, fc.integer({ min: -2, max: 10 }), async (world, quarter) => {
      const { store, spaceId } = world;
      const ids = world.events.map(({ id }) => id);
      const known = async () => [...(await store.known(spaceId, [...ids, "never"]))].toSorted();
      expect(await known()).toEqual(ids.toSorted());
      const before = FIRST_DAY + quarter * (DAY_MS / 4);
      let deleted = 0;
      for (let some = 3; some === 3; deleted += some) some = await store.deleteBefore(EVENTS, spaceId, before, 3);
      const kept = world.events.filter(({ occurredAt }) => occurredAt >= before);
      expect(deleted).toBe(ids.length - kept.length);
      expect(await known()).toEqual(kept.map(({ id }) => id).toSorted());
      for (const { id, personId, seq } of world.deletions) {
        const deletion = { space_id: spaceId, id, person_id: personId, seq };
        while (!(await store.erase(deletion, 3, START)).completed);
      }
      const left = kept.filter((event) => !wasDeleted(world, event, Infinity));
      expect(await known()).toEqual(left.map(({ id }) => id).toSorted());
      const everything = rangeOf(world, {
        from: -9,
        to: 99,
        share: 1,
        types: null,
        had: [],
        excludeDeleted: undefined,
      });
      expect((await read(store, everything)).map(({ id }) => id)).toEqual(left.toSorted(byKey).map(({ id }) => id));
    });
  });
});
