/**
 * Totals by source, ad, set, campaign or account: of each combination that lines have, how many lines, how much credit (in
 * conversions; all models' own) and how much of the amounts. Added up without rounding: credit in billionths, split as amounts are.
 */

import { addDecimals, type Decimal, decimalOf, textOf } from "../../attribution/decimals.ts";
import type { Summing } from "../dataset.ts";
import type { Attribution } from "./freeze.ts";

/** A summary is for people. A space with more combinations has its lines. */
const MAX_GROUPS = 2_000;
/** Its chunks are entered into the ledger, which takes texts of less than 2 MB. */
const MAX_BYTES = 1_000_000;

/** What one conversion is in units of credit, and with how many decimals. */
export const CREDIT: Decimal = { units: 1_000_000_000n, scale: 9 };

/** Lines, credit, amount. */
type Sum = readonly [rows: number, credit: string, amount: string];

/** Key (JSON list of the model and the groups' values) → sum; null: there are too many. */
type Sums = Readonly<Record<string, Sum>> | null;

/** The sums of a page under way. */
export class Totals {
  readonly #sums = new Map<string, { rows: number; credit: bigint; amount: Decimal }>();

  /** @param amount of the share; null where the conversion has none. */
  add(key: string, credit: bigint, amount: Decimal | null): void {
    const sum = this.#sums.get(key) ?? { rows: 0, credit: 0n, amount: { units: 0n, scale: 0 } };
    sum.rows += 1;
    sum.credit += credit;
    if (amount !== null) sum.amount = addDecimals(sum.amount, amount);
    this.#sums.set(key, sum);
  }

  /** What was added since the last call. */
  take(): Sums {
    const pairs = [...this.#sums].map(([key, { rows, credit, amount }]): [string, Sum] => [
      key,
      [rows, textOf({ units: credit, scale: CREDIT.scale }), textOf(amount)],
    ]);
    this.#sums.clear();
    return capped(pairs);
  }
}

/** By key, so that the order in which lines came makes no difference. */
function capped(pairs: readonly [string, Sum][]): Sums {
  if (pairs.length > MAX_GROUPS || Buffer.byteLength(JSON.stringify(pairs)) > MAX_BYTES) return null;
  return Object.fromEntries(pairs.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function merge(sum: unknown, more: unknown): { groups: Sums } {
  const [before, added] = [sum as { groups: Sums } | null, (more as { groups: Sums }).groups];
  if (before === null) return { groups: added };
  if (before.groups === null || added === null) return { groups: null };
  const merged = new Map(Object.entries(before.groups));
  for (const [key, [rows, credit, amount]] of Object.entries(added)) {
    const [rowsBefore, creditBefore, amountBefore] = merged.get(key) ?? [0, "0", "0"];
    merged.set(key, [rowsBefore + rows, plus(creditBefore, credit), plus(amountBefore, amount)]);
  }
  return { groups: capped([...merged]) };
}

const plus = (a: string, b: string) => textOf(addDecimals(decimalOf(a), decimalOf(b)));

/** A number with all its digits (TC39's JSON.rawJSON): in every runtime that this runs in, but not yet in the language's declarations. */
const literal = (text: string): unknown => (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON(text);

const TOO_MANY = `There are more groups than a summary has: ${MAX_GROUPS} at most, and ${MAX_BYTES / 1_000_000} MB of them.`;

/** @returns how a result is summed up; undefined where no totals were asked for. */
export function summingOf(attribution: Attribution | null): Summing | undefined {
  if (attribution === null || attribution.groupBy.length === 0) return undefined;
  const { groupBy, named } = attribution;
  return {
    tells: [...groupBy, "amount"],
    merge,
    show(sum) {
      const groups = (sum as { groups: Sums } | null)?.groups;
      const about = { group_by: groupBy };
      if (groups === null) return { ...about, groups: null, message: TOO_MANY };
      return {
        ...about,
        groups: Object.entries(groups ?? {}).map(([key, [rows, credit, amount]]) => {
          const [model, ...values] = JSON.parse(key) as (string | null)[];
          return {
            ...(named ? { model } : {}),
            ...Object.fromEntries(groupBy.map((name, n) => [name, values[n] ?? null])),
            rows,
            credit: literal(credit),
            amount: literal(amount),
          };
        }),
      };
    },
  };
}

/** The key of a line's group. */
export const groupKey = (model: string, values: readonly (string | null)[]): string =>
  JSON.stringify([model, ...values]);
