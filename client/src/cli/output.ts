/**
 * What a command prints. On stdout: with `--json` one JSON document, or a document a line where a command streams; else
 * text for people. On stderr: notes, progress and errors.
 */

import { type Column, printable, record, table } from "./text.ts";
import type { Terminal } from "./terminal.ts";

export class Output {
  readonly #terminal: Terminal;
  /** Read at each call: options are known after the command line is parsed. */
  readonly #options: () => { json?: boolean; quiet?: boolean };
  /** A line that is printed above a progress bar. */
  above: ((line: string) => void) | null = null;

  constructor(terminal: Terminal, options: () => { json?: boolean; quiet?: boolean }) {
    this.#terminal = terminal;
    this.#options = options;
  }

  get json(): boolean {
    return this.#options().json === true;
  }

  get quiet(): boolean {
    return this.#options().quiet === true;
  }

  /** A result: the value with `--json`, else the lines. */
  result(value: unknown, lines: readonly string[]): void {
    if (this.json) this.#write(`${JSON.stringify(value, null, 2)}\n`);
    else for (const line of lines) this.#write(`${line}\n`);
  }

  /** Something that was made or found: its id alone with `--quiet`, else its fields. */
  thing(value: object, fields: Readonly<Record<string, unknown>> = { ...value }): void {
    this.result(value, this.quiet && "id" in value ? [printable(String(value.id))] : record(fields));
  }

  /** A list: `{"data": […], "has_more": …}` with `--json`, ids alone with `--quiet`, else a table. */
  list<Row>(rows: readonly Row[], columns: readonly Column<Row>[], hasMore: boolean): void {
    const [first] = columns;
    const ids = () => rows.map((row) => printable(String(first?.value(row))));
    const value = { data: rows, has_more: hasMore };
    if (this.quiet) this.result(value, ids());
    else this.rows(value, rows, columns);
  }

  /** Rows of an answer: the answer with `--json`, else a table. */
  rows<Row>(answer: unknown, rows: readonly Row[], columns: readonly Column<Row>[]): void {
    const width = this.#terminal.stdout.isTTY === true ? this.#terminal.stdout.columns : undefined;
    this.result(answer, table(rows, columns, width));
  }

  /** One of many results: a document in a line with `--json`, else the line. */
  item(value: unknown, line: string): void {
    this.#write(`${this.json ? JSON.stringify(value) : line}\n`);
  }

  /** Text that is the result itself, such as statements to load. */
  text(text: string): void {
    this.#write(text);
  }

  /** What a reader should know, on stderr; left out with `--quiet`. */
  note(line: string): void {
    if (!this.quiet) this.warn(line);
  }

  /** What a reader must know, on stderr. */
  warn(line: string): void {
    if (this.above === null) this.#terminal.stderr.write(`${line}\n`);
    else this.above(line);
  }

  #write(text: string): void {
    this.#terminal.stdout.write(text);
  }
}
