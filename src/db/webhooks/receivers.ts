/**
 * Who receives a delivery, with the encrypted secrets that sign it: an endpoint, or for a `callback_url` the space
 * itself.
 */

import type { Database } from "../core/database.ts";

/** Each encrypted with `owner` as its associated id. */
export interface EncryptedSecrets {
  /** The endpoint's id, or the space's. */
  owner: string;
  secret: string;
  previous_secret: string | null;
  /** The previous secret signs too until this time. */
  previous_secret_until: number | null;
}

export interface EndpointReceiver extends EncryptedSecrets {
  url: string;
  enabled: number;
}

export const findEndpointReceiver = (db: Database, spaceId: string, endpointId: string) =>
  db.first<EndpointReceiver>(
    `SELECT id AS owner, url, enabled, secret, previous_secret, previous_secret_until
     FROM webhook_endpoints WHERE space_id = ?1 AND id = ?2`,
    [spaceId, endpointId],
  );

export async function findSpaceSecrets(db: Database, spaceId: string): Promise<EncryptedSecrets | null> {
  return db.first<EncryptedSecrets>(
    `SELECT id AS owner, webhook_secret AS secret, previous_webhook_secret AS previous_secret,
       previous_webhook_secret_until AS previous_secret_until
     FROM spaces WHERE id = ?1 AND status <> 'deleting'`,
    [spaceId],
  );
}

/** The current secret becomes the previous one, which signs too until `until`. */
export async function rotateSpaceSecret(
  db: Database,
  spaceId: string,
  encryptedSecret: string,
  until: number,
): Promise<void> {
  await db.run(
    `UPDATE spaces SET previous_webhook_secret = webhook_secret, previous_webhook_secret_until = ?3, webhook_secret = ?2
     WHERE id = ?1 AND status <> 'deleting'`,
    [spaceId, encryptedSecret, until],
  );
}
