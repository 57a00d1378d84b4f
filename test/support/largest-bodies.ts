/** The largest calls that the API takes, a kind of body each. A body is made as it is read. */

const MAX_BYTES = 15_728_640;
const TEXTS = Array.from({ length: 10 }, (_, n) => `text_${n}`);

export interface LargeCall {
  method: "POST" | "PUT";
  path: string;
  /** The list that the records are in. */
  list: string;
  lines?: boolean;
  gzip?: boolean;
  records: () => Generator<string>;
  /** What the call answers. */
  status: number;
}

/** The definitions and the profile that the calls need. */
export const DEFINITIONS = [
  { id: "order", name: "Order", properties: TEXTS.map((name) => ({ name, type: "text" as const })) },
  {
    id: "basket",
    name: "Basket",
    properties: [{ name: "items", type: "list" as const, fields: [{ name: "sku", type: "text" as const }] }],
  },
];
export const PROFILES = [{ person_id: id("p", 0) }];

/** 200 bytes, the most that an id may have. */
function id(prefix: string, n: number): string {
  return `${prefix}-${n}-`.padEnd(200, "x");
}

function* objects(count: number, object: (n: number) => object): Generator<string> {
  for (let n = 0; n < count; n += 1) yield JSON.stringify(object(n));
}

const event = (n: number, definition: string, properties: object) => ({
  id: `event-${n}`,
  definition_id: definition,
  person_id: id("p", 0),
  occurred_at: "2026-02-15T10:23:45.123Z",
  properties,
});

/** Events whose properties have this text; `other` in every fiftieth event. */
const texts =
  (text: string, other = text) =>
  () =>
    objects(5_000, (n) =>
      event(n, "order", Object.fromEntries(TEXTS.map((name) => [name, n % 50 === 0 ? other : text]))),
    );

function* repeated(record: string, count: number): Generator<string> {
  for (let n = 0; n < count; n += 1_000) yield Array(1_000).fill(record).join();
}

const events = { method: "POST", path: "/v1/events", list: "events", status: 202 } as const;

/** Profiles with so many installations, from each of which a reachability event follows. */
const installed = (count: number) =>
  objects(1_000, (n) => ({
    person_id: id("p", n),
    installations: Array.from({ length: count }, (_, of) => ({
      installation_id: id(`i-${of}`, n),
      platform: "Android",
      is_optin: true,
      push_token: "t".repeat(200),
    })),
  }));

const profiles = { method: "PUT", path: "/v1/profiles", list: "profiles", status: 200 } as const;

export const LARGEST = {
  json: { ...events, records: texts("abc def ".repeat(36)) },
  lines: {
    ...events,
    lines: true,
    gzip: true,
    records: texts("abc def ".repeat(36), `${"abc def ".repeat(36)}\u{1F600}`),
  },
  "a dry run": { ...events, path: "/v1/events?dry_run=true", records: texts("abc def ".repeat(36)), status: 200 },
  "events of new people": {
    ...events,
    path: "/v1/events?create_profiles=true",
    records: () =>
      objects(5_000, (n) => ({
        ...event(n, "order", Object.fromEntries(TEXTS.map((name) => [name, "abc def ".repeat(33)]))),
        person_id: null,
        external_person_id: id("x", n),
      })),
  },
  cyrillic: { ...events, records: texts("привет ".repeat(20)) },
  lists: {
    ...events,
    records: () =>
      objects(8, (n) => event(n, "basket", { items: Array.from({ length: 90_000 }, () => ({ sku: "1234567" })) })),
  },
  empty: { ...events, records: () => repeated("{}", 5_000_000), status: 422 },
  one: {
    ...events,
    records: () => objects(1, (n) => event(n, "order", { text_0: "\u{1F600}".padEnd(7_990_000, "x") })),
    status: 422,
  },
  touchpoints: {
    method: "POST",
    path: "/v1/touchpoints",
    list: "touchpoints",
    records: () =>
      objects(5_000, (n) => ({
        id: id("t", n),
        person_id: id("p", 0),
        occurred_at: "2026-02-15T10:23:45.123Z",
        source: "facebook_ads",
        ad_id: id("a", n),
        adset_id: id("s", n),
        campaign_id: id("c", n),
        account_id: id("o", n),
      })),
    status: 202,
  },
  reachability: {
    method: "POST",
    path: "/v1/reachability-events",
    list: "events",
    records: () =>
      objects(5_000, (n) => ({
        id: id("r", n),
        person_id: id("p", 0),
        channel: "PUSH",
        timestamp: "2026-02-15T10:23:45.123Z",
        reasons: ["SUBSCRIBED_TO_PUSH", "UNSUBSCRIBED_FROM_PUSH", "PUSH_TOKEN_ADDED"],
        installation_id: id("i", n),
        is_optin: true,
        platform: "Android",
      })),
    status: 202,
  },
  "ad objects": {
    method: "PUT",
    path: "/v1/ad-objects",
    list: "ads",
    records: () => objects(5_000, (n) => ({ id: id("a", n), name: "広".repeat(500), adset_id: id("s", n) })),
    status: 200,
  },
  flows: {
    method: "PUT",
    path: "/v1/flows",
    list: "flows",
    records: () =>
      objects(1_000, (n) => ({
        id: id("f", n),
        campaign_name: "広".repeat(200),
        elements: Array.from({ length: 20 }, (_, of) => ({ id: id(`e-${of}`, n), name: "広".repeat(180) })),
      })),
    status: 200,
  },
  profiles: {
    ...profiles,
    records: () =>
      objects(1_000, (n) => ({
        person_id: id("p", n),
        attributes: Object.fromEntries(Array.from({ length: 100 }, (_, of) => [`attribute ${of}`, `${n} `.repeat(30)])),
      })),
  },
  "profiles with an emoji here and there": {
    ...profiles,
    records: () =>
      objects(900, (n) => ({
        person_id: id("p", n),
        attributes: { text: `${n % 40 === 0 ? "\u{1F600}" : ""}${"abc def ".repeat(2_100)}` },
      })),
  },
  "profiles in Cyrillic": {
    ...profiles,
    records: () => objects(600, (n) => ({ person_id: id("p", n), attributes: { text: "привет ".repeat(2_000) } })),
  },
  "profiles from which events follow": { ...profiles, records: () => installed(12) },
  "profiles from which too large events follow": { ...profiles, records: () => installed(20), status: 413 },
} satisfies Record<string, LargeCall>;

/** The body as it is sent, up to the most bytes; it is made as it is read. */
export function largestBody({ list, lines = false, gzip = false, records }: LargeCall): ReadableStream<Uint8Array> {
  const source = (function* () {
    let bytes = 100;
    if (!lines) yield `{"${list}":[`;
    let separator = "";
    for (const record of records()) {
      bytes += Buffer.byteLength(record) + 1;
      if (bytes > MAX_BYTES) break;
      yield separator + record;
      separator = lines ? "\n" : ",";
    }
    if (!lines) yield "]}";
  })();
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>(
    {
      pull(controller) {
        let text = "";
        while (text.length < 65_536) {
          const next = source.next();
          if (next.done === true) {
            controller.enqueue(Uint8Array.from(Buffer.from(text)));
            controller.close();
            return;
          }
          text += next.value;
        }
        controller.enqueue(Uint8Array.from(Buffer.from(text)));
      },
    },
    { highWaterMark: 1 },
  );
  return gzip ? body.pipeThrough(new CompressionStream("gzip")) : body;
}

/** The headers of a call. */
export const headersOf = ({ lines = false, gzip = false }: LargeCall): Record<string, string> => ({
  "content-type": lines ? "application/x-ndjson" : "application/json",
  ...(gzip ? { "content-encoding": "gzip" } : {}),
});
