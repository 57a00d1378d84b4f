/**
 * CSV with a header, read by csv-parse. The parser stops at the first record that is not well-formed; here the record's first
 * line is told as wrong and reading goes on with the line after it, so that a stray quote costs one line and not the rest.
 */

import { type InfoRecord, parse, type Parser } from "csv-parse";
import { type Piece, type Reader, type Row, Unusable } from "./rows.ts";
import { contentOf, type Source } from "./source.ts";

export interface CsvOptions {
  delimiter: string;
  encoding: string;
}

/** Room for any event; a quote that is never closed is found out after that many. */
const LONGEST_RECORD = 4_000_000;
const LINE_FEED = 0x0a;
const REPLACED = "\uFFFD";

/** Reads the header. @throws Unusable when there is none. */
export async function csvReader(source: Source, options: CsvOptions): Promise<Reader> {
  const table = new CsvTable(source, options);
  const columns = await table.header();
  const places = new Map(columns.map((column, index) => [column, index]));
  return {
    columns,
    get: (value, column) => (value as string[])[places.get(column) ?? -1],
    pieces: () => table.pieces(columns.length),
    total: source.bytes,
  };
}

interface CsvRecord {
  line: number;
  cells: string[] | null;
  problem: string;
}

class CsvTable {
  readonly #source: Source;
  readonly #options: CsvOptions;
  readonly #batches: AsyncGenerator<{ records: CsvRecord[]; done: number }>;
  #first: { records: CsvRecord[]; done: number } = { records: [], done: 0 };

  constructor(source: Source, options: CsvOptions) {
    this.#source = source;
    this.#options = options;
    this.#batches = this.#read();
  }

  async header(): Promise<string[]> {
    let records: CsvRecord[] = [];
    let done = 0;
    while (records.length === 0) {
      const next = await this.#batches.next();
      if (next.done === true) throw new Unusable(`${this.#source.path} has no header line.`);
      ({ records, done } = next.value);
    }
    const [header, ...others] = records;
    this.#first = { records: others, done };
    if (header?.cells === null || header === undefined)
      throw new Unusable(`${this.#source.path} has no header that can be read: ${header?.problem ?? ""}`);
    const columns = header.cells.map((name) => name.trim());
    const twice = columns.find((name, index) => name === "" || columns.indexOf(name) !== index);
    if (twice !== undefined)
      throw new Unusable(
        twice === ""
          ? `${this.#source.path} has a column without a name in its first line, which must be the header.`
          : `${this.#source.path} has two columns called ${twice}.`,
      );
    return columns;
  }

  /** @param width cells that a record must have. */
  async *pieces(width: number): AsyncGenerator<Piece> {
    let n = 0;
    const rowOf = ({ line, cells, problem }: CsvRecord): Row => {
      n += 1;
      if (cells === null) return { n, line, problem };
      if (cells.length === width) return { n, line, value: cells };
      return { n, line, problem: `The line has ${cells.length} values, the header has ${width}.` };
    };
    yield { rows: this.#first.records.map(rowOf), done: this.#first.done };
    for await (const { records, done } of this.#batches) yield { rows: records.map(rowOf), done };
  }

  async *#read(): AsyncGenerator<{ records: CsvRecord[]; done: number }> {
    const stretch = new Stretch(this.#options.delimiter);
    let hasWrong = false;
    const checked = (records: CsvRecord[]) =>
      hasWrong ? records.map((record) => withoutReplaced(record, this.#options.encoding)) : records;
    for await (const part of contentOf(this.#source, this.#options.encoding)) {
      ({ hasWrong } = part);
      yield { records: checked(await stretch.feed(part.bytes)), done: part.end };
    }
    yield { records: checked(await stretch.end()), done: this.#source.bytes };
  }
}

/** Feeds parsers, one after the other: a new one after each record that is not well-formed. Counts lines. */
class Stretch {
  readonly #delimiter: string;
  #parser: Parser;
  #records: CsvRecord[] = [];
  /** Where the next record begins. */
  #line = 1;
  /** What the parser was given since the last record's end. */
  #held: Buffer = Buffer.alloc(0);
  /** Where `#held` begins, in bytes that this parser was given. */
  #heldFrom = 0;
  /** The rest of a line that is told already is passed over. */
  #passing = false;

  constructor(delimiter: string) {
    this.#delimiter = delimiter;
    this.#parser = this.#start();
  }

  async feed(bytes: Buffer): Promise<CsvRecord[]> {
    await this.#give(this.#passing ? this.#pass(bytes) : bytes);
    return this.#taken();
  }

  async end(): Promise<CsvRecord[]> {
    while (!this.#passing) {
      const failure = await end(this.#parser);
      if (failure === null) break;
      await this.#give(this.#goOn(failure));
    }
    return this.#taken();
  }

  async #give(bytes: Buffer | null): Promise<void> {
    let next = bytes;
    while (next !== null) {
      this.#held = Buffer.concat([this.#held, next]);
      const failure = await write(this.#parser, next);
      next = failure === null ? null : this.#goOn(failure);
    }
  }

  #taken(): CsvRecord[] {
    const taken = this.#records;
    this.#records = [];
    return taken;
  }

  /** @returns what comes after the first line of the record that failed; null while that is not there yet. */
  #goOn(failure: Error): Buffer | null {
    this.#records.push({ line: this.#line, cells: null, problem: explain(failure) });
    const rest = this.#held;
    this.#held = Buffer.alloc(0);
    this.#parser = this.#start();
    return this.#pass(rest);
  }

  #pass(bytes: Buffer): Buffer | null {
    const at = bytes.indexOf(LINE_FEED);
    this.#passing = at < 0;
    if (at < 0) return null;
    this.#line += 1;
    return bytes.subarray(at + 1);
  }

  #start(): Parser {
    this.#heldFrom = 0;
    const parser = parse({
      delimiter: this.#delimiter,
      // Both, also in one file; and not the \r alone that the parser would settle for.
      record_delimiter: ["\n", "\r\n"],
      relax_column_count: true,
      max_record_size: LONGEST_RECORD,
      on_record: (cells: string[], { bytes }: InfoRecord) => {
        this.#take(cells, bytes);
        return null;
      },
    });
    parser.on("error", () => {});
    return parser.resume();
  }

  /** @param end where the record ends, in bytes that this parser was given. */
  #take(cells: string[], end: number): void {
    const { length } = cells;
    if (length > 1 || cells[0] !== "") this.#records.push({ line: this.#line, cells, problem: "" });
    this.#line += 1;
    for (let index = 0; index < length; index += 1) this.#line += lineFeeds(cells[index] ?? "");
    this.#held = this.#held.subarray(end - this.#heldFrom);
    this.#heldFrom = end;
  }
}

/** Of a file that has bytes which are no text in its encoding, read as U+FFFD: a record with that character is wrong. */
function withoutReplaced(record: CsvRecord, encoding: string): CsvRecord {
  if (record.cells?.some((cell) => cell.includes(REPLACED)) !== true) return record;
  const problem = `The line is not valid ${encoding.toUpperCase()}. --encoding names another encoding.`;
  return { ...record, cells: null, problem };
}

function lineFeeds(text: string): number {
  let count = 0;
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) count += 1;
  return count;
}

function write(parser: Parser, bytes: Buffer): Promise<Error | null> {
  return new Promise((resolve) => parser.write(bytes, (error) => resolve(error ?? null)));
}

function end(parser: Parser): Promise<Error | null> {
  return new Promise((resolve) => {
    parser.once("error", resolve);
    parser.end(() => resolve(null));
  });
}

/** The parser's own line numbers begin anew with each parser. */
function explain(failure: Error): string {
  switch ("code" in failure ? failure.code : "") {
    case "CSV_QUOTE_NOT_CLOSED":
      return 'A quote (") is opened and never closed.';
    case "CSV_INVALID_CLOSING_QUOTE":
      return 'A quoted value ends, and goes on: a quote (") inside it is written twice ("").';
    case "INVALID_OPENING_QUOTE":
      return 'A quote (") stands in a value that does not begin with one.';
    case "CSV_MAX_RECORD_SIZE":
      return `The record has more than ${LONGEST_RECORD} characters: probably a quote (") that is not closed.`;
    default:
      return `The line is not valid CSV: ${failure.message}`;
  }
}
