/** `--define` with `--profiles`: defines the attributes that a mapping names and that the space has not. */

import { SpillwayError } from "../errors.ts";
import type { ProfileMapping } from "./profile-mapping.ts";
import { InputError } from "./rows.ts";
import type { Service } from "./service.ts";

const NATIVE = "$";

/**
 * @param texts the file has only texts, so that an attribute without a type is a text.
 * @returns the type of each attribute to define: native ones exist in every space.
 * @throws InputError for an attribute without a type.
 */
export function attributesOf({ attributes = {} }: ProfileMapping, texts: boolean): Map<string, string> {
  const own = Object.entries(attributes).filter(([name]) => !name.startsWith(NATIVE));
  return new Map(
    own.map(([name, { constant, template, type }]) => {
      if (constant !== undefined) return [name, typeof constant === "string" ? "text" : typeof constant];
      const found = type ?? (texts || template !== undefined ? "text" : undefined);
      if (found === undefined)
        throw new InputError(
          `--define needs a type of the attribute ${name} in the mapping: text, number, boolean or date.`,
        );
      return [name, found];
    }),
  );
}

/** The types of the space's attributes. @throws SpillwayError 403 where the key may not read them. */
export async function readAttributes(service: Service): Promise<Map<string, string>> {
  const types = new Map<string, string>();
  let cursor: string | null = null;
  do {
    const query = new URLSearchParams({ limit: "200", ...(cursor === null ? {} : { cursor }) });
    const page: { data: { id: string; type: string }[]; next_cursor: string | null } = await service.json(
      "GET",
      `/v1/attributes?${query.toString()}`,
    );
    for (const { id, type } of page.data) types.set(id, type);
    cursor = page.next_cursor;
  } while (cursor !== null);
  return types;
}

/**
 * Defines the attributes that are missing; existing ones keep their name and section.
 * @returns the ids of those that were defined. @throws InputError for one that exists with another type.
 */
export async function defineAttributes(service: Service, wanted: ReadonlyMap<string, string>): Promise<string[]> {
  if (wanted.size === 0) return [];
  const existing = await readAttributes(service);
  const other = [...wanted].filter(([id, type]) => (existing.get(id) ?? type) !== type);
  if (other.length > 0)
    throw new InputError(
      other
        .map(
          ([id, type]) => `The attribute ${id} is ${existing.get(id)}, and ${type} in the mapping: change the mapping.`,
        )
        .join("\n"),
    );
  const missing = [...wanted].filter(([id]) => !existing.has(id));
  for (const [id, type] of missing) await put(service, id, type);
  return missing.map(([id]) => id);
}

async function put(service: Service, id: string, type: string): Promise<void> {
  try {
    await service.json(
      "PUT",
      `/v1/attributes/${encodeURIComponent(id)}`,
      { name: id, type },
      ({ status }) => status === 409,
    );
  } catch (thrown) {
    if (thrown instanceof SpillwayError && thrown.status !== 401 && thrown.status !== 403 && thrown.status < 500)
      throw new InputError(`The attribute ${id} cannot be defined: ${thrown.message}`);
    throw thrown;
  }
}
