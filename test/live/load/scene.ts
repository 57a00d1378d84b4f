/** A space with records of every dataset, and its exports as folders of files. */

import { type ExportRequest, Spillway } from "../../../client/src/index.ts";
import { downloadTo } from "../../../client/src/node/index.ts";
import { LOCAL_ADMIN_TOKEN } from "../../../scripts/stack.ts";

/** A column as the manifest has it. */
export interface Column {
  name: string;
  type: "text" | "number" | "boolean" | "date" | "json";
  nullable: boolean;
  path?: string[];
}

/** A completed export, whose files are in a folder under their names. */
export interface Delivered {
  id: string;
  folder: string;
  files: string[];
  columns: Column[] | null;
}

const DAY_MS = 86_400_000;
/** The service has the real clock, and some datasets look back 90 days alone. */
const FIRST = Math.floor(Date.now() / DAY_MS - 2) * DAY_MS;
export const START = new Date(FIRST).toISOString();
export const END = new Date(FIRST + DAY_MS).toISOString();

/** What readers take for syntax, in SQL, in CSV, in JSON, in a shell and in psql. */
const TEXTS = [
  "plain",
  "a,b;c\td|e",
  'say "hi"',
  "it's",
  '"',
  "two\r\nlines",
  "\n",
  "\r",
  " spaces around ",
  "größe 数量 👩‍👩‍👧‍👦",
  "",
  "=HYPERLINK(1)",
  "null",
  "NULL",
  String.raw`\N`,
  String.raw`\.`,
  String.raw`C:\temp\'new`,
  "1.0",
  "true",
  "$$; DROP TABLE x; --",
  "$(id) `id` :name :'name'",
  "\u0001\u0002\u007f",
];
const TIMES = [
  "2026-01-01T10:00:00.000Z",
  "2024-02-29",
  "2026-01-01T10:00:00Z",
  "2026-01-01T10:00:00.5+01:30",
  "0001-01-01T23:00:00Z",
  "9999-12-31T00:00:00.123456-05:00",
];

/** Names of columns that no system takes as they are, or that it would cut, fold or run. */
export const NAMES = [
  'a"b',
  "it's; DROP TABLE x; --",
  "select",
  "a.b",
  "$e",
  String.raw`back\slash`,
  ":colon",
  "größe 数量 😀",
  `${"long ".repeat(30)}1`,
  `${"long ".repeat(30)}2`,
  "${x} $(id) `id`",
  "*/ -- /* #",
];

export class Scene {
  readonly #origin: string;
  readonly #folderOf: (name: string) => string;
  #key = "";
  #exports = 0;

  constructor(origin: string, folderOf: (name: string) => string) {
    this.#origin = origin;
    this.#folderOf = folderOf;
  }

  async call(method: string, path: string, body?: unknown, key = this.#key): Promise<Response> {
    const response = await fetch(new URL(path, this.#origin), {
      method,
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return response;
  }

  /** @param count of visits; there are as many other records as it takes. */
  async fill(count: number): Promise<void> {
    const space = { name: "Shop", timezone: "UTC", retention_days: 36_500 };
    const created = await this.call("POST", "/v1/spaces", space, LOCAL_ADMIN_TOKEN);
    this.#key = ((await created.json()) as { api_key: string }).api_key;
    const types = { page: "text", amount: "number", "club member": "boolean", at: "date" };
    const scalars = Object.entries(types).map(([name, type]) => ({ name, type }));
    const fields = [{ name: "sku", type: "text" }];
    const properties = [...scalars, { name: "items", type: "list", fields }];
    await this.call("POST", "/v1/event-definitions", { id: "visit", name: "Visit", properties });
    // The same name with another type: in CSV and Parquet a column of its own, in NDJSON one of both types.
    const other = [{ name: "amount", type: "text" }];
    await this.call("POST", "/v1/event-definitions", { id: "refund", name: "Refund", properties: other });
    for (const [id, type] of [
      ["tier", "text"],
      ["score", "number"],
      ["member", "boolean"],
      ["since", "date"],
    ])
      await this.call("PUT", `/v1/attributes/${id}`, { name: id, type });
    await this.call("PUT", "/v1/profiles", { profiles: [...TEXTS.map(profile), { person_id: "gone" }] });
    await this.call("POST", "/v1/events", {
      events: [...Array.from({ length: count }, (_, n) => visit(n)), ...others()],
    });
    await this.call("DELETE", `/v1/profiles/gone`);
  }

  async export(request: Record<string, unknown>): Promise<Delivered> {
    const client = new Spillway({ origin: this.#origin, key: this.#key });
    const { id } = await client.exports.create(request as ExportRequest).wait();
    const folder = this.#folderOf(`export-${(this.#exports += 1)}`);
    const files = (await downloadTo(client, id, folder)).map(({ file }) => file.name);
    const manifest = (await client.exports.manifest(id)) as { columns?: Column[] };
    return { id, folder, files, columns: manifest.columns ?? null };
  }

  async statements(id: string, query: Record<string, string>): Promise<string> {
    return (await this.call("GET", `/v1/exports/${id}/load?${new URLSearchParams(query).toString()}`)).text();
  }
}

const or = <Value>(n: number, every: number, value: Value) => (n % every === 0 ? null : value);

const visit = (n: number) => ({
  id: `v-${String(n).padStart(6, "0")}`,
  definition_id: "visit",
  person_id: `p-${n % TEXTS.length}`,
  occurred_at: new Date(FIRST + n).toISOString(),
  properties: {
    page: or(n, 7, TEXTS[n % TEXTS.length]),
    amount: or(n, 5, (n - 15) / 7),
    "club member": or(n, 4, n % 2 === 0),
    at: or(n, 9, TIMES[n % TIMES.length]),
    items: or(
      n,
      6,
      TEXTS.slice(0, n % 3).map((sku) => ({ sku })),
    ),
  },
});

const profile = (text: string, n: number) => ({
  person_id: `p-${n}`,
  external_person_id: `CRM-${n}`,
  identifiers: n % 2 === 0 ? { custom_id: `c"${n}` } : {},
  attributes: {
    tier: text,
    score: n / 3,
    member: n % 2 === 0,
    since: TIMES[n % TIMES.length],
    $email_address: `p${n}@shop.example`,
    $phone_number: `+44${n}`,
  },
});

function others(): Record<string, unknown>[] {
  const at = (n: number) => new Date(FIRST + 60_000 + n).toISOString();
  return [
    ...TEXTS.map((text, n) => ({
      id: `r-${n}`,
      definition_id: "refund",
      person_id: "p-0",
      occurred_at: at(n),
      properties: { amount: text },
    })),
    ...Array.from({ length: 9 }, (_, n) => ({
      id: `o-${n}`,
      definition_id: "purchase",
      person_id: "p-0",
      occurred_at: at(100 + n),
      properties: { amount: n / 4, is_upsell: or(n, 3, n % 2 === 0), order_name: TEXTS[n] },
    })),
  ];
}
