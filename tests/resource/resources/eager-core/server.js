// In the place of the vendor's core: whoever subscribes gets what was given for the type, before anything else.
// Updates are told as the core tells them, at the first subscription.

const given = [];

on('eager-core:give', (json) => {
  given.push(JSON.parse(json));
});

on('sonorancms::RegisterPushEvent', (type, handler) => {
  for (const body of given) if (body.type === type) handler(body);
  for (const body of given.splice(0)) {
    if (body.type === 'ACCOUNT_UPDATED') emit('sonoran_permissions::rankupdate', body);
    else if (body.type !== type) given.push(body);
  }
});
