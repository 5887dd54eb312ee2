import { describe, expect, it } from 'vitest';
import { createLog } from '../../../server/notify/log.ts';
import { LOG_LEVELS, type LogLevel } from '../../../server/settings/settings.ts';
import { checkedSay } from '../checked-say.ts';

function start(level: LogLevel) {
  const lines: string[] = [];
  const log = createLog(
    level,
    (line) => lines.push(line),
    (text) => text.replaceAll('KEY', '•••'),
    checkedSay,
  );
  return { log, lines };
}

describe('the log', () => {
  it.each(LOG_LEVELS.map((level, index) => [level, LOG_LEVELS.slice(index)] as const))(
    'at level %s prints %j',
    (level, expected) => {
      const { log, lines } = start(level);
      for (const one of LOG_LEVELS) log[one](`this is ${one}`);
      expect(lines.map((line) => line.split(' ').at(-1))).toEqual(expected);
    },
  );

  it('has no secret in any line', () => {
    const { log, lines } = start('debug');
    for (const level of LOG_LEVELS) log[level]('with the KEY');
    log.bug('a place with the KEY', new Error('about the KEY'));
    log.bug('a place', 'the KEY');
    expect(lines).toHaveLength(6);
    for (const line of lines) {
      expect(line).toContain('•••');
      expect(line).not.toContain('KEY');
    }
  });

  it('tells a bug with its place and stack, whatever was thrown', () => {
    const { log, lines } = start('error');
    log.bug('the queue', new Error('broken'));
    for (const odd of [undefined, null, 'text', 12, {}]) log.bug('the queue', odd);
    expect(lines).toHaveLength(6);
    expect(lines[0]).toMatch(/the queue: Error: broken\n\s+at /);
    for (const line of lines) expect(line).toContain('internal error in the queue');
  });
});
