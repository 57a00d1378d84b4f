import type { WebhookDelivery } from "spillway-client";
import { describe, expect, test } from "vitest";
import { answerOf, chosen, filtersIn, pollDelay, searchOf } from "../../console/src/pages/webhooks/delivery-state.ts";

const NOW = Date.parse("2026-11-30T12:00:00.000Z");
const deliveryOf = (change: Partial<WebhookDelivery>): WebhookDelivery => ({
  id: "evt_1.endpoint",
  webhook_id: "evt_1",
  type: "export.completed",
  export_id: "export",
  schedule_id: null,
  endpoint_id: "endpoint",
  status: "pending",
  created_at: "2026-11-30T11:00:00.000Z",
  next_attempt_at: null,
  attempts: [],
  ...change,
});

describe("the filters of deliveries", () => {
  test("are those of the address", () => {
    const filters = filtersIn("?status=failed&endpoint_id=e-1");
    expect(filters).toEqual({ endpoint_id: "e-1", export_id: "", status: "failed" });
    expect(chosen(filters)).toEqual({ endpoint_id: "e-1", status: "failed" });
    expect(searchOf(filters)).toBe("?endpoint_id=e-1&status=failed");
  });

  test("leave out a status that there is not", () => {
    expect(searchOf(filtersIn("status=lost"))).toBe("");
  });
});

describe("the list is read again", () => {
  test("while an attempt is due within a minute", () => {
    expect(pollDelay([deliveryOf({ next_attempt_at: "2026-11-30T12:00:59.000Z" })], NOW)).toBeGreaterThanOrEqual(5_000);
  });

  test.each([
    { next_attempt_at: "2026-11-30T12:05:00.000Z" },
    { status: "delivered" as const },
    { status: "failed" as const },
  ])("by hand alone for %j", (change) => {
    expect(pollDelay([deliveryOf(change)], NOW)).toBe(false);
  });
});

describe("an attempt", () => {
  const attempt = { n: 1, at: "2026-11-30T11:00:00.000Z", duration_ms: 118 };

  test.each([
    [{ status_code: 204, error: null }, "204 after 0.1 s"],
    [{ status_code: 503, error: "http_status" as const }, "503 after 0.1 s"],
    [{ status_code: 302, error: "redirected" as const }, "302, a redirect, which is not followed"],
    [{ status_code: null, error: "connection_failed" as const }, "no connection after 0.1 s"],
  ])("says what the receiver did: %j", (answer, said) => {
    expect(answerOf({ ...attempt, ...answer })).toBe(said);
  });
});
