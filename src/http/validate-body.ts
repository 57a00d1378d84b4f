/**
 * Validates bodies, the items of their lists one by one. A schema collects every fault of a value before it returns
 * one, so a body of nothing but faults would take far more memory than its bytes. Item by item, validation can stop.
 */

import * as z from "zod";
import { type Fault, invalid, MAX_FAULTS } from "../errors.ts";
import { check, inBody } from "./validate.ts";

interface ItemList {
  item: z.ZodType;
  maxItems: number;
}

/**
 * Validates a body. The items of its lists are validated one by one, and none after 100 faults.
 * @throws invalid_request with at most 100 faults.
 */
export function validateBody<Output>(schema: z.ZodType<Output>, body: unknown): Output {
  const lists = itemsIn(schema, body);
  const tooLong = lists.filter(({ items, maxItems }) => items.length > maxItems);
  if (tooLong.length > 0) throw invalid(...tooLong.map(({ name, maxItems }) => tooManyItems(name, maxItems)));
  // An item stands for each list: lists that are too short, and the members beside the lists, have their faults.
  const firsts = lists.map(({ name, items }) => [name, items.slice(0, 1)] as const);
  const { data, faults } = check(schema, withMembers(body, firsts), inBody);
  const read = lists.map(({ name, item, items }) => {
    const kept: unknown[] = [];
    for (const [index, each] of items.entries()) {
      if (faults.length >= MAX_FAULTS) break;
      const checked = check(item, each, inBody, "property", [name, index]);
      if (index > 0) faults.push(...checked.faults);
      kept.push(checked.data);
    }
    return [name, kept] as const;
  });
  if (faults.length > 0) throw invalid(...faults.slice(0, MAX_FAULTS));
  return withMembers(data, read) as Output;
}

/** The fault of a list that is too long. */
export const tooManyItems = (name: string, maxItems: number): Fault => ({
  pointer: inBody([name]),
  detail: `${name} must have at most ${maxItems} items.`,
});

function itemsIn(schema: z.ZodType, body: unknown) {
  if (typeof body !== "object" || body === null) return [];
  const members = new Map<string, unknown>(Object.entries(body));
  return [...listsOf(schema)].flatMap(([name, list]) => {
    const items = members.get(name);
    return Array.isArray(items) ? [{ name, ...list, items: items as unknown[] }] : [];
  });
}

/** A body with other values of some members. */
export const withMembers = (value: unknown, members: readonly (readonly [string, unknown])[]): unknown =>
  members.length === 0 ? value : { ...(value as object), ...Object.fromEntries(members) };

const known = new WeakMap<z.ZodType, ReadonlyMap<string, ItemList>>();

/** The lists with a limit among the members of a body, by name. */
export function listsOf(schema: z.ZodType): ReadonlyMap<string, ItemList> {
  let lists = known.get(schema);
  if (lists === undefined) {
    const members = schema instanceof z.ZodObject ? Object.entries(schema.shape) : [];
    lists = new Map(members.flatMap(([name, member]) => asList(member).map((list) => [name, list])));
    known.set(schema, lists);
  }
  return lists;
}

function asList(schema: z.core.$ZodType): ItemList[] {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable || schema instanceof z.ZodDefault)
    return asList(schema.unwrap());
  if (!(schema instanceof z.ZodArray)) return [];
  const checks = (schema.def.checks ?? []).map(({ _zod }) => _zod.def);
  // Other checks than those of the length concern the items together.
  if (checks.some(({ check }) => check !== "min_length" && check !== "max_length")) return [];
  const longest = checks.find((check) => "maximum" in check) as { maximum: number } | undefined;
  return longest === undefined ? [] : [{ item: schema.element as z.ZodType, maxItems: longest.maximum }];
}
