import type { PanelAction, PanelPerson } from '../../shared/panel.ts';

const MINUTE_MS = 60_000;
/** When the window is looked at. */
export const NOW = Date.UTC(2026, 11, 24, 20, 15);

/** Somebody on the server. */
export function person(id: number, name: string, more: Partial<PanelPerson> = {}): PanelPerson {
  return {
    target: String(id),
    name,
    id,
    where: 'here',
    since: Date.now() - id * MINUTE_MS,
    identifiers: [
      `license:${id.toString(16).padStart(40, 'a')}`,
      `discord:${235947056630000000n + BigInt(id)}`,
    ],
    ban: null,
    isImmune: false,
    ...more,
  };
}

/** A ban that both products have confirmed. */
export function action(number: number, name: string, more: Partial<PanelAction> = {}): PanelAction {
  return {
    id: (0x83a12779c3 + number).toString(16),
    kind: 'ban',
    status: 'delivered',
    message: `${name} is banned in Sonoran CMS and Sonoran CAD.`,
    person: { name, identifiers: [`license:${number.toString(16).padStart(40, 'a')}`], account: null },
    reason: 'RDM at the bank',
    author: 'Mia',
    server: 'Liberty Roleplay',
    at: NOW - number * 37 * MINUTE_MS,
    until: null,
    inForce: true,
    isKept: false,
    shares: [
      { product: 'cms', name: 'Sonoran CMS', status: 'delivered', message: 'done', nextTryAt: null },
      { product: 'cad', name: 'Sonoran CAD', status: 'delivered', message: 'done', nextTryAt: null },
    ],
    ...more,
  };
}

/** A ban of which one product has not heard yet. */
export function waitingAction(number: number, name: string): PanelAction {
  return action(number, name, {
    status: 'queued',
    message: `The ban of ${name} is accepted, but not done yet.`,
    shares: [
      { product: 'cms', name: 'Sonoran CMS', status: 'delivered', message: 'done', nextTryAt: null },
      {
        product: 'cad',
        name: 'Sonoran CAD',
        status: 'queued',
        message: 'it does not answer; it is tried again',
        nextTryAt: NOW + 20_000,
      },
    ],
  });
}
