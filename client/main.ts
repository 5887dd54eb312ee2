import { startPanel } from './panel.ts';
import { followSuggestions } from './suggestions.ts';

startPanel();

followSuggestions();
