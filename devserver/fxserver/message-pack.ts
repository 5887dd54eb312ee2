import { isUtf8 } from 'node:buffer';
import { types } from 'node:util';

/** Any function, as far as a copy across resources is concerned. */
export type AnyFunction = (...args: unknown[]) => unknown;

/** How one side of a call writes its functions, and makes callable those of the other side. */
export interface FunctionCrossing {
  /** @returns the canonical reference under which others can call the function. */
  toReference(fn: AnyFunction): string;
  fromReference(reference: string): AnyFunction;
}

/** Where decoded values are made: a script's own arrays and objects, so that `instanceof Array` holds there. */
export interface ValueShape {
  array(): unknown[];
  object(): Record<string, unknown>;
}

/** The stand-in's own values: made of the host's arrays and objects. */
export const hostShape: ValueShape = { array: () => [], object: () => ({}) };

/** The extension types of a function reference (EXT_FUNCREF and EXT_LOCALFUNCREF in v8/main.js). */
const EXT_FUNCREF = 10;
const EXT_LOCALFUNCREF = 11;

/**
 * The bytes that cross from one resource to another, as FXServer's JavaScript writes them
 * (scripting/v8/msgpack.js): `undefined` is null, a class instance its plain fields, a function a reference,
 * and a whole number beyond 32 bits a float, for example a time in milliseconds.
 *
 * @throws for what FXServer's codec cannot write either, for example a bigint.
 */
export function pack(value: unknown, crossing: FunctionCrossing): Uint8Array {
  const writer = new Writer(crossing);
  writer.write(value);
  return writer.written();
}

/** The value in those bytes, made of the receiver's own arrays and objects. */
export function unpack(bytes: Uint8Array, crossing: FunctionCrossing, shape: ValueShape): unknown {
  return new Reader(bytes, crossing, shape).read();
}

class Writer {
  readonly #crossing: FunctionCrossing;
  #buffer = Buffer.allocUnsafe(512);
  #length = 0;

  constructor(crossing: FunctionCrossing) {
    this.#crossing = crossing;
  }

  /** A copy: the buffer has room for more. */
  written(): Uint8Array {
    return new Uint8Array(this.#buffer.subarray(0, this.#length));
  }

  write(value: unknown): void {
    switch (typeof value) {
      case 'string':
        this.#text(value);
        break;
      case 'number':
        this.#number(value);
        break;
      case 'boolean':
        this.#byte(value ? 0xc3 : 0xc2);
        break;
      case 'undefined':
        this.#byte(0xc0);
        break;
      case 'function':
        // A function of any signature is called with whatever the other side sends.
        this.#reference(this.#crossing.toReference(value as unknown as AnyFunction));
        break;
      case 'object':
        if (value === null) this.#byte(0xc0);
        else this.#object(value);
        break;
      default:
        throw new TypeError(`Unsupported type "${typeof value}": ${String(value)}`);
    }
  }

  #object(value: object): void {
    if (Array.isArray(value)) {
      this.#head(value.length, 0x90, 15, undefined, 0xdc, 0xdd);
      for (const item of value) this.write(item);
    } else if (ArrayBuffer.isView(value)) {
      this.#bytes(Buffer.from(value.buffer, value.byteOffset, value.byteLength));
    } else if (types.isAnyArrayBuffer(value)) {
      this.#bytes(Buffer.from(value));
    } else {
      const fields = Object.entries(value);
      this.#head(fields.length, 0x80, 15, undefined, 0xde, 0xdf);
      for (const [key, item] of fields) {
        this.#text(key);
        this.write(item);
      }
    }
  }

  #number(value: number): void {
    const whole = value | 0;
    if (whole !== value) {
      const at = this.#reserve(9);
      this.#buffer[at] = 0xcb;
      this.#buffer.writeDoubleBE(value, at + 1);
    } else if (whole >= -0x20 && whole <= 0x7f) this.#byte(whole & 0xff);
    else if (whole >= 0) this.#head(whole, 0, -1, 0xcc, 0xcd, 0xce);
    else {
      const [size, type] = whole >= -0x80 ? [1, 0xd0] : whole >= -0x8000 ? [2, 0xd1] : [4, 0xd2];
      const at = this.#reserve(1 + size);
      this.#buffer[at] = type;
      this.#buffer.writeIntBE(whole, at + 1, size);
    }
  }

  #text(text: string): void {
    const size = Buffer.byteLength(text);
    this.#head(size, 0xa0, 31, 0xd9, 0xda, 0xdb);
    const at = this.#reserve(size);
    this.#buffer.write(text, at);
  }

  #bytes(bytes: Buffer): void {
    this.#head(bytes.length, 0, -1, 0xc4, 0xc5, 0xc6);
    bytes.copy(this.#buffer, this.#reserve(bytes.length));
  }

  #reference(reference: string): void {
    const bytes = Buffer.from(reference);
    this.#head(bytes.length, 0, -1, 0xc7, 0xc8, 0xc9);
    this.#byte(EXT_FUNCREF);
    bytes.copy(this.#buffer, this.#reserve(bytes.length));
  }

  /** A number up to `most` within the type's byte; else a type, and the number in 1, 2 or 4 bytes. */
  #head(
    count: number,
    fixed: number,
    most: number,
    one: number | undefined,
    two: number,
    four: number,
  ): void {
    if (count <= most) this.#byte(fixed | count);
    else if (one !== undefined && count <= 0xff) this.#sized(one, count, 1);
    else if (count <= 0xffff) this.#sized(two, count, 2);
    else this.#sized(four, count, 4);
  }

  #sized(type: number, count: number, size: number): void {
    const at = this.#reserve(1 + size);
    this.#buffer[at] = type;
    this.#buffer.writeUIntBE(count, at + 1, size);
  }

  #byte(byte: number): void {
    const at = this.#reserve(1);
    this.#buffer[at] = byte;
  }

  /** Makes room. @returns where it begins. */
  #reserve(size: number): number {
    const at = this.#length;
    this.#length += size;
    if (this.#length > this.#buffer.length) {
      const larger = Buffer.allocUnsafe(Math.max(this.#length, this.#buffer.length * 2));
      this.#buffer.copy(larger, 0, 0, at);
      this.#buffer = larger;
    }
    return at;
  }
}

class Reader {
  readonly #bytes: Buffer;
  readonly #crossing: FunctionCrossing;
  readonly #shape: ValueShape;
  #at = 0;

  constructor(bytes: Uint8Array, crossing: FunctionCrossing, shape: ValueShape) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#crossing = crossing;
    this.#shape = shape;
  }

  read(): unknown {
    const type = this.#unsigned(1);
    if (type < 0x80) return type;
    if (type < 0x90) return this.#map(type & 0x0f);
    if (type < 0xa0) return this.#list(type & 0x0f);
    if (type < 0xc0) return this.#text(type & 0x1f);
    if (type >= 0xe0) return type - 0x100;
    switch (type) {
      case 0xc0:
        return null;
      case 0xc2:
        return false;
      case 0xc3:
        return true;
      case 0xc4:
      case 0xc5:
      case 0xc6:
        return this.#binary(this.#unsigned(1 << (type - 0xc4)));
      case 0xc7:
      case 0xc8:
      case 0xc9:
        return this.#extension(this.#unsigned(1 << (type - 0xc7)));
      case 0xca:
        return this.#bytes.readFloatBE(this.#skip(4));
      case 0xcb:
        return this.#bytes.readDoubleBE(this.#skip(8));
      case 0xcc:
      case 0xcd:
      case 0xce:
        return this.#unsigned(1 << (type - 0xcc));
      case 0xcf:
        return Number(this.#bytes.readBigUInt64BE(this.#skip(8)));
      case 0xd0:
      case 0xd1:
      case 0xd2: {
        const size = 1 << (type - 0xd0);
        return this.#bytes.readIntBE(this.#skip(size), size);
      }
      case 0xd3:
        return Number(this.#bytes.readBigInt64BE(this.#skip(8)));
      case 0xd4:
      case 0xd5:
      case 0xd6:
      case 0xd7:
      case 0xd8:
        return this.#extension(1 << (type - 0xd4));
      case 0xd9:
      case 0xda:
      case 0xdb:
        return this.#text(this.#unsigned(1 << (type - 0xd9)));
      case 0xdc:
      case 0xdd:
        return this.#list(this.#unsigned(2 << (type - 0xdc)));
      case 0xde:
      case 0xdf:
        return this.#map(this.#unsigned(2 << (type - 0xde)));
      default:
        throw new Error(`Invalid type: 0x${type.toString(16)}`);
    }
  }

  #list(length: number): unknown[] {
    const list = this.#shape.array();
    for (let index = 0; index < length; index++) list.push(this.read());
    return list;
  }

  #map(length: number): Record<string, unknown> {
    const object = this.#shape.object();
    for (let index = 0; index < length; index++) {
      const key = String(this.read());
      const item = this.read();
      // The platform's decoder assigns it to an object, where it is no field.
      if (key !== '__proto__') object[key] = item;
    }
    return object;
  }

  #text(size: number): string {
    const at = this.#skip(size);
    const bytes = this.#bytes.subarray(at, at + size);
    return isUtf8(bytes) ? bytes.toString('utf8') : looseText(this.#bytes, at, size);
  }

  /** Bytes become an ArrayBuffer (`binarraybuffer` in v8/main.js). */
  #binary(size: number): ArrayBuffer {
    const at = this.#skip(size);
    return new Uint8Array(this.#bytes.subarray(at, at + size)).buffer;
  }

  #extension(size: number): unknown {
    const type = this.#unsigned(1);
    const at = this.#skip(size);
    if (type === EXT_FUNCREF || type === EXT_LOCALFUNCREF) {
      return this.#crossing.fromReference(this.#bytes.toString('utf8', at, at + size));
    }
    const unknown = this.#shape.object();
    unknown['buffer'] = new Uint8Array(this.#bytes.subarray(at, at + size));
    unknown['type'] = type;
    return unknown;
  }

  #unsigned(size: number): number {
    return this.#bytes.readUIntBE(this.#skip(size), size);
  }

  /** @returns where the skipped bytes begin. */
  #skip(size: number): number {
    const at = this.#at;
    this.#at += size;
    if (this.#at > this.#bytes.length) throw new Error('BUFFER_SHORTAGE');
    return at;
  }
}

/**
 * What is not UTF-8, as the platform's decoder reads it (buffer-lite in scripting/v8/msgpack.js): it looks at
 * no byte but a character's first, so there may be half surrogate pairs, control characters in a long form,
 * and characters made of bytes that follow the text.
 */
function looseText(bytes: Buffer, start: number, size: number): string {
  const units: number[] = [];
  let at = start;
  const next = (): number => (bytes[at++] ?? 0) & 0x3f;
  while (at < start + size) {
    const first = bytes[at++] ?? 0;
    if ((first & 0xe0) === 0xc0) units.push(((first & 0x1f) << 6) | next());
    else if ((first & 0xf0) === 0xe0) units.push(((first & 0x0f) << 12) | (next() << 6) | next());
    else if ((first & 0xf8) === 0xf0) {
      const point = ((first & 0x07) << 18) | (next() << 12) | (next() << 6) | next();
      if (point < 0x10000) units.push(point);
      else units.push(0xd800 + ((point - 0x10000) >>> 10), 0xdc00 + ((point - 0x10000) & 0x3ff));
    } else units.push(first);
  }
  return units.map((unit) => String.fromCharCode(unit)).join('');
}
