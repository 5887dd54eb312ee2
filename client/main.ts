import { followSuggestions } from './suggestions.ts';

followSuggestions();
