/** What the names in a segment's rule mean in the space: its definitions, and what profiles have. */

import type { Database } from "../../db/core/database.ts";
import { AFTER_EVERY_WRITE } from "../../db/core/sequences.ts";
import type { SpaceRow } from "../../db/tenants/spaces.ts";
import type { Fault } from "../../errors.ts";
import { definitionIds } from "../../ingest/definition-lists.ts";
import { findDefinitions } from "../../ingest/definitions.ts";
import { profileDefinitionsAt } from "../../ingest/profile-definitions.ts";
import { unknownNames } from "../../ingest/profile-names.ts";
import { type DefinedNames, namesInRule } from "../../segments/check.ts";
import { eachRule, type Rule } from "../../segments/rule.ts";

export async function definedNames(db: Database, space: SpaceRow, rule: Rule): Promise<DefinedNames> {
  const rules = [...eachRule(rule)];
  const events = [...new Set(rules.flatMap((each) => ("event" in each ? [each.event] : [])))];
  const attributes = [...new Set(rules.flatMap((each) => ("attribute" in each ? [each.attribute] : [])))];
  const [found, definitions] = await Promise.all([
    findDefinitions(db, space, events),
    profileDefinitionsAt(db, space.id, AFTER_EVERY_WRITE, "attribute", attributes),
  ]);
  const isUnknown = events.some((id) => !found.has(id));
  return {
    events: new Map([...found].map(([id, { properties }]) => [id, new Map(properties.map((p) => [p.name, p.type]))])),
    attributes: new Map(definitions.flatMap(({ id, type }) => (type === null ? [] : [[id, type] as const]))),
    suggested: isUnknown ? await definitionIds(db, space.id) : [],
  };
}

/**
 * Warnings of attributes and tags that are not defined and that no profile has. They are not refused: a profile may
 * have them later, without a definition.
 */
export async function ruleWarnings(db: Database, space: SpaceRow, rule: Rule): Promise<Fault[]> {
  const named = namesInRule(rule, ["rule"]);
  const warnings = await Promise.all(
    (["attribute", "tag"] as const).map(async (kind) => {
      const asked = named.filter((each) => each.kind === kind);
      const unknown = await unknownNames(
        db,
        space.id,
        AFTER_EVERY_WRITE,
        kind,
        asked.map(({ name }) => name),
      );
      return unknown.map(({ index, detail }) => ({ pointer: asked[index]?.pointer ?? "/rule", detail }));
    }),
  );
  return warnings.flat();
}
