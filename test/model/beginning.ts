/** What every history begins with: two definitions and two people. */

import { conversionDefinitions } from "./conversion-rows.ts";
import { expectStatus } from "./command.ts";
import { define, putPeople } from "./writes.ts";
import type { Stage } from "./stage.ts";
import type { World } from "./world.ts";

/** Those that belong to another section than `default`, as people-rows.ts has them. */
const IN_SECTIONS = {
  "/v1/attributes/tier": { section_id: "loyalty", name: "Tier", type: "text" },
  "/v1/tags/vip": { section_id: "loyalty", name: "VIP" },
  "/v1/topics/news": { section_id: "letters", name: "News" },
};

/** @param withSections puts an attribute, a tag and a topic into sections of their own. */
export async function beginHistory(world: World, stage: Stage, withSections: boolean): Promise<void> {
  const builtIn = conversionDefinitions().map((definition) => [definition.id, definition] as const);
  world.data = { ...world.data, definitions: new Map(builtIn) };
  await define(world, stage, "bought", [
    { name: "amount", type: "number" },
    { name: "note", type: "text" },
  ]);
  await define(world, stage, "seen", [{ name: "note", type: "text" }]);
  for (const [path, definition] of Object.entries(withSections ? IN_SECTIONS : {}))
    expectStatus(await stage.call("PUT", path, definition), 200);
  await putPeople(world, stage, [
    { person_id: "a", external_person_id: "x-a", identifiers: { custom_id: "c-a" }, attributes: { tier: "gold" } },
    { person_id: "b", company_id: "acme", tags: ["vip"] },
  ]);
}
