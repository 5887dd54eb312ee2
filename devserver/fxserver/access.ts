interface Entry {
  readonly principal: string;
  readonly object: string;
  readonly allow: boolean;
}

/** `a.b.c` is covered by entries for `a.b.c`, `a.b` and `a`. */
function selfAndParents(object: string): string[] {
  const objects = [object];
  let rest = object;
  for (let dot = rest.lastIndexOf('.'); dot !== -1; dot = rest.lastIndexOf('.')) {
    rest = rest.slice(0, dot);
    objects.push(rest);
  }
  return objects;
}

/**
 * FXServer's access control entries: hierarchical objects, principals that inherit, and a deny anywhere
 * that beats every allow. Names are compared without case, because FXServer compares their hashes.
 */
export class AccessControl {
  #entries: Entry[] = [{ principal: 'system.console', object: 'command', allow: true }];
  #parents: { child: string; parent: string }[] = [];

  /** `add_ace principal object allow|deny`. */
  add(principal: string, object: string, allow: boolean): void {
    // Once is enough: a resource that restarts adds the entries of its commands again.
    this.remove(principal, object, allow);
    this.#entries.push({ principal: principal.toLowerCase(), object: object.toLowerCase(), allow });
  }

  /** `remove_ace`: removes every entry that is exactly this one. */
  remove(principal: string, object: string, allow: boolean): void {
    this.#entries = this.#entries.filter(
      (entry) =>
        entry.principal !== principal.toLowerCase() ||
        entry.object !== object.toLowerCase() ||
        entry.allow !== allow,
    );
  }

  /** `add_principal child parent`: the child may do whatever the parent may. Cycles are harmless. */
  inherit(child: string, parent: string): void {
    this.#parents.push({ child: child.toLowerCase(), parent: parent.toLowerCase() });
  }

  /** `remove_principal child parent`. */
  disinherit(child: string, parent: string): void {
    this.#parents = this.#parents.filter(
      (link) => link.child !== child.toLowerCase() || link.parent !== parent.toLowerCase(),
    );
  }

  /**
   * Whether somebody who is all of these principals at once may do this. The console may do everything.
   *
   * @param principals for a player: `player.<id>` and each `identifier.<type:value>`.
   */
  isAllowed(principals: readonly string[], object: string): boolean {
    if (principals.includes('system.console')) return true;
    const who = this.#withAncestors(principals);
    const objects = new Set(selfAndParents(object.toLowerCase()));
    const matching = this.#entries.filter((entry) => objects.has(entry.object) && who.has(entry.principal));
    return matching.length > 0 && matching.every((entry) => entry.allow);
  }

  #withAncestors(principals: readonly string[]): Set<string> {
    const all = new Set<string>(['builtin.everyone']);
    for (const principal of principals) all.add(principal.toLowerCase());
    // A Set's iteration visits what is added while it runs, and adds nothing twice: cycles end by themselves.
    for (const principal of all) {
      for (const link of this.#parents) if (link.child === principal) all.add(link.parent);
    }
    return all;
  }
}
