-- Times are epoch milliseconds in UTC. seq is the space's own sequence of writes: an export reads what stood at one number.

CREATE TABLE sequences (space_id TEXT PRIMARY KEY, seq INTEGER NOT NULL) WITHOUT ROWID;

-- A batch inserts a row here that breaks the check when what it looked at has moved meanwhile; then nothing of it holds.
CREATE TABLE guard (stands INTEGER NOT NULL CONSTRAINT guard_moved CHECK (stands = 1));

CREATE TABLE events (
  space_id TEXT NOT NULL,
  occurred_at INTEGER NOT NULL,
  id TEXT NOT NULL,
  seq INTEGER NOT NULL,
  definition_id TEXT NOT NULL,
  definition_version INTEGER NOT NULL,
  person_id TEXT NOT NULL,
  company_id TEXT,
  session_id TEXT,
  received_at INTEGER NOT NULL,
  properties TEXT NOT NULL, -- JSON object, keys in the definition's order, absent ones null
  PRIMARY KEY (space_id, occurred_at, id)
) WITHOUT ROWID;
CREATE UNIQUE INDEX events_by_id ON events (space_id, id);
CREATE INDEX events_by_person ON events (space_id, person_id, occurred_at, id);

-- Versions [seq_from, seq_to); the one that stands has seq_to null.
CREATE TABLE definitions (
  space_id TEXT NOT NULL,
  id TEXT NOT NULL,
  seq_from INTEGER NOT NULL,
  seq_to INTEGER,
  version INTEGER NOT NULL,
  name TEXT NOT NULL,
  search TEXT NOT NULL, -- id and name in lower case, for looking up
  description TEXT,
  section_id TEXT NOT NULL,
  category TEXT NOT NULL,
  enabled INTEGER NOT NULL,
  properties TEXT NOT NULL, -- JSON array
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (space_id, id, seq_from)
) WITHOUT ROWID;
CREATE UNIQUE INDEX definitions_current ON definitions (space_id, id) WHERE seq_to IS NULL;

CREATE TABLE sections (
  space_id TEXT NOT NULL,
  id TEXT NOT NULL,
  name TEXT NOT NULL,
  PRIMARY KEY (space_id, id)
) WITHOUT ROWID;

CREATE TABLE profiles (
  space_id TEXT NOT NULL,
  person_id TEXT NOT NULL,
  seq_from INTEGER NOT NULL,
  seq_to INTEGER,
  external_person_id TEXT,
  company_id TEXT,
  type TEXT,
  identifiers TEXT NOT NULL, -- JSON object
  attributes TEXT NOT NULL, -- JSON object
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (space_id, person_id, seq_from)
) WITHOUT ROWID;
CREATE UNIQUE INDEX profiles_current ON profiles (space_id, person_id) WHERE seq_to IS NULL;
CREATE UNIQUE INDEX profiles_by_external_id ON profiles (space_id, external_person_id) WHERE seq_to IS NULL AND external_person_id IS NOT NULL;
