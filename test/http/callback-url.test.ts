/** A `callback_url` may contain a token: no answer shows it, and the webhook still goes to all of it. */

import { beforeEach, describe, expect, it } from "vitest";
import { roomyService } from "../support/pipeline.ts";
import { canceled, Receiver, wakeNext } from "../support/receiver.ts";
import type { Service, Space } from "../support/service.ts";

const CALLBACK = "https://hooks.example/services/T00/B00/t0ken?key=t0ken";
const SHOWN = "https://hooks.example/services/T0…";

let service: Service;
let space: Space;

beforeEach(async () => {
  service = roomyService();
  space = await service.shop();
});

const read = (path: string) => service.json<unknown>("GET", path, 200, { key: space.key });

describe("of an export", () => {
  it("is cut in its resource, its list, its timeline and its deliveries, and in a repeated create", async () => {
    const receiver = new Receiver(service, space);
    const id = await canceled(service, space, { callback_url: CALLBACK });
    await wakeNext(service);
    const answers = [];
    for (const path of [`/v1/exports/${id}`, "/v1/exports", `/v1/exports/${id}/events`, "/v1/webhook-deliveries"])
      answers.push(await read(path));
    expect(answers[0]).toMatchObject({ request: { callback_url: SHOWN } });
    expect(JSON.stringify(answers)).not.toContain("t0ken");
    expect(receiver.received.map(({ url }) => url)).toEqual([CALLBACK]);
  });

  it("is cut in the manifest, which lies beside the files", async () => {
    const id = await service.ask(space, { callback_url: CALLBACK });
    await service.pump();
    const manifest = await read(`/v1/exports/${id}/manifest`);
    expect(manifest).toMatchObject({ export: { request: { callback_url: SHOWN } } });
    expect(JSON.stringify(manifest)).not.toContain("t0ken");
  });

  it("is cut in the answer of a create, also of a repeated one", async () => {
    const window = { start: new Date(service.now - 3_600_000).toISOString(), end: new Date(service.now).toISOString() };
    const create = async () => {
      const response = await service.call("POST", "/v1/exports", {
        key: space.key,
        headers: { "idempotency-key": "k" },
        body: { dataset: "activity_events", ...window, callback_url: CALLBACK },
      });
      return (await response.json<{ request: { callback_url: string } }>()).request.callback_url;
    };
    expect([await create(), await create()]).toEqual([SHOWN, SHOWN]);
  });

  it("is refused where it is a cut one", async () => {
    const window = { start: new Date(service.now - 3_600_000).toISOString(), end: new Date(service.now).toISOString() };
    const body = { dataset: "activity_events", ...window, callback_url: SHOWN };
    expect(await service.faults("POST", "/v1/exports", { key: space.key, body })).toEqual(["/callback_url"]);
  });
});

describe("of a schedule", () => {
  interface View {
    id: string;
    request: Record<string, unknown>;
  }

  const stored = { dataset: "activity_events", callback_url: CALLBACK };
  const make = () =>
    service.json<View>("POST", "/v1/schedules", 201, {
      key: space.key,
      body: { name: "nightly", cron: "0 3 * * *", timezone: "UTC", request: stored },
    });
  const change = (id: string, request: unknown) =>
    service.call("PATCH", `/v1/schedules/${id}`, { key: space.key, body: { request } });

  it("is cut, and stays what it was when the request is sent back as it was shown", async () => {
    const { id, request } = await make();
    expect(request["callback_url"]).toBe(SHOWN);
    const changed = await change(id, { ...request, format: "csv" });
    expect((await changed.json<View>()).request).toMatchObject({ callback_url: SHOWN, format: "csv" });
    expect(await service.context.databases.control.first("SELECT request FROM schedules WHERE id = ?1", [id])).toEqual({
      request: expect.stringContaining(`"callback_url":${JSON.stringify(CALLBACK)}`),
    });
  });

  it("is refused where it is another's cut one", async () => {
    const { id, request } = await make();
    const other = { ...request, callback_url: "https://hooks.example/services/T9…" };
    const faults = await service.faults("PATCH", `/v1/schedules/${id}`, { key: space.key, body: { request: other } });
    expect(faults).toEqual(["/request/callback_url"]);
  });
});
