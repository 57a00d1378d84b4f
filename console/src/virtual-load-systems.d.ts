/** What the build makes: console/load-systems.ts. */
declare module "virtual:load-systems" {
  /** Every system, in the order of the API. */
  export const LOAD_SYSTEMS: readonly {
    readonly name: string;
    /** Its name within a sentence. */
    readonly title: string;
    /** The compressions of each form of files that it reads; a form that is left out it cannot read. */
    readonly reads: Readonly<Record<string, readonly string[]>>;
  }[];
}
