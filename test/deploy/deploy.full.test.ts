/** An operator's account from empty to two installations and back to one: what each run of the command does. */

import { execFileSync } from "node:child_process";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ROOT } from "../../scripts/stack.ts";
import { OperatorsDesk } from "./command.ts";

const ADDRESS = "https://spillway.example.workers.dev";
const ADMIN_TOKEN = "the-operators-token-of-production-0123456789";

let desk: OperatorsDesk;
let tree: string;

const gitStatus = () => execFileSync("git", ["status", "--porcelain"], { cwd: ROOT }).toString();

beforeAll(async () => {
  tree = gitStatus();
  desk = await OperatorsDesk.open();
});

afterAll(() => desk.close());

test("a plan for an empty account names what would be made, and changes nothing", async () => {
  const { code, output, writes } = await desk.deploy(["--workers-dev", "--plan"], { environment: { ADMIN_TOKEN } });
  expect(output).toContain("spillway-control");
  expect(output).toContain("Nothing was changed.");
  expect(code).toBe(0);
  expect(writes).toEqual([]);
});

test("an empty account ends with an address whose service has passed its smoke test", async () => {
  const { code, output } = await desk.deploy(["--workers-dev", "--jurisdiction", "eu"], {
    environment: { ADMIN_TOKEN },
  });
  expect(output).toContain(ADDRESS);
  expect(code).toBe(0);
  const { databases, queues, buckets, workers } = desk.snapshot();
  expect(databases.map(({ name, jurisdiction }) => [name, jurisdiction])).toEqual([
    ["spillway-control", "eu"],
    ["spillway-space", "eu"],
  ]);
  expect(databases.every(({ migrations }) => migrations.length > 0)).toBe(true);
  expect(queues.map(({ queue_name, consumers }) => [queue_name, consumers.length])).toEqual(
    ["chunks", "dead", "maintenance", "steps", "verify", "webhooks"].map((word) => [`spillway-${word}`, 1]),
  );
  expect(buckets).toMatchObject([{ name: "spillway-exports", jurisdiction: "eu" }]);
  expect(workers).toMatchObject([{ name: "spillway", traffic: [100], schedules: ["* * * * *"], onWorkersDev: true }]);
});

test("a second run has nothing to do, and changes nothing", async () => {
  const before = desk.snapshot();
  const { code, output, writes } = await desk.deploy([], { environment: { ADMIN_TOKEN } });
  expect(output).toContain("Nothing to do");
  expect(code).toBe(0);
  expect(writes).toEqual([]);
  expect(desk.snapshot()).toEqual(before);
});

test("without the installation's file, everything is found by its name", async () => {
  const environment = { ADMIN_TOKEN, SPILLWAY_INSTALLATIONS: `${desk.folder}/elsewhere` };
  const args = ["--workers-dev", "--jurisdiction", "eu", "--plan"];
  const { code, output } = await desk.deploy(args, { environment });
  expect(output).toMatch(/^code +found/m);
  expect(output).not.toContain("make it");
  expect(code).toBe(0);
});

test("staging is made beside production, which stays as it is, with an operator's token of its own", async () => {
  const production = desk.snapshot();
  const { code, output } = await desk.deploy(["--env", "staging", "--workers-dev"]);
  expect(output).toContain("https://spillway-staging.example.workers.dev");
  expect(code).toBe(0);
  const { databases, workers } = desk.snapshot();
  expect(databases.map(({ name }) => name)).toContain("spillway-staging-control");
  expect(workers.find(({ name }) => name === "spillway")).toEqual(production.workers[0]);
});

test("destroy changes nothing without the Worker's name", async () => {
  const both = desk.snapshot();
  const { code, output, writes } = await desk.destroy(["--env", "staging", "--confirm", "spillway"]);
  expect(output).toContain("spillway-staging-control");
  expect(code).toBe(1);
  expect(writes).toEqual([]);
  expect(desk.snapshot()).toEqual(both);
});

test("destroy in another account, which was left before, keeps the file of the installation", async () => {
  const other = desk.cloudflare.addAccount({ name: "Left Inc." });
  const kept = desk.installationFiles();
  const { code, output } = await desk.destroy(["--env", "staging", "--account", other.id]);
  expect(output).toContain("Nothing to do: the account has nothing of spillway-staging.");
  expect(code).toBe(0);
  expect(desk.installationFiles()).toBe(kept);
});

test("destroy takes one environment away, but for a bucket with files, and may be repeated", async () => {
  const production = desk.snapshot().workers.filter(({ name }) => name === "spillway");
  const args = ["--env", "staging", "--confirm", "spillway-staging"];
  desk.account.buckets.find(({ name }) => name.includes("staging"))?.objects.set("a/file", new Uint8Array([1]));

  const interrupted = await desk.destroy(args, {
    killAfter: { call: /^DELETE \/workers\/scripts\/spillway-staging$/ },
  });
  expect(interrupted.code).toBeNull();
  const first = await desk.destroy(args);
  expect(first.code, first.output).toBe(0);
  expect(JSON.stringify({ ...desk.snapshot(), buckets: [] })).not.toContain("staging");
  expect(desk.snapshot().buckets.map(({ name }) => name)).toContain("spillway-staging-exports");

  const second = await desk.destroy([...args, "--with-files"]);
  expect(second.code, second.output).toBe(0);
  expect(JSON.stringify(desk.snapshot())).not.toContain("staging");
  expect(desk.snapshot().workers).toEqual(production);
});

test("no run printed a secret, passed one as an argument, or wrote one into an installation's file", () => {
  const secrets = (desk.account.workers[0]?.versions ?? [])
    .flatMap(({ bindings }) => bindings)
    .flatMap(({ type, ...binding }) => (type === "secret_text" ? [String(binding["text"])] : []));
  expect(new Set(secrets).size).toBeGreaterThan(3);
  const seen = [desk.printed, desk.argumentLists, desk.installationFiles()].join("\n");
  expect(secrets.filter((secret) => seen.includes(secret))).toEqual([]);
  expect(seen).not.toContain(desk.cloudflare.token);
});

test("no file of the project was changed, and the stand-in knew every call", () => {
  expect(gitStatus()).toBe(tree);
  expect(desk.cloudflare.unknown).toEqual([]);
});
