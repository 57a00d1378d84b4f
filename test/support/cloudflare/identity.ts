/** Who calls, which accounts they may use, what those pay for, and which domains they have. */

import { Page } from "./answers.ts";
import { type Route, route } from "./routes.ts";
import type { Account } from "./state.ts";

/** @param accounts those that the token may use. */
export function identityRoutes(accounts: readonly Account[]): Route[] {
  const listed = () => accounts.map(({ id, name }) => ({ id, name, type: "standard" }));
  return [
    route("GET", "/user", () => ({ id: "0".repeat(32), email: "operator@example.com" }), "user"),
    route("GET", "/user/tokens/verify", () => ({ id: "1".repeat(32), status: "active" }), "user"),
    route("GET", "/accounts", ({ query }) => new Page(listed(), query), "user"),
    route(
      "GET",
      "/memberships",
      ({ query }) =>
        new Page(
          listed().map((account) => ({ id: account.id, status: "accepted", account })),
          query,
        ),
      "user",
    ),
    route("GET", "", ({ account: { id, name } }) => ({ id, name, type: "standard" })),
    route("GET", "/subscriptions", ({ account }) => subscriptions(account)),
    route(
      "GET",
      "/zones",
      ({ query }) =>
        new Page(
          accounts.flatMap((account) =>
            account.zones
              .filter(({ name }) => query.get("name") === null || query.get("name") === name)
              .filter(() => query.get("account.id") === null || query.get("account.id") === account.id)
              .map((zone) => ({ ...zone, status: "active", account: { id: account.id } })),
          ),
          query,
        ),
      "user",
    ),
  ];
}

function subscriptions({ plan }: Account) {
  if (plan === "free") return [];
  return [{ id: "2".repeat(32), state: "Paid", price: 5, rate_plan: { id: "workers_paid", scope: "account" } }];
}
