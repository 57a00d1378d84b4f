/** A profile's values are validated against the definitions of its attributes: native ones and the space's own. */

import { beforeEach, describe, expect, it } from "vitest";
import { interrupted, once } from "../support/interrupted.ts";
import { type ProblemView, Service, type Space } from "../support/service.ts";

const service = new Service();
let space: Space;

beforeEach(async () => {
  space = await service.space();
});

const define = (id: string, type: string) =>
  service.json("PUT", `/v1/attributes/${encodeURIComponent(id)}`, 200, { key: space.key, body: { name: "A", type } });
const bodyOf = (attributes: Record<string, unknown>) => ({ profiles: [{ person_id: "p-1", attributes }] });
const put = (attributes: Record<string, unknown>) =>
  service.json("PUT", "/v1/profiles", 200, { key: space.key, body: bodyOf(attributes) });
const faults = (attributes: Record<string, unknown>) =>
  service.faults("PUT", "/v1/profiles", { key: space.key, body: bodyOf(attributes) });
const attributes = async () =>
  (await service.json<{ attributes: unknown }>("GET", "/v1/profiles/p-1", 200, { key: space.key })).attributes;

const VALUES: Record<string, unknown> = { text: "x", number: 1.5, boolean: false, date: "2026-01-31T09:30:00+02:00" };
/** A date is a text too. */
const FITS: Record<string, string[]> = {
  text: ["text", "date"],
  number: ["number"],
  boolean: ["boolean"],
  date: ["date"],
};

describe.each(Object.keys(FITS))("an attribute that was defined as %s", (type) => {
  const fitting = new Set(FITS[type]);

  it.each(Object.keys(VALUES))(`takes a value that is %s where that fits, else it is refused`, async (kind) => {
    await define("a", type);
    const value = { a: VALUES[kind] };
    if (!fitting.has(kind)) return expect(await faults(value)).toEqual(["/profiles/0/attributes/a"]);
    await put(value);
    return expect(await attributes()).toEqual(value);
  });

  it("is removed with null", async () => {
    await put({ a: VALUES[type] });
    await define("a", type);
    await put({ a: null });
    expect(await attributes()).toEqual({});
  });
});

describe("a value", () => {
  it("of an undefined attribute may be of any type", async () => {
    await define("other", "text");
    for (const value of Object.values(VALUES)) await put({ a: value });
    expect(await attributes()).toEqual({ a: VALUES["date"] });
  });

  it("that was there before its attribute was defined stays, and others can be changed beside it", async () => {
    await put({ a: "text" });
    await define("a", "number");
    await put({ b: 1 });
    expect(await attributes()).toEqual({ a: "text", b: 1 });
    expect(await faults({ a: "text" })).toEqual(["/profiles/0/attributes/a"]);
  });

  it("that does not fit is pointed to, each of them, and nothing of the call is written", async () => {
    await define("a.b", "number");
    await define("constructor", "boolean");
    const profiles: { person_id: string; attributes: object }[] = [
      { person_id: "p-1", attributes: { fine: 1 } },
      { person_id: "p-2", attributes: { "a.b": "1", constructor: 1, $city: 5 } },
      { person_id: "p-3", attributes: { "a.b": true } },
    ];
    expect(await service.faults("PUT", "/v1/profiles", { key: space.key, body: { profiles } })).toEqual([
      "/profiles/1/attributes/a.b",
      "/profiles/1/attributes/constructor",
      "/profiles/1/attributes/$city",
      "/profiles/2/attributes/a.b",
    ]);
    expect((await service.call("GET", "/v1/profiles/p-1", { key: space.key })).status).toBe(404);
  });

  it("that does not fit gets a detail that begins with the attribute's name", async () => {
    await define("points", "number");
    const problem = await service.json<ProblemView>("PUT", "/v1/profiles", 422, {
      key: space.key,
      body: bodyOf({ points: "5" }),
    });
    expect(problem.detail).toBe("points must be a number.");
  });

  it("is not checked against another space's definition", async () => {
    await define("a", "number");
    const other = await service.space();
    await service.json("PUT", "/v1/profiles", 200, { key: other.key, body: bodyOf({ a: "text" }) });
  });

  it("is refused where its attribute was defined between the read and the write", async () => {
    const slow = interrupted(once(() => define("a", "number")));
    const response = await slow.call("PUT", "/v1/profiles", { key: space.key, body: bodyOf({ a: "text" }) });
    const { errors } = await response.json<ProblemView>();
    expect([response.status, errors?.[0]?.pointer]).toEqual([422, "/profiles/0/attributes/a"]);
  });

  it("is written where another attribute was defined meanwhile", async () => {
    const slow = interrupted(once(() => define("b", "number")));
    const response = await slow.call("PUT", "/v1/profiles", { key: space.key, body: bodyOf({ a: "text" }) });
    expect([response.status, await attributes()]).toEqual([200, { a: "text" }]);
  });

  it("has a hundred faults a call at most", async () => {
    const wrong = Object.fromEntries(Array.from({ length: 150 }, (_, n) => [`a-${n}`, 1]));
    await define("a-0", "text");
    const profiles = Array.from({ length: 150 }, (_, n) => ({ person_id: `p-${n}`, attributes: wrong }));
    const body = { profiles };
    expect(await service.faults("PUT", "/v1/profiles", { key: space.key, body })).toHaveLength(100);
  });
});

describe("a native attribute", () => {
  it.each([
    ["$email_marketing", "subscribed"],
    ["$email_marketing", "unsubscribed"],
    ["$sms_marketing", "subscribed"],
    ["$date_of_birth", "1815-12-10"],
    ["$phone_number", "+4915112345678"],
    ["$language", "de"],
  ])("%s takes %j", async (name, value) => {
    await put({ [name]: value });
    expect(await attributes()).toEqual({ [name]: value });
  });

  it.each<[string, unknown]>([
    ["$email_marketing", "Subscribed"],
    ["$email_marketing", true],
    ["$sms_marketing", ""],
    ["$date_of_birth", "1815-12-32"],
    ["$date_of_birth", "1815-12-10T00:00:00Z"],
    ["$date_of_birth", 1815],
    ["$phone_number", 4915112345678],
    ["$timezone", false],
  ])("%s does not take %j", async (name, value) => {
    expect(await faults({ [name]: value })).toEqual([`/profiles/0/attributes/${name}`]);
  });
});
