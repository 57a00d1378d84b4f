/**
 * The bucket of all columns, in processes of its own as it is in production: a second stack, of which nothing but the
 * S3 endpoint is in use.
 */

import { runStack } from "./service.ts";

/** The address of the S3 endpoint, for BUCKET_ENDPOINT. */
export type Endpoint = string;

/** @param persistTo the directory of the objects. */
export const withBucket = <Result>(persistTo: string, job: (endpoint: Endpoint) => Promise<Result>): Promise<Result> =>
  runStack({ persistTo, migrated: true, onLine: () => {} }, ({ origin }) => job(`${origin}/cdn-cgi/local/r2/s3`));
