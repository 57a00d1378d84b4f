-- A space moves to another home while it is used (src/db/moves). Its old home logs which rows change from then on.

-- Spaces that move out of this database. `copying`: changes of their rows are logged. `frozen`: no row can change, and a
-- write fails with `space_frozen`. `deleting`: the space is in its new home, and its rows here can only be deleted.
CREATE TABLE moves_out (
  space_id TEXT PRIMARY KEY,
  space_no INTEGER NOT NULL UNIQUE,
  number INTEGER NOT NULL, -- of the space's moves it is this one
  epoch INTEGER NOT NULL, -- of the move's attempts to switch homes, the last that froze the space, or gave that up
  state TEXT NOT NULL CHECK (state IN ('copying', 'frozen', 'deleting')),
  frozen_at INTEGER
) WITHOUT ROWID;

-- The keys of rows that changed while their space was being copied, in the order of their changes. A move remembers up
-- to which number it has read: its entries stay until it has ended, so that no number comes twice.
CREATE TABLE move_log (
  n INTEGER PRIMARY KEY,
  space_id TEXT NOT NULL,
  table_name TEXT NOT NULL,
  key TEXT NOT NULL -- JSON array: the row's primary key, without the space
);
CREATE INDEX move_log_by_space ON move_log (space_id);

-- Spaces that move into this database: how far they have come, written in the transaction of the rows.
CREATE TABLE moves_in (
  space_id TEXT PRIMARY KEY,
  number INTEGER NOT NULL,
  version INTEGER NOT NULL, -- every step takes the next one: a step that began from an older one fails
  progress TEXT NOT NULL -- JSON, as src/db/moves/progress.ts has it
) WITHOUT ROWID;

-- A space's copy may be in its database before it has switched, and after: people are erased by space, and no longer
-- by database.
CREATE INDEX profile_deletions_due_by_space ON profile_deletions (space_id, due_at) WHERE completed_at IS NULL;

-- The first statement of a write takes the space's next sequence number.
-- contract: it raises for a space that moves alone, and no code before this migration moves spaces
CREATE TRIGGER moves_sequences_insert AFTER INSERT ON sequences
WHEN EXISTS (SELECT 1 FROM moves_out WHERE space_id = NEW.space_id AND state <> 'copying') BEGIN
  SELECT RAISE(ABORT, 'space_frozen');
END;
-- contract: it raises for a space that moves alone, and no code before this migration moves spaces
CREATE TRIGGER moves_sequences_update AFTER UPDATE ON sequences
WHEN EXISTS (SELECT 1 FROM moves_out WHERE space_id = NEW.space_id AND state <> 'copying') BEGIN
  SELECT RAISE(ABORT, 'space_frozen');
END;

-- Three triggers for each table with rows of spaces. Where no space moves, each costs a look into an empty table.

-- contract: it raises for a space that moves alone, and no code before this migration moves spaces
CREATE TRIGGER moves_events_insert AFTER INSERT ON events
WHEN EXISTS (SELECT 1 FROM moves_out WHERE space_no = NEW.space_no) BEGIN
  SELECT RAISE(ABORT, 'space_frozen') FROM moves_out WHERE space_no = NEW.space_no AND state <> 'copying';
  INSERT INTO move_log (space_id, table_name, key)
    SELECT space_id, 'events', json_array(NEW.occurred_at, NEW.id)
    FROM moves_out WHERE space_no = NEW.space_no AND state = 'copying';
END;
-- contract: it raises for a space that moves alone, and no code before this migration moves spaces
CREATE TRIGGER moves_events_update AFTER UPDATE ON events
WHEN EXISTS (SELECT 1 FROM moves_out WHERE space_no = NEW.space_no) BEGIN
  SELECT RAISE(ABORT, 'space_frozen') FROM moves_out WHERE space_no = NEW.space_no AND state <> 'copying';
  INSERT INTO move_log (space_id, table_name, key)
    SELECT space_id, 'events', json_array(NEW.occurred_at, NEW.id)
    FROM moves_out WHERE space_no = NEW.space_no AND state = 'copying'
    UNION
    SELECT space_id, 'events', json_array(OLD.occurred_at, OLD.id)
    FROM moves_out WHERE space_no = OLD.space_no AND state = 'copying';
END;
-- contract: it raises for a space that moves alone, and no code before this migration moves spaces
CREATE TRIGGER moves_events_delete AFTER DELETE ON events
WHEN EXISTS (SELECT 1 FROM moves_out WHERE space_no = OLD.space_no) BEGIN
  SELECT RAISE(ABORT, 'space_frozen') FROM moves_out WHERE space_no = OLD.space_no AND state = 'frozen';
  INSERT INTO move_log (space_id, table_name, key)
    SELECT space_id, 'events', json_array(OLD.occurred_at, OLD.id)
    FROM moves_out WHERE space_no = OLD.space_no AND state = 'copying';
END;

-- contract: it raises for a space that moves alone, and no code before this migration moves spaces
CREATE TRIGGER moves_definitions_insert AFTER INSERT ON definitions
WHEN EXISTS (SELECT 1 FROM moves_out WHERE space_id = NEW.space_id) BEGIN
  SELECT RAISE(ABORT, 'space_frozen') FROM moves_out WHERE space_id = NEW.space_id AND state <> 'copying';
  INSERT INTO move_log (space_id, table_name, key)
    SELECT space_id, 'definitions', json_array(NEW.id, NEW.seq_from)
    FROM moves_out WHERE space_id = NEW.space_id AND state = 'copying';
END;
-- contract: it raises for a space that moves alone, and no code before this migration moves spaces
CREATE TRIGGER moves_definitions_update AFTER UPDATE ON definitions
WHEN EXISTS (SELECT 1 FROM moves_out WHERE space_id = NEW.space_id) BEGIN
  SELECT RAISE(ABORT, 'space_frozen') FROM moves_out WHERE space_id = NEW.space_id AND state <> 'copying';
  INSERT INTO move_log (space_id, table_name, key)
    SELECT space_id, 'definitions', json_array(NEW.id, NEW.seq_from)
    FROM moves_out WHERE space_id = NEW.space_id AND state = 'copying'
    UNION
    SELECT space_id, 'definitions', json_array(OLD.id, OLD.seq_from)
    FROM moves_out WHERE space_id = OLD.space_id AND state = 'copying';
END;
-- contract: it raises for a space that moves alone, and no code before this migration moves spaces
CREATE TRIGGER moves_definitions_delete AFTER DELETE ON definitions
WHEN EXISTS (SELECT 1 FROM moves_out WHERE space_id = OLD.space_id) BEGIN
  SELECT RAISE(ABORT, 'space_frozen') FROM moves_out WHERE space_id = OLD.space_id AND state = 'frozen';
  INSERT INTO move_log (space_id, table_name, key)
    SELECT space_id, 'definitions', json_array(OLD.id, OLD.seq_from)
    FROM moves_out WHERE space_id = OLD.space_id AND state = 'copying';
END;

-- contract: it raises for a space that moves alone, and no code before this migration moves spaces
CREATE TRIGGER moves_first_events_insert AFTER INSERT ON first_events
WHEN EXISTS (SELECT 1 FROM moves_out WHERE space_id = NEW.space_id) BEGIN
  SELECT RAISE(ABORT, 'space_frozen') FROM moves_out WHERE space_id = NEW.space_id AND state <> 'copying';
  INSERT INTO move_log (space_id, table_name, key)
    SELECT space_id, 'first_events', json_array(NEW.definition_id)
    FROM moves_out WHERE space_id = NEW.space_id AND state = 'copying';
END;
-- contract: it raises for a space that moves alone, and no code before this migration moves spaces
CREATE TRIGGER moves_first_events_update AFTER UPDATE ON first_events
WHEN EXISTS (SELECT 1 FROM moves_out WHERE space_id = NEW.space_id) BEGIN
  SELECT RAISE(ABORT, 'space_frozen') FROM moves_out WHERE space_id = NEW.space_id AND state <> 'copying';
  INSERT INTO move_log (space_id, table_name, key)
    SELECT space_id, 'first_events', json_array(NEW.definition_id)
    FROM moves_out WHERE space_id = NEW.space_id AND state = 'copying'
    UNION
    SELECT space_id, 'first_events', json_array(OLD.definition_id)
    FROM moves_out WHERE space_id = OLD.space_id AND state = 'copying';
END;
-- contract: it raises for a space that moves alone, and no code before this migration moves spaces
CREATE TRIGGER moves_first_events_delete AFTER DELETE ON first_events
WHEN EXISTS (SELECT 1 FROM moves_out WHERE space_id = OLD.space_id) BEGIN
  SELECT RAISE(ABORT, 'space_frozen') FROM moves_out WHERE space_id = OLD.space_id AND state = 'frozen';
  INSERT INTO move_log (space_id, table_name, key)
    SELECT space_id, 'first_events', json_array(OLD.definition_id)
    FROM moves_out WHERE space_id = OLD.space_id AND state = 'copying';
END;

-- contract: it raises for a space that moves alone, and no code before this migration moves spaces
CREATE TRIGGER moves_sections_insert AFTER INSERT ON sections
WHEN EXISTS (SELECT 1 FROM moves_out WHERE space_id = NEW.space_id) BEGIN
  SELECT RAISE(ABORT, 'space_frozen') FROM moves_out WHERE space_id = NEW.space_id AND state <> 'copying';
  INSERT INTO move_log (space_id, table_name, key)
    SELECT space_id, 'sections', json_array(NEW.id)
    FROM moves_out WHERE space_id = NEW.space_id AND state = 'copying';
END;
-- contract: it raises for a space that moves alone, and no code before this migration moves spaces
CREATE TRIGGER moves_sections_update AFTER UPDATE ON sections
WHEN EXISTS (SELECT 1 FROM moves_out WHERE space_id = NEW.space_id) BEGIN
  SELECT RAISE(ABORT, 'space_frozen') FROM moves_out WHERE space_id = NEW.space_id AND state <> 'copying';
  INSERT INTO move_log (space_id, table_name, key)
    SELECT space_id, 'sections', json_array(NEW.id)
    FROM moves_out WHERE space_id = NEW.space_id AND state = 'copying'
    UNION
    SELECT space_id, 'sections', json_array(OLD.id)
    FROM moves_out WHERE space_id = OLD.space_id AND state = 'copying';
END;
-- contract: it raises for a space that moves alone, and no code before this migration moves spaces
CREATE TRIGGER moves_sections_delete AFTER DELETE ON sections
WHEN EXISTS (SELECT 1 FROM moves_out WHERE space_id = OLD.space_id) BEGIN
  SELECT RAISE(ABORT, 'space_frozen') FROM moves_out WHERE space_id = OLD.space_id AND state = 'frozen';
  INSERT INTO move_log (space_id, table_name, key)
    SELECT space_id, 'sections', json_array(OLD.id)
    FROM moves_out WHERE space_id = OLD.space_id AND state = 'copying';
END;

-- contract: it raises for a space that moves alone, and no code before this migration moves spaces
CREATE TRIGGER moves_flows_insert AFTER INSERT ON flows
WHEN EXISTS (SELECT 1 FROM moves_out WHERE space_id = NEW.space_id) BEGIN
  SELECT RAISE(ABORT, 'space_frozen') FROM moves_out WHERE space_id = NEW.space_id AND state <> 'copying';
  INSERT INTO move_log (space_id, table_name, key)
    SELECT space_id, 'flows', json_array(NEW.id, NEW.seq_from)
    FROM moves_out WHERE space_id = NEW.space_id AND state = 'copying';
END;
-- contract: it raises for a space that moves alone, and no code before this migration moves spaces
CREATE TRIGGER moves_flows_update AFTER UPDATE ON flows
WHEN EXISTS (SELECT 1 FROM moves_out WHERE space_id = NEW.space_id) BEGIN
  SELECT RAISE(ABORT, 'space_frozen') FROM moves_out WHERE space_id = NEW.space_id AND state <> 'copying';
  INSERT INTO move_log (space_id, table_name, key)
    SELECT space_id, 'flows', json_array(NEW.id, NEW.seq_from)
    FROM moves_out WHERE space_id = NEW.space_id AND state = 'copying'
    UNION
    SELECT space_id, 'flows', json_array(OLD.id, OLD.seq_from)
    FROM moves_out WHERE space_id = OLD.space_id AND state = 'copying';
END;
-- contract: it raises for a space that moves alone, and no code before this migration moves spaces
CREATE TRIGGER moves_flows_delete AFTER DELETE ON flows
WHEN EXISTS (SELECT 1 FROM moves_out WHERE space_id = OLD.space_id) BEGIN
  SELECT RAISE(ABORT, 'space_frozen') FROM moves_out WHERE space_id = OLD.space_id AND state = 'frozen';
  INSERT INTO move_log (space_id, table_name, key)
    SELECT space_id, 'flows', json_array(OLD.id, OLD.seq_from)
    FROM moves_out WHERE space_id = OLD.space_id AND state = 'copying';
END;

-- contract: it raises for a space that moves alone, and no code before this migration moves spaces
CREATE TRIGGER moves_flow_elements_insert AFTER INSERT ON flow_elements
WHEN EXISTS (SELECT 1 FROM moves_out WHERE space_id = NEW.space_id) BEGIN
  SELECT RAISE(ABORT, 'space_frozen') FROM moves_out WHERE space_id = NEW.space_id AND state <> 'copying';
  INSERT INTO move_log (space_id, table_name, key)
    SELECT space_id, 'flow_elements', json_array(NEW.id, NEW.flow_id, NEW.seq_from)
    FROM moves_out WHERE space_id = NEW.space_id AND state = 'copying';
END;
-- contract: it raises for a space that moves alone, and no code before this migration moves spaces
CREATE TRIGGER moves_flow_elements_update AFTER UPDATE ON flow_elements
WHEN EXISTS (SELECT 1 FROM moves_out WHERE space_id = NEW.space_id) BEGIN
  SELECT RAISE(ABORT, 'space_frozen') FROM moves_out WHERE space_id = NEW.space_id AND state <> 'copying';
  INSERT INTO move_log (space_id, table_name, key)
    SELECT space_id, 'flow_elements', json_array(NEW.id, NEW.flow_id, NEW.seq_from)
    FROM moves_out WHERE space_id = NEW.space_id AND state = 'copying'
    UNION
    SELECT space_id, 'flow_elements', json_array(OLD.id, OLD.flow_id, OLD.seq_from)
    FROM moves_out WHERE space_id = OLD.space_id AND state = 'copying';
END;
-- contract: it raises for a space that moves alone, and no code before this migration moves spaces
CREATE TRIGGER moves_flow_elements_delete AFTER DELETE ON flow_elements
WHEN EXISTS (SELECT 1 FROM moves_out WHERE space_id = OLD.space_id) BEGIN
  SELECT RAISE(ABORT, 'space_frozen') FROM moves_out WHERE space_id = OLD.space_id AND state = 'frozen';
  INSERT INTO move_log (space_id, table_name, key)
    SELECT space_id, 'flow_elements', json_array(OLD.id, OLD.flow_id, OLD.seq_from)
    FROM moves_out WHERE space_id = OLD.space_id AND state = 'copying';
END;

-- contract: it raises for a space that moves alone, and no code before this migration moves spaces
CREATE TRIGGER moves_touchpoints_insert AFTER INSERT ON touchpoints
WHEN EXISTS (SELECT 1 FROM moves_out WHERE space_no = NEW.space_no) BEGIN
  SELECT RAISE(ABORT, 'space_frozen') FROM moves_out WHERE space_no = NEW.space_no AND state <> 'copying';
  INSERT INTO move_log (space_id, table_name, key)
    SELECT space_id, 'touchpoints', json_array(NEW.person_id, NEW.kind, NEW.occurred_at, NEW.id)
    FROM moves_out WHERE space_no = NEW.space_no AND state = 'copying';
END;
-- contract: it raises for a space that moves alone, and no code before this migration moves spaces
CREATE TRIGGER moves_touchpoints_update AFTER UPDATE ON touchpoints
WHEN EXISTS (SELECT 1 FROM moves_out WHERE space_no = NEW.space_no) BEGIN
  SELECT RAISE(ABORT, 'space_frozen') FROM moves_out WHERE space_no = NEW.space_no AND state <> 'copying';
  INSERT INTO move_log (space_id, table_name, key)
    SELECT space_id, 'touchpoints', json_array(NEW.person_id, NEW.kind, NEW.occurred_at, NEW.id)
    FROM moves_out WHERE space_no = NEW.space_no AND state = 'copying'
    UNION
    SELECT space_id, 'touchpoints', json_array(OLD.person_id, OLD.kind, OLD.occurred_at, OLD.id)
    FROM moves_out WHERE space_no = OLD.space_no AND state = 'copying';
END;
-- contract: it raises for a space that moves alone, and no code before this migration moves spaces
CREATE TRIGGER moves_touchpoints_delete AFTER DELETE ON touchpoints
WHEN EXISTS (SELECT 1 FROM moves_out WHERE space_no = OLD.space_no) BEGIN
  SELECT RAISE(ABORT, 'space_frozen') FROM moves_out WHERE space_no = OLD.space_no AND state = 'frozen';
  INSERT INTO move_log (space_id, table_name, key)
    SELECT space_id, 'touchpoints', json_array(OLD.person_id, OLD.kind, OLD.occurred_at, OLD.id)
    FROM moves_out WHERE space_no = OLD.space_no AND state = 'copying';
END;

-- contract: it raises for a space that moves alone, and no code before this migration moves spaces
CREATE TRIGGER moves_ad_objects_insert AFTER INSERT ON ad_objects
WHEN EXISTS (SELECT 1 FROM moves_out WHERE space_id = NEW.space_id) BEGIN
  SELECT RAISE(ABORT, 'space_frozen') FROM moves_out WHERE space_id = NEW.space_id AND state <> 'copying';
  INSERT INTO move_log (space_id, table_name, key)
    SELECT space_id, 'ad_objects', json_array(NEW.level, NEW.id, NEW.seq_from)
    FROM moves_out WHERE space_id = NEW.space_id AND state = 'copying';
END;
-- contract: it raises for a space that moves alone, and no code before this migration moves spaces
CREATE TRIGGER moves_ad_objects_update AFTER UPDATE ON ad_objects
WHEN EXISTS (SELECT 1 FROM moves_out WHERE space_id = NEW.space_id) BEGIN
  SELECT RAISE(ABORT, 'space_frozen') FROM moves_out WHERE space_id = NEW.space_id AND state <> 'copying';
  INSERT INTO move_log (space_id, table_name, key)
    SELECT space_id, 'ad_objects', json_array(NEW.level, NEW.id, NEW.seq_from)
    FROM moves_out WHERE space_id = NEW.space_id AND state = 'copying'
    UNION
    SELECT space_id, 'ad_objects', json_array(OLD.level, OLD.id, OLD.seq_from)
    FROM moves_out WHERE space_id = OLD.space_id AND state = 'copying';
END;
-- contract: it raises for a space that moves alone, and no code before this migration moves spaces
CREATE TRIGGER moves_ad_objects_delete AFTER DELETE ON ad_objects
WHEN EXISTS (SELECT 1 FROM moves_out WHERE space_id = OLD.space_id) BEGIN
  SELECT RAISE(ABORT, 'space_frozen') FROM moves_out WHERE space_id = OLD.space_id AND state = 'frozen';
  INSERT INTO move_log (space_id, table_name, key)
    SELECT space_id, 'ad_objects', json_array(OLD.level, OLD.id, OLD.seq_from)
    FROM moves_out WHERE space_id = OLD.space_id AND state = 'copying';
END;

-- contract: it raises for a space that moves alone, and no code before this migration moves spaces
CREATE TRIGGER moves_profiles_insert AFTER INSERT ON profiles
WHEN EXISTS (SELECT 1 FROM moves_out WHERE space_id = NEW.space_id) BEGIN
  SELECT RAISE(ABORT, 'space_frozen') FROM moves_out WHERE space_id = NEW.space_id AND state <> 'copying';
  INSERT INTO move_log (space_id, table_name, key)
    SELECT space_id, 'profiles', json_array(NEW.person_id, NEW.seq_from)
    FROM moves_out WHERE space_id = NEW.space_id AND state = 'copying';
END;
-- contract: it raises for a space that moves alone, and no code before this migration moves spaces
CREATE TRIGGER moves_profiles_update AFTER UPDATE ON profiles
WHEN EXISTS (SELECT 1 FROM moves_out WHERE space_id = NEW.space_id) BEGIN
  SELECT RAISE(ABORT, 'space_frozen') FROM moves_out WHERE space_id = NEW.space_id AND state <> 'copying';
  INSERT INTO move_log (space_id, table_name, key)
    SELECT space_id, 'profiles', json_array(NEW.person_id, NEW.seq_from)
    FROM moves_out WHERE space_id = NEW.space_id AND state = 'copying'
    UNION
    SELECT space_id, 'profiles', json_array(OLD.person_id, OLD.seq_from)
    FROM moves_out WHERE space_id = OLD.space_id AND state = 'copying';
END;
-- contract: it raises for a space that moves alone, and no code before this migration moves spaces
CREATE TRIGGER moves_profiles_delete AFTER DELETE ON profiles
WHEN EXISTS (SELECT 1 FROM moves_out WHERE space_id = OLD.space_id) BEGIN
  SELECT RAISE(ABORT, 'space_frozen') FROM moves_out WHERE space_id = OLD.space_id AND state = 'frozen';
  INSERT INTO move_log (space_id, table_name, key)
    SELECT space_id, 'profiles', json_array(OLD.person_id, OLD.seq_from)
    FROM moves_out WHERE space_id = OLD.space_id AND state = 'copying';
END;

-- contract: it raises for a space that moves alone, and no code before this migration moves spaces
CREATE TRIGGER moves_merges_insert AFTER INSERT ON merges
WHEN EXISTS (SELECT 1 FROM moves_out WHERE space_id = NEW.space_id) BEGIN
  SELECT RAISE(ABORT, 'space_frozen') FROM moves_out WHERE space_id = NEW.space_id AND state <> 'copying';
  INSERT INTO move_log (space_id, table_name, key)
    SELECT space_id, 'merges', json_array(NEW.person_id, NEW.seq_from)
    FROM moves_out WHERE space_id = NEW.space_id AND state = 'copying';
END;
-- contract: it raises for a space that moves alone, and no code before this migration moves spaces
CREATE TRIGGER moves_merges_update AFTER UPDATE ON merges
WHEN EXISTS (SELECT 1 FROM moves_out WHERE space_id = NEW.space_id) BEGIN
  SELECT RAISE(ABORT, 'space_frozen') FROM moves_out WHERE space_id = NEW.space_id AND state <> 'copying';
  INSERT INTO move_log (space_id, table_name, key)
    SELECT space_id, 'merges', json_array(NEW.person_id, NEW.seq_from)
    FROM moves_out WHERE space_id = NEW.space_id AND state = 'copying'
    UNION
    SELECT space_id, 'merges', json_array(OLD.person_id, OLD.seq_from)
    FROM moves_out WHERE space_id = OLD.space_id AND state = 'copying';
END;
-- contract: it raises for a space that moves alone, and no code before this migration moves spaces
CREATE TRIGGER moves_merges_delete AFTER DELETE ON merges
WHEN EXISTS (SELECT 1 FROM moves_out WHERE space_id = OLD.space_id) BEGIN
  SELECT RAISE(ABORT, 'space_frozen') FROM moves_out WHERE space_id = OLD.space_id AND state = 'frozen';
  INSERT INTO move_log (space_id, table_name, key)
    SELECT space_id, 'merges', json_array(OLD.person_id, OLD.seq_from)
    FROM moves_out WHERE space_id = OLD.space_id AND state = 'copying';
END;

-- contract: it raises for a space that moves alone, and no code before this migration moves spaces
CREATE TRIGGER moves_merged_ids_insert AFTER INSERT ON merged_ids
WHEN EXISTS (SELECT 1 FROM moves_out WHERE space_id = NEW.space_id) BEGIN
  SELECT RAISE(ABORT, 'space_frozen') FROM moves_out WHERE space_id = NEW.space_id AND state <> 'copying';
  INSERT INTO move_log (space_id, table_name, key)
    SELECT space_id, 'merged_ids', json_array(NEW.kind, NEW.id)
    FROM moves_out WHERE space_id = NEW.space_id AND state = 'copying';
END;
-- contract: it raises for a space that moves alone, and no code before this migration moves spaces
CREATE TRIGGER moves_merged_ids_update AFTER UPDATE ON merged_ids
WHEN EXISTS (SELECT 1 FROM moves_out WHERE space_id = NEW.space_id) BEGIN
  SELECT RAISE(ABORT, 'space_frozen') FROM moves_out WHERE space_id = NEW.space_id AND state <> 'copying';
  INSERT INTO move_log (space_id, table_name, key)
    SELECT space_id, 'merged_ids', json_array(NEW.kind, NEW.id)
    FROM moves_out WHERE space_id = NEW.space_id AND state = 'copying'
    UNION
    SELECT space_id, 'merged_ids', json_array(OLD.kind, OLD.id)
    FROM moves_out WHERE space_id = OLD.space_id AND state = 'copying';
END;
-- contract: it raises for a space that moves alone, and no code before this migration moves spaces
CREATE TRIGGER moves_merged_ids_delete AFTER DELETE ON merged_ids
WHEN EXISTS (SELECT 1 FROM moves_out WHERE space_id = OLD.space_id) BEGIN
  SELECT RAISE(ABORT, 'space_frozen') FROM moves_out WHERE space_id = OLD.space_id AND state = 'frozen';
  INSERT INTO move_log (space_id, table_name, key)
    SELECT space_id, 'merged_ids', json_array(OLD.kind, OLD.id)
    FROM moves_out WHERE space_id = OLD.space_id AND state = 'copying';
END;

-- contract: it raises for a space that moves alone, and no code before this migration moves spaces
CREATE TRIGGER moves_profile_names_insert AFTER INSERT ON profile_names
WHEN EXISTS (SELECT 1 FROM moves_out WHERE space_id = NEW.space_id) BEGIN
  SELECT RAISE(ABORT, 'space_frozen') FROM moves_out WHERE space_id = NEW.space_id AND state <> 'copying';
  INSERT INTO move_log (space_id, table_name, key)
    SELECT space_id, 'profile_names', json_array(NEW.kind, NEW.name)
    FROM moves_out WHERE space_id = NEW.space_id AND state = 'copying';
END;
-- contract: it raises for a space that moves alone, and no code before this migration moves spaces
CREATE TRIGGER moves_profile_names_update AFTER UPDATE ON profile_names
WHEN EXISTS (SELECT 1 FROM moves_out WHERE space_id = NEW.space_id) BEGIN
  SELECT RAISE(ABORT, 'space_frozen') FROM moves_out WHERE space_id = NEW.space_id AND state <> 'copying';
  INSERT INTO move_log (space_id, table_name, key)
    SELECT space_id, 'profile_names', json_array(NEW.kind, NEW.name)
    FROM moves_out WHERE space_id = NEW.space_id AND state = 'copying'
    UNION
    SELECT space_id, 'profile_names', json_array(OLD.kind, OLD.name)
    FROM moves_out WHERE space_id = OLD.space_id AND state = 'copying';
END;
-- contract: it raises for a space that moves alone, and no code before this migration moves spaces
CREATE TRIGGER moves_profile_names_delete AFTER DELETE ON profile_names
WHEN EXISTS (SELECT 1 FROM moves_out WHERE space_id = OLD.space_id) BEGIN
  SELECT RAISE(ABORT, 'space_frozen') FROM moves_out WHERE space_id = OLD.space_id AND state = 'frozen';
  INSERT INTO move_log (space_id, table_name, key)
    SELECT space_id, 'profile_names', json_array(OLD.kind, OLD.name)
    FROM moves_out WHERE space_id = OLD.space_id AND state = 'copying';
END;

-- contract: it raises for a space that moves alone, and no code before this migration moves spaces
CREATE TRIGGER moves_profile_definitions_insert AFTER INSERT ON profile_definitions
WHEN EXISTS (SELECT 1 FROM moves_out WHERE space_id = NEW.space_id) BEGIN
  SELECT RAISE(ABORT, 'space_frozen') FROM moves_out WHERE space_id = NEW.space_id AND state <> 'copying';
  INSERT INTO move_log (space_id, table_name, key)
    SELECT space_id, 'profile_definitions', json_array(NEW.kind, NEW.id, NEW.seq_from)
    FROM moves_out WHERE space_id = NEW.space_id AND state = 'copying';
END;
-- contract: it raises for a space that moves alone, and no code before this migration moves spaces
CREATE TRIGGER moves_profile_definitions_update AFTER UPDATE ON profile_definitions
WHEN EXISTS (SELECT 1 FROM moves_out WHERE space_id = NEW.space_id) BEGIN
  SELECT RAISE(ABORT, 'space_frozen') FROM moves_out WHERE space_id = NEW.space_id AND state <> 'copying';
  INSERT INTO move_log (space_id, table_name, key)
    SELECT space_id, 'profile_definitions', json_array(NEW.kind, NEW.id, NEW.seq_from)
    FROM moves_out WHERE space_id = NEW.space_id AND state = 'copying'
    UNION
    SELECT space_id, 'profile_definitions', json_array(OLD.kind, OLD.id, OLD.seq_from)
    FROM moves_out WHERE space_id = OLD.space_id AND state = 'copying';
END;
-- contract: it raises for a space that moves alone, and no code before this migration moves spaces
CREATE TRIGGER moves_profile_definitions_delete AFTER DELETE ON profile_definitions
WHEN EXISTS (SELECT 1 FROM moves_out WHERE space_id = OLD.space_id) BEGIN
  SELECT RAISE(ABORT, 'space_frozen') FROM moves_out WHERE space_id = OLD.space_id AND state = 'frozen';
  INSERT INTO move_log (space_id, table_name, key)
    SELECT space_id, 'profile_definitions', json_array(OLD.kind, OLD.id, OLD.seq_from)
    FROM moves_out WHERE space_id = OLD.space_id AND state = 'copying';
END;

-- contract: it raises for a space that moves alone, and no code before this migration moves spaces
CREATE TRIGGER moves_attribute_value_types_insert AFTER INSERT ON attribute_value_types
WHEN EXISTS (SELECT 1 FROM moves_out WHERE space_id = NEW.space_id) BEGIN
  SELECT RAISE(ABORT, 'space_frozen') FROM moves_out WHERE space_id = NEW.space_id AND state <> 'copying';
  INSERT INTO move_log (space_id, table_name, key)
    SELECT space_id, 'attribute_value_types', json_array(NEW.folded, NEW.attribute, NEW.type)
    FROM moves_out WHERE space_id = NEW.space_id AND state = 'copying';
END;
-- contract: it raises for a space that moves alone, and no code before this migration moves spaces
CREATE TRIGGER moves_attribute_value_types_update AFTER UPDATE ON attribute_value_types
WHEN EXISTS (SELECT 1 FROM moves_out WHERE space_id = NEW.space_id) BEGIN
  SELECT RAISE(ABORT, 'space_frozen') FROM moves_out WHERE space_id = NEW.space_id AND state <> 'copying';
  INSERT INTO move_log (space_id, table_name, key)
    SELECT space_id, 'attribute_value_types', json_array(NEW.folded, NEW.attribute, NEW.type)
    FROM moves_out WHERE space_id = NEW.space_id AND state = 'copying'
    UNION
    SELECT space_id, 'attribute_value_types', json_array(OLD.folded, OLD.attribute, OLD.type)
    FROM moves_out WHERE space_id = OLD.space_id AND state = 'copying';
END;
-- contract: it raises for a space that moves alone, and no code before this migration moves spaces
CREATE TRIGGER moves_attribute_value_types_delete AFTER DELETE ON attribute_value_types
WHEN EXISTS (SELECT 1 FROM moves_out WHERE space_id = OLD.space_id) BEGIN
  SELECT RAISE(ABORT, 'space_frozen') FROM moves_out WHERE space_id = OLD.space_id AND state = 'frozen';
  INSERT INTO move_log (space_id, table_name, key)
    SELECT space_id, 'attribute_value_types', json_array(OLD.folded, OLD.attribute, OLD.type)
    FROM moves_out WHERE space_id = OLD.space_id AND state = 'copying';
END;

-- contract: it raises for a space that moves alone, and no code before this migration moves spaces
CREATE TRIGGER moves_profile_deletions_insert AFTER INSERT ON profile_deletions
WHEN EXISTS (SELECT 1 FROM moves_out WHERE space_id = NEW.space_id) BEGIN
  SELECT RAISE(ABORT, 'space_frozen') FROM moves_out WHERE space_id = NEW.space_id AND state <> 'copying';
  INSERT INTO move_log (space_id, table_name, key)
    SELECT space_id, 'profile_deletions', json_array(NEW.id)
    FROM moves_out WHERE space_id = NEW.space_id AND state = 'copying';
END;
-- contract: it raises for a space that moves alone, and no code before this migration moves spaces
CREATE TRIGGER moves_profile_deletions_update AFTER UPDATE ON profile_deletions
WHEN EXISTS (SELECT 1 FROM moves_out WHERE space_id = NEW.space_id) BEGIN
  SELECT RAISE(ABORT, 'space_frozen') FROM moves_out WHERE space_id = NEW.space_id AND state <> 'copying';
  INSERT INTO move_log (space_id, table_name, key)
    SELECT space_id, 'profile_deletions', json_array(NEW.id)
    FROM moves_out WHERE space_id = NEW.space_id AND state = 'copying'
    UNION
    SELECT space_id, 'profile_deletions', json_array(OLD.id)
    FROM moves_out WHERE space_id = OLD.space_id AND state = 'copying';
END;
-- contract: it raises for a space that moves alone, and no code before this migration moves spaces
CREATE TRIGGER moves_profile_deletions_delete AFTER DELETE ON profile_deletions
WHEN EXISTS (SELECT 1 FROM moves_out WHERE space_id = OLD.space_id) BEGIN
  SELECT RAISE(ABORT, 'space_frozen') FROM moves_out WHERE space_id = OLD.space_id AND state = 'frozen';
  INSERT INTO move_log (space_id, table_name, key)
    SELECT space_id, 'profile_deletions', json_array(OLD.id)
    FROM moves_out WHERE space_id = OLD.space_id AND state = 'copying';
END;

-- contract: it raises for a space that moves alone, and no code before this migration moves spaces
CREATE TRIGGER moves_segments_insert AFTER INSERT ON segments
WHEN EXISTS (SELECT 1 FROM moves_out WHERE space_id = NEW.space_id) BEGIN
  SELECT RAISE(ABORT, 'space_frozen') FROM moves_out WHERE space_id = NEW.space_id AND state <> 'copying';
  INSERT INTO move_log (space_id, table_name, key)
    SELECT space_id, 'segments', json_array(NEW.id, NEW.seq_from)
    FROM moves_out WHERE space_id = NEW.space_id AND state = 'copying';
END;
-- contract: it raises for a space that moves alone, and no code before this migration moves spaces
CREATE TRIGGER moves_segments_update AFTER UPDATE ON segments
WHEN EXISTS (SELECT 1 FROM moves_out WHERE space_id = NEW.space_id) BEGIN
  SELECT RAISE(ABORT, 'space_frozen') FROM moves_out WHERE space_id = NEW.space_id AND state <> 'copying';
  INSERT INTO move_log (space_id, table_name, key)
    SELECT space_id, 'segments', json_array(NEW.id, NEW.seq_from)
    FROM moves_out WHERE space_id = NEW.space_id AND state = 'copying'
    UNION
    SELECT space_id, 'segments', json_array(OLD.id, OLD.seq_from)
    FROM moves_out WHERE space_id = OLD.space_id AND state = 'copying';
END;
-- contract: it raises for a space that moves alone, and no code before this migration moves spaces
CREATE TRIGGER moves_segments_delete AFTER DELETE ON segments
WHEN EXISTS (SELECT 1 FROM moves_out WHERE space_id = OLD.space_id) BEGIN
  SELECT RAISE(ABORT, 'space_frozen') FROM moves_out WHERE space_id = OLD.space_id AND state = 'frozen';
  INSERT INTO move_log (space_id, table_name, key)
    SELECT space_id, 'segments', json_array(OLD.id, OLD.seq_from)
    FROM moves_out WHERE space_id = OLD.space_id AND state = 'copying';
END;

-- contract: it raises for a space that moves alone, and no code before this migration moves spaces
CREATE TRIGGER moves_reachability_events_insert AFTER INSERT ON reachability_events
WHEN EXISTS (SELECT 1 FROM moves_out WHERE space_no = NEW.space_no) BEGIN
  SELECT RAISE(ABORT, 'space_frozen') FROM moves_out WHERE space_no = NEW.space_no AND state <> 'copying';
  INSERT INTO move_log (space_id, table_name, key)
    SELECT space_id, 'reachability_events', json_array(NEW.occurred_at, NEW.id)
    FROM moves_out WHERE space_no = NEW.space_no AND state = 'copying';
END;
-- contract: it raises for a space that moves alone, and no code before this migration moves spaces
CREATE TRIGGER moves_reachability_events_update AFTER UPDATE ON reachability_events
WHEN EXISTS (SELECT 1 FROM moves_out WHERE space_no = NEW.space_no) BEGIN
  SELECT RAISE(ABORT, 'space_frozen') FROM moves_out WHERE space_no = NEW.space_no AND state <> 'copying';
  INSERT INTO move_log (space_id, table_name, key)
    SELECT space_id, 'reachability_events', json_array(NEW.occurred_at, NEW.id)
    FROM moves_out WHERE space_no = NEW.space_no AND state = 'copying'
    UNION
    SELECT space_id, 'reachability_events', json_array(OLD.occurred_at, OLD.id)
    FROM moves_out WHERE space_no = OLD.space_no AND state = 'copying';
END;
-- contract: it raises for a space that moves alone, and no code before this migration moves spaces
CREATE TRIGGER moves_reachability_events_delete AFTER DELETE ON reachability_events
WHEN EXISTS (SELECT 1 FROM moves_out WHERE space_no = OLD.space_no) BEGIN
  SELECT RAISE(ABORT, 'space_frozen') FROM moves_out WHERE space_no = OLD.space_no AND state = 'frozen';
  INSERT INTO move_log (space_id, table_name, key)
    SELECT space_id, 'reachability_events', json_array(OLD.occurred_at, OLD.id)
    FROM moves_out WHERE space_no = OLD.space_no AND state = 'copying';
END;
