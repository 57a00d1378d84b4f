/** Versions that fail their smoke test, at a domain of the operator's: who answers calls afterwards. */

import { afterAll, beforeAll, expect, test } from "vitest";
import { deployedVersion, type Version } from "../support/cloudflare/state.ts";
import { OperatorsDesk } from "./command.ts";

const DOMAIN = "exports.example.com";
/** A host that somebody else's DNS records answer for. */
const TAKEN = "www.example.com";
const environment = { ADMIN_TOKEN: "the-operators-token-of-production-0123456789" };
const CHANGE = ["--var", "DOWNLOAD_TTL_DAYS:3"];

let desk: OperatorsDesk;
beforeAll(async () => {
  desk = await OperatorsDesk.open({ zones: [{ id: "3".repeat(32), name: "example.com", records: [TAKEN] }] });
});
afterAll(() => desk.close());

/** @returns the version that answers most calls, and how many of them. */
function answering(): [id: string | undefined, percentages: readonly number[]] {
  const [worker] = desk.account.workers;
  const shares = worker?.deployments.at(-1)?.versions.map(({ percentage }) => percentage) ?? [];
  return [worker === undefined ? undefined : deployedVersion(worker)?.id, shares];
}

const hasChange = ({ bindings }: Version) =>
  bindings.some(({ name, ...binding }) => name === "DOWNLOAD_TTL_DAYS" && binding["text"] === "3");

test("with a key that the bucket refuses no code goes up", async () => {
  const wrong = { ...environment, BUCKET_SECRET_ACCESS_KEY: "a-key-of-another-bucket" };
  const { code, output } = await desk.deploy(["--domain", DOMAIN], { environment: wrong });
  expect(output).toContain("spillway-exports");
  expect(output).not.toContain("a-key-of-another-bucket");
  expect(code).toBe(1);
  expect(desk.account.workers).toEqual([]);
});

test("a first version that fails stays, as there is none before it", async () => {
  desk.cloudflare.addresses.isBroken = () => true;
  const { code, output } = await desk.deploy(["--wait", "5"], { environment });
  expect(output).toContain("no version before");
  expect(code).toBe(1);
  expect(answering()[1]).toEqual([100]);
});

test("the next run tests it again, without another upload", async () => {
  desk.cloudflare.addresses.isBroken = () => false;
  const { code, output } = await desk.deploy([], { environment });
  expect(output).toContain(`https://${DOMAIN}`);
  expect(code, output).toBe(0);
  expect(desk.account.workers[0]?.versions).toHaveLength(1);
  expect(desk.snapshot().domains).toEqual([{ hostname: DOMAIN, service: "spillway" }]);
});

test("a later version that fails gives all calls back to the one before", async () => {
  const [good] = answering();
  desk.cloudflare.addresses.isBroken = hasChange;
  const { code, output } = await desk.deploy([...CHANGE, "--wait", "5"], { environment });
  expect(output).toContain(good);
  expect(code).toBe(1);
  expect(answering()).toEqual([good, [100]]);
});

test("with --gradual it is watched while it gets a part of the calls, and then gets all", async () => {
  const [good] = answering();
  desk.cloudflare.addresses.isBroken = () => false;
  const { code, output } = await desk.deploy(["--gradual", "20", "--hold", "0"], { environment });
  expect(code, output).toBe(0);
  const shares = desk.account.workers[0]?.deployments.map(({ versions }) => versions) ?? [];
  expect(shares.at(-2)).toEqual([
    { version_id: expect.any(String) as string, percentage: 20 },
    { version_id: good, percentage: 80 },
  ]);
  expect(answering()[0]).not.toBe(good);
  expect(answering()[1]).toEqual([100]);
});

test("a domain that has DNS records is refused, and the one of before stays", async () => {
  const { code, output } = await desk.deploy(["--domain", TAKEN], { environment });
  expect(output).toContain(`${TAKEN} has DNS records already`);
  expect(code).toBe(1);
  expect(desk.snapshot().domains).toEqual([{ hostname: DOMAIN, service: "spillway" }]);
  expect(desk.cloudflare.unknown).toEqual([]);
});

test("a domain is not given without the operator's token, which the smoke test there needs", async () => {
  const { code, output, writes } = await desk.deploy(["--domain", TAKEN], { environment: { ADMIN_TOKEN: undefined } });
  expect(output).toContain("domain: the smoke test needs the operator's token: set ADMIN_TOKEN");
  expect(code).toBe(1);
  expect(writes).toEqual([]);
});
