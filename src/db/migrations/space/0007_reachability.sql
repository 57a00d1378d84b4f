-- Changes of profiles' reachability on a channel: written once, with the number of their write.

CREATE TABLE reachability_events (
  space_id TEXT NOT NULL,
  occurred_at INTEGER NOT NULL,
  id TEXT NOT NULL,
  seq INTEGER NOT NULL,
  person_id TEXT NOT NULL,
  channel TEXT NOT NULL, -- SMS, EMAIL or PUSH
  installation_id TEXT, -- of PUSH alone
  received_at INTEGER NOT NULL,
  event TEXT NOT NULL, -- JSON object: its reasons, then what its channel tells of the profile, each key in a fixed order
  PRIMARY KEY (space_id, occurred_at, id)
) WITHOUT ROWID;
CREATE UNIQUE INDEX reachability_events_by_id ON reachability_events (space_id, id);
CREATE INDEX reachability_events_by_person ON reachability_events (space_id, person_id);
