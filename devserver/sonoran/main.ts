/**
 * The stand-in as a process of its own, for benches and for development by hand:
 *
 *   node devserver/sonoran/main.ts [--seed text] [--limits documented|off] [--cms-port n] [--cad-port n]
 *
 * Prints one JSON line with its urls and community ids, then takes one JSON message per line on stdin,
 * or over IPC when it was forked (see `control-message.ts`), and answers each in the same way. It ends
 * with `{"do":"stop"}`, and when whoever started it is gone.
 */
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { obey } from './control.ts';
import { parsedJson } from './recorded-request.ts';
import { Sonoran } from './server.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: 'sonoran' },
    limits: { type: 'string', default: 'documented' },
    'cms-port': { type: 'string', default: '0' },
    'cad-port': { type: 'string', default: '0' },
  },
});
const limits = values.limits === 'off' ? 'off' : 'documented';

const sonoran = await Sonoran.start({
  seed: values.seed,
  cms: { limits },
  cad: { limits },
  cmsPort: Number(values['cms-port']),
  cadPort: Number(values['cad-port']),
});

const say = (value: unknown): void => {
  if (process.send === undefined) process.stdout.write(`${JSON.stringify(value)}\n`);
  else process.send(value);
};

async function act(message: unknown): Promise<void> {
  say(await obey(sonoran, message));
  if (typeof message === 'object' && message !== null && 'do' in message && message.do === 'stop') {
    // Nothing is left to do; the channel to the parent alone would keep the process alive.
    if (process.connected) process.disconnect();
    process.stdin.destroy();
  }
}

// One after the other, so that replies come in the order of the messages.
let last = Promise.resolve();
function hear(message: unknown): void {
  last = last.then(() => act(message));
}
function leave(): void {
  last = last.then(() => sonoran.stop());
}

const started = {
  cms: { url: sonoran.cms.url, communityId: sonoran.cms.settings.communityId },
  cad: { url: sonoran.cad.url, communityId: sonoran.cad.settings.communityId },
};
process.stdout.write(`${JSON.stringify(started)}\n`);

if (process.send === undefined) {
  const lines = createInterface({ input: process.stdin });
  lines.on('line', (line) => hear(parsedJson(line)));
  lines.on('close', leave);
} else {
  process.send(started);
  process.on('message', hear);
  process.on('disconnect', leave);
}
