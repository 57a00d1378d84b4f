/** What `spillway events import --help` and `spillway profiles import --help` say behind the options. */

const AGAIN = `After an interruption, run the same command again: accepted rows are not sent again, rejected lines are tried again.
Without --map, a file whose columns are no fields is not sent: its columns are shown, with a mapping to begin with.`;

const VALUES = `  value from  one of column (in NDJSON and Parquet a path: customer.id), constant, template: {column}, {#line} (in the
              file), {#row} (among the rows; {#row:6} with zeros), {#file} (a digest), {{ and }}
  type        text, number, boolean, date, list, json; left out: not converted. Fields are texts, occurred_at is a
              date. A number that becomes a text keeps its digits; an object or a list that becomes a text is its JSON
  list        objects, or a text with their JSON; fields: {"sku": "text", "price": "number"}
  date        format iso (default), unix, unix_ms, or a pattern of yyyy MM M MMM dd d HH H hh h a mm ss SSS XXX and
              'text'; timezone for times without an offset; clock_change for local times that occurred twice or never:
              compatible (default: the first; after the gap), earlier, later, reject. A pattern without XXX needs a
              timezone
  number      decimal "." or ",", without separators of thousands
  boolean     true and false: lists of texts. Default: true t yes y 1, false f no n 0
  empty       default (a value), or if_empty: skip (default; for occurred_at refuse), keep (an empty text), refuse.
              A template is empty when one of its columns is`;

export const EVENTS_HELP = `
Without --map a row is an event as the API takes it; in CSV and Parquet a column is a field, properties.amount a
property, and the texts of CSV get the definition's types.

${AGAIN}

An event without an id gets one: 24 digits of a digest of the file's content (without its compression) and of the
event's definition, and its line: 0f3a…-0000000042. The same file has the same ids, so that no repetition doubles an
event. A file that has grown is another content with other ids: import new lines as a file of their own, or map ids
(without {#file}). Map ids also where two mappings create two events of one definition from one line.

Scopes of the key: events:write; profiles:write for --create-profiles; events:read for --define and for CSV without a
mapping.

A mapping:

  {
    "id":            { "template": "{InvoiceNo}-{#row:6}" },
    "definition_id": { "constant": "order_line" },
    "person_id":     { "column": "CustomerID", "default": "unknown" },
    "occurred_at":   { "column": "InvoiceDate", "format": "dd.MM.yyyy HH:mm", "timezone": "Europe/London" },
    "properties":    { "Quantity": { "column": "Quantity", "type": "number" },
                       "Description": { "column": "Description", "if_empty": "keep" } }
  }

  fields      id, definition_id, person_id, external_person_id, session_id, company_id, occurred_at, properties
${VALUES}`;

export const PROFILES_HELP = `
Each row is merged into the profile of its person: an empty value changes nothing, and of two values the later one
stays. A row with only an external id gets external- and 24 digits of its digest as person_id. Without --map a row is a
profile as the API takes it; in CSV and Parquet a column is a field, attributes.points an attribute,
identifiers.custom_id an identifier.

${AGAIN}

Scopes of the key: profiles:write; profiles:read for --define and for files without a mapping.

A mapping:

  {
    "external_person_id": { "column": "CustomerID" },
    "identifiers":        { "custom_id": { "template": "crm-{CustomerID}" } },
    "attributes":         { "$email_address": { "column": "Mail" },
                            "points": { "column": "Points", "type": "number" } }
  }

  fields      person_id, external_person_id, company_id, type, identifiers, attributes
${VALUES}`;
