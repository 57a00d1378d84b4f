/** The properties of a stored event as rows show them. */

import { env } from "cloudflare:workers";
import { propertyFiller } from "../../src/datasets/event-properties.ts";
import { Budget } from "../../src/budget.ts";
import { D1Driver } from "../../src/db/core/d1-driver.ts";
import { Database } from "../../src/db/core/database.ts";
import { readSequence, SPACE_NO } from "../../src/db/core/sequences.ts";

/** As JSON text: their order counts. */
export async function shownProperties(spaceId: string, id: string): Promise<string> {
  const db = new Database(new D1Driver(env.SPACE_DB), new Budget());
  const event = await db.first<{ definitionId: string; properties: string }>(
    `SELECT definition_id AS definitionId, properties FROM events WHERE space_no = ${SPACE_NO} AND id = ?2`,
    [spaceId, id],
  );
  if (event === null) throw new Error(`No event ${id} is stored.`);
  const fill = await propertyFiller({ db, spaceId, seq: await readSequence(db, spaceId) }, [event.definitionId]);
  return fill(event);
}
