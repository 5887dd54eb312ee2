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

/**
 * The arguments `[body]` of a call, as the server writes a request's body: bytes that need be no UTF-8, as text or
 * as one piece of binary.
 */
export function packBody(body: Uint8Array, kind: 'text' | 'binary'): Uint8Array {
  const head = Buffer.alloc(6);
  // A list of one; then a text, or binary, whose length takes four bytes.
  head[0] = 0x91;
  head[1] = kind === 'text' ? 0xdb : 0xc6;
  head.writeUInt32BE(body.length, 2);
  return Buffer.concat([head, body]);
}

/** The stand-in's own values: made of the host's arrays and objects, and text decoded as C++ would. */
export const hostShape: ValueShape = {
  array: () => [],
  object: () => ({}),
  text: (bytes) => utf8.decoder.decode(bytes),
};
