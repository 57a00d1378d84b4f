/** Events that most shops have. */

import { group, number, required, text } from "./built-in.ts";

const itemID = required(number("itemID"));

export const TEMPLATE = group("template", true, [
  ["itemViewed", "Item viewed", [itemID, number("duration")]],
  ["itemPurchased", "Item purchased", [itemID, number("amount"), number("price"), number("profit")]],
  ["ratingAdded", "Rating added", [itemID, number("rating")]],
  ["addedToCart", "Added to cart", [itemID, number("amount"), number("price")]],
  ["addedToFavourites", "Added to favourites", [itemID]],
  ["viewPortionSet", "View portion set", [itemID, number("portion"), text("sessionID")]],
]);
