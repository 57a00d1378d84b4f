/**
 * The history of an export's rows, recorded by the database itself: triggers record each change of status at its
 * commit, and each change of a ledger row that was done already. So no change between two reads is missed.
 */

import { env } from "cloudflare:workers";

const CHANGED = (table: "export_chunks" | "export_files") =>
  `CREATE TRIGGER IF NOT EXISTS witness_${table} AFTER UPDATE ON ${table}
   WHEN old.done = 1 AND (new.done, new.rows, new.bytes, new.sha256) IS NOT (1, old.rows, old.bytes, old.sha256)
   BEGIN INSERT INTO witness VALUES (new.export_id, '${table} ' || new.n, old.sha256, coalesce(new.sha256, 'nothing')); END`;

export async function setUpWitness(): Promise<void> {
  const statements = [
    "CREATE TABLE IF NOT EXISTS witness (export_id TEXT, what TEXT, before TEXT, after TEXT)",
    `CREATE TRIGGER IF NOT EXISTS witness_insert AFTER INSERT ON exports
     BEGIN INSERT INTO witness VALUES (new.id, 'status', '', new.status); END`,
    `CREATE TRIGGER IF NOT EXISTS witness_status AFTER UPDATE OF status ON exports WHEN old.status <> new.status
     BEGIN INSERT INTO witness VALUES (new.id, 'status', old.status, new.status); END`,
    CHANGED("export_chunks"),
    CHANGED("export_files"),
  ];
  await env.CONTROL_DB.batch(statements.map((sql) => env.CONTROL_DB.prepare(sql)));
}

export interface Seen {
  what: string;
  before: string;
  after: string;
}

const TABLES = [
  "exports",
  "export_chunks",
  "export_files",
  "export_upload_parts",
  "export_messages",
  "export_events",
  "idempotency_keys",
  "webhook_deliveries",
  "webhook_attempts",
  "daily_exports",
  "daily_webhooks",
  "daily_durations",
  "witness",
];

/** Removes all exports, so that the next run finds the databases as the first did. */
export async function forgetRuns(): Promise<void> {
  const db = env.CONTROL_DB;
  await db.batch([
    ...TABLES.map((table) => db.prepare(`DELETE FROM ${table}`)),
    // Events are kept as long as the tests take: looking for old ones would be noise in each run. So would pruning and
    // measuring, of which the first run's would be the last.
    db.prepare("UPDATE spaces SET retention_due_at = 9e15, pruning_due_at = 9e15"),
    db.prepare("INSERT INTO home_checks (home, due_at) VALUES ('d1:SPACE_DB', 9e15) ON CONFLICT DO NOTHING"),
  ]);
}
