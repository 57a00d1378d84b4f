/**
 * No plain object is looked up by a name from outside: `{}["constructor"]` is a function. TypeScript allows a computed
 * name only where the type has an index signature, so this reads the source for values of such types
 * (`Record<string, …>`), finds each look-up with a computed name in them, and wants `Object.hasOwn` close before it. A
 * Map needs none of this.
 */

/// <reference types="vite/types/importMeta.d.ts" />
import { describe, expect, it } from "vitest";

const SOURCES = import.meta.glob<string>(
  ["../../src/**/*.ts", "../../scripts/**/*.ts", "../../client/src/import/*.ts"],
  {
    query: "?raw",
    import: "default",
    eager: true,
  },
);

/** Look-ups of names that are the service's own, and why. */
const OWN_NAMES = new Map<string, string>([
  ["src/datasets/conversion-events/lines.ts properties[field]", "a field is one of a fixed list"],
  ["src/datasets/flow-enrichment.ts values[name]", "the two names are constants"],
  ["client/src/import/dates.ts parts[name]", "the names are those of a regular expression's groups"],
  ["client/src/import/profile-rows.ts profile[map]", "an object without a prototype"],
  ["client/src/import/send-profiles.ts into[name]", "an object without a prototype"],
  ["src/http/openapi.ts (example as Record<string, unknown[]>)[linesOf.property]", "the names are those of schemas"],
  ["src/http/zod-error-map.ts (input as Record<string, unknown>)[discriminator]", "the names are those of schemas"],
  ["scripts/stack/settings.ts env[name]", "the names of settings are constants"],
  ["scripts/stack/settings.ts defaults[name]", "the names of settings are constants"],
  ["src/datasets/segment-profiles/document.ts topics[topic]", "the names are the object's own"],
  ["src/datasets/segment-profiles/document.ts channels[channel]", "the names are the object's own"],
  ["src/datasets/segment-profiles/pages.ts consents[n]", "a list, by its index"],
  ["src/http/profiles/deletions.ts counts[of]", "the names of tables are constants"],
  ["src/ingest/validate.ts record[name]", "the names are the object's own"],
  ["src/outbound/s3-call.ts headers[ENCRYPTION]", "the name of the header is a constant"],
  ["src/ingest/catalogue/rules.ts sent[name]", "the names of UTM values are constants"],
  ["src/ingest/reachability.ts attributes[address]", "the names of native attributes are constants"],
  ["src/ingest/reachability.ts attributes[subscription]", "the names of native attributes are constants"],
]);

const RECORD = String.raw`(?:Readonly<|Partial<)*Record<string,`;

const withoutComments = (source: string) =>
  source.replaceAll(/\/\*[\s\S]*?\*\//g, (text) => text.replaceAll(/[^\n]/g, "")).replaceAll(/(^|\s)\/\/[^\n]*/g, "$1");

/** Types that are such records, by their names, and members of interfaces that have such a type. */
const ALL = Object.values(SOURCES).map(withoutComments).join("\n");
const ALIASES = [...ALL.matchAll(new RegExp(String.raw`type (\w+) = ${RECORD}`, "g"))].map(([, name = ""]) => name);
const TYPE = `(?:${RECORD}|(?:Readonly<)?(?:${ALIASES.join("|") || "never"})\\b(?!\\[|\\w))`;

/** The look-ups with a computed name, as `object[name]`, that no `Object.hasOwn` guards. */
function lookups(source: string): string[] {
  const text = withoutComments(source);
  const declared = [
    ...text.matchAll(new RegExp(String.raw`\b(\w+)\??: ${TYPE}`, "g")),
    ...text.matchAll(new RegExp(String.raw`\b(\w+) =[^;]*? as ${TYPE}`, "g")),
  ].map(([, name = ""]) => name);
  const objects = [...new Set(declared)].join("|") || "never";
  const computed = new RegExp(
    String.raw`(\b(?:${objects})|\((?:\w+) as ${RECORD} ?[^)]*\))(?:\?\.)?\[([a-zA-Z_][\w.]*)\](?! (?:\?\?)?= )`,
    "g",
  );
  return [...text.matchAll(computed)].flatMap((found) => {
    const [, object = "", name = ""] = found;
    const before = text.slice(0, found.index).split("\n").slice(-6).join("\n");
    const guarded = new RegExp(
      String.raw`Object\.hasOwn\([^()]*(?:\([^()]*\))?[^()]*, ${name.replaceAll(".", "\\.")}\)`,
    );
    return guarded.test(before) ? [] : [`${object}[${name}]`];
  });
}

describe("the walk", () => {
  it.each([
    "function f(known: Record<string, number>, name: string) { return known[name] ?? 0; }",
    "function f(text: string, name: string) { const row = JSON.parse(text) as Record<string, unknown>; return row[name]; }",
    "interface A { known: Readonly<Record<string, string>> }\nconst f = (a: A, name: string) => a.known[name];",
    "const f = (value: object, name: string) => (value as Record<string, unknown>)[name];",
  ])("sees %s", (source) => {
    expect(lookups(source)).toHaveLength(1);
  });

  it("sees no look-up in a Map, an array or behind Object.hasOwn", () => {
    const source = `
      const f = (known: Record<string, number>, name: string) => (Object.hasOwn(known, name) ? known[name] : 0);
      const g = (known: ReadonlyMap<string, number>, list: number[], n: number) => [known.get("a"), list[n]];`;
    expect(lookups(source)).toEqual([]);
  });
});

describe("every look-up of a computed name in a plain object", () => {
  const found = Object.entries(SOURCES).flatMap(([file, source]) =>
    lookups(source).map((each) => `${file.replace("../../", "")} ${each}`),
  );

  it("is behind Object.hasOwn, or of the service's own names", () => {
    expect(found.filter((each) => !OWN_NAMES.has(each))).toEqual([]);
  });

  it("that is on the list of own names is there", () => {
    expect([...OWN_NAMES.keys()].filter((each) => !found.includes(each))).toEqual([]);
  });
});
