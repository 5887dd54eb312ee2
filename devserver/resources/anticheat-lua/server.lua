-- Something has caught a cheater: `cheaterlua <server id>` in the console stands for it.
RegisterCommand('cheaterlua', function(_, args)
    CreateThread(function()
        local outcome = exports.cmsban:banPlayer(tonumber(args[1]), 'speed hack', {
            author = 'anticheat',
            drop = 'always',
        })
        print(('banPlayer answered %s (%s): %s'):format(outcome.status, outcome.code, outcome.message))
    end)
end, true)
