import fs from 'node:fs';
import { relative, resolve } from 'node:path';
import type { AnyFunction } from './message-pack.ts';

/** Functions of `node:fs` that write, with the positions of the paths they write to. */
const writers: Record<string, readonly number[]> = {
  appendFile: [0],
  chmod: [0],
  chown: [0],
  copyFile: [1],
  cp: [1],
  createWriteStream: [0],
  lchown: [0],
  link: [1],
  lutimes: [0],
  mkdir: [0],
  mkdtemp: [0],
  rename: [0, 1],
  rm: [0],
  rmdir: [0],
  symlink: [1],
  truncate: [0],
  unlink: [0],
  utimes: [0],
  writeFile: [0],
};

function denied(path: unknown): Error {
  return Object.assign(new Error('Access to this API has been restricted'), {
    code: 'ERR_ACCESS_DENIED',
    permission: 'FileSystemWrite',
    resource: String(path),
  });
}

/** Guards one set of functions: `fs` with its `…Sync` forms, or `fs/promises`. */
function guard(module: object, folder: string, fail: (error: Error) => unknown): Record<string, unknown> {
  const guarded: Record<string, unknown> = { ...module };
  const allow = (path: unknown): boolean => {
    // A file descriptor was checked when it was opened.
    if (typeof path === 'number') return true;
    const inside = relative(folder, resolve(path instanceof URL ? path.pathname : String(path)));
    return !inside.startsWith('..') && !inside.startsWith('/');
  };
  const wrap = (name: string, positions: readonly number[], writes: (args: unknown[]) => boolean): void => {
    const original = guarded[name] as AnyFunction | undefined;
    if (original === undefined) return;
    guarded[name] = (...args: unknown[]) => {
      const outside = writes(args) ? positions.find((position) => !allow(args[position])) : undefined;
      return outside === undefined ? original(...args) : fail(denied(args[outside]));
    };
  };
  for (const [name, positions] of Object.entries(writers)) {
    for (const form of [name, `${name}Sync`]) wrap(form, positions, () => true);
  }
  for (const name of ['open', 'openSync']) {
    wrap(name, [0], (args) => typeof args[1] === 'number' || /[wa+]/.test(String(args[1] ?? 'r')));
  }
  return guarded;
}

/** `node:fs` as a resource gets it: reading anywhere, writing only inside its own folder. */
export function sandboxedFiles(folder: string): Record<string, unknown> {
  const files = guard(fs, folder, (error) => {
    throw error;
  });
  files['promises'] = guard(fs.promises, folder, (error) => Promise.reject(error));
  return files;
}
