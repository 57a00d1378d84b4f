/** Parses a text of JSON that the scan finds nothing in. */

import { scanJson } from "./json-scan.ts";
import type { Scanned, ScanOptions } from "./json-scanned.ts";

/** @returns the value of a text in which the scan finds nothing, or what it finds. */
export function parseJson(text: string, options: ScanOptions): { value: unknown } | Scanned {
  const scanned = scanJson(text, options);
  if (scanned.broken !== null || scanned.faults.length > 0) return scanned;
  try {
    return { value: JSON.parse(text) as unknown };
  } catch {
    return scanJson(text, { ...options, strict: true });
  }
}
