import { expect, it } from 'vitest';
import { createDrafts, createSayings } from '../../../server/records/record-words.ts';
import { action, delivery } from '../action.ts';
import { checkedSay } from '../checked-say.ts';
import { scriptedApi } from '../scripted-api.ts';

const drafts = createDrafts(
  { api: scriptedApi('cms'), rules: { types: ['steam'], format: 'value', discordField: true } },
  checkedSay,
);
const task = drafts.ofAction(action({ deliveries: [delivery('cms')] }), 'ban');

function sayings() {
  const lines: string[] = [];
  const log = Object.fromEntries(
    ['debug', 'info', 'warn', 'error', 'bug'].map((level) => [
      level,
      (text: string) => lines.push(`${level}: ${text}`),
    ]),
  ) as unknown as Parameters<typeof createSayings>[0]['log'];
  const told: string[] = [];
  const made = createSayings({
    tell: (_author, _origin, text) => told.push(text),
    tellThere: () => false,
    log,
    say: checkedSay,
    convars: () => 'cmsban_cms_api_key',
  });
  return { made, lines, told };
}

it('a record that was refused is warned of once, with the answer', () => {
  const { made, lines, told } = sayings();
  made.ended(task, 'refused', 'INVALID REASON');
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatch(/^warn: There is no record of the ban .*INVALID REASON/);
  expect(told).toEqual([]);
});

it('a record that its ban did not live to see is for who looks for it', () => {
  const { made, lines, told } = sayings();
  made.ended(task, 'unheard', '');
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatch(/^debug: no record of the ban .*taken back/);
  expect(told).toEqual([]);
});
