/** THE table of providers: what each kind of store supports. No other file knows a provider's differences. */

import type { ConditionSupport } from "./s3-call.ts";

export const PROVIDERS = ["aws", "r2", "gcs", "ceph", "generic"] as const;

export type Provider = (typeof PROVIDERS)[number];

export const ENCRYPTIONS = ["AES256", "aws:kms"] as const;

export type Sse = (typeof ENCRYPTIONS)[number];

interface Capabilities {
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
  /** Needs no endpoint: the region determines it. */
  ownEndpoint: boolean;
}

const ELSEWHERE = { keyPolicies: false, defaultKey: false, ownEndpoint: false };

export const CAPABILITIES: Readonly<Record<Provider, Capabilities>> = {
  aws: {
    title: "AWS S3",
    roles: true,
    conditionalPut: "yes",
    conditionalComplete: "yes",
    encryption: ENCRYPTIONS,
    keyPolicies: true,
    defaultKey: true,
    ownEndpoint: true,
  },
  // R2 always encrypts and has no header for it; its temporary credentials do not come from an STS. Its conditions:
  // developers.cloudflare.com/r2/api/s3/conditional-operations
  r2: {
    ...ELSEWHERE,
    title: "Cloudflare R2",
    roles: false,
    conditionalPut: "yes",
    conditionalComplete: "yes",
    encryption: [],
  },
  // The XML API with HMAC keys: its conditional headers have other names, which it rejects beside x-amz- headers.
  gcs: {
    ...ELSEWHERE,
    title: "Google Cloud Storage",
    roles: false,
    conditionalPut: "no",
    conditionalComplete: "no",
    encryption: [],
  },
  // Its gateway ignores the condition when a multipart upload is completed.
  ceph: {
    ...ELSEWHERE,
    title: "Ceph",
    roles: true,
    conditionalPut: "yes",
    conditionalComplete: "look",
    encryption: ENCRYPTIONS,
  },
  generic: {
    ...ELSEWHERE,
    title: "a store of the kind generic",
    roles: true,
    conditionalPut: "look",
    conditionalComplete: "look",
    encryption: ENCRYPTIONS,
    defaultKey: true,
  },
};
