import { expect, it } from 'vitest';
import { githubRepository } from '../../build/repository.mjs';

it.each([
  'owner/cmsban',
  'github:owner/cmsban',
  'https://github.com/owner/cmsban',
  'https://www.github.com/owner/cmsban',
  'git+https://github.com/owner/cmsban.git',
  'git+ssh://git@github.com/owner/cmsban.git',
  'git://github.com/owner/cmsban.git#main',
  'git@github.com:owner/cmsban.git',
])('%s is on GitHub', (repository) => {
  expect(githubRepository(repository)).toBe('owner/cmsban');
  expect(githubRepository({ type: 'git', url: repository })).toBe('owner/cmsban');
});

it.each([
  undefined,
  null,
  '',
  7,
  {},
  { url: 7 },
  'gitlab:owner/cmsban',
  'gist:11081aaa281',
  'https://gitlab.com/owner/cmsban.git',
  'https://github.com.example.org/owner/cmsban',
  'https://example.org/github.com/owner',
  'https://github.com/owner',
])('%j is not', (repository) => {
  expect(githubRepository(repository)).toBe('');
});
