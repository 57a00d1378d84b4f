/** `--profiles`: rows become profiles, each person once a call, and the attributes of the mapping are defined. */

import { describe, expect, test } from "vitest";
import type { Fault } from "../../../client/src/errors.ts";
import { derivedPersonId } from "../../../client/src/import/create-profiles.ts";
import { attributesOf, defineAttributes } from "../../../client/src/import/define-attributes.ts";
import type { Item, Rejection } from "../../../client/src/import/events.ts";
import { readProfileMapping } from "../../../client/src/import/profile-mapping.ts";
import { profileMaker } from "../../../client/src/import/profile-rows.ts";
import { inProfileBatches, sendProfiles } from "../../../client/src/import/send-profiles.ts";
import type { Service } from "../../../client/src/import/service.ts";
import { callError, folder, look, readerOf } from "./support.ts";

type Json = Record<string, unknown>;

const put = folder();
const mapped = (mapping: Json) => readProfileMapping(JSON.stringify(mapping), "people.json");

/** What each row of the file becomes: a profile, or the pointer and the error. */
async function rowsOf(name: string, content: string, mapping: Json | null, types = new Map<string, string>()) {
  const path = put(name, content);
  const [source, reader] = [await look(path), await readerOf(path)];
  const make = profileMaker(source, reader, mapping === null ? null : mapped(mapping), types);
  const made: unknown[] = [];
  for await (const { rows } of reader.pieces())
    for (const row of rows) {
      const each = make(row);
      made.push("json" in each ? JSON.parse(each.json) : [each.pointer, each.detail]);
    }
  return made;
}

describe("a row becomes a profile", () => {
  const MAPPING = {
    external_person_id: { column: "Customer" },
    company_id: { column: "Company" },
    identifiers: { custom_id: { template: "crm-{Customer}" } },
    attributes: { $email_address: { column: "Mail" }, points: { column: "Points", type: "number" } },
  };

  test("by a mapping: a mail column is an attribute, and an empty one changes nothing", async () => {
    const csv = "Customer,Company,Mail,Points\nc-1,acme,ada@example.com,12\nc-2,,,\nc-3,,,many\n,,,\n";
    expect(await rowsOf("people.csv", csv, MAPPING)).toEqual([
      {
        person_id: derivedPersonId("c-1"),
        external_person_id: "c-1",
        company_id: "acme",
        identifiers: { custom_id: "crm-c-1" },
        attributes: { $email_address: "ada@example.com", points: 12 },
      },
      { person_id: derivedPersonId("c-2"), external_person_id: "c-2", identifiers: { custom_id: "crm-c-2" } },
      ["/attributes/points", 'Points: "many" is not a number.'],
      ["/person_id", "The row has neither a person_id nor an external_person_id."],
    ]);
  });

  test("as it is, in NDJSON and in CSV with the types of the space's attributes", async () => {
    const line = { person_id: "p-1", attributes: { tier: "gold" }, tags: ["vip"] };
    const lines = `${JSON.stringify(line)}\n{"external_person_id":"c-1"}\n{"attributes":{}}`;
    expect(await rowsOf("people.ndjson", lines, null)).toEqual([
      line,
      { external_person_id: "c-1", person_id: derivedPersonId("c-1") },
      ["/person_id", "The row has neither a person_id nor an external_person_id."],
    ]);
    const csv = "person_id,attributes.points,attributes.__proto__,identifiers.custom_id\np-1,7,x,c\np-2,,,\n";
    const [first, second] = await rowsOf("typed.csv", csv, null, new Map([["points", "number"]]));
    expect(JSON.stringify(first)).toBe(
      '{"person_id":"p-1","attributes":{"points":7,"__proto__":"x"},"identifiers":{"custom_id":"c"}}',
    );
    expect(second).toEqual({ person_id: "p-2" });
  });

  test.each([
    [{ attributes: {} }, "/person_id: or external_person_id is required"],
    [{ person_id: { column: "a" }, properties: {} }, "/properties: is not a known option"],
    [{ person_id: { column: "a" }, attributes: { a: { column: "a", type: "list" } } }, "/attributes/a/type: "],
    [
      { person_id: { column: "a" }, attributes: { a: { column: "a", type: "date", format: "d.M.yyyy" } } },
      "/attributes/a/timezone: is missing",
    ],
  ])("the mapping %j is rejected: %s", (mapping, message) => {
    expect(() => mapped(mapping)).toThrow(message);
  });

  test("columns that are no fields need a mapping", async () => {
    await expect(rowsOf("other.csv", "person_id,mail\np,m\n", null)).rejects.toThrow(
      "mail is not a field of a profile",
    );
    await expect(rowsOf("none.csv", "company_id\na\n", null)).rejects.toThrow("are missing");
  });
});

describe("rows are sent", () => {
  const row = (n: number, id: string, profile: Json = {}): Item => {
    const json = JSON.stringify({ person_id: id, ...profile });
    return {
      n,
      line: n + 1,
      json,
      bytes: json.length,
      id,
      isOfContent: false,
      definitionId: undefined,
      person: { person_id: id, external_person_id: undefined },
    };
  };
  const mail = (n: number, id: string, value: string) => row(n, id, { attributes: { $email_address: value } });

  /** @param judge the faults of a profile: pointers below it. */
  async function send(
    rows: Item[],
    judge: (profile: { person_id: string; attributes?: Json }) => string[] = () => [],
    max = Infinity,
  ) {
    const calls: Json[][] = [];
    const rejected: Rejection[] = [];
    const json = (_method: string, _path: string, { profiles }: { profiles: { person_id: string }[] }) => {
      calls.push(profiles);
      const faults = profiles.flatMap((profile, index) =>
        judge(profile).map((pointer): Fault => ({ pointer: `/profiles/${index}${pointer}`, detail: "wrong" })),
      );
      if (profiles.length > max)
        return Promise.reject(callError("many", 422, "x", [{ pointer: "/profiles", detail: "too many events" }]));
      return faults.length === 0
        ? Promise.resolve({})
        : Promise.reject(callError("no", 422, "x", faults.slice(0, 100)));
    };
    const sent = await sendProfiles(rows, {
      service: { json } as unknown as Service,
      onRejected: (each) => void rejected.push(each),
    });
    return {
      calls,
      rejected: rejected.map(({ line, pointer }) => [line, pointer]),
      accepted: sent.acceptedItems.map(({ n }) => n),
    };
  }

  test("merged by person, in the order of the file", async () => {
    const rows = [
      row(1, "a", { company_id: "x", attributes: { tier: "gold", n: 1 }, tags: ["t"] }),
      row(2, "b"),
      row(3, "a", { company_id: null, attributes: { n: 2, toString: 3 } }),
    ];
    const { calls, accepted } = await send(rows);
    expect(calls).toEqual([
      [
        { person_id: "a", company_id: null, attributes: { tier: "gold", n: 2, toString: 3 }, tags: ["t"] },
        { person_id: "b" },
      ],
    ]);
    expect(accepted).toEqual([1, 2, 3]);
  });

  test("without the row whose value is wrong: the person's other rows count", async () => {
    const rows = [
      mail(1, "a", "a@x"),
      mail(2, "a", "wrong"),
      mail(3, "b", "b@x"),
      mail(4, "a", "wrong"),
      row(5, "a", { type: "T" }),
    ];
    const { calls, rejected, accepted } = await send(rows, ({ attributes }) =>
      attributes?.["$email_address"] === "wrong" ? ["/attributes/$email_address"] : [],
    );
    expect(rejected).toEqual([
      [3, "/attributes/$email_address"],
      [5, "/attributes/$email_address"],
    ]);
    expect(accepted).toEqual([1, 3, 5]);
    expect(calls.at(-1)).toEqual([
      { person_id: "a", attributes: { $email_address: "a@x" }, type: "T" },
      { person_id: "b", attributes: { $email_address: "b@x" } },
    ]);
  });

  test("in halves where the call as a whole is too large", async () => {
    const rows = Array.from({ length: 7 }, (_, n) => row(n, `p-${n}`));
    const { calls, accepted } = await send(rows, undefined, 2);
    expect(calls.filter((call) => call.length <= 2).flat()).toHaveLength(7);
    expect(accepted).toEqual([0, 1, 2, 3, 4, 5, 6]);
  });

  test("in batches of 1,000 people, however many rows they have", () => {
    const rows = Array.from({ length: 10_000 }, (_, n) => row(n, `p-${n % 1_500}`));
    const pending: Item[] = [];
    const batches = [...inProfileBatches(rows, pending), pending];
    expect(batches.flat().map(({ n }) => n)).toEqual(rows.map(({ n }) => n));
    for (const batch of batches) expect(new Set(batch.map(({ id }) => id)).size).toBeLessThanOrEqual(1_000);
    expect([
      ...inProfileBatches(
        rows.map((each) => ({ ...each, id: "p" })),
        [],
      ),
    ]).toEqual([]);
  });
});

describe("--define with --profiles", () => {
  const mapping = mapped({
    person_id: { column: "a" },
    attributes: { $email_address: { column: "b" }, points: { column: "c", type: "number" }, tier: { column: "d" } },
  });

  async function defining(existing: { id: string; type: string }[]) {
    const puts: unknown[] = [];
    const json = (method: string, path: string, body: unknown) => {
      if (method === "PUT") puts.push([path, body]);
      return Promise.resolve({ data: existing, next_cursor: null });
    };
    return { defined: await defineAttributes({ json } as unknown as Service, attributesOf(mapping, true)), puts };
  }

  test("defines the attributes that the space has not; native ones exist", async () => {
    expect(await defining([{ id: "tier", type: "text" }])).toEqual({
      defined: ["points"],
      puts: [["/v1/attributes/points", { name: "points", type: "number" }]],
    });
  });

  test("stops where one has another type, and where a type is missing", async () => {
    await expect(defining([{ id: "points", type: "text" }])).rejects.toThrow(
      "The attribute points is text, and number in the mapping",
    );
    expect(() => attributesOf(mapping, false)).toThrow("--define needs a type of the attribute tier");
  });
});
