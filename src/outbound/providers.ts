/** What each kind of store can do. One table: whatever a store refuses is turned off here, and nowhere else. */

import type { ConditionSupport } from "./s3-call.ts";

export const PROVIDERS = ["aws", "r2", "gcs", "ceph", "generic"] as const;

export type Provider = (typeof PROVIDERS)[number];

export const ENCRYPTIONS = ["AES256", "aws:kms"] as const;

export type Sse = (typeof ENCRYPTIONS)[number];

export interface Capabilities {
  /** What it is called in a sentence. */
  title: string;
  /** Takes the temporary credentials of an assumed role. */
  roles: boolean;
  /** `If-None-Match: *` on a PUT. */
  conditionalPut: ConditionSupport;
  /** The same on CompleteMultipartUpload. */
  conditionalComplete: ConditionSupport;
  encryption: readonly Sse[];
  /** Its policies know actions of KMS; where they do not, one that names them is refused. */
  keyPolicies: boolean;
  /** Encrypts with a key of its own where none is named. */
  defaultKey: boolean;
  storageClass: boolean;
  /** Buckets are found without an endpoint. */
  ownEndpoint: boolean;
}

export const CAPABILITIES: Readonly<Record<Provider, Capabilities>> = {
  aws: {
    title: "AWS S3",
    roles: true,
    conditionalPut: "yes",
    conditionalComplete: "yes",
    encryption: ENCRYPTIONS,
    keyPolicies: true,
    defaultKey: true,
    storageClass: true,
    ownEndpoint: true,
  },
  // R2 encrypts by itself and knows no header for it; its temporary credentials do not come from an STS.
  r2: {
    title: "Cloudflare R2",
    roles: false,
    conditionalPut: "yes",
    conditionalComplete: "no",
    encryption: [],
    keyPolicies: false,
    defaultKey: false,
    storageClass: true,
    ownEndpoint: false,
  },
  // The XML API with HMAC keys: its conditions have names of their own, which may not stand beside x-amz- fields.
  gcs: {
    title: "Google Cloud Storage",
    roles: false,
    conditionalPut: "no",
    conditionalComplete: "no",
    encryption: [],
    keyPolicies: false,
    defaultKey: false,
    storageClass: true,
    ownEndpoint: false,
  },
  // Its gateway passes the condition over when a multipart upload is completed.
  ceph: {
    title: "Ceph",
    roles: true,
    conditionalPut: "yes",
    conditionalComplete: "look",
    encryption: ENCRYPTIONS,
    keyPolicies: false,
    defaultKey: false,
    storageClass: true,
    ownEndpoint: false,
  },
  generic: {
    title: "a store of the kind generic",
    roles: true,
    conditionalPut: "look",
    conditionalComplete: "look",
    encryption: ENCRYPTIONS,
    keyPolicies: false,
    defaultKey: true,
    storageClass: true,
    ownEndpoint: false,
  },
};
