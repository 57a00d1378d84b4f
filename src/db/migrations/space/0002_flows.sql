-- The flows that events may come from, and their elements, each as versions [seq_from, seq_to); what stands has seq_to null.

CREATE TABLE flows (
  space_id TEXT NOT NULL,
  id TEXT NOT NULL,
  seq_from INTEGER NOT NULL,
  seq_to INTEGER,
  campaign_name TEXT,
  campaign_start INTEGER,
  elements TEXT NOT NULL, -- JSON array of {id, name}, as it is shown
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (space_id, id, seq_from)
) WITHOUT ROWID;
CREATE UNIQUE INDEX flows_current ON flows (space_id, id) WHERE seq_to IS NULL;

-- The same elements, to be found by their own id. An element's versions are those of its flow.
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
