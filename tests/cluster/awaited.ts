import { setTimeout } from 'node:timers/promises';
import type { Server } from './servers.ts';

/** How often it is looked, in milliseconds. */
const LOOK_MS = 50;

/** More than any test decides. */
const EVERYTHING = 100_000;

/** Waits until something is so that has to be asked for. */
export async function sooner(look: () => Promise<boolean>, what: string, limitMs = 15_000): Promise<void> {
  const end = performance.now() + limitMs;
  while (!(await look())) {
    if (performance.now() > end) throw new Error(`waited ${limitMs} ms in vain for ${what}`);
    await setTimeout(LOOK_MS);
  }
}

/** What is told of an action. */
export interface Told {
  readonly id: string;
  readonly action: string;
  readonly status: string;
  readonly code: string;
  readonly at: number;
  readonly server: string | null;
  readonly products: Readonly<Record<string, { readonly message: string }>>;
}

export function historyOf(server: Server): Promise<Told[]> {
  return server.call<Told[]>('getHistory', EVERYTHING);
}

/** An export, and what it is called with. */
export type Call = readonly [name: string, ...args: readonly unknown[]];

/** Waits until all servers answer a call with the same. @returns that. */
export async function theSame(servers: readonly Server[], call: Call, limitMs?: number): Promise<unknown> {
  let answers: string[] = [];
  const areTheSame = async () => {
    answers = [];
    for (const server of servers) answers.push(JSON.stringify(await server.call(...call)));
    return new Set(answers).size === 1;
  };
  await sooner(areTheSame, `the same from ${call[0]}`, limitMs).catch((error: unknown) => {
    throw new Error(`${String(error)}: ${answers.join('\n')}`);
  });
  return JSON.parse(answers[0] ?? '');
}

export async function isBanned(server: Server, identifiers: readonly string[]): Promise<unknown> {
  return (await server.call('isBanned', identifiers[0]))['banned'];
}
