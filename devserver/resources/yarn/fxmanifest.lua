fx_version 'cerulean'
game 'common'

server_script 'yarn_builder.js'
