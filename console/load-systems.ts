/** The systems that an export's files can be loaded into, and what each reads, as the module `virtual:load-systems`. */

import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Plugin } from "vite";

const NAME = "virtual:load-systems";
const RESOLVED = `\0${NAME}`;

/** Imported by its address: types of the Worker's platform are none of the page's. */
const SYSTEMS = pathToFileURL(join(import.meta.dirname, "..", "src", "export", "load", "systems.ts")).href;

interface SystemsModule {
  SYSTEMS: Record<string, { title: string; reads: Record<string, string[]> }>;
}

export function loadSystems(): Plugin {
  return {
    name: "load-systems",
    resolveId: (id) => (id === NAME ? RESOLVED : null),
    async load(id) {
      if (id !== RESOLVED) return null;
      const module = (await import(SYSTEMS)) as SystemsModule;
      const systems = Object.entries(module.SYSTEMS).map(([name, { title, reads }]) => ({ name, title, reads }));
      return `export const LOAD_SYSTEMS = ${JSON.stringify(systems)};`;
    },
  };
}
