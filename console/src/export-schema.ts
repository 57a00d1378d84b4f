/**
 * What the build reads of the OpenAPI document for the forms of exports: `virtual:export-schemas` has every dataset.
 */

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

/** A place in a row whose members the document does not name. */
export interface OpenPlace {
  /** From the row inwards; empty: the row itself. */
  readonly path: readonly string[];
  /**
   * What its members are: the properties of the events' definitions, attributes of profiles, or what the request's
   * field with the name of the place asks for.
   */
  readonly members: "properties" | "attributes" | "requested";
}

/** A form that the rows of a dataset may have. */
export interface RowSchema {
  /** The choice in the request that gives rows this form; null: they always have it. */
  readonly when: { readonly field: string; readonly value: string } | null;
  /** Names from the row inwards, separated by full stops. */
  readonly paths: readonly string[];
  readonly open: readonly OpenPlace[];
}

/** The request of a dataset. */
export interface DatasetSchema {
  readonly name: string;
  readonly description: string;
  readonly required: readonly string[];
  /** In the order of the document, without `dataset`. */
  readonly fields: Readonly<Record<string, FieldSchema>>;
  /** The fields that a schedule's request lacks: each run fills them in. */
  readonly filledByRuns: readonly string[];
  /** Empty: the result is one document, which has no columns. */
  readonly rows: readonly RowSchema[];
}
