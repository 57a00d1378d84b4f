/** THE table of providers: what each kind of store supports. No other file knows a provider's differences. */

import type { ConditionSupport } from "./s3-call.ts";

export const PROVIDERS = ["aws", "r2", "gcs", "ceph", "generic"] as const;

export type Provider = (typeof PROVIDERS)[number];

export const ENCRYPTIONS = ["AES256", "aws:kms"] as const;

export type Sse = (typeof ENCRYPTIONS)[number];

export interface Capabilities {
  /** Its name within a sentence. */
  title: string;
  /** Accepts the temporary credentials of an assumed role. */
  roles: boolean;
  /** `If-None-Match: *` on a PUT. */
  conditionalPut: ConditionSupport;
  /** The same on CompleteMultipartUpload. */
  conditionalComplete: ConditionSupport;
  encryption: readonly Sse[];
  /** Its policies support KMS actions; other stores reject a policy that names them. */
  keyPolicies: boolean;
  /** Has a default KMS key. */
  defaultKey: boolean;
  storageClass: boolean;
  /** Needs no endpoint: the region determines it. */
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
  // R2 always encrypts and has no header for it; its temporary credentials do not come from an STS.
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
  // The XML API with HMAC keys: its conditional headers have other names, which it rejects beside x-amz- headers.
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
  // Its gateway ignores the condition when a multipart upload is completed.
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
