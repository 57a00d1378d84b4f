/**
 * What statements load, in terms of no system; and the interface of a system that can load it. A new system is one file
 * that exports a `LoadSystem`, and one line in systems.ts.
 */

import type { ColumnType } from "../../datasets/column.ts";
import type { CodecName, Format } from "../output/encode/encoding.ts";

/** The form of the files. `document`: the whole result is one JSON value without rows and columns. */
export type LoadFormat = Format | "document";

/** The type of a table's column for each type of an export's column. */
export type TypesOfColumns = Readonly<Record<ColumnType, string>>;

/** A column of the table. */
export interface LoadColumn {
  /** As the system allows it. */
  name: string;
  /** As the files have it: the name in the header of CSV, and of the column in Parquet. */
  source: string;
  /** In NDJSON: the names that lead from the row to the value. */
  path: readonly string[];
  type: ColumnType;
  /** The system's type. */
  sqlType: string;
  /** Every row has a value. */
  required: boolean;
}

/** The files: a list of their names, or, of many files, how all of their names begin and end. */
export type LoadFiles =
  | { kind: "listed"; names: readonly string[] }
  | { kind: "matching"; prefix: string; suffix: string };

/** Where the system reads the files. */
export type Place =
  | { kind: "folder"; /** Empty, or with a slash at its end. */ path: string }
  | {
      kind: "bucket";
      scheme: string;
      bucket: string;
      /** The start of each file's key: empty, or with a slash at its end. */
      prefix: string;
      /** Null where it is not known. */
      region: string | null;
      /** Null: the scheme's own. */
      endpoint: string | null;
      pathStyle: boolean;
    };

export interface Load {
  /** The parts of the table's name, in the system's own spelling. */
  table: readonly string[];
  columns: readonly LoadColumn[];
  format: LoadFormat;
  compression: CodecName;
  files: LoadFiles;
  place: Place;
  rows: number;
  /** Of the largest file. */
  uncompressedBytes: number;
}

export interface LoadSystem {
  /** Its name within a sentence. */
  title: string;
  /** How the statements are run, where that is not obvious. */
  note?: string;
  /** The codecs of each format that it reads; a format that is left out it cannot read. */
  reads: Readonly<Partial<Record<LoadFormat, readonly CodecName[]>>>;
  /** Which names columns may have. */
  names: NameRules;
  /** The parts that a table's name may have, and what its letters become. */
  table: { parts: number; spelling: (part: string) => string };
  places: PlaceRules;
  /** The most columns of a table. */
  maxColumns: number;
  /** The most files that a statement lists. Default: MAX_LISTED. */
  maxListed?: number;
  /** Without `matching`, more files are refused. */
  matching: "any" | "common prefix";
  /** @throws invalid_request for a result that this system can only read in another form. */
  check?(load: Load): void;
  /** Before everything: what opens the files, what the session needs, the beginning of a transaction. */
  open?(load: Load): readonly string[];
  /** Makes the table. */
  create(load: Load): readonly string[];
  /** Loads the files into the table. Not called for an export without files. */
  insert(load: Load): readonly string[];
  /** After everything: fails, or shows it, where the table has not as many rows as the export; ends the transaction. */
  close?(load: Load): readonly string[];
}

export interface NameRules {
  max: number;
  unit: "bytes" | "characters";
  /** What a name may be before it is cut and numbered. Default: as it is. */
  allowed?(name: string): string;
}

export interface PlaceRules {
  /** Reads files of the machine where the statements run. */
  folder: boolean;
  /** Schemes of the addresses that it reads; the first is the one of the placeholder. */
  schemes: readonly [string, ...string[]];
  /** Reads S3 at other endpoints than the scheme's own. */
  endpoints: boolean;
}

/** The temporary table of rows that are not converted yet, in systems that need one. */
export const ROWS = "spillway_rows";

/** Names in one statement: a shell's argument has at most 128 KiB, and a key 1,024 bytes. */
export const MAX_LISTED = 100;
