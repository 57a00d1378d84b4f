/** What a scan of JSON is told, and what it finds. */

import type { Fault } from "../errors.ts";
import type { JsonStrings } from "./json-strings.ts";

export interface ScanOptions {
  /** The pointer of the whole text. */
  base?: string;
  /** Where the value is in a larger one whose depth counts too. Default: nowhere. */
  path?: readonly (string | number)[];
  /** How many values a record may have: each can be a fault. Default: no limit. */
  maxValues?: number;
  /** The depth of the records in the text. Default: that of `path`, so that the whole text is one. */
  recordDepth?: number;
  /** Control characters inside texts are found too. They cost time, and JSON.parse refuses them anyway. */
  strict?: boolean;
  /** Reads the strings of the text, where several values of one text are scanned one after another. */
  strings?: JsonStrings;
  /** Names a place in the text, which is given as the number of UTF-16 units before it. Called in ascending order. */
  placeOf?: (at: number) => string;
}

export interface Scanned {
  /** At most MAX_FAULTS. */
  readonly faults: readonly Fault[];
  /** The first place that is no JSON; `faults` are those before it. */
  readonly broken: { pointer: string; place: string; detail: string } | null;
}

/** A value in a text, scanned. */
export interface ScannedValue extends Scanned {
  /** The place after the value, or where the scan ended early. */
  readonly end: number;
  /** Whether it ended early. */
  readonly isStopped: boolean;
}
