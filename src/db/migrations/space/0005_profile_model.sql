-- Which topics a person is told of, and how: versioned with the profile.
ALTER TABLE profiles ADD COLUMN topics TEXT NOT NULL DEFAULT '{}'; -- JSON object: topic → channel → consent

-- What profiles' attributes, tags and topics are, as versions [seq_from, seq_to); what stands has seq_to null.
CREATE TABLE profile_definitions (
  space_id TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('attribute', 'tag', 'topic')),
  id TEXT NOT NULL,
  seq_from INTEGER NOT NULL,
  seq_to INTEGER,
  section_id TEXT NOT NULL,
  name TEXT NOT NULL,
  search TEXT NOT NULL, -- id and name in lower case, for looking up
  type TEXT, -- of an attribute
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (space_id, kind, id, seq_from)
) WITHOUT ROWID;
CREATE UNIQUE INDEX profile_definitions_current ON profile_definitions (space_id, kind, id) WHERE seq_to IS NULL;
CREATE INDEX profile_definitions_by_seq ON profile_definitions (space_id, kind, seq_from);

-- People who were deleted, for good: what they left behind goes in the background, this stays.
CREATE TABLE deletions (
  space_id TEXT NOT NULL,
  id TEXT NOT NULL,
  person_id TEXT NOT NULL,
  external_person_id TEXT,
  seq INTEGER NOT NULL, -- what was written up to here is deleted; what comes later is of a new profile
  requested_at INTEGER NOT NULL,
  due_at INTEGER NOT NULL, -- when the sweep looks after it again
  completed_at INTEGER,
  deleted TEXT NOT NULL DEFAULT '{}', -- JSON object: table → how many of its rows are gone
  PRIMARY KEY (space_id, id)
) WITHOUT ROWID;
CREATE INDEX deletions_by_age ON deletions (space_id, requested_at DESC, id DESC);
CREATE INDEX deletions_by_seq ON deletions (space_id, seq, id);
CREATE INDEX deletions_pending ON deletions (space_id, person_id, seq) WHERE completed_at IS NULL;
CREATE INDEX deletions_due ON deletions (due_at) WHERE completed_at IS NULL;
