-- Calls every export of cmsban in every odd way that scripts find, and prints what comes back, a line for each
-- case: `odd <case> <JSON>`, at the end `odd done {}`. It needs nothing but FXServer. On the console:
--
--   oddcalls <what> <target…>
--
-- <what> is `targets`, `choices`, `limits`, `places`, `events`, `crowd` or `wait`; most take the identifier of
-- somebody whom Sonoran knows, `crowd` those of several.

local SANCTIONS = { 'banPlayer', 'kickPlayer', 'unbanPlayer' }
local WITH_TARGET = { 'banPlayer', 'kickPlayer', 'unbanPlayer', 'lookupPlayer', 'isBanned' }

local function show(case, value)
  print(('odd %s %s'):format(case, json.encode(value)))
end

-- What came back, or what was thrown.
local function try(name, ...)
  local ok, answer = pcall(function(...) return exports.cmsban[name](exports.cmsban, ...) end, ...)
  if ok then return answer end
  return { threw = tostring(answer) }
end

local function each(names, case, ...)
  local answers = {}
  for _, name in ipairs(names) do answers[name] = try(name, ...) end
  show(case, answers)
end

-- A file runs in a thread: this waits for its answer.
show('top level', try('isBanned', 'license:nobody'))

local function targets()
  local deep = {}
  for _ = 1, 40 do deep = { deep } end
  each(WITH_TARGET, 'nothing at all')
  each(WITH_TARGET, 'nil', nil, 'odd')
  each(WITH_TARGET, 'nil in the middle', nil, nil, { author = 'odd' })
  each(WITH_TARGET, 'nil at the end', nil, 'odd', nil, nil)
  each(WITH_TARGET, 'true', true, 'odd')
  each(WITH_TARGET, 'false', false, 'odd')
  each(WITH_TARGET, 'a function', print, 'odd')
  each(WITH_TARGET, 'a thread', coroutine.create(print), 'odd')
  each(WITH_TARGET, 'an empty table', {}, 'odd')
  each(WITH_TARGET, 'a list', { 12 }, 'odd')
  each(WITH_TARGET, 'a list with a hole', { nil, 12 }, 'odd')
  each(WITH_TARGET, 'a table', { id = 12, license = 'license:cafe' }, 'odd')
  each(WITH_TARGET, 'deep tables', deep, 'odd')
  each(WITH_TARGET, 'not a number', 0 / 0, 'odd')
  each(WITH_TARGET, 'infinite', math.huge, 'odd')
  each(WITH_TARGET, 'minus infinite', -math.huge, 'odd')
  each(WITH_TARGET, 'negative', -1, 'odd')
  each(WITH_TARGET, 'zero', 0, 'odd')
  each(WITH_TARGET, 'minus zero', -0.0, 'odd')
  each(WITH_TARGET, 'a half', 1.5, 'odd')
  each(WITH_TARGET, 'huge', 1e300, 'odd')
  each(WITH_TARGET, 'the least number', math.mininteger, 'odd')
  each(WITH_TARGET, 'an empty text', '', 'odd')
  each(WITH_TARGET, 'no text', '\xff\xfe\xc3', 'odd')
  each(WITH_TARGET, 'half a character', '\xed\xa0\x80', 'odd')
  each(WITH_TARGET, 'a line break in a long form', 'license:\xc0\x8aforged', 'odd')
  each(WITH_TARGET, 'a NUL', 'a\0b', 'odd')
  each(WITH_TARGET, 'a long text', ('x'):rep(100000), 'odd')
  each(WITH_TARGET, 'a colour', '^1red', 'odd')
  each(WITH_TARGET, 'nobody here', 999, 'odd')
  each(WITH_TARGET, 'nobody here as a float', 999.0, 'odd')
  each(WITH_TARGET, 'a temporary id', 65536 + 1, 'odd')
end

local function choices(target, ...)
  local others = { ... }
  local function refused(case, options, reason)
    each(SANCTIONS, case, target, reason or 'odd', options)
  end
  refused('a text', 'always')
  refused('a number', 5)
  refused('true', true)
  refused('false', false)
  refused('a function', print)
  refused('a list', { 'always' })
  refused('a list with a hole', { nil, 'always' })
  refused('unknown', { reason = 'x' })
  refused('unknown of bytes', { ['\xff^1\n'] = 'x' })
  refused('unknown number', { [1.5] = 'x', author = 'odd' })
  refused('duration', { duration = '90min' })
  refused('author a number', { author = 5 })
  refused('author a table', { author = {} })
  refused('drop unknown', { drop = 'now' })
  refused('drop true', { drop = true })
  refused('products a text', { products = 'cms' })
  refused('products empty', { products = {} })
  refused('products with a hole', { products = { 'cms', nil, 'cad' } })
  refused('products a map', { products = { cms = true } })
  refused('products unknown', { products = { 'mdt' } })
  refused('id empty', { id = '' })
  refused('id a number', { id = 5 })
  refused('id long', { id = ('x'):rep(129) })
  refused('reason a number', nil, 5)
  refused('reason true', nil, true)
  refused('reason a table', {}, { 'odd' })
  refused('reason a function', {}, print)

  -- Each lifts somebody else: the same lift told again would be the one that is there.
  local function accepted(case, ...)
    show(case, { answer = try('unbanPlayer', table.remove(others, 1), ...) })
  end
  accepted('nothing')
  accepted('nil for both', nil, nil)
  accepted('nil for the reason', nil, { author = 'odd' })
  accepted('an empty table', 'odd', {})
  accepted('more than three', 'odd', {}, 'what', nil, 'else')
  accepted('reason of bytes', '\xff\xfe cheats \xc0\x8a[cmsban] \xed\xa0\x80')
  accepted('author of bytes', 'odd', { author = '^1\xffme\0\xc0\x8a' })
  accepted('id of bytes', 'odd', { id = '\xff\0' })
  accepted('products twice', 'odd', { products = { 'cad', 'cad' } })
end

local function limits()
  show('no limit', { history = #try('getHistory'), pending = #try('getPending') })
  show('nil', { history = #try('getHistory', nil), pending = #try('getPending', nil) })
  for case, limit in pairs({ ['zero'] = 0, ['negative'] = -1, ['half'] = 1.5, ['infinite'] = math.huge,
    ['not a number'] = 0 / 0, ['text'] = 'two', ['table'] = {}, ['true'] = true }) do
    show(case, { history = #try('getHistory', limit), pending = #try('getPending', limit) })
  end
  show('two', { history = #try('getHistory', 2), pending = #try('getPending', 2) })
  show('two as a float', { history = #try('getHistory', 2.0), pending = #try('getPending', 2.0) })
  show('all', { history = #try('getHistory', 1 << 31), pending = #try('getPending', 1 << 31) })
end

local function places(target, other)
  CreateThread(function()
    show('in a thread', try('isBanned', target))
    Wait(0)
    show('after a wait', try('isBanned', target))
  end)
  SetTimeout(0, function() show('in a timeout', try('isBanned', target)) end)
  TriggerEvent('odd-calls-lua:place', target)
  Wait(0)

  -- With a dot, Lua gives the first argument away.
  show('with a dot', { answer = exports.cmsban.isBanned(target, 'license:nobody') })
  show('by name', exports['cmsban']['isBanned'](nil, target))
  show('more than it takes', try('isBanned', target, nil, {}, print))
  show('unknown export', try('eraseEverything', target))

  -- Where Lua cannot wait, there is no answer; the question was asked all the same.
  local ok, message = pcall(table.sort, { 1, 2 }, function() return exports.cmsban:unbanPlayer(target, 'cannot wait') end)
  show('where nothing can wait', { threw = tostring(message), ok = ok })
  local routine = coroutine.wrap(function() return try('unbanPlayer', other, 'own routine') end)
  show('in a routine of our own', { got = type(routine()) })

  local promised = promise.new()
  CreateThread(function() promised:resolve(try('isBanned', target)) end)
  show('through a promise', Citizen.Await(promised))
  show('packed and unpacked', msgpack.unpack(msgpack.pack(try('isBanned', target))))

  local kept = exports.cmsban.isBanned
  show('kept', kept(nil, target))
  AddEventHandler('odd-calls-lua:kept', function()
    local isThere, answer = pcall(kept, nil, target)
    show('kept over a restart', isThere and answer or { threw = tostring(answer) })
    show('looked up again', try('isBanned', target))
  end)
end

AddEventHandler('odd-calls-lua:place', function(target)
  show('in an event', try('isBanned', target))
end)

-- Calls inside cmsban's own events, and whether one of those comes in the middle of a call.
local function events(target)
  local inside = false
  local ours = { first = true, second = true, third = true, fourth = true }
  for _, name in ipairs({ 'queued', 'delivered', 'refused' }) do
    AddEventHandler('cmsban:' .. name, function(outcome)
      if not ours[outcome.reason] then return end
      show('event ' .. name, { inside = inside, reason = outcome.reason })
      show('from event ' .. name, { banned = try('isBanned', target), history = #try('getHistory', 1) })
      if outcome.reason == 'first' then
        each(SANCTIONS, 'sanctions from event ' .. name, nil, 'from an event', { author = 'odd' })
      end
    end)
  end
  -- Until its first wait a routine runs within this call.
  local function within(name, ...)
    local arguments = table.pack(...)
    inside = true
    coroutine.wrap(function() try(name, table.unpack(arguments, 1, arguments.n)) end)()
    inside = false
  end
  within('banPlayer', nil, 'first')
  within('kickPlayer', 999, 'second')
  within('unbanPlayer', target, 'third', { drop = 'now' })
  within('unbanPlayer', target, 'fourth')
end

local function crowd(...)
  local answered = 0
  local people = { ... }
  for index, target in ipairs(people) do
    CreateThread(function()
      local answer = try('banPlayer', target, 'raid ' .. index)
      answered = answered + 1
      show('crowd ' .. index, answer)
      if answered == #people then show('crowd', { answered = answered }) end
    end)
  end
end

local function wait(target)
  CreateThread(function() show('waited', try('banPlayer', target, 'waits')) end)
end

local RUNS = { targets = targets, choices = choices, limits = limits, places = places, events = events, crowd = crowd, wait = wait }

RegisterCommand('oddcalls', function(_, args)
  local what = table.remove(args, 1)
  RUNS[what](table.unpack(args))
  show('done', { what = what })
end, true)
