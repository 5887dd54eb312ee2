/**
 * Copies a text. `navigator.clipboard` is not allowed to a page in the game's browser; this is.
 *
 * @returns whether it was copied.
 */
export function copy(text: string): boolean {
  const focused = document.activeElement;
  const field = document.createElement('textarea');
  field.value = text;
  field.className = 'copied';
  document.body.append(field);
  field.select();
  const isCopied = document.execCommand('copy');
  field.remove();
  if (focused instanceof HTMLElement) focused.focus();
  return isCopied;
}
