fx_version 'cerulean'
game 'common'

description 'The same anti-cheat in Lua'

server_script 'server.lua'
