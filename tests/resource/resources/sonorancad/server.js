// Stands for the vendor's CAD resource. The convar `sonorancad_answer` says what its export does:
// `absent` (not there, in older versions), `throws`, or what it returns, as JSON.

if (GetConvar('sonorancad_answer', 'absent') !== 'absent') {
  exports('getPlayerCommunityUserId', (player) => {
    const answer = GetConvar('sonorancad_answer', '');
    if (answer === 'throws') throw new Error('no database');
    if (answer === 'rejects') return Promise.reject(new Error('no database'));
    // As the vendor's own: it knows only who is on the server now.
    return DoesPlayerExist(String(player)) ? JSON.parse(answer) : null;
  });
}
