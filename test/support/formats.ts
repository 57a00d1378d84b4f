/** Events with properties of every type, and readers of what is exported of them that are not the product's. */

import { readParquet, type Table } from "./parquet.ts";
import { START, type ExportView, type Service, type Space } from "./service.ts";

/**
 * `visit {page: text, amount: number, member: boolean, at: date, items: [{sku: text, count: number}]}` and the person
 * `p-1`.
 */
export const VISIT = {
  id: "visit",
  name: "Visit",
  properties: [
    { name: "page", type: "text" },
    { name: "amount", type: "number" },
    { name: "member", type: "boolean" },
    { name: "at", type: "date" },
    {
      name: "items",
      type: "list",
      fields: [
        { name: "sku", type: "text" },
        { name: "count", type: "number" },
      ],
    },
  ],
};

export const MANDATORY = [
  "definitionId",
  "eventId",
  "sessionId",
  "personId",
  "externalPersonId",
  "occuredTime",
  "occurredAt",
];

/** Visits with these properties, one a millisecond, in a space of their own. */
export async function visits(service: Service, properties: readonly Record<string, unknown>[]): Promise<Space> {
  const space = await service.shop();
  await define(service, space, VISIT);
  await service.send(space, properties.map(visit));
  return space;
}

export const visit = (properties: Record<string, unknown>, n: number) => ({
  id: `v-${String(n).padStart(6, "0")}`,
  definition_id: "visit",
  person_id: "p-1",
  occurred_at: new Date(START - 1_000_000 + n).toISOString(),
  properties,
});

export async function define(service: Service, space: Space, definition: Record<string, unknown>): Promise<void> {
  await service.json("POST", "/v1/event-definitions", 201, { key: space.key, body: definition });
}

/** A cell of CSV: null for an empty one. */
export type Cell = string | null;

/** RFC 4180 to the letter. @throws for anything that it does not allow. */
export function readCsv(text: string): Cell[][] {
  const rows: Cell[][] = [];
  let row: Cell[] = [];
  let at = 0;
  while (at < text.length) {
    const field = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/y;
    field.lastIndex = at;
    const found = field.exec(text);
    if (found === null) throw new Error(`no CSV from character ${at}: ${JSON.stringify(text.slice(at, at + 40))}`);
    const [all, quoted, plain, end] = found;
    row.push(quoted === undefined ? plain || null : quoted.replaceAll('""', '"'));
    at += all.length;
    if (end === ",") continue;
    rows.push(row);
    row = [];
  }
  if (row.length > 0) throw new Error("the last line does not end");
  return rows;
}

/** Every file of a Parquet export, in order. */
export async function tablesOf(service: Service, view: ExportView): Promise<Table[]> {
  return Promise.all(view.files.map(async (file) => readParquet(await service.fetchFile(file))));
}
