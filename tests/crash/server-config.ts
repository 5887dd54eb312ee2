import type { Sonoran } from '../../devserver/sonoran/server.ts';

/** Who may do everything; the first player on the server. */
export const MODERATOR = { name: 'Mia', identifiers: ['license:aaaa'] };

/** By which both products are reached. */
export function credentials({ cms, cad }: Sonoran): Readonly<Record<string, string>> {
  return {
    cmsban_cms_community_id: cms.settings.communityId,
    cmsban_cms_api_key: cms.settings.apiKey,
    cmsban_cms_url: cms.url,
    cmsban_cad_community_id: cad.settings.communityId,
    cmsban_cad_api_key: cad.settings.apiKey,
    cmsban_cad_url: cad.url,
  };
}

/** The `server.cfg`: both products in use, and log lines that tell of every action that is taken in. */
export function serverConfig(sonoran: Sonoran): string {
  const convars = {
    ...credentials(sonoran),
    cmsban_log_level: 'debug',
    // A tenth of a second: the machine is busy.
    cmsban_request_timeout_ms: '60000',
    cmsban_history_limit: '100000',
    // So that a life sees more than the read at its start.
    cmsban_mirror_minutes: '2',
  };
  return [
    ...Object.entries(convars).map(([name, value]) => `set ${name} "${value}"`),
    `add_principal identifier.${MODERATOR.identifiers[0]} group.admin`,
    'add_ace group.admin command allow',
    // Who is banned comes in all the same, as if there were no join gate: their places are counted on.
    'add_ace builtin.everyone cmsban.gate.bypass allow',
    'ensure monitor',
    'ensure caller',
    'ensure cmsban',
    '',
  ].join('\n');
}
