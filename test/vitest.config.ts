/**
 * Three projects, one after the other. `worker`: tests inside workerd with the real bindings, and a second workerd beside it whose
 * S3 endpoint is the bucket. `live`: tests in Node that start the service with wrangler and talk to it over HTTP. `interop`: the
 * same, with a real S3 and STS beside it (Ceph's radosgw) that it delivers to; skipped where that is not installed.
 */

import { availableParallelism } from "node:os";
import { cloudflareTest, readD1Migrations } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";

const root = new URL("..", import.meta.url).pathname;

export default defineConfig({
  test: {
    onConsoleLog: () => false,
    projects: [
      {
        root,
        plugins: [
          cloudflareTest(async ({ inject }) => ({
            main: "./src/index.ts",
            wrangler: { configPath: "./wrangler.toml" },
            miniflare: {
              bindings: {
                ADMIN_TOKEN: "test-admin-token",
                ALLOW_INSECURE_TARGETS: "true",
                BUCKET_ACCESS_KEY_ID: "test-access-key",
                BUCKET_SECRET_ACCESS_KEY: "test-secret-access-key",
                BUCKET_ENDPOINT: inject<string>("bucketEndpoint"),
                // Whatever stands in .dev.vars: a test says itself when roles can be assumed.
                AWS_ACCESS_KEY_ID: "",
                AWS_SECRET_ACCESS_KEY: "",
                AWS_PRINCIPAL_ARN: "",
                STS_ENDPOINT: "",
                SECRETS_KEY: "k1:dGVzdC10ZXN0LXRlc3QtdGVzdC10ZXN0LXRlc3QtMTI=",
                CONTROL_MIGRATIONS: await readD1Migrations("./src/db/migrations/control"),
                SPACE_MIGRATIONS: await readD1Migrations("./src/db/migrations/space"),
              },
            },
          })),
        ],
        test: {
          name: "worker",
          include: ["test/**/*.test.ts"],
          exclude: ["test/live/**", "test/interop/**"],
          globalSetup: ["./test/support/bucket-server.ts"],
          setupFiles: ["./test/support/migrate.ts"],
          testTimeout: 60_000,
          // All cores for these; then the live ones, one file at a time, with the machine to themselves.
          maxWorkers: availableParallelism(),
          sequence: { groupOrder: 0 },
        },
      },
      {
        root,
        test: {
          name: "live",
          include: ["test/live/**/*.test.ts"],
          testTimeout: 300_000,
          hookTimeout: 120_000,
          fileParallelism: false,
          sequence: { groupOrder: 1 },
        },
      },
      {
        root,
        test: {
          name: "interop",
          include: ["test/interop/**/*.test.ts"],
          globalSetup: ["./test/interop/setup-server.ts"],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          fileParallelism: false,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
