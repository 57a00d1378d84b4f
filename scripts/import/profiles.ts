/**
 * `--create-profiles`: creates the people that a file names, each once and before the first event that needs them. An
 * existing profile keeps all of its attributes.
 */

import { createHash } from "node:crypto";
import { CallError, type Client } from "../client.ts";
import type { Item } from "./events.ts";
import { withRetry, type RetryPolicy } from "./retry.ts";

type Merge = { person_id: string; external_person_id?: string };

const MAX_PROFILES = 1_000;
/** Beyond this number the known people are forgotten and sent again, which changes nothing: a PUT merges. */
const REMEMBERED = 2_000_000;

export class Profiles {
  readonly #client: Client;
  readonly #retryPolicy: RetryPolicy;
  readonly #known = new Set<string>();
  #sent = 0;

  constructor(client: Client, retryPolicy: RetryPolicy) {
    this.#client = client;
    this.#retryPolicy = retryPolicy;
  }

  /** How many profiles were sent; some may have existed before. */
  get sent(): number {
    return this.#sent;
  }

  /** A person with nothing but an external id gets a `person_id` that is derived from the external id. */
  async ensure(items: readonly Item[]): Promise<void> {
    const merges: Merge[] = [];
    for (const { person } of items) {
      const { person_id: id, external_person_id: externalId } = person;
      if (isId(id)) this.#note(`p${id}`, { person_id: id }, merges);
      else if (isId(externalId))
        this.#note(
          `x${externalId}`,
          { person_id: derivedPersonId(externalId), external_person_id: externalId },
          merges,
        );
    }
    for (let from = 0; from < merges.length; from += MAX_PROFILES)
      await this.#put(distinct(merges.slice(from, from + MAX_PROFILES)));
  }

  #note(key: string, merge: Merge, merges: Merge[]): void {
    if (this.#known.has(key)) return;
    if (this.#known.size >= REMEMBERED) this.#known.clear();
    this.#known.add(key);
    merges.push(merge);
  }

  /**
   * The service accepts all profiles of a call or none: halving finds an invalid one, and its events report the error.
   */
  async #put(merges: readonly Merge[]): Promise<void> {
    if (merges.length === 0) return;
    try {
      await withRetry(this.#retryPolicy, () => this.#client.json("PUT", "/v1/profiles", { profiles: merges }), isTaken);
      this.#sent += merges.length;
    } catch (thrown) {
      if (!(thrown instanceof CallError) || (thrown.status !== 422 && !isTaken(thrown))) throw thrown;
      if (merges.length === 1) return;
      const middle = Math.ceil(merges.length / 2);
      await this.#put(merges.slice(0, middle));
      await this.#put(merges.slice(middle));
    }
  }
}

/** The external id of another profile: this conflict lasts. Other conflicts come from concurrent calls, and pass. */
function isTaken({ status, message }: CallError): boolean {
  return status === 409 && message.includes("belongs to another profile");
}

/**
 * Prefixed, because `person_id` 7 and the external id 7 may be two people; derived, so that a second import creates no
 * one twice.
 */
export function derivedPersonId(externalId: string): string {
  return `external-${createHash("sha256").update(externalId).digest("hex").slice(0, 24)}`;
}

/** Merges profiles with one `person_id`: a call may have each profile once. */
function distinct(merges: readonly Merge[]): Merge[] {
  const byId = new Map<string, Merge>();
  for (const merge of merges) byId.set(merge.person_id, { ...byId.get(merge.person_id), ...merge });
  return [...byId.values()];
}

function isId(id: unknown): id is string {
  return typeof id === "string" && id !== "";
}
