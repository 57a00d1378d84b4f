/**
 * Static files: a session says which of a manifest's files are missing, the files are uploaded by their hash, and a
 * token stands for the whole manifest in the upload of a version.
 */

import * as z from "zod";
import { Refusal } from "./answers.ts";
import { type Call, type Route, route } from "./routes.ts";
import type { Account } from "./state.ts";

const manifest = z.strictObject({
  manifest: z.record(z.string(), z.strictObject({ hash: z.string(), size: z.number() })),
});
const session = z.strictObject({ account: z.string(), files: z.record(z.string(), z.string()) });

export const assetRoutes: readonly Route[] = [
  route("POST", "/workers/scripts/:worker/assets-upload-session", openSession),
  route("POST", "/workers/assets/upload", upload),
];

function openSession(call: Call) {
  const { manifest: entries } = call.json(manifest);
  const files = Object.fromEntries(Object.entries(entries).map(([path, { hash }]) => [path, hash]));
  const missing = [...new Set(Object.values(files))].filter((hash) => !call.account.files.has(hash));
  const jwt = tokenOf({ account: call.account.id, files });
  return { jwt, buckets: missing.length === 0 ? [] : [missing] };
}

async function upload(call: Call) {
  const jwt = call.headers.get("authorization")?.replace(/^Bearer /, "") ?? "";
  const { files } = openToken(call.account, jwt);
  for (const [hash, part] of await call.form()) {
    if (typeof part === "string") throw new Refusal(400, 10021, "A file is missing its type.");
    call.account.files.set(hash, new Uint8Array(Buffer.from(await part.text(), "base64")));
  }
  return Object.values(files).every((hash) => call.account.files.has(hash)) ? { jwt } : {};
}

/** @returns the hashes by path that a token stands for. @throws a refusal when a file was not uploaded. */
export function uploadedFiles(account: Account, jwt: string): ReadonlyMap<string, string> {
  const { files } = openToken(account, jwt);
  for (const [path, hash] of Object.entries(files))
    if (!account.files.has(hash)) throw new Refusal(400, 10021, `The asset ${path} was not uploaded.`);
  return new Map(Object.entries(files));
}

type Session = z.infer<typeof session>;

/** Three parts, of which wrangler reads the second: when it expires. */
function tokenOf(content: Session): string {
  const payload = Buffer.from(JSON.stringify({ exp: 4_102_444_800, ...content })).toString("base64url");
  return `e30.${payload}.e30`;
}

function openToken(account: Account, jwt: string): Session {
  const parsed = z
    .object(session.shape)
    .safeParse(JSON.parse(Buffer.from(jwt.split(".")[1] ?? "", "base64url").toString() || "null"));
  if (!parsed.success || parsed.data.account !== account.id)
    throw new Refusal(401, 10043, "The assets upload token is invalid.");
  return parsed.data;
}
