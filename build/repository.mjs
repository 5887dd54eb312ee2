const GITHUB =
  /^(?:git\+)?(?:https:\/\/|git:\/\/|ssh:\/\/git@|git@)(?:www\.)?github\.com[/:]([^/\s]+)\/([^/\s#]+)(?:#.*)?$/;
const SHORT = /^(?:github:)?([\w.-]+)\/([\w.-]+)(?:#.*)?$/;

/**
 * The repository on GitHub that `package.json` names.
 * @param {unknown} repository its field `repository`, in any form that npm knows.
 * @returns {string} `owner/name`; empty when there is none, or it is somewhere else.
 */
export function githubRepository(repository) {
  if (typeof repository === 'object' && repository !== null) {
    return 'url' in repository ? githubRepository(repository.url) : '';
  }
  if (typeof repository !== 'string') return '';
  const [, owner, name] = GITHUB.exec(repository) ?? SHORT.exec(repository) ?? [];
  return owner === undefined || name === undefined ? '' : `${owner}/${name.replace(/\.git$/, '')}`;
}
