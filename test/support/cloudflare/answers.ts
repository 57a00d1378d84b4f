/**
 * How Cloudflare's API answers: one JSON envelope for results and errors. A handler returns a result or throws a
 * `Refusal`; the server writes the envelope.
 */

/** A call that the API refuses, with the code that its documentation, or an issue of wrangler's, gives for it. */
export class Refusal extends Error {
  readonly status: number;
  readonly code: number;

  constructor(status: number, code: number, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** A result with the page that it is of. */
export class Page {
  readonly items: readonly unknown[];
  readonly info: { page: number; per_page: number; count: number; total_count: number };

  /** @param query `page` and `per_page`, of which the API has defaults. */
  constructor(all: readonly unknown[], query: URLSearchParams) {
    const page = Number(query.get("page") ?? 1);
    const perPage = Number(query.get("per_page") ?? 20);
    this.items = all.slice((page - 1) * perPage, page * perPage);
    this.info = { page, per_page: perPage, count: this.items.length, total_count: all.length };
  }
}

export interface Envelope {
  status: number;
  body: string;
}

export function succeed(result: unknown): Envelope {
  const paged = result instanceof Page ? { result: result.items, result_info: result.info } : { result };
  return { status: 200, body: JSON.stringify({ success: true, errors: [], messages: [], ...paged }) };
}

export function refuse({ status, code, message }: Refusal): Envelope {
  return { status, body: JSON.stringify({ success: false, errors: [{ code, message }], messages: [], result: null }) };
}
