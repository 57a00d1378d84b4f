/** A bucket that is not ours: where it is, and how it wants to be addressed and written to. */

import { CAPABILITIES, type Provider, type Sse } from "./providers.ts";

export interface BucketLocation {
  provider: Provider;
  bucket: string;
  /** As AWS spells it: `eu-central-1`. */
  region: string;
  /** Null: AWS's own address. Without a trailing slash. */
  endpoint: string | null;
  path_style: boolean;
  encryption: { sse: Sse; kms_key_id: string | null } | null;
  storage_class: string | null;
}

/** `EU_CENTRAL_1` and `eu-central-1` are one region. */
export function normalizeRegion(spelled: string): string {
  return spelled.toLowerCase().replaceAll("_", "-");
}

/** The region's part of AWS: its ARNs begin with it, and China has a domain of its own. */
export function partitionOf(region: string): "aws" | "aws-cn" | "aws-us-gov" {
  if (region.startsWith("cn-")) return "aws-cn";
  return region.startsWith("us-gov-") ? "aws-us-gov" : "aws";
}

/** Where AWS answers for a region. */
export function awsHost(service: "s3" | "sts", region: string): string {
  return `${service}.${region}.amazonaws.com${partitionOf(region) === "aws-cn" ? ".cn" : ""}`;
}

/** The bucket's address, without a trailing slash. A name with dots has no certificate as a host: it goes into the path. */
export function bucketUrl({ bucket, region, endpoint, path_style }: BucketLocation): string {
  const base = new URL(endpoint ?? `https://${awsHost("s3", region)}`);
  const path = base.pathname.replace(/\/+$/, "");
  if (path_style || bucket.includes(".")) return `${base.origin}${path}/${bucket}`;
  return `${base.protocol}//${bucket}.${base.host}${path}`;
}

/** What each object is written with. An encryption that is asked for is always sent: a store that cannot is refused before. */
export function writeHeaders({ encryption, storage_class: storageClass }: BucketLocation): Record<string, string> {
  const keyId = encryption?.kms_key_id ?? null;
  return {
    ...(encryption === null ? {} : { "x-amz-server-side-encryption": encryption.sse }),
    ...(keyId === null ? {} : { "x-amz-server-side-encryption-aws-kms-key-id": keyId }),
    ...(storageClass === null ? {} : { "x-amz-storage-class": storageClass }),
  };
}

export interface LocationFault {
  field: "endpoint" | "auth" | "encryption" | "bucket" | "path_style" | "region" | "storage_class";
  detail: string;
}

const AWS_REGION = /^[a-z]{2}(-[a-z]+)+-\d$/;
const HOST_LABEL = /^[a-z0-9][a-z0-9.-]*[a-z0-9]$/;

/** Objects of these classes are not there to be read: what stands under a name could not be compared. */
const ARCHIVES = new Set(["GLACIER", "DEEP_ARCHIVE"]);

/**
 * What this kind of store cannot do of what is asked.
 * @param stsOfAws roles are assumed at AWS itself, in the place's region.
 */
export function locationFaults(place: BucketLocation, auth: "role" | "keys", stsOfAws: boolean): LocationFault[] {
  const can = CAPABILITIES[place.provider];
  const faults: LocationFault[] = [];
  const refuse = (field: LocationFault["field"], detail: string) => void faults.push({ field, detail });
  if (place.endpoint === null && !can.ownEndpoint) refuse("endpoint", `${can.title} needs an endpoint.`);
  const atAws = place.endpoint === null || (auth === "role" && stsOfAws);
  if (atAws && !AWS_REGION.test(place.region)) refuse("region", "must be a region of AWS.");
  if (auth === "role" && !can.roles) refuse("auth", `${can.title} has no roles to assume: use access keys.`);
  const { sse, kms_key_id: keyId } = place.encryption ?? { sse: null, kms_key_id: null };
  if (sse !== null && !can.encryption.includes(sse))
    refuse("encryption", `${can.title} does not take ${sse} from its clients.`);
  else if (sse === "AES256" && keyId !== null) refuse("encryption", "A KMS key goes with aws:kms.");
  else if (sse === "aws:kms" && keyId === null && !can.defaultKey)
    refuse("encryption", `${can.title} has no key of its own: name one in kms_key_id.`);
  if (ARCHIVES.has(place.storage_class ?? ""))
    refuse("storage_class", "Archived objects cannot be compared: take a class whose objects can be read at once.");
  if (place.storage_class !== null && !can.storageClass)
    refuse("storage_class", `${can.title} has no storage classes.`);
  if ((place.endpoint === null || !place.path_style) && !HOST_LABEL.test(place.bucket))
    refuse("bucket", "A bucket that is addressed as a host has small letters, digits, dots and hyphens.");
  if (!place.path_style && place.bucket.includes(".") && place.endpoint !== null)
    refuse("path_style", "A bucket with dots in its name needs path style.");
  return faults;
}
