/**
 * AssumeRole, and the temporary credentials that it gives. They are kept in memory alone, by role, external id, policy and
 * session, and renewed before they end; never in a message, a row or a log.
 */

import { AwsV4Signer } from "aws4fetch";
import * as z from "zod";
import { type ErrorCode, SpillwayError } from "../errors.ts";
import { awsHost } from "./bucket-location.ts";
import type { Credentials } from "./s3-call.ts";
import { readXml } from "./s3-xml.ts";

export interface RoleRequest {
  roleArn: string;
  /** Null: none is sent, to see whether the role wants one. */
  externalId: string | null;
  /** [\w+=,.@-]{2,64} */
  sessionName: string;
  /** JSON. */
  policy: string;
  region: string;
}

interface Session {
  credentials: Credentials;
  /** Epoch ms. */
  endsAt: number;
}

export interface StsSettings {
  accessKeyId: string;
  secretAccessKey: string;
  /** Null: the region's own. */
  endpoint: string | null;
}

const DURATION_SECONDS = 3600;
const RENEW_BEFORE_MS = 5 * 60_000;
const MAX_SESSIONS = 200;
const ANSWER_WITHIN_MS = 15_000;

const Answer = z.object({
  AssumeRoleResponse: z.object({
    AssumeRoleResult: z.object({
      Credentials: z.object({
        AccessKeyId: z.string().min(1),
        SecretAccessKey: z.string().min(1),
        SessionToken: z.string().min(1),
        Expiration: z.string(),
      }),
    }),
  }),
});
const Refusal = z.object({
  ErrorResponse: z.object({ Error: z.object({ Code: z.string(), Message: z.string().optional() }) }),
});

/** Codes for which it is we who may not call, not the customer's role that refuses. */
const OURS = new Set([
  "InvalidClientTokenId",
  "SignatureDoesNotMatch",
  "InvalidAccessKeyId",
  "MissingAuthenticationToken",
  "UnrecognizedClientException",
  "MalformedPolicyDocument",
  "PackedPolicyTooLarge",
]);
const SKEWED = new Set(["RequestExpired", "RequestTimeTooSkewed"]);

export class RoleSessions {
  readonly #settings: StsSettings;
  readonly #now: () => number;
  readonly #fetch: typeof fetch;
  /** What is done, not what is under way: a call of one request must not wait for another's. Oldest first. */
  readonly #kept = new Map<string, Session>();

  constructor(settings: StsSettings, now: () => number, reach: typeof fetch) {
    this.#settings = settings;
    this.#now = now;
    this.#fetch = reach;
  }

  /** Credentials that hold for five minutes at least. @throws as `assume`. */
  async credentials(request: RoleRequest): Promise<Credentials> {
    const name = keyOf(request);
    const kept = this.#kept.get(name);
    if (kept !== undefined && kept.endsAt - this.#now() > RENEW_BEFORE_MS) return kept.credentials;
    const session = await this.assume(request);
    this.#keep(name, session);
    return session.credentials;
  }

  /** The store refused them: the next caller gets new ones. */
  forget(request: RoleRequest): void {
    this.#kept.delete(keyOf(request));
  }

  #keep(name: string, session: Session): void {
    this.#kept.delete(name);
    this.#kept.set(name, session);
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= MAX_SESSIONS) break;
      this.#kept.delete(oldest);
    }
  }

  /**
   * Assumes a role, whatever is kept.
   * @throws role_denied, external_id_refused; destination_unavailable and clock_skew, which are the service's.
   */
  async assume(request: RoleRequest): Promise<Session> {
    const { accessKeyId, secretAccessKey, endpoint } = this.#settings;
    const url = `${endpoint ?? `https://${awsHost("sts", request.region)}`}/`;
    // A string, because nothing else can be hashed for the signature.
    const body = new URLSearchParams({
      Action: "AssumeRole",
      Version: "2011-06-15",
      RoleArn: request.roleArn,
      RoleSessionName: request.sessionName,
      ...(request.externalId === null ? {} : { ExternalId: request.externalId }),
      DurationSeconds: String(DURATION_SECONDS),
      Policy: request.policy,
    })
      .toString()
      // A space written as + is not read by every store.
      .replaceAll("+", "%20");
    const signed = await new AwsV4Signer({
      accessKeyId,
      secretAccessKey,
      service: "sts",
      region: request.region,
      method: "POST",
      url,
      headers: { "content-type": "application/x-www-form-urlencoded; charset=utf-8" },
      body,
      datetime: new Date(this.#now()).toISOString().replaceAll(/[:-]|\.\d{3}/g, ""),
    }).sign();
    let response: Response;
    let text: string;
    try {
      response = await this.#fetch(signed.url, {
        method: "POST",
        headers: signed.headers,
        body,
        redirect: "manual",
        signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
      });
      text = await response.text();
    } catch (thrown) {
      throw ours("destination_unavailable", thrown);
    }
    if (!response.ok) throw refusal(response.status, text);
    const given = readXml(Answer, text)?.AssumeRoleResponse.AssumeRoleResult.Credentials;
    const endsAt = Date.parse(given?.Expiration ?? "");
    if (given === undefined || Number.isNaN(endsAt))
      throw ours("destination_unavailable", new Error("STS's answer could not be read"));
    const { AccessKeyId, SecretAccessKey, SessionToken } = given;
    return {
      credentials: { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken },
      endsAt,
    };
  }
}

/** By STS's code where there is one; some stores give none: then by the status. */
function refusal(status: number, text: string): SpillwayError {
  const error = readXml(Refusal, text)?.ErrorResponse.Error;
  const code = error?.Code ?? "";
  const cause = new Error(`STS answered ${status} ${code}`);
  if (SKEWED.has(code)) return ours("clock_skew", cause);
  if (OURS.has(code) || status >= 500 || status === 429 || code === "Throttling")
    return ours("destination_unavailable", cause);
  if (status < 400) return ours("destination_unavailable", cause);
  if (code === "RegionDisabledException") return new SpillwayError("role_denied", REGION_OFF, { cause });
  if (code === "ValidationError" && /externalid/i.test(error?.Message ?? ""))
    return new SpillwayError("external_id_refused", undefined, { cause });
  return new SpillwayError("role_denied", undefined, { cause });
}

const REGION_OFF =
  "AWS STS is not active in the bucket's region for the role's account: activate it there (IAM, account settings).";

const ours = (code: ErrorCode, cause: unknown) => new SpillwayError(code, undefined, { cause, owner: "service" });

const keyOf = ({ roleArn, externalId, policy, sessionName, region }: RoleRequest) =>
  JSON.stringify([roleArn, externalId, policy, sessionName, region]);
