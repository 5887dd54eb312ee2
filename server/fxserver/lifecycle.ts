/**
 * Runs as this resource is stopped or restarted; what it starts is not waited for.
 *
 * The stop may only have been claimed: every resource can trigger the event with our name in it, and nothing tells
 * the two apart. The name behind a real stop can be that of another resource, and our state is still `started`. So
 * whoever waits is to be answered now, and nothing given up that {@link onSurvived} cannot take up again.
 */
export function onStop(settle: () => void): void {
  on('onResourceStop', (resource: string) => {
    if (resource === GetCurrentResourceName()) settle();
  });
}

/** Runs a tick after a stop that was only claimed: nothing of a resource that was stopped runs any more. */
export function onSurvived(resume: () => void): void {
  // FXServer's own timer, not Node's: a real stop is over within the tick in which it began.
  onStop(() => void globalThis.setTimeout(resume, 0));
}
