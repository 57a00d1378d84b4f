/** Exports of a space are numbered, for clients that need an integer as an id. */

import { env } from "cloudflare:workers";
import { beforeAll, expect, it } from "vitest";
import { findExport, findExportByNumber } from "../../../src/db/exports/exports.ts";
import { roomyService } from "../../support/pipeline.ts";
import type { Service, Space } from "../../support/service.ts";

let service: Service;
let space: Space;

beforeAll(async () => {
  service = roomyService({ PENDING_LIMIT: "1000" });
  space = await service.shop();
});

const numberOf = async (of: Space, id: string) =>
  (await findExport(service.context.databases.control, of.id, id))?.number;

it("are numbered from 1 in each space, whatever other spaces create", async () => {
  const other = await service.shop();
  const numbers: unknown[] = [];
  for (const of of [space, other, space, space, other]) numbers.push(await numberOf(of, await service.ask(of)));
  expect(numbers).toEqual([1, 1, 2, 3, 2]);
});

it("have a number each when they are created at the same time, and none is left out", async () => {
  const own = await service.shop();
  const ids = await Promise.all(Array.from({ length: 20 }, () => service.ask(own)));
  const numbers = await Promise.all(ids.map((id) => numberOf(own, id)));
  expect(numbers.toSorted((a, b) => Number(a) - Number(b))).toEqual(Array.from({ length: 20 }, (_, n) => n + 1));
});

it("keep their numbers to themselves when they are purged", async () => {
  const own = await service.shop();
  const first = await service.ask(own);
  await env.CONTROL_DB.prepare("DELETE FROM exports WHERE space_id = ?1 AND id = ?2").bind(own.id, first).run();
  expect(await numberOf(own, await service.ask(own))).toBe(2);
});

it("are found by number in their own space alone, and not once they are deleted", async () => {
  const own = await service.shop();
  const id = await service.ask(own);
  await service.pump();
  const { control } = service.context.databases;
  expect((await findExportByNumber(control, own.id, 1))?.id).toBe(id);
  expect((await findExportByNumber(control, space.id, 1))?.id).not.toBe(id);
  await service.json("DELETE", `/v1/exports/${id}`, 204, { key: own.key });
  expect(await findExportByNumber(control, own.id, 1)).toBeNull();
});
