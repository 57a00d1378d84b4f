/**
 * `--create-profiles`: the persons that a file names, each made once and before the first event that needs it. A profile that is
 * there already keeps everything that it has.
 */

import { createHash } from "node:crypto";
import { CallError, type Client } from "../client.ts";
import type { Item } from "./events.ts";
import { patiently, type Patience } from "./patience.ts";

type Merge = { person_id: string; external_person_id?: string };

const MAX_PROFILES = 1_000;
/** Beyond so many they are forgotten and may be sent once more, which changes nothing: a PUT merges. */
const REMEMBERED = 2_000_000;

export class Profiles {
  readonly #client: Client;
  readonly #patience: Patience;
  readonly #known = new Set<string>();
  #made = 0;

  constructor(client: Client, patience: Patience) {
    this.#client = client;
    this.#patience = patience;
  }

  /** How many were sent; some may have been there before. */
  get made(): number {
    return this.#made;
  }

  /** A person who is named by an external id alone gets a `person_id` that is made of it. */
  async ensure(items: readonly Item[]): Promise<void> {
    const merges: Merge[] = [];
    for (const { person } of items) {
      const { person_id: id, external_person_id: externalId } = person;
      if (isId(id)) this.#note(`p${id}`, { person_id: id }, merges);
      else if (isId(externalId))
        this.#note(`x${externalId}`, { person_id: madeId(externalId), external_person_id: externalId }, merges);
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

  /** Profiles go all or none: one that cannot be made is found by halves, and left to the events that name it. */
  async #put(merges: readonly Merge[]): Promise<void> {
    if (merges.length === 0) return;
    try {
      await patiently(this.#patience, () => this.#client.json("PUT", "/v1/profiles", { profiles: merges }), isTaken);
      this.#made += merges.length;
    } catch (thrown) {
      if (!(thrown instanceof CallError) || (thrown.status !== 422 && !isTaken(thrown))) throw thrown;
      if (merges.length === 1) return;
      const middle = Math.ceil(merges.length / 2);
      await this.#put(merges.slice(0, middle));
      await this.#put(merges.slice(middle));
    }
  }
}

/** An external id that another profile has: this conflict does not pass. Others are with calls at the same time. */
function isTaken({ status, message }: CallError): boolean {
  return status === 409 && message.includes("belongs to another profile");
}

/** No id that anybody has: `person_id` 7 and the external id 7 may be two persons. Always the same, so that nobody is made twice. */
export function madeId(externalId: string): string {
  return `external-${createHash("sha256").update(externalId).digest("hex").slice(0, 24)}`;
}

/** A call may name a profile once; a file may name one by both ids, the made one with them. */
function distinct(merges: readonly Merge[]): Merge[] {
  const byId = new Map<string, Merge>();
  for (const merge of merges) byId.set(merge.person_id, { ...byId.get(merge.person_id), ...merge });
  return [...byId.values()];
}

function isId(id: unknown): id is string {
  return typeof id === "string" && id !== "";
}
