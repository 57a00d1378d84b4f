-- The bytes of the space's own database as they were noted last, and when they are noted next. A space in a database
-- that spaces share keeps 0.
ALTER TABLE spaces ADD COLUMN bytes INTEGER NOT NULL DEFAULT 0;
ALTER TABLE spaces ADD COLUMN bytes_due_at INTEGER NOT NULL DEFAULT 0;

-- The spaces of a home by their size. It also counts them.
CREATE INDEX spaces_by_size ON spaces (home, bytes) WHERE status <> 'deleting';
-- contract: no version has a statement that names spaces_by_home.
DROP INDEX spaces_by_home;

-- When each home that spaces share is measured next.
CREATE TABLE home_checks (
  home TEXT PRIMARY KEY,
  due_at INTEGER NOT NULL
) WITHOUT ROWID;
