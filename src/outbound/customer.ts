/**
 * Customers' buckets: a location and credentials become a Bucket. A role is assumed with a session policy that allows
 * no more than writes below one prefix, or reads, and an endpoint that a customer entered is checked before every call.
 */

import type { Config } from "../config.ts";
import { SpillwayError } from "../errors.ts";
import { bucketUrl, type BucketLocation, writeHeaders } from "./bucket-location.ts";
import { sessionPolicy, type SessionPurpose } from "./policies.ts";
import { CAPABILITIES } from "./providers.ts";
import { isOwnRole } from "./role.ts";
import type { Store } from "./s3-call.ts";
import { Bucket } from "./s3.ts";
import { type RoleRequest, RoleSessions, type SessionCache } from "./sts.ts";
import { checkTarget, type Resolve } from "./url-guard.ts";

/** Credentials of a bucket, decrypted. */
export type BucketAuth =
  | { type: "role"; roleArn: string; externalId: string }
  | { type: "keys"; accessKeyId: string; secretAccessKey: string };

/** The work that a session is for, which bounds what it may do. */
export interface SessionScope {
  /** Appears in the customer's own logs: the export's id. */
  sessionName: string;
  /** Every key that is written or read begins with it. */
  prefix: string;
  purpose: SessionPurpose;
  /** The one key that may be deleted: the connection test's. */
  probe: string | null;
}

interface Outside {
  now: () => number;
  fetch: typeof fetch;
  resolve: Resolve;
}

type Settings = Pick<Config, "aws" | "stsEndpoint" | "allowInsecureTargets">;

export class CustomerBuckets {
  readonly #settings: Settings;
  readonly #outside: Outside;
  readonly #sessions: RoleSessions | null;

  /** @param cache the roles' sessions, which the isolate keeps for later invocations. */
  constructor(settings: Settings, outside: Outside, cache: SessionCache = new Map()) {
    const { aws, stsEndpoint: endpoint } = settings;
    this.#settings = settings;
    this.#outside = outside;
    this.#sessions = aws === null ? null : new RoleSessions({ ...aws, endpoint }, outside.now, outside.fetch, cache);
  }

  /** Calls nothing: a role is assumed at the bucket's first use. */
  open(location: BucketLocation, auth: BucketAuth, scope: SessionScope): Bucket {
    // A store at another address than AWS's own may lack what AWS supports.
    const kind = location.provider === "aws" && !isAws(location) ? "generic" : location.provider;
    const { conditionalPut, conditionalComplete } = CAPABILITIES[kind];
    const store: Store = {
      clock: isAws(location) ? "service" : "customer",
      url: bucketUrl(location),
      region: location.region,
      headers: writeHeaders(location),
      conditionalPut,
      conditionalComplete,
      ...this.#credentials(location, auth, scope),
      ...(location.endpoint === null ? {} : { admit: () => this.#admit(bucketUrl(location)) }),
    };
    return new Bucket(store, this.#outside.now, this.#outside.fetch, "customer");
  }

  /** Assumes a role and discards the credentials. @param externalId null sends none. @throws as RoleSessions.assume. */
  async tryAssumeRole(
    at: BucketLocation,
    roleArn: string,
    externalId: string | null,
    scope: SessionScope,
  ): Promise<void> {
    await this.#sessionsFor(roleArn).assume(roleRequest(at, roleArn, externalId, scope));
  }

  #credentials(at: BucketLocation, auth: BucketAuth, scope: SessionScope): Pick<Store, "credentials" | "refused"> {
    if (auth.type === "keys") {
      const { accessKeyId, secretAccessKey } = auth;
      return { credentials: async () => ({ accessKeyId, secretAccessKey }) };
    }
    const request = roleRequest(at, auth.roleArn, auth.externalId, scope);
    return {
      credentials: async () => this.#sessionsFor(auth.roleArn).credentials(request),
      refused: () => this.#sessions?.forget(request),
    };
  }

  #sessionsFor(roleArn: string): RoleSessions {
    if (isOwnRole(roleArn, this.#settings.aws?.principalArn ?? ""))
      throw new SpillwayError("role_denied", OWN_ROLE, { retryable: false });
    if (this.#sessions !== null) return this.#sessions;
    throw new SpillwayError("role_denied", NO_IDENTITY, { owner: "service" });
  }

  async #admit(url: string): Promise<void> {
    const { allowInsecureTargets: allowInsecure } = this.#settings;
    let unresolved = false;
    const resolve: Resolve = async (name) =>
      this.#outside.resolve(name).catch((thrown: unknown) => {
        unresolved = true;
        throw thrown;
      });
    const refusal = await checkTarget(url, { allowInsecure, resolve });
    if (refusal === null) return;
    const cause = new Error(refusal);
    if (unresolved) throw new SpillwayError("destination_unavailable", undefined, { owner: "service", cause });
    throw new SpillwayError("destination_unavailable", REFUSALS[refusal], {
      owner: "customer",
      retryable: refusal === "target_unresolved",
      cause,
    });
  }
}

function isAws({ endpoint }: BucketLocation): boolean {
  return endpoint === null || /\.amazonaws\.com(\.cn)?$/.test(new URL(endpoint).hostname);
}

const OWN_ROLE = "The role belongs to this service's own account: use a role of your account.";
const NO_IDENTITY = "This service has no AWS identity, so it cannot assume roles.";
const REFUSALS = {
  target_not_allowed: "The destination's endpoint is not at a public address: correct it, and ask for a new export.",
  target_unresolved: "The host name of the destination's endpoint could not be resolved: correct it.",
} as const;

function roleRequest(at: BucketLocation, roleArn: string, externalId: string | null, scope: SessionScope): RoleRequest {
  const policy = sessionPolicy(at, scope.prefix, scope.probe, scope.purpose);
  return { roleArn, externalId, sessionName: scope.sessionName, policy, region: at.region };
}
