/** Secrets must not occur in logs, rows, or answers over HTTP: checked once all tests have run. */

import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { beforeAll, describe, expect, test } from "vitest";
import { Spillway } from "../../client/src/index.ts";
import { CUSTOMER, SERVICE } from "../../scripts/peers/identities.ts";
import { ALL_ORDERS } from "../live/support.ts";
import { type Scene, SECRETS_KEY } from "./scene.ts";
import { assumed, sessionIn } from "./sts.ts";

/** The secret that a test gives in place of the right one. */
export const WRONG_SECRET = "not-the-secret-of-this-access-key-00000001";

const SIGNED_LINK = "X-Amz-Signature=";

/** Every row of every local database, as text: one per row. */
async function rowsIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true });
  return entries.filter((name) => name.endsWith(".sqlite")).flatMap((name) => rowsOf(join(folder, name)));
}

function rowsOf(file: string): string[] {
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    const tables = database.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all();
    return tables.flatMap(({ name }) => {
      const all = database.prepare(`SELECT * FROM "${String(name)}"`);
      // The runtime's own table of alarms has nanoseconds, which are no safe numbers.
      all.setReadBigInts(true);
      return all.all().map((row) => Object.values(row).map(textOf).join("\n"));
    });
  } finally {
    database.close();
  }
}

const textOf = (value: unknown): string =>
  value instanceof Uint8Array ? Buffer.from(value).toString("latin1") : String(value);

/** All that is secret, and how else it may be written. */
function secretsOf(scene: Scene): string[] {
  const sessions = assumed(scene.toStore).map(({ answer }) => sessionIn(answer));
  const secrets = [
    SERVICE.secretAccessKey,
    CUSTOMER.secretAccessKey,
    WRONG_SECRET,
    SECRETS_KEY.slice(SECRETS_KEY.indexOf(":") + 1),
    ...sessions.flatMap(({ secretAccessKey, sessionToken }) => [secretAccessKey, sessionToken]),
  ];
  return secrets.flatMap((secret) => [secret, encodeURIComponent(secret)]);
}

/** Which secrets occur in the texts: one search per text, because there are many of both. */
function seenIn(texts: readonly string[], secrets: readonly string[]): string[] {
  const any = new RegExp([...new Set(secrets)].map((secret) => secret.replaceAll(/[^\w]/g, "\\$&")).join("|"));
  return texts.flatMap((text) => any.exec(text)?.[0] ?? []);
}

/** To be called at the end of a scene: its tests come last. */
export function keepsSecrets(scene: Scene): void {
  describe("after all of that", () => {
    // Only a download request returns links: create one here, outside the recording.
    beforeAll(async () => {
      const client = new Spillway({ origin: scene.service, key: scene.shop.space.api_key });
      const { download_url: link } = await client.exports
        .create({ ...ALL_ORDERS, end: "2026-01-01T00:00:01.000Z" })
        .wait();
      expect(link).toContain(SIGNED_LINK);
    });

    test("the service's log has no secret, no session and no signed link", () => {
      expect(scene.lines.join("\n")).toContain("export.completed");
      expect(seenIn(scene.lines, [...secretsOf(scene), SIGNED_LINK])).toEqual([]);
    });

    test("no row of its databases has one", async () => {
      const rows = await rowsIn(scene.stateFolder);
      expect(rows.some((row) => row.includes(scene.shop.space.external_id))).toBe(true);
      expect(seenIn(rows, [...secretsOf(scene), SIGNED_LINK])).toEqual([]);
    });

    test("and none of its answers", () => {
      const answers = scene.toService.exchanges.map(
        ({ answer, answerHeaders }) => JSON.stringify(answerHeaders) + answer,
      );
      expect(answers.length).toBeGreaterThan(0);
      expect(seenIn(answers, [...secretsOf(scene), SIGNED_LINK])).toEqual([]);
    });
  });
}
