/**
 * THE table of stores that a person chooses from: what each fills in and offers. The service knows kinds of stores
 * alone.
 */

import type { Destination } from "spillway-client";
import type { texts } from "../../texts.ts";

export type StoreId = keyof typeof texts.destinations.stores;

export interface Store {
  id: StoreId;
  /** As the service names the kind. */
  provider: Destination["provider"];
  /** Filled in when the store is chosen; words in capitals are for the person to replace. Null: it has none. */
  endpoint: string | null;
  region: string;
  /** Whether the service may assume a role there; else access keys are the way. */
  roles: boolean;
  /** Whether an encryption may be asked for; the others encrypt by themselves. */
  encryption: boolean;
}

export const STORES: readonly Store[] = [
  { id: "aws", provider: "aws", endpoint: null, region: "", roles: true, encryption: true },
  {
    id: "r2",
    provider: "r2",
    endpoint: "https://ACCOUNT_ID.r2.cloudflarestorage.com",
    region: "auto",
    roles: false,
    encryption: false,
  },
  {
    id: "gcs",
    provider: "gcs",
    endpoint: "https://storage.googleapis.com",
    region: "auto",
    roles: false,
    encryption: false,
  },
  { id: "minio", provider: "generic", endpoint: "", region: "us-east-1", roles: true, encryption: true },
  { id: "ceph", provider: "ceph", endpoint: "", region: "default", roles: true, encryption: true },
  { id: "other", provider: "generic", endpoint: "", region: "", roles: true, encryption: true },
];

/** A word that a person has to replace in an endpoint. */
export const PLACEHOLDER = "ACCOUNT_ID";

const [FIRST] = STORES as [Store, ...Store[]];

export const storeNamed = (id: StoreId): Store => STORES.find((store) => store.id === id) ?? FIRST;

/** The store of a destination; `other` for what may be any of several. */
export function storeOf({ provider, endpoint }: Pick<Destination, "provider" | "endpoint">): StoreId {
  if (provider === "generic" || (provider === "aws" && endpoint !== null)) return "other";
  return provider;
}
