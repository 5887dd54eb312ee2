import { useEffect, useState } from 'preact/hooks';

/** How long somebody must not have typed before it is searched, in milliseconds. */
const PAUSE_MS = 200;

/** A field to search in. */
export function Search({
  label,
  value,
  onSearch,
}: {
  label: string;
  value: string;
  onSearch: (search: string) => void;
}) {
  const [typed, setTyped] = useState(value);
  // What is typed is the reason to search, and nothing else.
  useEffect(() => {
    if (typed === value) return;
    const timer = setTimeout(() => onSearch(typed), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [typed]);
  return (
    <input
      class="search"
      type="text"
      data-key="search"
      aria-label={label}
      placeholder={label}
      autoComplete="off"
      spellcheck={false}
      maxLength={200}
      value={typed}
      onInput={({ currentTarget }) => setTyped(currentTarget.value)}
    />
  );
}
