-- What FXServer puts around a resource's Lua: threads, promises, events, exports, natives. Everything crosses
-- to the host as the bytes that cross between resources on the platform.
local host, messagePack = ...

msgpack = messagePack
local pack, packArguments, unpack = msgpack.pack, msgpack.pack_args, msgpack.unpack

local REFERENCE = '__cfx_functionReference'
local ASYNC = '__cfx_async_retval'
local EXT_FUNCREF, EXT_LOCALFUNCREF = 10, 11
local resourceName = host.resourceName()

---------------------------------------------------------------------------------------------- functions

local functions = {}
local nextFunction = 0

-- Lua's copy of another resource's function: a table that can be called.
local referenceMeta = msgpack.extend({
  __ext = EXT_FUNCREF,
  __index = function() error('Cannot index a funcref', 2) end,
  __newindex = function() error('Cannot set indexes on a funcref', 2) end,
  __gc = function(self) host.drop(rawget(self, REFERENCE)) end,
})

local function isCallable(value)
  if type(value) == 'function' then return true end
  local meta = getmetatable(value)
  return type(meta) == 'table' and type(meta.__call) == 'function'
end

local function referenceOf(value)
  if not isCallable(value) then return nil end
  functions[nextFunction] = value
  nextFunction = nextFunction + 1
  return host.reference(nextFunction - 1)
end

function referenceMeta.__pack(value) return referenceOf(value) end

function referenceMeta.__unpack(reference)
  host.hold(reference)
  return setmetatable({ [REFERENCE] = reference }, referenceMeta)
end

msgpack.extend({ __ext = EXT_LOCALFUNCREF, __pack = referenceMeta.__pack, __unpack = referenceMeta.__unpack })
msgpack.settype('function', EXT_FUNCREF)

--------------------------------------------------------------------------------------------------- json

local escapes = { ['"'] = '\\"', ['\\'] = '\\\\', ['\b'] = '\\b', ['\f'] = '\\f', ['\n'] = '\\n', ['\r'] = '\\r', ['\t'] = '\\t' }

local function quote(text)
  return '"' .. text:gsub('[%c"\\]', function(c) return escapes[c] or ('\\u%04x'):format(c:byte()) end) .. '"'
end

-- How long a table is as a list: its keys are numbers from 1, and most of them are there.
local function jsonLength(value)
  local count, last = 0, 0
  for key in next, value do
    if math.type(key) ~= 'integer' or key < 1 then return nil end
    count = count + 1
    last = math.max(last, key)
  end
  if last < 16 or count >= last // 2 then return last end
end

local function encode(value)
  local kind = type(value)
  if kind == 'string' then return quote(value) end
  if kind == 'boolean' then return tostring(value) end
  if kind == 'number' then
    if value ~= value or value == math.huge or value == -math.huge then return 'null' end
    if math.type(value) == 'integer' then return ('%d'):format(value) end
    return (value % 1 == 0 and math.abs(value) < 1e15 and '%.1f' or '%.17g'):format(value)
  end
  if kind ~= 'table' then return 'null' end
  local parts = {}
  local length = jsonLength(value)
  if length then
    for index = 1, length do parts[index] = encode(value[index]) end
    return '[' .. table.concat(parts, ',') .. ']'
  end
  for key, item in next, value do
    parts[#parts + 1] = quote(tostring(key)) .. ':' .. encode(item)
  end
  return '{' .. table.concat(parts, ',') .. '}'
end

local decodeValue

local function decodeError(text, at)
  error(('invalid JSON at character %d: %s'):format(at, text:sub(at, at + 20)), 0)
end

local unescapes = { b = '\b', f = '\f', n = '\n', r = '\r', t = '\t' }

local function decodeString(text, at)
  local parts = {}
  local index = at + 1
  while true do
    local from, to, chunk, stop = text:find('^([^"\\]*)(["\\])', index)
    if not from then decodeError(text, at) end
    parts[#parts + 1] = chunk
    if stop == '"' then return table.concat(parts), to + 1 end
    local escape = text:sub(to + 1, to + 1)
    index = to + 2
    if escape == 'u' then
      local code = tonumber(text:sub(index, index + 3), 16)
      index = index + 4
      if code >= 0xD800 and code < 0xDC00 and text:sub(index, index + 1) == '\\u' then
        code = 0x10000 + (code - 0xD800) * 0x400 + (tonumber(text:sub(index + 2, index + 5), 16) - 0xDC00)
        index = index + 6
      end
      parts[#parts + 1] = utf8.char(code)
    else
      parts[#parts + 1] = unescapes[escape] or escape
    end
  end
end

local function skip(text, at)
  return text:find('[^ \n\r\t]', at) or #text + 1
end

local function decodeList(text, at)
  local list, length = {}, 0
  at = skip(text, at + 1)
  if text:sub(at, at) == ']' then return list, at + 1 end
  while true do
    length = length + 1
    list[length], at = decodeValue(text, at)
    at = skip(text, at)
    local separator = text:sub(at, at)
    at = skip(text, at + 1)
    if separator == ']' then return list, at end
    if separator ~= ',' then decodeError(text, at) end
  end
end

local function decodeTable(text, at)
  local result = {}
  at = skip(text, at + 1)
  if text:sub(at, at) == '}' then return result, at + 1 end
  while true do
    local key
    key, at = decodeString(text, at)
    at = skip(text, at)
    result[key], at = decodeValue(text, skip(text, at + 1))
    at = skip(text, at)
    local separator = text:sub(at, at)
    at = skip(text, at + 1)
    if separator == '}' then return result, at end
    if separator ~= ',' then decodeError(text, at) end
  end
end

function decodeValue(text, at)
  at = skip(text, at)
  local first = text:sub(at, at)
  if first == '"' then return decodeString(text, at) end
  if first == '{' then return decodeTable(text, at) end
  if first == '[' then return decodeList(text, at) end
  if text:sub(at, at + 3) == 'true' then return true, at + 4 end
  if text:sub(at, at + 4) == 'false' then return false, at + 5 end
  if text:sub(at, at + 3) == 'null' then return nil, at + 4 end
  local number = text:match('^-?%d+%.?%d*[eE]?[+-]?%d*', at)
  if not number then decodeError(text, at) end
  return math.tointeger(tonumber(number)) or tonumber(number), at + #number
end

json = {
  encode = function(value) return encode(value) end,
  decode = function(text) return (decodeValue(text, 1)) end,
}

------------------------------------------------------------------------------------- threads, promises

local threads = {}

local function reportError(message)
  host.fail('^1SCRIPT ERROR: ' .. tostring(message) .. '^7')
end

-- Goes on with a thread until it waits or ends. @returns whether it waits.
local function resume(thread, ...)
  threads[thread] = nil
  local ok, what, value = coroutine.resume(thread.routine, ...)
  if not ok then
    reportError(what)
  elseif coroutine.status(thread.routine) ~= 'dead' then
    if what == 'wait' then
      thread.due = host.now() + value
      threads[thread] = true
      host.wake(thread.due)
    elseif what == 'await' then
      local reattach = function() resume(thread) end
      local attached, message = pcall(value.next, value, reattach, reattach)
      if not attached then reportError(message) end
    end
    return true
  end
  return false
end

Citizen = {}

function Citizen.CreateThreadNow(run)
  return resume({ routine = coroutine.create(run) })
end

function Citizen.CreateThread(run)
  local thread = { routine = coroutine.create(run), due = host.now() }
  threads[thread] = true
  host.wake(thread.due)
end

function Citizen.Wait(ms)
  coroutine.yield('wait', ms or 0)
end

local timeouts = {}
local nextTimeout = 0

function Citizen.SetTimeout(ms, run)
  nextTimeout = nextTimeout + 1
  local number = nextTimeout
  local thread = { routine = coroutine.create(function()
    timeouts[number] = nil
    run()
  end), due = host.now() + ms }
  timeouts[number] = thread
  threads[thread] = true
  host.wake(thread.due)
  return number
end

function Citizen.ClearTimeout(number)
  local thread = timeouts[number]
  if not thread then return end
  timeouts[number] = nil
  threads[thread] = nil
end

function Citizen.Trace(...)
  local parts = {}
  for index = 1, select('#', ...) do parts[index] = tostring((select(index, ...))) end
  host.print((table.concat(parts, ' '):gsub('\n$', '')))
end

function Citizen.GetFunctionReference(run) return referenceOf(run) end

function Citizen.InvokeFunctionReference(reference, arguments) return host.call(reference, arguments) or '' end

-- A promise as the platform's (lua/deferred.lua): `next` is a field, `resolve` and `reject` are methods, so of
-- a promise that crosses to another resource only `next` still does something.
local RESOLVED, REJECTED = 3, 4
local promiseMeta = {}
promiseMeta.__index = promiseMeta
promise = {}

local function settle(self, state, value)
  self.state, self.value = state, value
  for _, waiting in ipairs(self.queue) do waiting() end
end

-- Settles with a value, or, when that is a promise itself, as that one does.
local function follow(self, state, value)
  if self.state ~= 0 or self.isFollowing then return self end
  if type(value) == 'table' and isCallable(rawget(value, 'next')) then
    self.isFollowing = true
    local ok, message = pcall(value.next, value,
      function(result) settle(self, RESOLVED, result) end,
      function(failure) settle(self, REJECTED, failure) end)
    if not ok then settle(self, REJECTED, message) end
    return self
  end
  settle(self, state, value)
  return self
end

function promiseMeta:resolve(value) return follow(self, RESOLVED, value) end

function promiseMeta:reject(value) return follow(self, REJECTED, value) end

function promise.new(run)
  local self = setmetatable({ state = 0, queue = {} }, promiseMeta)
  function self.next(_, success, failure)
    local following = promise.new()
    local function react()
      local handler
      if self.state == RESOLVED then handler = success else handler = failure end
      if not isCallable(handler) then return follow(following, self.state, self.value) end
      local ok, result = pcall(handler, self.value)
      follow(following, ok and RESOLVED or REJECTED, result)
    end
    if self.state == 0 then table.insert(self.queue, react) else react() end
    return following
  end
  if isCallable(run) then
    local ok, message = pcall(run, self)
    if not ok then self:reject(message) end
  end
  return self
end

function promise.all(list)
  local all, results, left = promise.new(), {}, #list
  local isRejected = false
  if left == 0 then return all:resolve(results) end
  local function settled(index, failed)
    return function(value)
      results[index] = value
      isRejected = isRejected or failed
      left = left - 1
      if left > 0 then return value end
      if isRejected then all:reject(results) else all:resolve(results) end
      return value
    end
  end
  for index, each in ipairs(list) do each:next(settled(index, false), settled(index, true)) end
  return all
end

function promise.first(list)
  local first = promise.new()
  for _, each in ipairs(list) do
    each:next(function(value) first:resolve(value) end, function(failure) first:reject(failure) end)
  end
  return first
end

function Citizen.Await(awaited)
  if awaited.state == 0 then coroutine.yield('await', awaited) end
  if awaited.state == REJECTED then error(awaited.value, 2) end
  return awaited.value
end

Wait, CreateThread = Citizen.Wait, Citizen.CreateThread
SetTimeout, ClearTimeout = Citizen.SetTimeout, Citizen.ClearTimeout

-------------------------------------------------------------------------------------- calls to the host

function referenceMeta.__call(self, ...)
  local answer = host.call(rawget(self, REFERENCE), packArguments(...))
  if not answer then error('Error in nested ref call.', 2) end
  local list = unpack(answer)
  if not list[1] then error(list[2] or '', 2) end
  local value = list[2]
  if type(value) ~= 'table' or not rawget(value, ASYNC) then return table.unpack(list, 2) end
  local awaited = promise.new()
  value[ASYNC](function(values, failure)
    if values then awaited:resolve(values) elseif failure then awaited:reject(failure) end
  end)
  return table.unpack(Citizen.Await(awaited))
end

setmetatable(_G, {
  __index = function(_, name)
    if not host.hasNative(name) then return nil end
    local function native(...)
      local answer = unpack(host.native(name, packArguments(...)))
      if not answer[1] then error(answer[2], 2) end
      return answer[2]
    end
    rawset(_G, name, native)
    return native
  end,
})

function print(...)
  local parts = {}
  for index = 1, select('#', ...) do parts[index] = tostring((select(index, ...))) end
  host.print(table.concat(parts, '\t'))
end

local systemTime = os.time
os = {
  time = function(date) return date and systemTime(date) or host.wallClock() // 1000 end,
  clock = function() return host.now() / 1000 end,
  date = os.date,
}
io, require, dofile, loadfile = nil, nil, nil, nil

function GetPlayerIdentifiers(player)
  local list = {}
  for index = 0, GetNumPlayerIdentifiers(player) - 1 do list[#list + 1] = GetPlayerIdentifier(player, index) end
  return list
end

function GetPlayerTokens(player)
  local list = {}
  for index = 0, GetNumPlayerTokens(player) - 1 do list[#list + 1] = GetPlayerToken(player, index) end
  return list
end

function GetPlayers()
  local list = {}
  for index = 0, GetNumPlayerIndices() - 1 do list[#list + 1] = GetPlayerFromIndex(index) end
  return list
end

RconPrint = Citizen.Trace

------------------------------------------------------------------------------------------------- events

local handlers = {}
local netSafe = {}
local nextHandler = 0

function AddEventHandler(name, run)
  nextHandler = nextHandler + 1
  handlers[name] = handlers[name] or {}
  table.insert(handlers[name], { key = nextHandler, run = run })
  return { key = nextHandler, name = name }
end

function RemoveEventHandler(data)
  if not data or not data.key or not data.name then error('Invalid event data passed to RemoveEventHandler()', 2) end
  for index, handler in ipairs(handlers[data.name] or {}) do
    if handler.key == data.key then return table.remove(handlers[data.name], index) end
  end
end

function RegisterNetEvent(name, run)
  netSafe[name] = true
  if run then return AddEventHandler(name, run) end
end

RegisterServerEvent = RegisterNetEvent

function TriggerEvent(name, ...)
  return host.emit(name, packArguments(...))
end

function TriggerClientEvent(name, target, ...)
  host.emitNet(name, tonumber(target), packArguments(...))
end

function TriggerLatentClientEvent(name, target, _, ...)
  TriggerClientEvent(name, target, ...)
end

local function runHandlers(name, arguments, from)
  local list = handlers[name]
  if not list or #list == 0 then return end
  local lastSource = source
  source = from
  if from:sub(1, 4) == 'net:' then
    if not netSafe[name] then
      source = lastSource
      return host.print('event ' .. name .. ' was not safe for net')
    end
    source = tonumber(from:sub(5))
  elseif from:sub(1, 13) == 'internal-net:' then
    source = tonumber(from:sub(14))
  end
  local values = unpack(arguments) or {}
  if type(values) == 'table' then
    for _, handler in ipairs({ table.unpack(list) }) do
      -- How many values there are is what `#` says: after a nil, the last ones can be lost.
      Citizen.CreateThreadNow(function() handler.run(table.unpack(values)) end)
    end
  end
  source = lastSource
end

------------------------------------------------------------------------------------------------ exports

local exportCache = {}

AddEventHandler('onServerResourceStop', function(resource) exportCache[resource] = nil end)

local function exportEvent(resource, name)
  return ('__cfx_export_%s_%s'):format(resource == 'txAdmin' and 'monitor' or resource, name)
end

-- What the manifest names as exports are globals.
for index = 0, GetNumResourceMetadata(resourceName, 'server_export') - 1 do
  local name = GetResourceMetadata(resourceName, 'server_export', index)
  AddEventHandler(exportEvent(resourceName, name), function(setCallback)
    if _G[name] then setCallback(_G[name]) end
  end)
end

local function exportResult(resource, name, ok, ...)
  if ok then return ... end
  local message = tostring((...)):gsub('\n(.)', '\n  %1')
  if #message > 2048 then
    message = message:sub(1, 1024) .. '\n... [large output partially truncated] ...\n' .. message:sub(-1024)
  end
  error(('\n^5 An error occurred while calling export `%s` in resource `%s`:\n  %s\n^5 ---'):format(name, resource, message), 3)
end

exports = setmetatable({}, {
  __index = function(_, resource)
    return setmetatable({}, {
      __index = function(_, name)
        exportCache[resource] = exportCache[resource] or {}
        local known = exportCache[resource]
        if not known[name] then
          TriggerEvent(exportEvent(resource, name), function(found) known[name] = found end)
        end
        if not known[name] then error(('No such export %s in resource %s'):format(name, resource), 2) end
        return function(_, ...)
          -- Not the one that was found: a function that is kept over the other's restart fails.
          local found = exportCache[resource] and exportCache[resource][name]
          return exportResult(resource, name, pcall(found, ...))
        end
      end,
      __newindex = function() error('cannot set values on an export resource', 2) end,
    })
  end,
  __newindex = function() error('cannot set values on exports', 2) end,
  __call = function(_, name, run)
    AddEventHandler(exportEvent(resourceName, name), function(setCallback) setCallback(run) end)
  end,
})

---------------------------------------------------------------------------------- calls from the host

local function callFunction(index, arguments)
  local run = functions[index]
  if not run then
    host.print('Invalid ref call attempt: ' .. index)
    return packArguments(false)
  end
  local values, failure = false, nil
  local later
  local waits = Citizen.CreateThreadNow(function()
    local ok, message = xpcall(function()
      values = { run(table.unpack(unpack(arguments))) }
    end, function(message) return ('^1SCRIPT ERROR: %s^7'):format(tostring(message)) end)
    if not ok then failure = message end
    -- The values cross as a table of their own: with a nil before the last it is a map, and they are lost.
    if later then later(values, failure) elseif failure then host.fail(failure) end
  end)
  if waits then return packArguments(true, { [ASYNC] = function(callback) later = callback end }) end
  if failure then return packArguments(false, failure) end
  return packArguments(true, table.unpack(values))
end

local function tick(now)
  local due = {}
  for thread in pairs(threads) do
    if thread.due <= now then due[#due + 1] = thread end
  end
  table.sort(due, function(a, b) return a.due < b.due end)
  for _, thread in ipairs(due) do
    -- One of them may have cleared another.
    if threads[thread] then resume(thread) end
  end
end

local function nextDue()
  local earliest
  for thread in pairs(threads) do
    if not earliest or thread.due < earliest then earliest = thread.due end
  end
  return earliest
end

-- A file runs in a thread: it may wait, and what comes after it is loaded meanwhile.
local function loadFile(code, name)
  local chunk, failure = load(code, '@' .. name, 't')
  if not chunk then return reportError(failure) end
  Citizen.CreateThreadNow(chunk)
end

return {
  load = loadFile,
  event = runHandlers,
  call = callFunction,
  tick = tick,
  nextDue = nextDue,
  release = function(index) functions[index] = nil end,
}
