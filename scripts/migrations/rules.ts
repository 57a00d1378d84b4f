/**
 * Which statements of a migration the code that still runs during a rollout survives. Migrations run before the new
 * code: until the last old Worker has ended, its statements meet the new tables. A statement is refused where it may
 * make one of them fail, or read or write something else than before. What the migration itself made is its own.
 */

import type { Statement } from "./statements.ts";

export interface Advice {
  /** What is wrong with it. */
  reason: string;
  /** What to do instead. */
  instead: string;
}

/** In capitals: tables, views, indexes and triggers, and columns as `TABLE.COLUMN`, that this migration made before. */
export type Made = Set<string>;

const CONTRACT =
  "Expand first: add what is new, and deploy the code that no longer needs this. Then contract: run this statement in " +
  "a later migration, under a comment `-- contract: ` that says which version needed it last.";

const UNKNOWN: Advice = {
  reason: "no rule knows this statement",
  instead: "If the code that still runs survives it, say why in a comment above it that begins with `-- contract: `.",
};

/** A name, quoted or not. */
const NAME = String.raw`("?\w+"?)`;
const IF_EXISTS = "(?:IF (?:NOT )?EXISTS )?";

type Rule = [pattern: RegExp, advise: (names: string[], made: Made, text: string) => Advice | string | null];

const rule = (pattern: string, advise: Rule[1] = () => null): Rule => [
  new RegExp(`^${pattern.replaceAll("<name>", NAME)}`),
  advise,
];

/** The first rule whose pattern fits decides. A text is a reason, to which the usual advice belongs. */
const RULES: readonly Rule[] = [
  rule(`CREATE (?:VIRTUAL )?TABLE ${IF_EXISTS}<name>`, ([table = ""], made, text) => {
    made.add(table);
    const parents = [...text.matchAll(new RegExp(`REFERENCES ${NAME}((?:(?!REFERENCES).)*)`, "g"))];
    const parent = parents.find(([, name = "", rest = ""]) => !made.has(plain(name)) && !CASCADES.test(rest))?.[1];
    if (parent === undefined) return null;
    return {
      reason: `its foreign key refuses deletes from ${lower(parent)}`,
      instead: "Add ON DELETE CASCADE or ON DELETE SET NULL, or leave the foreign key out.",
    };
  }),
  rule(`CREATE VIEW ${IF_EXISTS}<name>`, ([view = ""], made) => {
    made.add(view);
    return null;
  }),
  rule(`CREATE UNIQUE INDEX ${IF_EXISTS}<name> ON <name>`, ([index = "", table = ""], made) => {
    made.add(index);
    if (made.has(table)) return null;
    return `rows that the old code writes to ${lower(table)} may break its uniqueness`;
  }),
  rule(`CREATE INDEX ${IF_EXISTS}<name>`, ([index = ""], made) => {
    made.add(index);
    return null;
  }),
  rule(`CREATE TRIGGER ${IF_EXISTS}<name> .*? ON <name>`, ([trigger = "", table = ""], made, text) => {
    made.add(trigger);
    if (made.has(table) || !/ RAISE \(/.test(text)) return null;
    return `its RAISE may refuse what the old code writes to ${lower(table)}`;
  }),
  rule(`DROP (?:TABLE|VIEW|TRIGGER) ${IF_EXISTS}<name>`, ([name = ""], made) =>
    made.has(name) ? null : `the old code may use ${lower(name)}`,
  ),
  rule(`DROP INDEX ${IF_EXISTS}<name>`, ([name = ""], made) =>
    made.has(name) ? null : `statements of the old code may need ${lower(name)}, by INDEXED BY or ON CONFLICT`,
  ),
  rule("ALTER TABLE <name> ADD (?:CONSTRAINT|CHECK) .*", ([table = ""], made) =>
    made.has(table) ? null : `rows that the old code writes to ${lower(table)} may fail the new check`,
  ),
  rule("ALTER TABLE <name> ADD (?:COLUMN )?<name> ?", ([table = "", column = ""], made, text) => {
    const name = `${lower(table)}.${lower(column)}`;
    if (made.has(table)) return null;
    made.add(`${table}.${column}`);
    if (/ NOT NULL/.test(text) && !/ DEFAULT /.test(text))
      return {
        reason: `the old code inserts rows without ${name}, which may not be null`,
        instead: "Give the column a DEFAULT, or leave NOT NULL out.",
      };
    return / CHECK \(/.test(text)
      ? `rows of the old code have the default in ${name}, which the check may refuse`
      : null;
  }),
  rule("ALTER TABLE <name> RENAME TO", ([table = ""], made) =>
    made.has(table) ? null : `the old code calls the table ${lower(table)}`,
  ),
  rule("ALTER TABLE <name> RENAME (?:COLUMN )?<name> TO", ([table = "", column = ""], made) =>
    made.has(table) ? null : `the old code calls the column ${lower(table)}.${lower(column)}`,
  ),
  rule("ALTER TABLE <name> DROP (?:COLUMN )?<name>", ([table = "", column = ""], made) =>
    made.has(table) ? null : `the old code may use ${lower(table)}.${lower(column)}`,
  ),
  rule("UPDATE (?:OR \\w+ )?<name> SET (.*)", ([table = "", list = ""], made) => {
    const old = assigned(list).filter((column) => !made.has(`${table}.${column}`));
    if (made.has(table) || old.length === 0) return null;
    return `the old code may not understand the new values of ${lower(table)}.${old.map(lower).join(", ")}`;
  }),
  rule("DELETE FROM <name>", ([table = ""], made) =>
    made.has(table) ? null : `the old code may read the rows of ${lower(table)} that it deletes`,
  ),
  rule("(?:REPLACE INTO|INSERT OR REPLACE INTO) <name>", ([table = ""], made) =>
    made.has(table) ? null : `the old code may not understand the rows that it replaces in ${lower(table)}`,
  ),
  rule("INSERT (?:OR \\w+ )?INTO <name> .* DO UPDATE SET", ([table = ""], made) =>
    made.has(table) ? null : `the old code may not understand the new values in ${lower(table)}`,
  ),
  rule("(?:INSERT|SELECT|ANALYZE|REINDEX)\\b"),
  rule("PRAGMA (?:OPTIMIZE|DEFER_FOREIGN_KEYS)\\b"),
];

const CASCADES = /ON DELETE (?:CASCADE|SET NULL)/;

/** @returns null for a statement that the old code survives, or under which a comment says why it does. */
export function adviseAgainst({ text, comments }: Statement, made: Made): Advice | null {
  const unqualified = text.replaceAll("MAIN . ", "");
  const [pattern, advise] = RULES.find(([each]) => each.test(unqualified)) ?? [];
  const names = pattern?.exec(unqualified)?.slice(1).map(plain) ?? [];
  const found = advise === undefined ? UNKNOWN : advise(names, made, unqualified);
  if (found === null || comments.some((line) => /^contract: .*\w+ \w+/.test(line))) return null;
  return typeof found === "string" ? { reason: found, instead: CONTRACT } : found;
}

const plain = (name: string) => (/^"\w*"$/.test(name) ? name.slice(1, -1) : name);

const lower = (name: string) => plain(name).toLowerCase();

/** The columns of `a = 1 , b = f ( x , y ) WHERE …`. */
function assigned(list: string): string[] {
  let flat = list;
  for (let before = ""; before !== flat;) {
    before = flat;
    flat = flat.replaceAll(/ ?\([^()]*\)/g, "");
  }
  const [assignments = ""] = flat.split(/ (?:FROM|WHERE|RETURNING|ORDER|LIMIT) /);
  return assignments.split(" , ").map((each) => plain(each.split(" = ")[0] ?? ""));
}
