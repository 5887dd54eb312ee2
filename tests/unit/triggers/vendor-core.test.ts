import { describe, expect, it } from 'vitest';
import { createLog } from '../../../server/notify/log.ts';
import { type CoreHost, subscribeThroughCore } from '../../../server/triggers/vendor-core.ts';
import { checkedSay } from '../checked-say.ts';

const REGISTER = 'sonorancms::RegisterPushEvent';
const RANKS = 'sonoran_permissions::rankupdate';
const TYPES = ['ACCOUNT_BANNED', 'ACCOUNT_KICKED'];

type Handler = (body: unknown) => unknown;
type Heard = Parameters<Parameters<CoreHost['onAny']>[1]>;

/** A server with the core on it, or not. */
function start({ isRunning = true, receive = (_body: unknown) => 'taken' as const } = {}) {
  const started: Array<(resource: string) => void> = [];
  const stopped: Array<(resource: string) => void> = [];
  const listeners = new Map<string, (...heard: Heard) => void>();
  let later: Array<() => void> = [];
  const lines: string[] = [];
  const received: unknown[] = [];
  const triggered: string[] = [];
  /** The core's one handler for each type. */
  const handlers = new Map<unknown, Handler>();
  let caller: string | undefined;
  let runs = isRunning;
  let subscriptions = 0;

  function register(type: unknown, handler: unknown, from: string | undefined, isClient: boolean): void {
    listeners.get(REGISTER)?.([type, handler], { resource: from, isClient });
    if (typeof handler === 'function') handlers.set(type, handler as Handler);
    else handlers.delete(type);
  }

  const host: CoreHost = {
    isStarted: (resource) => runs && resource === 'sonorancms',
    onStarted: (callback) => started.push(callback),
    onStopped: (callback) => stopped.push(callback),
    onServer: (event, handler) => listeners.set(event, handler),
    onAny: (event, handler) => listeners.set(event, handler),
    trigger(event, ...[type, handler]) {
      triggered.push(event);
      if (handler !== null) subscriptions++;
      register(type, handler, 'cmsban', false);
    },
    callingResource: () => caller,
    ownName: 'cmsban',
    soon: (callback) => later.push(callback),
  };
  const subscription = subscribeThroughCore({
    host,
    events: {
      receive(body) {
        received.push(body);
        return receive(body);
      },
    },
    log: createLog(
      'debug',
      (line) => lines.push(line),
      (text) => text,
      checkedSay,
    ),
    say: checkedSay,
  });
  const passTime = () => {
    const due = later;
    later = [];
    for (const callback of due) callback();
  };

  return {
    lines,
    received,
    triggered,
    handlers,
    passTime,
    withdraw: () => subscription.withdraw(),
    get subscriptions() {
      return subscriptions;
    },
    /** Somebody else subscribes; what is to happen soon has happened when it returns. */
    subscribe(type: unknown, handler: unknown, from: string | undefined = 'plugin', isClient = false) {
      register(type, handler, from, isClient);
      passTime();
    },
    /** The core hands out an event. */
    deliver(
      body: { readonly type: string },
      by: { resource: string | undefined } = { resource: 'sonorancms' },
    ) {
      caller = by.resource;
      return handlers.get(body.type)?.(body);
    },
    /** Somebody triggers what the core triggers for an update. */
    update(body: unknown, resource: string | undefined, isClient = false) {
      listeners.get(RANKS)?.([body], { resource, isClient });
    },
    resourceStarted(resource: string) {
      if (resource === 'sonorancms') runs = true;
      for (const callback of started) callback(resource);
    },
    resourceStopped(resource: string, isTrue = true) {
      for (const callback of stopped) callback(resource);
      if (resource === 'sonorancms' && isTrue) {
        runs = false;
        handlers.clear();
      }
      passTime();
    },
  };
}

const ban = { key: 'the key', type: 'ACCOUNT_BANNED', data: { discordId: '5' } };
const update = { ...ban, type: 'ACCOUNT_UPDATED' };

describe('the core', () => {
  it('that runs is subscribed to at once, for the types that it has no handler for', () => {
    const core = start();
    expect([...core.handlers.keys()].sort()).toEqual(TYPES);
    core.deliver(ban);
    expect(core.received).toEqual([ban]);
    expect(core.lines).toEqual(['Push events come through sonorancms as well.']);
  });

  it('that does not run is subscribed to when it starts, and nobody else', () => {
    const core = start({ isRunning: false });
    expect(core.subscriptions).toBe(0);
    core.resourceStarted('chat');
    core.resourceStarted('sonorancms2');
    expect(core.subscriptions).toBe(0);
    core.resourceStarted('sonorancms');
    expect([...core.handlers.keys()].sort()).toEqual(TYPES);
  });

  it('that starts again is subscribed to again', () => {
    const core = start();
    core.resourceStopped('sonorancms');
    expect(core.subscriptions).toBe(2);
    core.resourceStarted('sonorancms');
    core.deliver(ban);
    expect(core.received).toEqual([ban]);
  });

  it('that was only said to stop is still ours', () => {
    const core = start();
    core.resourceStopped('sonorancms', false);
    core.deliver(ban);
    expect(core.received).toEqual([ban]);
    core.withdraw();
    expect(core.handlers.size).toBe(0);
  });

  it('hears nothing of us but that we subscribe', () => {
    const core = start();
    core.deliver(ban);
    core.update(update, 'sonorancms');
    expect(new Set(core.triggered)).toEqual(new Set([REGISTER]));
  });
});

describe('our handler', () => {
  it.each([undefined, 'cmsban', 'chat', 'SONORANCMS', ''])('is deaf to %j', (resource) => {
    const core = start();
    core.deliver(ban, { resource });
    core.update(update, resource);
    expect(core.received).toEqual([]);
  });

  it('never fails: the core would give no answer', () => {
    const core = start({
      receive: () => {
        throw new Error('broken');
      },
    });
    expect(() => core.deliver(ban)).not.toThrow();
    expect(core.lines.at(-1)).toContain('internal error in vendor-core: Error: broken');
  });

  it('gives nothing back', () => {
    const core = start();
    expect(core.deliver(ban)).toBeUndefined();
  });
});

describe('an update', () => {
  it('is heard of the core', () => {
    const core = start();
    core.update(update, 'sonorancms');
    expect(core.received).toEqual([update]);
  });

  it('is not believed of a player', () => {
    const core = start();
    core.update(update, undefined, true);
    core.update(update, 'sonorancms', true);
    expect(core.received).toEqual([]);
  });
});

describe('withdrawing', () => {
  it('leaves no handler of ours', () => {
    const core = start();
    core.withdraw();
    expect(core.handlers.size).toBe(0);
  });

  it('is undone when we still run a moment later, and is not spoken of', () => {
    const core = start();
    core.withdraw();
    core.passTime();
    expect([...core.handlers.keys()].sort()).toEqual(TYPES);
    expect(core.lines).toHaveLength(1);
  });

  it('does nothing where the core does not run', () => {
    const core = start({ isRunning: false });
    core.withdraw();
    core.passTime();
    expect(core.triggered).toEqual([]);
  });
});

describe('who subscribes after us', () => {
  it('is displaced, which is said once', () => {
    const core = start();
    const theirs = () => undefined;
    core.subscribe('ACCOUNT_BANNED', theirs);
    core.subscribe('ACCOUNT_BANNED', theirs);
    expect(core.handlers.get('ACCOUNT_BANNED')).not.toBe(theirs);
    core.deliver(ban);
    expect(core.received).toEqual([ban]);
    expect(core.lines.slice(1)).toEqual([
      expect.stringContaining('The resource plugin no longer gets ACCOUNT_BANNED events'),
    ]);
  });

  it('leads to one more subscription, not to an endless row of them', () => {
    const core = start();
    core.subscribe('ACCOUNT_BANNED', () => undefined);
    core.passTime();
    expect(core.subscriptions).toBe(3);
  });

  it.each([null, () => undefined])('with %s each time has the type in the end', (handler) => {
    const core = start();
    for (let round = 0; round < 20; round++) core.subscribe('ACCOUNT_BANNED', handler);
    expect(core.subscriptions).toBe(2 + 3);
    expect(core.lines.at(-1)).toContain('cmsban no longer gets ACCOUNT_BANNED events through sonorancms');
    // It is not ours to take away.
    core.withdraw();
    expect(core.handlers.get('ACCOUNT_BANNED')).toBe(handler ?? undefined);
    expect(core.handlers.has('ACCOUNT_KICKED')).toBe(false);
  });

  it('and stops, or the core does, leaves the type to us again', () => {
    for (const resource of ['plugin', 'sonorancms']) {
      const core = start();
      for (let round = 0; round < 20; round++) core.subscribe('ACCOUNT_BANNED', () => undefined);
      core.resourceStopped(resource);
      if (resource === 'sonorancms') core.resourceStarted(resource);
      core.deliver(ban);
      expect(core.received).toEqual([ban]);
    }
  });

  it.each(['CLOCKED_IN', 'ACCOUNT_UPDATED'])('to %s, which is none of ours, is left alone', (type) => {
    const core = start();
    core.subscribe(type, () => undefined);
    expect(core.subscriptions).toBe(2);
    expect(core.lines).toHaveLength(1);
  });
});

describe('a player who subscribes', () => {
  it.each([undefined, null, 'text', () => undefined])(
    'with %s displaces nobody, however often',
    (handler) => {
      const core = start();
      for (let round = 0; round < 100; round++) core.subscribe('ACCOUNT_BANNED', handler, undefined, true);
      core.deliver(ban);
      expect(core.received).toEqual([ban]);
      expect(core.lines).toHaveLength(1);
    },
  );
});
