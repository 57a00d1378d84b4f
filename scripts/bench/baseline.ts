/**
 * What a user would do instead: `sqlite3` writes the same lines from the same database file, `gzip -6` compresses them,
 * and one signed PUT brings them to the same bucket.
 */

import { execFile, execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { parseEnv, promisify } from "node:util";
import { createGunzip } from "node:zlib";
import { AwsClient } from "aws4fetch";
import { ROOT } from "../stack.ts";
import { END, START } from "./events.ts";
import { LineSum, type Lines, type Run } from "./measure.ts";
import type { Endpoint } from "./bucket.ts";

const BUCKET = "spillway-exports";

/** The first line of a program's `--version`; null when it is not installed. */
export function versionOf(program: string): string | null {
  try {
    return execFileSync(program, ["--version"], { encoding: "utf8" }).split("\n")[0] ?? "";
  } catch {
    return null;
  }
}

/** The file of the D1 database that holds the events. */
export function eventsDatabase(persistTo: string): string {
  const folder = join(persistTo, "v3", "d1");
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".sqlite"));
  const hasEvents = (file: string) => sqlite(file, "SELECT name FROM sqlite_schema WHERE name = 'events'") !== "";
  const found = files.map((file) => join(folder, file)).find(hasEvents);
  if (found === undefined) throw new Error(`No database below ${folder} has the events.`);
  return found;
}

/** @returns what sqlite3 prints for a query. */
export function sqlite(file: string, sql: string): string {
  return execFileSync("sqlite3", [...OPTIONS, file, sql], { encoding: "utf8" }).trim();
}

const OPTIONS = ["-batch", "-readonly", "-list", "-noheader"];

/** The lines that the product writes, in its order: `flat` rows. No property here is named like a field of the row. */
const linesOf = (spaceId: string) => `
  SELECT '{"definitionId":' || json_quote(e.definition_id) || ',"eventId":' || json_quote(e.id)
    || ',"sessionId":' || json_quote(e.session_id) || ',"personId":' || json_quote(e.person_id)
    || ',"externalPersonId":' || json_quote(p.external_person_id)
    || ',"occuredTime":"' || strftime('%Y-%m-%dT%H:%M:%f', e.received_at / 1000.0, 'unixepoch') || '+0000"'
    || ',"occurredAt":"' || strftime('%Y-%m-%dT%H:%M:%f', e.occurred_at / 1000.0, 'unixepoch') || 'Z",'
    || substr(e.properties, 2)
  FROM sequences s
  JOIN events e ON e.space_no = s.space_no
  LEFT JOIN profiles p ON p.space_id = s.space_id AND p.person_id = e.person_id AND p.seq_to IS NULL
  WHERE s.space_id = '${spaceId}' AND e.occurred_at >= ${START} AND e.occurred_at < ${END}
  ORDER BY e.occurred_at, e.id`;

export interface Job {
  bucket: Endpoint;
  database: string;
  spaceId: string;
  /** The file with the compressed lines before the PUT. */
  scratch: string;
  /** The object's. */
  key: string;
}

const PIPE = `sqlite3 ${OPTIONS.join(" ")} "$FILE" "$SQL" | gzip -6 > "$OUT"`;

/** Runs a shell's line. @returns the CPU time of the programs in it. @throws when it fails. */
export async function timedShell(line: string, env: Record<string, string>): Promise<{ cpuMs: number }> {
  const { stdout } = await promisify(execFile)("sh", ["-c", `${line} && times`], { env: { ...process.env, ...env } });
  return { cpuMs: childrenMs(stdout) };
}

/** CPU time of sqlite3, gzip and this process, without the bucket. */
export async function runBaseline(job: Job): Promise<{ run: Run; lines: Lines }> {
  const begin = performance.now();
  const cpuBefore = process.cpuUsage();
  const { cpuMs } = await timedShell(PIPE, { FILE: job.database, SQL: linesOf(job.spaceId), OUT: job.scratch });
  const body = readFileSync(job.scratch);
  await put(job, body);
  const wall = performance.now() - begin;
  const own = process.cpuUsage(cpuBefore);
  const sum = new LineSum();
  await sum.add(job.scratch, createGunzip());
  rmSync(job.scratch);
  const lines = sum.end();
  const run: Run = {
    wall_ms: wall,
    service_ms: null,
    cpu_ms: cpuMs + (own.user + own.system) / 1000,
    peak_bytes: null,
    bytes: body.length,
    uncompressed_bytes: lines.bytes,
    work: null,
  };
  return { run, lines };
}

async function put(job: Job, body: Buffer<ArrayBuffer>): Promise<void> {
  const settings = parseEnv(readFileSync(join(ROOT, ".dev.vars"), "utf8"));
  const client = new AwsClient({
    accessKeyId: settings["BUCKET_ACCESS_KEY_ID"] ?? "",
    secretAccessKey: settings["BUCKET_SECRET_ACCESS_KEY"] ?? "",
    region: "auto",
    service: "s3",
    retries: 0,
  });
  const signed = await client.sign(`${job.bucket}/${BUCKET}/${job.key}`, {
    method: "PUT",
    headers: { "x-amz-content-sha256": createHash("sha256").update(body).digest("hex") },
    body,
  });
  const response = await fetch(signed);
  const text = await response.text();
  if (!response.ok) throw new Error(`The bucket answered the PUT with ${response.status}: ${text}`);
}

/** The shell's `times`: its own time, then its children's, as `0m1.23s 0m0.04s`. */
function childrenMs(times: string): number {
  const children = times.trim().split("\n").at(-1) ?? "";
  const parts = [...children.matchAll(/(\d+)m([\d.]+)s/g)];
  return parts.reduce((sum, [, minutes, seconds]) => sum + (Number(minutes) * 60 + Number(seconds)) * 1000, 0);
}
