/**
 * `--create-profiles`: creates the people that a file names, each once and before the first event that needs them. An
 * existing profile keeps all of its attributes.
 */

import { SpillwayError } from "../errors.ts";
import { createHash } from "node:crypto";
import type { Item } from "./events.ts";
import { faultsByItem } from "./faults.ts";
import type { Service } from "./service.ts";

type Merge = { person_id: string; external_person_id?: string };

export const MAX_PROFILES = 1_000;
/** Beyond this number the known people are forgotten and sent again, which changes nothing: a PUT merges. */
const REMEMBERED = 2_000_000;

export class CreatedProfiles {
  readonly #service: Service;
  readonly #known = new Set<string>();
  #sent = 0;

  constructor(service: Service) {
    this.#service = service;
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
    const each = distinct(merges);
    for (let from = 0; from < each.length; from += MAX_PROFILES) await this.#put(each.slice(from, from + MAX_PROFILES));
  }

  #note(key: string, merge: Merge, merges: Merge[]): void {
    if (this.#known.has(key)) return;
    if (this.#known.size >= REMEMBERED) this.#known.clear();
    this.#known.add(key);
    merges.push(merge);
  }

  /**
   * The service accepts all profiles of a call or none, and names those that it does not accept: they are left out. One
   * whose external id belongs to another profile is there already; the events of an invalid one report its error.
   */
  async #put(merges: readonly Merge[]): Promise<void> {
    for (let left = merges; left.length > 0;) {
      try {
        await this.#service.json("PUT", "/v1/profiles", { profiles: left }, (error) => error.errors.length > 0);
        this.#sent += left.length;
        return;
      } catch (thrown) {
        if (!(thrown instanceof SpillwayError) || (thrown.status !== 422 && thrown.status !== 409)) throw thrown;
        const faults = faultsByItem("profiles", thrown.errors);
        const others = left.filter((_, index) => !faults.has(index));
        // The error names no profile: the same call would fail again.
        if (others.length === left.length) throw thrown;
        left = others;
      }
    }
  }
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
