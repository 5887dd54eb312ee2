import '../fixed-seed.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Ban, BanIndex, countingKeys, newBan } from '../../../server/bans/ban-index.ts';

const AMY = account(1);
const BEN = account(2);

function account(number: number): string {
  return `${number.toString(16).padStart(8, '0')}-aaaa-4aaa-8aaa-00000000cafe`;
}

function ban(over: Partial<Ban> = {}): Ban {
  // Of an account with keys it was told by them.
  const isListed = (over.listed ?? []).length > 0;
  return { ...newBan(null, null), isListed, ...over };
}

/** What is in an index, in no order, with the rounds. */
function contentOf(index: BanIndex): string[] {
  const content: string[] = [];
  const steps = index.sweep((round, ban) => {
    content.push(shown(ban, round));
    return true;
  });
  for (const removed of steps) expect(removed).toEqual([]);
  return content.sort();
}

function shown(ban: Ban, round: number | undefined): string {
  const { account, since, listed, own, proven, claims, isListed, registeredAt } = ban;
  const keys = [listed, own, proven, claims];
  return JSON.stringify([account, since, keys, isListed, registeredAt, round ?? 'loaded']);
}

/** Writes to a store what has changed. */
function save(index: BanIndex, store: Map<number, string>): void {
  for (const { page, text } of index.takeChanged()) {
    if (text === null) store.delete(page);
    else store.set(page, text);
  }
}

function load(store: ReadonlyMap<number, string>): BanIndex {
  const index = new BanIndex();
  for (const [page, text] of store) expect(index.load(page, text)).toBe(0);
  return index;
}

describe('a ban index', () => {
  it('finds a ban by its account and by each of its keys', () => {
    const index = new BanIndex();
    const amy = ban({
      account: AMY,
      since: 1_700_000_000_000,
      listed: ['steam:1', 'beef'],
      own: ['fivem:7'],
    });
    const nameless = ban({ own: ['discord:9'] });
    index.put(amy, 1);
    index.put(nameless, 1);
    for (const name of [AMY, 'steam:1', 'beef', 'fivem:7']) {
      expect(index.find(name)).toEqual(amy);
      expect(index.find(name)).toBeDefined();
    }
    expect(index.find('discord:9')).toEqual(nameless);
    expect(index.size).toBe(2);
  });

  it('finds nobody by anything else', () => {
    const index = new BanIndex();
    index.put(ban({ account: AMY, since: 123, listed: ['steam:10', 'beef'], own: ['fivem:7'] }), 1);
    index.put(ban({ own: ['x'] }), 1);
    const beginningWithDotlessI = `${String.fromCharCode(0x100 + 'b'.charCodeAt(0))}eef`;
    const others = [
      '',
      '-',
      '123',
      'steam:1',
      'steam:100',
      'team:10',
      'bee',
      'eef',
      'BEEF',
      ' beef',
      '+fivem:7',
    ];
    for (const name of [...others, BEN, AMY.toUpperCase(), AMY.slice(1), `${AMY}\t123`, '\x80', '\xff']) {
      expect(index.find(name), name).toBeUndefined();
    }
    for (const name of [
      beginningWithDotlessI,
      'b'.repeat(81),
      'beef'.repeat(100_000),
      'beef\0',
      '\u{1f980}',
    ]) {
      expect(index.find(name)).toBeUndefined();
      expect(index.remove(name)).toEqual([]);
    }
    expect(index.size).toBe(2);
  });

  it('replaces the ban of the same account', () => {
    const index = new BanIndex();
    index.put(ban({ account: AMY, listed: ['old', 'both'] }), 1);
    const later = ban({ account: AMY, since: 5, listed: ['both', 'new'] });
    index.put(later, 2);
    expect(index.size).toBe(1);
    expect(index.find('old')).toBeUndefined();
    expect(index.remove('both')).toEqual([later]);
    expect(index.size).toBe(0);
  });

  it('has several people share a key', () => {
    const index = new BanIndex();
    const [amy, ben] = [ban({ account: AMY, listed: ['x', 'a'] }), ban({ account: BEN, own: ['x'] })];
    index.put(amy, 1);
    index.put(ben, 1);
    expect(index.remove('a')).toEqual([amy]);
    expect(index.find('x')).toEqual(ben);
    index.put(amy, 1);
    expect(index.remove('x', ({ account }) => account === BEN)).toEqual([ben]);
    expect(index.find('x')).toEqual(amy);
    index.put(ben, 1);
    expect(index.remove('x')).toHaveLength(2);
    expect(index.find('x')).toBeUndefined();
  });

  it('keeps a key that is both listed and own as both', () => {
    const index = new BanIndex();
    const amy = ban({ account: AMY, listed: ['x'], own: ['x'] });
    index.put(amy, 1);
    expect(index.remove('x')).toEqual([amy]);
    expect(index.size).toBe(0);
  });

  it('keeps each key once, sixty-four of a sort, and none that is not one', () => {
    const index = new BanIndex();
    const keys = Array.from({ length: 70 }, (_, at) => String(at).padStart(80, 'k'));
    const kept = keys.slice(0, 64);
    index.put(ban({ account: AMY, listed: ['a\tb', 'Ä', '', ...kept, ...keys], own: keys }), 1);
    expect(index.find(AMY)).toEqual(ban({ account: AMY, listed: kept, own: kept }));
    const store = new Map<number, string>();
    save(index, store);
    expect(contentOf(load(store))).toHaveLength(1);
  });

  it('does without an account or a time that makes no sense, and without a ban of which nothing is left', () => {
    const index = new BanIndex();
    index.put(ban({ account: 'Amy\n', since: Number.NaN, listed: ['a'] }), 1);
    index.put(ban({ account: BEN, since: -1 }), 1);
    index.put(ban({ account: '', own: ['-'] }), 1);
    expect(index.find('a')).toEqual(ban({ listed: ['a'] }));
    expect(index.find(BEN)).toEqual(ban({ account: BEN }));
    expect(index.size).toBe(2);
  });

  it('notes who was seen', () => {
    const index = new BanIndex();
    const amy = ban({ account: AMY, listed: ['a', 'b'], own: ['c'] });
    index.put(amy, 1);
    index.touch(AMY, 2);
    index.touch(BEN, 3);
    index.touch('a', 3);
    expect(contentOf(index)).toEqual([shown(amy, 2)]);
    // What becomes known of somebody between two reads is no sight of them.
    index.put({ ...amy, proven: ['discord:1'] });
    expect(contentOf(index)).toEqual([shown({ ...amy, proven: ['discord:1'] }, 2)]);
  });

  it('finds by what counts, and by no claim', () => {
    const index = new BanIndex();
    const amy = ban({ account: AMY, listed: ['a'], own: ['b'], proven: ['discord:1'], claims: ['x'] });
    index.put(amy, 1);
    for (const key of ['a', 'b', 'discord:1']) expect(index.findAll(key)).toEqual([amy]);
    expect(index.find('x')).toBeUndefined();
    expect(index.remove('x')).toEqual([]);
    expect([...index.all()]).toEqual([amy]);
    index.put(ban({ claims: ['x'] }), 1);
    expect(index.size).toBe(1);
  });

  it('sweeps page by page, and may be used in between', () => {
    const index = new BanIndex();
    const keys = Array.from({ length: 30 }, (_, at) => String(at).padStart(80, 'k'));
    for (let number = 0; number < 2_000; number++)
      index.put(ban({ account: account(number), own: keys }), number % 2);
    const removed: string[] = [];
    let steps = 0;
    for (const bans of index.sweep((round) => round !== 0)) {
      steps++;
      removed.push(...bans.map(({ account }) => account ?? ''));
      // Goes where the room is, and was seen in this round.
      index.put(ban({ account: account(10_000 + steps), own: keys }), 1);
    }
    expect(steps).toBeGreaterThan(5);
    expect(removed).toEqual(Array.from({ length: 1_000 }, (_, at) => account(at * 2)));
    expect(index.size).toBe(1_000 + steps);
  });
});

describe('a stored ban index', () => {
  it('is text, a line for each ban', () => {
    const index = new BanIndex();
    index.put(
      ban({ account: AMY, since: 1_700_000_000_000, listed: ['steam:1', 'beef'], own: ['fivem:7'] }),
      1,
    );
    index.put(ban({ own: ['x'] }), 1);
    index.put(ban({ account: BEN }), 1);
    const text = `${AMY}\t1700000000000\tsteam:1\tbeef\t+fivem:7\n-\t-\t+x\n${BEN}\t-\n`;
    expect([...index.takeChanged()]).toEqual([{ page: 0, text }]);
    expect([...index.takeChanged()]).toEqual([]);
    index.remove('beef');
    expect([...index.takeChanged()]).toEqual([{ page: 0, text: `-\t-\t+x\n${BEN}\t-\n` }]);
    index.remove('x');
    index.remove(BEN);
    expect([...index.takeChanged()]).toEqual([{ page: 0, text: null }]);
  });

  it('is not written again for having been loaded, looked at, or seen', () => {
    const index = new BanIndex();
    expect(index.load(3, `${AMY}\t-\ta\n${BEN}\t-\tb\n`)).toBe(0);
    index.find('a');
    index.touch(AMY, 1);
    contentOf(index);
    expect([...index.takeChanged()]).toEqual([]);
    index.put(ban({ account: BEN, listed: ['c'] }), 1);
    expect([...index.takeChanged()]).toEqual([{ page: 3, text: `${AMY}\t-\ta\n${BEN}\t-\tc\n` }]);
  });

  it('hands changes out one by one, and again those that change meanwhile', () => {
    const index = new BanIndex();
    for (const page of [0, 1, 2]) index.load(page, `${account(page)}\t-\tk${page}\n`);
    for (const page of [0, 1, 2]) index.remove(`k${page}`);
    const changes = index.takeChanged();
    expect(changes.next().value).toEqual({ page: 0, text: null });
    index.load(0, `${AMY}\t-\nsenseless\n`);
    expect([...changes].map(({ page }) => page)).toEqual([1, 2, 0]);
  });

  it.each([
    ['nothing', ''],
    ['no tab', `${AMY}`],
    ['no time', `${AMY}\t`],
    ['a word for a time', `${AMY}\tnow\ta`],
    ['a time too long', `${AMY}\t1234567890123456\ta`],
    ['an upper-case account', `${AMY.toUpperCase()}\t-\ta`],
    ['half an account', `${AMY.slice(0, 30)}\t-\ta`],
    ['more than an account', `${AMY}0\t-\ta`],
    ['neither account nor key', '-\t-'],
    ['an account without its dashes', `${AMY.replaceAll('-', '0')}\t-\ta`],
    ['an account that is not hexadecimal', `${AMY.replace('c', 'g')}\t-\ta`],
    ['a mark of nothing', `${AMY}\t-\t=`],
    ['a mark that there is not', `${AMY}\t-\t#a`],
    ['two marks', `${AMY}\t-\t=?a`],
    ['a time of reading that is none', `${AMY}\t-\t!now`],
    ['a mark with more to it', `${AMY}\t-\t.a`],
    ['nothing but a claim', '-\t-\t?a'],
    ['no tab after the account', `${AMY} 5\ta`],
    ['an empty key', `${AMY}\t-\ta\t\tb`],
    ['a tab at the end', `${AMY}\t-\ta\t`],
    ['an own key of nothing', `${AMY}\t-\t+`],
    ['a space', `${AMY}\t-\ta b`],
    ['upper case', `${AMY}\t-\tA`],
    ['another alphabet', `${AMY}\t-\tİ`],
    ['half a character', `${AMY}\t-\t\ud800`],
    ['an end as on Windows', `${AMY}\t-\ta\r`],
    ['a key too long', `${AMY}\t-\t${'a'.repeat(81)}`],
    ['a line too long', `${AMY}\t-${'\tabc'.repeat(5_000)}`],
  ])('leaves out a line with %s', (_, line) => {
    const index = new BanIndex();
    const good = `${BEN}\t-\tgood\n`;
    expect(index.load(0, `${line}\n${good}`)).toBe(1);
    expect(contentOf(index)).toEqual([shown(ban({ account: BEN, listed: ['good'] }), undefined)]);
    expect([...index.takeChanged()]).toEqual([{ page: 0, text: good }]);
  });

  it('leaves out a line whose end is not there: its last key may be half of somebody else’s', () => {
    const index = new BanIndex();
    expect(index.load(0, `${AMY}\t-\ta\n${BEN}\t-\tfivem:12`)).toBe(1);
    expect(index.size).toBe(1);
    expect(index.find('fivem:12')).toBeUndefined();
  });

  it('keeps the later one of the same account, in whichever page', () => {
    const index = new BanIndex();
    index.load(0, `${AMY}\t-\ta\n${AMY}\t-\tb\n`);
    index.load(7, `${AMY}\t-\tc\n`);
    expect(contentOf(index)).toEqual([shown(ban({ account: AMY, listed: ['c'] }), undefined)]);
    expect(index.find('a') ?? index.find('b')).toBeUndefined();
    expect([...index.takeChanged()]).toEqual([{ page: 0, text: null }]);
  });

  it('takes the pages off the store in which nothing is', () => {
    const index = new BanIndex();
    expect(index.load(4, '')).toBe(0);
    expect([...index.takeChanged()]).toEqual([{ page: 4, text: null }]);
  });

  it('takes any text, and stores what it made of it', () => {
    const part = fc.oneof(
      fc.constantFrom(AMY, BEN, '-', '\t', '\t', '\n', '\n', '+', 'key', '123', 'steam:1', '\r', '\x80', 'ä'),
      fc.string({ unit: 'binary', maxLength: 3 }),
    );
    const text = fc.oneof(
      fc.array(part, { maxLength: 40 }).map((parts) => parts.join('')),
      fc
        .array(fc.constantFrom(`${AMY}\t-\ta`, `${BEN}\t12\ta\t+b`, '-\t-\tc', 'x'), { maxLength: 8 })
        .map(joined),
    );
    fc.assert(
      fc.property(fc.array(text, { maxLength: 4 }), (texts) => {
        const index = new BanIndex();
        const store = new Map(texts.entries());
        for (const [page, text] of store) index.load(page, text);
        save(index, store);
        expect(contentOf(load(store))).toEqual(contentOf(index));
      }),
      { numRuns: 500 },
    );
  });
});

function joined(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join('');
}

const ACCOUNTS = [1, 2, 3, 4, 5, 6].map(account);
const KEYS = ['a', 'ab', 'b', 'steam:a', 'steam:ab', '1'];
/** So long that a few bans fill a page. */
const LONG_KEYS = Array.from({ length: 60 }, (_, at) => String(at).padStart(76, 'x'));
const NAMES = [
  ...ACCOUNTS,
  ...KEYS,
  'x',
  'steam:',
  String(0).padStart(76, 'x'),
  String(59).padStart(76, 'x'),
];

type Step =
  | { readonly do: 'put'; readonly ban: Ban }
  | { readonly do: 'touch'; readonly account: string }
  | { readonly do: 'remove' | 'removeNameless'; readonly name: string }
  | { readonly do: 'sweep'; readonly rounds: number }
  | { readonly do: 'read' | 'save' | 'restart' };

const someKeys = fc.uniqueArray(fc.constantFrom(...KEYS), { maxLength: 3 });
const someLongKeys = fc.constantFrom(0, 0, 20, 40, 60).map((many) => LONG_KEYS.slice(0, many));
const someBan = fc
  .record({
    account: fc.option(fc.constantFrom(...ACCOUNTS), { freq: 6 }),
    since: fc.option(fc.nat({ max: 10 ** 15 - 1 })),
    listed: someKeys,
    own: someKeys,
    manyListed: someLongKeys,
    manyOwn: someLongKeys,
    proven: someKeys,
    claims: someKeys,
    isTold: fc.boolean(),
    registeredAt: fc.option(fc.nat({ max: 10 ** 15 - 1 })),
  })
  .map(({ manyListed, manyOwn, isTold, ...one }): Ban => {
    const listed = [...one.listed, ...manyListed];
    return { ...one, listed, own: [...one.own, ...manyOwn], isListed: isTold || listed.length > 0 };
  });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 12, arbitrary: fc.record({ do: fc.constant('put' as const), ban: someBan }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('touch' as const),
      account: fc.constantFrom(...ACCOUNTS),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constantFrom('remove' as const, 'removeNameless' as const),
      name: fc.constantFrom(...NAMES),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('sweep' as const), rounds: fc.nat({ max: 3 }) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constantFrom('read' as const, 'save' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('restart' as const) }) },
);

/** The same rules, on a plain list. */
class NaiveIndex {
  all: { readonly ban: Ban; round: number | undefined }[] = [];

  put(ban: Ban, round: number): void {
    if (ban.account !== null) this.take((other) => other.account === ban.account);
    if (ban.account !== null || countingKeys(ban).length > 0) this.all.push({ ban, round });
  }
  touch(account: string, round: number): void {
    const one = this.all.find(({ ban }) => ban.account === account);
    if (one) one.round = round;
  }
  take(isMeant: (ban: Ban, round: number | undefined) => boolean): Ban[] {
    const taken = this.all.filter(({ ban, round }) => isMeant(ban, round));
    this.all = this.all.filter((one) => !taken.includes(one));
    return taken.map(({ ban }) => ban);
  }
  with(name: string): Ban[] {
    return this.all.map(({ ban }) => ban).filter((ban) => hasName(ban, name));
  }
  content(): string[] {
    return this.all.map(({ ban, round }) => shown(ban, round)).sort();
  }
}

function hasName(ban: Ban, name: string): boolean {
  return ban.account === name || countingKeys(ban).includes(name);
}

function sorted(bans: readonly Ban[]): string[] {
  return bans.map((ban) => shown(ban, undefined)).sort();
}

describe('any use of the index', () => {
  it('is as the plain rules say, and what is stored is what is there', () => {
    fc.assert(
      fc.property(fc.array(step, { size: 'max', maxLength: 60 }), (steps) => {
        let index = new BanIndex();
        const naive = new NaiveIndex();
        const store = new Map<number, string>();
        let round = 0;
        for (const one of steps) {
          switch (one.do) {
            case 'put':
              index.put(one.ban, round);
              naive.put(one.ban, round);
              break;
            case 'touch':
              index.touch(one.account, round);
              naive.touch(one.account, round);
              break;
            case 'remove':
              expect(sorted(index.remove(one.name))).toEqual(
                sorted(naive.take((ban) => hasName(ban, one.name))),
              );
              break;
            case 'removeNameless': {
              const isNameless = (ban: Ban) => ban.account === null;
              expect(sorted(index.remove(one.name, isNameless))).toEqual(
                sorted(naive.take((ban) => hasName(ban, one.name) && isNameless(ban))),
              );
              break;
            }
            case 'sweep': {
              const isKept = (seen: number | undefined) => seen !== undefined && seen > round - one.rounds;
              const swept = [...index.sweep(isKept)].flat();
              expect(sorted(swept)).toEqual(sorted(naive.take((_, seen) => !isKept(seen))));
              break;
            }
            case 'read':
              round++;
              break;
            case 'save':
              save(index, store);
              expect(sorted(bansOf(load(store)))).toEqual(sorted(bansOf(index)));
              break;
            case 'restart':
              save(index, store);
              index = load(store);
              round = 0;
              for (const other of naive.all) other.round = undefined;
              break;
          }
          expect(index.size).toBe(naive.all.length);
          expect(contentOf(index)).toEqual(naive.content());
          for (const name of NAMES) {
            const found = index.find(name);
            const candidates = sorted(naive.with(name));
            if (found) expect(candidates).toContain(shown(found, undefined));
            else expect(candidates).toEqual([]);
          }
        }
      }),
      { numRuns: 60 },
    );
  });

  it('takes up no more room, however often the same bans come and go', () => {
    const index = new BanIndex();
    const pages = new Set<number>();
    let dice = 1;
    for (let turn = 0; turn < 40_000; turn++) {
      dice = (dice * 48_271) % 0x7fff_ffff;
      const number = dice % 1_000;
      // Of different length every time.
      const listed = [`steam:${number}`, String(dice), `discord:${dice}`.slice(0, 8 + (dice % 9))];
      if (dice % 3 === 0) index.remove(`steam:${number}`);
      else index.put(ban({ account: account(number), listed }), turn);
      if (turn % 1_000 === 0) for (const { page } of index.takeChanged()) pages.add(page);
    }
    // Seven hundred lines of some ninety bytes, in pages that are three quarters full.
    expect(pages.size).toBeLessThan(8);
  });

  it('fills the room on pages that were loaded before it takes a new one', () => {
    const index = new BanIndex();
    for (const page of [0, 1, 2]) index.load(page, `${account(page)}\t-\n`);
    const long = Array.from({ length: 64 }, (_, at) => String(at).padStart(80, 'k'));
    for (const number of [3, 4, 5]) index.put(ban({ account: account(number), listed: long, own: long }), 1);
    for (let number = 6; number < 550; number++) index.put(ban({ account: account(number) }), 1);
    const pages = [...index.takeChanged()].map(({ page }) => page);
    expect(pages.sort()).toEqual([0, 1, 2]);
  });

  it('gives the pages back in which nothing is left', () => {
    const index = new BanIndex();
    for (let number = 0; number < 2_000; number++) index.put(ban({ account: account(number) }), 1);
    const store = new Map<number, string>();
    save(index, store);
    expect(store.size).toBeGreaterThan(4);
    for (const _ of index.sweep(() => false));
    save(index, store);
    expect([index.size, store.size]).toEqual([0, 0]);
    index.put(ban({ account: AMY, listed: ['a'] }), 1);
    expect(index.find('a')?.account).toBe(AMY);
  });
});

describe('an index of a hundred thousand', () => {
  it('finds everybody, and takes nobody for somebody else', () => {
    const bans = 100_000;
    const index = new BanIndex();
    for (let number = 0; number < bans; number++) {
      const listed = [`steam:${number}`, `beef${number}`, `discord:${number}`];
      index.put(ban({ account: account(number), listed }), 1);
    }
    expect(index.size).toBe(bans);
    let wrong = 0;
    for (let number = 0; number < bans; number++) {
      if (index.find(`beef${number}`)?.account !== account(number)) wrong++;
      if (!index.find(account(number)) || !index.find(`steam:${number}`)) wrong++;
      // Among so many some have the hash of somebody who is there.
      for (const type of ['fivem', 'xbl', 'live']) if (index.find(`${type}:${number}`)) wrong++;
    }
    expect(wrong).toBe(0);
  });
});

function bansOf(index: BanIndex): Ban[] {
  const bans: Ban[] = [];
  const steps = index.sweep((_, ban) => {
    bans.push(ban);
    return true;
  });
  for (const removed of steps) expect(removed).toEqual([]);
  return bans;
}
