import { render } from 'preact';
import { NUI_READY, type PanelMessage } from '../shared/panel.ts';
import './style.css';

declare global {
  /** Given to a page by the game's browser. */
  function GetParentResourceName(): string;
}

const root = document.getElementById('panel');
window.addEventListener('message', ({ data }: MessageEvent<PanelMessage>) => {
  if (!root) return;
  if (data.type === 'open') render(<p>{data.opening.server}</p>, root);
  if (data.type === 'close') render(null, root);
});
void fetch(`https://${GetParentResourceName()}/${NUI_READY}`, { method: 'POST', body: '{}' });
