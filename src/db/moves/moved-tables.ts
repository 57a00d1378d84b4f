/**
 * The tables with a space's data, in the order in which a move copies them, and a deletion of the space empties them.
 * Every table of a space's database with rows of spaces is one, but for those of the moves themselves, and `sequences`,
 * whose row is copied last.
 */

export interface MovedTable {
  name: string;
  /** The column that names the space. Its number differs between databases. */
  space: "space_id" | "space_no";
  /** The primary key's columns after the space. */
  key: readonly string[];
  /** All columns but the space's: first the key's. */
  columns: readonly string[];
}

function table(name: string, space: MovedTable["space"], key: string, others: string): MovedTable {
  const columns = others === "" ? [] : others.split(", ");
  return { name, space, key: key.split(", "), columns: [...key.split(", "), ...columns] };
}

export const MOVED_TABLES: readonly MovedTable[] = [
  table(
    "events",
    "space_no",
    "occurred_at, id",
    "seq, definition_id, definition_version, person_id, company_id, session_id, received_at, properties",
  ),
  table(
    "definitions",
    "space_id",
    "id, seq_from",
    "seq_to, version, name, search, description, section_id, category, enabled, properties, property_seqs, spellings, attributes, deleted, created_at, updated_at",
  ),
  table("first_events", "space_id", "definition_id", "seq"),
  table("sections", "space_id", "id", "name"),
  table("flows", "space_id", "id, seq_from", "seq_to, campaign_name, campaign_start, elements, created_at, updated_at"),
  table("flow_elements", "space_id", "id, flow_id, seq_from", "seq_to, name"),
  table(
    "touchpoints",
    "space_no",
    "person_id, kind, occurred_at, id",
    "seq, source, ad_id, adset_id, campaign_id, account_id, received_at",
  ),
  table("ad_objects", "space_id", "level, id, seq_from", "seq_to, name, parent_id, created_at, updated_at"),
  table(
    "profiles",
    "space_id",
    "person_id, seq_from",
    "seq_to, external_person_id, company_id, type, identifiers, attributes, tags, installations, topics, created_at, updated_at",
  ),
  table("merges", "space_id", "person_id, seq_from", "seq_to, into_id, came_along"),
  table("merged_ids", "space_id", "kind, id", "person_id"),
  table("profile_names", "space_id", "kind, name", ""),
  table(
    "profile_definitions",
    "space_id",
    "kind, id, seq_from",
    "seq_to, section_id, name, search, type, created_at, updated_at",
  ),
  table("attribute_value_types", "space_id", "folded, attribute, type", "seq"),
  table(
    "profile_deletions",
    "space_id",
    "id",
    "person_id, external_person_id, seq, requested_at, due_at, completed_at, is_merge, deleted, erased",
  ),
  table("segments", "space_id", "id, seq_from", "seq_to, name, rule, created_at, updated_at"),
  table(
    "reachability_events",
    "space_no",
    "occurred_at, id",
    "seq, person_id, channel, installation_id, received_at, event",
  ),
];
