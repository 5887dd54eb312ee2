import * as v from 'valibot';
import type { Subject } from '../identity/subject.ts';
import { formatAccount, parseAccount } from '../identity/target.ts';
import { ACTION_KINDS, DROP_RULES, PRODUCTS, type Product } from '../moderation/action.ts';
import type { FoundPerson } from '../moderation/person.ts';
import type { Subjectable } from '../moderation/plan.ts';
import type { SanctionRequest } from '../moderation/request.ts';
import { SubjectRecord } from '../storage/action-record.ts';
import { parseJson } from '../text/json.ts';
import { Report } from './report.ts';

const Text = v.string();
const Texts = v.array(v.string());
const Time = v.pipe(v.number(), v.finite());
const Products = v.array(v.picklist(PRODUCTS));

/** Who asks, and when they did. */
const Head = {
  version: v.literal(1),
  /** Unlike any other's; that of the action which is to come of it. */
  id: v.pipe(v.string(), v.minLength(1)),
  serverId: Text,
  server: v.nullable(Text),
  /** In Unix milliseconds of the database's clock. */
  at: Time,
  /** Set while that is not known: then all times are of the own clock. */
  isOwnClock: v.exactOptional(v.literal(true)),
};

/** Whom it is about, as that server knows them. */
const Who = v.object({
  name: v.nullable(Text),
  playerId: v.nullable(v.pipe(v.number(), v.safeInteger())),
  identifiers: Texts,
  account: v.nullable(Text),
  /** All identifiers that were seen together there. */
  seen: Texts,
  cadApiId: v.optional(Text),
  known: v.optional(v.array(v.tuple([v.picklist(PRODUCTS), v.array(SubjectRecord)]))),
});
type Who = v.InferOutput<typeof Who>;

/** What one server asks of the one that works for the community. */
const Request = v.variant('kind', [
  v.object({
    ...Head,
    kind: v.literal('sanction'),
    who: Who,
    sanction: v.object({
      kind: v.picklist(ACTION_KINDS),
      reason: Text,
      author: v.object({
        name: Text,
        identifiers: Texts,
        playerId: v.nullable(v.pipe(v.number(), v.safeInteger())),
      }),
      origin: v.picklist(['chat', 'console', 'txadmin', 'export']),
      key: v.exactOptional(Text),
      drop: v.exactOptional(v.picklist(DROP_RULES)),
      products: v.exactOptional(Products),
      expiresAt: v.exactOptional(Time),
      only: v.exactOptional(v.union([v.strictObject({ id: Text }), v.strictObject({ key: Text })])),
      isCorrection: v.exactOptional(v.literal(true)),
    }),
  }),
  v.object({ ...Head, kind: v.literal('report'), report: Report }),
  v.object({ ...Head, kind: v.literal('lookup'), who: Who }),
  v.object({ ...Head, kind: v.literal('cancel'), actionId: Text }),
  v.object({ ...Head, kind: v.literal('retry'), actionId: v.nullable(Text) }),
  /** To take in what the server has kept by itself: so many pieces, see {@link Batch}. */
  v.object({
    ...Head,
    kind: v.literal('store'),
    pieces: v.pipe(v.number(), v.safeInteger()),
    offsetMs: v.number(),
    isGivenBack: v.boolean(),
  }),
]);
export type Request = v.InferOutput<typeof Request>;
export type RequestOf<K extends Request['kind']> = Extract<Request, { kind: K }>;

export function writeRequest(request: Request): string {
  return JSON.stringify(request);
}

/** A request from its text; undefined when it makes no sense here. */
export function readRequest(text: string): Request | undefined {
  const parsed = v.safeParse(Request, parseJson(text));
  return parsed.success ? parsed.output : undefined;
}

/** Somebody, as a request names them. @param seen what was seen together with their identifiers. */
export function whoIn(
  { person }: FoundPerson,
  { cadApiId, known, account }: Subjectable,
  seen: readonly string[],
): Who {
  return {
    name: person.name,
    playerId: person.playerId,
    identifiers: [...person.identifiers],
    account: person.account ?? (account ? formatAccount(account) : null),
    seen: [...seen],
    ...(cadApiId === undefined ? {} : { cadApiId }),
    ...(known ? { known: [...known].map(([product, subjects]) => [product, [...subjects]]) } : {}),
  };
}

/** The same person, on the server that works for the community. */
export function foundIn({ name, playerId, identifiers, account, cadApiId, known }: Who): FoundPerson {
  return {
    person: { name, playerId, identifiers, account },
    subjectable: {
      identifiers,
      account: account === null ? undefined : parseAccount(account),
      cadApiId,
      ...(known ? { known: new Map<Product, readonly Subject[]>(known) } : {}),
    },
  };
}

/** The same request by the clock that all servers share. @param offset see `AskingOptions.offset`. */
export function onSharedClock(request: Request, offset: number | undefined): Request {
  if (!request.isOwnClock || offset === undefined) return request;
  const { isOwnClock: _, ...rest } = request;
  const shared = { ...rest, at: request.at + offset };
  if (shared.kind !== 'sanction' || shared.sanction.expiresAt === undefined) return shared;
  return { ...shared, sanction: { ...shared.sanction, expiresAt: shared.sanction.expiresAt + offset } };
}

/** What of a request for a sanction is handed on. */
export function sanctionIn(request: SanctionRequest): RequestOf<'sanction'>['sanction'] {
  const { kind, reason, author, origin, key, drop, products, expiresAt, only, isCorrection } = request;
  return {
    kind,
    reason,
    author: { ...author, identifiers: [...author.identifiers] },
    origin,
    ...(key === undefined ? {} : { key }),
    ...(drop === undefined ? {} : { drop }),
    ...(products === undefined ? {} : { products: [...products] }),
    ...(expiresAt === undefined ? {} : { expiresAt }),
    ...(only === undefined ? {} : { only }),
    ...(isCorrection ? { isCorrection } : {}),
  };
}
