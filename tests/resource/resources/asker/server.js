// Asks cmsban about everybody in every event of their coming and going, as an anti-cheat does, and prints
// `<event> <number> <export> <JSON>` for every answer. The event `asker:ask` says which exports, with what after
// the target. Started twice, under two names, it asks before cmsban's own handlers and after them.

const asked = { playerConnecting: [], deferred: [], playerJoining: [], playerDropped: [] };

on('asker:ask', (moment, name, ...args) => asked[moment].push([name, args]));

function ask(moment, id) {
  for (const [name, args] of asked[moment]) {
    exports.cmsban[name](id, ...args).then((answer) =>
      console.log(`${moment} ${id} ${name} ${JSON.stringify(answer)}`),
    );
  }
}

on('playerConnecting', (_name, _setKickReason, deferrals) => {
  const id = source;
  ask('playerConnecting', id);
  if (asked.deferred.length === 0) return;
  deferrals.defer();
  setTimeout(() => {
    ask('deferred', id);
    on('asker:open', () => deferrals.done());
  }, 0);
});
on('playerJoining', () => ask('playerJoining', source));
on('playerDropped', () => ask('playerDropped', source));
