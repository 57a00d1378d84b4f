/** The Worker's secrets, and which values none of them may have. */

import { randomBytes } from "node:crypto";

/** Without one of these no call is answered. */
export const REQUIRED_SECRETS = [
  "ADMIN_TOKEN",
  "SECRETS_KEY",
  "BUCKET_ACCESS_KEY_ID",
  "BUCKET_SECRET_ACCESS_KEY",
] as const;

/** The key that assumes customers' roles, both or none; and newer keys before SECRETS_KEY. */
export const OPTIONAL_SECRETS = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "SECRETS_KEY_NEXT"] as const;

export type SecretName = (typeof REQUIRED_SECRETS)[number] | (typeof OPTIONAL_SECRETS)[number];

const KEY_BYTES = 32;

/** Secrets that the command makes itself. */
export const MADE: Readonly<Partial<Record<SecretName, () => string>>> = {
  ADMIN_TOKEN: () => randomBytes(KEY_BYTES).toString("base64url"),
  SECRETS_KEY: () => `k1:${randomBytes(KEY_BYTES).toString("base64")}`,
};

export function isSecretName(name: string): name is SecretName {
  return ([...REQUIRED_SECRETS, ...OPTIONAL_SECRETS] as readonly string[]).includes(name);
}
