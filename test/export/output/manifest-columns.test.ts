/** The columns of a stored manifest are read without its files. */

import { expect, it } from "vitest";
import { readManifestColumns } from "../../../src/export/output/manifest.ts";

const COLUMNS = [{ name: "files", type: "text", nullable: true, path: ["a", '",\n  "files": ['] }];
/** Whatever a request names like the member that ends the reading. */
const REQUEST = { files: ["x"], redact: { files: "drop", ',\n  "files": ': "drop" }, layout: "files" };

const manifest = (columns: object) =>
  `${JSON.stringify({ export: { request: REQUEST }, ...columns, files: [{ name: "größe" }], totals: {} }, null, 2)}\n`;

/** The text in pieces of a few bytes, of which some end within a character. */
const inPieces = (text: string) => {
  const bytes = new TextEncoder().encode(text);
  let at = 0;
  return new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull(controller) {
      if (at >= bytes.length) return controller.close();
      controller.enqueue(bytes.slice(at, (at += 3)));
    },
  });
};

it("has the columns, whatever the request contains", async () => {
  expect(await readManifestColumns(inPieces(manifest({ columns: COLUMNS })))).toEqual(COLUMNS);
});

it("has none where the result is one document", async () => {
  expect(await readManifestColumns(inPieces(manifest({})))).toBeNull();
});

it("fails for a text that ends before the files", async () => {
  await expect(readManifestColumns(inPieces('{\n  "export": {}'))).rejects.toThrow("no files");
});
