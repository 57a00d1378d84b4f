import { type Examples, TIMES } from "../example-values.ts";

const ATTRIBUTE = {
  id: "points",
  section_id: "loyalty",
  name: "Points",
  type: "number",
  native: false,
  ...TIMES,
};

export const profileDefinitionExamples: Examples = {
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
  Tag: { id: "vip", section_id: "loyalty", name: "Very important", ...TIMES },
  Topic: { id: "newsletter", section_id: "default", name: "Newsletter", ...TIMES },
  Section: { id: "loyalty", name: "loyalty" },
};
