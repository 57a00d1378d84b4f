/** Webhooks as a receiver verifies them: signed here with Node's own HMAC, as Standard Webhooks defines it. */

import { createHmac } from "node:crypto";
import { describe, expect, it } from "vitest";
import { SpillwayError, verifyWebhook } from "../../client/src/index.ts";

const SECRET = `whsec_${Buffer.from("a secret of twenty-four b").toString("base64")}`;
const OTHER = `whsec_${Buffer.from("another secret of the spa").toString("base64")}`;
const EVENT = {
  type: "export.completed",
  timestamp: "2026-03-01T12:00:00.000Z",
  data: { export_id: "x", dataset: "activity_events", status: "completed", rows: 2, files: 1, error: null },
};
const BODY = JSON.stringify(EVENT);

/** @param secondsAgo when it was sent, from the present moment: a receiver compares it with its own clock. */
function signed(body: string, { secret = SECRET, secondsAgo = 0 } = {}): Record<string, string> {
  const id = "msg_1";
  const timestamp = String(Math.floor(Date.now() / 1000) - secondsAgo);
  const key = Buffer.from(secret.slice("whsec_".length), "base64");
  const signature = createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest("base64");
  return { "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": `v1,${signature}` };
}

function codeOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof SpillwayError) return error.code;
    throw error;
  }
  return "none";
}

describe("a webhook", () => {
  it.each([
    ["text and an object of headers", BODY, signed(BODY)],
    ["bytes", new TextEncoder().encode(BODY), signed(BODY)],
    ["headers of fetch", BODY, new Headers(signed(BODY))],
    [
      "headers in capitals",
      BODY,
      Object.fromEntries(Object.entries(signed(BODY)).map(([k, v]) => [k.toUpperCase(), v])),
    ],
  ])("is verified from %s", (_what, body, headers) => {
    expect(verifyWebhook(body, headers, SECRET)).toEqual(EVENT);
  });

  it("is verified with either secret while one is being rotated", () => {
    expect(verifyWebhook(BODY, signed(BODY, { secret: OTHER }), [SECRET, OTHER])).toEqual(EVENT);
  });

  it("narrows to one type of event", () => {
    const event = verifyWebhook(BODY, signed(BODY), SECRET);
    const seen = event.type === "schedule.paused" ? event.data.schedule_id : event.data.export_id;
    expect(seen).toBe("x");
  });

  it.each([
    ["another secret", BODY, signed(BODY, { secret: OTHER })],
    ["another body", `${BODY} `, signed(BODY)],
    ["no signature", BODY, {}],
    ["a time too long ago", BODY, signed(BODY, { secondsAgo: 400 })],
    ["a time too far ahead", BODY, signed(BODY, { secondsAgo: -400 })],
    ["a signature of another version", BODY, { ...signed(BODY), "webhook-signature": "v2,AAAA" }],
    ["a body that is not JSON", "no", signed("no")],
  ])("with %s is rejected", (_what, body, headers) => {
    expect(codeOf(() => verifyWebhook(body, headers, SECRET))).toBe("webhook_rejected");
  });

  it("needs a secret, and shows none that is wrong", () => {
    expect(() => verifyWebhook(BODY, signed(BODY), [])).toThrow(TypeError);
    expect(() => verifyWebhook(BODY, signed(BODY), "not a secret!")).toThrow(
      /^The secret is not one of a webhook: those begin with whsec_\.$/,
    );
  });
});
