import type { PanelOpening } from '../shared/panel.ts';

type MessageKey = keyof typeof import('../locales/en.json');

/** A text of the panel, by the rest of its key in `locales/`. */
export type TextKey = MessageKey extends infer Key
  ? Key extends `panel.${infer Rest}`
    ? Rest
    : never
  : never;

/** Puts a text in the server's language: `{word}` in it is replaced by the parameter of that name. */
export type Say = (key: TextKey, parameters?: Readonly<Record<string, string | number>>) => string;

/** @param texts as the server has sent them. */
export function sayFrom(texts: PanelOpening['texts']): Say {
  return (key, parameters = {}) =>
    // One pass: a name that reads `{reason}` stays a name.
    (texts[key] ?? key).replace(/\{(\w+)\}/g, (placeholder, name: string) =>
      Object.hasOwn(parameters, name) ? String(parameters[name]) : placeholder,
    );
}
