/** Where keys come from, where they are kept, and that they stay there. */

import { chmodSync, mkdtempSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { readLogins, withOperator, writeLogins } from "../../../client/src/cli/logins.ts";
import { answering, spillway, type Surroundings } from "./spillway.ts";

const KEY = "spw_0123456789abcdef_secret";
const SPACE = { id: "s-1", name: "Shop", timezone: "UTC", retention_days: 180, status: "active" };
const ORIGIN = "https://exports.example.com";

const newFolder = () => mkdtempSync(join(tmpdir(), "spillway-logins-"));

/** A folder with one login, `shop`. */
async function savedLogin(): Promise<string> {
  const folder = newFolder();
  const ran = await spillway(["login", "shop", "--origin", ORIGIN], {
    folder,
    stdin: `${KEY}\n`,
    fetch: answering(200, SPACE),
  });
  expect(ran.code).toBe(0);
  return folder;
}

/** What the service says of the key. */
const SHOWN_KEY = {
  id: "0123456789abcdef",
  name: "nightly",
  scopes: ["exports:read", "exports:write"],
  origins: null,
  expires_at: "2027-01-31T00:00:00.000Z",
  created_at: "2026-01-31T00:00:00.000Z",
};

/** A service that knows the space and the key. */
function identifying(seen: Request[] = [], key: object = SHOWN_KEY): typeof fetch {
  return (input, init) => {
    const isKey = new Request(input, init).url.endsWith("/v1/api-key");
    return answering(200, isKey ? key : SPACE, seen)(input, init);
  };
}

async function whoami(surroundings: Surroundings) {
  const seen: Request[] = [];
  const ran = await spillway(["whoami", "--json"], { ...surroundings, fetch: identifying(seen) });
  return { ...ran, seen: seen.map(({ url, headers }) => ({ url, key: headers.get("authorization") })) };
}

it("login saves the key in a file that the user alone may read", async () => {
  const folder = await savedLogin();
  const path = join(folder, "config.json");
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(readFileSync(path, "utf8")).toContain(KEY);
  const { seen, stdout } = await whoami({ folder });
  expect(seen).toEqual(["space", "api-key"].map((path) => ({ url: `${ORIGIN}/v1/${path}`, key: `Bearer ${KEY}` })));
  expect(JSON.parse(stdout)).toMatchObject({ space: "Shop", origin: ORIGIN, key_from: "login shop" });
});

it("whoami says what the key may do, and until when", async () => {
  const env = { SPILLWAY_KEY: KEY };
  expect(JSON.parse((await whoami({ env })).stdout)).toMatchObject({
    key: "nightly",
    key_id: "0123456789abcdef",
    scopes: ["exports:read", "exports:write"],
    expires_at: "2027-01-31T00:00:00.000Z",
  });
  const fetch = identifying([], { ...SHOWN_KEY, expires_at: null });
  const { stdout } = await spillway(["whoami"], { env, fetch });
  expect(stdout).toMatch(/^scopes +exports:read exports:write$/m);
  expect(stdout).toMatch(/^expires_at +never$/m);
});

it("the file is in XDG_CONFIG_HOME, else in ~/.config", async () => {
  const folder = newFolder();
  const env = { SPILLWAY_CONFIG: "", XDG_CONFIG_HOME: join(folder, "xdg") };
  const login = { folder, stdin: KEY, fetch: answering(200, SPACE) };
  await spillway(["login"], { ...login, env });
  await spillway(["login"], { ...login, env: { SPILLWAY_CONFIG: "" } });
  expect(statSync(join(folder, "xdg", "spillway", "config.json")).mode & 0o777).toBe(0o600);
  expect(statSync(join(folder, ".config", "spillway")).mode & 0o777).toBe(0o700);
});

it.each([0o640, 0o604, 0o666, 0o620])("a file with the mode %o is refused, with what to do", async (mode) => {
  const folder = await savedLogin();
  chmodSync(join(folder, "config.json"), mode);
  const { code, stderr, seen } = await whoami({ folder });
  expect(code).toBe(4);
  expect(seen).toEqual([]);
  expect(JSON.parse(stderr).error.hints[0]).toBe(`Close it: chmod 600 ${join(folder, "config.json")}`);
});

it.each(["{", "[]", "null", '{"logins":{"shop":{"key":1}}}', `{"logins":{"shop":"${KEY}"}}`])(
  "a file that is not one of logins (%s) is refused, and its text is not shown",
  async (text) => {
    const folder = newFolder();
    writeFileSync(join(folder, "config.json"), text, { mode: 0o600 });
    const { code, stderr } = await whoami({ folder });
    expect(code).toBe(2);
    expect(stderr).toContain("is not a file of logins.");
    expect(stderr).not.toContain(KEY);
  },
);

it("a saved key is sent to no other service than its own", async () => {
  const folder = await savedLogin();
  for (const { env, args } of [
    { env: { SPILLWAY_ORIGIN: "https://elsewhere.example.com" }, args: ["whoami"] },
    { env: {}, args: ["whoami", "--origin", "https://elsewhere.example.com"] },
  ]) {
    const seen: Request[] = [];
    const ran = await spillway(args, { folder, env, fetch: identifying(seen) });
    expect(ran.stderr).toContain(`The login shop is of ${ORIGIN}, not of https://elsewhere.example.com`);
    expect([ran.code, seen]).toEqual([2, []]);
  }
});

it("SPILLWAY_KEY comes before the current login, and --login before SPILLWAY_KEY", async () => {
  const folder = await savedLogin();
  const env = { SPILLWAY_KEY: "spw_environment", SPILLWAY_ORIGIN: ORIGIN };
  expect((await whoami({ folder, env })).seen[0]?.key).toBe("Bearer spw_environment");
  const seen: Request[] = [];
  await spillway(["whoami", "--login", "shop"], { folder, env, fetch: answering(200, SPACE, seen) });
  expect(seen[0]?.headers.get("authorization")).toBe(`Bearer ${KEY}`);
});

it("logins lists them without their keys, and chooses one; logout forgets one", async () => {
  const folder = await savedLogin();
  await spillway(["login", "second"], { folder, stdin: "spw_second", fetch: answering(200, SPACE) });
  expect((await spillway(["logins", "--quiet"], { folder })).stdout).toBe("shop\nsecond\n");
  expect((await whoami({ folder })).seen[0]?.key).toBe("Bearer spw_second");
  const chosen = await spillway(["logins", "shop", "--json"], { folder });
  expect(chosen.stdout).not.toContain(KEY);
  expect((await whoami({ folder })).seen[0]?.key).toBe(`Bearer ${KEY}`);
  expect((await spillway(["logout"], { folder })).code).toBe(0);
  expect(readFileSync(join(folder, "config.json"), "utf8")).not.toContain(KEY);
  expect((await spillway(["logout", "shop"], { folder })).code).toBe(2);
});

it("without any key a command says three ways to get one", async () => {
  const { code, stderr } = await spillway(["exports", "list"], { folder: newFolder() });
  expect(code).toBe(4);
  expect(stderr).toMatch(/spillway login\n.*spaces create demo --save\n.*SPILLWAY_KEY/);
});

it.each(["", "   ", "two words", "key\u0000", "clé"])("%j is no key", async (key) => {
  const folder = newFolder();
  const ran = await spillway(["login"], { folder, stdin: `${key}\n`, fetch: answering(200, SPACE) });
  expect(ran.code).toBe(2);
  expect(ran.stderr).toContain("Standard input has no key");
});

it("login saves nothing that the service does not accept", async () => {
  const folder = newFolder();
  const refused = { code: "unauthenticated", detail: "The key is not valid.", status: 401 };
  const ran = await spillway(["login"], { folder, stdin: KEY, fetch: answering(401, refused) });
  expect(ran.code).toBe(4);
  expect((await spillway(["logins", "--quiet"], { folder })).stdout).toBe("");
});

it("a key is in no output: not with --verbose, not with --json, not in errors", async () => {
  const folder = await savedLogin();
  const env = { SPILLWAY_KEY: KEY, SPILLWAY_ORIGIN: ORIGIN };
  for (const args of [["whoami"], ["whoami", "--json"], ["exports", "list", "--verbose"], ["logins", "--json"]])
    for (const fetch of [
      answering(200, SPACE),
      answering(401, {}),
      answering(500, { code: "internal", detail: "x" }),
    ]) {
      const { stdout, stderr } = await spillway(args, { folder, env, fetch });
      expect(stdout + stderr).not.toContain(KEY);
    }
  // An unreachable service, whose error the network made.
  const { stderr } = await spillway(["whoami", "-v"], { folder });
  expect(stderr).not.toContain(KEY);
});

it("the operator's token of .dev.vars is sent to this machine alone", async () => {
  const folder = newFolder();
  writeFileSync(join(folder, ".dev.vars"), "ADMIN_TOKEN=local-token\n");
  const list = async (origin: string) => {
    const seen: Request[] = [];
    const page = { data: [], next_cursor: null };
    const ran = await spillway(["spaces", "list", "--origin", origin], { folder, fetch: answering(200, page, seen) });
    return { ...ran, key: seen[0]?.headers.get("authorization") };
  };
  expect((await list("http://localhost:8787")).key).toBe("Bearer local-token");
  expect((await list("http://127.0.0.1:1")).key).toBe("Bearer local-token");
  for (const elsewhere of ["https://exports.example.com", "http://localhost.example.com", "http://127.0.0.1.nip.io"])
    expect(await list(elsewhere)).toMatchObject({ code: 4, key: undefined });
});

it("spaces create --save keeps the key out of the output, and refuses a name that is taken before it makes a space", async () => {
  const folder = await savedLogin();
  const env = { SPILLWAY_ADMIN_TOKEN: "token" };
  const made = { ...SPACE, api_key: "spw_made", webhook_secret: "whsec_made" };
  const create = async (name: string, seen: Request[] = []) =>
    spillway(["spaces", "create", name, "--save", "--json"], { folder, env, fetch: answering(201, made, seen) });
  const { stdout, stderr } = await create("My Store");
  expect(stdout + stderr).not.toMatch(/spw_made|whsec_made/);
  expect(JSON.parse(readFileSync(join(folder, "config.json"), "utf8"))).toMatchObject({
    current: "my-store",
    logins: { "my-store": { key: "spw_made", webhook_secret: "whsec_made" } },
  });
  const seen: Request[] = [];
  expect(await create("shop", seen)).toMatchObject({ code: 2, stdout: "" });
  expect(seen).toEqual([]);
});

it("the operator's token of a deployment is read among the logins, sent to its service alone, and survives a logout", async () => {
  const folder = await savedLogin();
  const path = join(folder, "config.json");
  writeLogins(path, withOperator(readLogins(path), ORIGIN, "token-of-operator"));
  await spillway(["logout", "shop"], { folder });
  const seen: Request[] = [];
  const list = (origin: string) =>
    spillway(["spaces", "list", "--origin", origin], {
      folder,
      fetch: answering(200, { data: [], next_cursor: null }, seen),
    });
  expect((await list(ORIGIN)).code).toBe(0);
  expect(seen[0]?.headers.get("authorization")).toBe("Bearer token-of-operator");
  expect(await list("https://other.example.com")).toMatchObject({ code: 4 });
  expect(seen).toHaveLength(1);
});
