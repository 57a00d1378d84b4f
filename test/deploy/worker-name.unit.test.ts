/** Whether the Worker of an installation's name may be replaced. */

import { expect, it } from "vitest";
import { CloudflareApi } from "../../scripts/deploy/api.ts";
import { readTrackedConfig } from "../../scripts/deploy/config.ts";
import { NEW_INSTALLATION } from "../../scripts/deploy/installation.ts";
import { checkWorker } from "../../scripts/deploy/steps/account.ts";

const tracked = await readTrackedConfig();

/** An account whose Worker has those D1 bindings; null: it has no such Worker. */
class Account extends CloudflareApi {
  readonly #bindings: string[] | null;

  constructor(bindings: string[] | null) {
    super({});
    this.#bindings = bindings;
  }

  override find<Result>(): Promise<Result | null> {
    const found = this.#bindings && { bindings: this.#bindings.map((name) => ({ name, type: "d1" })) };
    return Promise.resolve(found as Result | null);
  }
}

const check = (bindings: string[] | null, { spaceDatabases = 1, recorded = true } = {}) =>
  checkWorker({
    api: new Account(bindings),
    worker: "spillway",
    tracked,
    recorded,
    installation: { ...NEW_INSTALLATION, spaceDatabases },
    script: () => "/workers/scripts/spillway",
  });

it("a name without a Worker is free, and Spillway's own Worker is found", async () => {
  expect(await check(null)).toBe("free");
  expect(await check(["CONTROL_DB", "SPACE_DB"])).toContain("found");
});

it("a Worker that is another program is not replaced", async () => {
  await expect(check([])).rejects.toThrow("is not Spillway");
  await expect(check(["SPACE_DB"])).rejects.toThrow("is not Spillway");
});

it("a database that spaces have is not taken from the Worker", async () => {
  const bindings = ["CONTROL_DB", "SPACE_DB", "SPACE_DB_2"];
  await expect(check(bindings)).rejects.toThrow("--space-databases 2");
  expect(await check(bindings, { spaceDatabases: 2 })).toContain("found");
});

it("without the installation's file as many databases stay as the Worker has", async () => {
  expect(await check(["CONTROL_DB", "SPACE_DB", "SPACE_DB_2"], { recorded: false })).toContain("found");
});
