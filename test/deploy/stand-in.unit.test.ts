/** What the stand-in of Cloudflare's REST API keeps, and what it refuses. The other files run wrangler against it. */

import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Cloudflare } from "../support/cloudflare/server.ts";
import { snapshot } from "../support/cloudflare/snapshot.ts";
import type { Account } from "../support/cloudflare/state.ts";

let cloudflare: Cloudflare;
let account: Account;

beforeEach(async () => {
  cloudflare = await new Cloudflare().start();
  account = cloudflare.addAccount();
});

afterEach(() => cloudflare.close());

interface Answer {
  success: boolean;
  errors: { code: number }[];
  result: Record<string, unknown>;
}

async function call(method: string, path: string, body?: unknown): Promise<Answer> {
  const response = await fetch(`${cloudflare.url}/accounts/${account.id}${path}`, {
    method,
    headers: { authorization: `Bearer ${cloudflare.token}` },
    body: body instanceof FormData ? body : body === undefined ? null : JSON.stringify(body),
  });
  return (await response.json()) as Answer;
}

async function codeOf(...asked: Parameters<typeof call>): Promise<number | undefined> {
  return (await call(...asked)).errors[0]?.code;
}

/** An upload of a Worker that has one line. */
function upload(metadata: Record<string, unknown> = {}): FormData {
  const form = new FormData();
  form.set("metadata", JSON.stringify({ main_module: "index.js", bindings: [], ...metadata }));
  const code = new Blob(["export default {}"], { type: "application/javascript+module" });
  form.set("index.js", code, "index.js");
  return form;
}

const putWorker = (metadata?: Record<string, unknown>) => call("PUT", "/workers/scripts/shop", upload(metadata));

describe("refuses what Cloudflare refuses", () => {
  test("a name that is taken", async () => {
    await call("POST", "/d1/database", { name: "shop" });
    await call("POST", "/queues", { queue_name: "shop" });
    await call("POST", "/r2/buckets", { name: "shop" });
    expect(await codeOf("POST", "/d1/database", { name: "shop" })).toBe(7502);
    expect(await codeOf("POST", "/queues", { queue_name: "shop" })).toBe(11009);
    expect(await codeOf("POST", "/r2/buckets", { name: "shop" })).toBe(10004);
  });

  test("what does not exist", async () => {
    expect(await codeOf("GET", "/d1/database/shop")).toBe(7404);
    expect(await codeOf("GET", "/queues/0123")).toBe(11000);
    expect(await codeOf("GET", "/r2/buckets/shop")).toBe(10006);
    expect(await codeOf("GET", "/workers/scripts/shop/deployments")).toBe(10007);
    expect(await codeOf("GET", "/workers/services/shop")).toBe(10090);
  });

  test("more databases than the free plan has, and its Workers' CPU limits", async () => {
    account.plan = "free";
    for (let n = 0; n < 10; n++) await call("POST", "/d1/database", { name: `shop-${n}` });
    expect(await codeOf("POST", "/d1/database", { name: "shop" })).toBe(7406);
    expect((await putWorker({ limits: { cpu_ms: 300_000 } })).errors[0]?.code).toBe(100_328);
  });

  test("R2 and Analytics Engine that are turned off", async () => {
    account.hasR2 = false;
    account.hasAnalyticsEngine = false;
    expect(await codeOf("GET", "/r2/buckets")).toBe(10042);
    const bindings = [{ type: "analytics_engine", name: "METRICS", dataset: "shop" }];
    expect((await putWorker({ bindings })).errors[0]?.code).toBe(10089);
  });

  test("bindings to what is not there, and nothing is kept of the upload", async () => {
    const d1 = [{ type: "d1", name: "DB", id: "0123" }];
    const namespace = [{ type: "durable_object_namespace", name: "LIMITER", class_name: "Limiter" }];
    expect((await putWorker({ bindings: d1 })).errors[0]?.code).toBe(10021);
    expect((await putWorker({ bindings: namespace })).errors[0]?.code).toBe(10061);
    expect(account.workers).toEqual([]);
  });

  test("a migration of Durable Objects for another state, or with a version", async () => {
    const first = { new_tag: "v1", steps: [{ new_sqlite_classes: ["Limiter"] }] };
    await putWorker({ migrations: first });
    expect((await putWorker({ migrations: first })).errors[0]?.code).toBe(10079);
    const next = { old_tag: "v1", new_tag: "v2", steps: [] };
    expect(await codeOf("POST", "/workers/scripts/shop/versions", upload({ migrations: next }))).toBe(10211);
  });

  test("a secret while the newest version is not deployed", async () => {
    await putWorker();
    await call("POST", "/workers/scripts/shop/versions", upload());
    const secret = { name: "KEY", text: "value", type: "secret_text" };
    expect(await codeOf("PUT", "/workers/scripts/shop/secrets", secret)).toBe(10215);
  });

  test("deleting what is in use", async () => {
    const { result } = await call("POST", "/queues", { queue_name: "shop" });
    await call("POST", "/r2/buckets", { name: "shop" });
    await putWorker();
    await call("POST", `/queues/${String(result["queue_id"])}/consumers`, { type: "worker", script_name: "shop" });
    account.buckets[0]?.objects.set("file", new Uint8Array());
    expect(await codeOf("DELETE", `/queues/${String(result["queue_id"])}`)).toBe(11005);
    expect(await codeOf("DELETE", "/workers/scripts/shop")).toBe(10064);
    expect(await codeOf("DELETE", "/r2/buckets/shop")).toBe(10008);
  });

  test("a call without the token", async () => {
    const response = await fetch(`${cloudflare.url}/user`);
    expect(response.status).toBe(401);
  });
});

test("the statements of one query are one transaction", async () => {
  const { result } = await call("POST", "/d1/database", { name: "shop" });
  const query = `/d1/database/${String(result["uuid"])}/query`;
  expect(await codeOf("POST", query, { sql: "CREATE TABLE a (x); INSERT INTO b VALUES (1);" })).toBe(7500);
  expect(snapshot(account).databases[0]?.tables).toEqual([]);
  await call("POST", query, { sql: "CREATE TABLE a (x);\n-- the rows\nINSERT INTO a VALUES (1);" });
  const { result: rows } = await call("POST", query, { sql: "SELECT x FROM a WHERE x = ?", params: [1] });
  expect(rows).toMatchObject([{ results: [{ x: 1 }] }]);
});

test("secrets are kept from version to version, and no answer has a value", async () => {
  await putWorker({ bindings: [{ type: "secret_text", name: "KEY", text: "a-secret" }] });
  await putWorker({ keep_bindings: ["secret_text"] });
  const answers = await Promise.all(
    ["/workers/scripts/shop/settings", "/workers/scripts/shop/secrets", "/workers/scripts/shop/versions"].map((path) =>
      call("GET", path),
    ),
  );
  expect(JSON.stringify(answers)).toContain("KEY");
  expect(JSON.stringify(answers)).not.toContain("a-secret");
});

test("a call that a test makes fail fails once, without an effect", async () => {
  cloudflare.failNext({ call: /^POST \/queues$/ }, 400, 10_023, "Internal error");
  expect(await codeOf("POST", "/queues", { queue_name: "shop" })).toBe(10_023);
  expect(account.queues).toEqual([]);
  expect(await codeOf("POST", "/queues", { queue_name: "shop" })).toBeUndefined();
});

test("a call that it does not know is remembered", async () => {
  expect(await codeOf("POST", "/teleport")).toBe(7003);
  expect(cloudflare.unknown).toEqual(["POST /teleport"]);
});
