/** A list of exports as the page has read it. Pure. */

import type { Export, ExportList, ListedExport } from "spillway-client";

interface ListPages {
  pages: ExportList[];
  pageParams: unknown[];
}

/** The list with one of its exports as it was just seen. A list without this export stays the same object. */
export function withSeen<List extends ListPages>(list: List, seen: Export): List {
  if (!list.pages.some(({ data }) => data.some(({ id }) => id === seen.id))) return list;
  const pages = list.pages.map((page) => ({ ...page, data: page.data.map((each) => replaced(each, seen)) }));
  return { ...list, pages };
}

/** What a list leaves out does no harm in it. */
const replaced = (listed: ListedExport, seen: Export): ListedExport => (listed.id === seen.id ? seen : listed);
