import { createRequire, isBuiltin } from 'node:module';
import os from 'node:os';
import { join } from 'node:path';
import perfHooks from 'node:perf_hooks';
import type { NodeTimers } from './node-timers.ts';
import { sandboxedFiles } from './sandbox-files.ts';
import type { SandboxSockets } from './sandbox-sockets.ts';

const hostRequire = createRequire(import.meta.url);

/** What of Node a resource gets in another form. */
export interface SandboxedNode {
  readonly folder: string;
  readonly timers: NodeTimers;
  readonly sockets: SandboxSockets;
  readonly performance: object;
  readonly process: object;
  error(message: string): Error;
}

/** A function or class of Node that FXServer refuses without a permission in `server.cfg`. */
function refused(what: string, sandbox: SandboxedNode): unknown {
  return function refusedByPermission(): never {
    throw Object.assign(sandbox.error('Access to this API has been restricted'), {
      code: 'ERR_ACCESS_DENIED',
      permission: what,
    });
  };
}

/**
 * The `require` of a resource: Node's built-in modules alone. Files can be written only inside the
 * resource's folder, processes and worker threads cannot be started, timers and clocks are the
 * stand-in's, sockets end with the resource.
 */
export function sandboxedRequire(sandbox: SandboxedNode): (name: string) => unknown {
  const files = sandboxedFiles(sandbox.folder);
  const childProcess = Object.fromEntries(
    ['exec', 'execFile', 'execFileSync', 'execSync', 'fork', 'spawn', 'spawnSync'].map((name) => [
      name,
      refused('ChildProcess', sandbox),
    ]),
  );
  const replaced: Record<string, unknown> = {
    ...sandbox.sockets.modules,
    timers: sandbox.timers.module,
    'timers/promises': sandbox.timers.promises,
    perf_hooks: { ...perfHooks, performance: sandbox.performance },
    process: sandbox.process,
    fs: files,
    'fs/promises': files['promises'],
    os: { ...os, tmpdir: () => join(sandbox.folder, '.tmp') },
    child_process: childProcess,
    cluster: { isPrimary: true, isMaster: true, isWorker: false, fork: refused('ChildProcess', sandbox) },
    worker_threads: {
      ...(hostRequire('node:worker_threads') as object),
      isMainThread: true,
      parentPort: null,
      Worker: refused('WorkerThreads', sandbox),
    },
  };
  return (name) => {
    const bare = name.replace(/^node:/, '');
    if (Object.hasOwn(replaced, bare)) return replaced[bare];
    if (isBuiltin(name)) return hostRequire(name);
    throw Object.assign(sandbox.error(`Cannot find module '${name}'`), { code: 'MODULE_NOT_FOUND' });
  };
}
