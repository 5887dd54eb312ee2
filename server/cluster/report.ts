import * as v from 'valibot';
import { PRODUCTS } from '../moderation/action.ts';
import { AccountEvent } from '../triggers/account-event.ts';

const Text = v.string();
const Texts = v.pipe(v.array(v.string()), v.readonly());
const Author = v.object({
  name: Text,
  identifiers: Texts,
  playerId: v.nullable(v.pipe(v.number(), v.safeInteger())),
});

/**
 * What one server hears that concerns the one which works for the community: nobody waits for an answer.
 *
 * - `push`: something has happened to an account on the web;
 * - `link`: the vendor's CAD resource has seen somebody link an account;
 * - `tried`: somebody tries to come in who may have a kept ban;
 * - `refused`: somebody was refused at the door, so many times;
 * - `warned`, `warning-revoked`: in txAdmin.
 */
export const Report = v.variant('about', [
  v.object({ about: v.literal('push'), event: AccountEvent }),
  v.object({ about: v.literal('link'), apiId: Text, account: v.nullable(Text) }),
  v.object({ about: v.literal('tried'), identifiers: Texts }),
  v.object({
    about: v.literal('refused'),
    player: v.object({ id: v.pipe(v.number(), v.safeInteger()), name: Text, identifiers: Texts }),
    /** The ban that was decided on some server; null when none is known. */
    banId: v.nullable(Text),
    /** What the console said of it. */
    words: Text,
    product: v.exactOptional(v.picklist(PRODUCTS)),
    tries: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
  }),
  v.object({
    about: v.literal('warned'),
    /** txAdmin's, scoped to its server, see `identity/scoped-id.ts`. */
    id: Text,
    name: v.nullable(Text),
    identifiers: Texts,
    author: Author,
    reason: Text,
  }),
  v.object({ about: v.literal('warning-revoked'), id: Text, author: Author }),
]);
export type Report = v.InferOutput<typeof Report>;
export type ReportOf<K extends Report['about']> = Extract<Report, { about: K }>;

/** Whether it must not be lost. What the door tells is told again at the next try. */
export function isToBeKept({ about }: Report): boolean {
  return about !== 'tried' && about !== 'refused';
}
