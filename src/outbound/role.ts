/** The roles that a customer may name: their own account's, in the bucket's AWS partition. */

import { partitionOf, type BucketLocation } from "./bucket-location.ts";

const partOf = (arn: string, n: number) => arn.split(":")[n] ?? "";

/** Whether the role belongs to the service's own account: customers must not use such a role. */
export function isOwnRole(roleArn: string, principalArn: string): boolean {
  const account = partOf(principalArn, 4);
  return account !== "" && partOf(roleArn, 4) === account;
}

/** Why a role cannot be used, as a sentence, or null. @param stsOfAws roles are assumed at AWS itself. */
export function roleFault(
  roleArn: string,
  location: Pick<BucketLocation, "region" | "endpoint">,
  principalArn: string,
  stsOfAws: boolean,
): string | null {
  if (isOwnRole(roleArn, principalArn)) return "must be a role of your own account.";
  const hasAccount = /^\d{12}$/.test(partOf(roleArn, 4));
  if ((location.endpoint === null || stsOfAws) && !hasAccount)
    return "must contain the role's account id of twelve digits.";
  const partition = partOf(roleArn, 1);
  if (stsOfAws && (partition !== partitionOf(location.region) || partition !== partOf(principalArn, 1)))
    return `is in another AWS partition (${partition}) than the region or this service.`;
  return null;
}
