/**
 * PostgreSQL, by psql: `\copy` reads files of the machine where psql runs, through a program of its shell.
 * https://www.postgresql.org/docs/current/app-psql.html and https://www.postgresql.org/docs/current/sql-copy.html
 */

import { addresses, definitions, dotted, doubleQuoted, lines, literal } from "./sql.ts";
import { type Load, type LoadColumn, type LoadSystem, ROWS } from "./system.ts";

/** https://www.postgresql.org/docs/current/limits.html: a longer name would be cut, and might be another's then. */
const MAX_NAME_BYTES = 63;
const MAX_COLUMNS = 1_600;

export const postgres: LoadSystem = {
  title: "PostgreSQL",
  note: "Run it with psql.",
  reads: {
    ndjson: ["gzip", "zstd", "none"],
    csv: ["gzip", "zstd", "none"],
    document: ["gzip", "zstd", "none"],
  },
  names: { max: MAX_NAME_BYTES, unit: "bytes" },
  table: { parts: 2, spelling: (part) => part.toLowerCase() },
  places: { folder: true, schemes: ["s3"], endpoints: true },
  maxColumns: MAX_COLUMNS,
  matching: "any",
  open: () => [
    String.raw`\set ON_ERROR_STOP on`,
    "BEGIN;",
    // A plain day is its midnight in UTC.
    "SET LOCAL TimeZone = 'UTC';",
  ],
  create: ({ table, columns }) => [
    `CREATE TABLE ${dotted(table, doubleQuoted)} (\n${definitions(columns, doubleQuoted)}\n);`,
  ],
  insert: (load) => (load.format === "csv" ? copyCsv(load) : copyLines(load)),
  close: ({ table, rows }) => [rowCheck(dotted(table, doubleQuoted), rows), "COMMIT;"],
};

function copyCsv(load: Load): string[] {
  // The header is one line: no name has a line break. In a file of one column null is quoted too.
  const [only, ...others] = load.columns;
  const nulls = only !== undefined && others.length === 0 ? `, FORCE_NULL (${doubleQuoted(only.name)})` : "";
  return [copy(dotted(load.table, doubleQuoted), `${eachFile(load)} | tail -n +2`, load, `FORMAT csv${nulls}`)];
}

/** Each line becomes one value: no JSON text has these two control characters, nor begins like the end of the data. */
function copyLines(load: Load): string[] {
  // A text of JSON has no line break of its own, so the lines of a document are joined.
  const program = load.format === "document" ? `${eachFile(load)} | tr -d "\\n\\r"` : eachFile(load);
  const names = lines(load.columns.map(({ name }) => doubleQuoted(name)));
  const values = load.format === "document" ? "  line" : lines(load.columns.map(valueOf));
  return [
    `CREATE TEMPORARY TABLE ${ROWS} (line jsonb) ON COMMIT DROP;`,
    copy(ROWS, program, load, String.raw`FORMAT csv, QUOTE e'\x01', DELIMITER e'\x02'`),
    `INSERT INTO ${dotted(load.table, doubleQuoted)} (\n${names}\n)\nSELECT\n${values}\nFROM ${ROWS};`,
  ];
}

/** psql takes all of the line as it is: it neither looks for variables nor for commands in it. */
const copy = (table: string, pipe: string, load: Load, options: string) =>
  `\\copy ${table} FROM PROGRAM ${literal(loop(load, `do ${pipe} || exit 1; done`))} WITH (${options}, ENCODING 'UTF8')`;

/** The shell's loop over the files. @param body from `do` to `done`. */
function loop(load: Load, body: string): string {
  const { place, files } = load;
  if (files.kind === "listed" || place.kind === "folder")
    return `for file in ${addresses(load).map(shellWord).join(" ")}; ${body}`;
  const list = `aws s3 ls ${quotedWord(`s3://${place.bucket}/${place.prefix}${files.prefix}`)} --recursive${endpoint(load)}`;
  // A line of the list is a day, a time, a size and a key.
  const keys = `sed -E "s|^[^ ]+ +[^ ]+ +[0-9]+ |s3://${place.bucket}/|" | grep "${files.suffix.replaceAll(".", "[.]")}$"`;
  return `${list} | ${keys} | while IFS= read -r file; ${body}`;
}

const eachFile = (load: Load) => {
  const decompress = { gzip: "gzip -dc", zstd: "zstd -dcq", none: "cat" }[load.compression as "gzip" | "zstd" | "none"];
  if (load.place.kind === "folder") return `${decompress} "$file"`;
  return `aws s3 cp "$file" -${endpoint(load)} | ${decompress}`;
};

function endpoint({ place }: Load): string {
  if (place.kind === "folder") return "";
  const region = place.region === null ? "" : ` --region ${quotedWord(place.region)}`;
  return place.endpoint === null ? region : `${region} --endpoint-url ${quotedWord(place.endpoint)}`;
}

const quotedWord = (text: string) => `"${text.replaceAll(/["\\$`]/g, String.raw`\$&`)}"`;

/** An asterisk is outside the quotes, so that the shell fills it in. */
const shellWord = (text: string) =>
  text
    .split("*")
    .map((part) => (part === "" ? "" : quotedWord(part)))
    .join("*");

/** The value of a column in a line of JSON. JSON's null is a value of its own. */
function valueOf({ path, type, sqlType }: LoadColumn): string {
  const names = path.map(jsonKey);
  const json = ["line", ...names].join(" -> ");
  if (type === "json") return `nullif(${json}, 'null')`;
  const text = `${["line", ...names.slice(0, -1)].join(" -> ")} ->> ${names.at(-1) ?? "''"}`;
  return type === "text" ? text : `(${text})::${sqlType}`;
}

/** A backslash is a character like others in either setting of standard_conforming_strings. */
const jsonKey = (name: string) => (name.includes("\\") ? `e${literal(name).replaceAll("\\", "\\\\")}` : literal(name));

/** Fails the transaction where a file is missing or ends early. */
const rowCheck = (table: string, rows: number) =>
  [
    "DO $check$ BEGIN",
    `  IF (SELECT count(*) FROM ${table}) <> ${rows} THEN RAISE EXCEPTION 'the export has ${rows} rows'; END IF;`,
    "END $check$;",
  ].join("\n");
