/**
 * Ids as Batch writes them: a prefix, and 32 digits of Crockford's base 32 in small letters. The digits are a UUID of
 * this service and a number: of a file its number in the export, of everything else 0. Nothing has to be stored.
 */

const DIGITS = "0123456789abcdefghjkmnpqrstvwxyz";
const ID = new RegExp(`^([a-z]+)_([${DIGITS}]{32})$`);

/** What an id names. */
type Kind = "project" | "export" | "file";

/** @param uuid of the space, or of the export. @param number below 2^32. */
function idOf(kind: Kind, uuid: string, number = 0): string {
  const value = BigInt(`0x${uuid.replaceAll("-", "")}${number.toString(16).padStart(8, "0")}`);
  const digits = Array.from(value.toString(32).padStart(32, "0"), (digit) => DIGITS[Number.parseInt(digit, 32)]);
  return `${kind}_${digits.join("")}`;
}

/** @returns null for what is no id of this kind. */
function read(kind: Kind, id: string): { uuid: string; number: number } | null {
  const [, prefix, digits] = ID.exec(id) ?? [];
  if (prefix !== kind || digits === undefined) return null;
  const value = Array.from(digits).reduce((sum, digit) => sum * 32n + BigInt(DIGITS.indexOf(digit)), 0n);
  const hex = value.toString(16).padStart(40, "0");
  const uuid = hex.slice(0, 32).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
  return { uuid, number: Number.parseInt(hex.slice(32), 16) };
}

/** What the header X-Batch-Project has in every call. It never changes. @param spaceId a UUID. */
export const projectKeyOf = (spaceId: string): string => idOf("project", spaceId);

/** @param exportId a UUID. */
export const batchExportId = (exportId: string): string => idOf("export", exportId);

/** @param n the file's number in the export's ledger. */
export const batchFileId = (exportId: string, n: number): string => idOf("file", exportId, n);

/** @returns the UUID of the export; null for what is no id of an export. */
export function readExportId(id: string): string | null {
  const found = read("export", id);
  return found?.number === 0 ? found.uuid : null;
}

/** @returns the UUID of the file's export and the file's number there; null for what is no id of a file. */
export function readFileId(id: string): { exportId: string; n: number } | null {
  const found = read("file", id);
  return found === null ? null : { exportId: found.uuid, n: found.number };
}
