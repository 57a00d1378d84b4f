/** What a space can set of this dialect. */

import * as z from "zod";

export const InfobipSettings = z.strictObject({
  row_format: z.enum(["flat", "nested"]).optional().meta({
    description:
      "The product's documentation has two forms of rows. `flat`, the default: properties side by side with the other fields. `nested`: properties as an object.",
  }),
});
