/** An entry's heading, as keepachangelog.com has it: `## [1.2.3] - 2026-11-30`. */
const HEADING = /^## \[([^\]]+)\](?: - (\d{4}-\d{2}-\d{2}))?$/m;

/** One entry of the changelog. */
export interface Entry {
  /** `Unreleased`, or a version. */
  readonly name: string;
  /** When it was released; undefined as long as it was not. */
  readonly date: string | undefined;
  /** What has changed, in Markdown. */
  readonly notes: string;
}

/** The entries of a changelog, the newest first. */
export function entriesOf(changelog: string): Entry[] {
  const [, ...parts] = changelog.split(/^(?=## )/m);
  return parts.map((part) => {
    const [heading, name, date] = HEADING.exec(part) ?? [];
    if (heading === undefined || name === undefined) throw new Error(`no heading of an entry: ${part}`);
    // What follows the last entry: where the links of the headings lead.
    const notes = part.slice(heading.length).replace(/^\[[^\]]+\]: \S+$/gm, '');
    return { name, date, notes: notes.trim() };
  });
}

/**
 * What the release of a tag is announced with.
 *
 * @param tag as it was pushed, for example `v1.2.3`.
 * @param version of package.json.
 * @throws when the tag, the version and the newest entry of the changelog are not of one version.
 */
export function notesOf(tag: string, version: string, changelog: string): string {
  const [entry] = entriesOf(changelog);
  if (tag !== `v${version}`) throw new Error(`The tag is ${tag}, and package.json has ${version}.`);
  if (entry?.name !== version || entry.date === undefined) {
    throw new Error(`The first entry of CHANGELOG.md must be "## [${version}] - <date>".`);
  }
  return entry.notes;
}
