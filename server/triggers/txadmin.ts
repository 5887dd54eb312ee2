import * as v from 'valibot';
import type { KnownCadApiId } from '../identity/cad-api-id.ts';
import { formatIdentifier, parseIdentifiers } from '../identity/identifier.ts';
import type { ActionKind } from '../moderation/action.ts';
import type { Moderation } from '../moderation/contract.ts';
import { displayName } from '../moderation/outcome.ts';
import { absentPerson, connectedPerson, type FoundPerson, playerSharing } from '../moderation/person.ts';
import type { Players } from '../moderation/ports.ts';
import type { SanctionRequest } from '../moderation/request.ts';
import type { Log } from '../notify/log.ts';
import type { TemporaryBanRule } from '../settings/settings.ts';
import { cleanText, MAX_NAME, MAX_REASON } from '../text/clean.ts';
import type { Say } from '../text/locale.ts';

/** The resource that txAdmin is inside FXServer; any other could trigger an event of the same name. */
export const MONITOR = 'monitor';

/** What the txAdmin hooks are made of. */
export interface TxAdminOptions {
  /** Calls the handler with the event's table and the resource that triggered it. */
  readonly on: (
    event: string,
    handler: (table: unknown, invokingResource: string | undefined) => void,
  ) => void;
  readonly moderation: Moderation;
  readonly players: Players;
  readonly knownCadApiId: KnownCadApiId;
  /** `cmsban_txadmin_actions`. */
  readonly actions: ReadonlySet<ActionKind>;
  /** `cmsban_temporary_bans`. */
  readonly temporaryBans: TemporaryBanRule;
  /** Whoever keeps warnings; undefined when nobody does. */
  readonly warnings?: WarningKeeper | undefined;
  /** Names a warning that txAdmin has not named. */
  readonly newId: () => string;
  /** Unix milliseconds. */
  readonly now: () => number;
  readonly log: Log;
  readonly say: Say;
}

/** Keeps what txAdmin warns of. */
export interface WarningKeeper {
  warned(warning: {
    readonly id: string;
    readonly who: FoundPerson;
    readonly author: SanctionRequest['author'];
    readonly reason: string;
  }): void;
  warningRevoked(id: string, author: SanctionRequest['author']): void;
}

const Id = v.pipe(v.number(), v.integer());
const Text = v.optional(v.nullable(v.string()), '');
const Ids = v.optional(
  v.pipe(
    v.nullable(v.array(v.unknown())),
    v.transform((ids) => (ids ?? []).filter((id) => typeof id === 'string')),
  ),
  [],
);

const Banned = v.object({
  author: Text,
  reason: Text,
  actionId: v.optional(v.nullable(v.string())),
  /** Unix seconds; false when permanent. */
  expiration: v.optional(v.nullable(v.union([v.literal(false), v.pipe(v.number(), v.finite())]))),
  targetNetId: v.optional(v.nullable(Id)),
  /** Before v5. */
  target: v.optional(v.nullable(Id)),
  targetIds: Ids,
  targetName: Text,
});

const Warned = v.object({
  author: Text,
  reason: Text,
  actionId: v.optional(v.nullable(v.string())),
  targetNetId: v.optional(v.nullable(Id)),
  targetIds: Ids,
  targetName: Text,
});

const Kicked = v.object({ target: Id, author: Text, reason: Text });

const Revoked = v.object({
  actionId: v.optional(v.nullable(v.string())),
  actionType: v.string(),
  actionReason: Text,
  playerName: v.optional(v.nullable(v.union([v.string(), v.literal(false)]))),
  playerIds: Ids,
  revokedBy: Text,
});

/** Everyone, as `playerKicked` writes it. */
const EVERYONE = -1;

/**
 * Mirrors what is decided in txAdmin. txAdmin triggers the event first and drops the player one tick
 * later, so everything about the player is read before the first `await`.
 */
export function registerTxAdmin(options: TxAdminOptions): void {
  const { moderation, players, log, say, actions, warnings } = options;

  function hook<T>(
    event: string,
    isWanted: boolean,
    schema: v.GenericSchema<unknown, T>,
    handle: (table: T) => void,
  ): void {
    if (!isWanted) return;
    options.on(`txAdmin:events:${event}`, (table, invokingResource) => {
      if (invokingResource !== MONITOR) {
        log.warn(
          say('txadmin.stranger', { event, resource: invokingResource ?? say('txadmin.stranger.unknown') }),
        );
        return;
      }
      const parsed = v.safeParse(schema, table);
      if (parsed.success) return handle(parsed.output);
      const [issue] = parsed.issues;
      const field = v.getDotPath(issue) ?? say('txadmin.table');
      log.warn(say('txadmin.malformed', { event, field, value: cleanText(issue.received, MAX_NAME) }));
    });
  }

  function submit(who: FoundPerson, request: Omit<SanctionRequest, 'origin'>): void {
    moderation.submit(who, { ...request, origin: 'txadmin' }).catch((error: unknown) => {
      log.bug('txadmin', error);
    });
  }

  /** A player who is here is known by more than the event tells. */
  function personOf(netId: number | null | undefined, ids: readonly string[], name: string): FoundPerson {
    const identifiers = parseIdentifiers(ids).map(formatIdentifier);
    // The event's identifiers decide; a server id that belongs to somebody else by now is not believed.
    const player =
      identifiers.length > 0 ? playerSharing(identifiers, players) : netId ? players.byId(netId) : undefined;
    if (player) return connectedPerson(player, identifiers, options.knownCadApiId);
    return absentPerson(cleanText(name, MAX_NAME) || null, identifiers);
  }

  hook('playerBanned', actions.has('ban'), Banned, (event) => {
    const name = event.targetName === 'identifiers' ? '' : (event.targetName ?? '');
    const who = personOf(event.targetNetId ?? event.target, event.targetIds, name);
    if (who.person.identifiers.length === 0) {
      log.warn(say('txadmin.nobody', { event: 'playerBanned' }));
      return;
    }
    const expiresAt = typeof event.expiration === 'number' ? event.expiration * 1000 : undefined;
    if (expiresAt !== undefined && options.temporaryBans === 'skip') {
      log.info(say('txadmin.skipped', { name: displayName(who.person) }));
      return;
    }
    if (expiresAt !== undefined && expiresAt <= options.now()) {
      log.info(say('txadmin.expired', { name: displayName(who.person) }));
      return;
    }
    submit(who, {
      kind: 'ban',
      reason: event.reason ?? '',
      author: authorOf(event.author),
      ...(event.actionId ? { key: `txadmin:${event.actionId}` } : {}),
      ...(expiresAt !== undefined && options.temporaryBans === 'lift' ? { expiresAt } : {}),
    });
  });

  hook('playerWarned', warnings !== undefined, Warned, (event) => {
    const name = event.targetName === 'identifiers' ? '' : (event.targetName ?? '');
    const who = personOf(event.targetNetId, event.targetIds, name);
    if (who.person.identifiers.length === 0) {
      log.warn(say('txadmin.nobody', { event: 'playerWarned' }));
      return;
    }
    const id = event.actionId || options.newId();
    const reason = cleanText(event.reason ?? '', MAX_REASON);
    const author = authorOf(cleanText(event.author ?? '', MAX_NAME));
    warnings?.warned({ id, who, author, reason });
  });

  hook('playerKicked', actions.has('kick'), Kicked, ({ target, author, reason }) => {
    if (target === EVERYONE) return;
    const player = players.byId(target);
    if (!player) {
      log.warn(say('txadmin.gone', { event: 'playerKicked', id: target }));
      return;
    }
    submit(connectedPerson(player, [], options.knownCadApiId), {
      kind: 'kick',
      reason: reason ?? '',
      author: authorOf(author),
    });
  });

  const isRevokeWanted = actions.has('unban') || warnings !== undefined;
  hook('actionRevoked', isRevokeWanted, Revoked, (event) => {
    const { actionId, actionType, playerIds, playerName, revokedBy } = event;
    if (actionType === 'warn' && actionId && warnings) {
      const author = authorOf(cleanText(revokedBy ?? '', MAX_NAME));
      warnings.warningRevoked(actionId, author);
    }
    if (actionType !== 'ban' || !actions.has('unban')) return;
    const who = personOf(undefined, playerIds, playerName || '');
    if (who.person.identifiers.length === 0) {
      log.warn(say('txadmin.nobody', { event: 'actionRevoked' }));
      return;
    }
    submit(who, {
      kind: 'unban',
      reason: actionId ? say('reason.revoked', { id: actionId }) : say('reason.revoked.unnamed'),
      author: authorOf(revokedBy),
      // That ban, and not the person's others.
      only: { key: `txadmin:${actionId ?? ''}` },
      ...(actionId ? { key: `txadmin:revoke:${actionId}` } : {}),
    });
  });
}

function authorOf(name: string | null | undefined): SanctionRequest['author'] {
  return { name: name || 'txAdmin', identifiers: [], playerId: null };
}
