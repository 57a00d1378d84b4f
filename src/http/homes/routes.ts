/** /v1/homes: where the data of spaces can be. choice.ts says which of them a new space gets. */

import * as z from "zod";
import type { Database } from "../../db/core/database.ts";
import type { Databases } from "../../db/core/shards.ts";
import { largestSpaceIn, MAX_COUNTED, sumSpacesIn } from "../../db/tenants/home-sizes.ts";
import { logFailure } from "../../log.ts";
import { list } from "../list.ts";
import { resource } from "../resource.ts";

const Home = z
  .object({
    name: z.string(),
    kind: z.enum(["d1", "object"]).meta({
      description: "`d1`: spaces share a D1 database. `object`: each space has a Durable Object of its own.",
    }),
    jurisdiction: z.string().optional().meta({ description: "Where the data stays. Without it: anywhere." }),
    spaces: z
      .number()
      .int()
      .meta({ description: `Its spaces, counted up to ${MAX_COUNTED}.` }),
    bytes: z.number().int().optional().meta({
      description:
        "Of `d1` the size of the database that its spaces share, absent where that does not answer; of `object` the sum of the sizes of its spaces' databases, as they were noted within the last day.",
    }),
    largest: z
      .object({ space_id: z.uuid(), bytes: z.number().int() })
      .optional()
      .meta({ description: "Of `object`: the space whose database was the largest when it was noted." }),
  })
  .meta({ id: "Home", description: "A place for the data of spaces." });

export const homesResource = resource("/v1/homes", "Spaces", [
  list({
    operationId: "listHomes",
    summary: "List homes",
    auth: "admin",
    item: Home,
    page: "Homes, by name.",
    read: async ({ databases }, { limit, after }) =>
      databases.homes.filter(({ name }) => after === null || name > after.id).slice(0, limit),
    positionOf: ({ name }) => ({ time: 0, id: name }),
    async show({ name, kind, jurisdiction, database }, { databases }) {
      const { spaces, bytes } = await sumSpacesIn(databases.control, name);
      return {
        name,
        kind,
        ...(jurisdiction === null ? {} : { jurisdiction }),
        spaces,
        ...(database === null ? { bytes, ...(await largestOf(databases, name)) } : await sizeOf(name, database)),
      };
    },
  }),
]);

/** A database that does not answer hides no other home. */
async function sizeOf(home: string, database: Database): Promise<{ bytes?: number }> {
  try {
    return { bytes: await database.size() };
  } catch (thrown) {
    logFailure("home.not_measured", thrown, { home });
    return {};
  }
}

async function largestOf({ control }: Pick<Databases, "control">, home: string) {
  const largest = await largestSpaceIn(control, home);
  return largest === null ? {} : { largest: { space_id: largest.id, bytes: largest.bytes } };
}
