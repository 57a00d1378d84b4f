/** The client of each dialect runs over HTTP too, in the suites that start the service: `npm run test:full`. */

/// <reference types="vite/types/importMeta.d.ts" />
import { expect, it } from "vitest";
import { DIALECT_NAMES } from "../../src/config.ts";

const OVER_HTTP = Object.values(
  import.meta.glob<string>(["../live/*.ts", "../interop/*.ts"], { query: "?raw", import: "default", eager: true }),
);

it.each(DIALECT_NAMES)("%s has a client that the full run starts", (name) => {
  expect(OVER_HTTP.some((source) => source.includes(`"../http/dialects/${name}/client.ts"`))).toBe(true);
});
