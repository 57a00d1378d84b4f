/**
 * Totals by source, ad, ad set, campaign or account: for each combination of values in the lines and each model, the
 * number of lines, the credit (in conversions) and the amount. Sums are exact: credit is counted in billionths, split
 * as amounts are.
 */

import { addDecimals, type Decimal, parseDecimal, formatDecimal } from "../../attribution/decimals.ts";
import type { Summarized } from "../dataset.ts";
import type { Attribution } from "./freeze.ts";

/** A summary is for people to read: for more combinations the lines have to be added up. */
const MAX_GROUPS = 2_000;
/** The ledger stores the sums of each chunk: D1 accepts texts below 2 MB. */
const MAX_BYTES = 1_000_000;

/** One conversion in units of credit, and their decimals. */
export const CREDIT: Decimal = { units: 1_000_000_000n, scale: 9 };

/** Lines, credit, amount. */
type Sum = readonly [rows: number, credit: string, amount: string];

/** Key (JSON list of the model and the groups' values) → sum; null: too many groups. */
type Sums = Readonly<Record<string, Sum>> | null;

/** The sums of the current page. */
export class Totals {
  readonly #sums = new Map<string, { rows: number; credit: bigint; amount: Decimal }>();

  /** @param values of the groups. @param amount of the share; null where the conversion has none. */
  add(model: string, values: readonly (string | null)[], credit: bigint, amount: Decimal | null): void {
    const key = JSON.stringify([model, ...values]);
    const sum = this.#sums.get(key) ?? { rows: 0, credit: 0n, amount: { units: 0n, scale: 0 } };
    sum.rows += 1;
    sum.credit += credit;
    if (amount !== null) sum.amount = addDecimals(sum.amount, amount);
    this.#sums.set(key, sum);
  }

  /** @returns the sums since the last call, and starts anew. */
  flush(): Sums {
    const pairs = [...this.#sums].map(([key, { rows, credit, amount }]): [string, Sum] => [
      key,
      [rows, formatDecimal({ units: credit, scale: CREDIT.scale }), formatDecimal(amount)],
    ]);
    this.#sums.clear();
    return capped(pairs);
  }
}

/** Sorts by key, so that the order of the lines makes no difference. */
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

const plus = (a: string, b: string) => formatDecimal(addDecimals(parseDecimal(a), parseDecimal(b)));

/** A number with all its digits, by TC39's JSON.rawJSON, which TypeScript's declarations do not have yet. */
const literal = (text: string): unknown => (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON(text);

const TOO_MANY = `The summary has too many groups: the maximum is ${MAX_GROUPS} groups and ${MAX_BYTES / 1_000_000} MB. Group by fewer fields.`;

/** @returns the capability for requests with `group_by`, else undefined. */
export function summarize(attribution: Attribution | null): Summarized | undefined {
  if (attribution === null || attribution.groupBy.length === 0) return undefined;
  const { groupBy, named } = attribution;
  return {
    names: [...groupBy, "amount"],
    merge,
    toManifest(sum) {
      const groups = (sum as { groups: Sums } | null)?.groups;
      if (groups === null) return { group_by: groupBy, groups: null, message: TOO_MANY };
      return {
        group_by: groupBy,
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
