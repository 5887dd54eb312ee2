fx_version 'cerulean'
game 'common'

server_scripts { 'server.lua', 'second.lua' }
