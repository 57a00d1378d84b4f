/** Which roles may be named at all: a customer's own, in the part of AWS where the bucket is. */

import { partitionOf, type BucketLocation } from "./bucket-location.ts";

const partOf = (arn: string, n: number) => arn.split(":")[n] ?? "";

/** Is it a role of the service's own account? One that nobody but the service's operator may speak of. */
export function isOwnRole(roleArn: string, principalArn: string): boolean {
  const account = partOf(principalArn, 4);
  return account !== "" && partOf(roleArn, 4) === account;
}

/**
 * Why a role cannot be used, in words; null where it can.
 * @param stsOfAws roles are assumed at AWS itself.
 */
export function roleFault(
  roleArn: string,
  place: Pick<BucketLocation, "region" | "endpoint">,
  principalArn: string,
  stsOfAws: boolean,
): string | null {
  if (isOwnRole(roleArn, principalArn)) return "must be a role of your own account.";
  const hasAccount = /^\d{12}$/.test(partOf(roleArn, 4));
  if ((place.endpoint === null || stsOfAws) && !hasAccount) return "must name the role's account, of twelve digits.";
  const partition = partOf(roleArn, 1);
  if (stsOfAws && (partition !== partitionOf(place.region) || partition !== partOf(principalArn, 1)))
    return `is in another part of AWS (${partition}) than the region or this service.`;
  return null;
}
