import { describe, expect, it } from 'vitest';
import type { Embed } from '../../../../server/notify/discord/embed.ts';
import { createSender, MOST_WAITING } from '../../../../server/notify/discord/sender.ts';
import type { HttpAnswer, HttpRequest } from '../../../../server/sonoran/http.ts';
import { Secret } from '../../../../server/text/secret.ts';
import { createManualClock, settle } from '../../manual-clock.ts';
import { answer } from '../../sonoran/scripted-http.ts';

const NOTHING: HttpAnswer = { kind: 'no-answer', detail: 'could not connect', sent: false };

const embed = (title: string, description = ''): Embed => ({
  title,
  description,
  color: 1,
  fields: [],
  timestamp: '2026-11-21T08:15:00.000Z',
});

/** A sender whose calls are answered by a function; 200 unless it says otherwise. */
function start(respond: (call: number) => HttpAnswer | Promise<HttpAnswer> = () => answer({})) {
  const clock = createManualClock();
  const calls: { at: number; titles: string[]; request: HttpRequest }[] = [];
  const said: string[] = [];
  const bugs: unknown[] = [];
  const begin = clock.elapsed();
  const send = createSender({
    webhook: { origin: 'https://discord.com', path: new Secret('/api/v10/webhooks/1/t?wait=true') },
    async http(request) {
      const { embeds } = request.body as { embeds: Embed[] };
      calls.push({ at: clock.elapsed() - begin, titles: embeds.map(({ title }) => title), request });
      return respond(calls.length);
    },
    clock,
    random: () => 0.5,
    userAgent: 'DiscordBot (cmsban, 1.2.3)',
    report: {
      failing: (detail) => said.push(`failing ${detail}`),
      works: () => said.push('works'),
      gone: (detail) => said.push(`gone ${detail}`),
      refused: (detail) => said.push(`refused ${detail}`),
      leftOut: () => said.push('left out'),
    },
    leftOutEmbed: (count) => embed(`left out ${count}`),
    onBug: (error) => bugs.push(error),
  });
  return { clock, calls, said, bugs, send };
}

describe('the sender', () => {
  it('posts without a mention, under its name', async () => {
    const { calls, send } = start();
    send(embed('one'));
    await settle();
    expect(calls[0]?.request).toMatchObject({
      method: 'POST',
      origin: 'https://discord.com',
      path: '/api/v10/webhooks/1/t?wait=true',
      userAgent: 'DiscordBot (cmsban, 1.2.3)',
      body: { embeds: [{ title: 'one' }], allowed_mentions: { parse: [] } },
    });
  });

  it('begins nothing in the turn in which it is told', () => {
    const { calls, send } = start();
    send(embed('one'));
    expect(calls).toEqual([]);
  });

  it('puts what waits into one message: ten at the most, and no more than it may hold', async () => {
    const { clock, calls, send } = start();
    for (let count = 0; count < 25; count += 1) send(embed(`${count}`));
    await clock.advance(10_000);
    expect(calls.map(({ titles }) => titles.length)).toEqual([10, 10, 5]);
    for (let count = 0; count < 4; count += 1) send(embed(`${count}`, 'x'.repeat(2_900)));
    await clock.advance(10_000);
    expect(calls.slice(3).map(({ titles }) => titles)).toEqual([
      ['0', '1'],
      ['2', '3'],
    ]);
  });

  it('makes thirty calls a minute at the most, one at a time', async () => {
    const open: (() => void)[] = [];
    const { clock, calls, send } = start(async () => {
      await new Promise<void>((resolve) => open.push(resolve));
      return answer({});
    });
    for (let second = 0; second < 300; second += 1) {
      send(embed(`${second}`));
      await clock.advance(500);
      expect(open.length).toBeLessThanOrEqual(1);
      open.shift()?.();
    }
    for (const { at } of calls) {
      const within = calls.filter((other) => other.at >= at && other.at < at + 60_000);
      expect(within.length).toBeLessThanOrEqual(30);
    }
    expect(calls.length).toBeGreaterThan(50);
  });

  it.each<[string, HttpAnswer, number]>([
    ['Retry-After', answer({ status: 429, retryAfter: '7' }), 7_000],
    ['retry_after', answer({ status: 429, body: { retry_after: 8.25, global: true } }), 8_250],
    ['the longer one', answer({ status: 429, retryAfter: '9', body: { retry_after: 8.25 } }), 9_000],
    [
      'X-RateLimit-Remaining and -Reset-After',
      { ...answer({}), rateLimit: { remaining: '0', resetAfter: '12.5' } },
      12_500,
    ],
    [
      'nothing, while calls remain',
      { ...answer({}), rateLimit: { remaining: '1', resetAfter: '12.5' } },
      2_000,
    ],
    ['Retry-After of a failure', answer({ status: 503, retryAfter: '40' }), 40_000],
    ['an absurd wait', answer({ status: 429, retryAfter: '99999999' }), 24 * 60 * 60 * 1000],
  ])('obeys %s', async (_, first, waitMs) => {
    const { clock, calls, send } = start((call) => (call === 1 ? first : answer({})));
    send(embed('one'));
    await settle();
    send(embed('two'));
    await clock.advance(waitMs - 1);
    expect(calls).toHaveLength(1);
    await clock.advance(1);
    expect(calls).toHaveLength(2);
    expect(calls[1]?.titles).toContain('two');
  });

  it('tries a limit without a number again like a failure', async () => {
    const { clock, calls, said, send } = start((call) => answer({ status: call < 3 ? 429 : 200 }));
    send(embed('one'));
    await clock.advance(60_000);
    expect(calls.map(({ titles }) => titles)).toEqual([['one'], ['one'], ['one']]);
    expect(said).toEqual(['failing 429', 'works']);
  });

  it('keeps the order, and loses and repeats nothing, while it fails', async () => {
    const { clock, calls, said, send } = start((call) => (call < 6 ? NOTHING : answer({})));
    for (let count = 0; count < 30; count += 1) {
      send(embed(`${count}`));
      await clock.advance(1_000);
    }
    await clock.advance(600_000);
    const sent = calls.slice(5).flatMap(({ titles }) => titles);
    expect(sent).toEqual(Array.from({ length: 30 }, (_, count) => `${count}`));
    expect(said).toEqual(['failing could not connect', 'works']);
  });

  it('is bounded, and says once how much was left out', async () => {
    let isDown = true;
    const { clock, calls, said, send } = start(() => (isDown ? NOTHING : answer({})));
    for (let count = 0; count < MOST_WAITING + 50; count += 1) send(embed(`${count}`));
    await clock.advance(60_000);
    for (let count = 0; count < 7; count += 1) send(embed(`more ${count}`));
    isDown = false;
    await clock.advance(600_000);
    const sent = calls.flatMap(({ titles }) => titles).slice(-(MOST_WAITING + 1));
    expect(sent[0]).toBe('left out 57');
    expect(sent[1]).toBe('57');
    expect(sent.at(-1)).toBe('more 6');
    expect(said.filter((line) => line === 'left out')).toHaveLength(1);
    expect(said.at(-1)).toBe('works');
  });

  it('finds the one that Discord does not take, and posts the others', async () => {
    const bad = answer({ status: 400, body: { message: 'Invalid Form Body', code: 50035 } });
    const { clock, calls, said, send } = start((call) =>
      calls[call - 1]?.titles.includes('bad') ? bad : answer({}),
    );
    for (const title of ['one', 'two', 'bad', 'three', 'four']) send(embed(title));
    await clock.advance(60_000);
    const good = calls.filter(({ titles }) => !titles.includes('bad')).flatMap(({ titles }) => titles);
    expect(good).toEqual(['one', 'two', 'three', 'four']);
    expect(said).toEqual(['refused 400: Invalid Form Body (50035)']);
  });

  it.each([
    [404, 'Unknown Webhook', 10015],
    [401, 'Invalid Webhook Token', 50027],
  ])('ends for good with %i', async (status, message, code) => {
    const { clock, calls, said, send } = start(() => answer({ status, body: { message, code } }));
    for (let count = 0; count < 20; count += 1) send(embed(`${count}`));
    await clock.advance(600_000);
    send(embed('more'));
    await clock.advance(600_000);
    expect(calls).toHaveLength(1);
    expect(said).toEqual([`gone ${status}: ${message} (${code})`]);
    expect(clock.timers()).toBe(0);
  });

  it('goes on with the next after a fault of ours', async () => {
    const { clock, calls, bugs, send } = start((call) => {
      if (call === 1) throw new Error('ours');
      return answer({});
    });
    send(embed('one'));
    await clock.advance(5_000);
    send(embed('two'));
    await clock.advance(5_000);
    expect(bugs).toHaveLength(1);
    expect(calls.map(({ titles }) => titles)).toEqual([['one'], ['two']]);
  });
});
