/**
 * POST /v1/spaces/{id}/query: the operator reads a space's own database by SQL. The log has the hash of the statement
 * and not its text, which may name people.
 */

import * as z from "zod";
import { MAX_QUERY_BYTES, MAX_QUERY_ROWS } from "../../db/core/object-query.ts";
import { whyNotRead } from "../../db/core/read-statement.ts";
import { findSpace } from "../../db/tenants/spaces.ts";
import { invalid, SpillwayError } from "../../errors.ts";
import { log } from "../../log.ts";
import { sha256Hex, utf8 } from "../../outbound/s3.ts";
import { found, json, route } from "../route.ts";

const MAX_SQL = 20_000;
/** What SQLite binds at most. */
const MAX_PARAMETERS = 100;

const WRITES = "The statement writes, so it was not run: nothing was changed. Send one that only reads.";

const Query = z.strictObject({
  sql: z
    .string()
    .min(1)
    .max(MAX_SQL)
    .meta({ description: "One statement of SQLite that begins with SELECT, WITH or EXPLAIN." }),
  params: z
    .array(z.union([z.string(), z.number(), z.null()]))
    .max(MAX_PARAMETERS)
    .default([])
    .meta({ description: "The values of ?1, ?2 … in the statement." }),
});

const QueryRows = z
  .object({
    columns: z.array(z.string()),
    rows: z
      .array(z.array(z.union([z.string(), z.number(), z.null()])))
      .meta({ description: "The values of each row, by columns. The bytes of a blob are a text of hex digits." }),
    truncated: z.boolean().meta({
      description: `There are more rows: an answer has at most ${MAX_QUERY_ROWS.toLocaleString("en")}, and ${MAX_QUERY_BYTES / 1e6} MB of them.`,
    }),
    rows_read: z.number().int().meta({ description: "Rows that the database scanned." }),
  })
  .meta({ id: "QueryRows", description: "What a statement read." });

export const querySpace = route({
  method: "POST",
  path: "/{id}/query",
  operationId: "querySpace",
  summary: "Read a space's database by SQL",
  description:
    "Runs one statement on the database of a space whose home is an object. It cannot write: its transaction is always rolled back. The log names the space, the length of the statement and its SHA-256, and not its text, which may name people. While the statement runs, the space's other calls wait. For a space in a D1 database the answer is 409, with the command that reads it.",
  auth: "admin",
  params: z.object({ id: z.uuid() }),
  body: {
    schema: Query,
    example: { sql: "SELECT count(*) AS events FROM events WHERE occurred_at >= ?1", params: [1_767_225_600_000] },
  },
  responses: { 200: { description: "The rows.", schema: QueryRows } },
  errors: ["conflict"],
  async handle({ databases, requestId }, { params: { id }, body }) {
    const space = found(await findSpace(databases.control, id));
    const read = databases.reader(space);
    if (read === null) throw new SpillwayError("conflict", sharedHome(space));
    const fault = whyNotRead(body.sql);
    if (fault !== null) throw invalid({ pointer: "/sql", detail: fault });
    const bytes = utf8(body.sql);
    const logged = { sql_bytes: bytes.length, sql_sha256: await sha256Hex(bytes) };
    // Before it runs: a statement that ends its object is logged too.
    log("space.queried", { space_id: id, request_id: requestId, ...logged });
    const answer = await read({ sql: body.sql, params: body.params });
    if ("writes" in answer) throw invalid({ pointer: "/sql", detail: WRITES });
    if ("error" in answer)
      throw invalid({ pointer: "/sql", detail: `SQLite does not run this statement: ${answer.error}.` });
    const { rowsRead, ...rows } = answer;
    return json({ ...rows, rows_read: rowsRead });
  },
});

/** D1 has no access that only reads, and other spaces' rows are in the same database: it is not queried from here. */
function sharedHome({ id, home }: { id: string; home: string }): string {
  const binding = home.replace(/^d1:/, "");
  return `The space's data is in the D1 database ${binding}, which other spaces share: this call reads objects alone. Run, where Spillway is deployed from: npx wrangler d1 execute ${binding} --config installations/production.wrangler.json --remote --command "SELECT … WHERE space_no = (SELECT space_no FROM sequences WHERE space_id = '${id}')"`;
}
