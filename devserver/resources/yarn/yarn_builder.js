// The platform's yarn builder, which installs packages where a resource has a package.json that is newer than
// its last run. When it runs is as there (ext/system-resources/resources/yarn/yarn_builder.js in
// citizenfx/fivem); here it installs nothing, and remembers that it ran where the platform's writes a file.

const fs = require('node:fs');
const path = require('node:path');

const modified = (...parts) => fs.statSync(path.resolve(...parts), { throwIfNoEntry: false })?.mtimeMs;

const built = new Set();

RegisterResourceBuildTaskFactory('yarn', () => ({
  shouldBuild(resource) {
    if (built.has(resource)) return false;
    const folder = GetResourcePath(resource);
    const wanted = modified(folder, 'package.json');
    const installed = modified(folder, '.yarn.installed');
    return wanted !== undefined && (installed === undefined || wanted > installed);
  },

  build(resource, done) {
    console.log(`[yarn]\tinstalls packages in ${resource}`);
    setTimeout(() => {
      built.add(resource);
      done(true);
    }, 1_000);
  },
}));
