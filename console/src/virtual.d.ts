/** What the build makes: console/export-schemas.ts. */
declare module "virtual:export-schemas" {
  /** Every dataset, in the order of the document. */
  // oxlint-disable-next-line typescript/consistent-type-imports -- an ambient module cannot import by a relative name
  export const DATASETS: readonly import("./export-schema.ts").DatasetSchema[];
}
