/**
 * The bucket of the tests: wrangler's own S3 endpoint over local R2, in a workerd of its own, new and empty each run.
 */

import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import type { TestProject } from "vitest/node";

export default async function setup(project: TestProject) {
  const server = new Miniflare(
    convertV4MiniflareOptions({
      modules: true,
      script: "export default { fetch: () => new Response(null, { status: 404 }) }",
      compatibilityDate: "2026-11-01",
      r2Buckets: {
        BUCKET: {
          id: "spillway-exports",
          s3Credentials: { accessKeyId: "test-access-key", secretAccessKey: "test-secret-access-key" },
        },
      },
    }),
  );
  const url = await server.ready;
  project.provide("bucketEndpoint", `${url.origin}/cdn-cgi/local/r2/s3`);
  return () => server.dispose();
}

declare module "vitest" {
  interface ProvidedContext {
    bucketEndpoint: string;
  }
}
