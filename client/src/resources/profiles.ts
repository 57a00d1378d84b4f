/** People: their identifiers, attributes and tags. */

import {
  deleteProfile,
  getProfile,
  getProfileDeletion,
  listProfileDeletions,
  listProfiles,
  mergePeople,
  mergeProfiles,
} from "../generated/sdk.gen.ts";
import type {
  ListProfileDeletionsData,
  ListProfilesData,
  MergePeopleData,
  MergeProfilesData,
  Profile,
  ProfileDeletion,
  ProfileMerge,
} from "../generated/types.gen.ts";
import type { Pages } from "../pages.ts";
import type { CallOptions, Transport } from "../transport.ts";

export type ProfileChange = MergeProfilesData["body"]["profiles"][number];

/** Profiles in a call: what the service takes at most. */
const MAX_PROFILES = 1_000;

export class Profiles {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /**
   * Creates profiles, or merges what is sent into those that exist. More than 1,000 go in several calls, and each call
   * is all or nothing. @returns how many were sent.
   */
  async put(profiles: Iterable<ProfileChange>, options?: CallOptions): Promise<{ merged: number }> {
    let merged = 0;
    for (const batch of inBatches(profiles)) {
      await this.#transport.repeatable((wiring) => mergeProfiles({ ...wiring, body: { profiles: batch } }), options);
      merged += batch.length;
    }
    return { merged };
  }

  list(query?: NonNullable<ListProfilesData["query"]>, options?: CallOptions): Pages<Profile> {
    return this.#transport.pages(query, (wiring, query) => listProfiles({ ...wiring, query }), options);
  }

  get(personId: string, options?: CallOptions): Promise<Profile> {
    const path = { person_id: personId };
    return this.#transport.repeatable((wiring) => getProfile({ ...wiring, path }), options);
  }

  /** Makes one person of two: everything of `from` belongs to `into` from then on. */
  merge(people: MergePeopleData["body"], options?: CallOptions): Promise<ProfileMerge> {
    return this.#transport.once((wiring) => mergePeople({ ...wiring, body: people }), options);
  }

  /** Erases a person with their events, touchpoints and memberships, in the background. */
  delete(personId: string, options?: CallOptions): Promise<ProfileDeletion> {
    const path = { person_id: personId };
    return this.#transport.repeatable((wiring) => deleteProfile({ ...wiring, path }), options);
  }

  deletions(query?: NonNullable<ListProfileDeletionsData["query"]>, options?: CallOptions): Pages<ProfileDeletion> {
    return this.#transport.pages(query, (wiring, query) => listProfileDeletions({ ...wiring, query }), options);
  }

  deletion(id: string, options?: CallOptions): Promise<ProfileDeletion> {
    return this.#transport.repeatable((wiring) => getProfileDeletion({ ...wiring, path: { id } }), options);
  }
}

function* inBatches<Item>(items: Iterable<Item>): Generator<Item[], void> {
  let batch: Item[] = [];
  for (const item of items) {
    batch.push(item);
    if (batch.length < MAX_PROFILES) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
