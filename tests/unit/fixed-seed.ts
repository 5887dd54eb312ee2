import fc from 'fast-check';

// The same inputs in every run: what is red is red again. To search further, change the number.
fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: 20_261_121 });
