/** The secrets that sign webhooks, and their change: for a day both sign, so that a receiver can change over in its own time. */

import * as z from "zod";
import { encrypt } from "../../outbound/encryption.ts";
import { formatSecret } from "../../outbound/webhook.ts";
import type { Call } from "../route.ts";
import { Time } from "../schemas.ts";
import { DAY_MS } from "../../time/durations.ts";

const SECRET_BYTES = 32;
const BOTH_SIGN_MS = DAY_MS;

export const Secret = z
  .string()
  .meta({ description: "`whsec_…`, as Standard Webhooks writes it.", example: "whsec_<secret>" });

/** What a call that changes a secret answers. */
export const rotated = {
  secret: Secret,
  previous_secret_expires_at: Time.meta({ description: "Until then the secret before it signs too." }),
};

/** @param owner whose it is: an endpoint's id, or the space's. */
export async function newSecret(call: Call, owner: string): Promise<{ secret: string; sealed: string }> {
  const { runtime, config } = call;
  const secret = formatSecret(runtime.randomBytes(SECRET_BYTES));
  return { secret, sealed: await encrypt(config.secretsKey, owner, secret, runtime.randomBytes(12)) };
}

/** When a secret that is changed now stops signing. */
export const bothSignUntil = (call: Call): number => call.runtime.now() + BOTH_SIGN_MS;
