/** `homes`: where the data of spaces can be, and how much is there. */

import type { Command } from "commander";
import type { Home } from "../generated/types.gen.ts";
import type { Cli } from "./cli.ts";
import { listing } from "./resource.ts";
import { size } from "./text.ts";

export function addHomes(program: Command, cli: Cli): void {
  listing(program.command("homes"), cli, {
    description: "where the data of spaces can be, with how much is there (operator)",
    columns: [
      { title: "name", value: (home: Home) => home.name },
      { title: "kind", value: (home) => home.kind },
      { title: "stays in", value: (home) => home.jurisdiction },
      { title: "spaces", value: (home) => home.spaces, right: true },
      { title: "size", value: ({ bytes }) => (bytes === undefined ? undefined : size(bytes)), right: true },
      { title: "largest", value: ({ largest }) => largest && `${largest.space_id} (${size(largest.bytes)})` },
    ],
    read: ({ limit }) => cli.operator.spaces.homes({ limit }),
  });
}
