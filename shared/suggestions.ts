/** What the chat box shows while somebody types a command. */
export interface CommandSuggestion {
  /** The command without its slash. */
  readonly name: string;
  readonly help: string;
  readonly parameters: ReadonlyArray<{ readonly name: string; readonly help: string }>;
}

/** The client's script asks which commands its player may use. Client to server, no arguments. */
export const SUGGESTIONS_WANTED = 'cmsban:suggestionsWanted';

/**
 * The answer: a list of {@link CommandSuggestion} of the commands that this player may use, and a list of the names of
 * the others. Server to client.
 */
export const SUGGESTIONS = 'cmsban:suggestions';
