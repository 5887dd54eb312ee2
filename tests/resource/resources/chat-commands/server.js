// What the resource chat does for each player when they come, and when any resource has started (sv_chat.lua):
// it suggests, without any help, the commands that they may use at that moment. It never takes one back.
const COMMANDS = ['cmsban', 'cmskick', 'cmsunban', 'cmslookup', 'cmsqueue', 'cmshistory'];

on('chat-commands:refresh', (player) => {
  const usable = COMMANDS.filter((name) => IsPlayerAceAllowed(String(player), `command.${name}`));
  emitNet(
    'chat:addSuggestions',
    player,
    usable.map((name) => ({ name: `/${name}`, help: '' })),
  );
});
