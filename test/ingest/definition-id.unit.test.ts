/** Ids of event definitions that are made from names. */

import { expect, it } from "vitest";
import { BUILT_INS } from "../../src/ingest/catalogue/catalogue.ts";
import { DefinitionId } from "../../src/ingest/definition.ts";
import { idFromName } from "../../src/ingest/definition-id.ts";

it("the ids of built-in definitions are those that their names give", () => {
  const named = BUILT_INS.filter(({ category }) => category !== "conversion" && category !== "template");
  expect(named.map(({ name }) => idFromName(name))).toEqual(named.map(({ id }) => id));
});

it.each([
  ["Trip booked", "tripBooked"],
  ["Item Added to Cart", "itemAddedToCart"],
  ["AddedToCart", "addedToCart"],
  ["order_placed", "orderPlaced"],
  ["SKU2 isn’t there", "sku2IsntThere"],
  ["2nd visit", "event2ndVisit"],
  ["Größe gewählt, Œuvre lue", "grosseGewahltOeuvreLue"],
  ["Заказ (paid)", "paid"],
  ["ＦＵＬＬ width", "fullWidth"],
  ["w".repeat(80), "w".repeat(64)],
  ["7".repeat(64), `event${"7".repeat(59)}`],
])("%s gives %s", (name, id) => {
  expect(idFromName(name)).toBe(id);
  expect(DefinitionId.safeParse(id).success).toBe(true);
});

it.each(["東京", "Заказ", "🎉", "__", "..", "-"])("%s gives none", (name) => {
  expect(idFromName(name)).toBeNull();
});
