import { decodeMessagePack, type ValueShape } from './message-pack-decoder.ts';
import { encodeMessagePack } from './message-pack-encoder.ts';

/** Any function, as far as a copy across resources is concerned. */
export type AnyFunction = (...args: unknown[]) => unknown;

/** How one side of a call writes its functions, and makes callable those of the other side. */
export interface FunctionCrossing {
  /** @returns the canonical reference under which others can call the function. */
  toReference(fn: AnyFunction): string;
  fromReference(reference: string): AnyFunction;
}

/** The extension type of a function reference in FXServer's MessagePack (EXT_FUNCREF in v8/main.js). */
const EXT_FUNCREF = 10;
const utf8 = { encoder: new TextEncoder(), decoder: new TextDecoder('utf-8', { ignoreBOM: true }) };

/**
 * The bytes that cross from one resource to another: `undefined` is null, a class instance its plain
 * fields, a function a reference.
 *
 * @throws for what FXServer's codec cannot write either, for example a bigint.
 */
export function pack(value: unknown, crossing: FunctionCrossing): Uint8Array {
  return encodeMessagePack(value, (fn) => ({
    type: EXT_FUNCREF,
    bytes: utf8.encoder.encode(crossing.toReference(fn)),
  }));
}

/** The value in those bytes, made of the receiver's own arrays and objects; bytes become an ArrayBuffer, as in FXServer. */
export function unpack(bytes: Uint8Array, crossing: FunctionCrossing, shape: ValueShape): unknown {
  return decodeMessagePack(bytes, {
    shape,
    extension: (type, content) =>
      type === EXT_FUNCREF ? crossing.fromReference(utf8.decoder.decode(content)) : null,
  });
}

/** The stand-in's own values: made of the host's arrays and objects, and text decoded as C++ would. */
export const hostShape: ValueShape = {
  array: () => [],
  object: () => ({}),
  text: (bytes) => utf8.decoder.decode(bytes),
};
