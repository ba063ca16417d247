// The only file that knows which SQLite this is: opens it, sets it up, and lends reading and writing handles.
import { openSync, closeSync, readSync, existsSync } from "node:fs";
import Sqlite from "better-sqlite3";
import { fail, type FailureError } from "../contract/failure.ts";

/** "BMoj" in SQLite's header: a file with another number there belongs to another program. */
const applicationId = 0x424d6f6a;

type Value = string | number | bigint | Uint8Array | null;
export type Row = Record<string, Value>;

/** Runs queries that change nothing. */
export interface Reader {
  all<T = Row>(sql: string, ...params: readonly Value[]): T[];
  get<T = Row>(sql: string, ...params: readonly Value[]): T | undefined;
}

/** Also writes; exists only inside a transaction of the event log. */
export interface Writer extends Reader {
  run(sql: string, ...params: readonly Value[]): { changes: number };
}

export interface Database {
  readonly reader: Reader;
  /** Runs `work` in one transaction: all of it is on disk when this returns, or none. Inside another it is part of that
   * one, which must not go on when this throws. */
  transact<T>(work: (writer: Writer) => T): T;
  exec(sql: string): void;
  userVersion(): number;
  setUserVersion(version: number): void;
  close(): void;
}

export type Durability = "full" | "normal";

export interface OpenOptions {
  readonly file: string;
  readonly readonly?: boolean;
  /** `full` (the default): a commit that returned survives a power cut. `normal`: a power cut may undo the last ones. */
  readonly durability?: Durability;
  /** Hears of each statement slower than 40 ms. */
  readonly onSlow?: (sql: string, ms: number) => void;
}

const slowMs = 40;

/** Opens or creates a database with every commit on disk before it returns (WAL, `synchronous=FULL`).
 * @throws FailureError `storage.damaged`, `storage.unwritable` or `storage.newer`; the file is untouched then. */
export function openDatabase(options: OpenOptions): Database {
  refuseForeign(options.file);
  const readonly = options.readonly ?? false;
  let db: Sqlite.Database;
  try {
    db = new Sqlite(options.file, { readonly, timeout: 5000, ...nativeBinding() });
    db.pragma("trusted_schema = OFF");
    db.pragma("cell_size_check = ON");
    db.pragma("temp_store = MEMORY");
    // What is deleted is overwritten: a text that a person wants forgotten is not to be found in free pages.
    db.pragma("secure_delete = ON");
    if (!readonly) {
      db.pragma("journal_mode = WAL");
      db.pragma(`synchronous = ${options.durability ?? "full"}`);
      db.pragma(`application_id = ${applicationId}`);
    }
  } catch (error) {
    throw storageFailure(error);
  }
  const statements = new Map<string, Sqlite.Statement<Value[]>>();
  const prepare = (sql: string) => {
    const known = statements.get(sql);
    if (known) return known;
    const made = db.prepare<Value[]>(sql);
    statements.set(sql, made);
    return made;
  };
  const timed = <T>(sql: string, work: () => T): T => {
    const from = performance.now();
    try {
      return work();
    } catch (error) {
      throw storageFailure(error);
    } finally {
      const ms = performance.now() - from;
      if (ms > slowMs) options.onSlow?.(sql, ms);
    }
  };
  const writer: Writer = {
    all: <T>(sql: string, ...params: readonly Value[]) => timed(sql, () => prepare(sql).all(...params) as T[]),
    get: <T>(sql: string, ...params: readonly Value[]) => timed(sql, () => prepare(sql).get(...params) as T | undefined),
    run: (sql, ...params) => timed(sql, () => ({ changes: prepare(sql).run(...params).changes })),
  };
  return {
    reader: writer,
    transact(work) {
      if (db.inTransaction) return work(writer);
      try {
        prepare("BEGIN IMMEDIATE").run();
        const result = work(writer);
        prepare("COMMIT").run();
        return result;
      } catch (error) {
        if (db.inTransaction) prepare("ROLLBACK").run();
        throw storageFailure(error);
      }
    },
    exec: (sql) => void db.exec(sql),
    userVersion: () => Number(db.pragma("user_version", { simple: true })),
    setUserVersion: (version) => void db.pragma(`user_version = ${version}`),
    close: () => {
      if (!db.open) return;
      statements.clear();
      db.close();
    },
  };
}

/** Holds an exclusive lock on `file` until released or until this process ends, however it ends.
 * SQLite's own file locks are used because they work alike on every system and need no cleaning up after `kill -9`.
 * @returns the release, or undefined when another process holds it. */
export function tryLock(file: string): (() => void) | undefined {
  let db: Sqlite.Database | undefined;
  try {
    db = new Sqlite(file, { timeout: 0, ...nativeBinding() });
    db.pragma("journal_mode = DELETE");
    db.exec("BEGIN EXCLUSIVE");
    const held = db;
    return () => void held.close();
  } catch (error) {
    db?.close();
    if (sqliteCode(error).startsWith("SQLITE_BUSY")) return undefined;
    throw storageFailure(error);
  }
}

/** A build for an older Node-API than the packaged addon's, named by whoever started a runtime that needs it. */
function nativeBinding(): { nativeBinding?: string } {
  const addon = process.env["BOTMOJO_SQLITE_ADDON"];
  const napi = Number(process.versions["napi"] ?? 0);
  if (napi >= 10) return {};
  if (addon) return { nativeBinding: addon };
  throw fail(
    "storage.unwritable",
    `This runtime has Node-API ${napi}; the SQLite addon needs 10 and would crash it.`,
    "Use Node 22.18 or newer, or start the workbench with npm start, which builds an addon that fits.",
  );
}

/** Reads the header before SQLite does, because merely opening a file in WAL mode can write beside it. */
function refuseForeign(file: string): void {
  if (!existsSync(file)) return;
  const header = Buffer.alloc(100);
  let length: number;
  try {
    const fd = openSync(file, "r");
    try {
      length = readSync(fd, header, 0, 100, 0);
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    throw storageFailure(error);
  }
  if (length === 0) return;
  const foreign = header.subarray(0, 16).toString("latin1") !== "SQLite format 3\0";
  const id = header.readUInt32BE(68);
  if (length < 100 || foreign || (id !== applicationId && id !== 0)) {
    throw fail(
      "storage.damaged",
      `${file} is not a BotMojo database, or its beginning is damaged.`,
      "Nothing was changed. Move it away, or choose another folder with --data-dir.",
    );
  }
}

/** Whether the first bytes of a file, 100 at least, are those of a database of ours. */
export function isOurDatabase(header: Uint8Array): boolean {
  return header.length >= 100 && Buffer.from(header.buffer, header.byteOffset).readUInt32BE(68) === applicationId;
}

/** Reads the schema version from a database's header without opening it; 0 when there is no file yet.
 * @throws FailureError `storage.damaged` when it is no BotMojo database */
export function headerVersion(file: string): number {
  if (!existsSync(file)) return 0;
  refuseForeign(file);
  const header = Buffer.alloc(100);
  const fd = openSync(file, "r");
  try {
    return readSync(fd, header, 0, 100, 0) < 100 ? 0 : header.readUInt32BE(60);
  } finally {
    closeSync(fd);
  }
}

function sqliteCode(error: unknown): string {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
}

function storageFailure(error: unknown): unknown {
  const known = knownStorageFailure(sqliteCode(error), error);
  return known ?? error;
}

function knownStorageFailure(code: string, cause: unknown): FailureError | undefined {
  const detail = cause instanceof Error ? cause.message : "";
  if (code.startsWith("SQLITE_FULL") || code === "ENOSPC") {
    return fail("storage.full", "The disk is full, so nothing more could be kept.", "Free some space, then try again.");
  }
  if (code.startsWith("SQLITE_READONLY") || code.startsWith("SQLITE_CANTOPEN") || code === "EACCES" || code === "EROFS") {
    return fail(
      "storage.unwritable",
      `The data directory can't be written: ${detail}.`,
      "Check its owner and permissions, or choose another folder with --data-dir.",
    );
  }
  if (code.startsWith("SQLITE_CORRUPT") || code.startsWith("SQLITE_NOTADB")) {
    return fail(
      "storage.damaged",
      `The database is damaged: ${detail}.`,
      "Nothing was changed. Keep a copy of the folder, then restore a backup or choose another with --data-dir.",
    );
  }
  if (code.startsWith("SQLITE_IOERR") || code === "EIO") {
    return fail("storage.unwritable", `The disk reported an error: ${detail}.`, "Check the disk, then try again.");
  }
  if (code.startsWith("SQLITE_BUSY")) {
    return fail("host.busy", "Another program holds the database.", "Close it, then try again.");
  }
  return undefined;
}
