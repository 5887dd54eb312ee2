// Calls cmsban's exports for the tests, and prints what comes back and which events it hears.
//
// The event `caller:call` with a number, an export and its arguments as JSON prints `answer <number> <JSON>`.

on('caller:call', async (number, name, json) => {
  try {
    const answer = await exports.cmsban[name](...JSON.parse(json));
    console.log(`answer ${number} ${JSON.stringify(answer)}`);
  } catch (error) {
    console.log(`answer ${number} ${JSON.stringify({ threw: String(error.message) })}`);
  }
});

for (const event of ['queued', 'delivered', 'refused']) {
  on(`cmsban:${event}`, (outcome) => console.log(`event ${event} ${JSON.stringify(outcome)}`));
}
