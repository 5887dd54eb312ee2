import * as v from 'valibot';
import type { ControlMessage } from './control-message.ts';
import { controlSchema } from './control-message.ts';
import { describeRequest, describeResponse } from './describe.ts';
import type { Fault } from './fault.ts';
import type { Host } from './host.ts';
import type { Sonoran } from './server.ts';

/** What comes back for one message. `id` is the message's own, null when it had none. */
export type ControlReply =
  | { readonly id: unknown; readonly ok: true; readonly result: unknown }
  | { readonly id: unknown; readonly ok: false; readonly error: string };

function setFault<Name extends string>(
  host: Host<Name>,
  operation: string,
  fault: Fault,
  times: number | undefined,
): null {
  if (!host.isOperation(operation)) throw new Error(`there is no operation ${operation}`);
  host.fault(operation, fault, times);
  return null;
}

/** What a bench wants to know of a request; headers and body only as text with the keys masked. */
function summaries(host: Sonoran['cms'] | Sonoran['cad'], from: number): readonly unknown[] {
  return host.requests.slice(from).map((recorded, position) => ({
    index: from + position,
    at: recorded.at,
    elapsed: recorded.elapsed,
    operation: recorded.operation,
    status: recorded.response?.status ?? null,
    request: describeRequest(recorded),
    response: describeResponse(recorded),
  }));
}

/** What a bench wants to know of a push event; no body, so no key. */
function pushSummaries({ cms }: Sonoran, from: number): readonly unknown[] {
  return cms.pushes.slice(from).map(({ at, type, accountId, url, status, answer, error }, position) => ({
    index: from + position,
    at,
    type,
    accountId,
    url,
    status: status ?? null,
    answer: answer ?? null,
    error: error ?? null,
  }));
}

async function act(sonoran: Sonoran, message: ControlMessage): Promise<unknown> {
  switch (message.do) {
    case 'addAccount':
      return message.product === 'cms'
        ? sonoran.cms.addAccount(message.account)
        : sonoran.cad.addAccount(message.account);
    case 'addAccounts':
      if (message.product === 'cms') for (const each of message.accounts) sonoran.cms.addAccount(each);
      else for (const each of message.accounts) sonoran.cad.addAccount(each);
      return message.accounts.length;
    case 'ban':
    case 'unban':
    case 'kick':
      sonoran[message.product][message.do](message.accId);
      return null;
    case 'link': {
      const { accId, apiId } = message;
      if (message.product === 'cms') {
        const { activeApiIds } = sonoran.cms.account(accId);
        sonoran.cms.updateAccount(accId, { apiIds: [...activeApiIds, apiId] });
      } else {
        const { apiIds } = sonoran.cad.account(accId);
        sonoran.cad.updateAccount(accId, { apiIds: [...apiIds, apiId] });
      }
      return null;
    }
    case 'pushEventsTo':
      sonoran.cms.pushEventsTo(message.urls);
      return null;
    case 'pushes':
      return pushSummaries(sonoran, message.from ?? 0);
    case 'fault': {
      const { operation, fault, times } = message;
      return message.product === 'cms'
        ? setFault(sonoran.cms, operation, fault, times)
        : setFault(sonoran.cad, operation, fault, times);
    }
    case 'clearFaults':
      sonoran[message.product].clearFaults();
      return null;
    case 'down':
      await sonoran[message.product].down();
      return null;
    case 'up':
      await sonoran[message.product].up();
      return null;
    case 'requests':
      return summaries(sonoran[message.product], message.from ?? 0);
    case 'effects':
      return sonoran[message.product].effects.slice(message.from ?? 0);
    case 'stop':
      await sonoran.stop();
      return null;
  }
}

/** Carries one message out. Never rejects: what is wrong with a message is said in the reply. */
export async function obey(sonoran: Sonoran, message: unknown): Promise<ControlReply> {
  const id = typeof message === 'object' && message !== null && 'id' in message ? message.id : null;
  const parsed = v.safeParse(controlSchema, message);
  if (!parsed.success)
    return { id, ok: false, error: parsed.issues.map((issue) => issue.message).join('; ') };
  try {
    return { id, ok: true, result: await act(sonoran, parsed.output) };
  } catch (error) {
    return { id, ok: false, error: error instanceof Error ? error.message : String(error) };
  }
}
