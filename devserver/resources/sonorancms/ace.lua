-- The vendor's ACE module, as far as a change of ranks goes: every rank is a principal here, `group.<rank>`. It
-- acts only on an event with the key in it, and takes away only what it has given itself.
local principalsOf = {}

local function idType()
    return Config.apiIdType
end

local function identifiersOf(account)
    local ids = {}
    for _, id in ipairs(account.activeApiIds or {}) do ids[#ids + 1] = id end
    if idType() == 'discord' then ids[#ids + 1] = account.discordId end
    return ids
end

-- The real one registers it as a net event: a player can send it, but does not know the key.
RegisterNetEvent('sonoran_permissions::rankupdate', function(body)
    if body.key ~= ConfiguredKey() then return end
    local wanted = {}
    for _, rank in ipairs(body.data.ranks or {}) do wanted['group.' .. rank] = true end
    for _, id in ipairs(identifiersOf(body.data)) do
        local child = ('identifier.%s:%s'):format(idType(), id)
        for principal in pairs(principalsOf[id] or {}) do
            if not wanted[principal] then ExecuteCommand(('remove_principal %s %s'):format(child, principal)) end
        end
        for principal in pairs(wanted) do
            if not (principalsOf[id] or {})[principal] then ExecuteCommand(('add_principal %s %s'):format(child, principal)) end
        end
        principalsOf[id] = wanted
    end
end)
