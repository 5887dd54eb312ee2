// What txAdmin does on a server when somebody uses its panel: it triggers a server-local event, and one
// tick later drops the player. Each export takes one table and returns the event's data. As with the real one,
// `txaEvent "<name>" "<json>"` on the console brings about what the panel's process has decided; double quotes in it
// are written as full-width ones, because a semicolon after an escaped one would end the command.
(() => {
  const ALPHABET = '23456789ABCDEFGHJKLMNPQRSTUVWXYZ';
  const SECONDS = { hour: 3600, day: 86400, week: 604800 };
  let actions = 0;

  /** An action id of txAdmin's form, for example `B8YE-ZQHY`; always the next one. */
  function nextActionId(letter) {
    let rest = ++actions * 7919;
    let text = '';
    for (let index = 0; index < 7; index++) {
      text += ALPHABET[rest % ALPHABET.length];
      rest = Math.floor(rest / ALPHABET.length) + index * 11;
    }
    return `${letter}${text.slice(0, 3)}-${text.slice(3)}`;
  }

  function identifiersOf(id) {
    return id === undefined || id === null ? [] : getPlayerIdentifiers(String(id));
  }

  /** `permanent`, or for example `2 hours`, as text and as unix seconds. */
  function expirationOf(duration) {
    const match = /^(\d+) (hour|day|week)s?$/.exec(duration);
    return match === null ? false : Math.floor(Date.now() / 1000) + Number(match[1]) * SECONDS[match[2]];
  }

  /** Those on the server who share an identifier, as txAdmin looks for them when identifiers are banned. */
  function playersWith(identifiers) {
    const wanted = new Set(identifiers.filter((identifier) => !identifier.startsWith('ip:')));
    return getPlayers().filter((id) => identifiersOf(id).some((identifier) => wanted.has(identifier)));
  }

  function dropOneTickLater(ids, message) {
    setImmediate(() => {
      for (const id of ids) DropPlayer(id, message);
    });
  }

  /** Takes the fields away that older versions did not send. */
  function forVersion(version, data) {
    const {
      targetNetId,
      targetIds,
      targetHwids,
      durationInput,
      durationTranslated,
      kickMessage,
      dropMessage,
      ...old
    } = data;
    if ((version ?? 8) >= 8) return data;
    if (version >= 5) {
      const { kickMessage: _kick, dropMessage: _drop, ...rest } = data;
      return rest;
    }
    return targetNetId === undefined ? old : { ...old, target: targetNetId };
  }

  exports(
    'ban',
    ({ author, reason, target, identifiers, duration, expiration, actionId, playerName, version }) => {
      const targetIds = identifiers ?? identifiersOf(target);
      const durationInput = duration ?? 'permanent';
      const expires = expiration ?? expirationOf(durationInput);
      const data = {
        author,
        reason,
        actionId: actionId ?? nextActionId('B'),
        expiration: expires,
        durationInput,
        durationTranslated: expires === false ? null : durationInput,
        targetNetId: target ?? null,
        targetIds,
        targetHwids: [],
        targetName: playerName ?? (target ? GetPlayerName(String(target)) : 'identifiers'),
        kickMessage: `[txAdmin] You have been banned from this server for "${reason}".`,
      };
      const dropped = target ? [String(target)] : playersWith(targetIds);
      const sent = forVersion(version, data);
      emit('txAdmin:events:playerBanned', sent);
      dropOneTickLater(dropped, data.kickMessage);
      return sent;
    },
  );

  exports('kick', ({ author, reason, target, version }) => {
    const data = { target, author, reason, dropMessage: `[txAdmin] You have been kicked: ${reason}` };
    const dropped = target === -1 ? getPlayers() : [String(target)];
    const sent = forVersion(version, data);
    // Before version 8 too, the kick's own field is `target`.
    emit('txAdmin:events:playerKicked', { ...sent, target });
    dropOneTickLater(dropped, data.dropMessage);
    return { ...sent, target };
  });

  exports('warn', ({ author, reason, target, identifiers, actionId }) => {
    const data = {
      author,
      reason,
      actionId: actionId ?? nextActionId('W'),
      targetNetId: target ?? null,
      targetIds: identifiers ?? identifiersOf(target),
      targetName: target ? GetPlayerName(String(target)) : 'identifiers',
    };
    emit('txAdmin:events:playerWarned', data);
    return data;
  });

  exports('revoke', ({ actionId, actionType, author, reason, identifiers, playerName, revokedBy }) => {
    const data = {
      actionId: actionId ?? nextActionId('B'),
      actionType: actionType ?? 'ban',
      actionReason: reason,
      actionAuthor: author,
      playerName: playerName ?? false,
      playerIds: identifiers ?? [],
      playerHwids: [],
      revokedBy,
    };
    emit('txAdmin:events:actionRevoked', data);
    return data;
  });

  RegisterCommand(
    'txaEvent',
    (source, [name, json]) => {
      if (source !== 0) return;
      const data = JSON.parse(json.replaceAll('\uff02', '"'));
      emit(`txAdmin:events:${name}`, data);
      if (name === 'playerBanned') {
        const { targetNetId, targetIds } = data;
        dropOneTickLater(targetNetId ? [String(targetNetId)] : playersWith(targetIds), data.kickMessage);
      } else if (name === 'playerKicked') {
        dropOneTickLater(data.target === -1 ? getPlayers() : [String(data.target)], data.dropMessage);
      }
    },
    true,
  );

  exports('shutdown', ({ author, message, delay }) => {
    const data = {
      delay: delay ?? 5000,
      author: author ?? 'txAdmin',
      message: message ?? 'Server restarting',
    };
    emit('txAdmin:events:serverShuttingDown', data);
    return data;
  });
})();
