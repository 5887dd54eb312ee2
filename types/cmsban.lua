---@meta
-- Types of cmsban for the Lua language server. Add this folder to "Lua.workspace.library" in your editor's settings.
-- Where the answer has null in JavaScript, Lua has nil.

---What was decided. A kick removes somebody from the community in Sonoran.
---@alias cmsban.ActionKind 'ban' | 'kick' | 'unban'

---Sonoran CMS and Sonoran CAD.
---@alias cmsban.Product 'cms' | 'cad'

---`delivered`: at least one product confirmed and none is pending; or only the door here can hold it, and does.
---`queued`: something is pending, and is tried again.
---`refused`: nothing was, or ever will be, delivered.
---@alias cmsban.Status 'delivered' | 'queued' | 'refused'

---How an answer ended, in one word.
---@alias cmsban.Code 'OK' | 'QUEUED' | 'PLAYER_NOT_FOUND' | 'INVALID_TARGET' | 'NO_IDENTIFIER' | 'NOT_LINKED' | 'IMMUNE' | 'FORBIDDEN' | 'NOT_CONFIGURED' | 'BAD_CREDENTIALS' | 'UNSUPPORTED' | 'REFUSED' | 'EXPIRED' | 'CANCELLED'

---Where a decision was made.
---@alias cmsban.Origin 'chat' | 'console' | 'txadmin' | 'export'

---When a connected player is dropped, see `cmsban_drop_when`.
---@alias cmsban.DropRule 'success' | 'all' | 'always'

---Whom a call is about: a server id (number or text), an identifier (`license:…`, `discord:…`), a Sonoran account
---(`account:<uuid>`, `username:<name>`, `unique:<number>`), or the id of an earlier action (whoever that was about).
---@alias cmsban.Target integer | string

---What may be chosen for one decision. An unknown name is refused.
---@class cmsban.Options
---@field author? string Who decided, as people read it; the name of the calling resource when not given.
---@field drop? cmsban.DropRule When the player is dropped; as `cmsban_drop_when` says when not given.
---@field id? string Your own name for the decision, on this server: told again under it, it has no second effect.
---@field products? cmsban.Product[] The products that it goes to; all in use when not given.
---@field duration? string | integer How long a ban lasts: text as in chat (`3d`, `1d12h`, `perm`), or seconds; for good when not given.

---Whom an answer is about, as far as the server knows.
---@class cmsban.Person
---@field name? string
---@field identifiers string[] `type:value`, never `ip:`.
---@field account? string `account:…`, `username:…` or `unique:…`, when the target was named so.

---How one product's share of an action stands.
---@class cmsban.ProductOutcome
---@field status cmsban.Status
---@field code cmsban.Code
---@field message string A sentence for people.
---@field apiId? string The API ID (or other name) by which the account was found.
---@field account? string Sonoran's id of the account, when Sonoran told it.
---@field nextTryAt? integer When it is tried next, in Unix milliseconds; only while queued.

---One per product that the action concerns.
---@class cmsban.ProductOutcomes
---@field cms? cmsban.ProductOutcome
---@field cad? cmsban.ProductOutcome

---The answer to a ban, kick or unban; also what events carry.
---@class cmsban.Outcome
---@field id string Names the action: in messages, in the history, and as a target.
---@field action cmsban.ActionKind
---@field status cmsban.Status
---@field code cmsban.Code
---@field message string A sentence or two for people.
---@field again? true Set when the same decision was there already: then this is its answer.
---@field target cmsban.Person
---@field reason string
---@field author string
---@field origin cmsban.Origin
---@field at integer When it was decided, in Unix milliseconds.
---@field until? integer When a ban ends, in Unix milliseconds. A word of Lua's own: `outcome['until']`.
---@field dropped boolean Whether a connected player was dropped.
---@field server? string The server on which it was decided (`cmsban_server_name`).
---@field products cmsban.ProductOutcomes

---A Sonoran account.
---@class cmsban.Account
---@field id? string
---@field name? string

---What this server knows by itself of a ban.
---@class cmsban.KnownBan
---@field banned? boolean
---@field since? integer When the ban was first known of here, in Unix milliseconds.
---@field stale boolean Whether the list is older than it should be, or could not be read yet.

---What one product knows of a person.
---@class cmsban.ProductLookup
---@field status 'found' | 'refused'
---@field code cmsban.Code
---@field message string
---@field apiId? string
---@field account? cmsban.Account
---@field banned? boolean nil when the product does not tell, or could not be asked.
---@field mirror cmsban.KnownBan

---One per product in use.
---@class cmsban.ProductLookups
---@field cms? cmsban.ProductLookup
---@field cad? cmsban.ProductLookup

---The answer to a look-up.
---@class cmsban.Lookup
---@field code cmsban.Code
---@field message string
---@field target cmsban.Person
---@field products cmsban.ProductLookups

---Whether somebody is banned, per product in use; nil when it cannot be told.
---@class cmsban.BannedProducts
---@field cms? boolean
---@field cad? boolean

---The answer to `isBanned`, from what is known here: nothing is asked for it.
---@class cmsban.BannedAnswer
---@field banned? boolean true when this server or any product in use says so, false when all say no, nil when it cannot be told.
---@field products cmsban.BannedProducts A ban that only this server knows is `banned` with these false.
---@field id? string The id of the action, when the ban was decided here.
---@field until? integer When the ban ends, in Unix milliseconds, when that is known. A word of Lua's own: `answer['until']`.
---@field reason? string
---@field account? string Sonoran's id of the banned account, when it is known.
---@field since? integer When the ban was first known of here, in Unix milliseconds.
---@field stale boolean Whether a list that this rests on is older than it should be, or could not be read yet.
---@field code cmsban.Code
---@field message string

---The functions. Call them in a thread (`CreateThread`): they wait for the answer. None fails for an expected reason:
---the answer's `code` says what came of it.
---@class cmsban.Exports
local Exports = {}

---@param target cmsban.Target
---@param reason? string
---@param options? cmsban.Options
---@return cmsban.Outcome
function Exports:banPlayer(target, reason, options) end

---@param target cmsban.Target
---@param reason? string
---@param options? cmsban.Options
---@return cmsban.Outcome
function Exports:kickPlayer(target, reason, options) end

---@param target cmsban.Target
---@param reason? string
---@param options? cmsban.Options
---@return cmsban.Outcome
function Exports:unbanPlayer(target, reason, options) end

---Asks every product in use which account this is, and whether it is banned.
---@param target cmsban.Target
---@return cmsban.Lookup
function Exports:lookupPlayer(target) end

---@param target cmsban.Target
---@return cmsban.BannedAnswer
function Exports:isBanned(target) end

---What is still pending, at most 50 when no limit is given; bans that wait for a link come last.
---@param limit? integer
---@return cmsban.Outcome[]
function Exports:getPending(limit) end

---The latest actions, newest first, at most 50 when no limit is given.
---@param limit? integer
---@return cmsban.Outcome[]
function Exports:getHistory(limit) end

---Server events, each with the outcome: `AddEventHandler('cmsban:delivered', function(outcome) … end)`.
---@alias cmsban.Event 'cmsban:queued' | 'cmsban:delivered' | 'cmsban:refused'

---@class CitizenExports
---@field cmsban cmsban.Exports

---@type CitizenExports
exports = {}
