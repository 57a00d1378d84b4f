/** A file without a mapping: what its columns are taken for, and that the proposed mapping loads it. */

import { readFileSync } from "node:fs";
import { Readable } from "node:stream";
import { describe, expect, test } from "vitest";
import { commandFor, proposalLines, writeMapping } from "../../../client/src/cli/import-proposal.ts";
import { columnsOf } from "../../../client/src/import/columns.ts";
import { MappingNeeded } from "../../../client/src/import/needs-mapping.ts";
import type { Shell } from "../../../client/src/import/prepare.ts";
import { run } from "../../../client/src/import/run.ts";
import type { Service } from "../../../client/src/import/service.ts";
import { callError, folder, optionsOf, readerOf } from "./support.ts";

const put = folder();
const shell = (stdin = Readable.from([])): Shell => ({
  log: () => {},
  warn: () => {},
  progress: () => () => {},
  endProgress: () => {},
  stdin,
  now: () => Date.parse("2026-12-01T00:00:00.000Z"),
  signal: new AbortController().signal,
});

/** A space in London whose definitions spell `amount` so. */
const service = {
  json: (_: string, path: string) =>
    Promise.resolve(
      path === "/v1/space"
        ? { id: "s", name: "Shop", timezone: "Europe/London", retention_days: 180 }
        : { data: [{ id: "x", enabled: true, properties: [{ name: "amount", type: "number" }] }], next_cursor: null },
    ),
} as unknown as Service;

async function proposalFor(file: string, content: string | Buffer, ...args: string[]): Promise<MappingNeeded> {
  const path = put(file, content);
  const thrown: unknown = await run(optionsOf(path, ...args), service, shell()).catch((error: unknown) => error);
  expect(thrown).toBeInstanceOf(MappingNeeded);
  return thrown as MappingNeeded;
}

const csv = (...lines: string[]) => `${lines.join("\n")}\n`;

describe("a CSV without a mapping", () => {
  test("gets a mapping of events that loads all of its rows", async () => {
    const content = csv(
      "Order No,CustomerID,Email,Placed at,Amount,Paid,ZIP",
      "A-17,c-1,ada@example.com,2026-11-03 10:00:00,19.90,true,01234",
      "A-18,c-2,,2026-11-03 11:30:00,5,false,99999",
    );
    const needed = await proposalFor("2026 orders.csv", content);
    expect(needed.proposal.mapping).toEqual({
      id: { template: "orders-{Order No}" },
      definition_id: { constant: "orders" },
      person_id: { column: "CustomerID" },
      occurred_at: { column: "Placed at", timezone: "Europe/London" },
      properties: {
        "Order No": { column: "Order No", type: "text" },
        Email: { column: "Email", type: "text" },
        // As the space spells it: a second spelling is refused.
        amount: { column: "Amount", type: "number" },
        Paid: { column: "Paid", type: "boolean" },
        ZIP: { column: "ZIP", type: "text" },
      },
    });
    const map = put("orders.json", JSON.stringify(needed.proposal.mapping));
    const result = await run(optionsOf(put("2026 orders.csv"), "--map", map, "--dry-run"), null, shell());
    expect(result.rows).toMatchObject({ read: 2, rejected: 0 });
  });

  test("is read with the delimiter of its header, and with decimal commas", async () => {
    const content = "kunde_id;datum;betrag;menge\r\n7;31.12.2025 08:05;1,5;1\r\n8;01.01.2026 09:00;12,25;2\r\n";
    const { proposal } = await proposalFor("bestellungen.csv", content);
    expect(proposal.mapping).toMatchObject({
      person_id: { column: "kunde_id" },
      occurred_at: { column: "datum", format: "d.M.yyyy H:mm", timezone: "Europe/London" },
      properties: {
        betrag: { column: "betrag", type: "number", decimal: "," },
        menge: { column: "menge", type: "number" },
      },
    });
  });

  test.each([
    ["03/04/2026 10:00", "d/M/yyyy H:mm"],
    ["03/31/2026 10:00", "M/d/yyyy H:mm"],
  ])("has its days and months told apart where the values do: %s", async (time, format) => {
    const { proposal } = await proposalFor("visits.csv", csv("user_id,time", `u-1,${time}`));
    expect(proposal.mapping["occurred_at"]).toMatchObject({ format });
    expect(proposal.checks.some((check) => check.includes("the day or the month first"))).toBe(format.startsWith("d"));
  });

  test("has the kinds of its events, where a column names them", async () => {
    const { proposal } = await proposalFor(
      "log.csv",
      csv("event,user_id,ts", "viewed,u-1,1767225600", "closed,u-1,1767225601"),
    );
    expect(proposal.mapping).toMatchObject({
      definition_id: { column: "event" },
      occurred_at: { column: "ts", format: "unix" },
    });
  });

  test.each([
    ["a number with separators of thousands stays a text", ["1,234", "5,678"], { type: "text" }],
    ["a number that is too long stays a text", ["9007199254740993", "1"], { type: "text" }],
    ["a column with a word among its numbers is a text", ["1", "n/a"], { type: "text" }],
    ["0 and 1 are numbers", ["0", "1"], { type: "number" }],
    ["a day stays as it is written", ["2026-01-31", "2026-02-01"], { type: "text" }],
  ])("%s", async (_, [first, second], value) => {
    const content = csv(
      "user_id,occurred_at,v",
      `u-1,2026-01-01T00:00:00Z,"${first}"`,
      `u-1,2026-01-01T00:00:00Z,"${second}"`,
    );
    const { proposal } = await proposalFor("values.csv", content);
    expect(proposal.mapping["properties"]).toMatchObject({ v: value });
  });

  test.each([
    ["2010-12-01 08:26:00", ["The oldest event is of 2010-12-01, and the space refuses events before 2026-06-04."]],
    ["1291191960", ["The oldest event is of 2010-12-01, and the space refuses events before 2026-06-04."]],
    ["2026-11-30 08:26:00", []],
  ])("says where its events are older than the space keeps them: %s", async (time, told) => {
    const content = csv("user_id,time", `u-1,${time}`);
    const { proposal } = await proposalFor("old.csv", content);
    const found = proposal.checks.filter((check) => check.startsWith("The oldest"));
    expect(found).toEqual(told.map((start) => expect.stringContaining(start) as string));
  });

  test("of many columns is looked at in fewer rows, and long texts are not kept", async () => {
    const lines = Array.from({ length: 9 }, (_, n) => `u-${n},${String(n).repeat(200)}`);
    const file = put("long.csv", csv("user_id,key", ...lines));
    expect(await columnsOf(await readerOf(file), 10)).toMatchObject({ rows: 5, isWhole: false });
    const whole = await columnsOf(await readerOf(file), 100);
    expect(whole).toMatchObject({ rows: 9, isWhole: true });
    expect(whole.columns).toMatchObject([{ isUnique: true }, { isUnique: false, distinct: null }]);
  });

  test("without a person, or with empty ones, says so", async () => {
    const none = await proposalFor("readings.csv", csv("sensor,at,value", "s-1,2026-01-01T00:00:00Z,1"));
    expect(none.proposal.mapping["person_id"]).toEqual({ column: "PERSON" });
    expect(none.proposal.checks.join()).toContain("No column looks like a person");
    const some = await proposalFor("some.csv", csv("user_id,at", "u-1,2026-01-01T00:00:00Z", ",2026-01-01T00:00:00Z"));
    expect(some.proposal.checks.join()).toContain("user_id is empty in 1 rows");
  });

  test("names that no property may have become names that one may have", async () => {
    const content = csv("user_id,at,1st,a.b,__proto__,x  y,X Y", "u-1,2026-01-01T00:00:00Z,1,2,3,4,5");
    const { proposal } = await proposalFor("names.csv", content);
    expect(Object.keys(proposal.mapping["properties"] as object)).toEqual(["_1st", "a_b", "_proto", "x y", "X Y_2"]);
  });

  test("may have columns without a name: they are named by their place, and an empty one is left out", async () => {
    const content = csv(",user_id,at,,", "0,u-1,2026-01-01T00:00:00Z,x,", "1,u-2,2026-01-02T00:00:00Z,,");
    const needed = await proposalFor("frame.csv", content);
    expect(needed.message).toContain("column_1, user_id, at, column_4, column_5 are not fields of an event");
    const { properties } = needed.proposal.mapping;
    expect(Object.keys(properties as object)).toEqual(["column_1", "column_4"]);
    const path = put("frame.mapping.json", JSON.stringify(needed.proposal.mapping));
    const loaded = await run(optionsOf(put("frame.csv"), "--map", path, "--dry-run"), null, shell());
    expect(loaded.rows).toMatchObject({ read: 2, rejected: 0 });
  });

  test("names few of its columns, where none is a field", async () => {
    const needed = await proposalFor("wide.csv", csv("a,b,c,d,e,f,g", "1,2,3,4,5,6,7"));
    expect(needed.message).toContain("has no events: a, b, c, d, e and 2 more are not fields of an event.");
  });

  test("gets a mapping of profiles, with native attributes", async () => {
    const content = csv("id,E-Mail,First Name,Points,attributes.tier", "c-1,ada@example.com,Ada,12,gold", "c-2,,,3,");
    const { proposal } = await proposalFor("customers.csv", content, "--profiles");
    expect(proposal.mapping).toEqual({
      person_id: { column: "id" },
      attributes: {
        $email_address: { column: "E-Mail" },
        $first_name: { column: "First Name" },
        Points: { column: "Points", type: "number" },
        tier: { column: "attributes.tier", type: "text" },
      },
    });
  });
});

test("NDJSON of other objects gets a mapping by paths, with lists as they are", async () => {
  const line = {
    order: { no: "A-1", total: 1.5 },
    customer: { id: "c-1" },
    at: "2026-01-01T00:00:00Z",
    lines: [{ sku: "x", price: 2 }],
  };
  const { proposal } = await proposalFor("orders.ndjson", `${JSON.stringify(line)}\n`);
  expect(proposal.mapping).toMatchObject({
    person_id: { column: "customer.id" },
    occurred_at: { column: "at" },
    properties: {
      order_no: { column: "order.no", type: "text" },
      order_total: { column: "order.total", type: "number" },
      lines: { column: "lines", type: "list" },
    },
  });
});

test("lines that have the fields of events alone need no mapping: the service names their faults", async () => {
  const path = put("bare.ndjson", '{"id":"e-1"}\n');
  const refusing = {
    json: (_: string, call: string) =>
      call === "/v1/space"
        ? Promise.resolve({ id: "s", name: "Shop", timezone: "UTC", retention_days: 180 })
        : Promise.reject(
            callError("no", 422, "invalid_request", [{ pointer: "/events/0/definition_id", detail: "is missing" }]),
          ),
  } as unknown as Service;
  await expect(run(optionsOf(path), refusing, shell())).resolves.toMatchObject({ rows: { rejected: 1 } });
});

describe("the proposal", () => {
  test("is written beside the file once, and the next command names it", async () => {
    const content = csv("user_id,at,it's", "u-1,2026-01-01T00:00:00Z,\u001b[31mred");
    const needed = await proposalFor("page views.csv", content);
    const options = optionsOf(put("page views.csv"));
    const file = writeMapping(needed, options, put("."));
    expect(file).toEqual({ path: "page views.mapping.json", isOlder: false });
    const text = readFileSync(put("page views.mapping.json"), "utf8");
    expect(JSON.parse(text)).toEqual(needed.proposal.mapping);
    const lines = proposalLines(needed, file, options, put("."));
    expect(lines.at(-1)).toBe(
      "  spillway events import 'page views.csv' --map 'page views.mapping.json' --define --create-profiles",
    );
    expect(lines.join("\n")).not.toContain("\u001b");

    put("page views.mapping.json", "mine");
    expect(writeMapping(needed, options, put("."))).toEqual({ path: "page views.mapping.json", isOlder: true });
    expect(readFileSync(put("page views.mapping.json"), "utf8")).toBe("mine");
  });

  test("of the standard input is only shown, and the command reads it again", async () => {
    const stdin = Readable.from([Buffer.from(csv("user_id,at", "u-1,2026-01-01T00:00:00Z"))]);
    const needed: unknown = await run(optionsOf("-"), service, shell(stdin)).catch((error: unknown) => error);
    const file = writeMapping(needed as MappingNeeded, optionsOf("-"), put("."));
    expect(file.path).toBeNull();
    const lines = proposalLines(needed as MappingNeeded, file, optionsOf("-"), put("."));
    expect(lines.join("\n")).toContain('"person_id": { "column": "user_id" }');
    expect(commandFor(optionsOf("-"), "m.json", put("."))).toContain("import - --map m.json");
  });
});
