/** The statements that load the example export, for each system, as the OpenAPI document shows them. */

import { type LoadedExport, loadStatements } from "../../export/load/statements.ts";
import { SYSTEM_NAMES } from "../../export/load/systems.ts";
import { EXPORT_ID, EXPORTED, ROWS } from "../example-values.ts";

const EXAMPLE: LoadedExport = {
  id: EXPORT_ID,
  dataset: "activity_events",
  format: "ndjson",
  compression: "gzip",
  columns: [
    { name: "eventId", type: "text", nullable: false },
    { name: "occurredAt", type: "date", nullable: false },
    { name: "amount", type: "number", nullable: true },
  ],
  source: null,
  files: 1,
  rows: ROWS,
  uncompressedBytes: EXPORTED.file_rows,
};
const FILES = [`${EXPORT_ID}-events-20260101000000000-20260108000000000.json.gz`];

export const LOAD_EXAMPLES: Readonly<Record<string, string>> = Object.fromEntries(
  SYSTEM_NAMES.map((system) => [system, loadStatements(EXAMPLE, { kind: "listed", names: FILES }, { system })]),
);
