/** Results: tables, records, JSON, ids alone, and lists of several pages. */

import { expect, it } from "vitest";
import { answering, spillway } from "./spillway.ts";

const env = { SPILLWAY_KEY: "spw_test" };
const SEGMENTS = Array.from({ length: 5 }, (_, n) => ({ id: `s-${n}`, name: `Ségment 日本 ${n}`, rule: {} }));

/** The list of segments, in pages of two. */
const inPages: typeof fetch = (input) => {
  const from = Number(new URL((input as Request).url).searchParams.get("cursor") ?? "0");
  const next = from + 2 < SEGMENTS.length ? String(from + 2) : null;
  return Promise.resolve(Response.json({ data: SEGMENTS.slice(from, from + 2), next_cursor: next }));
};
const list = (...args: string[]) => spillway(["segments", "list", ...args], { env, fetch: inPages });

it("a list is a table, whose columns fit wide characters", async () => {
  const { stdout } = await list();
  const [title = "", first = ""] = stdout.split("\n");
  expect(title).toMatch(/^id {3}name +rule$/);
  expect(first).toBe("s-0  Ségment 日本 0  {}");
});

it.each([
  [["--limit", "3"], 3, true],
  [["--limit", "4"], 4, true],
  [["--limit", "5"], 5, false],
  [["--all"], 5, false],
  [[], 5, false],
])("a list with %j has as many items, and says whether there are others", async (args, count, hasMore) => {
  const { stdout, stderr } = await list(...args, "--json");
  expect(JSON.parse(stdout)).toEqual({ data: SEGMENTS.slice(0, count), has_more: hasMore });
  expect(stderr).toBe(hasMore ? `There are more than ${count}: --limit or --all shows them.\n` : "");
});

it("--quiet gives ids alone, and no notes", async () => {
  expect(await list("--quiet", "--limit", "3")).toEqual({ code: 0, stdout: "s-0\ns-1\ns-2\n", stderr: "" });
  const made = { id: "k-1", name: "x", scopes: [], key: "spw_made" };
  const create = ["keys", "create", "x", "--scopes", "exports:read", "--quiet"];
  expect((await spillway(create, { env, fetch: answering(201, made) })).stdout).toBe("k-1\n");
});

it("one thing is a record, with – for what is not there", async () => {
  const fetch = answering(200, { id: "s-1", name: null, rule: { tag: "a" } });
  expect((await spillway(["segments", "show", "s-1"], { env, fetch })).stdout).toBe(
    'id    s-1\nname  –\nrule  {"tag":"a"}\n',
  );
});

it("policies are ready to paste", async () => {
  const policies = {
    external_id: "spillway-1",
    trust_policy: { Version: "2012-10-17", Statement: [] },
    permissions_policy: { Version: "2012-10-17", Statement: [] },
    terraform: 'resource "aws_iam_role" "spillway" {}',
  };
  const fetch = answering(200, policies);
  const text = (await spillway(["destinations", "policies", "b"], { env, fetch })).stdout;
  expect(text.split("\n").slice(0, 4)).toEqual([
    "# external id: spillway-1",
    "# trust policy",
    "{",
    expect.any(String),
  ]);
  const terraform = await spillway(["destinations", "policies", "b", "--terraform"], { env, fetch });
  expect(terraform.stdout).toBe(`${policies.terraform}\n`);
});

it("--verbose names each call, and never its query", async () => {
  const page = { data: [], next_cursor: null };
  const headers = { "x-request-id": "r-7" };
  const fetch = answering(200, page, [], headers);
  const { stderr } = await spillway(["events", "list", "--person-id", "secret-person", "--verbose"], { env, fetch });
  expect(stderr).toContain("GET /v1/events → 200, 0 ms, request id r-7\n");
  expect(stderr).not.toContain("secret-person");
});
