/**
 * Node's own timers, for the whole bundle: build.mjs puts these in the place of the globals.
 *
 * FXServer replaces the global timers with tick-driven ones, and deletes a timeout after its callback
 * ran, so that a `refresh()` inside the callback does nothing. undici's timeouts re-arm themselves
 * that way: with the globals they never fire, and a hung call hangs for ever.
 */
export {
  clearImmediate,
  clearInterval,
  clearTimeout,
  setImmediate,
  setInterval,
  setTimeout,
} from 'node:timers';
