-- MessagePack as FXServer's Lua has it (citizenfx/lua-cmsgpack with the options that scheduler.lua sets):
-- a string is its bytes whatever they are; a table is a list only when its keys are 1 to n without a hole,
-- or when it is empty; what is nested deeper than sixteen tables is nil.
local MOST_NESTED = 16
-- A longer list is not asked for at once: no list of arguments has as many.
local MOST_SIZED = 200

local extensions = {}
local typeExtensions = {}

local function listLength(value)
  local count, last = 0, 0
  for key, item in next, value do
    if math.type(key) == 'integer' and key >= 1 then
      count = count + 1
      last = math.max(last, key)
    elseif key == 'n' and math.type(item) == 'integer' and item >= 1 then
      -- The result of table.pack.
      last = math.max(last, item)
    else
      return nil
    end
  end
  if last == count then return last end
end

local function head(count, fixed, most, two, four)
  if count <= most then return string.char(fixed | count) end
  if count <= 0xFFFF then return string.pack('>BI2', two, count) end
  return string.pack('>BI4', four, count)
end

local function number(value)
  if math.type(value) == 'float' then return string.pack('>Bd', 0xCB, value) end
  if value >= 0 then
    if value < 0x80 then return string.char(value) end
    if value <= 0xFF then return string.pack('>BI1', 0xCC, value) end
    if value <= 0xFFFF then return string.pack('>BI2', 0xCD, value) end
    if value <= 0xFFFFFFFF then return string.pack('>BI4', 0xCE, value) end
    return string.pack('>Bi8', 0xCF, value)
  end
  if value >= -0x20 then return string.pack('>i1', value) end
  if value >= -0x80 then return string.pack('>Bi1', 0xD0, value) end
  if value >= -0x8000 then return string.pack('>Bi2', 0xD1, value) end
  if value >= -0x80000000 then return string.pack('>Bi4', 0xD2, value) end
  return string.pack('>Bi8', 0xD3, value)
end

local write

local function writeExtension(parts, value, kind, meta)
  local text = meta.__pack(value, kind)
  if #text <= 0xFF then parts[#parts + 1] = string.pack('>BI1i1', 0xC7, #text, kind)
  elseif #text <= 0xFFFF then parts[#parts + 1] = string.pack('>BI2i1', 0xC8, #text, kind)
  else parts[#parts + 1] = string.pack('>BI4i1', 0xC9, #text, kind) end
  parts[#parts + 1] = text
end

local function writeTable(parts, value, level)
  local meta = getmetatable(value)
  if type(meta) == 'table' and math.type(rawget(meta, '__ext')) == 'integer' then
    return writeExtension(parts, value, meta.__ext, meta)
  end
  local length = listLength(value)
  if length then
    parts[#parts + 1] = head(length, 0x90, 15, 0xDC, 0xDD)
    for index = 1, length do write(parts, rawget(value, index), level + 1) end
    return
  end
  local count = 0
  for _ in next, value do count = count + 1 end
  parts[#parts + 1] = head(count, 0x80, 15, 0xDE, 0xDF)
  for key, item in next, value do
    write(parts, key, level + 1)
    write(parts, item, level + 1)
  end
end

function write(parts, value, level)
  local kind = type(value)
  if typeExtensions[kind] then
    writeExtension(parts, value, typeExtensions[kind], extensions[typeExtensions[kind]])
  elseif kind == 'string' then
    parts[#parts + 1] = head(#value, 0xA0, 31, 0xDA, 0xDB)
    parts[#parts + 1] = value
  elseif kind == 'number' then
    parts[#parts + 1] = number(value)
  elseif kind == 'boolean' then
    parts[#parts + 1] = value and '\xC3' or '\xC2'
  elseif kind == 'table' and level < MOST_NESTED then
    writeTable(parts, value, level)
  else
    parts[#parts + 1] = '\xC0'
  end
end

-- A list with room for all its items: where one is nil, `#` then finds the end that it finds on the platform.
local function sized(length)
  if length > MOST_SIZED then return {} end
  local list = table.pack(table.unpack({}, 1, length))
  list.n = nil
  return list
end

local read

local function readList(text, at, length)
  local list = sized(length)
  for index = 1, length do list[index], at = read(text, at) end
  return list, at
end

local function readMap(text, at, length)
  local map = {}
  for _ = 1, length do
    local key, item
    key, at = read(text, at)
    item, at = read(text, at)
    if key ~= nil then map[key] = item end
  end
  return map, at
end

local function readText(text, at, length)
  if at + length - 1 > #text then error('msgpack format data is incomplete', 0) end
  return text:sub(at, at + length - 1), at + length
end

local function readExtension(text, at, length)
  local kind = string.unpack('>i1', text, at)
  local data
  data, at = readText(text, at + 1, length)
  local extension = extensions[kind]
  return extension and extension.__unpack(data, kind) or data, at
end

local function sizedBy(format, reader)
  return function(text, at)
    local length
    length, at = string.unpack(format, text, at)
    return reader(text, at, length)
  end
end

local function as(format)
  return function(text, at) return string.unpack(format, text, at) end
end

local function fixedExtension(length)
  return function(text, at) return readExtension(text, at, length) end
end

local readers = {
  [0xC0] = function(_, at) return nil, at end,
  [0xC2] = function(_, at) return false, at end,
  [0xC3] = function(_, at) return true, at end,
  [0xC4] = sizedBy('>I1', readText), [0xC5] = sizedBy('>I2', readText), [0xC6] = sizedBy('>I4', readText),
  [0xC7] = sizedBy('>I1', readExtension), [0xC8] = sizedBy('>I2', readExtension), [0xC9] = sizedBy('>I4', readExtension),
  [0xCA] = as('>f'), [0xCB] = as('>d'),
  [0xCC] = as('>I1'), [0xCD] = as('>I2'), [0xCE] = as('>I4'), [0xCF] = as('>i8'),
  [0xD0] = as('>i1'), [0xD1] = as('>i2'), [0xD2] = as('>i4'), [0xD3] = as('>i8'),
  [0xD4] = fixedExtension(1), [0xD5] = fixedExtension(2), [0xD6] = fixedExtension(4),
  [0xD7] = fixedExtension(8), [0xD8] = fixedExtension(16),
  [0xD9] = sizedBy('>I1', readText), [0xDA] = sizedBy('>I2', readText), [0xDB] = sizedBy('>I4', readText),
  [0xDC] = sizedBy('>I2', readList), [0xDD] = sizedBy('>I4', readList),
  [0xDE] = sizedBy('>I2', readMap), [0xDF] = sizedBy('>I4', readMap),
}

function read(text, at)
  local kind = text:byte(at)
  if not kind then error('msgpack format data is incomplete', 0) end
  at = at + 1
  if kind < 0x80 then return kind, at end
  if kind < 0x90 then return readMap(text, at, kind & 0x0F) end
  if kind < 0xA0 then return readList(text, at, kind & 0x0F) end
  if kind < 0xC0 then return readText(text, at, kind & 0x1F) end
  if kind >= 0xE0 then return kind - 0x100, at end
  local reader = readers[kind]
  if not reader then error('msgpack format data is invalid', 0) end
  return reader(text, at)
end

local function pack(value)
  local parts = {}
  write(parts, value, 0)
  return table.concat(parts)
end

return {
  pack = pack,
  -- The values as one list, nil among them too.
  pack_args = function(...)
    local count = select('#', ...)
    local parts = { head(count, 0x90, 15, 0xDC, 0xDD) }
    for index = 1, count do write(parts, (select(index, ...)), 1) end
    return table.concat(parts)
  end,
  unpack = function(text) return (read(text, 1)) end,
  -- Registers a metatable whose tables cross by their own `__pack` and `__unpack`.
  extend = function(meta)
    extensions[meta.__ext] = meta
    return meta
  end,
  settype = function(kind, extension) typeExtensions[kind] = extension end,
}
