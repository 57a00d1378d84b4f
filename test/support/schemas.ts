/** Definitions of events, and the columns that an export of their events has. */

import { expect } from "vitest";
import { define, MANDATORY, readCsv } from "./formats.ts";
import { roomyService, type Row, textOf } from "./pipeline.ts";
import type { Space } from "./service.ts";

/** A service whose limits no test reaches. */
export const service = roomyService({ PENDING_LIMIT: "1000" });

export const property = (name: string, type = "text") => ({ name, type });

/** Defines events with these properties, as `name:type`. */
export const defined = (space: Space, id: string, ...properties: string[]) =>
  define(service, space, {
    id,
    name: id,
    properties: properties.map((each) => property(...(each.split(":") as [string, string]))),
  });

/** Adds a property to a definition. */
export const grown = (space: Space, id: string, name: string, type = "text") =>
  service.json("PATCH", `/v1/event-definitions/${id}`, 200, {
    key: space.key,
    body: { properties: [property(name, type)] },
  });

export const sent = (space: Space, definition_id: string, properties: Row = {}, more: Row = {}) =>
  service.send(space, [{ definition_id, person_id: "p-1", properties, ...more }]);

/** The columns of CSV beside the mandatory ones. */
export async function columns(space: Space, request: Row = {}): Promise<string[]> {
  service.now += 1;
  const [header = []] = readCsv(await textOf(service, await service.export(space, { format: "csv", ...request })));
  expect(header.slice(0, MANDATORY.length)).toEqual(MANDATORY);
  return header.slice(MANDATORY.length).map(String);
}

/** A space with a person and these definitions, each an id and its properties as `name:type`. */
export async function spaceWith(...definitions: string[][]): Promise<Space> {
  const space = await service.space();
  await service.json("PUT", "/v1/profiles", 200, { key: space.key, body: { profiles: [{ person_id: "p-1" }] } });
  for (const [id = "", ...properties] of definitions) await defined(space, id, ...properties);
  return space;
}
