/**
 * A client of Batch's Profile API, written from its documentation alone: it knows no type and no name of this service.
 */

import type { Answer, Send } from "../send.ts";

type ExportRequest =
  | {
      export_type: "ATTRIBUTES";
      attributes?: string[];
      identifiers?: string[];
      filter?: { segment: string };
    }
  | { export_type: "EVENTS"; from: string; to?: string; events?: string[]; identifiers?: string[] }
  | { export_type: "REACHABILITY"; from: string; to?: string; channels?: string[] };

interface ProfileExport {
  id: string;
  status: "CREATED" | "PENDING" | "RUNNING" | "SUCCESS" | "ERROR";
  scope: string;
  request_date: string;
  start_date?: string;
  completion_date?: string;
  files: { id: string; part: number; size: number; url: string }[];
  request: unknown;
}

interface Page {
  exports: ProfileExport[];
  count: number;
  has_more: boolean;
  next_from?: string;
}

export class BatchClient {
  readonly #baseUrl: string;
  readonly #headers: Record<string, string>;
  readonly #send: Send;

  /** @param baseUrl such as `https://api.batch.com/2.4`. @param send follows no redirect. */
  constructor(baseUrl: string, keys: { rest: string; project: string }, send: Send) {
    this.#baseUrl = baseUrl;
    this.#headers = { authorization: `Bearer ${keys.rest}`, "x-batch-project": keys.project };
    this.#send = send;
  }

  async createExport(request: ExportRequest): Promise<string> {
    const headers = { ...this.#headers, "content-type": "application/json" };
    const init = { method: "POST", headers, body: JSON.stringify(request) };
    const response = await this.#call(202, `${this.#baseUrl}/profiles/export`, init);
    return ((await response.json()) as { id: string }).id;
  }

  async view(id: string): Promise<ProfileExport> {
    const response = await this.#call(200, `${this.#baseUrl}/exports/view?id=${id}`);
    return (await response.json()) as ProfileExport;
  }

  /** Polls until the export has ended well. @param pause is waited for between two polls. */
  async succeeded(id: string, pause: () => Promise<unknown>): Promise<ProfileExport> {
    for (;;) {
      const viewed = await this.view(id);
      if (viewed.status === "SUCCESS") return viewed;
      if (viewed.status === "ERROR") throw new Error(`export ${id} failed`);
      await pause();
    }
  }

  /** Every export, from the first page to the last. */
  async list(limit: number): Promise<ProfileExport[]> {
    const exports: ProfileExport[] = [];
    for (let from = ""; ;) {
      const query = `limit=${limit}${from === "" ? "" : `&from=${encodeURIComponent(from)}`}`;
      const response = await this.#call(200, `${this.#baseUrl}/exports/list?${query}`);
      const page = (await response.json()) as Page;
      exports.push(...page.exports);
      if (!page.has_more || page.next_from === undefined) return exports;
      from = page.next_from;
    }
  }

  /** The lines of all files, in the order of the parts. @param follow reads the address of a redirect. */
  async lines(viewed: ProfileExport, follow: (location: string) => Promise<Answer>): Promise<unknown[]> {
    const lines: unknown[] = [];
    for (const { url, size } of viewed.files.toSorted((a, b) => a.part - b.part)) {
      const redirect = await this.#call(307, url);
      const file = await (await follow(redirect.headers.get("location") ?? "")).arrayBuffer();
      if (file.byteLength !== size) throw new Error(`${url} has ${file.byteLength} bytes instead of ${size}`);
      lines.push(
        ...new TextDecoder()
          .decode(file)
          .split("\n")
          .flatMap((line) => (line === "" ? [] : [JSON.parse(line) as unknown])),
      );
    }
    return lines;
  }

  async #call(status: number, url: string, init: RequestInit = { method: "GET" }): Promise<Answer> {
    const response = await this.#send(url, { headers: this.#headers, ...init });
    if (response.status === status) return response;
    const { error_code: code, error_message: message } = (await response.json()) as Record<string, string>;
    throw new Error(`${response.status} ${code}: ${message}`);
  }
}
