-- Segments, as versions [seq_from, seq_to); what stands has seq_to null.

CREATE TABLE segments (
  space_id TEXT NOT NULL,
  id TEXT NOT NULL,
  seq_from INTEGER NOT NULL,
  seq_to INTEGER,
  name TEXT NOT NULL,
  rule TEXT NOT NULL, -- JSON object, as it was put
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (space_id, id, seq_from)
) WITHOUT ROWID;
CREATE UNIQUE INDEX segments_current ON segments (space_id, id) WHERE seq_to IS NULL;
