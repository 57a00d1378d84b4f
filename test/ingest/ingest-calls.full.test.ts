/** The events of a call: their number, their bytes, as JSON or as lines. */

import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { type CallOptions, orders, type ProblemView, Service, type Space } from "../support/service.ts";
import { SPACE_NO } from "../../src/db/core/sequences.ts";

const MAX_BYTES = 15_728_640;
const LINES = { "content-type": "application/x-ndjson" };
const service = new Service();
let space: Space;

beforeEach(async () => {
  space = await service.shop();
});

const post = (options: CallOptions) => service.call("POST", "/v1/events", { key: space.key, ...options });
const faults = (options: CallOptions) => service.faults("POST", "/v1/events", { key: space.key, ...options });
const asLines = (events: readonly unknown[], end = "\n") => events.map((event) => JSON.stringify(event) + end).join("");

async function outcome(response: Response): Promise<[number, unknown]> {
  const body = await response.json<ProblemView & { accepted: number }>();
  return [response.status, body.accepted ?? body.code];
}

async function stored(): Promise<unknown> {
  const query = env.SPACE_DB.prepare(`SELECT count(*) AS n FROM events WHERE space_no = ${SPACE_NO}`);
  return (await query.bind(space.id).first())?.["n"];
}

describe("the number of events", () => {
  it.each([1, 5_000])("may be %i", async (count) => {
    expect(await outcome(await post({ body: { events: orders(count) } }))).toEqual([202, count]);
    expect(await stored()).toBe(count);
  });

  it.each([0, 5_001])("may not be %i", async (count) => {
    expect(await faults({ body: { events: orders(count) } })).toEqual(["/events"]);
    expect(await stored()).toBe(0);
  });

  it.each([[{}], [{ events: null }], [{ events: {} }]])("may not be in %j", async (body) => {
    expect(await faults({ body })).toEqual(["/events"]);
  });

  it("may not come beside anything else", async () => {
    expect(await faults({ body: { events: orders(1), dry_run: true } })).toEqual(["/dry_run"]);
  });
});

it("may name 5,000 persons by ids that are together larger than a parameter of D1", async () => {
  // A quote is two bytes in JSON.
  const ids = Array.from({ length: 5_000 }, (_, n) => `${n}`.padEnd(200, '"'));
  for (let from = 0; from < ids.length; from += 1_000) {
    const profiles = ids.slice(from, from + 1_000).map((person_id) => ({ person_id }));
    await service.json("PUT", "/v1/profiles", 200, { key: space.key, body: { profiles } });
  }
  const events = ids.map((person_id) => ({ definition_id: "order_placed", person_id, properties: {} }));
  expect(await outcome(await post({ body: { events } }))).toEqual([202, 5_000]);
  expect(await stored()).toBe(5_000);
  const unknown = [...events.slice(1), { definition_id: "order_placed", person_id: "nobody", properties: {} }];
  expect(await faults({ body: { events: unknown } })).toEqual(["/events/4999/person_id"]);
});

describe("the number of bytes", () => {
  /** A body of events, padded to a length. */
  const padded = (text: string, bytes: number) => text + " ".repeat(bytes - Buffer.byteLength(text));
  const one = JSON.stringify({ events: orders(1) });

  it("may be 15,728,640", async () => {
    expect(await outcome(await post({ body: padded(one, MAX_BYTES) }))).toEqual([202, 1]);
  });

  it("may not be one more", async () => {
    expect(await outcome(await post({ body: padded(one, MAX_BYTES + 1) }))).toEqual([413, "payload_too_large"]);
    expect(await stored()).toBe(0);
  });

  it("is limited for lines too", async () => {
    const lines = asLines(orders(1));
    expect(await outcome(await post({ raw: padded(lines, MAX_BYTES), headers: LINES }))).toEqual([202, 1]);
    expect(await outcome(await post({ raw: padded(lines, MAX_BYTES + 1), headers: LINES }))).toEqual([
      413,
      "payload_too_large",
    ]);
  });

  it("may come from events of three kilobytes each: all of them are stored", async () => {
    const events = orders(5_000).map((event) => ({ ...event, properties: { order_id: "x".repeat(2_900) } }));
    expect(await outcome(await post({ body: { events } }))).toEqual([202, 5_000]);
    expect(await stored()).toBe(5_000);
  });
});

describe("lines", () => {
  const sendLines = (raw: string) => post({ raw, headers: LINES });
  const [first, second, third] = orders(3).map((event) => JSON.stringify(event));

  it.each([1, 5_000])("may be %i", async (count) => {
    expect(await outcome(await sendLines(asLines(orders(count))))).toEqual([202, count]);
  });

  it("may not be 5,001", async () => {
    expect(await faults({ raw: asLines(orders(5_001)), headers: LINES })).toEqual(["/events"]);
  });

  it("is not read past what is too much", async () => {
    expect(await faults({ raw: `${asLines(orders(5_001))}\n{`, headers: LINES })).toEqual(["/events"]);
    expect(await faults({ raw: "{\n".repeat(1_000_000), headers: LINES })).toHaveLength(100);
  });

  it.each([
    ["without a last line feed", `${first}\n${second}`],
    ["with carriage returns", `${first}\r\n${second}\r\n`],
    ["with empty lines", `\n${first}\n\n  \n${second}\n\n`],
    ["with blanks around", ` ${first} \n\t${second}\t\n`],
  ])("may come %s", async (_, raw) => {
    expect(await outcome(await sendLines(raw))).toEqual([202, 2]);
  });

  it("may come with a parameter on the type", async () => {
    const headers = { "content-type": "application/x-ndjson; charset=utf-8" };
    expect(await outcome(await post({ raw: `${first}\n`, headers }))).toEqual([202, 1]);
  });

  it.each(["", "\n", "\n \n"])("may not be none: %j", async (raw) => {
    expect(await faults({ raw, headers: LINES })).toEqual(["/events"]);
  });

  it.each<[string, string, string[]]>([
    ["cut off", `${first}\n${second?.slice(0, 20)}\n${third}\n`, ["/events/1"]],
    ["two of them", `${first}\n{\n}\n${third}`, ["/events/1", "/events/2"]],
    ["two events on one line", `${first}${second}\n${third}`, ["/events/0"]],
    ["behind empty ones", `\n\n${first}\n\nnot json\n`, ["/events/1"]],
    ["an array of events", `[${first},${second}]\n`, ["/events/0"]],
    [
      "an event list as JSON has it",
      `{"events":[${first}]}\n`,
      ["/events/0/definition_id", "/events/0/properties", "/events/0/events"],
    ],
  ])("that are wrong are pointed to: %s", async (_, raw, pointers) => {
    expect(await faults({ raw, headers: LINES })).toEqual(pointers);
    expect(await stored()).toBe(0);
  });

  it("are identified by line number when one is not JSON", async () => {
    const problem = await (await sendLines(`${first}\noops\n${third}`)).json<ProblemView>();
    expect(problem.errors).toEqual([{ pointer: "/events/1", detail: expect.stringContaining("2") }]);
  });

  it("have the pointers of their events' faults", async () => {
    const wrong = JSON.stringify({ ...orders(1)[0], person_id: "nobody" });
    expect(await faults({ raw: `${first}\n${wrong}\n`, headers: LINES })).toEqual(["/events/1/person_id"]);
  });

  it("store the same rows as JSON does", async () => {
    const rows = async (of: Space) => {
      const query = env.SPACE_DB.prepare(
        `SELECT id, occurred_at, properties FROM events WHERE space_no = ${SPACE_NO} ORDER BY id`,
      );
      return (await query.bind(of.id).all()).results;
    };
    const other = await service.shop();
    await sendLines(asLines(orders(20)));
    await service.send(other, orders(20));
    expect(await rows(space)).toEqual(await rows(other));
  });
});
