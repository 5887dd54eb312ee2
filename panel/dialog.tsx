import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';

/** What stands above the window until it is answered. The focus begins at `data-first`, and goes back in the end. */
export function Dialog({
  title,
  onClose,
  children,
}: {
  title: ComponentChildren;
  onClose: () => void;
  children: ComponentChildren;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => {
    const element = dialog.current;
    const opener = document.activeElement;
    element?.showModal();
    element?.querySelector<HTMLElement>('[data-first]')?.focus();
    return () => {
      // What is behind it takes no focus before.
      element?.close();
      if (opener instanceof HTMLElement && opener.isConnected) opener.focus();
      else document.getElementById('beside')?.focus();
    };
  }, []);
  return (
    <dialog
      class="dialog"
      aria-labelledby="asked"
      ref={dialog}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
    >
      <h2 id="asked">{title}</h2>
      {children}
    </dialog>
  );
}
