-- When a part of the service that runs by itself was at work last: the sweep writes its row once a minute.
CREATE TABLE heartbeats (
  name TEXT PRIMARY KEY,
  at INTEGER NOT NULL
) WITHOUT ROWID;
