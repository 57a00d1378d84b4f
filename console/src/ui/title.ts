/** The document's title, which tabs, histories and screen readers show. */

import { useEffect } from "preact/hooks";

/** @param product the space's own name of the portal, or the product's. */
export function useTitle(title: string, product = "Spillway"): void {
  useEffect(() => {
    document.title = `${title} – ${product}`;
  }, [title, product]);
}
