import '../fixed-seed.ts';
import { Console } from 'node:console';
import { Writable } from 'node:stream';
import { format, inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { redactor, Secret } from '../../../server/text/secret.ts';

const KEY = 'S3CR3T-0b6e4d5c';

describe('a secret', () => {
  const secret = new Secret(KEY);

  it('gives its value to whoever asks for it by name', () => {
    expect(secret.reveal()).toBe(KEY);
  });

  it.each<[string, () => unknown]>([
    ['String()', () => String(secret)],
    ['a template', () => `key=${secret}`],
    ['concatenation', () => `${'key='.concat(String(secret))}`],
    ['a list joined', () => [secret].join()],
    ['JSON', () => JSON.stringify({ secret, list: [secret] })],
    ['inspect', () => inspect(secret)],
    ['inspect, nested', () => inspect({ a: { b: { c: { d: secret } } } }, { depth: null })],
    ['inspect without custom printers', () => inspect(secret, { customInspect: false, showHidden: true })],
    ['format %s', () => format('%s', secret)],
    ['format %o', () => format('%o', secret)],
    ['format %O', () => format('%O', { secret })],
    ['format %j', () => format('%j', { secret })],
    ['format with rest', () => format('key', secret, { secret })],
    ['its own keys', () => JSON.stringify(Reflect.ownKeys(secret).map(String))],
    ['a spread copy', () => inspect({ ...secret })],
    ['a structured clone', () => inspect(structuredClone({ secret }), { depth: null })],
    ['Object.entries', () => JSON.stringify(Object.entries(secret))],
    ['an error about it', () => new Error(`no answer for ${secret}`).stack],
    ['an error carrying it', () => inspect(new Error('failed', { cause: secret }))],
  ])('is not shown by %s', (_, show) => {
    const shown = show();
    expect(typeof shown).toBe('string');
    expect(shown).not.toContain(KEY);
  });

  it('is a mask where it is shown', () => {
    expect(String(secret)).toBe('•••');
    expect(inspect(secret)).toBe('•••');
    expect(JSON.stringify({ secret })).toBe('{"secret":"•••"}');
  });

  it('is not shown by a console', () => {
    let written = '';
    const sink = new Writable({
      write(chunk, _encoding, done) {
        written += String(chunk);
        done();
      },
    });
    const console = new Console(sink);
    console.log(secret);
    console.log('key', secret, { secret });
    console.dir({ secret }, { depth: null });
    console.table([{ secret }]);
    expect(written).toContain('•••');
    expect(written).not.toContain(KEY);
  });
});

describe('the redactor', () => {
  it('takes every secret out, wherever it stands', () => {
    const redact = redactor([new Secret('one-key'), new Secret('two-key')]);
    expect(redact('one-key and two-key, one-keyone-key')).toBe('••• and •••, ••••••');
    expect(redact('nothing here')).toBe('nothing here');
  });

  it('ignores a secret that is not set', () => {
    expect(redactor([new Secret('')])('text')).toBe('text');
    expect(redactor([])('text')).toBe('text');
  });

  it('knows a secret by its form inside JSON', () => {
    const awkward = 'a"b\\c';
    expect(redactor([new Secret(awkward)])(JSON.stringify({ key: awkward }))).toBe('{"key":"•••"}');
  });

  it('leaves no rest of a secret that begins like a shorter one', () => {
    const redact = redactor([new Secret('key-1'), new Secret('key-1-and-the-rest')]);
    expect(redact('it is key-1-and-the-rest')).toBe('it is •••');
  });

  it('takes the longer one out first, whatever the order', () => {
    fc.assert(
      fc.property(
        fc.stringMatching(/^[a-z0-9]{8,20}$/),
        fc.stringMatching(/^[A-Z]{4,20}$/),
        fc.boolean(),
        (short, rest, swap) => {
          const secrets = [new Secret(short), new Secret(short + rest)];
          const redact = redactor(swap ? secrets.reverse() : secrets);
          expect(redact(`<${short}${rest}|${short}>`)).toBe('<•••|•••>');
        },
      ),
    );
  });

  it('takes special characters literally, in secret and mask', () => {
    expect(redactor([new Secret('a.*$&')])('xa.*$&x aXXX')).toBe('x•••x aXXX');
  });
});
