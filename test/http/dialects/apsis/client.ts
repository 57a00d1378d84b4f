/**
 * A client of APSIS One's API, written from its documentation alone: it knows no type and no name of this service.
 */

import type { Answer, Send } from "../send.ts";

interface ExportRequest {
  segment_filter?: string | { timezone?: string; segment_discriminators: Record<string, string>; filter: string };
  sections: {
    section_discriminator: string;
    attributes?: string[];
    tags?: string[];
    events?: string[];
    include_topic_state?: boolean;
  }[];
  start_at?: string;
  end_at?: string;
}

interface Definition {
  discriminator: string;
  versions: { id: string; deprecated_at: string | null }[];
}

interface ProfileEvent {
  correlationId: string;
  sourceEventTime: number;
  typeId: string;
  createdAt: number;
  data: Record<string, unknown>;
}

interface ExportFile {
  profiles: Record<
    string,
    { sections: Record<string, { attributes: Record<string, { value: unknown }>; events?: ProfileEvent[] }> }
  >;
}

export class ApsisClient {
  readonly #baseUrl: string;
  readonly #credentials: { id: string; secret: string };
  readonly #send: Send;
  #token: string | null = null;

  /** @param baseUrl such as `https://api.apsis.one`. */
  constructor(baseUrl: string, credentials: { id: string; secret: string }, send: Send) {
    this.#baseUrl = baseUrl;
    this.#credentials = credentials;
    this.#send = send;
  }

  async sections(): Promise<Definition[]> {
    return this.#list("/audience/sections");
  }

  async definitions(section: string, kind: "attributes" | "tags" | "events"): Promise<Definition[]> {
    return this.#list(`/audience/sections/${section}/${kind}`);
  }

  /** The id of the version that is not deprecated. */
  static liveVersion(definitions: readonly Definition[], discriminator: string): string {
    const definition = definitions.find((each) => each.discriminator === discriminator);
    const live = definition?.versions.find((version) => version.deprecated_at === null);
    if (live === undefined) throw new Error(`${discriminator} has no live version`);
    return live.id;
  }

  /** @returns the poll URL. */
  async requestExport(request: ExportRequest): Promise<string> {
    const init = { method: "POST", body: JSON.stringify(request), headers: { "content-type": "application/json" } };
    const response = await this.#call(`${this.#baseUrl}/audience/profiles/exports`, init);
    if (!response.ok) throw await failure(response);
    return ((await response.json()) as { file_download_url: string }).file_download_url;
  }

  /** Polls until the file is there. @param pause is waited for between two polls. @param headers of each poll. */
  async download(pollUrl: string, pause: () => Promise<unknown>, headers = {}): Promise<Answer> {
    for (;;) {
      const response = await this.#call(pollUrl, { headers });
      if (response.status === 200) return response;
      if (response.status !== 404) throw await failure(response);
      await response.text();
      await pause();
    }
  }

  async file(pollUrl: string, pause: () => Promise<unknown>): Promise<ExportFile> {
    const response = await this.download(pollUrl, pause);
    return (await response.json()) as ExportFile;
  }

  async #list(path: string): Promise<Definition[]> {
    const response = await this.#call(this.#baseUrl + path);
    if (!response.ok) throw await failure(response);
    return ((await response.json()) as { items: Definition[] }).items;
  }

  /** With a token, which is renewed once if it is refused. */
  async #call(url: string, init: RequestInit = {}): Promise<Answer> {
    const send = async () => {
      this.#token ??= await this.#newToken();
      const headers = { ...(init.headers as Record<string, string>), authorization: `Bearer ${this.#token}` };
      return this.#send(url, { ...init, headers });
    };
    const response = await send();
    if (response.status !== 401 && response.status !== 403) return response;
    this.#token = null;
    return send();
  }

  async #newToken(): Promise<string> {
    const { id, secret } = this.#credentials;
    const body = JSON.stringify({ grant_type: "client_credentials", client_id: id, client_secret: secret });
    const headers = { "content-type": "application/json" };
    const response = await this.#send(`${this.#baseUrl}/oauth/token`, { method: "POST", headers, body });
    if (!response.ok) throw await failure(response);
    const { access_token: token, token_type: type } = (await response.json()) as Record<string, string>;
    if (token === undefined || type !== "Bearer") throw new Error("the answer has no bearer token");
    return token;
  }
}

async function failure(response: Answer): Promise<Error> {
  const { status, title } = (await response.json()) as { status: number; title: string };
  return new Error(`${status} ${title}`);
}
