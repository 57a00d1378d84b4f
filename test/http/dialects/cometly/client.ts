/**
 * A client of Cometly's Events API, written from its documentation alone: it knows no type and no name of this service.
 */

import type { Answer, Send } from "../send.ts";

interface Filters {
  query_mode?: "profile" | "company";
  event_names?: string[];
  sources?: string[];
  attribution_model?: string;
  attribution_window?: number;
  fields?: string[];
}

export interface EventPage {
  data: Record<string, unknown>[];
  path: string;
  per_page: number;
  next_cursor: string | null;
  next_page_url: string | null;
  prev_cursor: string | null;
  prev_page_url: string | null;
}

interface EventExport {
  export_id: number;
  status: "queued" | "processing" | "completed" | "failed";
  created_at: string;
  message?: string;
  completed_at?: string;
  download_url?: string;
  expires_at?: string;
}

export class CometlyError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

export class CometlyClient {
  readonly #baseUrl: string;
  readonly #key: string;
  readonly #send: Send;

  /** @param baseUrl such as `https://app.cometly.com/public-api/v1`. */
  constructor(baseUrl: string, key: string, send: Send) {
    this.#baseUrl = baseUrl;
    this.#key = key;
    this.#send = send;
  }

  async createExport(request: { date: string } & Filters): Promise<Pick<EventExport, "export_id" | "status">> {
    const response = await this.#call("POST", "/events/exports", request);
    return (await response.json()) as EventExport;
  }

  async getExport(id: number): Promise<EventExport> {
    const response = await this.#call("GET", `/events/exports/${id}`);
    return (await response.json()) as EventExport;
  }

  /** Polls until the export is completed. @param pause is waited for between two polls. */
  async completed(id: number, pause: () => Promise<unknown>): Promise<EventExport> {
    for (;;) {
      const polled = await this.getExport(id);
      if (polled.status === "completed") return polled;
      if (polled.status === "failed") throw new Error(polled.message);
      await pause();
    }
  }

  /** A page of events between two times of the space's clocks. */
  async listEvents(
    window: { start_date: string; end_date: string; per_page?: number; cursor?: string } & Filters,
  ): Promise<EventPage> {
    const query = new URLSearchParams();
    for (const [name, value] of Object.entries(window))
      if (Array.isArray(value)) for (const item of value) query.append(`${name}[]`, item);
      else query.append(name, String(value));
    const response = await this.#call("GET", `/events?${query.toString()}`);
    return (await response.json()) as EventPage;
  }

  /** The page behind `next_page_url` or `prev_page_url`. */
  async page(url: string): Promise<EventPage> {
    const response = await this.#call("GET", url.slice(this.#baseUrl.length));
    return (await response.json()) as EventPage;
  }

  async #call(method: string, path: string, body?: unknown): Promise<Answer> {
    const headers = {
      authorization: `Bearer ${this.#key}`,
      accept: "application/json",
      "content-type": "application/json",
    };
    const init = { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
    const response = await this.#send(this.#baseUrl + path, init);
    if (response.ok) return response;
    const { message } = (await response.json()) as { message: string };
    throw new CometlyError(response.status, message);
  }
}
