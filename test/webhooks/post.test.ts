/** One POST: what is sent, and what each kind of answer means. */

import { Webhook } from "standardwebhooks";
import { describe, expect, it, vi } from "vitest";
import { ERRORS } from "../../src/errors.ts";
import { formatSecret, post, retryAfter } from "../../src/outbound/webhook.ts";
import { ExportBody } from "../../src/webhooks/events/exports.ts";
import { renderBody } from "../../src/webhooks/events/index.ts";
import { START } from "../support/service.ts";

const SECRET = formatSecret(new Uint8Array(32).fill(1));
const OTHER = formatSecret(new Uint8Array(32).fill(2));
const BODY = '{"type":"export.completed","name":"Zoë"}';
const webhook = { url: "https://shop.example/hooks", id: "evt_1", body: BODY, secrets: [SECRET] };

/** Posts to a receiver that answers like this. */
async function to(answer: Response | Error, more: Partial<typeof webhook> = {}) {
  const requests: { url: string; init: RequestInit }[] = [];
  let now = START + 999;
  const reach = async (url: unknown, init?: RequestInit) => {
    requests.push({ url: String(url), init: init ?? {} });
    now += 42;
    if (answer instanceof Error) throw answer;
    return answer;
  };
  const outcome = await post(reach, () => now, { ...webhook, ...more });
  const [request] = requests;
  if (request === undefined || requests.length > 1) throw new Error(`${requests.length} requests were made`);
  return { outcome, ...request, headers: Object.fromEntries(new Headers(request.init.headers)) };
}

const ok = () => new Response("thanks");

function verify(secret: string, headers: Record<string, string>, body = BODY): unknown {
  vi.setSystemTime(START);
  try {
    return new Webhook(secret).verify(body, headers);
  } finally {
    vi.useRealTimers();
  }
}

describe("what is sent", () => {
  it("is a POST of JSON to the address, that follows no redirect and does not wait forever", async () => {
    const { url, init, headers } = await to(ok());
    expect([url, init.method, init.body, init.redirect]).toEqual([webhook.url, "POST", BODY, "manual"]);
    expect(init.signal).toBeInstanceOf(AbortSignal);
    expect(headers).toMatchObject({ "content-type": "application/json", "webhook-id": "evt_1" });
    expect(headers["user-agent"]).toMatch(/^Spillway/);
  });

  it("is verified by the reference library", async () => {
    const { headers } = await to(ok());
    expect(verify(SECRET, headers)).toEqual(JSON.parse(BODY));
  });

  it("says when it was sent, in seconds", async () => {
    expect((await to(ok())).headers["webhook-timestamp"]).toBe(String(START / 1000));
  });

  it.each([
    ["another secret", OTHER, {}, BODY],
    ["another body", SECRET, {}, `${BODY} `],
    ["another id", SECRET, { "webhook-id": "evt_2" }, BODY],
    ["another time", SECRET, { "webhook-timestamp": String(START / 1000 + 1) }, BODY],
  ])("is not verified with %s", async (_, secret, other, body) => {
    const { headers } = await to(ok());
    expect(() => verify(secret, { ...headers, ...other }, body)).toThrow("No matching signature");
  });

  it("carries a signature for each secret", async () => {
    const { headers } = await to(ok(), { secrets: [SECRET, OTHER] });
    expect(headers["webhook-signature"]).toMatch(/^v1,[A-Za-z0-9+/]{43}= v1,[A-Za-z0-9+/]{43}=$/);
    for (const secret of [SECRET, OTHER]) expect(verify(secret, headers)).toEqual(JSON.parse(BODY));
  });
});

describe("an answer", () => {
  it.each([200, 201, 202, 204, 299])("%i accepts it", async (status) => {
    const { outcome } = await to(new Response(null, { status }));
    expect(outcome).toEqual({ statusCode: status, error: null, retryAfterSeconds: null, durationMs: 42 });
  });

  it.each([301, 302, 303, 307, 308])("%i is not followed and does not accept it", async (status) => {
    const { outcome } = await to(new Response(null, { status, headers: { location: "https://else.example/" } }));
    expect(outcome).toMatchObject({ statusCode: status, error: "redirected" });
  });

  it.each([400, 401, 404, 410, 429, 500, 503])("%i does not accept it", async (status) => {
    expect((await to(new Response(null, { status }))).outcome).toMatchObject({
      statusCode: status,
      error: "http_status",
    });
  });

  it("that does not come in time is a timeout", async () => {
    const { outcome } = await to(new DOMException("The operation timed out", "TimeoutError"));
    expect(outcome).toEqual({ statusCode: null, error: "timeout", retryAfterSeconds: null, durationMs: 42 });
  });

  it("that never comes is a failed connection, whose words stay here", async () => {
    const { outcome } = await to(new TypeError("getaddrinfo ENOTFOUND shop.example"));
    expect(outcome).toEqual({ statusCode: null, error: "connection_failed", retryAfterSeconds: null, durationMs: 42 });
  });

  it("is not read, however long it is", async () => {
    let canceled = false;
    const endless = new ReadableStream({
      pull: (controller) => controller.enqueue(new Uint8Array(65_536)),
      cancel: () => void (canceled = true),
    });
    expect((await to(new Response(endless))).outcome.error).toBeNull();
    expect(canceled).toBe(true);
  });
});

describe("Retry-After", () => {
  it.each([
    ["seconds", "120", 120],
    ["no seconds", "0", 0],
    ["a date", new Date(START + 90_000).toUTCString(), 90],
    ["a date that is over", new Date(START - 90_000).toUTCString(), 0],
    ["more than a day", "1000000", 86_400],
    ["a date next year", new Date(START + 400 * 86_400_000).toUTCString(), 86_400],
    ["nothing", "", null],
    ["words", "soon", null],
    ["a negative number", "-5", null],
    ["a fraction", "1.5", null],
  ])("of %s", (_, header, seconds) => {
    expect(retryAfter(header, START)).toBe(seconds);
  });

  it("counts with an answer that does not accept it", async () => {
    const { outcome } = await to(new Response(null, { status: 503, headers: { "retry-after": "120" } }));
    expect(outcome.retryAfterSeconds).toBe(120);
  });

  it("means nothing with one that does", async () => {
    const { outcome } = await to(new Response(null, { status: 200, headers: { "retry-after": "120" } }));
    expect(outcome.retryAfterSeconds).toBeNull();
  });
});

const EXPORT_ID = "4c959f87-6c1d-4f2e-9a7b-3d5e8f0a1b2c";

describe("the body", () => {
  const data = {
    export_id: EXPORT_ID,
    dataset: "activity_events",
    status: "completed",
    rows: 3,
    files: 1,
    completed_at: START,
    error_code: null,
    error_owner: null,
  };
  const render = (type: string, more: object = {}) =>
    renderBody({ event_type: type, event_at: START + 1, data: JSON.stringify({ ...data, ...more }) });

  it("says what happened, and when", () => {
    const body = render("export.completed");
    expect(ExportBody.parse(JSON.parse(body))).toEqual({
      type: "export.completed",
      timestamp: "2026-03-01T12:00:00.001Z",
      data: {
        export_id: EXPORT_ID,
        dataset: "activity_events",
        status: "completed",
        rows: 3,
        files: 1,
        completed_at: "2026-03-01T12:00:00.000Z",
        error: null,
      },
    });
    expect(body.length).toBeLessThan(20_000);
  });

  it("says of a failure who must act, by the error table and by the step that failed", () => {
    const failed = JSON.parse(
      render("export.failed", { status: "failed", error_code: "bucket_denied", error_owner: "service" }),
    );
    expect(failed).toMatchObject({
      data: {
        error: { code: "bucket_denied", message: ERRORS.bucket_denied.title, owner: "service", retryable: true },
      },
    });
  });

  it("says internal for a code that the table does not have", () => {
    const failed = JSON.parse(render("export.failed", { status: "failed", error_code: "toString", error_owner: null }));
    expect(failed).toMatchObject({ data: { error: { code: "internal", owner: "service" } } });
  });
});
