// One of the resources around the vendor's core: subscribes when it is told to, prints what it gets (whether
// the key is in it, never the key), and calls what others have subscribed, which none of them should heed.

const REGISTER = 'sonorancms::RegisterPushEvent';
const others = new Map();
let isBroken = false;

function show(what, body) {
  console.log(
    `${what} ${body.type} ${body.key === undefined ? 'keyless' : 'keyed'} ${JSON.stringify(body.data)}`,
  );
}

on('push-plugin:subscribe', (type) => {
  emit(REGISTER, type, (body) => {
    if (isBroken) throw new Error('broken');
    show('handled', body);
  });
});
on('push-plugin:broken', (broken) => {
  isBroken = broken;
});
for (const name of ['sonoran_permissions', 'sonoran_jobsync']) {
  on(`${name}::rankupdate`, (body) => show(name, body));
}

on(REGISTER, (type, handler) => {
  if (GetInvokingResource() === 'cmsban') others.set(type, handler);
});
on('push-plugin:call', (json) => {
  const body = JSON.parse(json);
  others.get(body.type)(body);
});
