import { expect, it } from 'vitest';
import { until } from '../../devserver/clock.ts';
import {
  NUI_ASK,
  NUI_CLOSE,
  NUI_READY,
  type PanelAnswer,
  type PanelAsk,
  type PanelMessage,
} from '../../shared/panel.ts';
import { leastOf } from '../unit/cpu-time.ts';
import { ban, closings, openings } from './panel.ts';
import { newSomebody } from './somebody.ts';
import { startWorld, type WorldOptions } from './world.ts';

/** The way from a page through the client's script to the server and back, as a browser goes it. */

/** A click and what comes of it may take so long, in milliseconds. */
const ROUND_TRIP_MS = 300;
const PAGE_MS = 5_000;

async function startPage(options: WorldOptions = {}) {
  const world = await startWorld(options);
  const moderator = await world.join('Mia', ['license:aaaa'], { client: true });
  const { address } = await world.fx.servePage(moderator, 'cmsban');
  const messages: Array<PanelMessage | 'reload'> = [];
  const stream = await fetch(new URL('nui-messages', address));
  void (async () => {
    let text = '';
    for await (const piece of stream.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      text += piece;
      const blocks = text.split('\n\n');
      text = blocks.pop() ?? '';
      for (const block of blocks) {
        if (block.startsWith('event: reload')) messages.push('reload');
        else if (block.startsWith('data: ')) messages.push(JSON.parse(block.slice('data: '.length)));
      }
    }
  })().catch(() => undefined);

  let number = 0;
  const call = async (name: string, body: unknown = {}) => {
    const answer = await fetch(new URL(`nui-callback/${name}`, address), {
      method: 'POST',
      body: JSON.stringify(body),
    });
    return answer.status;
  };
  const last = <T extends PanelMessage['type']>(type: T, times = 1) =>
    until(() => {
      const found = messages.flatMap((each) => (each !== 'reload' && each.type === type ? [each] : []));
      return found.length >= times && (found.at(-1) as Extract<PanelMessage, { type: T }>);
    }, `message ${times} of ${type}`);
  return {
    world,
    moderator,
    address,
    messages,
    call,
    last,
    focus: () => world.fx.focusOf(moderator, 'cmsban'),
    async open() {
      await call(NUI_READY);
      await moderator.chatInput('/cmspanel');
      return last('open');
    },
    async ask(question: PanelAsk): Promise<PanelAnswer> {
      const asked = ++number;
      expect(await call(NUI_ASK, { number: asked, question })).toBe(200);
      return until(
        () =>
          messages.flatMap((each) =>
            each !== 'reload' && each.type === 'answer' && each.reply.number === asked
              ? [each.reply.answer]
              : [],
          )[0],
        'the answer',
      );
    },
  };
}

const WITH_FOCUS = { keyboard: true, mouse: true };
const WITHOUT = { keyboard: false, mouse: false };

it('opens with the focus, asks, hears of changes, and closes', async () => {
  const { world, moderator, open, ask, call, focus, last } = await startPage();
  expect(focus()).toEqual(WITHOUT);
  expect((await open()).opening).toEqual(openings(moderator)[0]);
  expect(focus()).toEqual(WITH_FOCUS);
  expect(await ask({ ask: 'players', search: '', page: 1 })).toMatchObject({ people: { count: 1 } });
  const roundTrip = async () => {
    const { name, identifiers } = newSomebody(world);
    const player = await world.join(name, identifiers);
    const began = performance.now();
    expect(await ask(ban(String(player.id)))).toMatchObject({ told: { tone: 'good' } });
    return performance.now() - began;
  };
  expect(await leastOf(ROUND_TRIP_MS, roundTrip, 4)).toBeLessThan(ROUND_TRIP_MS);
  await world.clock.advance(500);
  expect(await last('news')).toEqual({ type: 'news', views: ['players', 'waiting', 'history'] });
  expect(await call(NUI_CLOSE)).toBe(200);
  await last('close');
  expect(focus()).toEqual(WITHOUT);
  const sent = moderator.events.length;
  expect(await call(NUI_ASK, { number: 9, question: { ask: 'waiting', page: 1 } })).toBe(200);
  await world.join('Una', ['license:11']);
  await world.clock.advance(1_000);
  expect(moderator.events).toHaveLength(sent);
  expect(world.faults).toEqual([]);
});

it('is opened again when its page comes later, or comes anew', async () => {
  const { moderator, call, last } = await startPage();
  await moderator.chatInput('/cmspanel');
  await last('open', 1);
  await call(NUI_READY);
  await last('open', 2);
  await call(NUI_READY);
  await last('open', 3);
});

it('gives the focus back when no page comes, and the server knows', async () => {
  const { world, moderator, focus } = await startPage();
  await moderator.chatInput('/cmspanel');
  await until(() => focus().keyboard, 'the window');
  await world.clock.advance(PAGE_MS);
  expect(focus()).toEqual(WITHOUT);
  const sent = moderator.events.length;
  await world.join('Una', ['license:11']);
  await world.clock.advance(1_000);
  expect(moderator.events).toHaveLength(sent);
});

it('is closed when the right to it is taken away, and when the resource restarts; then it opens anew', async () => {
  const { world, moderator, open, messages, last, call, focus } = await startPage({
    config: ['add_ace identifier.license:aaaa command.cmspanel allow'],
  });
  await open();
  await world.fx.console('remove_ace group.admin command allow');
  await world.fx.console('remove_ace identifier.license:aaaa command.cmspanel allow');
  await call(NUI_ASK, { number: 1, question: { ask: 'players', search: '', page: 1 } });
  await last('close');
  expect(focus()).toEqual(WITHOUT);
  await world.fx.console('add_ace group.admin command allow');
  await moderator.chatInput('/cmspanel');
  await last('open', 2);
  await world.fx.console('restart cmsban');
  expect(closings(moderator)).toBe(2);
  expect(focus()).toEqual(WITHOUT);
  await until(() => messages.includes('reload'), 'the new page');
  await call(NUI_READY);
  await moderator.chatInput('/cmspanel');
  await last('open', 3);
  expect(focus()).toEqual(WITH_FOCUS);
});

it('answers its page whatever that sends', async () => {
  const { world, open, call, ask } = await startPage();
  await open();
  for (const body of [null, 7, 'text', [], { number: 'x' }, { number: 77, question: 'players' }]) {
    expect(await call(NUI_ASK, body)).toBe(200);
  }
  expect(await ask({ ask: 'waiting', page: 1 })).toMatchObject({ kind: 'actions' });
  expect(world.faults).toEqual([]);
});
