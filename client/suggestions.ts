import { type CommandSuggestion, SUGGESTIONS, SUGGESTIONS_WANTED } from '../shared/suggestions.ts';

/** How often it is looked whether the keyboard has gone to a page of the game's, as that of the chat is; in milliseconds. */
const LOOK_EVERY_MS = 500;
/** Between two questions to the server, at the least. */
const ASK_EVERY_MS = 10_000;

/**
 * Keeps the chat box's suggestions at what the player may use. Nobody tells when rights change, and the chat does not
 * tell when it opens. So the server is asked at the start, and whenever the keyboard goes to a page.
 */
export function followSuggestions(): void {
  let wasFocused = false;
  let isDue = true;
  let askedAt = Number.NEGATIVE_INFINITY;

  function look(): void {
    const isFocused = Boolean(IsNuiFocused());
    if (isFocused && !wasFocused) isDue = true;
    wasFocused = isFocused;
    if (!isDue || GetGameTimer() - askedAt < ASK_EVERY_MS) return;
    isDue = false;
    askedAt = GetGameTimer();
    emitNet(SUGGESTIONS_WANTED);
  }

  onNet(SUGGESTIONS, (usable: readonly CommandSuggestion[], others: readonly string[]) => {
    for (const { name, help, parameters } of usable) {
      emit('chat:addSuggestion', `/${name}`, help, parameters);
    }
    for (const name of others) emit('chat:removeSuggestion', `/${name}`);
  });
  look();
  setInterval(look, LOOK_EVERY_MS);
}
