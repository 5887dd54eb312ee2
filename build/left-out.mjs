/**
 * What stands in the place of a part that is left out of the bundle. Whoever touches it fails, and the console says
 * why, even where the error is caught.
 *
 * @param {string} part
 * @param {string} file which leaves it out.
 */
export function leftOut(part, file) {
  return `
    const fail = () => {
      const message = ${JSON.stringify(`${part} is left out of this build, see ${file}`)};
      console.error(message);
      throw new Error(message);
    };
    module.exports = new Proxy(fail, { apply: fail, construct: fail, get: fail });
  `;
}
