/**
 * A whole run against a service that keeps what it is sent: what is refused before it, and what a run leaves behind.
 */

import { existsSync } from "node:fs";
import { Readable } from "node:stream";
import { beforeEach, describe, expect, test } from "vitest";
import type { Shell } from "../../../client/src/import/prepare.ts";
import { run } from "../../../client/src/import/run.ts";
import type { Service } from "../../../client/src/import/service.ts";
import { callError, folder, optionsOf } from "./support.ts";

const put = folder();
const BASE = {
  definition_id: { constant: "visit" },
  person_id: { column: "who" },
  properties: { page: { column: "page" } },
};
const DAY = { column: "day", timezone: "UTC" };

let calls: [call: string, body: unknown][];
let shown: string[];
let answer: (call: string) => unknown;
let state: string;

beforeEach(() => {
  calls = [];
  shown = [];
  answer = () => ({ accepted: 0, duplicates: 0 });
  state = put(`state-${expect.getState().currentTestName?.length}-${Math.trunc(performance.now() * 1000)}`);
});

const service = {
  json(method: string, path: string, body: unknown) {
    const call = `${method} ${path}`;
    if (call === "GET /v1/space")
      return Promise.resolve({ id: "s", name: "Shop", timezone: "UTC", retention_days: 180 });
    calls.push([call, body]);
    const made = answer(call);
    return made instanceof Error ? Promise.reject(made) : Promise.resolve(made);
  },
} as unknown as Service;

const SHELL: Shell = {
  log: (line) => void shown.push(line),
  warn: (line) => void shown.push(line),
  progress: () => () => {},
  endProgress: () => {},
  stdin: Readable.from([]),
  now: () => 0,
  signal: new AbortController().signal,
};

function importing(csv: string, mapping: object, ...args: string[]) {
  const file = put("visits.csv", csv);
  const map = put("map.json", JSON.stringify({ ...BASE, ...mapping }));
  const options = optionsOf(file, "--space", "Shop", "--map", map, "--state", state, ...args);
  return run(options, service, SHELL);
}

const sent = () => calls.filter(([call]) => call === "POST /v1/events");

describe("where no row can be sent", () => {
  const CSV = `who,day,page\n${Array.from({ length: 3_000 }, (_, n) => `p-${n},2026-01-0${(n % 9) + 1},x`).join("\n")}\n`;

  test("nothing is: the reason is told once, with the option that mends it, and no state is left", async () => {
    await expect(importing(CSV, { occurred_at: { column: "day" } }, "--define", "--create-profiles")).rejects.toThrow(
      /^Nothing was sent: each of the 3,000 rows is rejected\.\n3,000 × visits\.csv:2: \/occurred_at: day: "2026-01-01" has no offset from UTC\. Name its zone in the mapping, for example "timezone": "Europe\/London"\.$/,
    );
    expect(calls).toEqual([]);
    expect(existsSync(state)).toBe(false);
    await importing(CSV, { occurred_at: DAY });
    expect(sent()).toHaveLength(1);
  });

  test("the mapping's own faults are told before anything is read", async () => {
    const at = { column: "day", format: "d.M.yyyy" };
    await expect(importing(CSV, { occurred_at: at })).rejects.toThrow("/occurred_at/timezone: is missing");
    expect(calls).toEqual([]);
  });

  test("one row that can be sent is enough: the others are rejected", async () => {
    const one = { occurred_at: { column: "day" } };
    const result = await importing(`${CSV}p-9,2026-01-01T00:00:00Z,y\n`, one);
    expect(result.rows.rejected).toBe(3_000);
    expect(sent()).toHaveLength(1);
  });
});

describe("the state of a run", () => {
  const CSV = "who,day,page\np-1,2026-01-01,x\n";
  const refusal = (status: number, pointer: string) =>
    callError("no", status, "x", [{ pointer, detail: "The space has no profile p-1." }]);

  test("that took nothing is removed, also where ids derive from the content", async () => {
    answer = () => refusal(422, "/events/0/person_id");
    expect(await importing(CSV, { occurred_at: DAY })).toMatchObject({ rows: { rejected: 1 } });
    expect(existsSync(state)).toBe(false);
    answer = () => refusal(403, "");
    await expect(importing(CSV, { occurred_at: DAY })).rejects.toThrow("no");
    expect(existsSync(state)).toBe(false);
  });

  test("whose call had no answer stays: the service may have the events", async () => {
    answer = () => callError("away", 503, "unavailable");
    await expect(importing(CSV, { occurred_at: DAY })).rejects.toThrow("away");
    expect(existsSync(state)).toBe(true);
    await expect(importing(`${CSV}p-2,2026-01-01,x\n`, { occurred_at: DAY })).rejects.toThrow(
      "which has changed since",
    );
  });

  test("that took something stays", async () => {
    await importing(CSV, { occurred_at: DAY });
    await expect(importing(CSV, { occurred_at: { column: "day", timezone: "Europe/Paris" } })).rejects.toThrow(
      "belongs to an import with another mapping",
    );
  });

  test("is not left where the definitions cannot be made", async () => {
    answer = () => ({ id: "visit", enabled: true, properties: [{ name: "page", type: "number" }] });
    await expect(importing(CSV, { occurred_at: DAY }, "--define")).rejects.toThrow("its property page is number");
    expect(existsSync(state)).toBe(false);
  });
});

describe("--dry-run", () => {
  test("shows the first events as they would be sent and their types, and sends nothing", async () => {
    const csv = "who,day,page\np-1,2026-01-01,x\np-2,soon,y\np-3,2026-01-02,\n";
    const result = await importing(csv, { id: { template: "v-{#row}" }, occurred_at: DAY }, "--dry-run", "--define");
    expect(result.rows.rejected).toBe(1);
    expect(calls).toEqual([]);
    expect(existsSync(state)).toBe(false);
    expect(shown.slice(1)).toEqual([
      "The first 2 of 2 events, as they would be sent:",
      'line 2: {"id":"v-1","definition_id":"visit","person_id":"p-1","occurred_at":"2026-01-01T00:00:00.000Z","properties":{"page":"x"}}',
      'line 4: {"id":"v-3","definition_id":"visit","person_id":"p-3","occurred_at":"2026-01-02T00:00:00.000Z","properties":{}}',
      "The event definitions that these events need, with the types of their values:",
      "visit: 2 events",
      "  page  text, in 1 events",
      "3 rows read: 2 can be sent, 1 rejected. Nothing was sent (--dry-run).",
      expect.stringContaining('visits.csv:3: /occurred_at: day: "soon" is not a time') as string,
    ]);
  });

  test("shows the attributes of profiles", async () => {
    const file = put("people.csv", "who,mail,since\np-1,ada@example.com,2026-01-01\np-2,,2026-01-02\n");
    const attributes = {
      $email_address: { column: "mail" },
      since: { column: "since", type: "date", timezone: "UTC" },
    };
    const map = put("people.json", JSON.stringify({ person_id: { column: "who" }, attributes }));
    const options = optionsOf(file, "--profiles", "--map", map, "--dry-run");
    await run(options, service, SHELL);
    expect(calls).toEqual([]);
    expect(shown.slice(4)).toEqual([
      "The attributes of these profiles, with the types of their values:",
      "  $email_address  text, in 1 profiles",
      "  since           date, in 2 profiles",
      "2 rows read: 2 can be sent, 0 rejected. Nothing was sent (--dry-run).",
    ]);
  });

  test("needs neither a key nor a space with a mapping", async () => {
    const file = put("dry.csv", "who,page\np-1,x\n");
    const map = put("dry.json", JSON.stringify(BASE));
    const options = optionsOf(file, "--map", map, "--dry-run");
    expect(await run(options, null, SHELL)).toMatchObject({ rows: { read: 1, rejected: 0 }, stopped: false });
    const events = put("bare.csv", "definition_id,person_id\nvisit,p-1\n");
    const unmapped = optionsOf(events, "--dry-run");
    await expect(run(unmapped, null, SHELL)).rejects.toThrow("CSV without a mapping needs the space's types");
  });
});

describe("--define for a definition that a column names", () => {
  test("creates each before its first event", async () => {
    answer = (call) => (call.startsWith("GET") ? callError("none", 404, "not_found") : { accepted: 2, duplicates: 0 });
    const csv = "who,day,page,kind\np-1,2026-01-01,x,viewed\np-2,2026-01-01,,closed\n";
    await importing(csv, { definition_id: { column: "kind" }, occurred_at: DAY }, "--define");
    expect(calls.slice(2)).toEqual([
      ["POST /v1/event-definitions", { id: "viewed", name: "viewed", properties: [{ name: "page", type: "text" }] }],
      ["POST /v1/event-definitions", { id: "closed", name: "closed", properties: [] }],
      ["POST /v1/events", expect.any(String)],
    ]);
  });

  test("is refused where the texts of CSV have no types", async () => {
    answer = () => ({ data: [], next_cursor: null });
    const file = put("events.csv", "definition_id,person_id,properties.a\nvisit,p,1\n");
    const options = optionsOf(file, "--space", "s", "--state", state, "--define");
    await expect(run(options, service, SHELL)).rejects.toThrow("--define needs a mapping for CSV");
  });
});

test("an event of CSV without a mapping has a time where there is a column for it", async () => {
  answer = (call) => (call.startsWith("GET") ? { data: [], next_cursor: null } : { accepted: 1, duplicates: 0 });
  const csv = "definition_id,person_id,occurred_at,properties.__proto__\nvisit,p,,\nvisit,p,2026-01-01T00:00:00Z,x\n";
  const file = put("timed.csv", csv);
  const options = optionsOf(file, "--space", "s", "--state", state);
  expect(await run(options, service, SHELL)).toMatchObject({ rows: { rejected: 1 } });
  expect(shown.join("\n")).toContain("timed.csv:2: /occurred_at: occurred_at is empty. To let such events occur");
  expect(sent()[0]?.[1]).toContain('"properties":{"__proto__":"x"}');
});
