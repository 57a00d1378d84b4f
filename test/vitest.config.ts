/**
 * The suites. A file's name says where it runs:
 *
 * - `*.unit.test.ts`: pure code, in Node (`unit`).
 * - `*.test.ts`: inside workerd with the real bindings, and a second workerd beside it whose S3 endpoint is
 *   the bucket (`worker`).
 * - `*.sampled.*`: of these the random and the exhaustive ones; `SEEDS` says how much of them is played
 *   (support/seeds.ts).
 * - `*.full.*`: of these the slow ones that a change of another room seldom breaks; `npm test` leaves them out.
 * - `smoke/`: the service as wrangler runs it, over HTTP (`smoke`).
 * - `live/`: the same with large data, kills and foreign readers (`live`); `*.alone.*` loads the whole machine
 *   (`live-alone`).
 * - `browser/`: the console and the portal in Chromium, skipped where that is not installed (`browser`).
 * - `deploy/`: the deploy command and wrangler, against a stand-in of Cloudflare's REST API (`deploy`).
 * - `interop/`: the service beside a real S3 and STS (Ceph's radosgw), skipped where that is not installed (`interop`).
 *
 * `worker-object` runs files of `worker` with each space in a Durable Object of its own instead of in D1: those of the
 * pipeline, in `npm run test:soak` all. `SPILLWAY_HOME=object npm test -- PATH` does it for the files of a path.
 *
 * scripts/test.ts says which of them a command runs.
 */

import { availableParallelism } from "node:os";
import { cloudflareTest, readD1Migrations } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";

const root = new URL("..", import.meta.url).pathname;
/**
 * The files of these suites share all cores, after the suites with a lower number.
 * @param more files at a time than there are cores: while a service is waited for, another file works.
 */
const together = (groupOrder: number, more = 0) => ({
  maxWorkers: availableParallelism() + more,
  sequence: { groupOrder },
});
/** One file at a time, with the machine to itself, after the suites with a lower number. */
const alone = (groupOrder: number) => ({ fileParallelism: false, sequence: { groupOrder } });
/** Files that scripts/test.ts leaves out of a run; of the rest it runs those that have one of these words. */
const excluded = process.env["EXCLUDE"]?.split(",") ?? [];
const words = process.env["WORDS"] ?? "";
const withWords = (ending: string) => (words === "" ? `test/**/*.${ending}` : `test/**/*.@(${words}).*${ending}`);
const provide = { seeds: process.env["SEEDS"] ?? "few", history: process.env["HISTORY"] ?? "" };
const isQuick = provide.seeds === "few";
const isSoak = provide.seeds === "all";

/** These choose homes of both kinds themselves, so they run once. */
const OWN_HOMES = [
  "test/db/core/homes.test.ts",
  "test/db/moves/**",
  "test/http/homes/**",
  "test/http/spaces/{homes,move,query}.*",
  "test/maintenance/{home-sizes.test.ts,moves/**}",
];

interface Workers {
  name: string;
  /** The files. */
  include: string;
  exclude: readonly string[];
  /** The home of the tests' spaces; empty: the D1 database. */
  home: string;
  seeds: string;
}

/** Tests inside workerd. Files share a workerd, its module cache and its tables; each file begins with empty tables. */
const workers = ({ name, include, exclude, home, seeds }: Workers) => ({
  root,
  plugins: [
    cloudflareTest(async ({ inject }) => ({
      main: "./src/index.ts",
      wrangler: { configPath: "./wrangler.toml" },
      miniflare: {
        bindings: {
          ADMIN_TOKEN: "test-admin-token-of-32-characters",
          ALLOW_INSECURE_TARGETS: "true",
          BUCKET_ACCESS_KEY_ID: "test-access-key",
          BUCKET_SECRET_ACCESS_KEY: "test-secret-access-key",
          BUCKET_ENDPOINT: inject<string>("bucketEndpoint"),
          // Suites make calls of one space as fast as they can: those of the limit set it themselves.
          WRITE_LIMIT: "100000",
          API_LIMIT: "100000",
          TRACKER_LIMIT: "100000",
          KEY_LIMIT: "1000",
          // Independent of .dev.vars: tests of a dialect turn it on themselves.
          DIALECTS: "",
          DEFAULT_HOME: home,
          // Independent of .dev.vars: each test sets these itself when roles can be assumed.
          AWS_ACCESS_KEY_ID: "",
          AWS_SECRET_ACCESS_KEY: "",
          AWS_PRINCIPAL_ARN: "",
          STS_ENDPOINT: "",
          S3_ENDPOINT: "",
          SECRETS_KEY: "k1:dGVzdC10ZXN0LXRlc3QtdGVzdC10ZXN0LXRlc3QtMTI=",
          CONTROL_MIGRATIONS: await readD1Migrations("./src/db/migrations/control"),
          SPACE_MIGRATIONS: await readD1Migrations("./src/db/migrations/space"),
        },
      },
    })),
  ],
  test: {
    name,
    include: [include],
    exclude: [
      "test/**/*.unit.test.ts",
      "test/smoke/**",
      "test/live/**",
      "test/browser/**",
      "test/interop/**",
      "test/deploy/**",
      ...exclude,
    ],
    provide: { ...provide, seeds },
    globalSetup: ["./test/support/bucket-server.ts"],
    setupFiles: ["./test/support/migrate.ts"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    isolate: false,
    ...together(0),
  },
});

/**
 * Tests in Node that start the service with wrangler.
 * @param when which files run at the same time.
 * @param include the suite's files.
 */
const overHttp = (
  name: string,
  when: ReturnType<typeof together | typeof alone>,
  globalSetup: string[] = [],
  include = `test/${name}/**/!(*.alone).test.ts`,
) => ({
  root,
  test: {
    name,
    include: [include],
    exclude: [...excluded, "test/**/*.unit.test.ts"],
    provide,
    globalSetup,
    testTimeout: 300_000,
    hookTimeout: 120_000,
    ...when,
  },
});

export default defineConfig({
  test: {
    onConsoleLog: () => false,
    projects: [
      {
        root,
        test: {
          name: "unit",
          include: [withWords("unit.test.ts")],
          exclude: excluded,
          provide,
          isolate: false,
          testTimeout: 60_000,
          ...together(0),
        },
      },
      workers({
        name: "worker",
        include: withWords("test.ts"),
        exclude: excluded,
        home: process.env["SPILLWAY_HOME"] ?? "",
        seeds: provide.seeds,
      }),
      workers({
        name: "worker-object",
        include: isSoak ? "test/**/*.test.ts" : "test/export/pipeline/*.test.ts",
        exclude: OWN_HOMES,
        home: "object",
        // The seeds are rolled for homes of the other kind.
        seeds: isSoak ? "all" : "few",
      }),
      overHttp("smoke", together(0)),
      overHttp("live", together(1, 1)),
      overHttp("live-alone", alone(2), [], "test/live/**/*.alone.test.ts"),
      overHttp("interop", together(1, 1), ["./test/interop/setup-server.ts"]),
      overHttp("browser", isQuick ? together(0) : together(1, 1), ["./test/browser/setup.ts"]),
      overHttp("deploy", together(1, 1)),
    ],
  },
});
