/**
 * What a text of SQL is, before a database sees it: one statement that reads, or not. It tells a person early what is
 * wrong. It is no protection: object-query.ts takes back what a statement writes, whatever its text.
 */

/** White space and comments. */
const BLANK = /(?:\s|--[^\n]*(?:\n|$)|\/\*[^]*?(?:\*\/|$))*/y;
/** Texts and names in quotes, comments, and anything else but a semicolon. SQLite doubles a quote within quotes. */
const PARTS = /(?:'[^']*'?|"[^"]*"?|`[^`]*`?|\[[^\]]*\]?|--[^\n]*|\/\*[^]*?(?:\*\/|$)|[^;'"`[])*/y;

/** Longer than any word that a statement begins with. */
const MAX_WORD = 20;

const READS = new Set(["SELECT", "WITH", "EXPLAIN"]);

/** @returns a sentence about what is wrong; null for one statement that begins as one that reads. */
export function whyNotRead(sql: string): string | null {
  if (!READS.has(firstWord(sql))) return "The statement must begin with SELECT, WITH or EXPLAIN: this call only reads.";
  const semicolon = endOf(PARTS, sql, 0);
  if (semicolon === sql.length || endOf(BLANK, sql, semicolon + 1) === sql.length) return null;
  return "There is more than one statement: send the first alone, without what follows its semicolon.";
}

/** The word that a statement begins with, in capitals, after comments; empty where it begins with another character. */
export function firstWord(sql: string): string {
  const start = endOf(BLANK, sql, 0);
  return /^\w*/.exec(sql.slice(start, start + MAX_WORD))?.[0].toUpperCase() ?? "";
}

/** @param pattern matches anywhere, also nothing. @returns where its match from `from` on ends. */
function endOf(pattern: RegExp, text: string, from: number): number {
  pattern.lastIndex = from;
  pattern.exec(text);
  return pattern.lastIndex;
}
