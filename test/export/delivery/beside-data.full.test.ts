/**
 * Readers of a whole prefix pass over names that begin with an underscore: what lies among files and is none has one.
 */

import { beforeEach, describe, expect, it } from "vitest";
import { Customer } from "../../support/customer.ts";

let customer: Customer;

beforeEach(async () => {
  customer = await Customer.open();
});

/** The names after the last slash that a reader of a prefix takes for data. */
const readAsData = (keys: readonly string[]) => keys.filter((key) => !/(^|\/)[_.][^/]*$/.test(key));

const PATHS: [string, Record<string, unknown>][] = [
  ["no path", {}],
  ["a path", { directory_path: "lake/orders" }],
  ["a template of directories", { directory_path: "lake", key_template: "dt={date}/" }],
  ["a template without a slash at its end", { directory_path: "lake", key_template: "dt={date}/part" }],
  ["a template of one step", { key_template: "part" }],
];

describe.each(PATHS)("in a bucket with %s", (_what, destination) => {
  it.each([
    ["files", { layout: "files" }],
    ["one file", { layout: "single" }],
    ["no file", { layout: "files", event_names: ["order_placed"], end: "2026-03-01T11:00:01.000Z" }],
  ])("a reader of the prefix finds the data of %s and nothing else", async (_form, request) => {
    const { delivery } = await customer.destination(destination);
    const done = await customer.export({ delivery, ...request });
    expect(done.status).toBe("completed");
    expect(readAsData(customer.keys())).toEqual(done.files.map((file) => file.name).toSorted());
    const beside = customer.keys().filter((key) => !readAsData([key]).includes(key));
    const { prefix } = (done as unknown as { delivery: { prefix: string } }).delivery;
    expect(prefix).toMatch(/^$|\/$/);
    expect(beside).toEqual([`${prefix}_${done.id}-manifest.json`]);
  });

  it("the connection test's object is no data", async () => {
    const { service, space, aws } = customer;
    const { id } = await customer.destination(destination);
    await service.json("POST", `/v1/destinations/${id}/test`, 200, { key: space.key });
    const written = aws.seen.filter(({ method }) => method === "PUT").map(({ url }) => url.pathname);
    expect([written.length, readAsData(written)]).toEqual([1, []]);
  });
});
