/** What a build does that the button "Deploy to Cloudflare" set up: no terminal, no token of the operator. */

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readTrackedConfig } from "../../scripts/deploy/config.ts";
import { chosenBucket } from "../../scripts/deploy/workers-builds.ts";
import { OperatorsDesk } from "./command.ts";

let desk: OperatorsDesk;
beforeAll(async () => {
  desk = await OperatorsDesk.open();
});
afterAll(() => desk.close());

it("makes what is missing and deploys the code, without a token of the operator", async () => {
  const { code, output } = await desk.deploy([], {
    environment: { WORKERS_CI: "1", CI: "true", BUCKET_ACCESS_KEY_ID: undefined, BUCKET_SECRET_ACCESS_KEY: undefined },
  });
  expect([code, output]).toEqual([0, expect.stringContaining("spillway is deployed")]);
  const { databases, queues, buckets, workers } = desk.snapshot();
  expect([databases.length, queues.length, buckets.length, workers.length]).toEqual([2, 6, 1, 1]);
});

describe("the bucket", () => {
  it("is the one that the page made at R2, or another store that was entered", async () => {
    const { vars } = await readTrackedConfig();
    const r2_buckets = [{ bucket_name: "my-exports" }];
    expect(chosenBucket({ vars, r2_buckets })).toEqual({ BUCKET_NAME: "my-exports" });
    const own = { ...vars, BUCKET_ENDPOINT: "https://store.example", BUCKET_NAME: "mine" };
    expect(chosenBucket({ vars: own, r2_buckets })).toEqual({
      BUCKET_ENDPOINT: "https://store.example",
      BUCKET_NAME: "mine",
      BUCKET_REGION: "auto",
    });
  });
});
