/**
 * The state that a run saves for the next one, and the handling of a file that has changed since, or while it is
 * read.
 */

import { appendFileSync, readFileSync, renameSync, utimesSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { eventMaker, type Item } from "../../../client/src/import/events.ts";
import { load, NOTHING_YET } from "../../../client/src/import/load.ts";
import { type Mapping, readMapping } from "../../../client/src/import/mapping.ts";
import { sendBatch } from "../../../client/src/import/send.ts";
import type { Service } from "../../../client/src/import/service.ts";
import { checkUnchanged } from "../../../client/src/import/source.ts";
import { Accepted, readState, writeState } from "../../../client/src/import/state.ts";
import { folder, look, readerOf, loadOptions } from "./support.ts";

const put = folder();

describe("the state", () => {
  const subject = { bytes: 10, sha256: "ab", space: "s", settings: "m" };
  const CONTINUE = { restart: false, allowNewIds: false };
  const RESTART = { restart: true, allowNewIds: false };

  test("has the accepted rows as ranges, in any order of arrival", () => {
    const accepted = new Accepted();
    for (const rows of [[4, 5, 6], [1, 2], [9], [3, 8], [20, 22]]) accepted.add(rows);
    expect(accepted.ranges).toEqual([
      [1, 6],
      [8, 9],
      [20, 20],
      [22, 22],
    ]);
    expect([0, 1, 6, 7, 8, 9, 10, 20, 21, 22, 23].filter((n) => accepted.has(n))).toEqual([1, 6, 8, 9, 20, 22]);
    expect(accepted.rows).toBe(10);
  });

  test("keeps 10,000 ranges at most, and forgets the shortest", () => {
    const accepted = new Accepted();
    accepted.add([1, 2, 3]);
    accepted.add(Array.from({ length: 10_005 }, (_, index) => 10 + 2 * index));
    expect(accepted.ranges).toHaveLength(10_000);
    expect(accepted.has(2)).toBe(true);
  });

  test("is read as it was written, and is empty where there is none", () => {
    const path = put("state");
    expect(readState(path, subject, CONTINUE).ranges).toEqual([]);
    writeState(path, subject, new Accepted([[1, 5]]));
    expect(readState(path, subject, CONTINUE).ranges).toEqual([[1, 5]]);
    expect(readState(path, subject, RESTART).ranges).toEqual([]);
    expect(readFileSync(path, "utf8")).not.toContain("\0");
  });

  test.each([
    [{ space: "t" }, "another space"],
    [{ sha256: "cd" }, "which has changed since"],
    [{ settings: "n" }, "with another mapping"],
  ])("of another import (%j) is rejected", (change, message) => {
    const path = put("state-of-other");
    writeState(path, subject, new Accepted([[1, 1]]));
    expect(() => readState(path, { ...subject, ...change }, CONTINUE)).toThrow(message);
    expect(() => readState(path, { ...subject, ...change }, CONTINUE)).toThrow("--restart sends every line again");
    expect(readState(path, { ...subject, ...change }, RESTART).ranges).toEqual([]);
  });

  test("of a run that took nothing binds no other import", () => {
    const path = put("state-of-nothing");
    writeState(path, subject, new Accepted());
    const changed = { bytes: 11, sha256: "cd", space: "t", settings: "n" };
    expect(readState(path, changed, CONTINUE)).toMatchObject({ rows: 0, idsOfContent: false });
    writeState(path, subject, new Accepted([], true));
    expect(() => readState(path, changed, CONTINUE)).toThrow("another space");
  });

  describe("of a run whose ids were derived from the content", () => {
    const grown = { ...subject, sha256: "cd", bytes: 20 };
    const stateOf = (idsOfContent: boolean) => {
      const path = put(`state-${idsOfContent}`);
      writeState(path, subject, new Accepted([[1, 5]], idsOfContent));
      return path;
    };

    test("restarts with another content only with the option for it: all its events would be doubled", () => {
      const path = stateOf(true);
      for (const how of [CONTINUE, RESTART])
        expect(() => readState(path, grown, how)).toThrow(
          "Sent again, they would get other ids and be doubled: import new lines as a file of their own.",
        );
      expect(readState(path, grown, { restart: true, allowNewIds: true })).toMatchObject({
        rows: 0,
        idsOfContent: false,
      });
    });

    test("restarts with the same content, and keeps that the ids are derived", () => {
      expect(readState(stateOf(true), subject, RESTART)).toMatchObject({ rows: 0, idsOfContent: true });
    });

    test("says nothing of another space", () => {
      expect(readState(stateOf(true), { ...grown, space: "t" }, RESTART).rows).toBe(0);
    });

    test("differs from one whose events had ids of their own", () => {
      expect(readState(stateOf(false), grown, RESTART)).toMatchObject({ rows: 0, idsOfContent: false });
    });

    test("of an older version does not record this: then the ids may be derived", () => {
      const { ids_of_content: _, ...old } = JSON.parse(readFileSync(stateOf(false), "utf8")) as Record<string, unknown>;
      expect(() => readState(put("old", JSON.stringify(old)), grown, RESTART)).toThrow("be doubled");
    });
  });

  test("that is not a state is not overwritten", () => {
    expect(() => readState(put("notes.txt", "my notes"), subject, RESTART)).toThrow("is not the state of an import");
  });
});

describe("an id is derived from the content", () => {
  async function isOfContent(line: string, id?: Mapping["id"]): Promise<boolean | undefined> {
    const path = put("event.ndjson", line);
    const rest = { definition_id: { constant: "order" }, person_id: { column: "a" }, properties: {} };
    const mapping = id === undefined ? null : readMapping(JSON.stringify({ ...rest, id }), "mapping.json");
    const [source, reader] = [await look(path), await readerOf(path)];
    const make = eventMaker(source, reader, mapping, new Map());
    for await (const { rows } of reader.pieces())
      for (const row of rows) {
        const created = make(row);
        return "json" in created ? created.isOfContent : undefined;
      }
    return undefined;
  }

  test.each([
    ['{"a":1}', undefined, true],
    ['{"a":1,"id":null}', undefined, true],
    ['{"a":1,"id":"x"}', undefined, false],
    ['{"a":1}', { template: "{a}-{#line}" }, false],
    ['{"a":1}', { template: "{a}-{{#file}}" }, false],
    ['{"a":1}', { template: "{#file}-{#line}" }, true],
    ['{"a":1}', { column: "b" }, true],
  ])("of %s with %j: %s", async (line, id, expected) => {
    expect(await isOfContent(line, id)).toBe(expected);
  });
});

describe("a file that changes while it is read", () => {
  const LINES = '{"id":"1"}\n{"id":"2"}\n';

  test("is found, also where its size and its time are the same", async () => {
    const path = put("changing.ndjson", LINES);
    const other = put("other.ndjson", LINES.replace("2", "3"));
    for (const each of [path, other]) utimesSync(each, 1_300_000_000, 1_300_000_000);
    const source = await look(path);
    checkUnchanged(source, "");
    renameSync(other, path);
    expect(() => checkUnchanged(source, "Do this.")).toThrow("was changed while it was read. Do this.");
  });

  test("is read up to the inspected length, and a shorter file is an error", async () => {
    const path = put("growing.ndjson", LINES);
    const reader = await readerOf(path);
    appendFileSync(path, '{"id":"3"}\n');
    const rows = [];
    for await (const piece of reader.pieces()) rows.push(...piece.rows);
    expect(rows.map(({ line }) => line)).toEqual([1, 2]);

    const shorter = await readerOf(path);
    put("growing.ndjson", LINES);
    const read = async () => {
      for await (const piece of shorter.pieces()) rows.push(...piece.rows);
    };
    await expect(read()).rejects.toThrow("has become shorter");
  });

  test("stops before its next batch is sent", async () => {
    const sent: unknown[] = [];
    const json = (_method: string, _path: string, body: unknown) => {
      sent.push(body);
      return Promise.resolve({ accepted: 1, duplicates: 0 });
    };
    const path = put("stopping.ndjson", LINES);
    const [source, reader] = [await look(path), await readerOf(path)];
    const work = {
      ...loadOptions(),
      make: eventMaker(source, reader, null, new Map()),
      send: (batch: readonly Item[]) =>
        sendBatch(batch, { service: { json } as unknown as Service, onRejected: () => {} }),
      pieces: reader.pieces(),
      concurrency: 1,
      beforeBatch: () => checkUnchanged(source, ""),
      onAccepted: () => appendFileSync(path, '{"id":"3"}\n'),
    };
    await expect(load(work, { ...NOTHING_YET })).rejects.toThrow("was changed while it was read");
    expect(sent).toEqual(['{"id":"1"}']);
  });
});
