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

test("a version that fails its smoke test gives all calls back to the one before", async () => {
  const before = desk.snapshot();
  const good = desk.account.workers[0]?.deployments.at(-1)?.versions[0]?.version_id ?? "";
  desk.cloudflare.addresses.isBroken = (version) =>
    version.bindings.some(({ name, ...binding }) => name === "DOWNLOAD_TTL_DAYS" && binding["text"] === "3");
  const changed = await desk.deploy(["--var", "DOWNLOAD_TTL_DAYS:3"], { environment: { ADMIN_TOKEN } });
  expect(changed.output).toContain(good);
  expect(changed.code).toBe(1);
  expect(desk.snapshot().workers).toEqual(before.workers);
  desk.cloudflare.addresses.isBroken = () => false;
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

test("destroy asks for the installation's name, takes it away, and may be repeated", async () => {
  const both = desk.snapshot();
  const wrong = await desk.destroy(["--env", "staging", "--confirm", "spillway"]);
  expect(wrong.code).toBe(1);
  expect(wrong.writes).toEqual([]);
  expect(desk.snapshot()).toEqual(both);

  const { code } = await desk.destroy(["--env", "staging", "--confirm", "spillway-staging"]);
  expect(code).toBe(0);
  const left = desk.snapshot();
  expect(JSON.stringify(left)).not.toContain("staging");
  expect(left.workers).toEqual(both.workers.filter(({ name }) => name === "spillway"));

  const again = await desk.destroy(["--env", "staging", "--confirm", "spillway-staging"]);
  expect(again.code).toBe(0);
  expect(again.writes).toEqual([]);
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
