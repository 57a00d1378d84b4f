/** Examples of answers for the OpenAPI document, by operationId or by the id of the answer's schema. */

import { AT } from "../example-values.ts";

const ATTRIBUTE = {
  id: "points",
  section_id: "loyalty",
  name: "Points",
  type: "number",
  native: false,
  created_at: AT,
  updated_at: AT,
};

export const profileDefinitionExamples: Record<string, unknown> = {
  Attribute: ATTRIBUTE,
  listAttributes: {
    data: [
      {
        ...ATTRIBUTE,
        id: "$email_address",
        section_id: "default",
        name: "Email address",
        type: "text",
        native: true,
      },
      ATTRIBUTE,
    ],
    next_cursor: null,
  },
  Tag: { id: "vip", section_id: "loyalty", name: "Very important", created_at: AT, updated_at: AT },
  Topic: { id: "newsletter", section_id: "default", name: "Newsletter", created_at: AT, updated_at: AT },
  Section: { id: "loyalty", name: "loyalty" },
};
