import type { Clock } from '../../clock.ts';
import type { Refusal } from '../../door/join-gate.ts';
import type { Delivery, Product } from '../../moderation/action.ts';
import { productName } from '../../moderation/outcome.ts';
import type { Audience, OutboxListener } from '../../moderation/ports.ts';
import type { DiscordEvent, Settings } from '../../settings/settings.ts';
import { WEBHOOK_CONVAR } from '../../settings/webhook.ts';
import type { Http } from '../../sonoran/http.ts';
import type { Say } from '../../text/locale.ts';
import type { Log } from '../log.ts';
import { actionEmbed, COLOURS } from './action-embed.ts';
import { createDoorNews } from './door-news.ts';
import type { Embed } from './embed.ts';
import { wordsFor } from './inert.ts';
import { createProblems } from './problems.ts';
import { createSender } from './sender.ts';

/** Tells a Discord channel what happens. Nothing waits for it, and no fault of it is anybody else's. */
export interface Discord {
  /** The audience, with Discord beside it: it tells how each action has ended. */
  beside(audience: Audience): Audience;
  /** To be told who was refused at the door, and how often since it was told last. */
  readonly refused: (refusal: Refusal, tries: number) => void;
  /** The log for what is said about the ban list of a product. */
  listLog(product: Product): Log;
  /** To be told that a product's queue is held, in words. */
  held(product: Product, words: string): void;
  /** Sees that a queue is not held any more. */
  readonly listener: OutboxListener;
}

/** What it is made of. */
export interface DiscordOptions {
  readonly settings: Pick<Settings, 'discordWebhook' | 'discordEvents'>;
  readonly version: string;
  readonly http: Http;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
  readonly say: Say;
  /** Takes secrets out of a text. */
  readonly redact: (text: string) => string;
}

/** Without a webhook it tells nobody. */
export function createDiscord(options: DiscordOptions): Discord {
  const { settings, clock, log, say } = options;
  const words = wordsFor(say, options.redact);
  const onBug = (error: unknown) => log.bug('discord', error);
  const send = senderOf(options, onBug);

  const teller = (event: DiscordEvent) => (make: () => Embed) => {
    if (!send || !settings.discordEvents.has(event)) return;
    try {
      send(make());
    } catch (error) {
      onBug(error);
    }
  };
  const tell = { ban: teller('ban'), kick: teller('kick'), unban: teller('unban') };
  const problems = createProblems(clock, words, teller('problem'));
  const isTelling = (event: DiscordEvent) => send !== undefined && settings.discordEvents.has(event);

  return {
    beside: (audience) => ({
      ...audience,
      settled(action, outcome) {
        audience.settled(action, outcome);
        if (action) tell[action.kind](() => actionEmbed(action, outcome, words));
      },
    }),
    refused: isTelling('door') ? createDoorNews(clock, words, teller('door')) : () => {},
    listLog: (product) => problems.logOf(`list ${product}`, log),
    held: (product, detail) => problems.found(`hold ${product}`, detail),
    listener: {
      changed(_, delivery) {
        if (!isHeard(delivery)) return;
        const { product } = delivery;
        problems.mended(`hold ${product}`, say('discord.hold.over', { product: productName(product, say) }));
      },
      waits() {},
    },
  };
}

/** Whether the product has answered a call, and not that it takes none. */
function isHeard({ state }: Delivery): boolean {
  return state.status === 'delivered' || (state.status === 'refused' && state.code === 'NOT_LINKED');
}

function senderOf(
  { settings, version, http, clock, random, log, say }: DiscordOptions,
  onBug: (error: unknown) => void,
): ((embed: Embed) => void) | undefined {
  const webhook = settings.discordWebhook;
  if (!webhook || settings.discordEvents.size === 0) return undefined;
  return createSender({
    webhook,
    http,
    clock,
    random,
    userAgent: `DiscordBot (cmsban, ${version})`,
    report: {
      failing: (detail) => log.warn(say('discord.log.failing', { detail })),
      works: () => log.info(say('discord.log.works')),
      gone: (detail) => log.error(say('discord.log.gone', { detail, convar: WEBHOOK_CONVAR })),
      refused: (detail) => log.warn(say('discord.log.refused', { detail })),
      leftOut: () => log.warn(say('discord.log.leftOut')),
    },
    leftOutEmbed: (count) => ({
      title: say('discord.leftOut.title'),
      description: say('discord.leftOut', { count }),
      color: COLOURS.off,
      fields: [],
      timestamp: new Date(clock.now()).toISOString(),
    }),
    onBug,
  });
}
