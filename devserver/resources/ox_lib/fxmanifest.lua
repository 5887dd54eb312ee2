fx_version 'cerulean'
game 'common'

name 'ox_lib'
description 'Stand-in for the resource ox_lib, as far as notifications go'

client_script 'client.js'
