/**
 * Reads and validates a body of lists, item by item. The text of the whole body is never in memory: an item is scanned,
 * parsed and validated before the next one is, and then kept in an array or in SentRecords. Most items are accepted by
 * a compiled check; the schema explains what is wrong with the others.
 */

import type * as z from "zod";
import { type Fault, invalid, MAX_FAULTS, SpillwayError } from "../errors.ts";
import { BodyText } from "./body-text.ts";
import { type CompiledCheck, compiledCheck } from "./compiled-check.ts";
import { readLines } from "./json-lines.ts";
import { type ReadRecords, readRecords, type TakeRecord } from "./json-records.ts";
import type { BodyDoc } from "./route.ts";
import { SentRecords } from "./sent-records.ts";
import { check, inBody } from "./validate.ts";
import { listsOf, tooManyItems, withMembers } from "./validate-body.ts";

/** What is kept of the items of a list. */
interface KeptList {
  item: z.ZodType;
  maxItems: number;
  /** As it was sent. */
  first: unknown;
  count: number;
  kept: unknown[] | SentRecords<unknown>;
  accepts: CompiledCheck | null;
}

/**
 * @param pieces the bytes of the body.
 * @param isLines whether the body is NDJSON.
 * @returns the validated body; its lists are arrays, or SentRecords where the operation asks for records.
 * @throws malformed_request with the place that is not JSON; invalid_request with at most 100 faults.
 */
export function readLists<Output>(
  pieces: Uint8Array[],
  doc: BodyDoc<Output>,
  maxValues: number,
  isLines: boolean,
): Output {
  const lists = new Map<string, KeptList>();
  for (const [name, { item, maxItems }] of listsOf(doc.schema))
    lists.set(name, {
      item,
      maxItems,
      first: null,
      count: 0,
      kept: doc.items === "records" ? new SentRecords() : [],
      accepts: doc.items === "records" ? compiledCheck(item) : null,
    });
  const faults: Fault[] = [];
  const take: TakeRecord = (name, index, value, text) => {
    const list = lists.get(name);
    if (list === undefined || faults.length >= MAX_FAULTS) return;
    if (index === 0) list.first = value;
    if (faults.length === 0 && list.accepts?.(value) === true) {
      keep(list, value, value, text);
      return;
    }
    const checked = check(list.item, value, inBody, "property", [name, index]);
    // The first item of a list is validated once more with the body, which then has its faults.
    if (index > 0) faults.push(...checked.faults);
    if (faults.length > 0) return;
    keep(list, value, checked.data, text);
  };
  const text = new BodyText(pieces);
  const { value, counts } =
    isLines && doc.linesOf !== undefined
      ? fromLines(text, doc.linesOf, maxValues, take)
      : fromJson(readRecords(text, lists, maxValues, take));
  for (const [name, count] of counts) Object.assign(lists.get(name) ?? {}, { count });
  return validated(doc.schema, value, lists, faults);
}

/** @param value as it was sent. @param data with its defaults. */
function keep({ kept }: KeptList, value: unknown, data: unknown, text: string): void {
  if (Array.isArray(kept)) kept.push(data);
  else kept.add(value, text);
}

interface Read {
  /** The body, in which lists are empty. */
  value: unknown;
  counts: ReadonlyMap<string, number>;
}

/** @throws malformed_request, invalid_request. */
function fromJson({ isEmpty, broken, faults, value, counts }: ReadRecords): Read {
  if (broken === null && faults.length === 0) return { value, counts };
  if (broken === null) throw invalid(...faults);
  throw notJson(isEmpty, broken);
}

/** @throws invalid_request. */
function fromLines(
  text: BodyText,
  lines: NonNullable<BodyDoc<unknown>["linesOf"]>,
  maxValues: number,
  take: TakeRecord,
) {
  const { count, faults } = readLines(text, lines, maxValues, take);
  if (faults.length > 0) throw invalid(...faults);
  return { value: { [lines.property]: [] }, counts: new Map([[lines.property, count]]) };
}

/** The error of a body that is not JSON. */
export function notJson(isEmpty: boolean, broken: { pointer: string; place: string; detail: string }): SpillwayError {
  if (isEmpty) return new SpillwayError("malformed_request", "The body is empty: send JSON.");
  const sentence = `The body is not valid JSON: ${broken.detail} at ${broken.place}.`;
  return new SpillwayError("malformed_request", sentence, { faults: [{ pointer: broken.pointer, detail: sentence }] });
}

/** @param faults of the items of lists, beside the first ones. */
function validated<Output>(
  schema: z.ZodType<Output>,
  value: unknown,
  lists: ReadonlyMap<string, KeptList>,
  faults: readonly Fault[],
): Output {
  const sent = [...lists].filter(([, { count }]) => count > 0);
  const tooLong = sent.flatMap(([name, { count, maxItems }]) =>
    count > maxItems ? [tooManyItems(name, maxItems)] : [],
  );
  if (tooLong.length > 0) throw invalid(...tooLong);
  const firsts = sent.map(([name, { first }]) => [name, [first]] as const);
  const { data, faults: ofBody } = check(schema, withMembers(value, firsts), inBody);
  const all = [...ofBody, ...faults];
  if (all.length > 0) throw invalid(...all.slice(0, MAX_FAULTS));
  return withMembers(
    data,
    sent.map(([name, { kept }]) => [name, kept] as const),
  ) as Output;
}
