/** Creates the users and roles of identities.ts at a gateway, and describes them for `npm run peers`. */

import { AwsClient } from "aws4fetch";
import { KMS_KEY_ID } from "./conf.ts";
import type { Gateway } from "./gateway.ts";
import {
  bucketPolicy,
  CUSTOMER,
  CUSTOMER_BUCKET,
  policiesOf,
  type Role,
  roleArn,
  ROLES,
  SERVICE,
  SERVICE_PRINCIPAL,
  trustIn,
} from "./identities.ts";

/** Creates the users, their roles and the customer's bucket. */
export async function setUpUsers(gateway: Gateway): Promise<void> {
  const users = [SERVICE, CUSTOMER].map((user) => {
    const keys = ["--access-key", user.accessKeyId, "--secret", user.secretAccessKey];
    return gateway.admin("user", "create", "--uid", user.uid, "--display-name", user.uid, ...keys);
  });
  await Promise.all([...users, ...ROLES.map((role) => createRole(gateway, role))]);
  const customer = new AwsClient({ ...CUSTOMER, service: "s3", region: "us-east-1", retries: 0 });
  const put = async (path: string, body?: string): Promise<void> => {
    const response = await customer.fetch(`${gateway.origin}/${path}`, {
      method: "PUT",
      ...(body !== undefined && { body }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`PUT ${path} answered ${response.status} ${text}`);
  };
  await put(CUSTOMER_BUCKET);
  await put(`${CUSTOMER_BUCKET}?policy`, bucketPolicy(CUSTOMER_BUCKET));
}

export async function createRole(gateway: Gateway, role: Role): Promise<void> {
  const { trust, permissions } = policiesOf(role);
  await gateway.admin("role", "create", "--role-name", role.name, "--assume-role-policy-doc", trust);
  const policy = ["--policy-name", "export", "--policy-doc", permissions];
  await gateway.admin("role-policy", "put", "--role-name", role.name, ...policy);
}

/** Changes the principal that a role trusts. */
export async function setTrust(gateway: Gateway, name: string, principal: string): Promise<void> {
  await gateway.admin("role", "modify", "--role-name", name, "--assume-role-policy-doc", trustIn(principal));
}

/** The settings with which the service assumes roles there, and finds the buckets that a request names itself. */
export const settingsFor = (origin: string) => ({
  STS_ENDPOINT: origin,
  S3_ENDPOINT: origin,
  AWS_ACCESS_KEY_ID: SERVICE.accessKeyId,
  AWS_SECRET_ACCESS_KEY: SERVICE.secretAccessKey,
  AWS_PRINCIPAL_ARN: SERVICE_PRINCIPAL,
});

/** As lines of a `.dev.vars` file. */
export const linesOf = (settings: Record<string, string>): string[] =>
  Object.entries(settings).map(([name, value]) => `${name}=${value}`);

/** How to use the gateway. @param file has the settings of .dev.vars, and those for this gateway. */
export function guide(origin: string, file: string): string {
  return [
    `radosgw answers at ${origin} (S3 in path style, and STS).`,
    "",
    "Start the service with",
    `  npm run dev -- --env-file ${file}`,
    "This file has the settings of .dev.vars, and",
    ...linesOf(settingsFor(origin)).map((line) => `  ${line}`),
    "",
    `A customer's bucket: ${CUSTOMER_BUCKET}, any region. An export may name it by itself, with one of the roles below.`,
    `The customer's keys: ${CUSTOMER.accessKeyId} ${CUSTOMER.secretAccessKey}`,
    `A key to encrypt with (aws:kms): ${KMS_KEY_ID}`,
    "Roles:",
    ...ROLES.map((role) => `  ${roleArn(role.name)} (${role.what})`),
  ].join("\n");
}
