/** What the build makes: console/export-schemas.ts. */
declare module "virtual:export-schemas" {
  /** A JSON Schema of the keywords that a form needs. */
  export interface FieldSchema {
    readonly type?: string | readonly string[];
    readonly const?: string;
    readonly enum?: readonly (string | number)[];
    readonly default?: unknown;
    readonly description?: string;
    readonly format?: string;
    readonly pattern?: string;
    readonly minimum?: number;
    readonly maximum?: number;
    readonly minItems?: number;
    readonly maxItems?: number;
    readonly minLength?: number;
    readonly maxLength?: number;
    readonly items?: FieldSchema;
    readonly anyOf?: readonly FieldSchema[];
    readonly oneOf?: readonly FieldSchema[];
  }
  /** The request of a dataset. */
  export interface DatasetSchema {
    readonly name: string;
    readonly description: string;
    readonly required: readonly string[];
    /** In the order of the document, without `dataset`. */
    readonly fields: Readonly<Record<string, FieldSchema>>;
  }
  /** Every dataset, in the order of the document. */
  export const DATASETS: readonly DatasetSchema[];
}
