import { type Examples, TIMES } from "../example-values.ts";

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
  ...TIMES,
};

export const eventDefinitionExamples: Examples = {
  EventDefinition: DEFINITION,
  growEventDefinition: {
    ...DEFINITION,
    version: 2,
    properties: [...DEFINITION.properties, { name: "currency", type: "text", required: false }],
  },
};
