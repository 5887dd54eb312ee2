import type { Clock } from '../../clock.ts';
import type { Refusal } from '../../door/join-gate.ts';
import { forgetOldest } from '../../forget-oldest.ts';
import type { ConnectedPlayer } from '../../moderation/ports.ts';
import { COLOURS, decisionFields, field, idFooter, idsField } from './action-embed.ts';
import { cut, EMBED_LIMITS, type Embed } from './embed.ts';
import type { Words } from './inert.ts';

/** How often the same person is told of, in milliseconds. */
const QUIET_MS = 60 * 60 * 1000;

/** How many people are remembered; of more, those who came first are told of anew. */
const MOST_PEOPLE = 1_000;

interface Visitor {
  readonly identifiers: readonly string[];
  latest: Refusal;
  tries: number;
}

/**
 * Tells who is refused at the door, the same person once an hour: at the first try at once, and as long as they go on,
 * at the end of every hour with how often they have tried.
 *
 * @param tell takes the news.
 * @returns takes a refusal in.
 */
export function createDoorNews(
  clock: Clock,
  texts: Words,
  tell: (make: () => Embed) => void,
): (refusal: Refusal, tries: number) => void {
  const visitors = new Set<Visitor>();

  function find({ id, identifiers }: ConnectedPlayer): Visitor | undefined {
    const names = namesOf({ id, identifiers });
    for (const visitor of visitors)
      if (visitor.identifiers.some((own) => names.includes(own))) return visitor;
    return undefined;
  }

  function news(visitor: Visitor): void {
    const { latest, tries } = visitor;
    visitor.tries = 0;
    tell(() => doorEmbed(latest, tries, clock.now(), texts));
    clock.after(QUIET_MS, () => {
      if (!visitors.has(visitor)) return;
      if (visitor.tries > 0) news(visitor);
      else visitors.delete(visitor);
    });
  }

  return (refusal, tries) => {
    const known = find(refusal.player);
    const visitor = known ?? { identifiers: namesOf(refusal.player), latest: refusal, tries: 0 };
    visitor.latest = refusal;
    visitor.tries += tries;
    if (known) return;
    visitors.add(visitor);
    forgetOldest(visitors, MOST_PEOPLE);
    news(visitor);
  };
}

/** Of somebody without any identifier, the temporary id is all that is known. */
function namesOf({ id, identifiers }: Pick<ConnectedPlayer, 'id' | 'identifiers'>): readonly string[] {
  return identifiers.length === 0 ? [String(id)] : identifiers;
}

function doorEmbed({ player, words, ban }: Refusal, tries: number, now: number, texts: Words): Embed {
  const { say, show } = texts;
  return {
    title: say('discord.door'),
    description: cut(show(words), EMBED_LIMITS.fieldValue),
    color: COLOURS.ban,
    fields: [
      field('who', show(player.name), say),
      field('tries', String(tries), say),
      ...(ban ? decisionFields(ban, texts) : []),
      idsField(player.identifiers, texts),
    ],
    ...(ban ? { footer: idFooter(ban, texts) } : {}),
    timestamp: new Date(now).toISOString(),
  };
}
