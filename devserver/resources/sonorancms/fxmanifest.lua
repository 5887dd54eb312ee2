-- A stand-in for the vendor's own core, which push events reach on `/sonorancms/events`.
fx_version 'cerulean'
game 'common'

name 'sonorancms'
description 'Takes push events, and hands each to the one handler that is registered for its type'

server_scripts { 'config.lua', 'credentials.lua', 'server.lua', 'ace.lua' }
