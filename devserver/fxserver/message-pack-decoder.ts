/** Where decoded values are made: a script's own arrays and objects, so that `instanceof Array` holds there. */
export interface ValueShape {
  array(): unknown[];
  object(): Record<string, unknown>;
  /** The text in these bytes, as this side decodes it. */
  text(bytes: Uint8Array): string;
}

/** What a decoder is made of. */
export interface DecoderOptions {
  readonly shape: ValueShape;
  /** Makes a value of an extension's bytes. */
  extension(type: number, bytes: Uint8Array): unknown;
}

/** The length of a piece of fixed size behind these first bytes: `fixext` 1 to 16. */
const FIXED_EXTENSIONS = new Map([
  [0xd4, 1],
  [0xd5, 2],
  [0xd6, 4],
  [0xd7, 8],
  [0xd8, 16],
]);

/**
 * Reads one value of MessagePack, as far as FXServer writes it. Bytes become an ArrayBuffer of their own, a map
 * an object whose fields are assigned, so that a key `__proto__` is no field.
 *
 * @throws a RangeError when the bytes end too early, and for a first byte that means nothing.
 */
export function decodeMessagePack(bytes: Uint8Array, { shape, extension }: DecoderOptions): unknown {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;

  /** Goes on by so many bytes. @returns where they begin. */
  function take(length: number): number {
    const start = at;
    at += length;
    if (at > bytes.length) throw new RangeError('the bytes end too early');
    return start;
  }
  const piece = (length: number) => {
    const start = take(length);
    return bytes.subarray(start, start + length);
  };
  const unsigned = (size: 1 | 2 | 4) => {
    const start = take(size);
    if (size === 1) return view.getUint8(start);
    return size === 2 ? view.getUint16(start) : view.getUint32(start);
  };
  const signed = (size: 1 | 2 | 4) => {
    const start = take(size);
    if (size === 1) return view.getInt8(start);
    return size === 2 ? view.getInt16(start) : view.getInt32(start);
  };
  const text = (length: number) => shape.text(piece(length));
  const binary = (length: number) => new Uint8Array(piece(length)).buffer;
  const extended = (length: number) => {
    const type = signed(1);
    return extension(type, piece(length));
  };

  function array(length: number): unknown[] {
    const values = shape.array();
    for (let index = 0; index < length; index++) values.push(value());
    return values;
  }

  function map(length: number): Record<string, unknown> {
    const object = shape.object();
    for (let index = 0; index < length; index++) {
      const key = String(value());
      object[key] = value();
    }
    return object;
  }

  function value(): unknown {
    const first = unsigned(1);
    if (first < 0x80) return first;
    if (first < 0x90) return map(first - 0x80);
    if (first < 0xa0) return array(first - 0x90);
    if (first < 0xc0) return text(first - 0xa0);
    if (first >= 0xe0) return first - 0x100;
    const fixed = FIXED_EXTENSIONS.get(first);
    if (fixed !== undefined) return extended(fixed);
    switch (first) {
      case 0xc0:
        return null;
      case 0xc2:
        return false;
      case 0xc3:
        return true;
      case 0xc4:
        return binary(unsigned(1));
      case 0xc5:
        return binary(unsigned(2));
      case 0xc6:
        return binary(unsigned(4));
      case 0xc7:
        return extended(unsigned(1));
      case 0xc8:
        return extended(unsigned(2));
      case 0xc9:
        return extended(unsigned(4));
      case 0xca:
        return view.getFloat32(take(4));
      case 0xcb:
        return view.getFloat64(take(8));
      case 0xcc:
        return unsigned(1);
      case 0xcd:
        return unsigned(2);
      case 0xce:
        return unsigned(4);
      case 0xcf:
        return Number(view.getBigUint64(take(8)));
      case 0xd0:
        return signed(1);
      case 0xd1:
        return signed(2);
      case 0xd2:
        return signed(4);
      case 0xd3:
        return Number(view.getBigInt64(take(8)));
      case 0xd9:
        return text(unsigned(1));
      case 0xda:
        return text(unsigned(2));
      case 0xdb:
        return text(unsigned(4));
      case 0xdc:
        return array(unsigned(2));
      case 0xdd:
        return array(unsigned(4));
      case 0xde:
        return map(unsigned(2));
      case 0xdf:
        return map(unsigned(4));
      default:
        throw new RangeError(`0x${first.toString(16)} begins no value`);
    }
  }

  return value();
}

/**
 * UTF-8 as FXServer's JavaScript runtime decodes every text that crosses into a script: in JavaScript, one
 * character after the other, and without a check. Megabytes of it take the main thread hundreds of
 * milliseconds, and what is no UTF-8 becomes whatever the bits say (v8/msgpack.js, buffer-lite).
 */
export function decodeTextInScript(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; ) {
    const lead = bytes[at++] ?? 0;
    const more = lead >= 0xc0 ? tailLength(lead) : 0;
    let code = more === 0 ? lead : lead & (0x3f >> more);
    for (let index = 0; index < more; index++) code = (code << 6) | ((bytes[at++] ?? 0) & 0x3f);
    if (code >= 0x10000) {
      text += String.fromCharCode(0xd800 + ((code - 0x10000) >>> 10), 0xdc00 + ((code - 0x10000) & 0x3ff));
    } else {
      text += String.fromCharCode(code);
    }
  }
  return text;
}

/** How many bytes follow one that begins a character; none after one that begins nothing. */
function tailLength(lead: number): number {
  if (lead < 0xe0) return 1;
  if (lead < 0xf0) return 2;
  return lead < 0xf8 ? 3 : 0;
}
