import { closeSync, fdatasyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { crc32 } from 'node:zlib';
import { Disk } from './disk.ts';

/** What a key can hold: text, or a number that was stored as an integer or as a float. */
export type StoredValue = { readonly type: 'string'; readonly value: string } | StoredNumber;
export interface StoredNumber {
  readonly type: 'int' | 'float';
  readonly value: number;
}

/**
 * When a synced write counts as safe: handed to the kernel (survives the death of the process, which is
 * what a test can inflict), or on the disk itself (survives the machine's).
 */
export type Durability = 'write' | 'fsync';

export type LogRecord = [key: string, value: StoredValue | null];

/** An unsynced write, and its place in the order of all writes on the disk. */
export interface UnsyncedWrite {
  readonly place: number;
  readonly record: LogRecord;
}

/** What a store is on, and whose it is. */
export interface StoreOptions {
  /** When a synced write counts as safe; handed to the kernel by default. */
  readonly durability?: Durability | undefined;
  /** A disk with nothing wrong by default. */
  readonly disk?: Disk;
  /** Whose store it is, for the disk. */
  readonly resource?: string;
}

/** Length and CRC-32 of the record that follows, both 32 bits. */
const HEADER_BYTES = 8;

function frame(record: LogRecord): Buffer {
  const body = Buffer.from(JSON.stringify(record));
  const framed = Buffer.allocUnsafe(HEADER_BYTES + body.length);
  framed.writeUInt32LE(body.length, 0);
  framed.writeUInt32LE(crc32(body), 4);
  body.copy(framed, HEADER_BYTES);
  return framed;
}

/** Reads records until the file ends or one is torn: a process that dies in the middle of a write leaves half a record. */
function* unframe(log: Buffer): Generator<LogRecord> {
  let at = 0;
  while (at + HEADER_BYTES <= log.length) {
    const end = at + HEADER_BYTES + log.readUInt32LE(at);
    if (end > log.length) return;
    const body = log.subarray(at + HEADER_BYTES, end);
    if (crc32(body) !== log.readUInt32LE(at + 4)) return;
    yield JSON.parse(body.toString()) as LogRecord;
    at = end;
  }
}

function readLog(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch {
    return Buffer.alloc(0);
  }
}

/**
 * One resource's key-value store: an append-only log of checksummed records, compacted when it is opened.
 *
 * FXServer's is RocksDB: a synced write is safe when it returns, an unsynced one only after the next
 * flush. Here an unsynced write stays in memory until then, so that a crash loses it, unless the crash is
 * told how many of them made it. What the database answers to a put, the server ignores: on a full disk
 * nothing is written, and nothing is said.
 */
export class KeyValueStore {
  readonly #path: string;
  readonly #durability: Durability;
  readonly #disk: Disk;
  readonly #resource: string;
  #file: number | undefined;
  readonly #safe = new Map<string, StoredValue>();
  readonly #unsafe = new Map<string, StoredValue | null>();
  /** The same, write by write. */
  #unsynced: UnsyncedWrite[] = [];
  /** The keys in order, made when somebody searches; undefined when it has to be made again. */
  #sorted: string[] | undefined;

  /** @param path the log file; its folder is made when it is missing. */
  constructor(path: string, options: StoreOptions = {}) {
    this.#path = path;
    this.#durability = options.durability ?? 'write';
    this.#disk = options.disk ?? new Disk();
    this.#resource = options.resource ?? '';
    mkdirSync(dirname(path), { recursive: true });
    for (const [key, value] of unframe(readLog(path))) {
      if (value === null) this.#safe.delete(key);
      else this.#safe.set(key, value);
    }
    this.#compact();
    this.#file = openSync(path, 'a');
  }

  /** @throws when the record is corrupted: the server unpacks what the database could not read. */
  get(key: string): StoredValue | undefined {
    if (this.#disk.isCorrupted(this.#resource, key)) throw new Error('insufficient bytes');
    const unsafe = this.#unsafe.get(key);
    if (unsafe !== undefined) return unsafe ?? undefined;
    return this.#safe.get(key);
  }

  /** Writes or, with null, deletes; on disk when it returns. */
  set(key: string, value: StoredValue | null): void {
    if (!this.#take(key, value)) return;
    this.#unsafe.delete(key);
    this.#unsynced = this.#unsynced.filter(({ record }) => record[0] !== key);
    this.#write([[key, value]]);
    this.#disk.flush();
  }

  /** The same, on disk only after {@link flush}. */
  setUnsynced(key: string, value: StoredValue | null): void {
    if (!this.#take(key, value)) return;
    this.#unsafe.set(key, value);
    this.#unsynced.push({ place: this.#disk.nextWrite(), record: [key, value] });
  }

  /** Puts every unsynced write on disk, in one write. */
  flush(): void {
    this.#disk.flush();
    if (this.#unsafe.size === 0) return;
    const records: LogRecord[] = [...this.#unsafe];
    this.#unsafe.clear();
    this.#unsynced = [];
    this.#write(records);
  }

  /** What a crash would lose now, oldest first. */
  get unsynced(): readonly UnsyncedWrite[] {
    return this.#unsynced;
  }

  /** To be called in a crash: a write that made it although nobody had flushed it. */
  rescue({ record }: UnsyncedWrite): void {
    this.#write([record]);
  }

  /** The keys with a prefix, in order, as they are now. */
  find(prefix: string): string[] {
    this.#sorted ??= this.#allKeys().sort();
    const from = this.#lowerBound(prefix);
    let to = from;
    while (to < this.#sorted.length && this.#sorted[to]?.startsWith(prefix)) to++;
    return this.#sorted.slice(from, to);
  }

  /** Ends as a server that is stopped properly: everything is on disk. */
  close(): void {
    if (this.#file === undefined) return;
    this.flush();
    this.abandon();
  }

  /** Ends as a server that is killed: unsynced writes are lost, and nothing is written any more. */
  abandon(): void {
    if (this.#file === undefined) return;
    closeSync(this.#file);
    this.#file = undefined;
  }

  #write(records: readonly LogRecord[]): void {
    for (const [key, value] of records) {
      if (value === null) this.#safe.delete(key);
      else this.#safe.set(key, value);
    }
    if (this.#file === undefined) return;
    const bytes = Buffer.concat(records.map(frame));
    for (let written = 0; written < bytes.length; ) written += writeSync(this.#file, bytes, written);
    if (this.#durability === 'fsync') fdatasyncSync(this.#file);
  }

  /** Rewrites the log without what was overwritten or deleted; also cuts off a torn end, so that appending is safe. */
  #compact(): void {
    const fresh = `${this.#path}.new`;
    const file = openSync(fresh, 'w');
    const bytes = Buffer.concat([...this.#safe].map(frame));
    for (let written = 0; written < bytes.length; ) written += writeSync(file, bytes, written);
    if (this.#durability === 'fsync') fdatasyncSync(file);
    closeSync(file);
    renameSync(fresh, this.#path);
  }

  #allKeys(): string[] {
    const keys = new Set(this.#safe.keys());
    for (const [key, value] of this.#unsafe) {
      if (value === null) keys.delete(key);
      else keys.add(key);
    }
    return [...keys];
  }

  /** @returns whether the database takes the write. */
  #take(key: string, value: StoredValue | null): boolean {
    if (this.#disk.isFull) return false;
    this.#disk.written(this.#resource, key);
    this.#noteKey(key, value);
    return true;
  }

  /** Keeps the sorted list right while keys come and go, so that a search stays cheap. */
  #noteKey(key: string, value: StoredValue | null): void {
    if (this.#sorted === undefined) return;
    const at = this.#lowerBound(key);
    const present = this.#sorted[at] === key;
    if (value === null && present) this.#sorted.splice(at, 1);
    if (value !== null && !present) this.#sorted.splice(at, 0, key);
  }

  #lowerBound(key: string): number {
    const keys = this.#sorted ?? [];
    let low = 0;
    let high = keys.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((keys[middle] ?? '') < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
