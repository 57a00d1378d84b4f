/**
 * SQL text → its statements, each with its line and with the comments above it. A trigger's body is part of its
 * statement. Nothing is checked: text that is no SQL comes out as statements that no rule knows.
 */

export interface Statement {
  /** Of its first word, from 1. */
  line: number;
  /** Without `--` and `/*`, a line each: those on the lines between the statement before and this one. */
  comments: string[];
  /**
   * On one line, for patterns: words in capitals, one space between any two tokens, strings as `''`, quoted names as
   * `"NAME"`.
   */
  text: string;
}

const TOKEN =
  /(?<space>\s+)|(?<comment>--[^\n]*|\/\*[\s\S]*?(?:\*\/|$))|(?<text>'(?:[^']|'')*')|(?<name>"(?:[^"]|"")*"|`[^`]*`|\[[^\]]*\])|(?<word>[\p{L}\p{N}_$]+)|[^]/gu;

export function statementsIn(sql: string): Statement[] {
  const found: Statement[] = [];
  let line = 1;
  let tokens: string[] = [];
  let comments: string[] = [];
  let firstLine = 0;
  let endedOnLine = 0;
  let depth = 0;

  const end = () => {
    if (tokens.length > 0) found.push({ line: firstLine, comments, text: tokens.join(" ") });
    [tokens, comments, depth, endedOnLine] = [[], [], 0, line];
  };

  for (const { 0: token, groups = {} } of sql.matchAll(TOKEN)) {
    if (groups["comment"] !== undefined) {
      // A comment on the line on which a statement ended is about that one.
      if (tokens.length === 0 && line !== endedOnLine) comments.push(...linesOf(token));
    } else if (token === ";" && depth === 0) end();
    else if (groups["space"] === undefined) {
      if (tokens.length === 0) firstLine = line;
      tokens.push(canonical(token, groups));
      depth += deeper(tokens);
    }
    line += token.split("\n").length - 1;
  }
  end();
  return found;
}

/** `CASE` and a trigger's `BEGIN` open what `END` closes. `BEGIN` alone opens a transaction, which `;` ends. */
function deeper(tokens: readonly string[]): number {
  const token = tokens.at(-1);
  if (token === "CASE" || (token === "BEGIN" && /^CREATE (?:TEMP |TEMPORARY )?TRIGGER /.test(tokens.join(" "))))
    return 1;
  return token === "END" && tokens.length > 1 ? -1 : 0;
}

function canonical(token: string, { text, name }: Record<string, string | undefined>): string {
  if (text !== undefined) return "''";
  if (name !== undefined) return `"${name.slice(1, -1).replaceAll(/\W/g, "_").toUpperCase()}"`;
  return token.toUpperCase();
}

const linesOf = (comment: string) =>
  comment
    .split("\n")
    .map((line) => line.replace(/^\s*(?:--|\/?\*+(?!\/))?\s*/, "").replace(/\s*\*\/\s*$/, ""))
    .filter((line) => line !== "");
