/** Moves times of the service into the past, in its local database: no test waits for a link to expire. */

import { readdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

/** What can be made to have expired: the column that says when, and the one that names the row. */
const EXPIRY = {
  /** Links of a portal, and the sessions that they opened, by their space. */
  portal: "UPDATE portal_sessions SET expires_at = ?1 WHERE space_id = ?2",
  /** An API key, by its id. */
  key: "UPDATE api_keys SET expires_at = ?1 WHERE id = ?2",
} as const;

/**
 * @param state the folder of the service's databases.
 * @throws when nothing has that id.
 */
export function letExpire(state: string, what: keyof typeof EXPIRY, id: string): void {
  const database = new DatabaseSync(controlFile(state), { timeout: 20_000 });
  try {
    const { changes } = database.prepare(EXPIRY[what]).run(Date.now() - 1_000, id);
    if (changes === 0) throw new Error(`Nothing of ${id} can expire.`);
  } finally {
    database.close();
  }
}

/** The file of the control database, by what is in it: its name is a hash. */
function controlFile(state: string): string {
  const files = readdirSync(state, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".sqlite"));
  const control = files
    .map((name) => join(state, name))
    .find((file) => {
      const database = new DatabaseSync(file, { readOnly: true });
      try {
        return database.prepare("SELECT 1 FROM sqlite_master WHERE name = 'portal_sessions'").get() !== undefined;
      } finally {
        database.close();
      }
    });
  if (control === undefined) throw new Error(`No database of ${state} has links.`);
  return control;
}
