// The product in a minute, without a game server: npm run demo

import { runLive } from './demo/live.ts';
import { note } from './demo/screen.ts';
import { setStage } from './demo/stage.ts';
import { playStory } from './demo/story.ts';

const printed: string[] = [];
const stage = await setStage(({ resource, text }) => printed.push(`[${resource}] ${text}`));
try {
  await playStory(stage, printed);
  note('\nThat was the main job. README.md says how to put it on your own server.');
  if (process.stdin.isTTY && process.stdout.isTTY) await runLive(stage, printed);
} finally {
  await stage.close();
}
