// Calls every export of cmsban in every odd way that scripts find, and prints what comes back, a line for each
// case: `odd <case> <JSON>`, at the end `odd done {}`. It needs nothing but FXServer. On the console:
//
//   oddcallsjs <what> <target…>
//
// <what> is `targets`, `choices`, `limits`, `places`, `events`, `crowd` or `wait`; most take the identifier of
// somebody whom Sonoran knows, `crowd` those of several.

(() => {
  const SANCTIONS = ['banPlayer', 'kickPlayer', 'unbanPlayer'];
  const WITH_TARGET = [...SANCTIONS, 'lookupPlayer', 'isBanned'];

  function show(name, value) {
    console.log(`odd ${name} ${JSON.stringify(value)}`);
  }

  /** What came back, or what was thrown, or what a promise was rejected with. */
  async function attempt(name, ...args) {
    try {
      return await exports.cmsban[name](...args);
    } catch (error) {
      return { threw: String(error?.message ?? error) };
    }
  }

  async function each(names, title, ...args) {
    const answers = {};
    for (const name of names) answers[name] = await attempt(name, ...args);
    show(title, answers);
  }

  attempt('isBanned', 'license:nobody').then((answer) => show('top level', answer));

  async function targets() {
    let deep = [];
    for (let level = 0; level < 40; level++) deep = [deep];
    const all = (title, ...args) => each(WITH_TARGET, title, ...args);
    await all('nothing at all');
    await all('nil', null, 'odd');
    await all('undefined', undefined, 'odd');
    await all('nil in the middle', null, null, { author: 'odd' });
    await all('nil at the end', null, 'odd', null, undefined);
    await all('true', true, 'odd');
    await all('false', false, 'odd');
    await all('a function', () => 12, 'odd');
    await all('an empty table', {}, 'odd');
    await all('a list', [12], 'odd');
    await all('a list with a hole', [undefined, 12], 'odd');
    await all('a table', { id: 12, license: 'license:cafe' }, 'odd');
    await all('deep tables', deep, 'odd');
    await all('a date', new Date(0), 'odd');
    await all('a map', new Map([[1, 2]]), 'odd');
    await all('an error', new Error('12'), 'odd');
    await all('bytes', new Uint8Array([49, 50]), 'odd');
    await all('a promise', Promise.resolve(12), 'odd');
    await all('not a number', Number.NaN, 'odd');
    await all('infinite', Number.POSITIVE_INFINITY, 'odd');
    await all('minus infinite', Number.NEGATIVE_INFINITY, 'odd');
    await all('negative', -1, 'odd');
    await all('zero', 0, 'odd');
    await all('minus zero', -0, 'odd');
    await all('a half', 1.5, 'odd');
    await all('huge', 1e300, 'odd');
    await all('an empty text', '', 'odd');
    await all('half a character', '\ud800', 'odd');
    await all('a NUL', 'a\0b', 'odd');
    await all('a long text', 'x'.repeat(100_000), 'odd');
    await all('a colour', '^1red', 'odd');
    await all('nobody here', 999, 'odd');
    await all('a temporary id', 65_536 + 1, 'odd');
  }

  async function choices(target, ...others) {
    const refused = (title, options, reason = 'odd') => each(SANCTIONS, title, target, reason, options);
    await refused('a text', 'always');
    await refused('a number', 5);
    await refused('true', true);
    await refused('false', false);
    await refused('a function', () => 1);
    await refused('a list', ['always']);
    await refused('a list with a hole', [undefined, 'always']);
    await refused('bytes', new Uint8Array(2));
    await refused('no bytes', new Uint8Array(0));
    await refused('unknown', { reason: 'x' });
    await refused('unknown number', { 1.5: 'x', author: 'odd' });
    await refused('duration', { duration: '90min' });
    await refused('author a number', { author: 5 });
    await refused('author a table', { author: {} });
    await refused('drop unknown', { drop: 'now' });
    await refused('drop true', { drop: true });
    await refused('products a text', { products: 'cms' });
    await refused('products empty', { products: [] });
    await refused('products with a hole', { products: ['cms', undefined, 'cad'] });
    await refused('products a map', { products: { cms: true } });
    await refused('products unknown', { products: ['mdt'] });
    await refused('id empty', { id: '' });
    await refused('id a number', { id: 5 });
    await refused('id long', { id: 'x'.repeat(129) });
    await refused('reason a number', null, 5);
    await refused('reason true', null, true);
    await refused('reason a table', {}, ['odd']);
    await refused('reason a function', {}, () => 'odd');

    // Each lifts somebody else: the same lift told again would be the one that is there.
    const accepted = async (title, ...args) =>
      show(title, { answer: await attempt('unbanPlayer', others.shift(), ...args) });
    await accepted('nothing');
    await accepted('nil for both', null, undefined);
    await accepted('nil for the reason', null, { author: 'odd' });
    await accepted('an empty table', 'odd', {});
    await accepted('an empty list', 'odd', []);
    await accepted('more than three', 'odd', {}, 'what', null, 'else');
    await accepted('reason of bytes', '\xff\xfe cheats \n[cmsban] \ud800');
    await accepted('author of bytes', 'odd', { author: '^1\xffme\0\n' });
    await accepted('id of bytes', 'odd', { id: '\ud800\0' });
    await accepted('products twice', 'odd', { products: ['cad', 'cad'] });
  }

  async function limits() {
    const counted = async (title, ...args) => {
      const history = await attempt('getHistory', ...args);
      const pending = await attempt('getPending', ...args);
      show(title, { history: history.length, pending: pending.length });
    };
    await counted('no limit');
    await counted('nil', null);
    await counted('zero', 0);
    await counted('negative', -1);
    await counted('half', 1.5);
    await counted('infinite', Number.POSITIVE_INFINITY);
    await counted('not a number', Number.NaN);
    await counted('text', 'two');
    await counted('table', {});
    await counted('true', true);
    await counted('two', 2);
    await counted('all', 2 ** 31);
  }

  async function places(target) {
    setTimeout(async () => show('in a timeout', await attempt('isBanned', target)), 0);
    setImmediate(async () => show('in a thread', await attempt('isBanned', target)));
    emit('odd-calls:place', target);
    show('by name', await exports['cmsban']['isBanned'](target));
    show('more than it takes', await attempt('isBanned', target, null, {}, () => 1));
    show('unknown export', await attempt('eraseEverything', target));
    const promise = exports.cmsban.isBanned(target);
    show('without waiting', { isPromise: promise instanceof Promise });
    show('through a promise', await promise);
    const kept = exports.cmsban.isBanned;
    show('kept', await kept(target));
    on('odd-calls:kept', async () => {
      try {
        show('kept over a restart', await kept(target));
      } catch (error) {
        show('kept over a restart', { threw: error.message });
      }
      show('looked up again', await attempt('isBanned', target));
    });
  }

  on('odd-calls:place', async (target) => show('in an event', await attempt('isBanned', target)));

  /** Calls inside cmsban's own events, and whether one of those comes in the middle of a call. */
  async function events(target) {
    let inside = false;
    for (const name of ['queued', 'delivered', 'refused']) {
      on(`cmsban:${name}`, async (outcome) => {
        if (!['first', 'second', 'third', 'fourth'].includes(outcome.reason)) return;
        show(`event ${name}`, { inside, reason: outcome.reason });
        const history = await attempt('getHistory', 1);
        show(`from event ${name}`, { banned: await attempt('isBanned', target), history: history.length });
        if (outcome.reason === 'first') {
          await each(SANCTIONS, `sanctions from event ${name}`, null, 'from an event', { author: 'odd' });
        }
      });
    }
    const within = (name, ...args) => {
      inside = true;
      attempt(name, ...args);
      inside = false;
    };
    within('banPlayer', null, 'first');
    within('kickPlayer', 999, 'second');
    within('unbanPlayer', target, 'third', { drop: 'now' });
    within('unbanPlayer', target, 'fourth');
  }

  async function crowd(...people) {
    let answered = 0;
    people.forEach(async (target, index) => {
      show(`crowd ${index + 1}`, await attempt('banPlayer', target, `raid ${index + 1}`));
      answered++;
      if (answered === people.length) show('crowd', { answered });
    });
  }

  async function wait(target) {
    attempt('banPlayer', target, 'waits').then((answer) => show('waited', answer));
  }

  const RUNS = { targets, choices, limits, places, events, crowd, wait };

  RegisterCommand(
    'oddcallsjs',
    async (_source, [what, ...args]) => {
      await RUNS[what](...args);
      show('done', { what });
    },
    true,
  );
})();
