import { usePanel } from './context.ts';
import { legible } from './names.ts';

/** A name as people have typed it: it disturbs nothing around it, whatever it holds. */
export function Name({ name }: { name: string }) {
  const { say } = usePanel();
  const text = legible(name, say('nameless'));
  return (
    <bdi class="name" title={text}>
      {text}
    </bdi>
  );
}
