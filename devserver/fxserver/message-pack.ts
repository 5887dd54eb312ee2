import { Decoder, Encoder, ExtensionCodec } from '@msgpack/msgpack';

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

/** The extension type of a function reference in FXServer's MessagePack (EXT_FUNCREF in v8/main.js). */
const EXT_FUNCREF = 10;
const utf8 = { encoder: new TextEncoder(), decoder: new TextDecoder() };

const codec = new ExtensionCodec<FunctionCrossing>();
codec.register({
  type: EXT_FUNCREF,
  encode: (value, crossing) =>
    typeof value === 'function'
      ? utf8.encoder.encode(crossing.toReference(value as unknown as AnyFunction))
      : null,
  decode: (bytes, _type, crossing) => crossing.fromReference(utf8.decoder.decode(bytes)),
});
// FXServer's codec has no timestamps: a Date arrives as an empty map.
codec.register({ type: -1, encode: () => null, decode: () => null });

interface Coders {
  readonly encoder: Encoder<FunctionCrossing>;
  readonly decoder: Decoder<FunctionCrossing>;
}
const codersOf = new WeakMap<FunctionCrossing, Coders>();

function coders(crossing: FunctionCrossing): Coders {
  const known = codersOf.get(crossing);
  if (known !== undefined) return known;
  const options = { extensionCodec: codec, context: crossing };
  const made = {
    encoder: new Encoder<FunctionCrossing>(options),
    decoder: new Decoder<FunctionCrossing>(options),
  };
  codersOf.set(crossing, made);
  return made;
}

/**
 * The bytes that cross from one resource to another: `undefined` is null, a class instance its plain
 * fields, a function a reference.
 *
 * @throws for what FXServer's codec cannot write either, for example a bigint.
 */
export function pack(value: unknown, crossing: FunctionCrossing): Uint8Array {
  return coders(crossing).encoder.encode(value);
}

/** The value in those bytes, made of the receiver's own arrays and objects. */
export function unpack(bytes: Uint8Array, crossing: FunctionCrossing, shape: ValueShape): unknown {
  return localise(coders(crossing).decoder.decode(bytes), shape);
}

/** The same plain value, made of a script's own arrays and objects; bytes become an ArrayBuffer, as in FXServer. */
export function localise(value: unknown, shape: ValueShape): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (ArrayBuffer.isView(value)) {
    return value.buffer.slice(value.byteOffset, value.byteOffset + value.byteLength);
  }
  if (Array.isArray(value)) {
    const array = shape.array();
    for (const item of value) array.push(localise(item, shape));
    return array;
  }
  const object = shape.object();
  for (const [key, item] of Object.entries(value)) {
    // Not an assignment: a key named `__proto__` must stay a key.
    Object.defineProperty(object, key, {
      value: localise(item, shape),
      writable: true,
      enumerable: true,
      configurable: true,
    });
  }
  return object;
}

/** The stand-in's own values: made of the host's arrays and objects. */
export const hostShape: ValueShape = { array: () => [], object: () => ({}) };
