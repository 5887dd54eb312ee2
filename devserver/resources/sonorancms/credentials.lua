-- The core shares its credentials with other resources, a moment after its start.
CreateThread(function()
    Wait(100)
    SetConvar('SONORAN_CMS_COMMUNITY_ID', Config.CommID)
    SetConvar('SONORAN_CMS_API_KEY', Config.APIKey)
end)
