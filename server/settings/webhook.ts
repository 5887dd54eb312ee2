import { Secret } from '../text/secret.ts';
import type { ReadConvar, SettingProblem } from './convars.ts';
import { keyIn } from './credentials.ts';

/** The convar that holds the address of a Discord webhook: whoever knows it can write into the channel. */
export const WEBHOOK_CONVAR = 'cmsban_discord_webhook';

/** A Discord webhook, ready to be called. */
export interface Webhook {
  /** Scheme, host and port. */
  readonly origin: string;
  /** Path and query, with the token in them. */
  readonly path: Secret;
}

/** Discord's hosts, and how each is called: the two with the old name are the same API under the new one. */
const HOSTS: ReadonlyMap<string, string> = new Map([
  ['discord.com', 'discord.com'],
  ['discordapp.com', 'discord.com'],
  ['ptb.discord.com', 'ptb.discord.com'],
  ['ptb.discordapp.com', 'ptb.discord.com'],
  ['canary.discord.com', 'canary.discord.com'],
  ['canary.discordapp.com', 'canary.discord.com'],
]);

/** This machine, for a stand-in. */
const LOOPBACK = /^(localhost|127(\.\d{1,3}){3})$/;

/** `/api/webhooks/<id>/<token>`, with a version of the API or without; tokens have 68 characters. */
const PATH = /^\/api(?:\/v\d{1,2})?\/webhooks\/(\d{5,20})\/([\w-]{60,100})\/?$/;

/** A shorter value is no address, and may be a word of any sentence, in characters. */
const SHORTEST_SECRET = 16;

/** The version of the API that is spoken. An address without one means the oldest, whose numbers mean other things. */
const API = '/api/v10/webhooks';

/**
 * Reads `cmsban_discord_webhook`.
 *
 * @returns the webhook; undefined when none is set, or it cannot be used, with what is wrong. Nothing of the value is shown.
 */
export function readWebhook(read: ReadConvar): {
  readonly webhook: Webhook | undefined;
  readonly problem?: SettingProblem;
} {
  const value = keyIn(read, WEBHOOK_CONVAR);
  if (value === '') return { webhook: undefined };
  const url = URL.canParse(value) ? new URL(value) : undefined;
  const isPlain = url !== undefined && url.username === '' && url.password === '';
  const origin = isPlain ? originOf(url) : undefined;
  if (isPlain && origin === undefined) return refused('setting.webhook.host');
  const [, id, token] = PATH.exec(url?.pathname ?? '') ?? [];
  const query = queryOf(url);
  if (!origin || !id || !token || query === undefined) return refused('setting.webhook');
  return { webhook: { origin, path: new Secret(`${API}/${id}/${token}${query}`) } };
}

/** All of the convar's value that must not be shown: a token is a secret also in an address that cannot be used. */
export function webhookSecrets(read: ReadConvar): readonly string[] {
  const value = keyIn(read, WEBHOOK_CONVAR);
  const tokens = (value.match(/[\w-]{20,}/g) ?? []).filter((piece) => !/^\d+$/.test(piece));
  return value.length < SHORTEST_SECRET ? [] : [value, ...tokens];
}

function refused(key: 'setting.webhook' | 'setting.webhook.host') {
  return { webhook: undefined, problem: { convar: WEBHOOK_CONVAR, message: { key, parameters: {} } } };
}

/** Where the call goes; undefined when it would go to somebody else than Discord or this machine. */
function originOf({ protocol, hostname, port, origin }: URL): string | undefined {
  const host = HOSTS.get(hostname);
  if (host !== undefined) return protocol === 'https:' && port === '' ? `https://${host}` : undefined;
  return protocol === 'http:' && LOOPBACK.test(hostname) ? origin : undefined;
}

/** `wait`: Discord says what is wrong with a message. A thread may be named, as Discord documents it. */
function queryOf(url: URL | undefined): string | undefined {
  const thread = url?.searchParams.get('thread_id') ?? undefined;
  if (thread === undefined) return '?wait=true';
  return /^\d{5,20}$/.test(thread) ? `?wait=true&thread_id=${thread}` : undefined;
}
