/**
 * A client of Infobip's Events Export API, written from its documentation alone: it knows no type and no name of this
 * service.
 */

import type { Answer, Send } from "../send.ts";

interface ExportRequest {
  roleArn: string;
  bucket: string;
  region: string;
  directoryPath?: string;
  startTime: string;
  endTime: string;
  definitionIdList?: string[];
  enrichWithMomentsInfo?: boolean;
}

interface ExportStatus {
  requestId: string;
  status:
    | "SUBMITTED"
    | "IN_PROGRESS"
    | "COMPLETED_SUCCESSFULLY"
    | "FAILED_AWAITING_RETRY"
    | "FAILED_AFTER_MAX_RETRIES"
    | "CANCELLED_BY_CUSTOMER";
  message?: string;
}

interface ApiException {
  requestError: {
    serviceException: { messageId: string; text: string; validationErrors?: Record<string, string[]> };
  };
}

export class InfobipError extends Error {
  readonly status: number;
  readonly exception: ApiException["requestError"]["serviceException"];

  constructor(status: number, { requestError }: ApiException) {
    super(`${status} ${requestError.serviceException.text}`);
    this.status = status;
    this.exception = requestError.serviceException;
  }
}

/** What still changes; every other state is final. */
const IN_FLIGHT = new Set(["SUBMITTED", "IN_PROGRESS", "FAILED_AWAITING_RETRY"]);

export class InfobipClient {
  readonly #baseUrl: string;
  readonly #authorization: string;
  readonly #send: Send;

  constructor(baseUrl: string, apiKey: string, send: Send) {
    this.#baseUrl = baseUrl;
    this.#authorization = `App ${apiKey}`;
    this.#send = send;
  }

  async submit(request: ExportRequest): Promise<string> {
    const response = await this.#call("POST", "/peopleevents/1/export", request);
    return ((await response.json()) as { requestId: string }).requestId;
  }

  async status(requestId: string): Promise<ExportStatus> {
    const response = await this.#call("GET", `/peopleevents/1/export/status/${requestId}`);
    return (await response.json()) as ExportStatus;
  }

  async cancel(requestId: string): Promise<void> {
    await this.#call("DELETE", `/peopleevents/1/export/${requestId}`);
  }

  async definitions(): Promise<string[]> {
    const response = await this.#call("GET", "/peopleevents/1/export/definitions");
    return ((await response.json()) as { definitionIdList: string[] }).definitionIdList;
  }

  /** Polls until the request has ended. @param pause is waited for between two polls. */
  async ended(requestId: string, pause: () => Promise<unknown>): Promise<ExportStatus> {
    for (;;) {
      const status = await this.status(requestId);
      if (!IN_FLIGHT.has(status.status)) return status;
      await pause();
    }
  }

  async #call(method: string, path: string, body?: unknown): Promise<Answer> {
    const headers: Record<string, string> = { authorization: this.#authorization, accept: "application/json" };
    if (body !== undefined) headers["content-type"] = "application/json";
    const init = { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
    const response = await this.#send(this.#baseUrl + path, init);
    if (!response.ok) throw new InfobipError(response.status, (await response.json()) as ApiException);
    return response;
  }
}
