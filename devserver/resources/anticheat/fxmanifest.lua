fx_version 'cerulean'
game 'common'

description 'A resource that bans through cmsban, as an anti-cheat would'

server_script 'server.js'
