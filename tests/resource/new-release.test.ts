import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as esbuild from 'esbuild';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { githubRepository } from '../../build/repository.mjs';
import { layOutRelease, serverBundle } from '../../build.mjs';
import { eventLoopTurn, until } from '../../devserver/clock.ts';
import { CMSBAN, startWorld, type WorldOptions } from './world.ts';

/** Answers as GitHub's API does: who does not say who they are is refused. */
type Answer = (response: ServerResponse) => void;

const release =
  (tag: string): Answer =>
  (response) => {
    response.writeHead(200, { 'content-type': 'application/json; charset=utf-8' });
    response.end(JSON.stringify({ tag_name: tag, html_url: 'https://example.com/elsewhere', draft: false }));
  };

describe('a newer release', () => {
  const asked: string[] = [];
  let answer: Answer = release('v99.0.0');
  const github = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    if (request.headers['user-agent'] === undefined) response.writeHead(403).end();
    else answer(response);
  });
  let folder: string;

  beforeAll(async () => {
    await new Promise<void>((resolve) => github.listen(0, '127.0.0.1', resolve));
    folder = await mkdtemp(join(tmpdir(), 'cmsban-newer-'));
    await layOutRelease(folder);
    const { port } = github.address() as AddressInfo;
    const releases = { repository: 'owner/cmsban', host: `http://127.0.0.1:${port}` };
    await esbuild.build(serverBundle(join(folder, 'dist', 'server.js'), releases));
  });
  afterAll(async () => {
    github.closeAllConnections();
    github.close();
    await rm(folder, { recursive: true, force: true });
  });
  beforeEach(() => {
    asked.length = 0;
  });

  const start = (options: WorldOptions = {}) => startWorld({ ...options, cmsban: folder });

  it('is named in the console, once', async () => {
    answer = release('v99.0.0');
    const world = await start();
    await world.logged(/^cmsban 99\.0\.0 is out\. .*https:\/\/github\.com\/owner\/cmsban\/releases\/latest$/);
    await world.clock.advance(24 * 60 * 60 * 1_000);
    expect(world.log.filter((line) => line.includes('is out'))).toHaveLength(1);
    expect(asked).toEqual(['GET /repos/owner/cmsban/releases/latest']);
  });

  it('is not looked for with cmsban_version_check off', async () => {
    const world = await start({ convars: { cmsban_version_check: 'false' } });
    world.sonoran.cad.addAccount({ apiIds: ['cafe'] });
    expect(await world.call('banPlayer', 'license:cafe')).toMatchObject({ status: 'delivered' });
    expect(asked).toEqual([]);
  });

  it('that nobody can tell of is no trouble: bans go out, and nothing is said', async () => {
    const hanging: ServerResponse[] = [];
    answer = (response) => void hanging.push(response);
    const world = await start();
    await until(() => hanging.length === 1, 'the question');
    world.sonoran.cad.addAccount({ apiIds: ['cafe'] });
    expect(await world.call('banPlayer', 'license:cafe')).toMatchObject({ status: 'delivered' });
    const lines = world.log.length;
    await world.clock.advance(10_000);
    await until(() => hanging[0]?.destroyed || hanging[0]?.socket?.destroyed !== false, 'it to be given up');
    for (let turn = 0; turn < 20; turn++) await eventLoopTurn();
    expect(world.log.slice(lines)).toEqual([]);
    expect(world.faults).toEqual([]);
  });
});

it('is looked for in the repository that package.json names, on GitHub', () => {
  const { repository } = JSON.parse(readFileSync(join(CMSBAN, 'package.json'), 'utf8'));
  expect(serverBundle('server.js').define).toMatchObject({
    RELEASES_REPOSITORY: JSON.stringify(githubRepository(repository)),
    RELEASES_HOST: '"https://api.github.com"',
  });
});
