/** What docs/connect/ has against a real service: a nightly script, what a workflow runs, and requests of Postman. */

import { spawn } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { freePort } from "../../scripts/stack.ts";
import { runOf } from "../support/workflow.ts";
import { ROOT } from "../support/pages.ts";
import { Postman } from "../support/postman.ts";
import { liveStack, openShop, type Shop } from "./support.ts";

const NIGHTLY = join(ROOT, "docs/connect/nightly.sh");
const DAY_MS = 86_400_000;

const stack = liveStack(...["CREATE_LIMIT:1000", "POLL_LIMIT:1000"].flatMap((value) => ["--var", value]));
let shop: Shop;

/** The shop is in London: noon of its yesterday, and the same time of the day before. */
beforeAll(async () => {
  shop = await openShop(stack.origin);
  const yesterday = new Date(Date.now() - DAY_MS).toLocaleDateString("en-CA", { timeZone: shop.space.timezone });
  const noon = Date.parse(`${yesterday}T12:00:00Z`);
  await shop.client.events.send(
    [noon, noon + 1, noon - DAY_MS].map((time, n) => ({
      id: `e-${n}`,
      definition_id: "order_placed",
      person_id: "p-1",
      occurred_at: new Date(time).toISOString(),
      properties: { order_id: `A-${n}` },
    })),
  );
});

/** Runs a shell as cron or a workflow would: with nothing in the environment but what it was given. */
async function shell(args: readonly string[], environment: Record<string, string> = {}) {
  const child = spawn(args[0] ?? "sh", args.slice(1), {
    cwd: stack.directory,
    env: {
      PATH: [join(ROOT, "node_modules/.bin"), join(process.execPath, ".."), "/usr/bin", "/bin"].join(":"),
      SPILLWAY_CONFIG: stack.file("config.json"),
      SPILLWAY_ORIGIN: stack.origin,
      SPILLWAY_KEY: shop.space.api_key,
      ...environment,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (data) => (stdout += String(data)));
  child.stderr.on("data", (data) => (stderr += String(data)));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  expect(stdout + stderr).not.toContain(shop.space.api_key);
  expect(stdout + stderr).not.toContain("X-Amz-");
  return { code, stdout, stderr };
}

const nightly = (args: readonly string[], environment?: Record<string, string>) =>
  shell(["sh", NIGHTLY, ...args], environment);

async function exportsOfSpace(): Promise<number> {
  let count = 0;
  for await (const _ of shop.client.exports.list()) count += 1;
  return count;
}

describe("nightly.sh", () => {
  it("fetches the rows of yesterday, verified, and says nothing on standard error", async () => {
    const ran = await nightly(["nights"]);
    expect(ran).toMatchObject({ code: 0, stderr: "" });
    expect(ran.stdout).toMatch(/^Export [0-9a-f-]+ is completed: 2 rows in 1 file/);
    expect(ran.stdout).toMatch(/\nVerified: .* and in nights\.\n$/);
    expect(readdirSync(stack.file("nights"))).toEqual([expect.stringMatching(/\.parquet$/)]);
  });

  it("run again, follows the same export and adds no file", async () => {
    const before = await exportsOfSpace();
    const ran = await nightly(["nights"]);
    expect(ran).toMatchObject({ code: 0, stderr: "" });
    expect([await exportsOfSpace(), readdirSync(stack.file("nights")).length]).toEqual([before, 1]);
  });

  it("takes another dataset and options, which are another export", async () => {
    const ran = await nightly(["csv", "activity_events", "--format", "csv", "--columns", "eventId,order_id=order id"]);
    expect(ran.code).toBe(0);
    expect(readdirSync(stack.file("csv"))).toEqual([expect.stringMatching(/\.csv\.gz$/)]);
  });

  it("ends at once with 4 where the key is not accepted", async () => {
    const { code, stdout, stderr } = await nightly(["wrong"], {
      SPILLWAY_KEY: "wrong-key",
      SPILLWAY_RETRY_SECONDS: "60",
    });
    expect([code, stdout]).toEqual([4, ""]);
    expect(stderr).not.toContain("wrong-key");
  });

  it("tries again while the service is away, and ends with 7", async () => {
    const { code, stderr } = await nightly(["away"], {
      SPILLWAY_ORIGIN: `http://127.0.0.1:${await freePort()}`,
      SPILLWAY_TRIES: "2",
      SPILLWAY_RETRY_SECONDS: "0",
    });
    expect(code).toBe(7);
    expect(stderr.match(/^spillway: No service answers/gm)).toHaveLength(2);
  });

  it("asks for the folder", async () => {
    const { code, stderr } = await nightly([]);
    expect(code).not.toBe(0);
    expect(stderr).toContain("name the folder that the files go to");
  });
});

describe("github-action.yml", () => {
  const environment = { GITHUB_RUN_ID: "17", DATE: "yesterday" };
  // As GitHub runs a step without `shell`.
  const fetch = () => shell(["bash", "-e", "-c", runOf("Fetch and verify")], environment);

  it("fetches the rows of yesterday, verified", async () => {
    const ran = await fetch();
    expect(ran.code, ran.stderr).toBe(0);
    expect(ran.stdout).toMatch(/is completed: 2 rows in 1 file[\s\S]*\nVerified: /);
    expect(readdirSync(stack.file("exports"))).toEqual([expect.stringMatching(/\.parquet$/)]);
  });

  it("a job that is run again follows the same export", async () => {
    const before = await exportsOfSpace();
    expect((await fetch()).code).toBe(0);
    expect(await exportsOfSpace()).toBe(before);
  });
});

describe("spillway.postman_collection.json", () => {
  it("leads from a new space to an export's rows, each request with its examples", async () => {
    const { space, client } = await openShop(stack.origin);
    const postman = new Postman({
      origin: stack.origin,
      key: space.api_key,
      admin_token: "local-admin-token-for-development-only",
      person_id: "p-1",
    });
    const answers: [string, number][] = [
      ["Create a space", 201],
      ["Show a space", 200],
      ["Show your space", 200],
      ["Show a profile", 200],
      ["Show statistics by day", 200],
      ["Estimate an export", 200],
      ["Create an export", 202],
      ["Poll an export", 200],
      ["List exports", 200],
    ];
    for (const [name, status] of answers) {
      const answer = await postman.send(name);
      expect([name, answer.status, answer.status === status ? "" : answer.body]).toEqual([name, status, ""]);
    }
    const { id } = JSON.parse((await postman.send("Poll an export")).body) as { id: string };
    expect(await client.exports.wait(id)).toMatchObject({ status: "completed" });
    expect(await postman.send("Get the result as one stream")).toMatchObject({ status: 200 });
  });
});
