-- The home that has the space's data (src/db/core/homes.ts).
ALTER TABLE spaces ADD COLUMN home TEXT NOT NULL DEFAULT 'd1:SPACE_DB';
CREATE INDEX spaces_by_home ON spaces (home) WHERE status <> 'deleting';

-- When the sweep looks next for deleted people of the space whose rows are to be erased; null: there are none.
ALTER TABLE spaces ADD COLUMN erasure_due_at INTEGER;
-- When a person of the space was deleted last.
ALTER TABLE spaces ADD COLUMN erasure_asked_at INTEGER NOT NULL DEFAULT 0;
-- Every space is looked at now, and once more in a day: until then, a Worker from before this column may delete people.
UPDATE spaces SET erasure_due_at = 0, erasure_asked_at = 1000 * (unixepoch() + 86400);
CREATE INDEX spaces_by_erasure ON spaces (erasure_due_at) WHERE erasure_due_at IS NOT NULL AND status <> 'deleting';
