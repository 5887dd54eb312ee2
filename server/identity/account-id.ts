const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Whether a text has the form of Sonoran's ids of accounts, in either case. */
export function isAccountId(text: string): boolean {
  return UUID.test(text);
}
