// Runs before cmsban's own script and in its global scope, where it can see what the script hands out
// before it is copied, and which natives it calls.
//
// Prints `built <JSON>` for every table that cmsban gives to an event, or `built not plain: <path>`;
// `natives <JSON>` on the event `watch:natives`: calls since the last time, by name and first argument.

(() => {
  const NATIVE =
    /^(Get|Does|Is|Drop|Load|Save|Register|Set|Delete|Start|Stop|End|Find|Flush|Cancel|Was|Execute)[A-Z]/;
  let calls = {};

  for (const name of Object.keys(globalThis)) {
    const native = globalThis[name];
    if (!NATIVE.test(name) || typeof native !== 'function') continue;
    globalThis[name] = (...args) => {
      const call = `${name}(${typeof args[0] === 'string' ? args[0] : ''})`;
      calls[call] = (calls[call] ?? 0) + 1;
      return native(...args);
    };
  }

  function notPlain(value, path) {
    if (value === null || ['string', 'boolean'].includes(typeof value)) return undefined;
    if (typeof value === 'number') return Number.isFinite(value) ? undefined : path;
    if (Array.isArray(value))
      return value.map((item, index) => notPlain(item, `${path}[${index}]`)).find(Boolean);
    if (typeof value !== 'object' || Object.getPrototypeOf(value) !== Object.prototype) return path;
    return Object.entries(value)
      .map(([key, item]) => notPlain(item, `${path}.${key}`))
      .find(Boolean);
  }

  const trigger = emit;
  globalThis.emit = (event, ...args) => {
    if (event.startsWith('cmsban:')) {
      const where = notPlain(args, event);
      console.log(where ? `built not plain: ${where}` : `built ${JSON.stringify(args[0])}`);
    }
    trigger(event, ...args);
  };

  on('watch:natives', () => {
    console.log(`natives ${JSON.stringify(calls)}`);
    calls = {};
  });
})();
