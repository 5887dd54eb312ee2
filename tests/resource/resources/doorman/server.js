// Keeps everybody on the loading screen until the event `doorman:open`.

const waiting = [];

on('playerConnecting', (_name, _setKickReason, deferrals) => {
  deferrals.defer();
  waiting.push(deferrals);
});

on('doorman:open', () => {
  for (const deferrals of waiting.splice(0)) deferrals.done();
});
