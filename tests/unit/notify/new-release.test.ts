import { describe, expect, it } from 'vitest';
import { createLog } from '../../../server/notify/log.ts';
import { sayNewRelease } from '../../../server/notify/new-release.ts';
import type { HttpAnswer } from '../../../server/sonoran/http.ts';
import { checkedSay } from '../checked-say.ts';
import { type Scripted, scriptedHttp } from '../sonoran/scripted-http.ts';

async function ask(answer: Scripted | HttpAnswer, { version = '1.2.3', repository = 'owner/cmsban' } = {}) {
  const lines: string[] = [];
  const log = createLog(
    'debug',
    (line) => lines.push(line),
    (text) => text,
    checkedSay,
  );
  const { http, requests } = scriptedHttp(answer);
  await sayNewRelease({ repository, host: 'https://api.github.com', version, http, log, say: checkedSay });
  return { lines, requests };
}

const release = (tag: unknown): Scripted => ({ body: { tag_name: tag, name: 'A release', draft: false } });

describe('the look for a newer release', () => {
  it('asks GitHub once, and says who asks', async () => {
    const { requests } = await ask(release('v1.2.3'));
    expect(requests).toEqual([
      {
        method: 'GET',
        origin: 'https://api.github.com',
        path: '/repos/owner/cmsban/releases/latest',
        userAgent: 'cmsban/1.2.3',
      },
    ]);
  });

  it.each([
    ['1.2.3', 'v1.2.4'],
    ['1.2.3', '1.10.0'],
    ['1.9.9', 'v2.0.0'],
    ['1.2.3-rc.1', 'v1.2.3'],
    ['1.2.3-rc.2', 'v1.2.3-rc.10'],
  ])('tells %s of %s', async (version, tag) => {
    const { lines } = await ask(release(tag), { version });
    const newest = tag.replace('v', '');
    expect(lines).toEqual([
      `cmsban ${newest} is out. This server runs ${version}. ` +
        'Download and changes: https://github.com/owner/cmsban/releases/latest',
    ]);
  });

  it.each([
    ['1.2.3', 'v1.2.3'],
    ['1.10.0', 'v1.9.0'],
    ['1.2.3', 'v1.2.3-rc.1'],
    ['1.2.3', 'v1.2.3+build.7'],
  ])('says nothing to %s of %s', async (version, tag) => {
    expect((await ask(release(tag), { version })).lines).toEqual([]);
  });

  it.each<[string, Scripted | HttpAnswer]>([
    ['no release', { status: 404, body: { message: 'Not Found' } }],
    ['a repository that has moved', { status: 301, body: release('v9.0.0').body }],
    ['a rate limit', { status: 403, body: { message: 'API rate limit exceeded' } }],
    ['no JSON', { body: '<html>v9.0.0</html>' }],
    ['no object', { body: [release('v9.0.0').body] }],
    ['no tag', { body: {} }],
    ['a tag of another kind', release('nightly')],
    ['a tag with more in it', release('v9.0.0 ^1now')],
    ['no text as tag', release(9)],
    ['no answer', { kind: 'no-answer', detail: 'gone', sent: false }],
  ])('says nothing about %s', async (_, answer) => {
    expect((await ask(answer)).lines).toEqual([]);
  });

  it.each([
    ['without a repository', { repository: '' }],
    ['without a version of its own', { version: '?' }],
  ])('does not ask %s', async (_, options) => {
    const { requests, lines } = await ask(release('v9.0.0'), options);
    expect(requests).toEqual([]);
    expect(lines).toEqual([]);
  });
});
