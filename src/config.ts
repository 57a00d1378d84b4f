/**
 * Vars and secrets → one validated, frozen Config. A missing or wrong setting stops the Worker with an error that names
 * it.
 */

import * as z from "zod";
import { HOME_NAME } from "./db/core/home-names.ts";
import { DAY_MS } from "./time/durations.ts";

function count(min: number, max: number) {
  const rule = `must be a whole number from ${min} to ${max}`;
  return z.coerce.number(rule).refine((n) => Number.isInteger(n) && n >= min && n <= max, rule);
}

/** Redeliveries of a space's webhooks in any 60 seconds. */
const REDELIVERIES = 10;

/** An empty setting counts as missing. */
const optional = <Schema extends z.ZodType>(schema: Schema) =>
  z.preprocess((value) => (value === "" ? undefined : value), schema.optional());

/** APIs of other products that can be served beside the own one: see http/dialects. */
export const DIALECT_NAMES = ["infobip", "cometly", "apsis", "batch"] as const;

export type DialectName = (typeof DIALECT_NAMES)[number];

const isDialect = (name: string): name is DialectName => (DIALECT_NAMES as readonly string[]).includes(name);

/** Names after commas, each at most once. */
const dialects = z
  .string()
  .default("")
  .transform((text, context) => {
    const names = new Set(text.split(",").map((name) => name.trim()));
    names.delete("");
    const unknown = [...names].filter((name) => !isDialect(name));
    if (unknown.length > 0)
      context.addIssue(`must have names of dialects only (${DIALECT_NAMES.join(", ")}), not ${unknown.join(", ")}`);
    return [...names].filter(isDialect);
  });

const secretsKey = z
  .string()
  .regex(
    /^[A-Za-z0-9_-]+:[A-Za-z0-9+/]{43}=(,[A-Za-z0-9_-]+:[A-Za-z0-9+/]{43}=)*$/,
    "must be <key id>:<32 bytes in base64>, followed by older keys after commas",
  );

const settings = z.object({
  ADMIN_TOKEN: z
    .string()
    .min(32, "must have at least 32 characters: `openssl rand -base64 32` makes one")
    .regex(/^(?!spw_)/, "must not begin as an API key does"),
  ALLOW_INSECURE_TARGETS: z.enum(["true", "false"]).default("false"),
  BUCKET_ENDPOINT: z.url({ protocol: /^https?$/ }),
  BUCKET_NAME: z.string().min(3),
  BUCKET_REGION: z.string().min(1),
  BUCKET_ACCESS_KEY_ID: z.string().min(1),
  BUCKET_SECRET_ACCESS_KEY: z.string().min(1),
  AWS_ACCESS_KEY_ID: optional(z.string()),
  AWS_SECRET_ACCESS_KEY: optional(z.string()),
  AWS_PRINCIPAL_ARN: optional(
    z.string().regex(/^arn:[a-z-]+:iam::\d*:(user|role|root)/, "must be the ARN of a user or role"),
  ),
  STS_ENDPOINT: optional(z.url({ protocol: /^https?$/ })),
  S3_ENDPOINT: optional(z.url({ protocol: /^https?$/ })),
  SECRETS_KEY: secretsKey,
  SECRETS_KEY_NEXT: optional(secretsKey),
  GZIP_ENGINE: z.enum(["fflate", "native"]),
  GZIP_LEVEL: count(1, 9),
  CREATE_LIMIT: count(1, 10_000),
  POLL_LIMIT: count(1, 10_000),
  LIST_LIMIT: count(1, 10_000),
  WRITE_LIMIT: count(1, 100_000),
  API_LIMIT: count(1, 100_000),
  TRACKER_LIMIT: count(1, 100_000),
  PENDING_LIMIT: count(1, 10_000),
  KEY_LIMIT: count(1, 10_000),
  DEFINITION_LIMIT: count(1, 100_000),
  DIALECTS: dialects,
  DEFAULT_HOME: optional(
    z.string().regex(HOME_NAME, "must be empty, d1:SPACE_DB, d1:SPACE_DB_<name>, object or object:eu"),
  ),
  LEASE_SECONDS: count(5, 900),
  RESEND_AFTER_SECONDS: count(1, 900),
  DOWNLOAD_TTL_DAYS: count(1, 365),
  SEGMENT_TTL_DAYS: count(1, 365),
  URL_TTL_SECONDS: count(1, 604_800),
  MAX_EXPORT_BYTES: count(1_000, 1e13),
  REQUEST_LOG_PERCENT: z
    .string()
    .default("100")
    .refine((text) => text !== "" && Number(text) >= 0 && Number(text) <= 100, "must be a number from 0 to 100")
    .transform(Number),
});

/** The secrets of scripts/stack/local.vars: everybody can read them. */
const PUBLIC_SECRETS = [
  ["ADMIN_TOKEN", "local-admin-token-for-development-only"],
  ["SECRETS_KEY", "c3BpbGx3YXktbG9jYWwtZGV2ZWxvcG1lbnQta2V5LTE="],
  ["BUCKET_ACCESS_KEY_ID", "local-access-key"],
  ["BUCKET_SECRET_ACCESS_KEY", "local-secret-access-key"],
] as const;

const IS_PUBLIC = "must not be that of local development, which everybody can read";

/** The environment's strings, without its bindings. */
type Settings = Partial<Record<keyof z.input<typeof settings>, unknown>>;

/** @throws Error that names each missing or wrong setting, never its value. */
export function readConfig(env: Settings) {
  const read = settings.safeParse(env);
  if (!read.success) {
    const wrong = read.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`);
    throw new Error(`settings: ${wrong.join("; ")}`);
  }
  const from = read.data;
  // A key among several is enough.
  const secrets = { ...from, SECRETS_KEY: allKeys(from) };
  const known = PUBLIC_SECRETS.filter(([name, value]) => secrets[name].includes(value)).map(([name]) => name);
  if (known.length > 0 && from.ALLOW_INSECURE_TARGETS !== "true")
    throw new Error(`settings: ${known.map((name) => `${name}: ${IS_PUBLIC}`).join("; ")}`);
  for (const name of ["BUCKET_ENDPOINT", "STS_ENDPOINT", "S3_ENDPOINT"] as const)
    if (from[name]?.startsWith("http:") === true && from.ALLOW_INSECURE_TARGETS !== "true")
      throw new Error(`settings: ${name} must be https unless ALLOW_INSECURE_TARGETS is true`);
  return Object.freeze({
    adminToken: from.ADMIN_TOKEN,
    allowInsecureTargets: from.ALLOW_INSECURE_TARGETS === "true",
    bucket: Object.freeze({
      endpoint: from.BUCKET_ENDPOINT.replace(/\/+$/, ""),
      name: from.BUCKET_NAME,
      region: from.BUCKET_REGION,
      accessKeyId: from.BUCKET_ACCESS_KEY_ID,
      secretAccessKey: from.BUCKET_SECRET_ACCESS_KEY,
    }),
    /** Null when none is set, and then no role can be assumed. */
    aws: awsIdentity(from),
    /** Without a trailing slash; null for the region's own. */
    stsEndpoint: from.STS_ENDPOINT?.replace(/\/+$/, "") ?? null,
    /** Of buckets that an export's request names itself. Without a trailing slash; null for the region's own. */
    s3Endpoint: from.S3_ENDPOINT?.replace(/\/+$/, "") ?? null,
    /** `<key id>:<base64 of 32 bytes>`: the first key encrypts, older ones after commas still decrypt. */
    secretsKey: secrets.SECRETS_KEY,
    gzip: Object.freeze({ engine: from.GZIP_ENGINE, level: from.GZIP_LEVEL }),
    /** Calls in any 60 seconds. */
    limits: Object.freeze({
      create: from.CREATE_LIMIT,
      poll: from.POLL_LIMIT,
      list: from.LIST_LIMIT,
      write: from.WRITE_LIMIT,
      api: from.API_LIMIT,
      tracker: from.TRACKER_LIMIT,
      redeliver: REDELIVERIES,
    }),
    pendingLimit: from.PENDING_LIMIT,
    /** What a space may have of each. */
    keyLimit: from.KEY_LIMIT,
    definitionLimit: from.DEFINITION_LIMIT,
    /** Of spaces for which none is chosen; null: the D1 database of the fewest bytes. */
    defaultHome: from.DEFAULT_HOME ?? null,
    /** Dialects that are served. */
    dialects: Object.freeze(from.DIALECTS),
    leaseMs: from.LEASE_SECONDS * 1000,
    resendAfterMs: from.RESEND_AFTER_SECONDS * 1000,
    ttlMs: Object.freeze({ download: from.DOWNLOAD_TTL_DAYS * DAY_MS, segment: from.SEGMENT_TTL_DAYS * DAY_MS }),
    urlTtlSeconds: from.URL_TTL_SECONDS,
    /** Uncompressed. */
    maxExportBytes: from.MAX_EXPORT_BYTES,
    /** The part of successful calls whose line is logged, from 0 to 1. */
    requestLogShare: from.REQUEST_LOG_PERCENT / 100,
  });
}

/** All settings, with their units. */
export type Config = ReturnType<typeof readConfig>;

/**
 * The newer keys, then those of before. Nobody can read a secret back: a new key comes beside SECRETS_KEY, not in its
 * place.
 * @throws Error where two keys have one id: what the older one encrypted could not be read.
 */
function allKeys({ SECRETS_KEY: first, SECRETS_KEY_NEXT: next }: z.output<typeof settings>): string {
  if (next === undefined) return first;
  const keys = [...next.split(","), ...first.split(",")];
  const ids = keys.map((key) => key.slice(0, key.indexOf(":")));
  const twice = ids.find((id, n) => ids.indexOf(id) !== n);
  if (twice !== undefined)
    throw new Error(`settings: SECRETS_KEY_NEXT: has a key ${twice}, which is the id of another key`);
  return keys.join(",");
}

/** The identity that assumes customers' roles. @throws Error when only a part of it is set. */
function awsIdentity({
  AWS_ACCESS_KEY_ID: accessKeyId,
  AWS_SECRET_ACCESS_KEY: secretAccessKey,
  AWS_PRINCIPAL_ARN: principalArn,
}: z.output<typeof settings>) {
  if (accessKeyId !== undefined && secretAccessKey !== undefined && principalArn !== undefined)
    return Object.freeze({ accessKeyId, secretAccessKey, principalArn });
  if (accessKeyId === undefined && secretAccessKey === undefined && principalArn === undefined) return null;
  throw new Error("settings: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_PRINCIPAL_ARN must be set together");
}
