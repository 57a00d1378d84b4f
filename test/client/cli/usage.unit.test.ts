/** Arguments, help, and what is refused before any call. */

import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import { createProgram } from "../../../client/src/cli/program.ts";
import { processTerminal } from "../../../client/src/cli/terminal.ts";
import { answering, spillway } from "./spillway.ts";

const env = { SPILLWAY_KEY: "spw_test", SPILLWAY_ADMIN_TOKEN: "token" };

type Command = Pick<ReturnType<typeof createProgram>["program"], "name" | "commands">;

/** Every command that does something, as its words. */
function commandsOf(command: Command, words: readonly string[] = []): string[][] {
  const children = command.commands.flatMap((child) => commandsOf(child, [...words, child.name()]));
  return command.commands.length === 0 ? [[...words]] : children;
}

const terminal = { ...processTerminal(new AbortController().signal), stdout: new PassThrough() };
const COMMANDS = commandsOf(createProgram(terminal).program);

it("has the commands that people look for", () => {
  const names = COMMANDS.map((words) => words.join(" "));
  expect(names).toEqual(expect.arrayContaining(["exports create", "events tail", "webhooks listen", "spaces create"]));
  expect(names.length).toBeGreaterThan(60);
});

it.each(COMMANDS.map((words) => [words.join(" "), words] as const))("%s --help explains itself", async (_, words) => {
  const { code, stdout, stderr } = await spillway([...words, "--help"]);
  expect([code, stderr]).toEqual([0, ""]);
  expect(stdout).toMatch(/^Usage: spillway /);
  // A description comes between the usage and the arguments or options.
  expect(stdout.split("\n\n")[1]).toMatch(/^[a-z]/);
  expect(stdout.split("\n").filter((line) => line.length > 120)).toEqual([]);
});

it("--help leads from a clone to a verified file, and lists the exit codes", async () => {
  const { code, stdout } = await spillway(["--help"]);
  expect(code).toBe(0);
  for (const step of ["npm run dev", "spaces create shop --save", "events import orders.csv", "--verify", ".dev.vars"])
    expect(stdout).toContain(step);
  expect(stdout).toMatch(/ {3}6 {2}a file is missing, or is not what the manifest says/);
});

describe("refuses", () => {
  it.each([
    [["nothing"], "unknown command 'nothing'"],
    [["export", "list"], "Did you mean exports?"],
    [["exports", "lst"], "Did you mean list?"],
    [["exports", "list", "--stats", "failed"], "Did you mean --status?"],
    [["exports", "list", "--status", "done"], "Allowed choices are queued, processing"],
    [["exports", "list", "--limit", "0"], "It must be a whole number from 1 on."],
    [["exports", "list", "--limit", "1e3"], "It must be a whole number from 1 on."],
    [["exports", "show"], "missing required argument 'id'"],
    [["exports", "show", "a", "b"], "too many arguments"],
    [["exports", "create", "activity_events", "--format", "xml"], "Allowed choices are ndjson, csv, parquet"],
    [["exports", "create", "activity_events", "--file-rows", "many"], "It must be a whole number."],
    [["exports", "create", "activity_events", "--redact", "email"], "It must be PATH=drop or PATH=sha256."],
    [["exports", "get", "e-1", "--verify"], "--verify needs --out FOLDER"],
    [["keys", "create", "x"], "required option '--scopes <scopes>' not specified"],
    [["definitions", "create", "x", "--property", "amount"], "It must be NAME:TYPE"],
    [["definitions", "create", "x", "--property", "amount:money"], "It must be NAME:TYPE"],
    [["profiles", "put", "p", "--attribute", "x"], "--attribute must be NAME=VALUE"],
    [["segments", "put", "s", "--rule", "{"], "--rule is not JSON"],
    [["destinations", "create", "d", "--role-arn", "a", "--access-key-id", "b"], "are two ways: use one of them"],
    [["destinations", "create", "d", "--access-key-id", "b"], "SPILLWAY_SECRET_ACCESS_KEY"],
    [["completion", "fish"], "Allowed choices are bash, zsh"],
    [["whoami", "--origin", "ftp://x"], "--origin must be the service's address"],
    [["whoami", "--origin", "nonsense"], "--origin must be the service's address"],
    [["whoami", "--origin", "https://me:secret@example.com"], "--origin must have no user name"],
    [["whoami", "--login", "__proto__"], 'There is no login "__proto__".'],
  ])("%j", async (args, message) => {
    const seen: Request[] = [];
    const ran = await spillway(args, { env, fetch: answering(200, {}, seen) });
    expect(ran.stderr).toContain(message);
    expect([ran.code, ran.stdout, seen]).toEqual([2, "", []]);
  });
});

it("a usage error is a JSON document with --json", async () => {
  const { code, stdout, stderr } = await spillway(["exports", "list", "--status", "done", "--json"], { env });
  expect([code, stdout]).toEqual([2, ""]);
  expect(JSON.parse(stderr).error).toMatchObject({
    code: "usage",
    exit_code: 2,
    detail: expect.stringMatching(/done/),
  });
});

describe("what cannot come back is asked for", () => {
  it.each([
    [["exports", "delete", "e"]],
    [["spaces", "delete", "s"]],
    [["profiles", "delete", "p"]],
    [["profiles", "merge", "a", "b"]],
    [["keys", "revoke", "k"]],
    [["destinations", "delete", "d"]],
    [["schedules", "delete", "s"]],
    [["segments", "delete", "s"]],
    [["definitions", "delete", "d"]],
    [["webhooks", "endpoints", "delete", "w"]],
  ])("%j needs --yes where there is no terminal", async (args) => {
    const seen: Request[] = [];
    const ran = await spillway(args, { env, fetch: answering(200, {}, seen) });
    expect(ran.stderr).toContain("Say so with --yes.");
    expect([ran.code, seen]).toEqual([2, []]);
    await spillway([...args, "--yes"], { env, fetch: answering(200, {}, seen) });
    expect(seen).toHaveLength(1);
  });

  it.each([
    ["y\n", 1, 0],
    ["yes\n", 1, 0],
    ["n\n", 0, 2],
    ["\n", 0, 2],
  ])("the answer %j on a terminal", async (stdin, calls, code) => {
    const seen: Request[] = [];
    const fetch = answering(202, { id: "d", person_id: "p", status: "pending" }, seen);
    const ran = await spillway(["profiles", "delete", "p"], { env, stdin, isTTY: true, fetch });
    expect([seen.length, ran.code]).toEqual([calls, code]);
  });
});
