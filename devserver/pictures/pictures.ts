import { type Scene, scene, steady } from './session.ts';
import { toSvg } from './terminal.ts';

const COLUMNS = 118;

const PICTURES: Readonly<Record<string, Scene>> = {
  'ban.svg': { heading: 'A moderator bans in chat', also: ['wire', 'console'] },
  'web.svg': { heading: 'Banned on the web, gone from the game', also: ['console'] },
  'restart.svg': { heading: 'Sonoran is down, three bans, and the server restarts', also: [] },
};

/**
 * The pictures of the documentation, by file.
 *
 * @param printed what the demo has printed, with colours.
 * @throws when the demo lacks one of the scenes.
 */
export function draw(printed: string): Record<string, string> {
  const output = steady(printed);
  return Object.fromEntries(
    Object.entries(PICTURES).map(([file, shown]) => [
      file,
      toSvg(scene(output, shown, COLUMNS), COLUMNS, shown.heading),
    ]),
  );
}
