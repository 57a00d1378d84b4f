/** The OpenAPI document describes each webhook event by the schema that its bodies conform to. */

import { beforeAll, describe, expect, it } from "vitest";
import { ExportBody, exportEvents } from "../../src/webhooks/events/exports.ts";
import { EVENT_TYPES } from "../../src/webhooks/events/index.ts";
import { SchedulePausedBody } from "../../src/webhooks/events/schedules.ts";
import { Service } from "../support/service.ts";

interface Sent {
  operationId: string;
  security: unknown[];
  parameters: { name: string; in: string; required: boolean }[];
  requestBody: { required: boolean; content: Record<string, { schema: object; example: unknown }> };
}

let webhooks: Record<string, { post: Sent }>;

beforeAll(async () => {
  ({ webhooks } = await new Service().json<{ webhooks: typeof webhooks }>("GET", "/openapi.json", 200));
});

it("has every event type, and no other", () => {
  expect(Object.keys(webhooks).toSorted()).toEqual([...EVENT_TYPES].toSorted());
});

describe.each(Object.keys(exportEvents.summaries))("%s", (type) => {
  it("is described by a schema of its own, with an example that keeps to it", () => {
    const media = webhooks[type]?.post.requestBody.content["application/json"];
    const name = type.replaceAll(/(?:^|\.)(.)/g, (_, first: string) => first.toUpperCase());
    expect(media?.schema).toEqual({ $ref: `#/components/schemas/${name}Event` });
    expect(ExportBody.parse(media?.example)).toMatchObject({ type, data: { status: type.slice("export.".length) } });
  });
});

it("describes a schedule's event by a schema of its own, with an example that keeps to it", () => {
  const media = webhooks["schedule.paused"]?.post.requestBody.content["application/json"];
  expect(media?.schema).toEqual({ $ref: "#/components/schemas/SchedulePausedEvent" });
  expect(SchedulePausedBody.parse(media?.example)).toMatchObject({ data: { failures: 3 } });
});

describe.each(EVENT_TYPES)("%s", (type) => {
  it("names the headers that a receiver verifies", () => {
    const headers = webhooks[type]?.post.parameters.map((each) => [each.name, each.in, each.required]);
    expect(headers).toEqual(
      ["webhook-id", "webhook-timestamp", "webhook-signature"].map((name) => [name, "header", true]),
    );
  });
});
