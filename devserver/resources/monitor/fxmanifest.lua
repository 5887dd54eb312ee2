-- A stand-in for txAdmin, which runs inside FXServer as the resource `monitor`.
fx_version 'cerulean'
game 'common'

name 'monitor'
description 'Sends the events that txAdmin sends, and then drops the player'
version '8.0.1'

server_script 'server.js'
