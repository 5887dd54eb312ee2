import type { LuaWasm } from 'wasmoon';

/** `LUA_TSTRING` in lua.h. */
const LUA_STRING = 4;

/**
 * Lets strings cross between JavaScript and Lua as what they are in Lua: bytes. In JavaScript each byte is one
 * character, from `\0` to `\xff`. The engine itself takes every string for UTF-8 that ends at its first NUL.
 */
export function crossAsBytes(lua: LuaWasm): void {
  const { module } = lua;
  const { lua_tolstring: toText, lua_pushstring: pushText } = lua;
  const three: ['number', 'number', 'number'] = ['number', 'number', 'number'];
  lua.lua_tolstring = (state, index, length) => {
    if (lua.lua_type(state, index) !== LUA_STRING) return toText(state, index, length);
    const at: unknown = module.ccall('lua_tolstring', 'number', three, [state, index, 0]);
    const start = Number(at);
    // The engine's types have it as a number; it is a bigint.
    const end = start + Number(lua.lua_rawlen(state, index));
    return Buffer.from(module.HEAPU8.subarray(start, end)).toString('latin1');
  };
  lua.lua_pushstring = (state, text) => {
    if (typeof text !== 'string') return pushText(state, text);
    const bytes = Buffer.from(text, 'latin1');
    const at = module._malloc(Math.max(1, bytes.length));
    module.HEAPU8.set(bytes, at);
    module.ccall('lua_pushlstring', 'number', three, [state, at, bytes.length]);
    module._free(at);
    return text;
  };
}

/** The bytes of a text, as Lua gets them. */
export function luaBytes(text: string): string {
  return Buffer.from(text).toString('latin1');
}

/** The text in a string from Lua; what is not UTF-8 becomes `\ufffd`. */
export function luaText(bytes: unknown): string {
  return Buffer.from(String(bytes), 'latin1').toString();
}
