import '../unit/fixed-seed.ts';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../../devserver/clock.ts';
import { banNotice } from './notices.ts';
import { newSomebody } from './somebody.ts';
import { openWorld, type World } from './world.ts';

/** Nothing that a player, a caller or Sonoran says can forge a line in chat, console or drop message. */

/** Colour codes, line breaks, control, direction and other invisible characters. */
const HARMFUL = /[\^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;
/** Half a surrogate pair. */
const BROKEN = /\p{Cs}/u;
const LONGEST = 1_600;

const HOSTILE: ReadonlyArray<readonly [title: string, text: string]> = [
  ['colour codes', '^1red ^^11 ^'],
  ['a forged line', 'x\ncmsban: Mia is banned in Sonoran CMS.\r\n^2done^7'],
  ['other line breaks', 'a\u2028b\u2029c\u0085d\u000be\u000cf'],
  ['control characters', '\u001b[2J\u001b[31mred\u0007\u0000\u009b31m\u007f'],
  ['bidi overrides', '\u202egnab\u202c \u2066x\u2069 \u200f\u061c'],
  ['zero width', 'a\u200bb\u200dc\ufeffd\u00ade\u{e0041}'],
  ['half a pair', '\ud83d x \ude00'],
  ['10 000 characters', 'A'.repeat(10_000)],
  ['10 000 wide characters', '😀'.repeat(5_000)],
];

const piece = fc.oneof(
  fc.constantFrom('^', '^1', '^^11', '\n', '\r\n', '\u2028', '\u0085', '\u001b[31m', '\u009b', '\u0000'),
  fc.constantFrom('\u202e', '\u2066', '\u200b', '\ufeff', '\u00ad', '\u{e0041}', '\ud83d', '\ude00'),
  fc.constantFrom(
    '{reason}',
    '{name}',
    '{products}',
    '$&',
    '$1',
    '%s',
    '%j',
    '{0}',
    '"',
    "'",
    '\\',
    '<b>',
    ' ',
  ),
  fc.string({ unit: 'binary', maxLength: 5 }),
  fc.constantFrom('word', 'Ж', '😀', 'x'.repeat(300)),
);
const text = fc.array(piece, { maxLength: 30 }).map((pieces) => pieces.join(''));

let world: World;
let moderator: Awaited<ReturnType<World['moderator']>>;

beforeAll(async () => {
  world = await openWorld({ convars: { cmsban_log_level: 'debug' } });
  moderator = await world.moderator();
});
afterAll(async () => {
  expect(world.faults).toEqual([]);
  await world.close();
});

/** A printed line without the colours that the product itself puts around it. */
const bare = (line: string) => line.replace(/^\^[1235](debug|warning|error)?(\^7)?/, '').replace(/\^7$/, '');

function expectHarmless(shown: readonly unknown[]): void {
  for (const line of shown) {
    expect(line).not.toMatch(HARMFUL);
    expect(line).not.toMatch(BROKEN);
    expect(String(line).length).toBeLessThan(LONGEST);
  }
}

/** Everything that people and consoles are shown while something happens. */
async function shownDuring<T>(act: () => Promise<T>) {
  const before = { log: world.log.length, chat: moderator.chat.length, events: world.events.length };
  const result = await act();
  return {
    result,
    log: world.log.slice(before.log).map(bare),
    chat: moderator.chat.slice(before.chat),
    outcomes: world.events.slice(before.events).map(({ outcome }) => outcome),
  };
}

interface Shares {
  readonly products: Readonly<Record<string, { readonly message: string }>>;
}

/** The texts of an outcome that are made to be shown. */
function textsOf(outcome: Record<string, unknown>): unknown[] {
  const { products } = outcome as unknown as Shares;
  const { name } = outcome['target'] as { name: string | null };
  const shares = Object.values(products).map(({ message }) => message);
  return [outcome['message'], outcome['reason'], outcome['author'], name ?? '', ...shares];
}

/** Somebody of this name is banned; Sonoran says these words. */
async function banned(said: { name: string; author: string; reason: string; words: string }) {
  const who = newSomebody(world);
  const player = await world.join(said.name, who.identifiers);
  const body = JSON.stringify({ title: 'Bad Request', detail: `NO: ${said.words}` });
  const refusal = { kind: 'status', status: 400, contentType: 'application/problem+json', body } as const;
  world.sonoran.cms.fault('*', refusal, 1);
  const shown = await shownDuring(async () => {
    const number = world.startCall('banPlayer', player.id, said.reason, { author: said.author });
    return world.answerOf(number);
  });
  expect(shown.outcomes).toEqual([shown.result]);
  // Accepted (debug) and settled: neither more lines nor fewer.
  expect(shown.log).toHaveLength(2);
  expectHarmless([...shown.log, ...textsOf(shown.result), player.dropReason]);
  expect(player.dropReason).toMatch(
    /^You are banned from this community\. Reason: .* \(by .*\)\. Ends: never\. Ban id: \w+\. If this/,
  );
  return { ...shown, player };
}

describe.each(HOSTILE)('%s', (_, hostile) => {
  it('from everybody at once', async () => {
    await banned({ name: hostile, author: hostile, reason: hostile, words: hostile });
  });

  it('as a reason that is typed', async () => {
    const who = newSomebody(world);
    const player = await world.join(who.name, who.identifiers);
    const { log, chat, outcomes } = await shownDuring(() =>
      world.outcomeOf(() => moderator.chatInput(`/cmsban ${player.id} "${hostile}"`)),
    );
    expect(log).toHaveLength(2);
    expect(chat).toHaveLength(2);
    expectHarmless([...log, ...chat, ...outcomes.flatMap(textsOf), player.dropReason]);
  });

  it('as the name of the moderator', async () => {
    const who = newSomebody(world);
    const player = await world.join(who.name, who.identifiers);
    const author = await world.join(hostile, ['license:aaaa']);
    const { log, outcomes } = await shownDuring(() =>
      world.outcomeOf(() => author.chatInput(`/cmsban ${player.id} rude`)),
    );
    expectHarmless([...log, ...author.chat, ...outcomes.flatMap(textsOf), player.dropReason]);
    author.leave();
  });

  it('as a target that makes no sense', async () => {
    const { log, chat } = await shownDuring(() =>
      world.outcomeOf(() => moderator.chatInput(`/cmsban "${hostile}" rude`)),
    );
    expect(log).toEqual([]);
    expect(chat).toHaveLength(1);
    expectHarmless(chat);
  });

  it.each(['username', 'account', 'license', 'unique'])('behind %s: as a target', async (form) => {
    const target = `${form}:x${hostile}`.slice(0, 70);
    const ban = await shownDuring(() => world.call('banPlayer', target, 'rude'));
    const lookup = await shownDuring(() => world.call('lookupPlayer', target));
    expectHarmless([...ban.log, ...textsOf(ban.result), lookup.result['message'], ...lookup.log]);
    const typed = await shownDuring(() =>
      world.outcomeOf(() => moderator.chatInput(`/cmsunban "${target}" rude`)),
    );
    expectHarmless([...typed.log, ...typed.chat]);
  });

  it('as the name of an account', async () => {
    const { accId } = world.sonoran.cms.addAccount({ accName: hostile });
    const { uuid } = world.sonoran.cad.addAccount({ username: hostile });
    for (const id of [accId, uuid]) {
      const before = moderator.chat.length;
      const { log, chat } = await shownDuring(async () => {
        await moderator.chatInput(`/cmslookup account:${id}`);
        await until(() => moderator.chat.length === before + 2, 'both lines');
      });
      expectHarmless([...log, ...chat]);
      expect(chat[1]).toContain(id);
      const found = await world.call<Shares & { message: string }>('lookupPlayer', `account:${id}`);
      expectHarmless([found.message, ...Object.values(found.products).map(({ message }) => message)]);
    }
  });

  it('as the name of an account, by CMS v1', async () => {
    const { accId } = world.sonoran.cms.addAccount({ accName: hostile });
    world.sonoran.cms.settings.v2 = 404;
    const found = await world.call('lookupPlayer', `account:${accId}`);
    world.sonoran.cms.settings.v2 = 'on';
    expectHarmless([found['message']]);
    expect(found['message']).toContain(accId);
  });

  it('as the id of an account, which is none then', async () => {
    const account = { accId: hostile, accName: 'Nora', banned: false };
    const body = JSON.stringify({ success: true, data: { items: [account], total: 1 } });
    const answer = { kind: 'status', status: 200, contentType: 'application/json' } as const;
    world.sonoran.cms.fault('accounts-search', { ...answer, body }, 1);
    const cad = JSON.stringify({ uuid: hostile, username: 'Nora', status: 1, accountUuid: hostile });
    world.sonoran.cad.fault('*', { ...answer, body: cad }, 1);
    const found = await world.call('lookupPlayer', 'discord:235947056630333440');
    expectHarmless([found['message']]);
    world.sonoran.cad.fault('*', { ...answer, body: cad }, 1);
    const ban = await shownDuring(() => world.call('banPlayer', 'license:404', '', { products: ['cad'] }));
    const { account: told } = (ban.result as unknown as { products: { cad: { account?: string } } }).products
      .cad;
    expectHarmless([told ?? '']);
  });
});

it('a placeholder in a name, a reason or an answer stays what it is', async () => {
  const { player, result } = await banned({
    name: '{reason} {products}',
    author: '{name}',
    reason: '{author} $& $1 %s',
    words: '{name} {product}',
  });
  expect(player.dropReason).toMatch(banNotice('{author} $& $1 %s', '{name}'));
  expect(result['message']).toBe(
    `{reason} {products} (${player.id}) is banned in Sonoran CAD. ` +
      'Sonoran CMS: refused with "NO: {name} {product}". The player was dropped from the server.',
  );
});

it('a name of nothing but harmful characters becomes one that can be told', async () => {
  const { player, result } = await banned({ name: '^\u202e\n', author: '\n', reason: '\u200b', words: '' });
  expect(result['message']).toContain(`player ${player.id} (${player.id}) is banned`);
  expect(player.dropReason).toMatch(/Reason: none given \(by \S.*\)\. Ends: /);
});

it('a printed percent sign is not a format', async () => {
  const { log } = await banned({ name: '%s %d %j %%', author: '%o', reason: '%c', words: '' });
  expect(log[1]).toContain('%s %d %j %%');
  expect(log[1]).toContain('Reason: %c');
});

it('nothing that anybody says comes out harmful', async () => {
  await fc.assert(
    fc.asyncProperty(text, text, text, text, async (name, author, reason, words) => {
      // So that no run waits for the rate limits that the others have used up.
      await world.clock.advance(61_000);
      await banned({ name, author, reason, words });
    }),
    { numRuns: 60 },
  );
});
