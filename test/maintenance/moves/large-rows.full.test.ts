/** Rows near the limits of a database move, too: by themselves, and those that change meanwhile. */

import { beforeEach, expect, it } from "vitest";
import { nextSequence } from "../../../src/db/core/sequences.ts";
import { type Database, statement } from "../../../src/db/core/database.ts";
import { askMove, moveUntil, step } from "../../support/moves.ts";
import { roomyService } from "../../support/pipeline.ts";
import type { Service, Space } from "../../support/service.ts";

const D1 = "d1:SPACE_DB";
/** A row has at most 2,000,000 bytes, with its other columns. */
const LARGEST = 1_998_900;

let service: Service;
let space: Space;
let source: Database;

beforeEach(async () => {
  service = roomyService();
  space = await service.shop({ home: D1 });
  source = service.context.databases.spaceAt(D1, space.id);
});

/** A JSON object with so many of a character. */
const text = (count: number, character: string) => JSON.stringify({ a: character.repeat(count) });

const put = (person: string, attributes: string) =>
  source.batch([
    nextSequence(space.id),
    statement(
      `INSERT OR REPLACE INTO profiles (space_id, person_id, seq_from, identifiers, attributes, created_at, updated_at)
       VALUES (?1, ?2, 1, '{}', ?3, 1, 1)`,
      [space.id, person, attributes],
    ),
  ]);

/** The profiles that a home has, column by column: one of the largest is no text in JSON. */
const profilesIn = (home: string) =>
  service.context.databases
    .spaceAt(home, space.id)
    .all("SELECT person_id, seq_from, attributes FROM profiles WHERE space_id = ?1 ORDER BY person_id", [space.id]);

it("are copied, compared, changed, shrunk and deleted during a move", async () => {
  await put("largest", text(LARGEST, "x"));
  // Each of its characters has two bytes in JSON, and four in JSON inside of JSON.
  await put("quotes", text(245_000, '"'));
  await put("wide", text(400_000, "ü"));
  await put("grows", text(10, "x"));
  await put("shrinks", text(900_000, "x"));
  await put("goes", text(900_000, "x"));
  for (let n = 0; n < 6; n += 1) await put(`many-${n}`, text(240_000, "\\"));
  await askMove(service, space, "object");
  for (let n = 0; n < 30; n += 1) await step(service, space);
  await put("grows", text(LARGEST, "y"));
  await put("shrinks", text(10, "y"));
  await source.run("DELETE FROM profiles WHERE space_id = ?1 AND person_id = 'goes'", [space.id]);
  for (let n = 0; n < 6; n += 1) await put(`many-${n}`, text(230_000, "y"));
  const before = await profilesIn(D1);
  expect(before.length).toBeGreaterThan(10);
  await moveUntil(service, space, "cleaning", async (n) => expect(n).toBeLessThan(300));
  expect(await profilesIn("object")).toEqual(before);
});
