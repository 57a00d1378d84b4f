/**
 * Customers' buckets: a place, and what opens it, become a bucket. A role is assumed with a session that may do no more than
 * is needed below one prefix; an address that a customer gave is looked at before every call.
 */

import { SpillwayError } from "../errors.ts";
import { bucketUrl, type BucketLocation, writeHeaders } from "./bucket-location.ts";
import { sessionPolicy } from "./policies.ts";
import { CAPABILITIES } from "./providers.ts";
import { isOwnRole } from "./role.ts";
import type { Store } from "./s3-call.ts";
import { Bucket } from "./s3.ts";
import { type RoleRequest, RoleSessions } from "./sts.ts";
import { checkTarget, type Resolve } from "./url-guard.ts";

export type BucketAuth =
  | { type: "role"; roleArn: string; externalId: string }
  | { type: "keys"; accessKeyId: string; secretAccessKey: string };

/** Whose work a session is for, and how far it may reach. */
export interface SessionScope {
  /** In the customer's own logs: the export's id. */
  sessionName: string;
  /** Of every key that is written. */
  prefix: string;
  /** The one key that may be deleted, or null. */
  probe: string | null;
}

export interface CustomerSettings {
  aws: { accessKeyId: string; secretAccessKey: string; principalArn: string } | null;
  stsEndpoint: string | null;
  allowInsecureTargets: boolean;
}

export interface Outside {
  now: () => number;
  fetch: typeof fetch;
  resolve: Resolve;
}

export class CustomerBuckets {
  readonly #settings: CustomerSettings;
  readonly #outside: Outside;
  readonly #sessions: RoleSessions | null;

  constructor(settings: CustomerSettings, outside: Outside) {
    const { aws, stsEndpoint: endpoint } = settings;
    this.#settings = settings;
    this.#outside = outside;
    this.#sessions = aws === null ? null : new RoleSessions({ ...aws, endpoint }, outside.now, outside.fetch);
  }

  /** Nothing is called yet: a role is assumed when the bucket is first used. */
  open(place: BucketLocation, opener: BucketAuth, reach: SessionScope): Bucket {
    // What answers at another address than AWS's own may not be AWS.
    const kind = place.provider === "aws" && !isAws(place) ? "generic" : place.provider;
    const { conditionalPut, conditionalComplete } = CAPABILITIES[kind];
    const store: Store = {
      clock: isAws(place) ? "service" : "customer",
      url: bucketUrl(place),
      region: place.region,
      headers: writeHeaders(place),
      conditionalPut,
      conditionalComplete,
      ...this.#credentials(place, opener, reach),
      ...(place.endpoint === null ? {} : { admit: () => this.#admit(bucketUrl(place)) }),
    };
    return new Bucket(store, this.#outside.now, this.#outside.fetch, "customer");
  }

  /**
   * Assumes a role and keeps nothing: to see whether it can be, and whether another external id is refused.
   * @throws as RoleSessions.assume.
   */
  async tryAssumeRole(
    place: BucketLocation,
    roleArn: string,
    externalId: string | null,
    reach: SessionScope,
  ): Promise<void> {
    await this.#known(roleArn).assume(requestOf(place, roleArn, externalId, reach));
  }

  #credentials(place: BucketLocation, opener: BucketAuth, reach: SessionScope): Pick<Store, "credentials" | "refused"> {
    if (opener.type === "keys") {
      const { accessKeyId, secretAccessKey } = opener;
      return { credentials: async () => ({ accessKeyId, secretAccessKey }) };
    }
    const request = requestOf(place, opener.roleArn, opener.externalId, reach);
    return {
      credentials: async () => this.#known(opener.roleArn).credentials(request),
      refused: () => this.#sessions?.forget(request),
    };
  }

  #known(roleArn: string): RoleSessions {
    if (isOwnRole(roleArn, this.#settings.aws?.principalArn ?? ""))
      throw new SpillwayError("role_denied", "The role is of this service's own account.", { retryable: false });
    if (this.#sessions !== null) return this.#sessions;
    throw new SpillwayError("role_denied", "This service is not set up to assume roles.", { owner: "service" });
  }

  async #admit(url: string): Promise<void> {
    const { allowInsecureTargets: allowInsecure } = this.#settings;
    let silent = false;
    const resolve: Resolve = async (name) =>
      this.#outside.resolve(name).catch((thrown: unknown) => {
        silent = true;
        throw thrown;
      });
    const refusal = await checkTarget(url, { allowInsecure, resolve });
    if (refusal === null) return;
    const cause = new Error(refusal);
    if (silent) throw new SpillwayError("destination_unavailable", undefined, { owner: "service", cause });
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

const REFUSALS = {
  target_not_allowed: "The destination's endpoint is not at a public address: correct it, and ask for a new export.",
  target_unresolved: "The name of the destination's endpoint could not be looked up: correct it.",
} as const;

function requestOf(
  place: BucketLocation,
  roleArn: string,
  externalId: string | null,
  reach: SessionScope,
): RoleRequest {
  const policy = sessionPolicy(place, reach.prefix, reach.probe);
  return { roleArn, externalId, sessionName: reach.sessionName, policy, region: place.region };
}
