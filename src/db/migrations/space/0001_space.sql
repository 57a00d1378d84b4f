-- A space database: events, profiles and what describes them. Times are epoch milliseconds in UTC.
-- A table names its space by `space_id`; events, touchpoints and reachability_events, which are large, by `space_no`,
-- the number that `sequences` gives each space once and never again.
-- `seq` is the space's own sequence number of a write: an export reads everything as of one number.
-- What changes is kept as versions [seq_from, seq_to); the current version has seq_to null. The index `…_superseded` of
-- such a table finds the versions that no export reads any more.

-- A deleted space's row stays with space_id null, so that no other space gets its number.
CREATE TABLE sequences (
  space_no INTEGER PRIMARY KEY,
  space_id TEXT UNIQUE,
  seq INTEGER NOT NULL
);

-- The guard of a batch: inserting a 0 breaks the check and fails the batch, when what it was based on has changed since.
CREATE TABLE guard (unchanged INTEGER NOT NULL CONSTRAINT guard_changed CHECK (unchanged = 1));

CREATE TABLE events (
  space_no INTEGER NOT NULL,
  occurred_at INTEGER NOT NULL,
  id TEXT NOT NULL,
  seq INTEGER NOT NULL,
  definition_id TEXT NOT NULL,
  definition_version INTEGER NOT NULL,
  person_id TEXT NOT NULL,
  company_id TEXT,
  session_id TEXT,
  received_at INTEGER NOT NULL,
  properties TEXT NOT NULL, -- JSON object, keys in the definition's order; without nulls, which rows show when read
  PRIMARY KEY (space_no, occurred_at, id)
) WITHOUT ROWID;
CREATE UNIQUE INDEX events_by_id ON events (space_no, id);
CREATE INDEX events_by_person ON events (space_no, person_id, occurred_at, id);

CREATE TABLE definitions (
  space_id TEXT NOT NULL,
  id TEXT NOT NULL,
  seq_from INTEGER NOT NULL,
  seq_to INTEGER,
  version INTEGER NOT NULL,
  name TEXT NOT NULL,
  search TEXT NOT NULL, -- id and name in lower case, for searching
  description TEXT,
  section_id TEXT NOT NULL,
  category TEXT NOT NULL,
  enabled INTEGER NOT NULL,
  properties TEXT NOT NULL, -- JSON array
  property_seqs TEXT NOT NULL, -- JSON array: of each property, the sequence number that defined it; 0: built in
  spellings TEXT NOT NULL, -- JSON object: the names of properties and list fields, in lower case → as they are spelled
  attributes TEXT, -- JSON array, of customAttributeChanged: whose changes give events; null: every attribute's
  deleted INTEGER NOT NULL DEFAULT 0, -- 1: of a deleted definition
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (space_id, id, seq_from)
) WITHOUT ROWID;
CREATE UNIQUE INDEX definitions_current ON definitions (space_id, id) WHERE seq_to IS NULL;
-- Events and documents name versions: those of a definition stay readable until it is deleted.
CREATE UNIQUE INDEX definitions_by_version ON definitions (space_id, id, version);
CREATE INDEX definitions_superseded ON definitions (space_id, seq_to) WHERE deleted = 1;

-- Of each definition, the write that had its first event. Retention and erasure delete no row: columns stay.
CREATE TABLE first_events (
  space_id TEXT NOT NULL,
  definition_id TEXT NOT NULL,
  seq INTEGER NOT NULL,
  PRIMARY KEY (space_id, definition_id)
) WITHOUT ROWID;

CREATE TABLE sections (
  space_id TEXT NOT NULL,
  id TEXT NOT NULL,
  name TEXT NOT NULL,
  PRIMARY KEY (space_id, id)
) WITHOUT ROWID;

-- Flows, which events may come from.
CREATE TABLE flows (
  space_id TEXT NOT NULL,
  id TEXT NOT NULL,
  seq_from INTEGER NOT NULL,
  seq_to INTEGER,
  campaign_name TEXT,
  campaign_start INTEGER,
  elements TEXT NOT NULL, -- JSON array of {id, name}, as the API shows it
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (space_id, id, seq_from)
) WITHOUT ROWID;
CREATE UNIQUE INDEX flows_current ON flows (space_id, id) WHERE seq_to IS NULL;
CREATE INDEX flows_superseded ON flows (space_id, seq_to) WHERE seq_to IS NOT NULL;

-- The elements of flows by their own ids. An element's versions are those of its flow.
CREATE TABLE flow_elements (
  space_id TEXT NOT NULL,
  id TEXT NOT NULL,
  flow_id TEXT NOT NULL,
  seq_from INTEGER NOT NULL,
  seq_to INTEGER,
  name TEXT,
  PRIMARY KEY (space_id, id, flow_id, seq_from)
) WITHOUT ROWID;
CREATE INDEX flow_elements_by_flow ON flow_elements (space_id, flow_id) WHERE seq_to IS NULL;
CREATE INDEX flow_elements_superseded ON flow_elements (space_id, seq_to) WHERE seq_to IS NOT NULL;

-- Touchpoints: where people came from. Append-only, as events are.
CREATE TABLE touchpoints (
  space_no INTEGER NOT NULL,
  person_id TEXT NOT NULL,
  kind INTEGER NOT NULL, -- 0 direct, 1 neither direct nor paid, 2 paid: each kind's first and last is found by one seek
  occurred_at INTEGER NOT NULL,
  id TEXT NOT NULL,
  seq INTEGER NOT NULL,
  source TEXT NOT NULL,
  ad_id TEXT,
  adset_id TEXT,
  campaign_id TEXT,
  account_id TEXT,
  received_at INTEGER NOT NULL,
  PRIMARY KEY (space_no, person_id, kind, occurred_at, id)
) WITHOUT ROWID;
CREATE UNIQUE INDEX touchpoints_by_id ON touchpoints (space_no, id);

-- Ads, ad sets, campaigns and accounts. A parent may be named before it exists.
CREATE TABLE ad_objects (
  space_id TEXT NOT NULL,
  level TEXT NOT NULL, -- ad, adset, campaign, account
  id TEXT NOT NULL,
  seq_from INTEGER NOT NULL,
  seq_to INTEGER,
  name TEXT,
  parent_id TEXT, -- an id one level up
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (space_id, level, id, seq_from)
) WITHOUT ROWID;
CREATE UNIQUE INDEX ad_objects_current ON ad_objects (space_id, level, id) WHERE seq_to IS NULL;
CREATE INDEX ad_objects_superseded ON ad_objects (space_id, seq_to) WHERE seq_to IS NOT NULL;

-- Sets and objects are stored in a canonical order: equal values are equal bytes.
CREATE TABLE profiles (
  space_id TEXT NOT NULL,
  person_id TEXT NOT NULL,
  seq_from INTEGER NOT NULL,
  seq_to INTEGER,
  external_person_id TEXT,
  company_id TEXT,
  type TEXT,
  identifiers TEXT NOT NULL, -- JSON object
  custom_id TEXT GENERATED ALWAYS AS (identifiers ->> 'custom_id') VIRTUAL,
  attributes TEXT NOT NULL, -- JSON object
  tags TEXT NOT NULL DEFAULT '[]', -- JSON array of ids, sorted
  installations TEXT NOT NULL DEFAULT '[]', -- JSON array of objects, sorted by installation_id
  topics TEXT NOT NULL DEFAULT '{}', -- JSON object: topic → channel → consent
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (space_id, person_id, seq_from)
) WITHOUT ROWID;
CREATE UNIQUE INDEX profiles_current ON profiles (space_id, person_id) WHERE seq_to IS NULL;
CREATE INDEX profiles_superseded ON profiles (space_id, seq_to) WHERE seq_to IS NOT NULL;
CREATE UNIQUE INDEX profiles_by_external_id ON profiles (space_id, external_person_id) WHERE seq_to IS NULL AND external_person_id IS NOT NULL;
CREATE UNIQUE INDEX profiles_by_custom_id ON profiles (space_id, custom_id) WHERE seq_to IS NULL AND custom_id IS NOT NULL;
-- A company's people, whose touchpoints are one journey at the level of companies; a covering index.
CREATE INDEX profiles_by_company ON profiles (space_id, company_id, person_id, seq_from, seq_to) WHERE company_id IS NOT NULL;

-- People who were merged into others: in [seq_from, seq_to) the rows of `person_id` are rows of `into_id`, whose own are
-- never merged at the time. So a chain is flat: when `into_id` is merged too, this version ends and another begins.
CREATE TABLE merges (
  space_id TEXT NOT NULL,
  person_id TEXT NOT NULL,
  seq_from INTEGER NOT NULL,
  seq_to INTEGER,
  into_id TEXT NOT NULL,
  came_along TEXT NOT NULL, -- JSON object: what the other profile got of this one's
  PRIMARY KEY (space_id, person_id, seq_from)
) WITHOUT ROWID;
CREATE UNIQUE INDEX merges_current ON merges (space_id, person_id) WHERE seq_to IS NULL;
CREATE INDEX merges_superseded ON merges (space_id, seq_to) WHERE seq_to IS NOT NULL;
-- Whose rows belong to a person; a covering index.
CREATE INDEX merges_by_into ON merges (space_id, into_id, person_id, seq_from, seq_to);

-- External ids and custom ids of merged people that the other profile had of its own: each still names that profile,
-- unless a current profile has the id. Not versioned.
CREATE TABLE merged_ids (
  space_id TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('external_person_id', 'custom_id')),
  id TEXT NOT NULL,
  person_id TEXT NOT NULL, -- of the merged person
  PRIMARY KEY (space_id, kind, id)
) WITHOUT ROWID;
CREATE INDEX merged_ids_by_person ON merged_ids (space_id, person_id);

-- Names that profiles have or had: who asks for any other is told so. Not versioned.
CREATE TABLE profile_names (
  space_id TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('attribute', 'identifier', 'tag')),
  name TEXT NOT NULL,
  PRIMARY KEY (space_id, kind, name)
) WITHOUT ROWID;

-- Definitions of profiles' attributes, tags and topics.
CREATE TABLE profile_definitions (
  space_id TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('attribute', 'tag', 'topic')),
  id TEXT NOT NULL,
  seq_from INTEGER NOT NULL,
  seq_to INTEGER,
  section_id TEXT NOT NULL,
  name TEXT NOT NULL,
  search TEXT NOT NULL, -- id and name in lower case, for searching
  type TEXT, -- of an attribute
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (space_id, kind, id, seq_from)
) WITHOUT ROWID;
CREATE UNIQUE INDEX profile_definitions_current ON profile_definitions (space_id, kind, id) WHERE seq_to IS NULL;
CREATE INDEX profile_definitions_superseded ON profile_definitions (space_id, seq_to) WHERE seq_to IS NOT NULL;
CREATE INDEX profile_definitions_by_seq ON profile_definitions (space_id, kind, seq_from);

-- The types of the values that attributes have had, without native ones.
CREATE TABLE attribute_value_types (
  space_id TEXT NOT NULL,
  folded TEXT NOT NULL, -- the attribute's name in lower case
  attribute TEXT NOT NULL,
  type TEXT NOT NULL, -- text, boolean, number, or date: a text with a date
  seq INTEGER NOT NULL,
  PRIMARY KEY (space_id, folded, attribute, type)
) WITHOUT ROWID;

-- Tombstones of deleted people. Their rows go in the background; the tombstone stays. The profile of a merged person
-- has one too: its rows stay, and it is completed from the start.
CREATE TABLE profile_deletions (
  space_id TEXT NOT NULL,
  id TEXT NOT NULL,
  person_id TEXT NOT NULL,
  external_person_id TEXT,
  seq INTEGER NOT NULL, -- writes up to this number are deleted; later ones are of a new profile
  requested_at INTEGER NOT NULL,
  due_at INTEGER NOT NULL, -- when erasure continues
  completed_at INTEGER,
  is_merge INTEGER NOT NULL DEFAULT 0,
  deleted TEXT NOT NULL DEFAULT '{}', -- JSON object: table → number of its deleted rows
  erased TEXT NOT NULL DEFAULT '{}', -- JSON object: table → [from, to], the keys between which the last slice erased
  PRIMARY KEY (space_id, id)
) WITHOUT ROWID;
CREATE INDEX profile_deletions_pending_by_age ON profile_deletions (space_id, requested_at DESC, id DESC) WHERE completed_at IS NULL;
CREATE INDEX profile_deletions_completed_by_age ON profile_deletions (space_id, requested_at DESC, id DESC) WHERE completed_at IS NOT NULL AND is_merge = 0;
CREATE INDEX profile_deletions_by_seq ON profile_deletions (space_id, seq, id);
CREATE INDEX profile_deletions_pending ON profile_deletions (space_id, person_id, seq) WHERE completed_at IS NULL;
CREATE INDEX profile_deletions_pending_by_seq ON profile_deletions (space_id, seq) WHERE completed_at IS NULL;
CREATE INDEX profile_deletions_begun ON profile_deletions (space_id, seq) WHERE deleted <> '{}';
CREATE INDEX profile_deletions_due ON profile_deletions (due_at) WHERE completed_at IS NULL;

CREATE TABLE segments (
  space_id TEXT NOT NULL,
  id TEXT NOT NULL,
  seq_from INTEGER NOT NULL,
  seq_to INTEGER,
  name TEXT NOT NULL,
  rule TEXT NOT NULL, -- JSON object, as it was sent
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (space_id, id, seq_from)
) WITHOUT ROWID;
CREATE UNIQUE INDEX segments_current ON segments (space_id, id) WHERE seq_to IS NULL;
CREATE INDEX segments_superseded ON segments (space_id, seq_to) WHERE seq_to IS NOT NULL;

-- Changes of a profile's reachability on a channel. Append-only, as events are.
CREATE TABLE reachability_events (
  space_no INTEGER NOT NULL,
  occurred_at INTEGER NOT NULL,
  id TEXT NOT NULL,
  seq INTEGER NOT NULL,
  person_id TEXT NOT NULL,
  channel TEXT NOT NULL, -- SMS, EMAIL or PUSH
  installation_id TEXT, -- PUSH only
  received_at INTEGER NOT NULL,
  event TEXT NOT NULL, -- JSON object: its reasons, then the channel's state of the profile, keys in a fixed order
  PRIMARY KEY (space_no, occurred_at, id)
) WITHOUT ROWID;
CREATE UNIQUE INDEX reachability_events_by_id ON reachability_events (space_no, id);
CREATE INDEX reachability_events_by_person ON reachability_events (space_no, person_id);
