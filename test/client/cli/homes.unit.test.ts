/** Homes of spaces on the command line: the list, the choice at creation, and SQL on a space's database. */

import { expect, it } from "vitest";
import { answering, spillway } from "./spillway.ts";

const env = { SPILLWAY_ADMIN_TOKEN: "token" };
const ID = "7d444840-9dc0-41d1-b245-5ffdce74fad2";

it("homes lists where data can be, with how much is there", async () => {
  const data = [
    { name: "d1:SPACE_DB", kind: "d1", spaces: 12, bytes: 734_003_200 },
    {
      name: "object:eu",
      kind: "object",
      jurisdiction: "eu",
      spaces: 3,
      bytes: 5_000,
      largest: { space_id: ID, bytes: 4_000 },
    },
  ];
  const seen: Request[] = [];
  const fetch = answering(200, { data, next_cursor: null }, seen);
  const { code, stdout } = await spillway(["homes"], { env, fetch });
  expect([code, new URL(seen[0]?.url ?? "").pathname]).toEqual([0, "/v1/homes"]);
  const lines = stdout.split("\n").map((line) => line.split(/ {2,}/));
  expect(lines.slice(0, 3)).toEqual([
    ["name", "kind", "stays in", "spaces", "size", "largest"],
    ["d1:SPACE_DB", "d1", "–", "12", "734.0 MB", "–"],
    ["object:eu", "object", "eu", "3", "5.0 kB", `${ID} (4.0 kB)`],
  ]);
});

it("spaces create --home says where the data is kept", async () => {
  const seen: Request[] = [];
  const fetch = answering(201, { id: ID, name: "Shop", api_key: "spw_x", webhook_secret: "whsec_x" }, seen);
  await spillway(["spaces", "create", "Shop", "--timezone", "UTC", "--home", "object"], { env, fetch });
  expect(await seen[0]?.json()).toEqual({ name: "Shop", timezone: "UTC", home: "object" });
});

const ANSWER = { columns: ["id", "amount", "id"], rows: [["e-1", 0.5, null]], truncated: true, rows_read: 2 };

it("spaces query sends a statement with its parameters, and shows the rows as a table", async () => {
  const seen: Request[] = [];
  const sql = "SELECT id, amount FROM events WHERE id > ?1 AND amount < ?2";
  const params = ["--param", "e-0", "--param", "7", "--param", "null", "--param", '"7"', "--param", "[1]"];
  const fetch = answering(200, ANSWER, seen);
  const { code, stdout, stderr } = await spillway(["spaces", "query", ID, sql, ...params], { env, fetch });
  expect([code, new URL(seen[0]?.url ?? "").pathname]).toEqual([0, `/v1/spaces/${ID}/query`]);
  expect(await seen[0]?.json()).toEqual({ sql, params: ["e-0", 7, null, "7", "[1]"] });
  expect(stdout).toBe("id   amount  id\ne-1  0.5     –\n");
  expect(stderr).toContain("There are more rows than these 1");
});

it("spaces query reads a statement from standard input, and prints the answer with --json", async () => {
  const seen: Request[] = [];
  const fetch = answering(200, ANSWER, seen);
  const ran = await spillway(["spaces", "query", ID, "-", "--json"], { env, fetch, stdin: "SELECT 1;\n" });
  expect(await seen[0]?.json()).toEqual({ sql: "SELECT 1;\n", params: [] });
  expect(JSON.parse(ran.stdout)).toEqual(ANSWER);
});

it("spaces query names its argument where the service refuses the statement", async () => {
  const detail = "The statement must begin with SELECT, WITH or EXPLAIN: this call only reads.";
  const problem = {
    code: "invalid_request",
    status: 422,
    title: detail,
    detail,
    errors: [{ pointer: "/sql", detail }],
  };
  const ran = await spillway(["spaces", "query", ID, "DROP TABLE events"], { env, fetch: answering(422, problem) });
  expect([ran.code, ran.stdout]).toEqual([2, ""]);
  expect(ran.stderr).toContain(`<sql>: ${detail}`);
});
