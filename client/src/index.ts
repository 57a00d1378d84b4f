/** The package's entry: everything that a program may import of `spillway-client`. */
export * from "./generated/index.ts";
export { createClient, createConfig } from "./generated/client/index.ts";
