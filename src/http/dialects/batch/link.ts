/**
 * The link that a download leads to: it needs no key, names one file, and is valid for 20 minutes. The link is
 * encrypted and nowhere stored; every holder of the link can read the file until the link ends.
 */

import { SpillwayError } from "../../../errors.ts";
import { decrypt, encrypt, type Place } from "../../../outbound/encryption.ts";
import type { Call } from "../../route.ts";

const VALID_MS = 1_200_000;
const PLACE: Place = { purpose: "download-link", row: "batch" };

/** A file in the ledger of an export. */
interface LinkedFile {
  spaceId: string;
  exportId: string;
  n: number;
}

/** @returns the token of a new link. */
export async function writeLink({ config, runtime }: Call, { spaceId, exportId, n }: LinkedFile): Promise<string> {
  const text = JSON.stringify([spaceId, exportId, n, runtime.now() + VALID_MS]);
  return encrypt(config.secretsKey, PLACE, text, runtime.randomBytes(12));
}

/** @throws unauthenticated for a token that this service did not write, and for one that has ended. */
export async function readLink({ config, runtime }: Call, token: string): Promise<LinkedFile> {
  const text = await decrypt(config.secretsKey, PLACE, token).catch(() => null);
  if (text !== null) {
    const [spaceId, exportId, n, until] = JSON.parse(text) as [string, string, number, number];
    if (runtime.now() < until) return { spaceId, exportId, n };
  }
  throw new SpillwayError("unauthenticated", "This link is not valid, or has ended. Call the download again.");
}
