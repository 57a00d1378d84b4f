/** The service's bucket from outside: its objects, and connections to it that fail on purpose. */

import { AwsClient } from "aws4fetch";
import { env } from "cloudflare:workers";
import { exportPrefix } from "../../src/export/delivery/object-keys.ts";
import { unguessableName } from "../../src/export/output/file-names.ts";
import { Bucket } from "../../src/outbound/s3.ts";
import { reach, type Service, type Space } from "./service.ts";

/** The prefix of a plan, below the export's prefix. */
const PLAN = /^\d+\//;

/** The names of an export's objects, of all its plans, in order: by a client that is not the product's. */
export async function objectsOf(service: Service, space: Space, exportId: string): Promise<string[]> {
  const { endpoint, name, region, accessKeyId, secretAccessKey } = service.config.bucket;
  const client = new AwsClient({ accessKeyId, secretAccessKey, region, service: "s3", retries: 0 });
  const prefix = exportPrefix({ space_id: space.id, id: exportId });
  const response = await client.fetch(`${endpoint}/${name}?list-type=2&prefix=${prefix}`);
  if (!response.ok) throw new Error(`the bucket answered ${response.status}`);
  const keys = [...(await response.text()).matchAll(/<Key>([^<]+)<\/Key>/g)].map(([, key = ""]) => key);
  // The number of the plan comes first.
  return keys.map((key) => key.slice(prefix.length).replace(/^\d+\//, "")).toSorted();
}

/** The secret from which an export's file names are derived. */
export async function fileNameSecret(exportId: string): Promise<string> {
  const query = await env.CONTROL_DB.prepare("SELECT query ->> 'secret' AS secret FROM exports WHERE id = ?1")
    .bind(exportId)
    .first<string>("secret");
  return query ?? "";
}

/** The name of a chunk's nth file. */
export const fileName = (secret: string, chunk: number, nth: number): string =>
  `${unguessableName(secret, chunk * 100_000 + nth)}.ndjson.gz`;

/** Open multipart uploads that were begun through a line: id → key. */
const uploads = new Map<string, string>();

/** The ids of multipart uploads to the export's keys that are still open. */
export function uploadsOf(space: Space, exportId: string): string[] {
  const prefix = exportPrefix({ space_id: space.id, id: exportId });
  return [...uploads].filter(([, key]) => key.startsWith(prefix)).map(([id]) => id);
}

/** A request on its way to the bucket. */
export interface Sent {
  method: string;
  /** Of the object, below the prefix of the export's plan: a file's name, `segments/0`, … */
  name: string;
  query: string;
  /** Is aborted when the caller has waited long enough. */
  signal: AbortSignal | null;
}

/** Handles a request; `pass` sends it and returns the bucket's response. */
export type Line = (sent: Sent, pass: () => Promise<Response>) => Promise<Response>;

/**
 * From now on the service sends its bucket requests through this line. The local store cannot list multipart uploads
 * as S3 and R2 do, but the line can. @returns every request from now on, in order.
 */
export function throughLine(service: Service, line: Line = (_sent, pass) => pass()): Sent[] {
  const requests: Sent[] = [];
  const watched: typeof fetch = async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input);
    const key = url.pathname.slice(url.pathname.indexOf("/spaces/") + 1);
    const name = /\/exports\/[^/]+\/(?:\d+\/)?(.*)$/.exec(key)?.[1]?.replace(PLAN, "") ?? "";
    const sent = { method: init?.method ?? "GET", name, query: url.search.slice(1), signal: init?.signal ?? null };
    requests.push(sent);
    const pass = () => asStore(sent.method, key, url.searchParams, () => reach(input, init));
    return line(sent, pass);
  };
  service.context.bucket = new Bucket(service.config.bucket, () => Date.now(), watched, "service");
  return requests;
}

/** Remembers uploads that begin and end, and lists them. */
async function asStore(
  method: string,
  key: string,
  query: URLSearchParams,
  send: () => Promise<Response>,
): Promise<Response> {
  if (method === "GET" && query.has("uploads")) {
    const open = [...uploads].filter(([, each]) => each.startsWith(query.get("prefix") ?? ""));
    const list = open.map(([id, each]) => `<Upload><Key>${each}</Key><UploadId>${id}</UploadId></Upload>`);
    return new Response(`<ListMultipartUploadsResult>${list.join("")}</ListMultipartUploadsResult>`);
  }
  const response = await send();
  if (!response.ok) return response;
  if (method === "POST" && query.has("uploads"))
    uploads.set(/<UploadId>([^<]+)</.exec(await response.clone().text())?.[1] ?? "", key);
  else if (method !== "PUT") uploads.delete(query.get("uploadId") ?? "");
  return response;
}

/** A line on which every request that `which` selects waits until `open`. */
export function gate(which: (sent: Sent) => boolean): { line: Line; reached: Promise<void>; open: () => void } {
  const reached = Promise.withResolvers<void>();
  const opened = Promise.withResolvers<void>();
  const line: Line = async (sent, pass) => {
    if (which(sent)) {
      reached.resolve();
      await opened.promise;
    }
    return pass();
  };
  return { line, reached: reached.promise, open: () => opened.resolve() };
}

/** From now on the first requests that `at` selects fail. @returns how many failed. */
export function goWrong(service: Service, at: (sent: Sent) => boolean, most: number, wrong: Line): () => number {
  let times = 0;
  throughLine(service, async (sent, pass) => {
    if (!at(sent) || times === most) return pass();
    times += 1;
    return wrong(sent, pass);
  });
  return () => times;
}

/** The request takes effect, and then the connection is lost. */
export const lostAnswer: Line = async (_sent, pass) => {
  await (await pass()).body?.cancel();
  throw new TypeError("Network connection lost.");
};
