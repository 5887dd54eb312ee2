import type { Action } from '../../moderation/action.ts';
import { decidedBy, displayName, type Outcome, productName } from '../../moderation/outcome.ts';
import { isServedHere, isTakenBack } from '../../moderation/served.ts';
import type { MessageKey } from '../../text/locale.ts';
import { cut, EMBED_LIMITS, type Embed, type EmbedField } from './embed.ts';
import { visible, type Words } from './inert.ts';

/** Longest sentence about an action, in characters: more of them fit into one message. */
const MAX_SENTENCE = 1_200;

/** As `0xRRGGBB`. */
export const COLOURS = { ban: 0xc0392b, kick: 0xe67e22, unban: 0x27ae60, off: 0x7f8c8d } as const;

/** How an action has ended: who, what, why, until, by whom, where, and under which ids. */
export function actionEmbed(action: Action, outcome: Outcome, words: Words): Embed {
  const { say, show } = words;
  const { products, status } = outcome;
  const result = status === 'delivered' ? 'delivered' : 'refused';
  const shares = (['cms', 'cad'] as const).flatMap((product) => {
    const share = products[product];
    if (!share) return [];
    return [show(say('share', { product: productName(product, say), message: share.message }))];
  });
  return {
    title: say(titleOf(action, result)),
    description: cut(show(outcome.message), MAX_SENTENCE),
    color: COLOURS[result === 'delivered' && !isServedHere(action) ? action.kind : 'off'],
    fields: [
      field('who', show(displayName(action.person)), say),
      ...decisionFields(action, words),
      field('products', shares.join('\n'), say),
      idsField([...identifiersOf(action), ...accountsOf(outcome)], words),
    ],
    footer: idFooter(action, words),
    timestamp: new Date(outcome.at).toISOString(),
  };
}

function titleOf(action: Action, result: 'delivered' | 'refused'): MessageKey {
  if (isServedHere(action)) return 'discord.served.ban';
  return isTakenBack(action) ? 'discord.takenBack.ban' : `discord.${result}.${action.kind}`;
}

/** What was decided: until when, by whom and why. */
export function decisionFields(action: Action, { say, show }: Words): EmbedField[] {
  const { kind, expiresAt, origin, reason } = action;
  const by = say('discord.by', { author: decidedBy(action, say), origin: say(`origin.${origin}`) });
  return [
    ...(kind === 'ban' ? [field('until', untilWords(expiresAt, say), say)] : []),
    field('by', show(by), say),
    field('reason', show(reason === '' ? say('reason.none') : reason), say, false),
  ];
}

/** All names of a person, one a line: never their address. As many as there is room for. */
export function idsField(names: readonly string[], { say, show }: Words): EmbedField {
  const lines = [...new Set(names)].filter((name) => !/^ip:/i.test(name)).map(show);
  const fits = lines.filter(
    (_, index) => lines.slice(0, index + 1).join('\n').length <= EMBED_LIMITS.fieldValue,
  );
  return field('ids', fits.join('\n'), say, false);
}

export function idFooter({ id }: Action, { say }: Words) {
  return { text: visible(say('discord.id', { id })) };
}

export function field(
  name: 'who' | 'until' | 'by' | 'reason' | 'products' | 'ids' | 'tries',
  value: string,
  say: Words['say'],
  inline = name !== 'products',
): EmbedField {
  return { name: say(`discord.field.${name}`), value: cut(value, EMBED_LIMITS.fieldValue), inline };
}

/** Discord shows such a time in the reader's own zone: `<t:UNIX SECONDS:style>`. */
function untilWords(expiresAt: number | null, say: Words['say']): string {
  if (expiresAt === null) return say('discord.until.never');
  const seconds = Math.ceil(expiresAt / 1000);
  return `<t:${seconds}:f> (<t:${seconds}:R>)`;
}

function identifiersOf({ person }: Action): readonly string[] {
  return person.account === null ? person.identifiers : [...person.identifiers, person.account];
}

/** The accounts that Sonoran has named, as commands take them. */
function accountsOf({ products }: Outcome): readonly string[] {
  return Object.values(products).flatMap(({ account }) => (account ? [`account:${account}`] : []));
}
