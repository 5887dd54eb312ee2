import { KeyValueStore } from '../devserver/fxserver/key-value-store.ts';
import { memoryUsed } from './heap.ts';

/** What the stand-in's copy of a store takes up, in bytes; the real server keeps none in this process's heap. */
export async function memoryOfStore(path: string, prefix: string): Promise<number> {
  const before = await memoryUsed();
  const store = new KeyValueStore(path);
  store.find(prefix);
  const after = await memoryUsed();
  store.abandon();
  return after - before;
}
