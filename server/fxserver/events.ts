/** Triggers a server event for other resources; what is passed is copied. */
export function trigger(event: string, ...args: readonly unknown[]): void {
  emit(event, ...args);
}

/** Handles a server event that carries one table. Not open to clients. */
export function onServerEvent(
  event: string,
  handler: (table: unknown, invokingResource: string | undefined) => void,
): void {
  on(event, (table: unknown) => handler(table, GetInvokingResource() ?? undefined));
}

/** Handles an event that clients may send. */
export function onClientEvent(event: string, handler: (playerId: number) => void): void {
  onNet(event, () => handler(source));
}

/** Sends an event to one client. */
export function sendToClient(playerId: number, event: string, ...args: readonly unknown[]): void {
  emitNet(event, playerId, ...args);
}

/** Runs when a player has left. */
export function onPlayerLeft(handler: (playerId: number) => void): void {
  on('playerDropped', () => handler(source));
}
