/** Finds the SQL texts in TypeScript source: string and template literals that begin as a statement does. */

export interface Query {
  file: string;
  /** The function that contains it. */
  name: string;
  /** Pieces that are put into it (`${…}`) are spelled out where the file says what they are. */
  sql: string;
  /** Each mention of a table, after FROM, JOIN, INTO or UPDATE. */
  tables: string[];
}

const LITERAL = /`(?:\\.|\$\{(?:[^{}`]|`[^`]*`|\{[^{}]*\})*\}|[^`\\])*`|"(?:\\.|[^"\\\n])*"/g;
/** A piece may come first: tables with which the statement begins. */
const STATEMENT = /^\s*(?:\$\{\w+\([^{}]*\)\}\s+)?\(?(?:SELECT|INSERT INTO|UPDATE|DELETE FROM|WITH|REPLACE)\b/;
/** A table that is put in (`${table}`) counts as an owned one. */
const TABLE = /\b(?:FROM|JOIN|INTO|UPDATE)\s+(\w+|\$\{[\w.]+\})/g;

/** Tables with rows of spaces, which a column names by id or by number, from the migrations. */
export function ownedTables(migrations: string): Set<string> {
  const tables = migrations.matchAll(/CREATE TABLE (\w+) \(([\s\S]*?)\n?\)(?: WITHOUT ROWID)?;/g);
  return new Set(
    [...tables].flatMap(([, name = "", columns = ""]) => (/\bspace_(?:id|no)\b/.test(columns) ? [name] : [])),
  );
}

/**
 * @param imported source of other files. Of two constants of one name, the file's own goes before one that is exported,
 * and that before one that its file keeps to itself.
 */
export function queriesIn(file: string, source: string, imported = ""): Query[] {
  const code = withoutComments(source);
  const others = withoutComments(imported);
  const pieces = new Map([...piecesOf(others), ...piecesOf(others, "export "), ...piecesOf(code)]);
  return [...code.matchAll(LITERAL)].flatMap((match) => {
    const text = match[0].slice(1, -1);
    if (!STATEMENT.test(text)) return [];
    const sql = spellOut(text, pieces).replaceAll(/\s+/g, " ");
    const tables = [...sql.matchAll(TABLE)].map(([, table = ""]) => table);
    return [{ file, name: nameAt(code, match.index), sql, tables: tables.filter((table) => table !== "json_each") }];
  });
}

/** Constants and small functions that hold a part of a query. */
function piecesOf(code: string, prefix = ""): Map<string, string> {
  const pieces = new Map<string, string>();
  const constants = new RegExp(String.raw`${prefix}const (\w+) =((?:(?!;\n)[\s\S])*);\n`, "g");
  for (const [, name = "", rest = ""] of code.matchAll(constants)) {
    const body = rest.replace(/^\s*(?:\([^`]*?\)(?:: \w+)? =>)?\s*/, "");
    const [literal = ""] = body.match(LITERAL) ?? [];
    if (literal !== "" && body.startsWith(literal)) pieces.set(name, literal.slice(1, -1));
  }
  return pieces;
}

function spellOut(text: string, pieces: ReadonlyMap<string, string>, depth = 0): string {
  return text.replaceAll(/\$\{(\w+)(?:\([^{}]*\))?\}/g, (whole, name: string) => {
    const piece = pieces.get(name);
    return piece === undefined || depth > 3 ? whole : spellOut(piece, pieces, depth + 1);
  });
}

/** The function that begins last before a place. */
function nameAt(code: string, place: number): string {
  const begun = [
    ...code
      .slice(0, place)
      .matchAll(/^(?:export )?(?:async )?function\*? (\w+)|^  (?:async )?(\w+)\(.*\{$|^(?:export )?const (\w+)/gm),
  ];
  return (
    begun
      .at(-1)
      ?.slice(1)
      .find((name) => name !== undefined) ?? ""
  );
}

function withoutComments(source: string): string {
  return source.replaceAll(/^\s*(?:\/\/.*|\/\*\*?[\s\S]*?\*\/)$/gm, "");
}
