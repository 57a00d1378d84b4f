/** The schemas of the OpenAPI document by their names, and the way along its references. */

export interface DocumentedSchema {
  $ref?: string;
  const?: unknown;
  description?: string;
  enum?: readonly unknown[];
  properties?: Record<string, DocumentedSchema>;
  required?: readonly string[];
  items?: DocumentedSchema;
  anyOf?: readonly DocumentedSchema[];
  oneOf?: readonly DocumentedSchema[];
  additionalProperties?: boolean | DocumentedSchema;
}

export class Schemas {
  readonly #byName: Readonly<Record<string, DocumentedSchema>>;

  constructor(byName: Readonly<Record<string, DocumentedSchema>>) {
    this.#byName = byName;
  }

  /** @throws Error where the document lacks it. */
  named(name: string): DocumentedSchema {
    const schema = this.#byName[name];
    if (schema === undefined) throw new Error(`The OpenAPI document has no schema ${name}.`);
    return schema;
  }

  /** The schema that a reference leads to, with the keywords beside the reference. */
  follow(schema: DocumentedSchema): DocumentedSchema {
    const { $ref, ...own } = schema;
    return $ref === undefined ? schema : { ...this.follow(this.named(nameOf($ref))), ...own };
  }

  entries(): [name: string, schema: DocumentedSchema][] {
    return Object.entries(this.#byName);
  }
}

/** `#/components/schemas/Row` → `Row` */
export const nameOf = ($ref: string) => $ref.slice($ref.lastIndexOf("/") + 1);
