/** Who a delivery goes to, with the sealed secrets that sign for it: an endpoint, or for a `callback_url` the space itself. */

import type { Database } from "../core/database.ts";

/** Sealed with the owner's id. */
export interface SealedSecrets {
  owner: string;
  secret: string;
  previous_secret: string | null;
  /** Until when the previous one signs too. */
  previous_secret_until: number | null;
}

export interface EndpointReceiver extends SealedSecrets {
  url: string;
  enabled: number;
}

export async function findEndpointReceiver(
  db: Database,
  spaceId: string,
  endpointId: string,
): Promise<EndpointReceiver | null> {
  return db.first<EndpointReceiver>(
    `SELECT id AS owner, url, enabled, secret, previous_secret, previous_secret_until
     FROM webhook_endpoints WHERE space_id = ?1 AND id = ?2`,
    spaceId,
    endpointId,
  );
}

export async function findSpaceSecrets(db: Database, spaceId: string): Promise<SealedSecrets | null> {
  return db.first<SealedSecrets>(
    `SELECT id AS owner, webhook_secret AS secret, previous_webhook_secret AS previous_secret,
       previous_webhook_secret_until AS previous_secret_until
     FROM spaces WHERE id = ?1 AND status <> 'deleting'`,
    spaceId,
  );
}

/** The present secret becomes the previous one, which signs too until `until`. */
export async function rotateSpaceSecret(
  db: Database,
  spaceId: string,
  sealedSecret: string,
  until: number,
): Promise<void> {
  await db.run(
    `UPDATE spaces SET previous_webhook_secret = webhook_secret, previous_webhook_secret_until = ?3, webhook_secret = ?2
     WHERE id = ?1 AND status <> 'deleting'`,
    spaceId,
    sealedSecret,
    until,
  );
}
