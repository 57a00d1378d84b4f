/** What a command that fails prints, and how it exits. */

import { describe, expect, it } from "vitest";
import { answering, problem, spillway } from "./spillway.ts";

const env = { SPILLWAY_KEY: "spw_test" };
const show = (fetch: ReturnType<typeof answering>, ...more: string[]) =>
  spillway(["exports", "show", "e-1", ...more], { env, fetch });

it.each([
  [400, "malformed_request", 2],
  [401, "unauthenticated", 4],
  [403, "forbidden", 4],
  [403, "space_inactive", 4],
  [404, "not_found", 3],
  [409, "conflict", 8],
  [410, "gone", 3],
  [413, "payload_too_large", 2],
  [422, "invalid_request", 2],
  [429, "rate_limited", 7],
  [429, "too_many_pending_exports", 7],
  [500, "internal", 1],
  [503, "unavailable", 7],
  [503, "export_failed", 5],
])("%i %s exits with its own code", async (status, code, exitCode) => {
  const ran = await show(answering(status, problem(status, code, "It is so.")));
  expect(ran.code).toBe(exitCode);
  expect(ran.stdout).toBe("");
  expect(ran.stderr).toContain("It is so.");
  expect(ran.stderr).toContain("request id request-1");
});

it("an unreachable service is named, with what to do", async () => {
  const ran = await spillway(["exports", "list"], { env: { ...env, SPILLWAY_ORIGIN: "http://localhost:9" } });
  expect(ran.code).toBe(7);
  expect(ran.stderr).toMatch(/No service answers at http:\/\/localhost:9.*\n {2}Is the address right\? `npm run dev`/);
});

it("an answer of another server is no JSON, and says so", async () => {
  const page = () => Promise.resolve(new Response("<html>hello</html>", { headers: { "content-type": "text/html" } }));
  expect((await spillway(["exports", "list"], { env, fetch: page })).stderr).toContain("check the origin");
  const notFound = () => Promise.resolve(new Response("<html>", { status: 404 }));
  expect((await spillway(["exports", "list"], { env, fetch: notFound })).stderr).toContain("check the origin");
});

describe("faults of fields", () => {
  const create = (pointer: string, ...args: string[]) =>
    spillway(["exports", "create", "activity_events", ...args], {
      env,
      fetch: answering(422, problem(422, "invalid_request", "Wrong.", [{ pointer, detail: "Wrong." }])),
    });

  it.each([
    ["/event_names/3", "--events: Wrong."],
    ["/start", "--start (or --last, --date): Wrong."],
    ["/delivery/role_arn", "--role-arn: Wrong."],
    ["/delivery", "/delivery: Wrong."],
    ["/columns/0/path", "--columns: Wrong."],
    ["/something_new", "/something_new: Wrong."],
  ])("%s names the option", async (pointer, line) => {
    const { stderr } = await create(pointer, "--last", "7d");
    expect(stderr).toBe(`spillway: The request is not valid.\n  ${line}\n  request id request-1\n`);
  });

  it("of other commands name their options too", async () => {
    const fetch = answering(422, problem(422, "invalid_request", "No.", [{ pointer: "/timezone", detail: "No." }]));
    const { stderr } = await spillway(["spaces", "create", "x", "--timezone", "y"], {
      env: { SPILLWAY_ADMIN_TOKEN: "t" },
      fetch,
    });
    expect(stderr).toContain("  --timezone: No.");
  });

  it("are a JSON document on stderr with --json", async () => {
    const { stdout, stderr } = await create("/event_names/3", "--json");
    expect(stdout).toBe("");
    expect(JSON.parse(stderr)).toEqual({
      error: {
        code: "invalid_request",
        status: 422,
        detail: "Wrong.",
        errors: [{ pointer: "/event_names/3", detail: "Wrong.", option: "--events" }],
        hints: [],
        request_id: "request-1",
        retry_after_seconds: null,
        exit_code: 2,
      },
    });
  });
});

it("a rate limit is waited out with a word, once for each try", async () => {
  const waits: number[] = [];
  const limited = answering(429, problem(429, "rate_limited", "Too many."), [], { "retry-after": "7" });
  const ran = await spillway(["exports", "list"], {
    env,
    fetch: limited,
    sleep: (ms) => Promise.resolve(void waits.push(ms)),
  });
  expect(ran.code).toBe(7);
  expect(new Set(waits)).toEqual(new Set([7_000]));
  expect(ran.stderr).toContain("Too many. The call is made again in 7 s.");
  expect(ran.stderr).toContain("Try again in 7 s.");
});

it("names from the service cannot move the cursor, hide text or break a line of a table", async () => {
  const name = "\u001B[2Jevil\u0007\u202Egnp\nsecond";
  const page = { data: [{ id: "s-1", name, rule: {} }], next_cursor: null };
  const { stdout } = await spillway(["segments", "list"], { env, fetch: answering(200, page) });
  expect(stdout).toContain("\\u001b[2Jevil\\u0007\\u202egnp second");
  expect(stdout.split("\n")).toHaveLength(3);
  const asked = await show(answering(404, problem(404, "not_found", `No ${name}.`)));
  // eslint-disable-next-line no-control-regex -- looks for what must not be there.
  expect(asked.stderr).not.toMatch(/[\u001B\u0007\u202E]/);
});

it("a hostile id stays in its place of the address", async () => {
  const seen: Request[] = [];
  const fetch = answering(404, problem(404, "not_found", "No."), seen);
  for (const id of ["a/b", "?x=1", "#", "%2e%2e"]) await spillway(["exports", "show", id], { env, fetch });
  expect(seen.map(({ url }) => new URL(url).pathname + new URL(url).search)).toEqual([
    "/v1/exports/a%2Fb",
    "/v1/exports/%3Fx%3D1",
    "/v1/exports/%23",
    "/v1/exports/%252e%252e",
  ]);
});
