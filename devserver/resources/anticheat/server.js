// Something has caught a cheater: `cheater <server id>` in the console stands for it.
RegisterCommand(
  'cheater',
  async (_source, [id]) => {
    const outcome = await exports.cmsban.banPlayer(Number(id), 'speed hack', {
      author: 'anticheat',
      drop: 'always',
    });
    console.log(`banPlayer answered ${outcome.status} (${outcome.code}): ${outcome.message}`);
  },
  true,
);
