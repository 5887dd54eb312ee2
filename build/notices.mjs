import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** A file of a package, as esbuild names it: everything after the last `node_modules/`. */
const PACKAGE_FILE = /^(.*\bnode_modules\/((?:@[^/]+\/)?[^/]+))\//;
const LICENCE_FILE = /^(licen[cs]e|copying|notice)(\.(md|txt))?$/i;
const RULE = '-'.repeat(80);

/** What a package carries in itself without its licence text, which is kept here. */
const CARRIED = [
  {
    title: 'llhttp, the HTTP parser in undici (MIT)',
    files: /\/undici\/lib\/llhttp\//,
    text: new URL('licences/llhttp.txt', import.meta.url),
  },
];

/**
 * The files of bundles that are not only named there.
 * @param {readonly import('esbuild').Metafile[]} metafiles
 * @returns {string[]} paths, as esbuild writes them: relative, with slashes.
 */
function bundledFiles(metafiles) {
  const inputs = metafiles.flatMap(({ outputs }) => Object.values(outputs).map((output) => output.inputs));
  return inputs
    .flatMap((each) => Object.entries(each))
    .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
    .map(([path]) => path);
}

/**
 * The licence texts of what is really in the bundles.
 * @param {string} root what the paths in the metafiles are relative to.
 * @param {readonly import('esbuild').Metafile[]} metafiles
 * @returns {Promise<string>} the same for the same bundles.
 * @throws when a package has no licence text.
 */
export async function notices(root, metafiles) {
  const files = bundledFiles(metafiles);
  /** @type {Map<string, string>} */
  const folders = new Map();
  for (const file of files) {
    const [, folder, name] = PACKAGE_FILE.exec(file) ?? [];
    if (folder !== undefined && name !== undefined) folders.set(name, join(root, folder));
  }
  const packages = [...folders].sort(([one], [other]) => (one < other ? -1 : 1));
  const parts = await Promise.all(packages.map(([, folder]) => noticeOf(folder)));
  for (const { title, files: carried, text } of CARRIED) {
    if (files.some((file) => carried.test(file))) parts.push({ title, text: await textOf(text) });
  }
  return [
    'The scripts in dist/ hold code of others:\n',
    ...parts.map(({ title }) => `- ${title}`),
    ...parts.map(({ title, text }) => `\n${RULE}\n${title}\n${RULE}\n\n${text}`),
    '',
  ].join('\n');
}

/** @param {string} folder of a package. */
async function noticeOf(folder) {
  const { name, version, license } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
  const files = (await readdir(folder)).filter((file) => LICENCE_FILE.test(file)).sort();
  if (files.length === 0) throw new Error(`${name} ${version} is bundled and has no licence text`);
  const texts = await Promise.all(files.map((file) => textOf(join(folder, file))));
  return { title: `${name} ${version} (${license})`, text: texts.join('\n\n') };
}

/** @param {string | URL} file */
async function textOf(file) {
  return (await readFile(file, 'utf8')).replaceAll('\r\n', '\n').trim();
}
