/** Files in the folder of the run: somebody wants the browser; where it is. */
export const WANTED = 'wanted';
export const ADDRESS = 'address';
