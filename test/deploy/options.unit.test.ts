/** The arguments of the command. */

import { expect, it } from "vitest";
import { NEW_INSTALLATION } from "../../scripts/deploy/installation.ts";
import { readOptions, withOptions } from "../../scripts/deploy/options.ts";

it("without arguments production is brought up to date, all at once", () => {
  expect(readOptions([])).toMatchObject({ environment: "production", plan: false, gradual: [], installation: {} });
});

it("--gradual alone has two steps, and all calls are always the last one", () => {
  expect(readOptions(["--gradual", "--yes"]).gradual).toEqual([10, 50]);
  expect(readOptions(["--gradual", "5,25,100"]).gradual).toEqual([5, 25]);
});

it.each([
  [["--gradual", "50,10"], "rising"],
  [["--gradual", "0"], "from 1 to 100"],
  [["--domain", "localhost"], "host name"],
  [["--domain", "https://a.example.com"], "host name"],
  [["--jurisdiction", "mars"], "eu, us, fedramp"],
  [["--jurisdiction", "eu", "--location", "weur"], "exclude each other"],
  [["--space-databases", "0"], "from 1"],
  [["--secret", "PASSWORD"], "no such secret. It may be ADMIN_TOKEN, BUCKET_ACCESS_KEY_ID"],
  [["--secret", "SECRETS_KEY"], "is never replaced"],
  [["--var", "ADMIN_TOKEN:x"], "is a secret"],
  [["--var", "GZIP_LEVEL=3"], "NAME:VALUE"],
  [["--unknown"], "'--unknown'. This lists the options: npm run deploy -- --help"],
])("%j is refused", (args, reason) => {
  expect(() => readOptions(args)).toThrow(reason);
});

it("an argument changes the installation for good; a setting without a value is wrangler.toml's again", () => {
  const first = withOptions(NEW_INSTALLATION, readOptions(["--domain", "A.example.com", "--var", "GZIP_LEVEL:9"]));
  expect(first).toMatchObject({ domain: "a.example.com", vars: { GZIP_LEVEL: "9" } });
  const second = withOptions(first, readOptions(["--var", "API_LIMIT:99"]));
  expect(second).toMatchObject({ domain: "a.example.com", vars: { GZIP_LEVEL: "9", API_LIMIT: "99" } });
  expect(withOptions(second, readOptions(["--var", "GZIP_LEVEL:"])).vars).toEqual({ API_LIMIT: "99" });
});
