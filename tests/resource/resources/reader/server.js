// Any other resource: prints what it can read of a convar, as `<name>=<value>`.
//
// The event `reader:read` names the convar.

on('reader:read', (name) => console.log(`${name}=${GetConvar(name, '')}`));
