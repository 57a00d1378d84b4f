/** A customer's bucket: its address, and the headers that its objects are written with. */

import { CAPABILITIES, type Provider, type Sse } from "./providers.ts";

export interface BucketLocation {
  provider: Provider;
  bucket: string;
  /** As AWS spells it: `eu-central-1`. */
  region: string;
  /** Without a trailing slash; null for AWS's own. */
  endpoint: string | null;
  path_style: boolean;
  encryption: { sse: Sse; kms_key_id: string | null } | null;
  storage_class: string | null;
}

/** `EU_CENTRAL_1` and `eu-central-1` are one region. */
export function normalizeRegion(spelled: string): string {
  return spelled.toLowerCase().replaceAll("_", "-");
}

/** The AWS partition of a region: ARNs contain it, and China has its own domain. */
export function partitionOf(region: string): "aws" | "aws-cn" | "aws-us-gov" {
  if (region.startsWith("cn-")) return "aws-cn";
  return region.startsWith("us-gov-") ? "aws-us-gov" : "aws";
}

/** The host of an AWS service in a region. */
export function awsHost(service: "s3" | "sts", region: string): string {
  return `${service}.${region}.amazonaws.com${partitionOf(region) === "aws-cn" ? ".cn" : ""}`;
}

/** The bucket's URL, without a trailing slash. AWS's certificate covers no dots in a name, so they need a path. */
export function bucketUrl({ bucket, region, endpoint, path_style }: BucketLocation): string {
  const base = new URL(endpoint ?? `https://${awsHost("s3", region)}`);
  const path = base.pathname.replace(/\/+$/, "");
  if (path_style || bucket.includes(".")) return `${base.origin}${path}/${bucket}`;
  return `${base.protocol}//${bucket}.${base.host}${path}`;
}

/** The headers of every write. locationFaults has rejected stores that lack the encryption. */
export function writeHeaders({ encryption, storage_class: storageClass }: BucketLocation): Record<string, string> {
  const keyId = encryption?.kms_key_id ?? null;
  return {
    ...(encryption === null ? {} : { "x-amz-server-side-encryption": encryption.sse }),
    ...(keyId === null ? {} : { "x-amz-server-side-encryption-aws-kms-key-id": keyId }),
    ...(storageClass === null ? {} : { "x-amz-storage-class": storageClass }),
  };
}

interface LocationFault {
  field: "endpoint" | "auth" | "encryption" | "bucket" | "path_style" | "region" | "storage_class";
  detail: string;
}

const AWS_REGION = /^[a-z]{2}(-[a-z]+)+-\d$/;
const HOST_LABEL = /^[a-z0-9][a-z0-9.-]*[a-z0-9]$/;

/** Objects of these classes cannot be read at once, so an object that already exists could not be compared. */
const ARCHIVES = new Set(["GLACIER", "DEEP_ARCHIVE"]);

/**
 * Everything in a location that its provider does not support.
 * @param stsOfAws roles are assumed at AWS itself, in the location's region.
 * @returns faults with texts for the customer; empty for a valid location.
 */
export function locationFaults(location: BucketLocation, auth: "role" | "keys", stsOfAws: boolean): LocationFault[] {
  const can = CAPABILITIES[location.provider];
  const faults: LocationFault[] = [];
  const refuse = (field: LocationFault["field"], detail: string) => void faults.push({ field, detail });
  if (location.endpoint === null && !can.ownEndpoint) refuse("endpoint", `${can.title} needs an endpoint.`);
  const atAws = location.endpoint === null || (auth === "role" && stsOfAws);
  if (atAws && !AWS_REGION.test(location.region)) refuse("region", "must be an AWS region, such as eu-central-1.");
  if (auth === "role" && !can.roles) refuse("auth", `${can.title} has no roles to assume: use access keys.`);
  const { sse, kms_key_id: keyId } = location.encryption ?? { sse: null, kms_key_id: null };
  if (sse !== null && !can.encryption.includes(sse))
    refuse("encryption", `${can.title} does not support the encryption ${sse}: leave it out.`);
  else if (sse === "AES256" && keyId !== null) refuse("encryption", "A KMS key requires the encryption aws:kms.");
  else if (sse === "aws:kms" && keyId === null && !can.defaultKey)
    refuse("encryption", `${can.title} has no default KMS key: name one in kms_key_id.`);
  if (ARCHIVES.has(location.storage_class ?? ""))
    refuse("storage_class", "Archived objects cannot be compared: choose a class whose objects can be read at once.");
  if ((location.endpoint === null || !location.path_style) && !HOST_LABEL.test(location.bucket))
    refuse(
      "bucket",
      "The bucket is part of a host name: it may contain only lower-case letters, digits, dots and hyphens.",
    );
  if (!location.path_style && location.bucket.includes(".") && location.endpoint !== null)
    refuse("path_style", "A bucket with dots in its name needs path_style true.");
  return faults;
}
