/** THE table of rate limits: each policy, the calls that it counts, and whether its count is exact. */

interface PolicyRow {
  /** Ends the sentence "… counts these calls: ". */
  calls: string;
  /**
   * Exact: each admitted call is stored before it passes, so that an eviction forgets none. Otherwise the count is in
   * memory alone, and a call costs no write.
   */
  exact: boolean;
}

export const POLICIES = {
  create: { calls: "POST /v1/exports, POST /v1/exports/{id}/retry, POST /v1/exports/{id}/verify", exact: true },
  poll: {
    calls:
      "GET /v1/exports, GET /v1/exports/{id}, GET /v1/exports/{id}/load, a repeated POST /v1/exports with its Idempotency-Key",
    exact: true,
  },
  list: { calls: "GET /v1/events, POST /v1/exports/estimate, GET /v1/segments/{id}/count", exact: true },
  write: {
    calls:
      "POST /v1/events, PUT /v1/profiles, POST /v1/profiles/merge, POST /v1/touchpoints, POST /v1/reachability-events, PUT /v1/ad-objects, PUT /v1/flows",
    exact: false,
  },
  redeliver: { calls: "POST /v1/webhook-deliveries/{id}/redeliver", exact: true },
  tracker: { calls: "POST /v1/events with a key that has origins", exact: false },
  api: { calls: "every call of the space with a key that has no origins", exact: false },
} as const satisfies Record<string, PolicyRow>;

export type Policy = keyof typeof POLICIES;

/** Policies of single operations: `api` and `tracker` count a call by its key, whatever its operation is. */
export type OperationPolicy = Exclude<Policy, "api" | "tracker">;
