import type { ProductInUse } from './moderation/plan.ts';
import type { SettingProblem, Settings } from './settings.ts';

/** One line that says in a glance what is on. */
export function startLine(version: string, settings: Settings, products: readonly ProductInUse[]): string {
  const parts = products.map(({ api, rules }) => `${api.name} (${rules.types.join(', ')})`);
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
      : [banLists(settings, products), joinGate(settings), pushEvents(settings)]),
  ].join(' | ');
}

function banLists({ mirrorMinutes }: Settings, products: readonly ProductInUse[]): string {
  const lists = products.map(({ api }) => `${api.product.toUpperCase()} every ${mirrorMinutes} min`);
  return `ban list: ${lists.join(', ')}`;
}

function joinGate({ joinGate, gateWhenUnknown }: Settings): string {
  return `join gate: ${joinGate ? `on, unknown: ${gateWhenUnknown}` : 'off'}`;
}

function pushEvents({ pushEvents, cms }: Settings): string {
  return `push events: ${cms && pushEvents ? 'on' : 'off'}`;
}

/** All that is wrong with the settings in one message; undefined when nothing is. */
export function problemReport(problems: readonly SettingProblem[]): string | undefined {
  if (problems.length === 0) return undefined;
  const lines = problems.map(({ convar, message }) => `\n  ${convar} ${message}`);
  return `${problems.length === 1 ? 'a setting needs' : 'some settings need'} your attention:${lines.join('')}`;
}
