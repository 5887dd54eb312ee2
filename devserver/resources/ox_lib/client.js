// What ox_lib does with a notification (resource/interface/client/notify.lua): it is handed to the page, which passes
// over one with neither title nor description, and shows it for 3 seconds where nothing else is asked for.
// Here it is printed: `notification <JSON>`.

const DEFAULT_MS = 3_000;

onNet('ox_lib:notify', (data) => {
  if (!data.title && !data.description) return;
  console.log(`notification ${JSON.stringify({ ...data, duration: data.duration || DEFAULT_MS })}`);
});
