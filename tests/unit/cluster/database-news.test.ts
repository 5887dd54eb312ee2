import { expect, it } from 'vitest';
import { createDatabaseNews } from '../../../server/cluster/database-news.ts';
import { failure, type Trouble } from '../../../server/storage/mysql/trouble.ts';
import { checkedSay } from '../checked-say.ts';
import { createManualClock } from '../manual-clock.ts';

function start() {
  const clock = createManualClock();
  const lines: string[] = [];
  const log = { info: (text: string) => lines.push(text), error: (text: string) => lines.push(text) };
  const news = createDatabaseNews({ clock, log, say: checkedSay });
  const [feed, lease, storage] = ['feed', 'lease', 'storage'].map((user) => news.of(user));
  if (!feed || !lease || !storage) throw new Error('not three');
  return { clock, lines, news, feed, lease, storage };
}

const met = (trouble: Trouble) => failure(trouble, 'the words of the database');

it('says once what several meet, and once that it is over for all', () => {
  const { lines, news, feed, lease } = start();
  feed(met('unreachable'));
  lease(met('unreachable'));
  expect(lines).toEqual([
    expect.stringContaining('The database cannot be reached (the words of the database)'),
  ]);
  expect(news.isAway()).toBe(true);
  feed(null);
  expect(lines).toHaveLength(1);
  lease(null);
  expect(lines.slice(1)).toEqual(['The database works again.']);
  expect(news.isAway()).toBe(false);
});

it('says nothing of what passes by itself, and says it when it lasts', async () => {
  for (const trouble of ['lost', 'too slow', 'again'] as const) {
    const { clock, lines, feed, lease } = start();
    feed(met(trouble));
    await clock.advance(1_900);
    feed(null);
    await clock.advance(10_000);
    expect(lines).toEqual([]);
    feed(met(trouble));
    lease(met(trouble));
    await clock.advance(2_000);
    expect(lines).toHaveLength(1);
    feed(null);
    lease(null);
    expect(lines).toHaveLength(2);
    expect(clock.timers()).toBe(0);
  }
});

it('says another kind too, when that calls for another remedy', async () => {
  const { clock, lines, storage } = start();
  storage(met('lost'));
  for (const trouble of ['unreachable', 'refused', 'read-only', 'full', 'fault'] as const)
    storage(met(trouble));
  await clock.advance(5_000);
  expect(lines).toHaveLength(5);
});

it('forgets what somebody met who is no more', () => {
  const { lines, news, storage } = start();
  storage(met('full'));
  news.forget('storage');
  expect(lines).toEqual([expect.stringContaining('it is full'), 'The database works again.']);
});

it('says of what is refused what to do about it, once each', () => {
  const { lines, feed, lease } = start();
  const refused = (number: number) => failure('refused', 'its words', number);
  for (const number of [1045, 1130, 1049, 1044, 1142, 3159, 0]) {
    feed(refused(number));
    lease(refused(number));
  }
  feed(failure('unreachable', 'its words', 1226));
  expect(lines.map((line) => line.replace(/ \(its words\).*/, ''))).toEqual([
    'The database does not let this server in',
    'The database that the connection string names is not there',
    'The user in the connection string may not do this in the database',
    'The database and this server do not agree on how to connect',
    'The database takes no more connections',
  ]);
});

it('says that there was no answer, where the database has said nothing', () => {
  const { lines, feed } = start();
  feed(failure('unreachable', ''));
  expect(lines).toEqual([expect.stringContaining('The database cannot be reached (it said nothing).')]);
});
