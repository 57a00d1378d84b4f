/** The statements of docs/operations.md run against the control database, and have the effect that the page names. */

/// <reference types="vite/types/importMeta.d.ts" />
import { describe, expect, it } from "vitest";
import { failExport } from "../../../src/db/exports/transitions.ts";
import { sweep } from "../../support/sweep.ts";
import { bytesOf, deliver, eventIdsOf, roomyService, take } from "../../support/pipeline.ts";
import { orders, type Service, type Space } from "../../support/service.ts";

const [PAGE = ""] = Object.values(
  import.meta.glob<string>("../../../docs/operations.md", { query: "?raw", import: "default", eager: true }),
);
/** The statements for D1; those for Analytics Engine read `spillway`. */
const STATEMENTS = [...PAGE.matchAll(/```sql\n([\s\S]*?)```/g)]
  .flatMap(([, block = ""]) => block.split(/;\s*\n/))
  .map((text) => text.replaceAll(/--.*$/gm, "").replaceAll(/\s+/g, " ").trim())
  .filter((text) => text !== "" && !text.includes("FROM spillway"));

/** The only statement that contains this text. The test's clock replaces SQLite's. */
function statementWith(mark: string, service: Service): string {
  const found = STATEMENTS.filter((statement) => statement.includes(mark));
  expect(found).toHaveLength(1);
  return (found[0] ?? "").replaceAll("unixepoch() * 1000", String(service.now));
}

async function failed(code: string, events = 5): Promise<{ service: Service; space: Space; id: string }> {
  const service = roomyService();
  const space = await service.shop();
  await service.send(space, orders(events));
  const id = await service.ask(space, { layout: "files", file_rows: 2 });
  await deliver(service, take(service, "plan"));
  await deliver(service, take(service, "chunk"));
  service.queue.length = 0;
  const { control } = service.context.databases;
  const day = 86_400_000;
  await failExport(
    control,
    { space_id: space.id, id },
    { code, owner: "service" },
    { now: service.now, day: "2026-03-01", generation: 0, keptUntil: service.now + day, cleanupAt: service.now + day },
  );
  return { service, space, id };
}

it("has the statements", () => {
  expect(STATEMENTS).toHaveLength(6);
});

describe("the page's queries", () => {
  const queries = STATEMENTS.filter((statement) => statement.startsWith("SELECT"));

  it.each(queries)("run: %s", async (query) => {
    const { control } = roomyService().context.databases;
    expect(await control.all(query)).toBeInstanceOf(Array);
  });

  it("find an export that hangs, and why exports failed", async () => {
    const { service, space, id } = await failed("destination_unavailable");
    const hanging = await service.ask(space);
    service.now += 3_600_001;
    const { control } = service.context.databases;
    const slow = await control.all<{ id: string }>(
      statementWith("status IN ('queued', 'processing') AND created_at", service),
    );
    expect(slow.map((row) => row.id)).toContain(hanging);
    expect(slow.map((row) => row.id)).not.toContain(id);
    const why = await control.all(statementWith("GROUP BY error_code", service));
    expect(why).toContainEqual({ error_code: "destination_unavailable", error_owner: "service", exports: 1 });
  });
});

describe("the page's repairs", () => {
  it("queue exports again that failed because the bucket was away: they complete with the bytes they would have had", async () => {
    const { service, space, id } = await failed("destination_unavailable");
    await service.context.databases.control.run(statementWith("generation = generation + 1", service));
    await sweep(service.context);
    await service.pump();
    const repaired = await service.poll(space, id);
    const undisturbed = await service.export(space, { layout: "files", file_rows: 2 });
    expect(repaired.status).toBe("completed");
    expect(bytesOf(repaired)).toEqual(bytesOf(undisturbed));
    expect(await eventIdsOf(service, repaired)).toHaveLength(5);
  });

  it("leave exports alone that failed for another reason", async () => {
    const { service, space, id } = await failed("export_too_large");
    await service.context.databases.control.run(statementWith("generation = generation + 1", service));
    expect((await service.poll(space, id)).status).toBe("failed");
  });

  it("dispatch everything in progress at the next sweep", async () => {
    const service = roomyService();
    const space = await service.shop();
    const id = await service.ask(space);
    service.queue.length = 0;
    await sweep(service.context);
    const woken = () => service.queue.filter((message) => message.export_id === id);
    expect(woken()).toEqual([]);
    await service.context.databases.control.run(statementWith("SET wake_at = 0 WHERE", service));
    await sweep(service.context);
    expect(woken()).toMatchObject([{ step: "plan" }]);
  });
});
