/** Every list: pages of a size, a cursor and a link to the next, each item once, although items are added meanwhile. */

import { beforeAll, describe, expect, it } from "vitest";
import { insertDestination } from "../../src/db/tenants/destinations.ts";
import { insertSchedule } from "../../src/db/schedules/schedules.ts";
import { insertEndpoint } from "../../src/db/webhooks/endpoints.ts";
import { ROUTES } from "../../src/http/routes.ts";
import { ADMIN, ORIGIN, orders, Service, type Space } from "../support/service.ts";
import { everyNth } from "../support/seeds.ts";

interface Page {
  data: { id?: string; person_id?: string; created_at?: string; requested_at?: string }[];
  next_cursor: string | null;
}

/** What destinations and schedules have stored. */
const AUTH = { type: "keys", access_key_id: "key-1" };
const LOCATION = {
  provider: "generic",
  bucket: "acme-exports",
  region: "eu-central-1",
  endpoint: "https://s3.example",
  path_style: true,
  encryption: null,
  storage_class: null,
};
const REQUEST = {
  dataset: "activity_events",
  row_format: "flat",
  extra_fields: true,
  enrich_with_moments_info: false,
  delivery: { type: "download" },
  layout: "single",
  format: "ndjson",
  compression: "gzip",
  file_rows: 50_000,
};

const idOf = (item: Page["data"][number]) => item.id ?? item.person_id ?? "";

const service = new Service({
  API_LIMIT: "100000",
  CREATE_LIMIT: "10000",
  POLL_LIMIT: "10000",
  PENDING_LIMIT: "10000",
});
const ITEMS = 7;
let space: Space;
let created = 0;

interface List {
  path: string;
  /** Parameters that its query needs. */
  needs?: Record<string, string>;
  key: () => string;
  newestFirst: boolean;
  add: () => Promise<unknown>;
}

const define = (kind: string, more: Record<string, unknown> = {}) =>
  service.json("PUT", `/v1/${kind}/id_${String((created += 1)).padStart(3, "0")}`, 200, {
    key: space.key,
    body: { name: "Defined", ...more },
  });

/** A list, who reads it, and how an item is added to it. Another list in ROUTES must be added here. */
const LISTS: Record<string, List> = {
  listExports: {
    path: "/v1/exports",
    key: () => space.key,
    newestFirst: true,
    add: () => service.ask(space),
  },
  listEventDefinitions: {
    path: "/v1/event-definitions",
    key: () => space.key,
    newestFirst: false,
    add: () =>
      service.json("POST", "/v1/event-definitions", 201, {
        key: space.key,
        body: { id: `event_${String((created += 1)).padStart(3, "0")}`, name: "Event" },
      }),
  },
  listFlows: {
    path: "/v1/flows",
    key: () => space.key,
    newestFirst: false,
    add: () =>
      service.json("PUT", "/v1/flows", 200, {
        key: space.key,
        body: { flows: [{ id: `flow_${String((created += 1)).padStart(3, "0")}` }] },
      }),
  },
  listAdObjects: {
    path: "/v1/ad-objects",
    needs: { level: "ad" },
    key: () => space.key,
    newestFirst: false,
    add: () =>
      service.json("PUT", "/v1/ad-objects", 200, {
        key: space.key,
        body: { ads: [{ id: `ad_${String((created += 1)).padStart(3, "0")}`, name: "Ad" }] },
      }),
  },
  listProfiles: {
    path: "/v1/profiles",
    key: () => space.key,
    newestFirst: false,
    add: () =>
      service.json("PUT", "/v1/profiles", 200, {
        key: space.key,
        body: { profiles: [{ person_id: `person_${String((created += 1)).padStart(3, "0")}` }] },
      }),
  },
  listSegments: {
    path: "/v1/segments",
    key: () => space.key,
    newestFirst: false,
    add: () =>
      service.json("PUT", `/v1/segments/s-${String((created += 1)).padStart(3, "0")}`, 200, {
        key: space.key,
        body: { name: "Segment", rule: { all: [] } },
      }),
  },
  listAttributes: {
    path: "/v1/attributes",
    key: () => space.key,
    newestFirst: false,
    add: () => define("attributes", { type: "text" }),
  },
  listTags: { path: "/v1/tags", key: () => space.key, newestFirst: false, add: () => define("tags") },
  listTopics: { path: "/v1/topics", key: () => space.key, newestFirst: false, add: () => define("topics") },
  listSections: {
    path: "/v1/sections",
    key: () => space.key,
    newestFirst: false,
    add: () => define("tags", { section_id: `section_${String(created).padStart(3, "0")}` }),
  },
  listProfileDeletions: {
    path: "/v1/profile-deletions",
    key: () => space.key,
    newestFirst: true,
    add: async () => {
      const profiles = [{ person_id: `gone-${(created += 1)}` }];
      await service.json("PUT", "/v1/profiles", 200, { key: space.key, body: { profiles } });
      await service.json("DELETE", `/v1/profiles/gone-${created}`, 202, { key: space.key });
    },
  },
  listSpaces: {
    path: "/v1/spaces",
    key: () => ADMIN,
    newestFirst: true,
    add: () => service.space(),
  },
  listApiKeys: {
    path: "/v1/api-keys",
    key: () => space.key,
    newestFirst: true,
    add: () => service.keyWith(space, ["events:read"]),
  },
  listDestinations: {
    path: "/v1/destinations",
    key: () => space.key,
    newestFirst: true,
    // A space has fewer by calls than a page has.
    add: () => {
      const times = { created_at: service.now, updated_at: service.now };
      const described = { name: "Bucket", directory_path: "", key_template: null, auth: JSON.stringify(AUTH) };
      const location = { bucket_location: JSON.stringify(LOCATION) };
      const row = { id: crypto.randomUUID(), space_id: space.id, ...location, ...described, ...times };
      return insertDestination(service.context.databases.control, row, null, 10_000);
    },
  },
  listSchedules: {
    path: "/v1/schedules",
    key: () => space.key,
    newestFirst: true,
    // A space has fewer by calls than a page has.
    add: () => {
      const described = { name: "Nightly", cron: "0 3 * * *", timezone: "UTC", incremental: 1, backfill_from: null };
      const verified = { verify_after_days: null };
      const times = { next_run_at: service.now, covered_until: service.now, failures_from: 0, wake_at: service.now };
      const none = { paused_reason: null, paused_at: null, since_export_id: null, open_export_id: null };
      const since = { since_dataset: null, since_seq: null };
      const row = {
        id: crypto.randomUUID(),
        space_id: space.id,
        request: JSON.stringify(REQUEST),
        status: "active" as const,
        created_at: service.now,
        updated_at: service.now,
      };
      return insertSchedule(
        service.context.databases.control,
        { ...row, ...described, ...verified, ...times, ...none, ...since },
        [],
        10_000,
      );
    },
  },
  listWebhookEndpoints: {
    path: "/v1/webhook-endpoints",
    key: () => space.key,
    newestFirst: true,
    // A space has fewer by calls than a page has.
    add: () => {
      const times = { created_at: service.now, updated_at: service.now };
      const row = {
        space_id: space.id,
        url: "https://shop.example/",
        event_types: "[]",
        disabled_reason: null,
        ...times,
      };
      const { control } = service.context.databases;
      return insertEndpoint(control, { ...row, id: crypto.randomUUID(), enabled: 0 }, "", 10_000);
    },
  },
  listWebhookDeliveries: {
    path: "/v1/webhook-deliveries",
    key: () => space.key,
    newestFirst: true,
    add: async () => {
      const id = await service.ask(space, { callback_url: "https://shop.example/hooks" });
      await service.json("POST", `/v1/exports/${id}/cancel`, 202, { key: space.key });
    },
  },
};

/** Lists with rules of their own, and where they are tested. */
const APART: Record<string, string> = {
  listSpaceApiKeys: "it reads as listApiKeys does, for operators: api-keys.test.ts",
  listEventDefinitionVersions:
    "its items have one id, and are told apart by their numbers: definition-versions.test.ts",
  listScheduleExports: "its items are runs, which differ by their times: schedules.test.ts",
  listVerificationProblems: "its items never change, and none is added: verify.test.ts",
  listHomes: "its items are those of wrangler.toml, and none is added: homes.test.ts",
  listExportFiles: "its items never change once there are any: listing.test.ts",
  listEvents:
    "its rows have no id of their own, it has pages of up to 4,000, and its cursors are encrypted: list-events.test.ts, cursor.test.ts",
};

/** Some items are created in the same millisecond, some later. */
beforeAll(async () => {
  space = await service.shop();
  await service.send(space, orders(1));
  for (const { add } of Object.values(LISTS))
    for (let n = 0; n < ITEMS; n += 1) {
      if (n % 3 === 0) service.now += 1;
      await add();
    }
});

it("knows every list there is", () => {
  const lists = ROUTES.filter((route) => route.operationId.startsWith("list")).map((route) => route.operationId);
  expect([...Object.keys(LISTS), ...Object.keys(APART)].toSorted()).toEqual(lists.toSorted());
});

describe.each(everyNth(Object.entries(LISTS), 3, 0))("%s", (_, { path, needs = {}, key, newestFirst, add }) => {
  const address = (query: string) => `${path}?${new URLSearchParams(needs).toString()}&${query}`;
  const get = async (query: string) => {
    const response = await service.call("GET", address(query), { key: key() });
    return { status: response.status, link: response.headers.get("link"), page: await response.json<Page>() };
  };
  const faults = (query: string) => service.faults("GET", address(query), { key: key() });
  const ids = (page: Page) => page.data.map(idOf);

  async function walk(limit: number, between: () => Promise<unknown> = async () => {}): Promise<string[]> {
    const all: string[] = [];
    let cursor = "";
    for (;;) {
      const { page } = await get(`limit=${limit}${cursor}`);
      all.push(...ids(page));
      if (page.next_cursor === null) return all;
      cursor = `&cursor=${encodeURIComponent(page.next_cursor)}`;
      await between();
    }
  }

  it.each([1, 2, 3, 200])("gives each item once in pages of %i, in the order of the whole", async (limit) => {
    const whole = ids((await get("limit=200")).page);
    expect(whole.length).toBeGreaterThanOrEqual(ITEMS);
    expect(await walk(limit)).toEqual(whole);
  });

  it(newestFirst ? "has the newest first" : "is sorted by id", async () => {
    const { data } = (await get("limit=200")).page;
    const order = data.map((item) => (newestFirst ? (item.created_at ?? item.requested_at ?? "") : idOf(item)));
    expect(order).toEqual(newestFirst ? order.toSorted().toReversed() : order.toSorted());
  });

  it("neither repeats nor skips an item when others are added between its pages", async () => {
    const before = ids((await get("limit=200")).page);
    const seen = await walk(3, async () => {
      service.now += 1;
      await add();
    });
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen.filter((id) => before.includes(id))).toEqual(before);
  });

  it("links to its next page, with the rest of the query", async () => {
    const { link, page } = await get("limit=2");
    const url = new URL(/^<([^>]+)>; rel="next"$/.exec(link ?? "")?.[1] ?? "");
    expect(url.origin + url.pathname).toBe(ORIGIN + path);
    expect(Object.fromEntries(url.searchParams)).toEqual({ ...needs, limit: "2", cursor: page.next_cursor });
  });

  it("ends without a cursor and without a link, also where the last page is full", async () => {
    let rest = (await walk(200)).length;
    let cursor = "";
    for (; rest > 200; rest -= 200) cursor = `&cursor=${(await get(`limit=200${cursor}`)).page.next_cursor}`;
    const { link, page } = await get(`limit=${rest}${cursor}`);
    expect([page.data.length, page.next_cursor, link]).toEqual([rest, null, null]);
  });

  it("has 50 items a page where nothing else is said", async () => {
    const count = (await walk(200)).length;
    for (let n = count; n < 51; n += 1) await add();
    const { page } = await get("");
    expect([page.data.length, page.next_cursor === null]).toEqual([50, false]);
  });

  it.each([
    "limit=0",
    "limit=201",
    "limit=-1",
    "limit=1.5",
    "limit=many",
    "limit=",
    "limit=0x10",
    "limit=1e1",
    "limit=%205",
  ])("refuses %s", async (query) => {
    expect(await faults(query)).toEqual(["#query/limit"]);
  });

  it.each(["colour=red", "Limit=2", "offset=5"])("refuses the unknown parameter in %s", async (query) => {
    expect(await faults(query)).toEqual([`#query/${query.split("=")[0]}`]);
  });

  const forged = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
  it.each([
    ["an empty one", ""],
    ["a text", "nonsense"],
    ["an id", "00000000-0000-4000-8000-000000000000"],
    ["other JSON", forged({ time: 1, id: "x" })],
    ["null", forged(null)],
    ["too few parts", forged([1])],
    ["parts of other types", forged(["1", 2])],
    ["a time that is no number", Buffer.from('[1e999,"x"]').toString("base64url")],
    ["one that is too long", "A".repeat(1001)],
  ])("refuses a cursor that is %s", async (_, cursor) => {
    expect(await faults(`cursor=${cursor}`)).toEqual(["#query/cursor"]);
  });
});

it("ends a page of large exports early, and leaves none out", async () => {
  const large = await service.shop();
  const asked: string[] = [];
  for (let n = 0; n < 5; n += 1) asked.unshift(await service.ask(large));
  const { control } = service.context.databases;
  // 3.8 MB each, of texts that D1 accepts.
  await control.run(
    `UPDATE exports SET request = json_set(request, '$.x', hex(zeroblob(950000))),
       query = json_set(query, '$.x', hex(zeroblob(950000))) WHERE space_id = ?1`,
    [large.id],
  );
  const seen: string[][] = [];
  for (let cursor: string | null = ""; cursor !== null;) {
    const at: string = cursor === "" ? "" : `&cursor=${encodeURIComponent(cursor)}`;
    const page: Page = await service.json("GET", `/v1/exports?limit=200${at}`, 200, { key: large.key });
    seen.push(page.data.map(idOf).toSorted());
    cursor = page.next_cursor;
  }
  expect(seen.map((ids) => ids.length)).toEqual([2, 3]);
  expect(seen.flat().toSorted()).toEqual(asked.toSorted());
});
