import { compareVersions } from 'compare-versions';
import * as v from 'valibot';
import type { Http } from '../sonoran/http.ts';
import { parseJson } from '../text/json.ts';
import type { Say } from '../text/locale.ts';
import type { Log } from './log.ts';

/** A version as semver.org writes it; compared is what stands before the `+`. */
const VERSION = /^v?\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?$/;

/**
 * What GitHub tells of a repository's newest release that is neither a draft nor a pre-release
 * (docs.github.com/rest/releases/releases, "Get the latest release").
 */
const LatestRelease = v.object({ tag_name: v.pipe(v.string(), v.regex(VERSION)) });

/** Where releases are, and what it takes to ask. */
export interface NewReleaseOptions {
  /** `owner/name` on GitHub; when it is empty, nobody is asked. */
  readonly repository: string;
  /** Scheme, host and port of GitHub's API. */
  readonly host: string;
  /** The one that runs. */
  readonly version: string;
  readonly http: Http;
  readonly log: Log;
  readonly say: Say;
}

/**
 * Says so in the console when there is a newer release. Whatever goes wrong, nothing is said: it is no trouble of the
 * server's. Never rejects.
 */
export async function sayNewRelease(options: NewReleaseOptions): Promise<void> {
  const { repository, host, version, http, log, say } = options;
  if (repository === '' || !VERSION.test(version)) return;
  const answer = await http({
    method: 'GET',
    origin: host,
    path: `/repos/${repository}/releases/latest`,
    // GitHub refuses whoever does not say who they are.
    userAgent: `cmsban/${version}`,
  });
  if (answer.kind !== 'answer' || answer.status !== 200) return;
  const latest = v.safeParse(LatestRelease, parseJson(answer.body));
  if (!latest.success) return;
  const newest = latest.output.tag_name.replace(/^v/, '');
  if (compareVersions(newest, version) <= 0) return;
  log.info(
    say('start.newer', { version, newest, address: `https://github.com/${repository}/releases/latest` }),
  );
}
