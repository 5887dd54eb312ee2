import { notificationOf } from '../notify/notification.ts';
import type { Messenger, Tone } from '../triggers/ports.ts';
import type { OxLib } from './ox-lib.ts';

const CHAT_COLOUR: Readonly<Record<Tone, readonly [red: number, green: number, blue: number]>> = {
  good: [80, 200, 120],
  bad: [230, 90, 80],
  neutral: [120, 170, 230],
};

const CONSOLE_COLOUR: Readonly<Record<Tone, string>> = { good: '^2', bad: '^1', neutral: '' };

/**
 * Lines for people: in the chat resource's format for players, printed for the console.
 *
 * @param redact takes secrets out of a line.
 * @param oxLib shows players what has happened, as far as it can; undefined: the chat does.
 */
export function createMessenger(redact: (text: string) => string, oxLib: OxLib | undefined): Messenger {
  const title = GetCurrentResourceName();

  function toChat(playerId: number, text: string, tone: Tone): void {
    emitNet('chat:addMessage', playerId, {
      color: CHAT_COLOUR[tone],
      multiline: true,
      args: [title, redact(text)],
    });
  }

  return {
    toPlayer(playerId, text, tone) {
      const notification = oxLib && notificationOf(title, redact(text), tone);
      if (!notification || !oxLib.notify(playerId, notification)) toChat(playerId, text, tone);
    },
    toChat,
    toConsole(text, tone) {
      printLine(`${CONSOLE_COLOUR[tone]}${redact(text)}^7`);
    },
  };
}

/** Writes one line to the server's console. */
export function printLine(line: string): void {
  console.log(line);
}
