/** The schema of CSV only grows, in random histories of definitions, properties and events. */

import { expect, it } from "vitest";
import { between, dice, pick } from "../support/random.ts";
import { columns, defined, property, sent, service, spaceWith } from "../support/schemas.ts";
import { seeds } from "../support/seeds.ts";

it.each(seeds({ first: 11, few: 1, full: 4, all: 30 }))(
  "columns grow at the end alone, whatever happens (seed %i)",
  async (seed) => {
    const roll = dice(seed);
    const space = await spaceWith();
    const ids: string[] = [];
    let [all, asked]: string[][] = [[], []];
    for (let step = 0; step < 14; step += 1) {
      const id = ids.length === 0 || roll() < 0.3 ? `d${ids.length}` : pick(roll, ids);
      const fresh = `p${between(roll, 0, 6)}:${pick(roll, ["text", "number", "date"])}`;
      if (!ids.includes(id)) {
        ids.push(id);
        await defined(space, id, fresh);
      } else if (roll() < 0.5) await sent(space, id);
      else {
        const [name = "", type = ""] = fresh.split(":");
        const body = { properties: [property(name, type)] };
        await service.call("PATCH", `/v1/event-definitions/${id}`, { key: space.key, body });
      }
      const [now, named] = [await columns(space), await columns(space, { event_names: ["d*"] })];
      expect(now.slice(0, all?.length)).toEqual(all);
      expect(named.slice(0, asked?.length)).toEqual(asked);
      [all, asked] = [now, named];
    }
    expect(new Set(asked).size).toBe(asked?.length);
  },
);
