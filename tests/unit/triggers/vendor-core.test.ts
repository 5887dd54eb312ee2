import { describe, expect, it } from 'vitest';
import { createLog } from '../../../server/log.ts';
import { type CoreHost, subscribeThroughCore } from '../../../server/triggers/vendor-core.ts';
import { settle } from '../manual-clock.ts';

const REGISTER = 'sonorancms::RegisterPushEvent';
const TYPES = ['ACCOUNT_BANNED', 'ACCOUNT_KICKED', 'ACCOUNT_UPDATED'];

type Handler = (body: unknown) => unknown;
type Heard = Parameters<Parameters<CoreHost['onAny']>[1]>;

/** A server with the core on it, or not. */
function start({ isRunning = true, receive = (_body: unknown) => 'taken' as const } = {}) {
  const started: Array<(resource: string) => void> = [];
  const stopped: Array<(resource: string) => void> = [];
  const listeners: Array<(...heard: Heard) => void> = [];
  const later: Array<() => void> = [];
  const lines: string[] = [];
  const received: unknown[] = [];
  /** What other resources have heard, but for subscriptions. */
  const triggered: Array<readonly unknown[]> = [];
  /** The core's one handler for each type. */
  const handlers = new Map<unknown, Handler>();
  let caller: string | undefined;
  let subscriptions = 0;

  function register(type: unknown, handler: unknown, from: string | undefined, isClient: boolean): void {
    for (const listener of listeners) listener([type, handler], { resource: from, isClient });
    if (typeof handler === 'function') handlers.set(type, handler as Handler);
    else handlers.delete(type);
  }

  const host: CoreHost = {
    isStarted: (resource) => isRunning && resource === 'sonorancms',
    onStarted: (callback) => started.push(callback),
    onStopped: (callback) => stopped.push(callback),
    onAny(event, handler) {
      expect(event).toBe(REGISTER);
      listeners.push(handler);
    },
    trigger(event, ...args) {
      if (event !== REGISTER) {
        triggered.push([event, ...args]);
        return;
      }
      subscriptions++;
      register(args[0], args[1], 'cmsban', false);
    },
    callingResource: () => caller,
    ownName: 'cmsban',
    soon: (callback) => later.push(callback),
  };
  subscribeThroughCore(
    host,
    {
      receive(body) {
        received.push(body);
        return receive(body);
      },
    },
    createLog(
      'debug',
      (line) => lines.push(line),
      (text) => text,
    ),
  );

  return {
    lines,
    received,
    triggered,
    handlers,
    get subscriptions() {
      return subscriptions;
    },
    /** Somebody else subscribes; what is to happen soon has happened when it returns. */
    subscribe(type: unknown, handler: unknown, from: string | undefined = 'plugin', isClient = false) {
      register(type, handler, from, isClient);
      for (const callback of later.splice(0)) callback();
    },
    /** The core hands out an event. */
    deliver(
      body: { readonly type: string },
      by: { resource: string | undefined } = { resource: 'sonorancms' },
    ) {
      caller = by.resource;
      return handlers.get(body.type)?.(body);
    },
    resourceStarted(resource: string) {
      for (const callback of started) callback(resource);
    },
    resourceStopped(resource: string) {
      for (const callback of stopped) callback(resource);
      handlers.clear();
    },
  };
}

const ban = { key: 'the key', type: 'ACCOUNT_BANNED', data: { discordId: '5' } };
const update = { ...ban, type: 'ACCOUNT_UPDATED' };

describe('the core', () => {
  it('that runs is subscribed to at once, for every type', () => {
    const core = start();
    expect([...core.handlers.keys()].sort()).toEqual(TYPES);
    core.deliver(ban);
    expect(core.received).toEqual([ban]);
    expect(core.lines).toEqual(['push events come through sonorancms as well']);
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
    core.resourceStarted('sonorancms');
    core.deliver(ban);
    expect(core.received).toEqual([ban]);
  });
});

describe('our handler', () => {
  it.each([undefined, 'cmsban', 'chat', 'SONORANCMS', ''])('is deaf to %j', (resource) => {
    const core = start();
    core.deliver(ban, { resource });
    core.deliver(update, { resource });
    expect(core.received).toEqual([]);
    expect(core.triggered).toEqual([]);
  });

  it('never fails: the core would give no answer', () => {
    const core = start({
      receive: () => {
        throw new Error('broken');
      },
    });
    expect(() => core.deliver(ban)).not.toThrow();
    expect(core.lines.at(-1)).toContain('internal error in push events: Error: broken');
  });

  it('gives nothing back', () => {
    const core = start();
    expect(core.deliver(ban)).toBeUndefined();
  });
});

describe('what the core does for updates by itself', () => {
  it('is done in its place, without the key', () => {
    const core = start();
    core.deliver(update);
    const shown = { type: 'ACCOUNT_UPDATED', data: { discordId: '5' } };
    expect(core.triggered).toEqual([
      ['sonoran_permissions::rankupdate', shown],
      ['sonoran_jobsync::rankupdate', shown],
    ]);
    expect(update.key).toBe('the key');
  });

  it('is done for no other type', () => {
    const core = start();
    core.deliver(ban);
    expect(core.triggered).toEqual([]);
  });

  it('is not done where another resource has taken its place', () => {
    const core = start();
    const got: unknown[] = [];
    core.subscribe('ACCOUNT_UPDATED', (body: unknown) => got.push(body));
    core.deliver(update);
    expect(core.received).toEqual([update]);
    expect(got).toEqual([update]);
    expect(core.triggered).toEqual([]);
  });
});

describe('who subscribes after us', () => {
  it('is called after ours, and ours is the core’s handler again', () => {
    const core = start();
    const got: unknown[] = [];
    const theirs = (body: unknown) => got.push(body);
    core.subscribe('ACCOUNT_BANNED', theirs);
    expect(core.handlers.get('ACCOUNT_BANNED')).not.toBe(theirs);
    core.deliver(ban);
    expect(core.received).toEqual([ban]);
    expect(got).toEqual([ban]);
  });

  it('leads to one more subscription, not to an endless row of them', () => {
    const core = start();
    core.subscribe('ACCOUNT_BANNED', () => undefined);
    expect(core.subscriptions).toBe(4);
  });

  it('to a type that is none of ours is left alone', () => {
    const core = start();
    core.subscribe('CLOCKED_IN', () => undefined);
    expect(core.subscriptions).toBe(3);
  });

  it('is forgotten with the core', () => {
    const core = start();
    const got: unknown[] = [];
    core.subscribe('ACCOUNT_BANNED', (body: unknown) => got.push(body));
    core.resourceStopped('sonorancms');
    core.resourceStarted('sonorancms');
    core.deliver(ban);
    expect(got).toEqual([]);
    expect(core.received).toEqual([ban]);
  });

  it.each([
    ['throws', () => new Error('gone')],
    ['rejects', () => Promise.reject(new Error('gone'))],
  ])('and %s does no harm', async (_, fail) => {
    const core = start();
    core.subscribe('ACCOUNT_BANNED', () => {
      const failure = fail();
      if (failure instanceof Error) throw failure;
      return failure;
    });
    expect(() => core.deliver(ban)).not.toThrow();
    await settle();
    core.deliver(ban);
    await settle();
    expect(core.received).toEqual([ban, ban]);
  });
});

describe('a player who subscribes', () => {
  it.each([undefined, null, 'text', () => undefined])('with %s displaces nobody', (handler) => {
    const core = start();
    const got: unknown[] = [];
    core.subscribe('ACCOUNT_BANNED', (body: unknown) => got.push(body));
    core.subscribe('ACCOUNT_BANNED', handler, undefined, true);
    core.deliver(ban);
    expect(core.received).toEqual([ban]);
    expect(got).toEqual([ban]);
  });
});
