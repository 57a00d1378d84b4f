/** The table of docs/dialects/apsis.md, row by row: the export and its file. Tokens and lists have tests beside it. */

import { beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { AWS_VARS, ROLE } from "../../../support/aws.ts";
import { deliver, roomyService, take } from "../../../support/pipeline.ts";
import { ORIGIN, orders, Service, type Space, START } from "../../../support/service.ts";
import { sweep } from "../../../support/sweep.ts";
import { refusal, tokenFor } from "./token.ts";

type Json = Record<string, unknown>;

const EXPORTS = "/audience/profiles/exports";
const NAMES = { section_discriminator: "people", attributes: ["first_name"] };
const EVERYONE = { sections: [NAMES] };
const DAY_MS = 86_400_000;

let service: Service;
let space: Space;
let token: string;

async function stock(of: Service): Promise<Space> {
  const made = await of.shop();
  const put = (path: string, body: object) => of.json("PUT", path, 200, { key: made.key, body });
  await put("/v1/attributes/first_name", { section_id: "people", name: "First name", type: "text" });
  await put("/v1/tags/vip", { section_id: "people", name: "VIP" });
  await put("/v1/topics/newsletter", { section_id: "letters", name: "Newsletter" });
  await put("/v1/segments/women", { name: "Women", rule: { attribute: "first_name", op: "eq", value: "Ada" } });
  await put("/v1/segments/vips", { name: "VIPs", rule: { tag: "vip" } });
  await put("/v1/profiles", {
    profiles: [
      {
        person_id: "p-1",
        attributes: { first_name: "Ada", age: 36 },
        tags: ["vip"],
        topics: { newsletter: { email: "opt-in" } },
      },
      { person_id: "p-2", attributes: { first_name: "Bob" } },
    ],
  });
  return made;
}

beforeAll(async () => {
  service = roomyService({ DIALECTS: "apsis", ...AWS_VARS });
  space = await stock(service);
  token = await tokenFor(service, space.key);
  await service.send(space, orders(2));
});

// Ended exports do not count as pending, and a token holds for a day.
beforeEach(async () => {
  await service.pump();
});

const send = <Body = Json>(method: string, path: string, status: number, options: Json = {}) =>
  service.json<Body>(method, path, status, { key: token, ...options });
/** @returns the path of the poll URL. */
async function create(body: unknown): Promise<string> {
  const { file_download_url: url } = await send<{ file_download_url: string }>("POST", EXPORTS, 202, { body });
  return url.slice(ORIGIN.length);
}
const idIn = (path: string) => path.slice(EXPORTS.length + 1);
const poll = (path: string, headers = {}) => service.call("GET", path, { key: token, headers });

interface Document {
  profiles: Record<string, { sections: Record<string, Json> }>;
}

async function exported(body: unknown): Promise<Document["profiles"]> {
  const path = await create(body);
  await service.pump();
  return (await send<Document>("GET", path, 200)).profiles;
}

describe("a create", () => {
  it("is 202 with the poll URL alone, below the address of the call", async () => {
    const uuid = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}";
    expect(await send("POST", EXPORTS, 202, { body: EVERYONE })).toEqual({
      file_download_url: expect.stringMatching(new RegExp(`^${ORIGIN}${EXPORTS}/${uuid}$`)) as string,
    });
  });

  it("asks the core for what the request names, in the order of its sections", async () => {
    const path = await create({
      segment_filter: "women",
      sections: [
        { ...NAMES, tags: ["vip"] },
        {
          section_discriminator: "default",
          attributes: ["age"],
          events: ["order_placed:1"],
          include_topic_state: true,
        },
      ],
      start_at: "2026-02-01T00:00:00Z",
      end_at: "2026-03-01T00:00:00+01:00",
    });
    expect((await service.poll(space, idIn(path))).request).toMatchObject({
      dataset: "segment_profiles",
      segment: "women",
      attributes: ["first_name", "age"],
      tags: ["vip"],
      events: ["order_placed"],
      include_topics: true,
      start_at: "2026-02-01T00:00:00Z",
      end_at: "2026-03-01T00:00:00+01:00",
      delivery: { type: "download" },
    });
  });

  it("takes several versions of an event, and its discriminator, as one event", async () => {
    const events = ["order_placed:1", "order_placed:2", "order_placed"];
    const sections = [{ section_discriminator: "default", events }];
    const path = await create({ sections, start_at: "2026-02-28T00:00:00Z" });
    expect((await service.poll(space, idIn(path))).request["events"]).toEqual(["order_placed"]);
  });

  it("ignores members that are null, and those that are unknown, which the log names", async () => {
    const lines: string[] = [];
    const log = vi.spyOn(console, "log").mockImplementation((line: string) => void lines.push(line));
    await create({ ...EVERYONE, segment_filter: null, start_at: null, end_at: null, callback: "secret" });
    log.mockRestore();
    const logged = lines.map((line) => JSON.parse(line) as Json);
    expect(logged).toContainEqual(expect.objectContaining({ event: "request", status: 202, ignored: "/callback" }));
    expect(lines.join()).not.toContain("secret");
  });

  it("makes two exports of a request that is sent twice", async () => {
    expect(await create(EVERYONE)).not.toBe(await create(EVERYONE));
  });

  const many = (count: number) => Array.from({ length: count }, (_, n) => `a${n}`);
  const ofDefault = (lists: Json) => ({ sections: [{ section_discriminator: "default", ...lists }] });
  const SEGMENTS = "/segment_filter/segment_discriminators";
  const filtered = (filter?: string) => ({
    ...EVERYONE,
    segment_filter: { segment_discriminators: { women: "women", vips: "vips" }, filter },
  });
  const ofMany = (count: number) => Object.fromEntries(many(count).map((name) => [name, name]));
  const EVENTS = ofDefault({ events: ["order_placed:1"] });

  it("takes 75 attributes and 25 tags, of all sections together", async () => {
    await create(ofDefault({ attributes: many(75), tags: many(25).map((tag) => `t-${tag}`) }));
  });

  it.each<[string, unknown, string, RegExp]>([
    ["no sections", {}, "/sections", /sections is required/],
    ["lists outside of sections", { attributes: ["first_name"] }, "/sections", /sections is required/],
    ["a section without a name", { sections: [{ tags: ["vip"] }] }, "/sections/0/section_discriminator", /is required/],
    ["a list that is a text", ofDefault({ tags: "vip" }), "/sections/0/tags", /tags must be a list/],
    ["an empty id", ofDefault({ tags: [""] }), "/sections/0/tags/0", /at least 1 character/],
    [
      "an attribute twice",
      { sections: [NAMES, NAMES] },
      "/sections/1/attributes/0",
      /^first_name is requested already/,
    ],
    ["76 attributes", ofDefault({ attributes: many(76) }), "/sections", /at most 75 attributes/],
    [
      "26 tags of two sections",
      {
        sections: [
          { section_discriminator: "a", tags: many(13) },
          { section_discriminator: "b", tags: many(13) },
        ],
      },
      "/sections",
      /at most 25 tags/,
    ],
    ["201 events", ofDefault({ events: many(201) }), "/sections", /at most 200 events/],
    ["101 sections", { sections: many(101).map((id) => ({ section_discriminator: id })) }, "/sections", /at most 100/],
    ["events without a start", EVENTS, "/start_at", /start_at is required with events/],
    ["a start that is no time", { ...EVENTS, start_at: "yesterday" }, "/start_at", /start_at must be a time/],
    ["a time without an offset", { ...EVENTS, start_at: "2026-02-01T00:00:00" }, "/start_at", /must be a time/],
    ["a start in the future", { ...EVENTS, start_at: "2026-04-01T00:00:00Z" }, "/start_at", /not be in the future/],
    [
      "a window that is empty",
      { ...EVENTS, start_at: "2026-02-01T00:00:00Z", end_at: "2026-02-01T00:00:00Z" },
      "/end_at",
      /end_at must be later than start_at/,
    ],
    [
      "a window of more than three months",
      { ...EVENTS, start_at: "2025-12-01T00:00:00Z", end_at: "2026-03-01T00:00:00.001Z" },
      "/end_at",
      /at most 3 months after start_at, by the calendar and clocks of Europe\/London\./,
    ],
    [
      "an unknown event",
      { ...ofDefault({ events: ["order_lost:1"] }), start_at: "2026-02-01T00:00:00Z" },
      "/sections/0/events/0",
      /order_lost/,
    ],
    [
      "an unknown event of another section, in two versions",
      {
        sections: [{ section_discriminator: "people", events: ["order_lost:1", "order_lost:2"] }],
        start_at: "2026-02-01T00:00:00Z",
      },
      "/sections/0/events/0",
      /event definition.*order_lost/,
    ],
    [
      "an attribute of another section",
      ofDefault({ attributes: ["age", "first_name"] }),
      "/sections/0/attributes/1",
      /^first_name is in the section people, not in default/,
    ],
    ["a tag of another section", ofDefault({ tags: ["vip"] }), "/sections/0/tags/0", /^vip is in the section people/],
    [
      "an event of another section",
      { sections: [{ section_discriminator: "people", events: ["order_placed:1"] }], start_at: "2026-02-01T00:00:00Z" },
      "/sections/0/events/0",
      /^order_placed is in the section default/,
    ],
    [
      "an unknown segment",
      { ...EVERYONE, segment_filter: "womem" },
      "/segment_filter",
      /no segment womem\. Did you mean women/,
    ],
    [
      "an unknown segment with a name",
      { ...EVERYONE, segment_filter: { segment_discriminators: { w: "womem" }, filter: "w" } },
      "/segment_filter/segment_discriminators/w",
      /no segment womem/,
    ],
    ["a filter that breaks off", filtered("women &"), "/segment_filter/filter", /ends where a name/],
    ["a filter of another name", filtered("women & men"), "/segment_filter/filter", /the name men, which/],
    ["no filter beside two segments", filtered(undefined), "/segment_filter/filter", /ends where a name/],
    ["segments without a filter", { ...EVERYONE, segment_filter: { filter: "women" } }, SEGMENTS, /is required/],
    [
      "21 segments",
      { ...EVERYONE, segment_filter: { segment_discriminators: ofMany(21), filter: many(21).join("|") } },
      "/segment_filter",
      /at most 20 different segments/,
    ],
    ["a filter that is a number", { ...EVERYONE, segment_filter: 7 }, "/segment_filter", /./],
    ["a list for a body", [], "", /must be an object/],
  ])("is 400 with %s, and names the place", async (_, body, pointer, detail) => {
    const refused = await send<{ errors: { pointer: string; detail: string }[] }>("POST", EXPORTS, 400, { body });
    expect(refused).toMatchObject(refusal(400));
    expect(refused.errors).toContainEqual({ pointer, detail: expect.stringMatching(detail) as string });
  });

  it.each<[string, unknown]>([
    ["no JSON", "{"],
    ["nothing", undefined],
  ])("is 400 with %s for a body", async (_, body) => {
    expect(await send("POST", EXPORTS, 400, { body })).toMatchObject(refusal(400));
  });

  it("is 400 with segments that are too complex together", async () => {
    const value = Array.from({ length: 1_000 }, (_, n) => `${n}`.padStart(50, "0"));
    const rule = { attribute: "first_name", op: "in", value };
    for (const id of ["large-a", "large-b"])
      await service.json("PUT", `/v1/segments/${id}`, 200, { key: space.key, body: { name: id, rule } });
    const segment_filter = { segment_discriminators: { a: "large-a", b: "large-b" }, filter: "a & b" };
    const refused = await send("POST", EXPORTS, 400, { body: { ...EVERYONE, segment_filter } });
    const detail = expect.stringMatching(/65536 at most/) as string;
    expect(refused).toEqual({ ...refusal(400, /65536 at most/), errors: [{ pointer: "/segment_filter", detail }] });
  });

  it("is 413 with a body of more than 100 kB, and 202 with one of 100 kB", async () => {
    const sized = (bytes: number) => {
      const body = { ...EVERYONE, note: "" };
      return { ...body, note: "n".repeat(bytes - JSON.stringify(body).length) };
    };
    await create(sized(100_000));
    expect(await send("POST", EXPORTS, 413, { body: sized(100_001) })).toEqual(refusal(413));
  });

  it("is 405 with another method, in the product's shape", async () => {
    expect(await send("GET", EXPORTS, 405)).toEqual(refusal(405, /accepts POST, OPTIONS, not GET/));
  });

  it("needs the scope exports:write, and a poll exports:read", async () => {
    const reader = await tokenFor(service, await service.keyWith(space, ["exports:read"]));
    const writer = await tokenFor(service, await service.keyWith(space, ["exports:write"]));
    const refused = await send("POST", EXPORTS, 403, { key: reader, body: EVERYONE });
    expect(refused).toEqual(refusal(403, /lacks the scope exports:write/));
    const path = await create(EVERYONE);
    expect(await send("GET", path, 403, { key: writer })).toEqual(refusal(403, /lacks the scope exports:read/));
  });
});

describe("a poll", () => {
  it("is 404 with Retry-After while the export is queued or processed, then 200", async () => {
    const path = await create(EVERYONE);
    const early = await poll(path);
    expect([early.status, early.headers.get("retry-after")]).toEqual([404, "2"]);
    expect(await early.json()).toEqual(refusal(404, /it is queued/));
    await deliver(service, take(service, "plan"));
    expect(await send("GET", path, 404)).toEqual(refusal(404, /it is processing/));
    await service.pump();
    expect((await poll(path)).status).toBe(200);
  });

  it("is the whole file as plain JSON, and as gzip for a client that accepts it, any number of times", async () => {
    const path = await create(EVERYONE);
    await service.pump();
    const plain = await poll(path);
    expect([plain.headers.get("content-type"), plain.headers.get("content-encoding")]).toEqual([
      "application/json",
      null,
    ]);
    expect(plain.headers.get("vary")).toBe("Accept-Encoding");
    expect(await plain.text()).toBe(await (await poll(path)).text());
    const packed = await poll(path, { "accept-encoding": "br, gzip" });
    expect(packed.headers.get("content-encoding")).toBe("gzip");
    expect(new Uint8Array(await packed.arrayBuffer()).subarray(0, 2)).toEqual(new Uint8Array([0x1f, 0x8b]));
    for (const plainly of ["gzip;q=0", "gzip;q=0, *", "*;q=0.5, gzip;q=0.000"])
      expect((await poll(path, { "accept-encoding": plainly })).headers.get("content-encoding")).toBeNull();
  });

  it("is 410 a day after the completion", async () => {
    const path = await create(EVERYONE);
    await service.pump();
    service.now += DAY_MS - 60_000;
    const fresh = await tokenFor(service, space.key);
    await send("GET", path, 200, { key: fresh });
    service.now += 60_001;
    await sweep(service.context);
    expect(await send("GET", path, 410, { key: fresh })).toEqual(refusal(410, /expired/));
    service.now = START;
  });

  it("is 410 for ids that are unknown or no ids, another space's, another dataset's, and for files in a bucket", async () => {
    const other = await stock(service);
    const theirs = await tokenFor(service, other.key);
    const path = await create(EVERYONE);
    const events = await service.ask(space);
    const delivery = { type: "s3", role_arn: ROLE, bucket: "their-bucket", region: "eu-central-1" };
    const request = { dataset: "segment_profiles", attributes: ["age"], start: undefined, end: undefined };
    const delivered = await service.ask(space, { ...request, delivery });
    expect(await send("GET", `${EXPORTS}/${delivered}`, 410)).toEqual(refusal(410));
    await service.json("POST", `/v1/exports/${delivered}/cancel`, 202, { key: space.key });
    await service.pump();
    expect(await send("GET", path, 410, { key: theirs })).toEqual(refusal(410));
    for (const id of [events, "4c959f87-9a45-4e16-bcd2-7f2a79e95067", "x", "1", "%20", "x".repeat(3_000)])
      expect([id, await send("GET", `${EXPORTS}/${id}`, 410)]).toEqual([id, refusal(410)]);
  });

  it("is 410 for a canceled export, and 503 for a failed one", async () => {
    const path = await create(EVERYONE);
    await service.json("POST", `/v1/exports/${idIn(path)}/cancel`, 202, { key: space.key });
    expect(await send("GET", path, 410)).toEqual(refusal(410, /was canceled/));
    const tight = roomyService({ DIALECTS: "apsis", MAX_EXPORT_BYTES: "1000" });
    const own = await stock(tight);
    await tight.send(own, orders(100));
    const key = await tokenFor(tight, own.key);
    const sections = [{ section_discriminator: "default", attributes: ["age"], events: ["order_placed:1"] }];
    const body = { sections, start_at: "2026-03-01T00:00:00Z" };
    const created = await tight.json<{ file_download_url: string }>("POST", EXPORTS, 202, { key, body });
    await tight.pump();
    const failed = await tight.json("GET", created.file_download_url.slice(ORIGIN.length), 503, { key });
    expect(failed).toEqual(refusal(503, /larger than an export may be/));
  });

  it("needs the token: the URL alone opens nothing", async () => {
    const path = await create(EVERYONE);
    await service.pump();
    expect((await service.call("GET", path)).status).toBe(403);
  });
});

describe("a file", () => {
  it("has every profile without a filter, and those of the segment with one, in each of its forms", async () => {
    expect(Object.keys(await exported(EVERYONE))).toEqual(["p-1", "p-2"]);
    const named = { women: "women", men: "men" };
    for (const segment_filter of [
      "women",
      { timezone: "Europe/Stockholm", segment_discriminators: named, filter: " women " },
      { segment_discriminators: { women: "women" } },
      { segment_discriminators: { "of (Malmö) & more": "women" } },
    ])
      expect(Object.keys(await exported({ ...EVERYONE, segment_filter }))).toEqual(["p-1"]);
  });

  it.each([
    ["!(vips) & women", []],
    ["women & vips", ["p-1"]],
    ["!women", ["p-2"]],
    ["women | !vips", ["p-1", "p-2"]],
    ["!(women | vips)", ["p-2"]],
  ])("has the profiles of the filter %s", async (filter, ids) => {
    const segment_filter = { segment_discriminators: { women: "women", vips: "vips" }, filter };
    expect(Object.keys(await exported({ ...EVERYONE, segment_filter }))).toEqual(ids);
  });

  it("has no profiles without any attribute or tag, even with events", async () => {
    const sections = [{ section_discriminator: "default", events: ["order_placed:1"] }];
    expect(await exported({ sections, start_at: "2026-03-01T00:00:00Z" })).toEqual({});
    expect(await exported({ sections: [] })).toEqual({});
  });

  it("has values and tags by id in their sections, and events with the five members", async () => {
    const sections = [
      { ...NAMES, tags: ["vip"] },
      { section_discriminator: "default", attributes: ["age"], events: ["order_placed:1"] },
    ];
    const { "p-1": ada, "p-2": bob } = await exported({ sections, start_at: "2026-03-01T00:00:00Z" });
    expect(ada?.sections).toEqual({
      default: {
        attributes: { age: { value: 36 } },
        events: [0, 1].map((n) => ({
          correlationId: `e-000000${n}`,
          sourceEventTime: START - 3_000_000 + n,
          typeId: "order_placed:1",
          createdAt: START,
          data: { order_id: `A-${n}`, amount: n / 4 },
        })),
      },
      people: { attributes: { first_name: { value: "Ada" }, vip: { value: null } } },
    });
    expect(bob?.sections).toEqual({ people: { attributes: { first_name: { value: "Bob" } } } });
  });

  it("has 0 as the source's time of an event that has none", async () => {
    const own = await stock(service);
    const key = await tokenFor(service, own.key);
    await service.send(own, [{ id: "e-1", definition_id: "order_placed", person_id: "p-1", properties: {} }]);
    service.now += 1_000;
    const sections = [{ section_discriminator: "default", attributes: ["age"], events: ["order_placed:1"] }];
    const options = { key, body: { sections, start_at: "2026-03-01T00:00:00Z" } };
    const created = await service.json<{ file_download_url: string }>("POST", EXPORTS, 202, options);
    await service.pump();
    const path = created.file_download_url.slice(ORIGIN.length);
    const { profiles } = await service.json<Document>("GET", path, 200, { key });
    const event = { correlationId: "e-1", sourceEventTime: 0, createdAt: START };
    expect(profiles["p-1"]?.sections["default"]?.["events"]).toEqual([expect.objectContaining(event)]);
  });

  it("has the events of one week from the start on, where no end is named", async () => {
    const ofWeek = async (start_at: string) => {
      const sections = [{ section_discriminator: "default", attributes: ["age"], events: ["order_placed:1"] }];
      return (await exported({ sections, start_at }))["p-1"]?.sections["default"]?.["events"] as Json[];
    };
    // The events are of 11:10:00.000 and 11:10:00.001.
    expect(await ofWeek("2026-02-22T11:10:00.001Z")).toHaveLength(1);
    expect(await ofWeek("2026-02-22T11:10:00.002Z")).toHaveLength(2);
    expect(await ofWeek("2026-03-01T11:10:00.001Z")).toHaveLength(1);
  });

  it("has the topic state of every section where one section asks", async () => {
    const { "p-1": ada } = await exported({ sections: [{ ...NAMES, include_topic_state: true }] });
    expect(ada?.sections).toEqual({
      letters: { attributes: {}, topics: { newsletter: { email: "opt-in" } } },
      people: { attributes: { first_name: { value: "Ada" } }, topics: {} },
    });
    const { "p-1": without } = await exported({ sections: [{ ...NAMES, include_topic_state: false }] });
    expect(without?.sections).toEqual({ people: { attributes: { first_name: { value: "Ada" } } } });
  });
});

describe("limits", () => {
  it("are 429 for more exports under way than a space may have", async () => {
    const busy = roomyService({ DIALECTS: "apsis", PENDING_LIMIT: "1" });
    const own = await stock(busy);
    const options = { key: await tokenFor(busy, own.key), body: EVERYONE };
    await busy.json("POST", EXPORTS, 202, options);
    expect(await busy.json("POST", EXPORTS, 429, options)).toEqual(refusal(429, /queued or processing/));
  });

  it("are the space's creates and polls, with Retry-After and the product's error; refused requests do not count", async () => {
    const limited = new Service({ DIALECTS: "apsis" });
    const own = await stock(limited);
    const key = await tokenFor(limited, own.key);
    const post = (body: unknown) => limited.call("POST", EXPORTS, { key, body });
    for (let n = 0; n < 6; n += 1) expect((await post({})).status).toBe(400);
    for (let n = 0; n < 5; n += 1) expect((await post(EVERYONE)).status).toBe(202);
    const refused = await post(EVERYONE);
    expect([refused.status, Number(refused.headers.get("retry-after"))]).toEqual([429, expect.any(Number)]);
    expect(await refused.json()).toEqual(refusal(429, /Retry-After/));
    const get = () => limited.call("GET", `${EXPORTS}/x`, { key });
    for (let n = 0; n < 30; n += 1) expect((await get()).status).toBe(410);
    expect((await get()).status).toBe(429);
  });
});
