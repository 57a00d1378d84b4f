/** `spillway` against a real service: every command, as people use it. */

import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { type Surroundings, spillway } from "../client/cli/spillway.ts";
import { liveStack } from "./support.ts";

const stack = liveStack(
  ...["CREATE_LIMIT:1000", "POLL_LIMIT:1000", "LIST_LIMIT:1000"].flatMap((value) => ["--var", value]),
);
const EVENTS = 500;

/** Runs a command with the login of this file. */
const command = (args: readonly string[], more: Surroundings = {}) =>
  spillway(args, {
    folder: stack.directory,
    env: {
      SPILLWAY_CONFIG: stack.file("config.json"),
      SPILLWAY_ADMIN_TOKEN: "local-admin-token-for-development-only",
      SPILLWAY_SECRET_ACCESS_KEY: "secret-access-key-of-forty-characters-00",
    },
    fetch: (input, init) => fetch(input, init),
    now: Date.now,
    sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    ...more,
  });

/** Runs a command that must succeed. @returns its only JSON document. */
async function json<Result = Record<string, unknown>>(...args: string[]): Promise<Result> {
  const { code, stdout, stderr } = await command([...args, "--json"]);
  expect(code, `${args.join(" ")}\n${stderr}`).toBe(0);
  return JSON.parse(stdout) as Result;
}

const minutesAgo = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString();

beforeAll(async () => {
  await json(
    "spaces",
    "create",
    "Shop",
    "--timezone",
    "Europe/London",
    "--retention-days",
    "3650",
    "--save",
    "--origin",
    stack.origin,
  );
  await json("definitions", "create", "order_placed", "--property", "order_id:text!", "--property", "amount:number");
  await json("profiles", "put", "p-1", "--external-person-id", "CRM-1");
  const { key } = JSON.parse(readFileSync(stack.file("config.json"), "utf8")).logins.shop;
  const events = Array.from({ length: EVENTS }, (_, n) => ({
    id: `e-${n}`,
    definition_id: "order_placed",
    person_id: "p-1",
    occurred_at: minutesAgo(n + 1),
    properties: { order_id: `A-${n}`, amount: n / 4 },
  }));
  const sent = await fetch(`${stack.origin}/v1/events`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    body: JSON.stringify({ events }),
  });
  expect(sent.status).toBe(202);
}, 120_000);

interface Ended {
  id: string;
  status: string;
  downloaded: { name: string; path: string; sha256: string; was_there: boolean }[];
  verification: { ok: boolean; stored: { ok: boolean }; downloaded: { status: string }[] };
}

describe("the one-liner", () => {
  const ONE_LINER = ["exports", "create", "activity_events", "--last", "7d", "--wait", "--out", "./events", "--verify"];

  it("creates, waits, downloads and verifies, and says so", async () => {
    const { code, stdout, stderr } = await command([...ONE_LINER, "--format", "csv"]);
    expect([code, stderr.split("\n")[0]]).toEqual([0, expect.stringMatching(/^Export [0-9a-f-]+ is queued\.$/)]);
    expect(stdout).toMatch(
      /^Export [0-9a-f-]+ is completed: 500 rows in 1 file, [\d.]+ kB\.\n {2}events\/\S+\.csv\.gz /,
    );
    expect(stdout).toMatch(/\nVerified: .* where they are stored, and in \.\/events\.\n$/);
  });

  it("with --json gives one document, without links, and files that are what it says", async () => {
    const ended = await json<Ended>(...ONE_LINER, "--format", "parquet", "--file-rows", "200", "--out", "parquet");
    expect(ended).toMatchObject({ status: "completed", verification: { ok: true, stored: { ok: true } } });
    expect(JSON.stringify(ended)).not.toContain("X-Amz-");
    expect(ended.downloaded).toHaveLength(3);
    for (const { path, sha256 } of ended.downloaded)
      expect(createHash("sha256").update(readFileSync(path)).digest("hex")).toBe(sha256);
    expect(ended.verification.downloaded.map(({ status }) => status)).toEqual(["ok", "ok", "ok"]);
  });

  it("a second download leaves what is right, and brings back what is not", async () => {
    const { id, downloaded } = await json<Ended>(...ONE_LINER, "--file-rows", "200", "--layout", "files", "--out", "b");
    const [first, second, third] = downloaded.map(({ path }) => path);
    if (first === undefined || second === undefined || third === undefined) throw new Error("there are three files");
    const right = readFileSync(second);
    writeFileSync(second, Buffer.from(right).fill(0, 0, 1));
    const found = await command(["exports", "verify", id, "--folder", "b"]);
    expect(found.code).toBe(6);
    expect(found.stdout).toMatch(/NOT VERIFIED.*\n {2}b: \S+: changed\. SHA-256 [0-9a-f]{64} instead of/);
    const again = await json<Ended>("exports", "get", id, "--out", "b", "--verify");
    expect(again.downloaded.map((file) => file.was_there)).toEqual([true, false, true]);
    expect(readFileSync(second)).toEqual(right);
    expect(readdirSync(join(stack.directory, "b"))).toHaveLength(3);
  });

  it("fails with 5 where the export is canceled", async () => {
    const { id } = await json<{ id: string }>("exports", "create", "activity_events", "--last", "1h");
    await command(["exports", "cancel", id]);
    const shown = await json<{ status: string }>("exports", "show", id);
    const { code } = await command(["exports", "wait", id]);
    expect(code).toBe(shown.status === "canceled" ? 5 : 0);
  });
});

it("exports get writes the rows to standard output", async () => {
  const { id } = await json<{ id: string }>("exports", "create", "activity_events", "--last", "3h", "--wait");
  const { code, stdout } = await command(["exports", "get", id]);
  const rows = stdout.trimEnd().split("\n");
  expect([code, rows.length]).toEqual([0, 179]);
  expect(JSON.parse(rows[0] ?? "")).toMatchObject({ definitionId: "order_placed", personId: "p-1" });
});

it("events list and events tail stream an event a line", async () => {
  const listed = await command(["events", "list", "--last", "2h", "--limit", "5", "--json"]);
  expect(
    listed.stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line).definitionId),
  ).toEqual(Array.from({ length: 5 }, () => "order_placed"));
  expect(listed.stderr).toContain("There are more than 5");
  const tail = await command(["events", "tail", "--last", "10m", "--count", "3", "--events", "order*"]);
  expect(tail.stdout.trimEnd().split("\n")).toHaveLength(3);
  expect(tail.stdout).toMatch(/^\S+Z {2}order_placed {2}p-1 {2}\{"order_id":"A-\d+","amount":[\d.]+\}\n/);
});

it("webhooks listen receives a signed webhook, rejects another, and removes its endpoint", async () => {
  let listening = (_address: string) => {};
  const opened = new Promise<string>((resolve) => (listening = resolve));
  const listen = command(["webhooks", "listen", "--port", "18788", "--count", "1", "--json"], {
    onStderr: (text) => {
      const [, address] = /Listening at (\S+)\./.exec(text) ?? [];
      if (address !== undefined) listening(address);
    },
  });
  const address = await opened;
  const forged = await fetch(address, { method: "POST", body: '{"type":"export.completed"}' });
  expect(forged.status).toBe(400);
  const { id } = await json<{ id: string }>("exports", "create", "activity_events", "--last", "1h", "--wait");
  const { code, stdout, stderr } = await listen;
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ type: "export.completed", data: { export_id: id } });
  expect(stderr).toContain("A request was rejected");
  expect(await json("webhooks", "endpoints", "list")).toEqual({ data: [], has_more: false });
});

it("every other command answers with one JSON document", async () => {
  const { id: exportId } = await json<{ id: string }>("exports", "create", "activity_events", "--last", "1h", "--wait");
  const destination = await json<{ id: string }>(
    ..."destinations create Warehouse --bucket acme-exports --region eu-central-1 --access-key-id AKIAEXAMPLE".split(
      " ",
    ),
    ..."--provider generic --endpoint http://127.0.0.1:9".split(" "),
  );
  const schedule = await json<{ id: string }>(
    ..."schedules create Nightly activity_events --incremental --verify-after-days 3 --cron".split(" "),
    "0 3 * * *",
  );
  const endpoint = await json<{ id: string }>("webhooks", "endpoints", "create", "http://127.0.0.1:9/");
  const key = await json<{ id: string }>("keys", "create", "reader", "--scopes", "exports:read", "--expires-in", "1d");
  await json("segments", "put", "all", "--rule", '{"attribute":"$country","op":"exists"}');
  const lines = [
    "whoami",
    "homes",
    "spaces list",
    "spaces show",
    "spaces change --name Store",
    "spaces rotate-webhook-secret",
    "keys list",
    `keys revoke ${key.id} --yes`,
    "profiles list",
    "profiles show p-1",
    "profiles deletions",
    "definitions list --category custom",
    "definitions show order_placed",
    "definitions show order_placed 1",
    "definitions change order_placed --property note:text",
    "definitions versions order_placed",
    "segments list",
    "segments show all",
    "segments count all",
    "segments delete all --yes",
    "estimate activity_events --date 2026-01-01..2026-01-31",
    "exports list --status completed --limit 1",
    `exports show ${exportId}`,
    `exports timeline ${exportId}`,
    `exports files ${exportId}`,
    `exports manifest ${exportId}`,
    `exports verify ${exportId}`,
    `exports load ${exportId} --for duckdb`,
    `exports delete ${exportId} --yes`,
    "destinations list",
    `destinations show ${destination.id}`,
    `destinations change ${destination.id} --name Lake`,
    `destinations delete ${destination.id} --yes`,
    "schedules list",
    `schedules show ${schedule.id}`,
    `schedules pause ${schedule.id}`,
    `schedules resume ${schedule.id}`,
    `schedules change ${schedule.id} --cron 30_3_*_*_*`,
    `schedules exports ${schedule.id}`,
    `schedules delete ${schedule.id} --yes`,
    `webhooks endpoints show ${endpoint.id}`,
    `webhooks endpoints change ${endpoint.id} --no-enabled`,
    `webhooks endpoints rotate-secret ${endpoint.id}`,
    `webhooks endpoints delete ${endpoint.id} --yes`,
    "webhooks deliveries",
    "logins",
  ];
  const failed: string[] = [];
  for (const line of lines) {
    const words = line.split(" ").map((word) => word.replaceAll("_*", " *").replace("30_3", "30 3"));
    const { code, stdout, stderr } = await command([...words, "--json"]);
    if (code !== 0 || typeof JSON.parse(stdout) !== "object") failed.push(`${line}: ${stderr}`);
  }
  expect(failed).toEqual([]);
}, 120_000);

it("another space's export is not found", async () => {
  const { id } = await json<{ id: string }>("exports", "create", "activity_events", "--last", "1h", "--wait");
  await json("spaces", "create", "Other", "--timezone", "UTC", "--save", "--origin", stack.origin);
  const asOther = await command(["exports", "show", id]);
  expect([asOther.code, asOther.stdout]).toEqual([3, ""]);
  await json("logins", "shop");
  expect((await command(["exports", "show", id])).code).toBe(0);
});
