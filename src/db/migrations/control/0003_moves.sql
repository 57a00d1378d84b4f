-- The newest move of each space to another home (src/db/moves/moves.ts). Times are epoch milliseconds in UTC.
CREATE TABLE moves (
  space_id TEXT PRIMARY KEY,
  number INTEGER NOT NULL, -- of the space's moves it is this one, from 1
  from_home TEXT NOT NULL,
  to_home TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('copying', 'switching', 'cleaning', 'undoing', 'completed', 'canceled', 'failed')),
  epoch INTEGER NOT NULL DEFAULT 0, -- of its attempts to switch it is in this one, or ended this one last
  copied_rows INTEGER NOT NULL DEFAULT 0,
  compared_rows INTEGER NOT NULL DEFAULT 0,
  started_at INTEGER NOT NULL,
  switching_at INTEGER, -- from then on no isolate keeps the space's home
  switched_at INTEGER, -- when the space got its new home
  ended_at INTEGER,
  error TEXT, -- public: why it failed
  due_at INTEGER -- when a slice goes on with it; null: it has nothing left to do
) WITHOUT ROWID;
CREATE INDEX moves_due ON moves (due_at) WHERE due_at IS NOT NULL;
