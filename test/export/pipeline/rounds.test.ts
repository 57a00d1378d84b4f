/** A retried export is in a new round: messages of an earlier round do not end the export. */

import { describe, expect, it } from "vitest";
import type { Message } from "../../../src/context.ts";
import { MAX_ATTEMPTS } from "../../../src/export/pipeline/backoff.ts";
import { handleDeadLetter } from "../../../src/export/pipeline/run.ts";
import { throughLine } from "../../support/bucket.ts";
import { deliver, roomyService, take } from "../../support/pipeline.ts";
import { orders, type Service, type Space } from "../../support/service.ts";

/** An export that failed at its only chunk, and was retried. @returns the chunk's message of the round that failed. */
async function retried(): Promise<{ service: Service; space: Space; id: string; old: Message }> {
  const service = roomyService();
  const space = await service.shop();
  await service.send(space, orders(3));
  const id = await service.ask(space);
  await deliver(service, take(service, "plan"));
  const old = take(service, "chunk");
  throughLine(service, async () => new Response(null, { status: 500 }));
  await deliver(service, old, MAX_ATTEMPTS);
  expect((await service.poll(space, id)).status).toBe("failed");
  await service.json("POST", `/v1/exports/${id}/retry`, 202, { key: space.key });
  await deliver(service, take(service, "plan"));
  return { service, space, id, old };
}

describe("a message of before the retry", () => {
  it("that fails for the last time does not fail the export again", async () => {
    const { service, space, id, old } = await retried();
    expect(await deliver(service, old, MAX_ATTEMPTS)).toBe("ack");
    expect(await service.poll(space, id)).toMatchObject({ status: "processing", error: null });
  });

  it("that is dead-lettered does not fail the export again", async () => {
    const { service, space, id, old } = await retried();
    expect(await handleDeadLetter(service.context, old)).toBe("ack");
    expect((await service.poll(space, id)).status).toBe("processing");
  });

  it("may still do its work", async () => {
    const { service, space, id, old } = await retried();
    throughLine(service);
    await deliver(service, old);
    await service.pump();
    expect((await service.poll(space, id)).status).toBe("completed");
  });
});

it("a message of the present round fails the export", async () => {
  const { service, space, id } = await retried();
  await deliver(service, take(service, "chunk"), MAX_ATTEMPTS);
  expect((await service.poll(space, id)).status).toBe("failed");
});

it("an export that failed a thousand times still has its end in its timeline", async () => {
  const { service, space, id } = await retried();
  await service.context.databases.control.run(
    `INSERT INTO export_events (space_id, export_id, n, at, type, detail)
     SELECT ?1, ?2, 100 + key, ?3, 'export.attempt_failed', '{}' FROM json_each('[' || substr(replace(hex(zeroblob(1000)), '00', ',0'), 2) || ']')`,
    [space.id, id, service.now],
  );
  await deliver(service, take(service, "chunk"), MAX_ATTEMPTS);
  const { control } = service.context.databases;
  const entries = await control.all<{ type: string; n: number }>(
    "SELECT type, count(*) AS n FROM export_events WHERE space_id = ?1 AND export_id = ?2 GROUP BY type",
    [space.id, id],
  );
  expect(Object.fromEntries(entries.map(({ type, n }) => [type, n]))).toMatchObject({ "export.failed": 2 });
});
