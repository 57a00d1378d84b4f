/** Secrets are shown once and stored only as a hash, or encrypted: no column of any table holds a key. */

import { env } from "cloudflare:workers";
import { expect, it, vi } from "vitest";
import { sweep } from "../support/sweep.ts";
import { KEYS } from "../support/aws.ts";
import { Customer, DAY_MS } from "../support/customer.ts";
import { ADMIN, Service } from "../support/service.ts";

interface Made {
  id: string;
  api_key: string;
  webhook_secret: string;
}

const service = new Service();

const make = () =>
  service.json<Made>("POST", "/v1/spaces", 201, { key: ADMIN, body: { name: "Shop", timezone: "UTC" } });

/** Every row of every table of both databases, as text. */
async function everything(): Promise<string> {
  const texts: string[] = [];
  for (const db of [env.CONTROL_DB, env.SPACE_DB]) {
    const tables = await db
      .prepare(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT GLOB '_cf*' AND name NOT GLOB 'sqlite*'",
      )
      .all<{ name: string }>();
    for (const { name } of tables.results)
      texts.push(JSON.stringify((await db.prepare(`SELECT * FROM "${name}"`).all()).results));
  }
  return texts.join("\n");
}

const secretOf = (key: string) => key.slice("spw_".length + 24 + 1);

it("stores neither a key nor its secret, of a space's first key and of a later one", async () => {
  const created = await make();
  const later = await service.json<{ key: string }>("POST", "/v1/api-keys", 201, {
    key: created.api_key,
    body: { name: "later", scopes: ["events:read"] },
  });
  const stored = await everything();
  expect(stored).toContain(created.id);
  for (const key of [created.api_key, later.key]) expect(stored).not.toContain(secretOf(key));
});

it("stores the SHA-256 of a key's secret", async () => {
  const created = await make();
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(secretOf(created.api_key)));
  const row = await env.CONTROL_DB.prepare("SELECT secret_sha256 FROM api_keys WHERE space_id = ?")
    .bind(created.id)
    .first();
  expect(row).toEqual({ secret_sha256: Buffer.from(digest).toString("hex") });
});

it("stores the webhook secret encrypted", async () => {
  const created = await make();
  expect(created.webhook_secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
  const stored = await everything();
  expect(stored).not.toContain(created.webhook_secret.slice("whsec_".length));
});

it("stores an endpoint's secret encrypted, and each rotated secret", async () => {
  const created = await make();
  const key = { key: created.api_key };
  const body = { url: "https://shop.example/hooks" };
  const endpoint = await service.json<{ id: string; secret: string }>("POST", "/v1/webhook-endpoints", 201, {
    ...key,
    body,
  });
  const path = `/v1/webhook-endpoints/${endpoint.id}/rotate-secret`;
  const rotated = await service.json<{ secret: string }>("POST", path, 200, key);
  const space = await service.json<Made>("POST", "/v1/space/rotate-webhook-secret", 200, key);
  const stored = await everything();
  expect(stored).toContain(endpoint.id);
  for (const secret of [endpoint.secret, rotated.secret, space.webhook_secret, created.webhook_secret])
    expect(stored).not.toContain(secret.slice("whsec_".length));
});

it("shows a space's key and webhook secret in no later answer", async () => {
  const created = await make();
  const answers = await Promise.all([
    service.call("GET", `/v1/spaces/${created.id}`, { key: ADMIN }),
    service.call("GET", "/v1/spaces", { key: ADMIN }),
    service.call("PATCH", `/v1/spaces/${created.id}`, { key: ADMIN, body: { name: "Renamed" } }),
    service.call("GET", "/v1/space", { key: created.api_key }),
    service.call("GET", "/v1/api-keys", { key: created.api_key }),
  ]);
  expect(answers.map((answer) => answer.status)).toEqual([200, 200, 200, 200, 200]);
  const texts = (await Promise.all(answers.map((answer) => answer.text()))).join();
  expect(texts).not.toContain(secretOf(created.api_key));
  expect(texts).not.toMatch(/whsec|secret|api_key/);
});

it("creates a new value for every key and secret", async () => {
  const [one, two] = await Promise.all([make(), make()]);
  expect(secretOf(one.api_key)).not.toBe(secretOf(two.api_key));
  expect(one.webhook_secret).not.toBe(two.webhook_secret);
});

it("puts no key, session or signature of customers' buckets in a row, log or answer, also when requests fail", async () => {
  const output: string[] = [];
  const listen = (...line: unknown[]) => void output.push(line.map(String).join(" "));
  vi.spyOn(console, "log").mockImplementation(listen);
  vi.spyOn(console, "error").mockImplementation(listen);
  const customer = await Customer.open();
  const { service, space, aws } = customer;
  const call = service.call.bind(service);
  service.call = async (...args) => {
    const response = await call(...args);
    output.push(await response.clone().text());
    return response;
  };
  const byRole = await customer.destination();
  const byKeys = await customer.destination({ auth: { type: "keys", ...KEYS } });
  for (const { id, delivery } of [byRole, byKeys]) {
    await service.json("POST", `/v1/destinations/${id}/test`, 200, { key: space.key });
    let refused = 0;
    aws.instead = ({ method, url, headers }) =>
      method === "PUT" && url.pathname.includes("-events-") && (refused += 1) < 4
        ? new Response(`<Error><Code>AccessDenied</Code><Message>${[...headers].join()}</Message></Error>`, {
            status: 403,
          })
        : null;
    const done = await customer.export({ delivery });
    expect(done.status).toBe("completed");
    for (const path of ["", "/events", "/manifest"])
      await (await service.call("GET", `/v1/exports/${done.id}${path}`, { key: space.key })).text();
  }
  await service.json("GET", "/v1/destinations", 200, { key: space.key });
  service.now += DAY_MS;
  await sweep(service.context);
  vi.restoreAllMocks();
  const all = [...output, await everything(), ...[...aws.objects].map(([key]) => aws.text(key))].join("\n");
  expect([all.includes("step.failed"), all.includes(byKeys.id), aws.secrets.length > 4]).toEqual([true, true, true]);
  expect(aws.secrets.filter((secret) => all.includes(secret))).toEqual([]);
  expect(all).not.toMatch(/Signature=[0-9a-f]{64}/);
});
