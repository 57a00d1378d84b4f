/** The settings that a deployment begins with: limits of wrangler.toml, and secrets of which none is known. */

import { readFileSync } from "node:fs";
import { parseEnv } from "node:util";
import { describe, expect, it } from "vitest";
import { cloudflare } from "../package.json" with { type: "json" };
import { readConfig } from "../src/config.ts";

const read = (path: string) => readFileSync(new URL(`../${path}`, import.meta.url).pathname, "utf8");
const envOf = (path: string) => parseEnv(read(path));

const DEFAULTS = parseEnv(/^\[vars\]\n([^[]*)/m.exec(read("wrangler.toml"))?.[1] ?? "");
const LOCAL = envOf("scripts/stack/local.vars");
const SECRETS = ["ADMIN_TOKEN", "SECRETS_KEY", "BUCKET_ACCESS_KEY_ID", "BUCKET_SECRET_ACCESS_KEY"];
const PRODUCTION = {
  ...DEFAULTS,
  BUCKET_ENDPOINT: "https://bucket.example",
  ADMIN_TOKEN: "t".repeat(32),
  SECRETS_KEY: `k1:${"A".repeat(43)}=`,
  BUCKET_ACCESS_KEY_ID: "id",
  BUCKET_SECRET_ACCESS_KEY: "secret",
};

it("the limits are those that the documentation names", () => {
  const limits = Object.entries(DEFAULTS).filter(([name]) => name.endsWith("_LIMIT"));
  expect(Object.fromEntries(limits)).toEqual({
    CREATE_LIMIT: "5",
    POLL_LIMIT: "30",
    LIST_LIMIT: "7",
    WRITE_LIMIT: "300",
    API_LIMIT: "1200",
    TRACKER_LIMIT: "600",
    PENDING_LIMIT: "10",
    KEY_LIMIT: "100",
    DEFINITION_LIMIT: "1000",
  });
});

const NUMBERS = Object.keys(DEFAULTS).filter((name) => /^\d+$/.test(DEFAULTS[name] ?? ""));

it.each(NUMBERS)("%s is a number, and the error of anything else says which ones it may be", (name) => {
  for (const value of ["abc", "", "-1", "1e99"])
    expect(() => readConfig({ ...PRODUCTION, [name]: value })).toThrow(
      new RegExp(`^settings: ${name}: must be a (whole )?number from \\d+ to [\\d,]+$`),
    );
});

describe("a secret that everybody can read", () => {
  it.each(SECRETS.map((name) => [name, LOCAL[name] ?? ""]))("is refused as %s in production", (name, value) => {
    const deployed = () => readConfig({ ...PRODUCTION, [name]: value });
    expect(deployed).toThrow(`${name}: must not be that of local development`);
    expect(deployed).not.toThrow(value);
    expect(() => readConfig({ ...PRODUCTION, [name]: value, ALLOW_INSECURE_TARGETS: "true" })).not.toThrow();
  });

  it("is refused as an older key, too", () => {
    const SECRETS_KEY = `k2:${"A".repeat(43)}=,${LOCAL["SECRETS_KEY"]}`;
    expect(() => readConfig({ ...PRODUCTION, SECRETS_KEY })).toThrow(/SECRETS_KEY: must not be/);
    const SECRETS_KEY_NEXT = LOCAL["SECRETS_KEY"]?.replace("k1:", "k2:");
    expect(() => readConfig({ ...PRODUCTION, SECRETS_KEY_NEXT })).toThrow(/SECRETS_KEY: must not be/);
  });
});

it("an example of a deployment's secrets has none, and what the button asks for is described", () => {
  const asked = envOf(".dev.vars.example");
  expect(Object.values(asked).join("")).toBe("");
  expect(Object.keys(asked).toSorted()).toEqual(SECRETS.toSorted());
  expect(Object.keys(cloudflare.bindings)).toEqual(expect.arrayContaining(SECRETS));
  expect(() => readConfig({ ...PRODUCTION, ...asked })).toThrow(/ADMIN_TOKEN.*SECRETS_KEY/);
});

describe("a newer key beside SECRETS_KEY", () => {
  const key = (id: string) => `${id}:${"B".repeat(43)}=`;

  it("encrypts, and the key of before still decrypts", () => {
    const config = readConfig({ ...PRODUCTION, SECRETS_KEY_NEXT: key("k2") });
    expect(config.secretsKey).toBe(`${key("k2")},${PRODUCTION.SECRETS_KEY}`);
  });

  it("may bring keys between them", () => {
    const config = readConfig({ ...PRODUCTION, SECRETS_KEY_NEXT: `${key("k3")},${key("k2")}` });
    expect(config.secretsKey).toBe(`${key("k3")},${key("k2")},${PRODUCTION.SECRETS_KEY}`);
  });

  it("has an id of its own, or what the older one encrypted could not be read", () => {
    expect(() => readConfig({ ...PRODUCTION, SECRETS_KEY_NEXT: key("k1") })).toThrow(/SECRETS_KEY_NEXT: has a key k1/);
  });
});
