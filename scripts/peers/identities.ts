/**
 * The gateway's users: the service's own user, a customer, and the customer's roles. Names and keys are the
 * same each time, so that the README can name them; they are valid nowhere else.
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

/** Owns the buckets; a PUT creates one. */
export const CUSTOMER: User = {
  uid: "customer",
  accessKeyId: "AKCUSTOMER0000000001",
  secretAccessKey: "local-gateway-customer-secret-00000000001",
};

export const SERVICE_PRINCIPAL = `arn:aws:iam:::user/${SERVICE.uid}`;
/** Exists from the start. */
export const CUSTOMER_BUCKET = "customer-exports";
/** The only directory that the role `customer` may write to. */
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

/** `what` describes the role in the output of `npm run peers`. */
export const ROLES: readonly (Role & { what: string })[] = [
  {
    name: "export",
    trusts: SERVICE_PRINCIPAL,
    what: "trusts the service and may do anything in any bucket: only the session policy restricts an export",
    allows: ANYTHING,
  },
  {
    name: "customer",
    trusts: SERVICE_PRINCIPAL,
    what: `trusts the service and may write only below ${CUSTOMER_DIRECTORY} of ${CUSTOMER_BUCKET}, and not delete`,
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

/**
 * In this store the writer owns an object, also a session of a role: this policy lets the customer read and delete
 * objects in its bucket by policy.
 */
export function bucketPolicy(bucket: string): string {
  return policy({
    Effect: "Allow",
    Principal: { AWS: [`arn:aws:iam:::user/${CUSTOMER.uid}`] },
    Action: ["s3:*"],
    Resource: [`arn:aws:s3:::${bucket}`, `arn:aws:s3:::${bucket}/*`],
  });
}

const policy = (statement: object) => JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
