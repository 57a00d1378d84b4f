/** Settings that must not be deployed. */

import { readFileSync } from "node:fs";
import { parseEnv } from "node:util";
import { expect, it } from "vitest";
import { readTrackedConfig, settingsOf } from "../../scripts/deploy/config.ts";
import { NEW_INSTALLATION } from "../../scripts/deploy/installation.ts";
import { invalidSettings, refusedSettings, unknownSettings } from "../../scripts/deploy/refusals.ts";
import { ROOT } from "../../scripts/stack.ts";

const known = parseEnv(readFileSync(`${ROOT}/scripts/stack/local.vars`, "utf8"));
const settings = settingsOf(await readTrackedConfig(), "production", { ...NEW_INSTALLATION, account: "acc" });

it("the settings of a new installation can be deployed", () => {
  expect(refusedSettings(settings)).toEqual([]);
  expect(invalidSettings(settings)).toEqual([]);
});

it.each(["ADMIN_TOKEN", "SECRETS_KEY", "BUCKET_ACCESS_KEY_ID", "BUCKET_SECRET_ACCESS_KEY"])(
  "%s of local development is refused, and not shown",
  (name) => {
    const value = known[name] ?? "";
    const refused = invalidSettings({ ...settings, [name]: value });
    expect(refused).toEqual([expect.stringContaining(name)]);
    expect(refused.join()).not.toContain(value);
  },
);

it("targets in private networks are refused", () => {
  expect(refusedSettings({ ...settings, ALLOW_INSECURE_TARGETS: "true" })).toEqual([
    expect.stringContaining("ALLOW_INSECURE_TARGETS"),
  ]);
});

it.each(["http://localhost:8787/s3", "https://127.0.0.1", "https://store.local", "http://[::1]:9000"])(
  "a bucket at %s is refused",
  (endpoint) => {
    const refused = refusedSettings({ ...settings, BUCKET_ENDPOINT: endpoint });
    expect(refused).toEqual([expect.stringContaining("BUCKET_ENDPOINT")]);
  },
);

it("a setting that the Worker would not start with is named, with its rule", () => {
  expect(invalidSettings({ ...settings, GZIP_LEVEL: "12" })).toEqual([
    expect.stringMatching(/^GZIP_LEVEL is invalid: /),
  ]);
});

it("a setting that no Worker reads is named, and how it is taken back", () => {
  expect(
    unknownSettings({ CREATE_LIMITS: "9", API_LIMIT: "9", ALLOW_INSECURE_TARGETS: "false" }, settings, []),
  ).toEqual([expect.stringMatching(/^CREATE_LIMITS: there is no such setting.* --var CREATE_LIMITS:$/)]);
});

it("new spaces get no home that the installation does not have", () => {
  const bindings = ["CONTROL_DB", "SPACE_DB", "SPACE_DB_2"];
  expect(unknownSettings({ DEFAULT_HOME: "d1:SPACE_DB_3" }, settings, bindings)).toEqual([
    expect.stringContaining("has d1:SPACE_DB, d1:SPACE_DB_2"),
  ]);
  for (const home of ["d1:SPACE_DB_2", "object", "object:eu", ""])
    expect(unknownSettings({ DEFAULT_HOME: home }, settings, bindings)).toEqual([]);
});
