import type { Log } from './log.ts';
import type { Product } from './moderation/action.ts';
import { productName } from './moderation/outcome.ts';
import { isInUse, type Line } from './products-in-use.ts';
import type { SettingProblem } from './settings/convars.ts';
import { NOT_USED, OWN_CONVARS, type Reach } from './settings/credentials.ts';
import type { Settings } from './settings/settings.ts';
import { VENDOR_RESOURCE } from './settings/vendor-config.ts';
import type { Say } from './text/locale.ts';

/** One line that says in a glance what is on. */
export function startLine(version: string, settings: Settings, lines: readonly Line[]): string {
  const products = lines.filter(isInUse);
  const parts = products.map(productPart);
  const txAdmin = [...settings.txAdminActions];
  return [
    `cmsban ${version}: ${parts.length === 0 ? 'no product in use' : parts.join(' + ')}`,
    `API IDs: ${settings.apiIdFormat}`,
    `drop: ${settings.dropWhen}`,
    txAdmin.length === 0
      ? 'txAdmin: off'
      : `txAdmin: ${txAdmin.join(', ')}, temporary bans: ${settings.temporaryBans}`,
    `exports: ${settings.restrictExports ? 'restricted' : 'open'}`,
    ...(products.length === 0
      ? []
      : [banLists(settings, products), joinGate(settings), pushEvents(settings, products)]),
  ].join(' | ');
}

/** A product that counts as in use: what it is, how accounts are found, and where its credentials come from. */
function productPart({ product: { api, rules }, reach }: Line): string {
  const now = reach();
  const types = `${api.name} (${rules.types.join(', ')})`;
  if (now.state === 'awaited') return `${types} waits for its credentials`;
  const isVendors = now.state === 'in-use' && now.source === 'vendor';
  return isVendors ? `${types} as set up in ${VENDOR_RESOURCE[api.product]}` : types;
}

function banLists({ mirrorMinutes }: Settings, products: readonly Line[]): string {
  const lists = products.map(
    ({ product: { api } }) => `${api.product.toUpperCase()} every ${mirrorMinutes} min`,
  );
  return `ban list: ${lists.join(', ')}`;
}

function joinGate({ joinGate, gateWhenUnknown }: Settings): string {
  return `join gate: ${joinGate ? `on, unknown: ${gateWhenUnknown}` : 'off'}`;
}

function pushEvents({ pushEvents }: Settings, products: readonly Line[]): string {
  const isCms = products.some(({ product }) => product.api.product === 'cms');
  return `push events: ${isCms && pushEvents ? 'on' : 'off'}`;
}

/** All that is wrong with the settings in one message; undefined when nothing is. */
export function problemReport(problems: readonly SettingProblem[]): string | undefined {
  if (problems.length === 0) return undefined;
  const lines = problems.map(({ convar, message }) => `\n  ${convar} ${message}`);
  return `${problems.length === 1 ? 'a setting needs' : 'some settings need'} your attention:${lines.join('')}`;
}

/** Says how a product can be reached now, when that has changed. @param before how it could until then. */
export type ReachReport = (line: Line, before: Reach) => void;

export function createReachReport(log: Log, say: Say): ReachReport {
  /** What was said last that is awaited: a resource that starts and stops is not to be told of each time. */
  const said = new Map<Product, string>();
  return (line, before) => {
    const { product } = line.product.api;
    const text = reachLine(line, before, say);
    if (text === undefined) return;
    const now = line.reach();
    if (now.state !== 'awaited') {
      said.delete(product);
      log.info(text);
    } else if (said.get(product) !== text) {
      said.set(product, text);
      // What the vendor's resource tells at every start comes by itself.
      if (now.lack.kind === 'vendor') log.info(text);
      else log.warn(text);
    }
  };
}

/** One line; nothing of a product that was not used either. */
function reachLine({ product: { api }, reach, awaiting }: Line, before: Reach, say: Say): string | undefined {
  const now = reach();
  const product = productName(api.product, say);
  switch (now.state) {
    case 'off':
      return before.state === 'in-use' ? say('reach.off', { product }) : undefined;
    case 'awaited':
      return say('awaited.line', {
        product,
        detail: awaiting() ?? '',
        id: OWN_CONVARS[api.product].id,
        none: NOT_USED,
      });
    case 'in-use':
      return say(before.state === 'in-use' ? 'reach.changed' : 'reach.line', {
        product,
        api: api.name,
        types: now.idTypes.join(', '),
        host: now.url,
        ...now.convars,
      });
  }
}
