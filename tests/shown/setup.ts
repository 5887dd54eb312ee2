import { afterAll, inject } from 'vitest';
import { writeShown } from './shown.ts';

// Once for each test file.
afterAll(() => writeShown(inject('shownFolder')));
