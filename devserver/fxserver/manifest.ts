import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LuaFactory } from 'wasmoon';

/** What a resource's `fxmanifest.lua` says: every value of every key, in order. */
export type Manifest = ReadonlyMap<string, readonly string[]>;

/** The name that FXServer looks for first; `__resource.lua` is its old form and not supported here. */
const MANIFEST_FILE = 'fxmanifest.lua';

/**
 * FXServer runs a manifest as Lua in which every unknown global is a function that notes its argument;
 * a table's values are noted one by one under the name without its final `s`
 * (data/shared/citizen/scripting/resource_init.lua). A second call adds extra data, under `<key>_extra`.
 */
const collector = `
local note = ...
local function quote(value)
  return '"' .. tostring(value):gsub('[%c"\\\\]', function(c) return ('\\\\u%04x'):format(c:byte()) end) .. '"'
end
local function encode(value)
  if type(value) ~= 'table' then
    if type(value) == 'string' then return quote(value) end
    return tostring(value)
  end
  local parts = {}
  if #value > 0 then
    for _, item in ipairs(value) do parts[#parts + 1] = encode(item) end
    return '[' .. table.concat(parts, ',') .. ']'
  end
  for key, item in pairs(value) do parts[#parts + 1] = quote(key) .. ':' .. encode(item) end
  return '{' .. table.concat(parts, ',') .. '}'
end
return setmetatable({ ipairs = ipairs, pairs = pairs, tostring = tostring, table = table, string = string }, {
  __index = function(_, key)
    return function(value)
      local name = key
      if type(value) == 'table' then
        if key:sub(-1) == 's' then name = key:sub(1, -2) end
        for _, item in ipairs(value) do note(name, tostring(item)) end
      else
        note(key, tostring(value))
      end
      return function(extra) note(name .. '_extra', encode(extra)) end
    end
  end,
})
`;

let factory: LuaFactory | undefined;

/**
 * Reads a resource's manifest.
 *
 * @throws when there is none, or when it is not valid Lua.
 */
export async function readManifest(folder: string): Promise<Manifest> {
  const code = readFileSync(join(folder, MANIFEST_FILE), 'utf8');
  factory ??= new LuaFactory();
  const lua = await factory.createEngine({ openStandardLibs: true });
  try {
    const values = new Map<string, string[]>();
    lua.global.set('note', (key: string, value: string) => {
      values.set(key, [...(values.get(key) ?? []), value]);
    });
    lua.global.set('collector', collector);
    lua.global.set('manifest', code);
    await lua.doString(`
      local environment = assert(load(collector))(note)
      assert(load(manifest, '@${MANIFEST_FILE}', 't', environment))()
    `);
    return values;
  } finally {
    lua.global.close();
  }
}

/** Every value of a key, written alone or as a table. */
export function valuesOf(manifest: Manifest, key: string): readonly string[] {
  // A table's name loses its last letter whatever it is: `dependencies` becomes `dependencie`.
  const names = key === 'dependency' ? [key, 'dependencie'] : [key];
  return names.flatMap((name) => manifest.get(name) ?? []);
}
