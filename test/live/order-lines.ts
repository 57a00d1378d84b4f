/**
 * The order lines of an online retailer, read by DuckDB: as events to send, and as what an export of them has to
 * contain. The comparison is DuckDB's own from end to end: it reads the source and the exported files by itself.
 */

import { join } from "node:path";
import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import type { NewEvent, ProfileChange } from "../../client/src/index.ts";
import { ROOT } from "../../scripts/stack.ts";

export const SOURCE_FILE = join(ROOT, "..", "shared", "data", "online-retail", "online_retail.csv.gz");

/** Exact, and wide enough to round neither side: no number here has more than three decimals. */
const NUMBER = "DECIMAL(18, 9)";
const LINE = {
  InvoiceNo: "VARCHAR",
  StockCode: "VARCHAR",
  Description: "VARCHAR",
  Quantity: NUMBER,
  InvoiceDate: "VARCHAR",
  UnitPrice: NUMBER,
  CustomerID: NUMBER,
  Country: "VARCHAR",
} as const;
const PERSON = { personId: "VARCHAR", externalPersonId: "VARCHAR" } as const;

/** The CSV's columns under their names. The local time stays the text that it is; the event's own time is in UTC. */
export const DEFINITION = {
  id: "order_line",
  name: "Order line",
  properties: Object.entries(LINE).map(([name, type]) => ({
    name,
    type: type === NUMBER ? ("number" as const) : ("text" as const),
  })),
};

export type RowFormat = "flat" | "nested";

/** What a row of each format says of an event besides its properties, under the names that it has there. */
const MANDATORY = {
  flat: { eventId: "VARCHAR", ...PERSON },
  nested: { timestamp: "VARCHAR", ...PERSON },
} as const;
const columnsOf = (format: RowFormat) => [...Object.keys(MANDATORY[format]), ...Object.keys(LINE)].join();

/** Lines without a customer belong to this profile. */
const NOBODY = "no-customer";
const SEND_TOGETHER = 20_000;

type Row = Record<string, unknown>;
/** Name → JSON type, as DuckDB calls it. */
type Structure = Record<string, string>;

export class OrderLines {
  readonly #connection: DuckDBConnection;

  private constructor(connection: DuckDBConnection) {
    this.#connection = connection;
  }

  /** Reads the source. What no customer bought has none; an empty description is an empty text. */
  static async read(): Promise<OrderLines> {
    const connection = await (await DuckDBInstance.create(":memory:")).connect();
    const line = Object.entries(LINE).map(([name, type]) => `${name}::${type} AS ${name}`);
    await connection.run(`
      CREATE TABLE source AS
        WITH numbered AS (
          SELECT * REPLACE (coalesce(Description, '') AS Description),
            'line-' || lpad(row_number() OVER ()::VARCHAR, 6, '0') AS eventId,
            coalesce(CustomerID, '${NOBODY}') AS personId,
            'customer-' || CustomerID AS externalPersonId,
            strftime(InvoiceDate::TIMESTAMP AT TIME ZONE 'Europe/London' AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%S.%gZ') AS timestamp
          FROM read_csv('${SOURCE_FILE}', header = true, all_varchar = true))
        SELECT row_number() OVER (ORDER BY timestamp, eventId) AS place, eventId, timestamp, personId, externalPersonId, ${line.join()}
        FROM numbered`);
    return new OrderLines(connection);
  }

  close(): void {
    this.#connection.closeSync();
  }

  async profiles(): Promise<ProfileChange[]> {
    const rows = await this.#rows(
      "SELECT DISTINCT personId AS person_id, externalPersonId AS external_person_id FROM source ORDER BY person_id",
    );
    return rows as ProfileChange[];
  }

  /** Every line as an event, its number as the id; many at a time, never all of them. */
  async *events(): AsyncGenerator<NewEvent[]> {
    const text = Object.keys(LINE).map((name) => `${name}::VARCHAR AS ${name}`);
    const source = await this.#connection.stream(
      `SELECT eventId, personId, timestamp, ${text.join()} FROM source ORDER BY eventId`,
    );
    let events: NewEvent[] = [];
    for await (const rows of source.yieldRowObjectJs()) {
      events.push(...rows.map(asEvent));
      if (events.length < SEND_TOGETHER) continue;
      yield events;
      events = [];
    }
    yield events;
  }

  /** Reads an export's files, in their order, and keeps their rows for what follows. @returns rows a file. */
  async load(format: RowFormat, files: readonly string[]): Promise<number[]> {
    const struct = Object.entries(LINE).map(([name, type]) => `${name} ${type}`);
    const row = { ...MANDATORY[format], ...(format === "flat" ? LINE : { properties: `STRUCT(${struct.join()})` }) };
    const columns = Object.entries(row).map(([name, type]) => `${name}: '${type}'`);
    await this.#connection.run(`
      CREATE OR REPLACE TABLE exported AS
        SELECT row_number() OVER () AS place, ${format === "flat" ? "*" : "* EXCLUDE properties, UNNEST(properties)"}
        FROM read_json(${list(files)}, format = 'newline_delimited', filename = true, columns = {${columns.join()}})`);
    const counts = await this.#rows(
      "SELECT count(*)::INTEGER AS rows FROM exported GROUP BY filename ORDER BY min(place)",
    );
    return counts.map((count) => Number(count["rows"]));
  }

  /** How many lines only one side has, each as often as it is there too often. */
  async differences(format: RowFormat): Promise<Row | undefined> {
    const select = (table: string) => `SELECT ${columnsOf(format)} FROM ${table}`;
    const [counts] = await this.#rows(`
      SELECT (SELECT count(*) FROM (${select("source")} EXCEPT ALL ${select("exported")}))::INTEGER AS lost,
        (SELECT count(*) FROM (${select("exported")} EXCEPT ALL ${select("source")}))::INTEGER AS added`);
    return counts;
  }

  /** An MD5 of all lines in their order: by time, then by id in the source; as they came in the export. */
  async digest(format: RowFormat, table: "source" | "exported"): Promise<string> {
    return this.#text(`
      SELECT md5(string_agg(md5(to_json(line)::VARCHAR), '' ORDER BY place)) AS text
      FROM (SELECT place, ${columnsOf(format)} FROM ${table}) AS line`);
  }

  /** Σ quantity × price of what was exported, exactly. */
  async turnover(): Promise<string> {
    return this.#text("SELECT sum(Quantity * UnitPrice)::DECIMAL(18, 3)::VARCHAR AS text FROM exported");
  }

  /** By how much London's clocks are ahead of UTC in what is sent, in British summer time and outside. */
  async clocks(): Promise<Row[]> {
    return this.#rows(`
      SELECT DISTINCT InvoiceDate[:10] BETWEEN '2011-03-27' AND '2011-10-29' AS summer,
        date_diff('minute', timestamp::TIMESTAMP, InvoiceDate::TIMESTAMP)::INTEGER AS minutes
      FROM source ORDER BY ALL`);
  }

  async #text(sql: string): Promise<string> {
    const [row] = await this.#rows(sql);
    if (typeof row?.["text"] !== "string") throw new Error("DuckDB found no rows");
    return row["text"];
  }

  async #rows(sql: string): Promise<Row[]> {
    return (await this.#connection.runAndReadAll(sql)).getRowObjectsJS();
  }
}

const list = (files: readonly string[]) => `[${files.map((file) => `'${file}'`).join()}]`;

function asEvent(row: Row): NewEvent {
  const properties = DEFINITION.properties.map(({ name, type }) => {
    const value = row[name];
    return [name, type === "number" && value !== null ? Number(value) : value];
  });
  return {
    id: String(row["eventId"]),
    definition_id: DEFINITION.id,
    person_id: String(row["personId"]),
    occurred_at: String(row["timestamp"]),
    properties: Object.fromEntries(properties) as Row,
  };
}

/** JSON types of every field and property over all rows of these files, read without any expectation. */
export async function jsonTypes(files: readonly string[]): Promise<Record<string, string[]>> {
  const connection = await (await DuckDBInstance.create(":memory:")).connect();
  const found = await connection.runAndReadAll(
    `SELECT DISTINCT json_structure(json)::VARCHAR AS structure FROM read_ndjson_objects(${list(files)})`,
  );
  connection.closeSync();
  const typesOf = new Map<string, Set<string>>();
  for (const { structure } of found.getRowObjectsJS() as { structure: string }[]) {
    const { properties, ...fields } = JSON.parse(structure) as Structure & { properties?: Structure };
    for (const [name, type] of Object.entries<string>({ ...fields, ...properties }))
      typesOf.set(name, (typesOf.get(name) ?? new Set()).add(type));
  }
  return Object.fromEntries([...typesOf].map(([name, types]) => [name, [...types].toSorted()]));
}
