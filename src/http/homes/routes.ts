/** /v1/homes: where the data of spaces can be. choice.ts says which of them a new space gets. */

import * as z from "zod";
import { countSpacesIn, MAX_COUNTED } from "../../db/tenants/spaces.ts";
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
    bytes: z.number().int().optional().meta({ description: "The size of the database that its spaces share." }),
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
      return {
        name,
        kind,
        ...(jurisdiction === null ? {} : { jurisdiction }),
        spaces: await countSpacesIn(databases.control, name),
        ...(database === null ? {} : { bytes: await database.size() }),
      };
    },
  }),
]);
