-- What FXServer puts around a resource's Lua: threads, promises, events, exports, natives. Everything
-- crosses to the host as JSON; a function crosses as a table that names its reference.
local host = ...

local REFERENCE = '__cfx_functionReference'
local ASYNC = '__cfx_async_retval'
local resourceName = host.resourceName()

---------------------------------------------------------------------------------------------- functions

local functions = {}
local nextFunction = 0
local referenceMeta = { __index = function() error('Cannot index a funcref', 2) end }

local function referenceOf(value)
  if type(value) == 'table' then return rawget(value, REFERENCE) end
  functions[nextFunction] = value
  nextFunction = nextFunction + 1
  return host.reference(nextFunction - 1)
end

local function isCallable(value)
  return type(value) == 'function' or (type(value) == 'table' and getmetatable(value) == referenceMeta)
end

--------------------------------------------------------------------------------------------------- json

local escapes = { ['"'] = '\\"', ['\\'] = '\\\\', ['\b'] = '\\b', ['\f'] = '\\f', ['\n'] = '\\n', ['\r'] = '\\r', ['\t'] = '\\t' }

local function quote(text)
  return '"' .. text:gsub('[%c"\\]', function(c) return escapes[c] or ('\\u%04x'):format(c:byte()) end) .. '"'
end

local function encode(value, withFunctions)
  local kind = type(value)
  if kind == 'string' then return quote(value) end
  if kind == 'boolean' then return tostring(value) end
  if kind == 'number' then
    if value ~= value or value == math.huge or value == -math.huge then return 'null' end
    if math.type(value) == 'integer' then return ('%d'):format(value) end
    return ('%.17g'):format(value)
  end
  if isCallable(value) and withFunctions then
    return '{' .. quote(REFERENCE) .. ':' .. quote(referenceOf(value)) .. '}'
  end
  if kind ~= 'table' then return 'null' end
  local parts = {}
  if next(value) == nil or #value > 0 then
    for index = 1, #value do parts[index] = encode(value[index], withFunctions) end
    return '[' .. table.concat(parts, ',') .. ']'
  end
  for key, item in pairs(value) do
    parts[#parts + 1] = quote(tostring(key)) .. ':' .. encode(item, withFunctions)
  end
  return '{' .. table.concat(parts, ',') .. '}'
end

local function encodeArguments(...)
  local parts = {}
  for index = 1, select('#', ...) do parts[index] = encode((select(index, ...)), true) end
  return '[' .. table.concat(parts, ',') .. ']'
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

-- The length is kept apart: a list from the other side can have holes.
local function decodeList(text, at)
  local list, length = {}, 0
  at = skip(text, at + 1)
  if text:sub(at, at) == ']' then return list, at + 1, 0 end
  while true do
    length = length + 1
    list[length], at = decodeValue(text, at)
    at = skip(text, at)
    local separator = text:sub(at, at)
    at = skip(text, at + 1)
    if separator == ']' then return list, at, length end
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
    if separator == '}' then break end
    if separator ~= ',' then decodeError(text, at) end
  end
  if rawget(result, REFERENCE) then setmetatable(result, referenceMeta) end
  return result, at
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

local function decodeArguments(text)
  local list, _, length = decodeList(text, skip(text, 1))
  return list, length
end

json = {
  encode = function(value) return encode(value, false) end,
  decode = function(text) return (decodeValue(text, 1)) end,
}

------------------------------------------------------------------------------------- threads, promises

local threads = {}
local currentThread = nil

local function reportError(message)
  host.fail('^1SCRIPT ERROR: ' .. tostring(message) .. '^7')
end

local function resume(thread, ...)
  local outer = currentThread
  currentThread = thread
  local ok, what, value = coroutine.resume(thread.routine, ...)
  currentThread = outer
  threads[thread] = nil
  if not ok then
    reportError(what)
  elseif coroutine.status(thread.routine) ~= 'dead' then
    if what == 'wait' then
      thread.due = host.now() + value
      threads[thread] = true
      host.wake(thread.due)
    else
      value:next(function() resume(thread) end, function() resume(thread) end)
    end
  end
end

local function inThread()
  return currentThread ~= nil and coroutine.running() == currentThread.routine
end

Citizen = {}

function Citizen.CreateThreadNow(run)
  resume({ routine = coroutine.create(run) })
end

function Citizen.CreateThread(run)
  local thread = { routine = coroutine.create(run), due = host.now() }
  threads[thread] = true
  host.wake(thread.due)
end

function Citizen.Wait(ms)
  coroutine.yield('wait', ms or 0)
end

function Citizen.SetTimeout(ms, run)
  Citizen.CreateThread(function()
    Citizen.Wait(ms)
    run()
  end)
end

function Citizen.Trace(text)
  host.print((tostring(text):gsub('\n$', '')))
end

local promiseMethods = {}
local promiseMeta = { __index = promiseMethods }
promise = {
  new = function() return setmetatable({ state = 0, waiting = {} }, promiseMeta) end,
}

local function settle(self, state, value)
  if self.state ~= 0 then return end
  self.state, self.value = state, value
  for _, waiting in ipairs(self.waiting) do waiting() end
end

function promiseMethods:resolve(value) settle(self, 3, value) end

function promiseMethods:reject(value) settle(self, 4, value) end

function promiseMethods:next(success, failure)
  local following = promise.new()
  local function react()
    local handler = self.state == 3 and success or self.state == 4 and failure
    if not handler then return settle(following, self.state, self.value) end
    local ok, result = pcall(handler, self.value)
    settle(following, ok and 3 or 4, result)
  end
  if self.state == 0 then self.waiting[#self.waiting + 1] = react else react() end
  return following
end

function Citizen.Await(awaited)
  assert(inThread(), 'Current execution context is not in the scheduler, you should use CreateThread / SetTimeout or Event system (AddEventHandler) to be able to Await')
  if awaited.state == 0 then coroutine.yield('await', awaited) end
  if awaited.state == 4 then error(awaited.value, 2) end
  return awaited.value
end

Wait, CreateThread, SetTimeout, Await = Citizen.Wait, Citizen.CreateThread, Citizen.SetTimeout, Citizen.Await

-------------------------------------------------------------------------------------- calls to the host

-- Unpacks `[ok, …]` of the host, or raises its message.
local function results(text)
  local list, length = decodeArguments(text)
  if not list[1] then error(list[2], 3) end
  return table.unpack(list, 2, length)
end

function referenceMeta.__call(self, ...)
  local text = host.call(rawget(self, REFERENCE), encodeArguments(...))
  if text == '' then error('Error in nested ref call.', 2) end
  local list, length = decodeArguments(text)
  if not list[1] then error(list[2], 2) end
  local value = list[2]
  if type(value) ~= 'table' or not rawget(value, ASYNC) or not inThread() then
    return table.unpack(list, 2, length)
  end
  local awaited = promise.new()
  value[ASYNC](function(values, failure)
    if failure ~= nil then awaited:reject(failure) else awaited:resolve(values) end
  end)
  return table.unpack(Citizen.Await(awaited))
end

setmetatable(_G, {
  __index = function(_, name)
    if not host.hasNative(name) then return nil end
    local function native(...) return results(host.native(name, encodeArguments(...))) end
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

function GetPlayers()
  local list = {}
  for index = 0, GetNumPlayerIndices() - 1 do list[#list + 1] = GetPlayerFromIndex(index) end
  return list
end

------------------------------------------------------------------------------------------------- events

local handlers = {}
local netSafe = {}
local nextHandler = 0
local exportCache = {}

function AddEventHandler(name, run)
  nextHandler = nextHandler + 1
  handlers[name] = handlers[name] or {}
  table.insert(handlers[name], { key = nextHandler, run = run })
  return { key = nextHandler, name = name }
end

function RemoveEventHandler(data)
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
  host.emit(name, encodeArguments(...))
end

function TriggerClientEvent(name, target, ...)
  host.emitNet(name, tonumber(target), encodeArguments(...))
end

local function runHandlers(name, arguments, from)
  if name == 'onServerResourceStop' then exportCache = {} end
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
  local values, length = decodeArguments(arguments)
  for _, handler in ipairs({ table.unpack(list) }) do
    Citizen.CreateThreadNow(function() handler.run(table.unpack(values, 1, length)) end)
  end
  source = lastSource
end

------------------------------------------------------------------------------------------------ exports

local function findExport(resource, name)
  local event = ('__cfx_export_%s_%s'):format(resource == 'txAdmin' and 'monitor' or resource, name)
  if not exportCache[event] then
    TriggerEvent(event, function(found) exportCache[event] = found end)
    if not exportCache[event] then error(('No such export %s in resource %s'):format(name, resource), 3) end
  end
  return exportCache[event]
end

local function exportResult(resource, name, ok, ...)
  if ok then return ... end
  error(('\n^5 An error occurred while calling export `%s` in resource `%s`:\n  %s\n^5 ---'):format(name, resource, tostring((...))), 3)
end

exports = setmetatable({}, {
  __index = function(_, resource)
    return setmetatable({}, {
      __index = function(_, name)
        local found = findExport(resource, name)
        return function(_, ...) return exportResult(resource, name, pcall(found, ...)) end
      end,
      __newindex = function() error('cannot set values on an export resource', 2) end,
    })
  end,
  __newindex = function() error('cannot set values on exports', 2) end,
  __call = function(_, name, run)
    AddEventHandler(('__cfx_export_%s_%s'):format(resourceName, name), function(setCallback) setCallback(run) end)
  end,
})

---------------------------------------------------------------------------------- calls from the host

local function callFunction(index, arguments)
  local run = functions[index]
  if not run then
    host.print('Invalid ref call attempt: ' .. index)
    return '[false]'
  end
  local finished, later
  local waited = false
  Citizen.CreateThreadNow(function()
    local values, length = decodeArguments(arguments)
    local result = table.pack(pcall(run, table.unpack(values, 1, length)))
    if result[1] then finished = encodeArguments(table.unpack(result, 1, result.n))
    else finished = encodeArguments(false, '^1SCRIPT ERROR: ' .. tostring(result[2]) .. '^7') end
    if later then
      if result[1] then later({ table.unpack(result, 2, result.n) }, nil) else later(nil, tostring(result[2])) end
    elseif waited and not result[1] then
      -- Nobody waits for the result: the server itself called, as for a request.
      reportError(result[2])
    end
  end)
  if finished then return finished end
  waited = true
  return encodeArguments(true, { [ASYNC] = function(callback) later = callback end })
end

local function tick(now)
  local due = {}
  for thread in pairs(threads) do
    if thread.due <= now then due[#due + 1] = thread end
  end
  table.sort(due, function(a, b) return a.due < b.due end)
  for _, thread in ipairs(due) do resume(thread) end
end

local function nextDue()
  local earliest
  for thread in pairs(threads) do
    if not earliest or thread.due < earliest then earliest = thread.due end
  end
  return earliest
end

local function load_(code, name)
  local chunk, failure = load(code, '@' .. name, 't')
  if not chunk then return reportError(failure) end
  local ok, message = pcall(chunk)
  if not ok then reportError(message) end
end

return {
  load = load_,
  event = runHandlers,
  call = callFunction,
  tick = tick,
  nextDue = nextDue,
  release = function(index) functions[index] = nil end,
}
