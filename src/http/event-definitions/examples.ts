/** Examples of answers for the OpenAPI document, by operationId or by the id of the answer's schema. */

import { AT } from "../example-values.ts";

const DEFINITION = {
  id: "order_placed",
  name: "Order placed",
  description: null,
  section_id: "default",
  category: "custom",
  enabled: true,
  version: 1,
  properties: [
    { name: "order_id", type: "text", required: true },
    { name: "amount", type: "number", required: false },
    { name: "lines", type: "list", required: false, fields: [{ name: "sku", type: "text", required: false }] },
  ],
  created_at: AT,
  updated_at: AT,
};

export const eventDefinitionExamples: Record<string, unknown> = {
  EventDefinition: DEFINITION,
  growEventDefinition: {
    ...DEFINITION,
    version: 2,
    properties: [...DEFINITION.properties, { name: "currency", type: "text", required: false }],
  },
};
