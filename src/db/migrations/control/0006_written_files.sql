-- Results whose files are cut while they are written, whose records give several rows or none, and that go on after another.

ALTER TABLE exports ADD COLUMN rows_vary INTEGER NOT NULL DEFAULT 0; -- 1: a record may give several rows, or none
ALTER TABLE exports ADD COLUMN files_vary INTEGER NOT NULL DEFAULT 0; -- 1: how many files there are is known at the end
ALTER TABLE exports ADD COLUMN since TEXT; -- JSON {seq, end}: what an earlier export had is left out; null: nothing is
ALTER TABLE chunks ADD COLUMN summary TEXT; -- JSON: what the dataset sums up over its rows
ALTER TABLE files ADD COLUMN first_time INTEGER; -- of a file that is one of several of a chunk: the keys of its first and last row
ALTER TABLE files ADD COLUMN first_id TEXT;
ALTER TABLE files ADD COLUMN last_time INTEGER;
ALTER TABLE files ADD COLUMN last_id TEXT;
