// The database's shape, as numbered steps that are never edited after release.
import { fail } from "../contract/failure.ts";
import { headerVersion, type Database } from "./database.ts";

const migrations: readonly string[] = [
  `
  CREATE TABLE events (
    seq   INTEGER PRIMARY KEY,
    run   TEXT,
    step  TEXT,
    type  TEXT NOT NULL,
    at    INTEGER NOT NULL,
    actor TEXT NOT NULL,
    cause INTEGER,
    data  TEXT NOT NULL,
    hash  BLOB NOT NULL
  );
  CREATE INDEX events_by_run ON events(run, seq) WHERE run IS NOT NULL;
  CREATE TABLE blobs (hash TEXT PRIMARY KEY, bytes BLOB NOT NULL) WITHOUT ROWID;

  CREATE TABLE runs (
    id          TEXT PRIMARY KEY,
    goal        TEXT NOT NULL,
    thread      TEXT NOT NULL,
    status      TEXT NOT NULL,
    model       TEXT NOT NULL,
    door        TEXT NOT NULL,
    started_at  INTEGER NOT NULL,
    ended_at    INTEGER,
    answer      TEXT,
    failure     TEXT,
    steps_done  INTEGER NOT NULL,
    steps_total INTEGER NOT NULL,
    input_tokens  INTEGER NOT NULL,
    output_tokens INTEGER NOT NULL,
    cached_tokens INTEGER NOT NULL,
    first_seq   INTEGER NOT NULL,
    last_seq    INTEGER NOT NULL
  ) WITHOUT ROWID;
  CREATE INDEX runs_by_first ON runs(first_seq);
  CREATE INDEX runs_by_last ON runs(last_seq);
  CREATE INDEX runs_by_status ON runs(status);

  CREATE TABLE messages (
    seq    INTEGER PRIMARY KEY,
    thread TEXT NOT NULL,
    role   TEXT NOT NULL,
    text   TEXT NOT NULL
  );
  CREATE INDEX messages_by_thread ON messages(thread, seq);

  CREATE TABLE items (
    seq       INTEGER PRIMARY KEY,
    id        TEXT NOT NULL UNIQUE,
    kind      TEXT NOT NULL,
    body      TEXT NOT NULL,
    words     TEXT NOT NULL,
    date      TEXT,
    learnt_at INTEGER NOT NULL,
    run       TEXT NOT NULL
  );
  CREATE INDEX items_by_date ON items(kind, date);
  CREATE VIRTUAL TABLE items_text USING fts5(text, tokenize = 'porter unicode61 remove_diacritics 2');
  `,
  // What a person may want forgotten stands beside its event, under a salted hash in the event's data.
  `
  ALTER TABLE events ADD COLUMN texts TEXT;
  ALTER TABLE runs ADD COLUMN origin TEXT;
  ALTER TABLE runs ADD COLUMN undone_to INTEGER;
  ALTER TABLE items ADD COLUMN undone INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE messages ADD COLUMN undone INTEGER NOT NULL DEFAULT 0;
  CREATE TABLE agent_record (
    run TEXT NOT NULL, agent TEXT NOT NULL, completed INTEGER NOT NULL, failed INTEGER NOT NULL, PRIMARY KEY (run, agent)
  ) WITHOUT ROWID;
  CREATE INDEX agent_record_by_agent ON agent_record(agent, run);
  CREATE INDEX events_of_undos ON events(run, seq, type) WHERE type IN ('undo.requested', 'undo.applied');
  DROP INDEX runs_by_status;
  CREATE INDEX runs_unfinished ON runs(status) WHERE status IN ('running', 'paused', 'waiting');
  `,
  // Runs that came from a file, and runs that were removed, whose words are to leave the search index too.
  `
  ALTER TABLE runs ADD COLUMN imported TEXT;
  CREATE INDEX events_removed ON events(run) WHERE type = 'run.removed';
  INSERT INTO items_text (items_text, rank) VALUES ('secure-delete', 1);
  `,
  // Long runs as of any event.
  `
  CREATE TABLE step_marks (
    run TEXT NOT NULL, after INTEGER NOT NULL, last INTEGER NOT NULL, marks TEXT NOT NULL, PRIMARY KEY (run, after)
  );
  CREATE INDEX events_about_runs ON events(run, seq) WHERE type NOT IN ('step.started', 'step.completed', 'step.retried', 'step.failed', 'step.skipped', 'effect.requested', 'effect.completed', 'effect.failed', 'tool.denied');
  `,
  // Where what was kept and said comes from, other than from the person.
  `
  ALTER TABLE items ADD COLUMN sources TEXT;
  ALTER TABLE messages ADD COLUMN sources TEXT;
  `,
  // Any step of a long run at once, and recordings as quickly.
  `
  DROP INDEX events_about_runs;
  CREATE INDEX events_about_runs ON events(run, seq) WHERE type NOT IN ('step.started', 'recorded:step.started', 'step.completed', 'recorded:step.completed', 'step.retried', 'recorded:step.retried', 'step.failed', 'recorded:step.failed', 'step.skipped', 'recorded:step.skipped', 'effect.requested', 'recorded:effect.requested', 'effect.completed', 'recorded:effect.completed', 'effect.failed', 'recorded:effect.failed', 'tool.denied', 'recorded:tool.denied');
  CREATE INDEX events_of_steps ON events(run, step) WHERE step IS NOT NULL;
  ALTER TABLE step_marks ADD COLUMN events INTEGER NOT NULL DEFAULT 0;
  `,
  // What models are asked and use, over all runs: answers to be given again, and use by the quarter of an hour.
  // Very long texts are kept in pieces from here on.
  `
  CREATE TABLE model_answers (
    request TEXT NOT NULL, seq INTEGER NOT NULL, run TEXT NOT NULL, PRIMARY KEY (request, seq)
  ) WITHOUT ROWID;
  CREATE INDEX model_answers_by_run ON model_answers(run);
  CREATE TABLE model_use (
    slot            INTEGER PRIMARY KEY,
    calls           INTEGER NOT NULL,
    input_tokens    INTEGER NOT NULL,
    output_tokens   INTEGER NOT NULL,
    cached_tokens   INTEGER NOT NULL,
    unpriced_tokens INTEGER NOT NULL,
    micro_usd       INTEGER NOT NULL
  );
  `,
  // Reminders: when each is due, and whether the person was told.
  `
  CREATE TABLE reminders (
    item TEXT PRIMARY KEY, at INTEGER NOT NULL, told_at INTEGER, late INTEGER NOT NULL DEFAULT 0, over INTEGER NOT NULL DEFAULT 0
  ) WITHOUT ROWID;
  CREATE INDEX reminders_to_tell ON reminders(at) WHERE told_at IS NULL AND over = 0;
  `,
];

export const schemaVersion = migrations.length;

/** Brings the database to this program's shape, each step whole or not at all. True when an older program had written
 * it: its projections are to be made anew then.
 * @throws FailureError `storage.newer` when a newer program has written it; nothing is touched then. */
export function migrate(db: Database): boolean {
  const found = db.userVersion();
  if (found > schemaVersion) throw newerFailure(found);
  for (const [index, sql] of migrations.entries()) {
    if (index < found) continue;
    db.transact(() => {
      db.exec(sql);
      db.setUserVersion(index + 1);
    });
  }
  return found > 0 && found < schemaVersion;
}

/** Refuses a newer database by its header, before SQLite opens it.
 * @throws FailureError `storage.newer` */
export function refuseNewer(file: string): void {
  const found = headerVersion(file);
  if (found > schemaVersion) throw newerFailure(found);
}

function newerFailure(found: number) {
  return fail(
    "storage.newer",
    `This data directory was written by a newer BotMojo (schema ${found}; this one knows ${schemaVersion}).`,
    "Nothing was changed. Update BotMojo, or choose another folder with --data-dir.",
  );
}
