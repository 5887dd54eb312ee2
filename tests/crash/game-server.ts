import { subscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';
import { FxServer } from '../../devserver/fxserver/server.ts';
import { TxAdmin } from '../../devserver/fxserver/txadmin.ts';
import { scaledClock } from '../../devserver/scaled-clock.ts';
import type { Order, Report, StartOrder } from './messages.ts';
import { ACCEPTED, OUTCOME } from './spoken.ts';
import { dieWriting, dyingAt } from './sudden-death.ts';

/**
 * A game server in a process of its own, to be killed: it does what it is told, and tells everything
 * that anybody on it could see.
 */

/** Whoever is told has it, even if this process ends with the next instruction: it is in the pipe. */
function tell(report: Report): void {
  process.send?.(report);
}

async function boot(start: StartOrder): Promise<FxServer> {
  const acceptedStep = dyingAt(start.death, 'accepted');
  const outcomeStep = dyingAt(start.death, 'outcome');
  const fx = await FxServer.start({
    config: start.config,
    data: start.data,
    clock: scaledClock(start.clock),
    resources: start.resources,
    onOutput({ resource, text }) {
      const line = () => tell({ tells: 'line', resource, text });
      if (ACCEPTED.test(text)) acceptedStep(line);
      else if (OUTCOME.test(text)) outcomeStep(line);
      else line();
    },
  });
  await Promise.all(start.players.map((player) => fx.connect(player)));
  return fx;
}

/** Tells between which ports a connection was made, before anything is sent by it. */
function watchConnections(): void {
  subscribe('net.client.socket', (message) => {
    const { socket } = message as { readonly socket: Socket };
    socket.prependOnceListener('connect', () => {
      const { localPort: from, remotePort: to } = socket;
      if (from !== undefined && to !== undefined) tell({ tells: 'connected', from, to, at: Date.now() });
    });
  });
}

/** Tells of exceptions that nobody caught, soon after they happened. */
function watchStrays(fx: FxServer): void {
  let told = 0;
  setInterval(() => {
    for (const { resource, error } of fx.swallowed.slice(told)) {
      tell({ tells: 'stray', error: `${resource}: ${error instanceof Error ? error.stack : String(error)}` });
    }
    told = fx.swallowed.length;
  }, 5);
}

async function carryOut(fx: FxServer, order: Order): Promise<void> {
  const txAdmin = new TxAdmin(fx);
  switch (order.do) {
    case 'console':
      return fx.console(order.line);
    case 'chat':
      await fx.players.get(1)?.chatInput(order.line);
      // A kick typed in chat asks first.
      if (order.line.startsWith('/cmskick ')) await fx.players.get(1)?.chatInput('/cmskick confirm');
      return;
    case 'call':
      return fx.emit('caller:call', order.number, order.name, JSON.stringify(order.args));
    case 'txban':
      await txAdmin.ban({ author: 'Tina', ...order.ban });
      return;
    case 'txrevoke': {
      const { actionId, identifiers } = order;
      await txAdmin.revoke({ author: 'Tina', reason: '', revokedBy: 'Tina', actionId, identifiers });
      return;
    }
    case 'ledger': {
      // The answer takes its time: it counts only when nothing was told meanwhile that it does not know of.
      for (;;) {
        const before = fx.output.length;
        const outcomes = await fx.callExport('caller', 'cmsban', 'getHistory', 10_000);
        if (fx.output.length === before) return tell({ tells: 'ledger', number: order.number, outcomes });
      }
    }
    case 'knock': {
      const result = await fx.connect(order.player);
      if (result.admitted) result.player.leave();
      return tell({ tells: 'knocked', number: order.number, isLetIn: result.admitted });
    }
    case 'stop':
      await fx.stop();
      process.exit();
  }
}

async function main(): Promise<void> {
  const start = JSON.parse(process.argv[2] ?? '') as StartOrder;
  tell({ tells: 'hello' });
  if (start.death) dieWriting(start.death);
  if (start.tellsOfConnections) watchConnections();
  const fx = await boot(start);
  watchStrays(fx);
  process.on('message', (order: Order) => {
    carryOut(fx, order).catch((error: unknown) => tell({ tells: 'stray', error: String(error) }));
  });
  tell({ tells: 'up' });
}

// Whoever started it is gone: nobody will ever end it.
process.on('disconnect', () => process.exit());
void main();
