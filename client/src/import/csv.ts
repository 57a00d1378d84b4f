/**
 * CSV with a header, read by csv-parse. The parser stops at the first malformed record; this reader reports the
 * record's first line and continues with the next line, so that a stray quote costs one line and not the rest of the
 * file.
 */

import { type InfoRecord, parse, type Parser } from "csv-parse";
import { type Piece, type Reader, type Row, InputError } from "./rows.ts";
import { contentOf, type Source } from "./source.ts";

export interface CsvOptions {
  delimiter: string;
  encoding: string;
  /** A record with fewer values than the header has empty ones at its end. */
  fillMissing: boolean;
}

/** Characters: more than any event has. A quote that is never closed is an error after that many. */
const MAX_RECORD_CHARACTERS = 4_000_000;
const LINE_FEED = 0x0a;
const REPLACED = "\uFFFD";

/**
 * Reads the header. A column without a name gets one by its place: column_1 is the first. @throws InputError when there
 * is no header, or when two columns have one name.
 */
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
      if (next.done === true) throw new InputError(`${this.#source.name} has no header line.`);
      ({ records, done } = next.value);
    }
    const [header, ...others] = records;
    this.#first = { records: others, done };
    if (header?.cells === null || header === undefined)
      throw new InputError(`${this.#source.name} has an unreadable header: ${header?.problem ?? ""}`);
    const names = header.cells.map((name) => name.trim());
    if (names.every((name) => name === ""))
      throw new InputError(`${this.#source.name} has no names in its first line, the header.`);
    // Spreadsheets write a delimiter too many, and data frames an index without a name.
    const columns = names.map((name, index) => (name === "" ? `column_${index + 1}` : name));
    const second = columns.find((name, index) => columns.indexOf(name) !== index);
    if (second !== undefined)
      throw new InputError(`${this.#source.name} has two columns called ${second}: rename one in its first line.`);
    return columns;
  }

  /** @param width cells that a record must have. */
  async *pieces(width: number): AsyncGenerator<Piece> {
    let n = 0;
    const rowOf = ({ line, cells, problem }: CsvRecord): Row => {
      n += 1;
      if (cells === null) return { n, line, problem };
      if (cells.length === width) return { n, line, value: cells };
      const counts = `The line has ${cells.length} values, the header has ${width}.`;
      if (cells.length > width) return { n, line, problem: counts };
      if (!this.#options.fillMissing)
        return { n, line, problem: `${counts} --fill-missing takes missing ones as empty.` };
      return { n, line, value: [...cells, ...Array<string>(width - cells.length).fill("")] };
    };
    yield { rows: this.#first.records.map(rowOf), done: this.#first.done };
    for await (const { records, done } of this.#batches) yield { rows: records.map(rowOf), done };
  }

  async *#read(): AsyncGenerator<{ records: CsvRecord[]; done: number }> {
    const lines = new CsvLines(this.#options.delimiter);
    let hasWrong = false;
    const checked = (records: CsvRecord[]) =>
      hasWrong ? records.map((record) => rejectReplaced(record, this.#options.encoding)) : records;
    for await (const part of contentOf(this.#source, this.#options.encoding)) {
      ({ hasWrong } = part);
      yield { records: checked(await lines.feed(part.bytes)), done: part.end };
    }
    yield { records: checked(await lines.end()), done: this.#source.bytes };
  }
}

/** Feeds one parser after the other, a new one after each malformed record, and counts lines. */
class CsvLines {
  readonly #delimiter: string;
  #parser: Parser;
  #records: CsvRecord[] = [];
  /** Where the next record begins. */
  #line = 1;
  /** The bytes that the parser has received since the last record's end. */
  #unfinished: Buffer = Buffer.alloc(0);
  /** The offset of `#unfinished` in the bytes that this parser has received. */
  #unfinishedFrom = 0;
  /** Skips the rest of a line that has been reported. */
  #isSkipping = false;

  constructor(delimiter: string) {
    this.#delimiter = delimiter;
    this.#parser = this.#start();
  }

  async feed(bytes: Buffer): Promise<CsvRecord[]> {
    await this.#write(this.#isSkipping ? this.#skipLine(bytes) : bytes);
    return this.#drain();
  }

  async end(): Promise<CsvRecord[]> {
    while (!this.#isSkipping) {
      const failure = await end(this.#parser);
      if (failure === null) break;
      await this.#write(this.#restart(failure));
    }
    return this.#drain();
  }

  async #write(bytes: Buffer | null): Promise<void> {
    let next = bytes;
    while (next !== null) {
      this.#unfinished = Buffer.concat([this.#unfinished, next]);
      const failure = await write(this.#parser, next);
      next = failure === null ? null : this.#restart(failure);
    }
  }

  #drain(): CsvRecord[] {
    const records = this.#records;
    this.#records = [];
    return records;
  }

  /**
   * Reports the record and starts a new parser. @returns the bytes after the first line of the record; null before its
   * end.
   */
  #restart(failure: Error): Buffer | null {
    this.#records.push({ line: this.#line, cells: null, problem: explain(failure) });
    const rest = this.#unfinished;
    this.#unfinished = Buffer.alloc(0);
    this.#parser = this.#start();
    return this.#skipLine(rest);
  }

  #skipLine(bytes: Buffer): Buffer | null {
    const at = bytes.indexOf(LINE_FEED);
    this.#isSkipping = at < 0;
    if (at < 0) return null;
    this.#line += 1;
    return bytes.subarray(at + 1);
  }

  #start(): Parser {
    this.#unfinishedFrom = 0;
    const parser = parse({
      delimiter: this.#delimiter,
      // Both may occur in one file; by default the parser would also accept a single \r.
      record_delimiter: ["\n", "\r\n"],
      relax_column_count: true,
      max_record_size: MAX_RECORD_CHARACTERS,
      on_record: (cells: string[], { bytes }: InfoRecord) => {
        this.#addRecord(cells, bytes);
        return null;
      },
    });
    parser.on("error", () => {});
    return parser.resume();
  }

  /** @param end of the record, as an offset in the bytes that this parser has received. */
  #addRecord(cells: string[], end: number): void {
    const { length } = cells;
    if (length > 1 || cells[0] !== "") this.#records.push({ line: this.#line, cells, problem: "" });
    this.#line += 1;
    for (let index = 0; index < length; index += 1) this.#line += lineFeeds(cells[index] ?? "");
    this.#unfinished = this.#unfinished.subarray(end - this.#unfinishedFrom);
    this.#unfinishedFrom = end;
  }
}

/** Rejects a record with U+FFFD, in a file with bytes that are invalid in its encoding. */
function rejectReplaced(record: CsvRecord, encoding: string): CsvRecord {
  if (record.cells?.some((cell) => cell.includes(REPLACED)) !== true) return record;
  const problem = `The line is not valid ${encoding.toUpperCase()}. Name its encoding with --encoding.`;
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

/** Describes the error without the parser's line number, which counts from the start of each parser. */
function explain(failure: Error): string {
  switch ("code" in failure ? failure.code : "") {
    case "CSV_QUOTE_NOT_CLOSED":
      return 'A quote (") is opened and never closed.';
    case "CSV_INVALID_CLOSING_QUOTE":
      return 'Characters follow the end of a quoted value: write a quote (") inside a value twice ("").';
    case "INVALID_OPENING_QUOTE":
      return 'A quote (") is in a value that does not begin with a quote.';
    case "CSV_MAX_RECORD_SIZE":
      return `The record has more than ${MAX_RECORD_CHARACTERS} characters: a quote (") is probably not closed.`;
    default:
      return `The line is not valid CSV: ${failure.message}`;
  }
}
