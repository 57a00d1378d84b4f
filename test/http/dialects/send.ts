/** What a client of a dialect needs of `fetch`, in a Worker as in Node. */

export interface Answer {
  ok: boolean;
  status: number;
  headers: { get(name: string): string | null };
  json(): Promise<unknown>;
  text(): Promise<string>;
  arrayBuffer(): Promise<ArrayBuffer>;
}

export type Send = (url: string, init: RequestInit) => Promise<Answer>;
