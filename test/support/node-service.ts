/** The service in Node, over SQLite: for tests that measure memory, which workerd does not tell. */

import { timingSafeEqual } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseEnv } from "node:util";
import { Budget } from "../../src/budget.ts";
import { readConfig } from "../../src/config.ts";
import { openDatabases } from "../../src/db/core/shards.ts";
import { createApp } from "../../src/http/app.ts";
import type { Call } from "../../src/http/route.ts";
import { Failures } from "../../src/limiter/failures.ts";
import { KeyCache } from "../../src/http/middleware/key-cache.ts";
import { SqliteD1 } from "./sqlite-d1.ts";

const ROOT = new URL("../..", import.meta.url).pathname;
const NOW = Date.parse("2026-03-01T12:00:00.000Z");
const SECRETS = {
  ADMIN_TOKEN: "test-admin-token-of-32-characters",
  ALLOW_INSECURE_TARGETS: "true",
  BUCKET_ACCESS_KEY_ID: "id",
  BUCKET_SECRET_ACCESS_KEY: "secret",
  SECRETS_KEY: "k1:dGVzdC10ZXN0LXRlc3QtdGVzdC10ZXN0LXRlc3QtMTI=",
};
const LIMITER = {
  idFromName: (name: string) => name,
  get: () => ({
    admit: () => Promise.resolve({ allowed: true, remaining: 1, resetMs: 1, limit: 1, resetAt: NOW }),
  }),
};

/** A service with one space. Limits of calls do not apply. */
export async function nodeService() {
  // workerd has it, Node has it elsewhere.
  Object.assign(crypto.subtle, { timingSafeEqual });
  const [control, space] = ["control", "space"].map((name) => new SqliteD1(join(ROOT, "src/db/migrations", name)));
  if (control === undefined || space === undefined) throw new Error("there are two databases");
  const toml = readFileSync(join(ROOT, "wrangler.toml"), "utf8");
  const config = readConfig({ ...parseEnv(/^\[vars\]\n([^[]*)/m.exec(toml)?.[1] ?? ""), ...SECRETS });
  const runtime = {
    now: () => NOW,
    uuid: () => crypto.randomUUID(),
    randomBytes: (count: number) => crypto.getRandomValues(new Uint8Array(count)),
    random: () => 0,
  };
  const databases = openDatabases({ CONTROL_DB: control, SPACE_DB: space } as never, new Budget(runtime.now));
  const app = createApp((request) => {
    const call: Partial<Call> = {
      request,
      url: new URL(request.url),
      requestId: "request",
      config,
      runtime,
      databases,
    };
    Object.assign(call, {
      limiter: LIMITER,
      adminFailures: new Failures(),
      keys: new KeyCache(),
      waitUntil: () => {},
      notes: {},
    });
    return call as Call;
  }, []);
  const context = { waitUntil: () => {}, passThroughOnException: () => {}, props: {} };
  const call = async (method: string, path: string, key: string, body: BodyInit, headers = {}) => {
    const init = { method, body, duplex: "half", headers: { "content-type": "application/json", ...headers } };
    const request = new Request(`https://spillway.test${path}`, init);
    request.headers.set("authorization", `Bearer ${key}`);
    const response = await app.fetch(request, {}, context);
    return { status: response.status, body: await response.json<Record<string, unknown>>() };
  };
  const created = await call("POST", "/v1/spaces", config.adminToken, JSON.stringify({ name: "S", timezone: "UTC" }));
  const key = String(created.body["api_key"]);
  return {
    space,
    send: (method: string, path: string, body: BodyInit, headers = {}) => call(method, path, key, body, headers),
  };
}
