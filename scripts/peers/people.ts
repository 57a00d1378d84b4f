/**
 * Who there is at the gateway: the service's own user, a customer, and the customer's roles. Names and keys are the same each
 * time, so that the README can say them; they are worth nothing elsewhere.
 */

export interface User {
  uid: string;
  accessKeyId: string;
  secretAccessKey: string;
}

/** Who assumes the customers' roles. */
export const SERVICE: User = {
  uid: "spillway",
  accessKeyId: "AKSPILLWAY0000000001",
  secretAccessKey: "local-gateway-service-secret-000000000001",
};

/** Whose buckets they are; a bucket is made with a PUT. */
export const CUSTOMER: User = {
  uid: "customer",
  accessKeyId: "AKCUSTOMER0000000001",
  secretAccessKey: "local-gateway-customer-secret-00000000001",
};

export const SERVICE_PRINCIPAL = `arn:aws:iam:::user/${SERVICE.uid}`;
/** There from the start. */
export const CUSTOMER_BUCKET = "customer-exports";
/** What the role `customer` is confined to. */
export const CUSTOMER_DIRECTORY = "exports/";

export const roleArn = (name: string): string => `arn:aws:iam:::role/${name}`;

export interface Role {
  name: string;
  /** Who may assume it. */
  trusts: string;
  allows: { Action: string[]; Resource: string[] };
}

/** In any bucket. */
export const ANYTHING = { Action: ["s3:*"], Resource: ["arn:aws:s3:::*"] };

export const STRANGER = "arn:aws:iam:::user/nobody";

/** `what`: in words, for whoever starts this by hand. */
export const ROLES: readonly (Role & { what: string })[] = [
  {
    name: "export",
    trusts: SERVICE_PRINCIPAL,
    what: "trusts the service and may do anything in any bucket: what confines an export is its session's policy",
    allows: ANYTHING,
  },
  {
    name: "customer",
    trusts: SERVICE_PRINCIPAL,
    what: `trusts the service and may write below ${CUSTOMER_DIRECTORY} of ${CUSTOMER_BUCKET} alone, and not delete`,
    allows: {
      Action: ["s3:PutObject", "s3:GetObject", "s3:AbortMultipartUpload"],
      Resource: [`arn:aws:s3:::${CUSTOMER_BUCKET}/${CUSTOMER_DIRECTORY}*`],
    },
  },
  { name: "closed", trusts: STRANGER, what: "does not trust the service", allows: ANYTHING },
];

/** Two policies as IAM writes them. */
export function policiesOf(role: Role): { trust: string; permissions: string } {
  return { trust: trustIn(role.trusts), permissions: policy({ Effect: "Allow", ...role.allows }) };
}

/** @param principal who may assume the role that has it. */
export function trustIn(principal: string): string {
  return policy({ Effect: "Allow", Principal: { AWS: [principal] }, Action: ["sts:AssumeRole"] });
}

/** This store gives an object to whoever wrote it, a role's session too: the customer may read and delete what is in its bucket by policy. */
export function bucketPolicy(bucket: string): string {
  return policy({
    Effect: "Allow",
    Principal: { AWS: [`arn:aws:iam:::user/${CUSTOMER.uid}`] },
    Action: ["s3:*"],
    Resource: [`arn:aws:s3:::${bucket}`, `arn:aws:s3:::${bucket}/*`],
  });
}

const policy = (statement: object) => JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
