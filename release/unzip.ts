import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { crc32, inflateRawSync } from 'node:zlib';

/** Parts of a ZIP, with the lengths of what is fixed in them (APPNOTE.TXT 6.3, sections 4.3.7, 4.3.12, 4.3.16). */
const END = { signature: 0x06054b50, length: 22 };
const ENTRY = { signature: 0x02014b50, length: 46 };
const LOCAL = { signature: 0x04034b50, length: 30 };
const DEFLATED = 8;

/** One file of an archive. */
export interface PackedFile {
  /** Relative, with slashes. */
  readonly path: string;
  readonly data: Buffer;
}

/**
 * Reads an archive as those who unpack it do, from its table of contents. It shares no code with what packs: a
 * fault there is to be seen here.
 *
 * @throws when the archive is damaged, or holds a path that leads out of it.
 */
export function unzip(archive: Uint8Array): PackedFile[] {
  const bytes = Buffer.from(archive.buffer, archive.byteOffset, archive.byteLength);
  const end = bytes.length - END.length;
  expectSignature(bytes, end, END.signature);
  const count = bytes.readUInt16LE(end + 10);
  const files: PackedFile[] = [];
  let at = bytes.readUInt32LE(end + 16);
  for (let place = 0; place < count; place++) {
    expectSignature(bytes, at, ENTRY.signature);
    const nameLength = bytes.readUInt16LE(at + 28);
    const path = bytes.toString('utf8', at + ENTRY.length, at + ENTRY.length + nameLength);
    if (path.split('/').some((part) => part === '' || part === '..') || /[\\:]/.test(path)) {
      throw new Error(`a path that is none: ${path}`);
    }
    const data = contentOf(bytes, bytes.readUInt32LE(at + 42), {
      method: bytes.readUInt16LE(at + 10),
      packed: bytes.readUInt32LE(at + 20),
    });
    if (data.length !== bytes.readUInt32LE(at + 24) || crc32(data) !== bytes.readUInt32LE(at + 16)) {
      throw new Error(`${path} is damaged`);
    }
    files.push({ path, data });
    at += ENTRY.length + nameLength + bytes.readUInt16LE(at + 30) + bytes.readUInt16LE(at + 32);
  }
  return files;
}

/** Unpacks an archive into a folder. @throws as {@link unzip} does. */
export function unzipInto(archive: Uint8Array, folder: string): void {
  for (const { path, data } of unzip(archive)) {
    const file = join(folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, data);
  }
}

function contentOf(
  bytes: Buffer,
  at: number,
  { method, packed }: { readonly method: number; readonly packed: number },
): Buffer {
  expectSignature(bytes, at, LOCAL.signature);
  const start = at + LOCAL.length + bytes.readUInt16LE(at + 26) + bytes.readUInt16LE(at + 28);
  const content = bytes.subarray(start, start + packed);
  return method === DEFLATED ? inflateRawSync(content) : content;
}

function expectSignature(bytes: Buffer, at: number, signature: number): void {
  if (at < 0 || bytes.readUInt32LE(at) !== signature)
    throw new Error(`no ZIP, or a damaged one, at byte ${at}`);
}
