/**
 * The bytes in what FXServer hands over as binary: its decoder makes an ArrayBuffer of them; older ones made a view,
 * or a list of numbers (v8/msgpack.js). Anything else has none.
 */
export function bytesOf(value: unknown): Uint8Array {
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  return Array.isArray(value) ? Uint8Array.from(value, Number) : new Uint8Array();
}
