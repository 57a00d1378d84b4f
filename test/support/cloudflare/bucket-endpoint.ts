/**
 * R2's S3 endpoint, as far as the deploy command asks it: may these keys list the objects of that bucket? The signature
 * is computed again and compared.
 */

import { AwsV4Signer } from "aws4fetch";
import type { Account } from "./state.ts";

export const R2_HOST = /^([0-9a-f]{32})(?:\.(eu|us|fedramp))?\.r2\.cloudflarestorage\.com$/;

export interface S3Call {
  method: string;
  /** `ACCOUNT.r2.cloudflarestorage.com`, with the jurisdiction of the bucket. */
  host: string;
  /** With the query. */
  path: string;
  headers: Headers;
}

/** @returns the status and the XML of the answer. */
export async function answerS3(accounts: readonly Account[], call: S3Call): Promise<[status: number, xml: string]> {
  const [, id, jurisdiction = null] = R2_HOST.exec(call.host) ?? [];
  const account = accounts.find((each) => each.id === id);
  if (account === undefined || !(await isSigned(account, call))) return [403, errorXml("SignatureDoesNotMatch")];
  const [, name] = /^\/([^/?]+)/.exec(call.path) ?? [];
  const bucket = account.buckets.find((each) => each.name === name && each.jurisdiction === jurisdiction);
  if (bucket === undefined) return [404, errorXml("NoSuchBucket")];
  const keys = [...bucket.objects.keys()].map((key) => `<Contents><Key>${key}</Key></Contents>`).join("");
  return [200, `<ListBucketResult><Name>${bucket.name}</Name>${keys}</ListBucketResult>`];
}

async function isSigned({ bucketKeys }: Account, { method, host, path, headers }: S3Call): Promise<boolean> {
  const signer = new AwsV4Signer({
    ...bucketKeys,
    method,
    url: `https://${host}${path}`,
    headers: { "x-amz-content-sha256": headers.get("x-amz-content-sha256") ?? "" },
    datetime: headers.get("x-amz-date") ?? "",
    service: "s3",
    region: "auto",
  });
  return (await signer.authHeader()) === headers.get("authorization");
}

function errorXml(code: string): string {
  return `<Error><Code>${code}</Code></Error>`;
}
