-- Calls cmsban's exports from Lua for the tests, and prints what comes back and which events it hears.
--
-- The event `caller-lua:call` with a number, an export and its arguments as JSON prints `answer <number> <JSON>`.

AddEventHandler('caller-lua:call', function(number, name, arguments)
    local ok, answer = pcall(function()
        return exports.cmsban[name](exports.cmsban, table.unpack(json.decode(arguments)))
    end)
    print(('answer %d %s'):format(number, json.encode(ok and answer or { threw = tostring(answer) })))
end)

for _, event in ipairs({ 'queued', 'delivered', 'refused' }) do
    AddEventHandler('cmsban:' .. event, function(outcome)
        print(('event %s %s'):format(event, json.encode(outcome)))
    end)
end
