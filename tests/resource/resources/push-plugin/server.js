// One of the resources around the vendor's core: subscribes when it is told to, prints what it gets (whether
// the key is in it, never the key), and calls what others have subscribed, which none of them should heed.

const REGISTER = 'sonorancms::RegisterPushEvent';
const others = new Map();
/** The types that it takes back whenever somebody else subscribes. */
const insisted = new Set();
/** The types that it subscribes to as soon as the core starts. */
const hasty = new Set();

function show(what, body) {
  console.log(
    `${what} ${body.type} ${body.key === undefined ? 'keyless' : 'keyed'} ${JSON.stringify(body.data)}`,
  );
}

function subscribe(type) {
  emit(REGISTER, type, (body) => show('handled', body));
}

on('push-plugin:subscribe', subscribe);
on('push-plugin:insist', (type) => insisted.add(type));
on('push-plugin:hasty', (type) => hasty.add(type));
on('onResourceStart', (name) => {
  if (name === 'sonorancms') for (const type of hasty) subscribe(type);
});
for (const name of ['sonoran_permissions', 'sonoran_jobsync']) {
  on(`${name}::rankupdate`, (body) => {
    const by = GetInvokingResource();
    // Tests send it in other names as well.
    if (by === 'sonorancms') show(name, body);
    else console.log(`told by ${by}`);
  });
}

on(REGISTER, (type, handler) => {
  if (GetInvokingResource() !== 'cmsban') return;
  console.log(`cmsban ${handler ? 'subscribes' : 'withdraws'} ${type}`);
  others.set(type, handler);
  if (handler && insisted.has(type)) subscribe(type);
});
on('push-plugin:call', (json) => {
  const body = JSON.parse(json);
  others.get(body.type)(body);
});
