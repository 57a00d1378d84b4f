/**
 * Secrets that sign webhooks. After a rotation both secrets sign for a day, so that a receiver can switch at any time.
 */

import * as z from "zod";
import { encrypt } from "../../outbound/encryption.ts";
import { formatSecret } from "../../outbound/webhook.ts";
import type { Call } from "../route.ts";
import { Time } from "../schemas.ts";
import { DAY_MS } from "../../time/durations.ts";

export const Secret = z
  .string()
  .meta({ description: "`whsec_…`, in the format of Standard Webhooks.", example: "whsec_<secret>" });

/** The fields that a rotation adds to its answer. */
export const rotated = {
  secret: Secret,
  previous_secret_expires_at: Time.meta({ description: "The previous secret also signs until this time." }),
};

/** @param owner the endpoint's id, or the space's. @returns the secret, and its encrypted form for the database. */
export async function newSecret(call: Call, owner: string): Promise<{ secret: string; encryptedSecret: string }> {
  const { runtime, config } = call;
  const secret = formatSecret(runtime.randomBytes(32));
  const place = { purpose: "webhook-secret", row: owner } as const;
  return { secret, encryptedSecret: await encrypt(config.secretsKey, place, secret, runtime.randomBytes(12)) };
}

/** Epoch ms at which a secret that is rotated now stops signing. */
export const bothSignUntil = (call: Call): number => call.runtime.now() + DAY_MS;
