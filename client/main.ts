import { type CommandSuggestion, SUGGESTIONS, SUGGESTIONS_WANTED } from '../shared/suggestions.ts';
import { startPanel } from './panel.ts';

startPanel();

onNet(SUGGESTIONS, (suggestions: readonly CommandSuggestion[]) => {
  for (const { name, help, parameters } of suggestions) {
    emit('chat:addSuggestion', `/${name}`, help, parameters);
  }
});

emitNet(SUGGESTIONS_WANTED);
