// Stands for the vendor's CAD resource. At its start it sets convars from its configuration. The convar
// `sonorancad_answer` says what its export does: `absent` (not there, in older versions), `throws`, `rejects`,
// `hangs`, or what it returns, as JSON; with `later ` in front, in a promise that is kept after as many
// milliseconds as `sonorancad_wait` says, as while the real one's link cache is cold. `sonorancad_link <API ID> <uuid>`
// stands for Sonoran telling it that somebody has linked an account: it passes that on, as the real one does.

const config = JSON.parse(LoadResourceFile(GetCurrentResourceName(), 'configuration/config.json'));
SetConvar('sonoran_primaryIdentifier', config.primaryIdentifier);
SetConvar('sonoran_mode', config.mode);
SetConvar('sonoran_communityID', config.communityID);
SetConvar('sonoran_apiKey', config.apiKey);

if (GetConvar('sonorancad_answer', 'absent') !== 'absent') {
  exports('getPlayerCommunityUserId', (player) => {
    const answer = GetConvar('sonorancad_answer', '');
    if (answer === 'throws') throw new Error('no database');
    if (answer === 'rejects') return Promise.reject(new Error('no database'));
    if (answer === 'hangs') return new Promise(() => {});
    // As the vendor's own: it knows only who is on the server now.
    if (!DoesPlayerExist(String(player))) return null;
    if (!answer.startsWith('later ')) return JSON.parse(answer);
    return new Promise((resolve) => {
      setTimeout(() => resolve(JSON.parse(answer.slice(6))), GetConvarInt('sonorancad_wait', 100));
    });
  });
}

RegisterCommand(
  'sonorancad_link',
  (_source, [communityUserId, accountUuid]) => {
    emit('SonoranCAD::pushevents:CommunityLinkVerified', { communityUserId, accountUuid });
  },
  true,
);
