/** Programs that some tests run on, and that not every machine has: which tests, and how to get the program. */
export const PROGRAMS = {
  mariadb: {
    name: 'MariaDB',
    tests: 'the tests on a real database (tests/mysql, tests/cluster, tests/crash/cluster)',
    howToGetIt: 'To run them as well: apt-get install mariadb-server-core',
  },
  chromium: {
    name: 'Chromium',
    tests: 'the tests in a real browser (tests/panel)',
    howToGetIt: 'To run them as well: apt-get install chromium',
  },
} as const;

export type Program = keyof typeof PROGRAMS;
