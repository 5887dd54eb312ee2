-- The part of the vendor's core that other resources subscribe to. Where the real one is careless, so is
-- this one: one handler per type, the key in what handlers get, and no answer at all when a handler fails.
local handlerOf = {}

-- The owner's, as config.lua has it; a test may set the convar instead.
function ConfiguredKey()
    return Config.APIKey ~= '' and Config.APIKey or GetConvar('sonorancms_key', '')
end

-- What is not JSON is nil, as in the platform's own decoder.
local function decoded(text)
    local ok, value = pcall(json.decode, text)
    if ok then return value end
end

local function answerTo(body)
    if type(body) ~= 'table' then return json.encode({ error = 'Bad Request' }) end
    if not body.key or body.key:upper() ~= ConfiguredKey():upper() then return 'Bad API Key' end
    local handler = handlerOf[body.type]
    if not handler then return 'Event not registered' end
    handler(body)
    return 'ok'
end

SetHttpHandler(function(request, response)
    if request.method ~= 'POST' or request.path ~= '/events' then
        response.send(json.encode({ error = 'Route not found' }))
        return
    end
    request.setDataHandler(function(text)
        response.send(answerTo(decoded(text)))
    end)
end)

RegisterNetEvent('sonorancms::RegisterPushEvent', function(type, handler)
    handlerOf[type] = handler
end)

CreateThread(function()
    TriggerEvent('sonorancms::RegisterPushEvent', 'ACCOUNT_UPDATED', function(body)
        TriggerEvent('sonoran_permissions::rankupdate', body)
        TriggerEvent('sonoran_jobsync::rankupdate', body)
    end)
end)
