/** Messages that are duplicated, lost or cut off: every receiver gets its event, and no attempt is recorded twice. */

import { beforeEach, describe, expect, it, vi } from "vitest";
import { Budget } from "../../src/budget.ts";
import { D1Driver } from "../../src/db/core/d1-driver.ts";
import { Database } from "../../src/db/core/database.ts";
import { deliver } from "../../src/webhooks/deliver.ts";
import { sweep } from "../support/sweep.ts";
import { roomyService } from "../support/pipeline.ts";
import { canceled, deliveriesOf, onlyDelivery, Receiver, status, wakeAll, wakeNext } from "../support/receiver.ts";
import { ADMIN, type Service, type Space } from "../support/service.ts";

const CALLBACK = { callback_url: "https://shop.example/called-back" };
/** Longer than the lease of any attempt. */
const LEASE_OVER_MS = 60_000;

let service: Service;
let receiver: Receiver;
let space: Space;

beforeEach(async () => {
  service = roomyService();
  space = await service.shop();
  receiver = new Receiver(service, space);
});

/** The wake-up of a new delivery. */
async function wakeUp() {
  await canceled(service, space, CALLBACK);
  const [next] = service.webhooks.splice(0);
  if (next === undefined) throw new Error("nothing was sent");
  return next.message;
}

const redeliver = (id: string, code = 202) =>
  service.json("POST", `/v1/webhook-deliveries/${id}/redeliver`, code, { key: space.key });

/** Wake-ups are refused until the work is done. */
async function whileQueueIsDown(work: () => Promise<unknown>): Promise<void> {
  service.context.sendWebhook = () => Promise.reject(new Error("the queue is down"));
  await work();
  receiver.listen(service, space);
}

/** @returns what brings it back. */
function databaseGoesDown(): () => void {
  const { databases } = service.context;
  const broken = new Proxy({} as D1Database, {
    get: () => () => {
      throw new Error("D1 is down");
    },
  });
  service.context.databases = { ...databases, control: new Database(new D1Driver(broken), new Budget()) };
  return () => void (service.context.databases = databases);
}

describe("a message", () => {
  it("that arrives twice at once makes one call", async () => {
    const message = await wakeUp();
    await Promise.all([deliver(service.context, message), deliver(service.context, message)]);
    expect(receiver.received).toHaveLength(1);
    expect((await onlyDelivery(service, space)).attempts).toHaveLength(1);
  });

  it("that comes again while a call is in progress makes none", async () => {
    const message = await wakeUp();
    receiver.meanwhile = () => deliver(service.context, message);
    await deliver(service.context, message);
    expect(receiver.received).toHaveLength(1);
  });

  it("that comes again after the end makes none", async () => {
    const message = await wakeUp();
    for (let times = 0; times < 3; times += 1) expect(await deliver(service.context, message)).toBe("ack");
    expect(receiver.received).toHaveLength(1);
  });

  it("of nothing that is there is done with", async () => {
    expect(await deliver(service.context, { space_id: space.id, delivery_id: "evt_x.callback" })).toBe("ack");
  });

  it("in another space's name does nothing", async () => {
    const message = await wakeUp();
    const other = await service.space();
    await deliver(service.context, { ...message, space_id: other.id });
    expect(receiver.received).toEqual([]);
  });

  it("comes again later when the database does not answer", async () => {
    const message = await wakeUp();
    const back = databaseGoesDown();
    expect(await deliver(service.context, message)).toEqual({ retryInSeconds: 60 });
    back();
    await deliver(service.context, message);
    expect(await onlyDelivery(service, space)).toMatchObject({ status: "delivered" });
  });
});

describe("an attempt that is cut off between its call and its record", () => {
  it("is repeated with the same id and body once its lease has expired", async () => {
    const message = await wakeUp();
    // As when the isolate ends: the answer is never seen.
    receiver.meanwhile = () => new Promise(() => {});
    void deliver(service.context, message);
    await vi.waitFor(() => expect(receiver.received).toHaveLength(1));
    receiver.meanwhile = async () => {};
    await deliver(service.context, message);
    expect(receiver.received).toHaveLength(1);
    service.now += LEASE_OVER_MS;
    await sweep(service.context);
    expect(await wakeAll(service)).toBe(1);
    const [first, second] = receiver.received;
    expect([second?.headers["webhook-id"], second?.body]).toEqual([first?.headers["webhook-id"], first?.body]);
    expect(await onlyDelivery(service, space)).toMatchObject({ status: "delivered", attempts: [{ n: 1 }] });
  });

  it("since the database is down is repeated by the same message", async () => {
    const message = await wakeUp();
    let back = () => {};
    receiver.meanwhile = async () => void (back = databaseGoesDown());
    expect(await deliver(service.context, message)).toEqual({ retryInSeconds: 60 });
    back();
    receiver.meanwhile = async () => {};
    service.now += LEASE_OVER_MS;
    expect(await deliver(service.context, message)).toBe("ack");
    const [first, second] = receiver.received;
    expect([second?.headers["webhook-id"], second?.body]).toEqual([first?.headers["webhook-id"], first?.body]);
    expect(await onlyDelivery(service, space)).toMatchObject({ status: "delivered", attempts: [{ n: 1 }] });
  });

  it("and is resumed when another has taken over, records nothing", async () => {
    const message = await wakeUp();
    let answer = () => {};
    receiver.meanwhile = () => new Promise<void>((resolve) => (answer = resolve));
    receiver.answers.push(status(500));
    const late = deliver(service.context, message);
    await vi.waitFor(() => expect(receiver.received).toHaveLength(1));
    receiver.meanwhile = async () => {};
    service.now += LEASE_OVER_MS;
    receiver.answers.length = 0;
    await deliver(service.context, message);
    receiver.always = () => status(500);
    answer();
    expect(await late).toBe("ack");
    expect(receiver.received).toHaveLength(2);
    expect(await onlyDelivery(service, space)).toMatchObject({
      status: "delivered",
      attempts: [{ n: 1, status_code: 204, error: null }],
    });
    expect(service.webhooks).toEqual([]);
  });
});

describe("the sweep", () => {
  it("sends what was never sent, once it is late, and not twice in a row", async () => {
    await wakeUp();
    service.now += service.config.resendAfterMs - 1;
    await sweep(service.context);
    expect(service.webhooks).toEqual([]);
    service.now += 1;
    await sweep(service.context);
    await sweep(service.context);
    expect(await wakeAll(service)).toBe(1);
    expect(receiver.received).toHaveLength(1);
  });

  it("sends a retry whose message was lost", async () => {
    receiver.answers.push(status(500));
    await canceled(service, space, CALLBACK);
    await wakeNext(service);
    service.webhooks.length = 0;
    service.now += 5_000 + service.config.resendAfterMs;
    await sweep(service.context);
    await wakeAll(service);
    expect(await onlyDelivery(service, space)).toMatchObject({ status: "delivered" });
  });

  it("sends nothing for what is delivered", async () => {
    await canceled(service, space, CALLBACK);
    await wakeAll(service);
    service.now += 3_600_000;
    await sweep(service.context);
    expect(service.webhooks).toEqual([]);
  });

  it("replaces messages that the queue did not accept", async () => {
    await whileQueueIsDown(() => canceled(service, space, CALLBACK));
    service.now += service.config.resendAfterMs;
    await sweep(service.context);
    await wakeAll(service);
    expect(await onlyDelivery(service, space)).toMatchObject({ status: "delivered" });
  });
});

describe("a delivery that is requested again", () => {
  it("is sent at once with the same id and body, after it was accepted", async () => {
    await canceled(service, space, CALLBACK);
    await wakeAll(service);
    const before = await onlyDelivery(service, space);
    service.now += 86_400_000;
    expect(await redeliver(before.id)).toMatchObject({
      id: before.id,
      webhook_id: before.webhook_id,
      status: "pending",
      next_attempt_at: new Date(service.now).toISOString(),
      attempts: before.attempts,
    });
    await wakeAll(service);
    const [first, second] = receiver.received;
    expect([second?.headers["webhook-id"], second?.body]).toEqual([first?.headers["webhook-id"], first?.body]);
    expect((await onlyDelivery(service, space)).attempts.map((attempt) => attempt.n)).toEqual([1, 2]);
  });

  it("restarts its retry schedule after it failed", async () => {
    receiver.always = () => status(500);
    await canceled(service, space, CALLBACK);
    while (service.webhooks.length > 0) await wakeNext(service);
    const { id } = await onlyDelivery(service, space);
    await redeliver(id);
    expect([await wakeNext(service), await wakeNext(service), await wakeNext(service)]).toEqual([0, 5, 300]);
    const { status: state, attempts } = await onlyDelivery(service, space);
    expect([state, attempts.length]).toEqual(["pending", 13]);
  });

  it("does not wait for its next time", async () => {
    receiver.answers.push(status(503, { "retry-after": "86400" }));
    await canceled(service, space, CALLBACK);
    await wakeNext(service);
    service.webhooks.length = 0;
    await redeliver((await onlyDelivery(service, space)).id);
    await wakeNext(service);
    expect(await onlyDelivery(service, space)).toMatchObject({ status: "delivered" });
  });

  it("is refused while the one before is still due", async () => {
    await canceled(service, space, CALLBACK);
    await wakeAll(service);
    const { id } = await onlyDelivery(service, space);
    await redeliver(id);
    await redeliver(id, 409);
    await wakeAll(service);
    await redeliver(id);
  });

  it("is refused while an attempt is in progress, and that attempt counts", async () => {
    const message = await wakeUp();
    const { id } = await onlyDelivery(service, space);
    receiver.meanwhile = () => redeliver(id, 409);
    await deliver(service.context, message);
    expect(await onlyDelivery(service, space)).toMatchObject({ status: "delivered" });
  });

  it("is sent by the sweep when the queue accepts no message", async () => {
    await canceled(service, space, CALLBACK);
    await wakeAll(service);
    const { id } = await onlyDelivery(service, space);
    await whileQueueIsDown(() => redeliver(id));
    service.now += service.config.resendAfterMs;
    await sweep(service.context);
    await wakeAll(service);
    expect(receiver.received).toHaveLength(2);
  });

  it("must be there", async () => {
    await redeliver("evt_x.callback", 404);
  });
});

describe("a space that is deleted", () => {
  const end = () => service.json("DELETE", `/v1/spaces/${space.id}`, 202, { key: ADMIN });

  it("sends no more events", async () => {
    const message = await wakeUp();
    await end();
    await deliver(service.context, message);
    expect(receiver.received).toEqual([]);
  });

  it("while a call is in progress keeps no record of it", async () => {
    const message = await wakeUp();
    receiver.meanwhile = end;
    expect(await deliver(service.context, message)).toBe("ack");
    const rows = await service.context.databases.control.all(
      "SELECT 1 FROM webhook_attempts WHERE space_id = ?1 UNION ALL SELECT 1 FROM webhook_deliveries WHERE space_id = ?1",
      [space.id],
    );
    expect(rows).toEqual([]);
  });

  it("has nothing of its exports' expiry sent", async () => {
    await service.export(space, CALLBACK);
    await wakeAll(service);
    await end();
    service.now += service.config.ttlMs.download + service.config.resendAfterMs;
    await sweep(service.context);
    await sweep(service.context);
    await wakeAll(service);
    expect(receiver.received).toHaveLength(1);
  });
});

it("the deliveries of one export, of one endpoint and of one state can be listed", async () => {
  receiver.answers.push(status(500));
  const { id: endpointId } = await service.json<{ id: string }>("POST", "/v1/webhook-endpoints", 201, {
    key: space.key,
    body: { url: "https://shop.example/endpoint" },
  });
  const first = await canceled(service, space);
  await wakeNext(service);
  service.webhooks.length = 0;
  service.now += 1;
  const second = await canceled(service, space, CALLBACK);
  await wakeAll(service);
  const listed = async (query: string) =>
    (await deliveriesOf(service, space, query)).map((each) => [each.export_id, each.endpoint_id]);
  expect(await listed(`export_id=${first}`)).toEqual([[first, endpointId]]);
  expect(await listed(`export_id=${second}`)).toHaveLength(2);
  expect(await listed(`endpoint_id=${endpointId}`)).toEqual([
    [second, endpointId],
    [first, endpointId],
  ]);
  expect(await listed("status=pending")).toEqual([[first, endpointId]]);
  expect(await listed("status=failed")).toEqual([]);
  expect(await listed(`export_id=${crypto.randomUUID()}`)).toEqual([]);
});
