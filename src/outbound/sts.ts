/**
 * AssumeRole and its temporary credentials. They are cached in memory alone, by role, external id, policy and session,
 * and renewed before they expire; they never reach a message, a row or a log.
 */

import { AwsV4Signer } from "aws4fetch";
import * as z from "zod";
import { type ErrorCode, ERRORS, SpillwayError } from "../errors.ts";
import { readWholeText } from "./bodies.ts";
import { awsHost } from "./bucket-location.ts";
import { type Credentials, signatureTime } from "./s3-call.ts";
import { shownCode } from "./s3-errors.ts";
import { readXml } from "./s3-xml.ts";

export interface RoleRequest {
  roleArn: string;
  /** Null sends none: the connection test checks that the role requires one. */
  externalId: string | null;
  /** Matches [\w+=,.@-]{2,64}. */
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

/** The service's identity. `endpoint`: null for the region's own. */
interface StsSettings extends Credentials {
  endpoint: string | null;
}

const DURATION_SECONDS = 3600;
const RENEW_BEFORE_MS = 5 * 60_000;
const MAX_SESSIONS = 200;
const ANSWER_WITHIN_MS = 15_000;
/** A session token has at most a few thousand. */
const MAX_ANSWER_BYTES = 65_536;

/** Becomes a part of a header. */
const HeaderText = z.string().regex(/^[\x21-\x7e]{1,16384}$/);

const Answer = z.object({
  AssumeRoleResponse: z.object({
    AssumeRoleResult: z.object({
      Credentials: z.object({
        AccessKeyId: HeaderText,
        SecretAccessKey: HeaderText,
        SessionToken: HeaderText,
        Expiration: z.string().max(100),
      }),
    }),
  }),
});
const Refusal = z.object({
  ErrorResponse: z.object({ Error: z.object({ Code: z.string(), Message: z.string().optional() }) }),
});

/** STS error codes about the service's own identity or request, not about the customer's role. */
const SERVICE_FAULTS = new Set([
  "InvalidClientTokenId",
  "SignatureDoesNotMatch",
  "InvalidAccessKeyId",
  "MissingAuthenticationToken",
  "UnrecognizedClientException",
  "MalformedPolicyDocument",
  "PackedPolicyTooLarge",
]);
const SKEWED = new Set(["RequestExpired", "RequestTimeTooSkewed"]);
const BUSY = new Set(["Throttling", "ThrottlingException", "RequestLimitExceeded", "SlowDown"]);

/**
 * Sessions of assumed roles by their request, oldest first. Promises are not cached, because one invocation must not
 * wait for another's fetch.
 */
export type SessionCache = Map<string, Session>;

export class RoleSessions {
  readonly #settings: StsSettings;
  readonly #now: () => number;
  readonly #fetch: typeof fetch;
  readonly #cache: SessionCache;

  /** @param cache what the isolate keeps for later invocations. */
  constructor(settings: StsSettings, now: () => number, reach: typeof fetch, cache: SessionCache = new Map()) {
    this.#settings = settings;
    this.#now = now;
    this.#fetch = reach;
    this.#cache = cache;
  }

  /** Credentials that stay valid for at least five minutes. @throws as `assume`. */
  async credentials(request: RoleRequest): Promise<Credentials> {
    const name = keyOf(request);
    const cached = this.#cache.get(name);
    if (cached !== undefined && cached.endsAt - this.#now() > RENEW_BEFORE_MS) return cached.credentials;
    const session = await this.assume(request);
    this.#cache.delete(name);
    this.#cache.set(name, session);
    for (const oldest of this.#cache.keys()) {
      if (this.#cache.size <= MAX_SESSIONS) break;
      this.#cache.delete(oldest);
    }
    return session.credentials;
  }

  /** Drops cached credentials that the store refused. */
  forget(request: RoleRequest): void {
    this.#cache.delete(keyOf(request));
  }

  /**
   * Assumes a role, without the cache.
   * @throws role_denied, external_id_refused; destination_unavailable and clock_skew with the owner `service`.
   */
  async assume(request: RoleRequest): Promise<Session> {
    const { endpoint, ...identity } = this.#settings;
    const url = `${endpoint ?? `https://${awsHost("sts", request.region)}`}/`;
    // A string, because aws4fetch hashes no URLSearchParams.
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
      // Not every store decodes + as a space.
      .replaceAll("+", "%20");
    const signed = await new AwsV4Signer({
      ...identity,
      service: "sts",
      region: request.region,
      method: "POST",
      url,
      headers: { "content-type": "application/x-www-form-urlencoded; charset=utf-8" },
      body,
      datetime: signatureTime(this.#now()),
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
      text = await readWholeText(response, MAX_ANSWER_BYTES);
    } catch (thrown) {
      throw serviceError("destination_unavailable", thrown);
    }
    if (!response.ok) throw roleError(response.status, text);
    const issued = readXml(Answer, text)?.AssumeRoleResponse.AssumeRoleResult.Credentials;
    const endsAt = Date.parse(issued?.Expiration ?? "");
    if (issued === undefined || Number.isNaN(endsAt))
      throw serviceError("destination_unavailable", new Error("the answer of STS could not be parsed"));
    const { AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey, SessionToken: sessionToken } = issued;
    return { credentials: { accessKeyId, secretAccessKey, sessionToken }, endsAt };
  }
}

/** Translates a refusal by the code of STS, or by the status for stores that send no code. */
function roleError(status: number, text: string): SpillwayError {
  const error = readXml(Refusal, text)?.ErrorResponse.Error;
  const code = shownCode(error?.Code ?? "");
  const answered = `STS answered ${status}${code === "" ? "" : ` ${code}`}`;
  const cause = new Error(answered);
  if (SKEWED.has(code)) return serviceError("clock_skew", cause, `${answered}. ${ERRORS.clock_skew.title}`);
  if (SERVICE_FAULTS.has(code)) return serviceError("destination_unavailable", cause, `${answered}: ${OUR_FAULT}`);
  if (status < 400 || status >= 500 || status === 429 || BUSY.has(code))
    return serviceError("destination_unavailable", cause, `${answered}: retry once it is available.`);
  const refuse = (as: "role_denied" | "external_id_refused", advice: string = ERRORS[as].title) =>
    new SpillwayError(as, `${answered}. ${advice}`, { cause });
  if (code === "RegionDisabledException") return refuse("role_denied", REGION_OFF);
  if (code === "ValidationError" && /externalid/i.test(error?.Message ?? "")) return refuse("external_id_refused");
  return refuse("role_denied");
}

const OUR_FAULT = "it does not accept this service's own identity or request. The service's operator must act.";
const REGION_OFF =
  "AWS STS is not active in the bucket's region for the role's account: activate it there (IAM, account settings).";

const serviceError = (code: ErrorCode, cause: unknown, detail?: string) =>
  new SpillwayError(code, detail, { cause, owner: "service" });

const keyOf = ({ roleArn, externalId, policy, sessionName, region }: RoleRequest) =>
  JSON.stringify([roleArn, externalId, policy, sessionName, region]);
