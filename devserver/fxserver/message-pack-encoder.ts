import { types } from 'node:util';

/** What a function crosses as. */
export interface Extension {
  readonly type: number;
  readonly bytes: Uint8Array;
}

type EncodeFunction = (fn: (...args: unknown[]) => unknown) => Extension;

/**
 * Writes one value as MessagePack, as FXServer's JavaScript does (scripting/v8/msgpack.js): `undefined` is null,
 * a class instance its plain fields, and a whole number beyond 32 bits a float, for example a time in milliseconds.
 *
 * @param extension what a function crosses as.
 * @throws for what FXServer's codec cannot write either, for example a bigint.
 */
export function encodeMessagePack(value: unknown, extension: EncodeFunction): Uint8Array {
  const writer = new Writer(extension);
  writer.write(value);
  return writer.written();
}

class Writer {
  readonly #extension: EncodeFunction;
  #buffer = Buffer.allocUnsafe(512);
  #length = 0;

  constructor(extension: EncodeFunction) {
    this.#extension = extension;
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
        this.#reference(this.#extension(value as unknown as Parameters<EncodeFunction>[0]));
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
      this.#binary(Buffer.from(value.buffer, value.byteOffset, value.byteLength));
    } else if (types.isAnyArrayBuffer(value)) {
      this.#binary(Buffer.from(value));
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

  #binary(bytes: Uint8Array): void {
    this.#head(bytes.length, 0, -1, 0xc4, 0xc5, 0xc6);
    this.#bytes(bytes);
  }

  #reference({ type, bytes }: Extension): void {
    this.#head(bytes.length, 0, -1, 0xc7, 0xc8, 0xc9);
    this.#byte(type);
    this.#bytes(bytes);
  }

  #bytes(bytes: Uint8Array): void {
    const at = this.#reserve(bytes.length);
    this.#buffer.set(bytes, at);
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
