/** Accounts and settings that cannot be deployed: the command says what is wrong and where to go, and makes nothing. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { ROOT } from "../../scripts/stack.ts";
import type { Account } from "../support/cloudflare/state.ts";
import { OperatorsDesk, type RunOptions } from "./command.ts";

const ADMIN_TOKEN = "the-operators-token-of-production-0123456789";

let desk: OperatorsDesk;
afterEach(async () => {
  expect(desk.cloudflare.unknown).toEqual([]);
  await desk.close();
});

/** @returns what the command printed. @throws unless it refused, without a change and without a stack trace. */
async function refused(
  settings: Partial<Account>,
  args: readonly string[] = ["--workers-dev"],
  environment: NonNullable<RunOptions["environment"]> = {},
): Promise<string> {
  desk = await OperatorsDesk.open(settings);
  return refusedAgain(args, environment);
}

async function refusedAgain(args: readonly string[], environment: NonNullable<RunOptions["environment"]> = {}) {
  const { code, output, writes } = await desk.deploy(args, { environment: { ADMIN_TOKEN, ...environment } });
  expect(output).toContain("Not deployed.");
  expect(output).not.toMatch(/^\s+at /m);
  expect(code).toBe(1);
  expect(writes).toEqual([]);
  return output;
}

test("the free plan", async () => {
  expect(await refused({ plan: "free" })).toContain(`https://dash.cloudflare.com/${desk.account.id}/workers/plans`);
});

test("R2 that is turned off", async () => {
  expect(await refused({ hasR2: false })).toContain(`https://dash.cloudflare.com/${desk.account.id}/r2`);
});

test("an account without a name below workers.dev", async () => {
  expect(await refused({ subdomain: null })).toContain("workers/onboarding");
});

test("no address, unless workers.dev is asked for", async () => {
  expect(await refused({}, [])).toContain("--workers-dev");
});

test("a domain that is in no zone of the account", async () => {
  expect(
    await refused({ zones: [{ id: "0".repeat(32), name: "example.com" }] }, ["--domain", "a.example.org"]),
  ).toContain("a.example.org");
});

test("a token that Cloudflare does not know", async () => {
  expect(await refused({}, ["--workers-dev"], { CLOUDFLARE_API_TOKEN: "another" })).toContain("CLOUDFLARE_API_TOKEN");
});

test("several accounts, of which none is named", async () => {
  desk = await OperatorsDesk.open();
  const other = desk.cloudflare.addAccount({ name: "Another Inc." });
  const output = await refusedAgain(["--workers-dev"]);
  expect(output).toContain(desk.account.id);
  expect(output).toContain(other.id);
});

test("a Worker of the same name that is another program", async () => {
  desk = await OperatorsDesk.open();
  const form = new FormData();
  form.set("metadata", JSON.stringify({ main_module: "index.js", bindings: [] }));
  form.set("index.js", new Blob(["export default {}"], { type: "application/javascript+module" }), "index.js");
  await fetch(`${desk.cloudflare.url}/accounts/${desk.account.id}/workers/scripts/spillway`, {
    method: "PUT",
    headers: { authorization: `Bearer ${desk.cloudflare.token}` },
    body: form,
  });
  expect(await refusedAgain(["--workers-dev"])).toContain("spillway");
});

test("the secrets of local work", async () => {
  const local = readFileSync(join(ROOT, "scripts", "stack", "local.vars"), "utf8");
  const [, key = ""] = /^SECRETS_KEY=(.+)$/m.exec(local) ?? [];
  const output = await refused({}, ["--workers-dev"], { SECRETS_KEY: key });
  expect(output).toContain("SECRETS_KEY");
  expect(output).not.toContain(key);
});

test("insecure targets", async () => {
  expect(await refused({}, ["--workers-dev", "--var", "ALLOW_INSECURE_TARGETS:true"])).toContain(
    "ALLOW_INSECURE_TARGETS",
  );
});
