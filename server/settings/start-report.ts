import type { Product } from '../moderation/action.ts';
import { productName } from '../moderation/outcome.ts';
import type { Log } from '../notify/log.ts';
import { isInUse, type Line } from '../sonoran/products.ts';
import type { Say } from '../text/locale.ts';
import type { SettingProblem } from './convars.ts';
import { NOT_USED, OWN_CONVARS, type Reach } from './credentials.ts';
import type { Settings } from './settings.ts';
import { VENDOR_RESOURCE } from './vendor-config.ts';

/** One line that says in a glance what is on. */
export function startLine(version: string, settings: Settings, lines: readonly Line[], say: Say): string {
  const products = lines.filter(isInUse);
  const parts = products.map((line) => productPart(line, say));
  const actions = [...settings.txAdminActions].join(', ');
  return [
    say('start.products', { version, products: parts.join(' + ') || say('start.noProduct') }),
    say('start.apiIds', { format: settings.apiIdFormat }),
    say('start.drop', { when: settings.dropWhen }),
    actions === ''
      ? say('start.txAdmin.off')
      : say('start.txAdmin', { actions, rule: settings.temporaryBans }),
    say(settings.restrictExports ? 'start.exports.restricted' : 'start.exports.open'),
    ...(products.length === 0 ? [] : [banLists(settings, products, say)]),
    joinGate(settings, say),
    ...(products.length === 0 ? [] : [pushEvents(settings, products, say)]),
    ...records(settings, products, say),
    ...(settings.discordWebhook === undefined
      ? []
      : [say('start.discord', { events: [...settings.discordEvents].join(', ') })]),
  ].join(' | ');
}

/** A product that counts as in use: what it is, how accounts are found, and where its credentials come from. */
function productPart({ product: { api, rules }, reach }: Line, say: Say): string {
  const now = reach();
  const product = `${api.name} (${rules.types.join(', ')})`;
  if (now.state === 'awaited') return say('start.awaited', { product });
  const isVendors = now.state === 'in-use' && now.source === 'vendor';
  return isVendors ? say('start.vendor', { product, resource: VENDOR_RESOURCE[api.product] }) : product;
}

function banLists({ mirrorMinutes }: Settings, products: readonly Line[], say: Say): string {
  const lists = products.map(({ product: { api } }) =>
    say('start.list', { product: api.product.toUpperCase(), minutes: mirrorMinutes }),
  );
  return say('start.lists', { lists: lists.join(', ') });
}

function joinGate({ joinGate, gateWhenUnknown }: Settings, say: Say): string {
  return joinGate ? say('start.gate.on', { rule: gateWhenUnknown }) : say('start.gate.off');
}

function pushEvents({ pushEvents }: Settings, products: readonly Line[], say: Say): string {
  const isCms = products.some(({ product }) => product.api.product === 'cms');
  return say(isCms && pushEvents ? 'start.push.on' : 'start.push.off');
}

function records({ cmsRecords, cmsRecordPoints }: Settings, products: readonly Line[], say: Say): string[] {
  if (cmsRecords.size === 0 || !products.some(({ product }) => product.api.product === 'cms')) return [];
  return [say('start.records', { kinds: [...cmsRecords].join(', '), points: cmsRecordPoints })];
}

/** All that is wrong with the settings in one message; undefined when nothing is. */
export function problemReport(problems: readonly SettingProblem[], say: Say): string | undefined {
  if (problems.length === 0) return undefined;
  const lines = problems.map(({ convar, message: { key, parameters } }) =>
    say(key, { convar, ...parameters }),
  );
  return [say('start.problems', { count: problems.length }), ...lines].join('\n  ');
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
