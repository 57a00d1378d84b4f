/** The elements of the library cally, as JSX knows them. */

import type { JSX } from "preact";

declare module "preact" {
  // oxlint-disable-next-line typescript/no-namespace -- preact declares its elements in one
  namespace JSX {
    interface IntrinsicElements {
      "calendar-range": JSX.HTMLAttributes & { value?: string; max?: string; locale?: string };
      "calendar-month": JSX.HTMLAttributes;
    }
  }
}
