-- As the vendor's own: the owner fills it in, and other resources read it by pattern.
Config = {}

-- Your community's id and API key
Config.CommID = ""
Config.APIKey = ""
Config.apiUrl = "https://api.sonorancms.com"

-- Options: discord, steam, license, ...
Config.apiIdType = "discord"
